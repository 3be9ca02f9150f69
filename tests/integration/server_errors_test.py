"""What a client can get wrong: the right code, and a text that says what is right."""

import unittest

import grpc
import numpy as np

import daemon

SERVICE = "inference.GRPCInferenceService"
CODES = grpc.StatusCode


class ErrorsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.repository = daemon.Repository(digits="digits_int8.tflite", broken=b"no model at all")
        cls.server = daemon.Daemon(cls.repository, "--max-message-bytes", "1000000",
                                   "--max-queue-rows", "100")
        cls.infer, cls.request_class = cls.server.call(SERVICE, "ModelInfer")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)
        cls.repository.remove()

    def request(self, rows=1, **fields):
        request = self.request_class(model_name="digits", **fields)
        request.inputs.add(name="image", datatype="INT8", shape=[rows, 8, 8, 1])
        request.raw_input_contents.append(bytes(64 * rows))
        return request

    def refused(self, request, code, *texts):
        with self.assertRaises(grpc.RpcError) as caught:
            self.infer(request)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        for text in texts:
            self.assertIn(text, caught.exception.details())

    def test_the_right_request_is_answered(self):
        self.assertEqual(len(self.infer(self.request()).raw_output_contents), 1)

    def test_model_and_version(self):
        request = self.request()
        request.model_name = "absent"
        self.refused(request, CODES.NOT_FOUND, "'absent'")
        request.model_name = "broken"
        self.refused(request, CODES.FAILED_PRECONDITION, "'broken'", "could not be loaded")
        self.refused(self.request(model_version="2"), CODES.NOT_FOUND, "no version 2")
        self.refused(self.request(model_version="x"), CODES.INVALID_ARGUMENT, "'x'",
                     "positive integer")

    def test_input_names(self):
        request = self.request()
        request.inputs[0].name = "picture"
        self.refused(request, CODES.INVALID_ARGUMENT, "'picture'", "'image'")
        request = self.request()
        request.inputs.add().CopyFrom(request.inputs[0])
        request.raw_input_contents.append(bytes(64))
        self.refused(request, CODES.INVALID_ARGUMENT, "'image' is given twice")
        self.refused(self.request_class(model_name="digits"), CODES.INVALID_ARGUMENT,
                     "'image' is missing")

    def test_datatypes(self):
        for datatype in ("UINT8", "INT32", "BYTES", "int8", ""):
            request = self.request()
            request.inputs[0].datatype = datatype
            self.refused(request, CODES.INVALID_ARGUMENT, f"'{datatype}'", "must be INT8",
                         "zero point -128")

    def test_shapes(self):
        for shape in ([1, 8, 8], [8, 8, 1], [1, 8, 8, 2], [0, 8, 8, 1], [-1, 8, 8, 1], [64], [],
                      [2**62, 8, 8, 1]):
            request = self.request()
            request.inputs[0].shape[:] = shape
            self.refused(request, CODES.INVALID_ARGUMENT, "'image'")

    def test_byte_counts(self):
        for size in (0, 1, 63, 65, 128):
            request = self.request()
            request.raw_input_contents[0] = bytes(size)
            self.refused(request, CODES.INVALID_ARGUMENT, f"{size} bytes", "64 elements")
        request = self.request()
        request.raw_input_contents.append(b"x")
        self.refused(request, CODES.INVALID_ARGUMENT, "2 entries")

    def test_raw_and_typed_mixed(self):
        request = self.request()
        request.inputs[0].contents.int_contents.extend([0] * 64)
        self.refused(request, CODES.INVALID_ARGUMENT, "'image'", "raw_input_contents")

    def test_typed_contents(self):
        def typed(**contents):
            request = self.request()
            del request.raw_input_contents[:]
            for field, values in contents.items():
                getattr(request.inputs[0].contents, field).extend(values)
            return request
        self.refused(typed(int_contents=[0] * 63), CODES.INVALID_ARGUMENT, "63 elements", "64")
        self.refused(typed(fp32_contents=[0] * 64), CODES.INVALID_ARGUMENT, "int_contents",
                     "not in fp32_contents")
        self.refused(typed(int_contents=[0] * 63 + [300]), CODES.INVALID_ARGUMENT,
                     "int_contents[63] is 300")

    def test_reals_that_have_no_code(self):
        request = self.request()
        request.inputs[0].datatype = "FP32"
        reals = np.zeros(64, np.float32)
        reals[5] = np.nan
        request.raw_input_contents[0] = reals.tobytes()
        self.refused(request, CODES.INVALID_ARGUMENT, "element 5 is NaN")

    def test_outputs(self):
        request = self.request()
        request.outputs.add(name="logits")
        self.refused(request, CODES.INVALID_ARGUMENT, "'logits'", "'probabilities'")
        request.outputs[0].name = "probabilities"
        request.outputs.add(name="probabilities")
        self.refused(request, CODES.INVALID_ARGUMENT, "requested twice")
        request = self.request()
        request.outputs.add(name="probabilities").parameters["best"].int64_param = 1
        self.refused(request, CODES.INVALID_ARGUMENT, "unknown parameter 'best'")

    def test_limits(self):
        self.refused(self.request(rows=101), CODES.RESOURCE_EXHAUSTED, "101 rows", "100")
        request = self.request()
        request.raw_input_contents[0] = bytes(1000001)
        self.refused(request, CODES.RESOURCE_EXHAUSTED, "1000000")

    def test_deadline_that_is_over(self):
        request = self.request()
        request.parameters["timeout"].int64_param = -1
        self.refused(request, CODES.INVALID_ARGUMENT, "timeout")

    def test_what_is_not_served(self):
        request = self.request()
        request.inputs[0].parameters["shared_memory_region"].string_param = "region"
        request.inputs[0].parameters["shared_memory_byte_size"].int64_param = 64
        request.ClearField("raw_input_contents")
        self.refused(request, CODES.UNIMPLEMENTED, "shared memory")
        for method in ("SystemSharedMemoryStatus", "SystemSharedMemoryRegister"):
            call, request_class = self.server.call(SERVICE, method)
            with self.assertRaises(grpc.RpcError) as caught:
                call(request_class())
            self.assertEqual(caught.exception.code(), CODES.UNIMPLEMENTED)

    def test_other_calls_know_no_unknown_model(self):
        for method in ("ModelMetadata", "ModelConfig", "ModelStatistics"):
            call, request_class = self.server.call(SERVICE, method)
            with self.assertRaises(grpc.RpcError) as caught:
                call(request_class(name="absent"))
            self.assertEqual(caught.exception.code(), CODES.NOT_FOUND)
        for method in ("RepositoryModelLoad", "RepositoryModelUnload"):
            call, request_class = self.server.call(SERVICE, method)
            with self.assertRaises(grpc.RpcError) as caught:
                call(request_class(model_name="absent"))
            self.assertEqual(caught.exception.code(), CODES.NOT_FOUND)


if __name__ == "__main__":
    daemon.main()
