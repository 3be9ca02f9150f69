"""Tensors in system shared memory, as an unmodified tritonclient passes them."""

import os
import unittest

import numpy as np
import tritonclient.grpc as triton
import tritonclient.utils.shared_memory as shm

import daemon


class SharedMemoryTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.repository = daemon.Repository(digits="digits_int8.tflite")
        cls.server = daemon.Daemon(cls.repository, "--enable-shared-memory")
        cls.client = cls.server.client
        cls.image, cls.codes, _ = daemon.digits()
        cls.expected = np.load(daemon.DATA / "digits_expected.npz")["int8_default"]

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)
        cls.repository.remove()

    def setUp(self):
        self.key = f"/octet_test_{os.getpid()}"
        self.memory = shm.create_shared_memory_region("memory", self.key, 4096)
        self.addCleanup(shm.destroy_shared_memory_region, self.memory)
        self.addCleanup(self.client.unregister_system_shared_memory)

    def input(self, rows, datatype="INT8", size=None, **kwargs):
        result = triton.InferInput("image", [rows, 8, 8, 1], datatype)
        result.set_shared_memory("region", rows * 64 if size is None else size, **kwargs)
        return result

    def output(self, size, **kwargs):
        result = triton.InferRequestedOutput("probabilities")
        result.set_shared_memory("region", size, **kwargs)
        return result

    def refused(self, text, call, *args, **kwargs):
        with self.assertRaisesRegex(triton.InferenceServerException, text):
            call(*args, **kwargs)
        self.assertIsNone(self.server.process.poll())

    def test_inputs_from_and_outputs_to_a_region(self):
        self.client.register_system_shared_memory("region", self.key, 4096)
        status = self.client.get_system_shared_memory_status().regions["region"]
        self.assertEqual((status.key, status.offset, status.byte_size), (self.key, 0, 4096))
        for first in (0, 10):
            shm.set_shared_memory_region(self.memory, [self.codes[first:first + 10]], offset=64)
            result = self.client.infer("digits", [self.input(10, offset=64)],
                                       outputs=[self.output(100, offset=2000)])
            output = result.get_output("probabilities")
            self.assertEqual(output.parameters["shared_memory_region"].string_param, "region")
            self.assertEqual(output.parameters["shared_memory_byte_size"].int64_param, 100)
            self.assertEqual(result.get_response().raw_output_contents[0], b"")
            got = shm.get_contents_as_numpy(self.memory, np.int8, [10, 10], offset=2000)
            np.testing.assert_array_equal(got, self.expected[first:first + 10])

    def test_either_side_alone(self):
        self.client.register_system_shared_memory("region", self.key, 4096)
        shm.set_shared_memory_region(self.memory, [self.codes[:3]])
        result = self.client.infer("digits", [self.input(3)])
        np.testing.assert_array_equal(result.as_numpy("probabilities"), self.expected[:3])
        self.client.infer("digits", [daemon.tensor("image", self.codes[5:7])],
                          outputs=[self.output(20)])
        np.testing.assert_array_equal(shm.get_contents_as_numpy(self.memory, np.int8, [2, 10]),
                                      self.expected[5:7])

    def test_reals_in_a_region(self):
        self.client.register_system_shared_memory("region", self.key, 4096)
        shm.set_shared_memory_region(self.memory, [self.image[:4].astype(np.float32)])
        result = self.client.infer("digits", [self.input(4, "FP32", size=4 * 256)])
        np.testing.assert_array_equal(result.as_numpy("probabilities"), self.expected[:4])

    def test_what_does_not_fit_is_refused(self):
        register = self.client.register_system_shared_memory
        self.refused("INVALID_ARGUMENT.*4096", register, "region", self.key, 4097)
        self.refused("INVALID_ARGUMENT", register, "region", self.key, 4096, offset=1)
        self.refused("INVALID_ARGUMENT", register, "region", self.key, 2, offset=2**64 - 1)
        self.refused("INVALID_ARGUMENT.*'/'", register, "region", "/../etc/passwd", 1)
        self.refused("NOT_FOUND", register, "region", "/octet_test_absent", 1)
        self.refused("INVALID_ARGUMENT.*not registered", self.client.infer, "digits",
                     [self.input(1)])
        register("region", self.key, 4096)
        self.refused("ALREADY_EXISTS", register, "region", self.key, 4096)
        infer = lambda i, *o: self.client.infer("digits", [i], outputs=list(o) or None)
        self.refused("INVALID_ARGUMENT.*64 elements", infer, self.input(1, size=63))
        self.refused("INVALID_ARGUMENT.*within", infer, self.input(1, offset=4090))
        self.refused("INVALID_ARGUMENT.*within", infer, self.input(1, offset=-1))
        self.refused("INVALID_ARGUMENT.*within", infer, self.input(1, offset=2**63 - 1))
        self.refused("INVALID_ARGUMENT.*10 bytes", infer, self.input(1), self.output(9))
        self.refused("INVALID_ARGUMENT.*within", infer, self.input(1), self.output(4097))

    def test_a_region_that_shrinks_does_no_harm(self):
        self.client.register_system_shared_memory("region", self.key, 4096)
        os.truncate(f"/dev/shm{self.key}", 0)
        self.refused("INVALID_ARGUMENT.*smaller", self.client.infer, "digits", [self.input(1)])
        self.refused("INVALID_ARGUMENT.*smaller", self.client.infer, "digits",
                     [daemon.tensor("image", self.codes[:1])], outputs=[self.output(10)])
        self.assertEqual(os.stat(f"/dev/shm{self.key}").st_size, 0)
        self.assertTrue(self.client.is_server_live())

    def test_off_by_default(self):
        with daemon.Daemon(self.repository) as server:
            for call in (lambda: server.client.register_system_shared_memory("r", self.key, 1),
                         lambda: server.client.get_system_shared_memory_status(),
                         lambda: server.client.infer("digits", [self.input(1)])):
                with self.assertRaisesRegex(triton.InferenceServerException,
                                            "UNIMPLEMENTED.*--enable-shared-memory"):
                    call()
            self.assertNotIn("system_shared_memory", server.client.get_server_metadata().extensions)
        self.assertIn("system_shared_memory", self.client.get_server_metadata().extensions)


if __name__ == "__main__":
    daemon.main()
