"""Models come, go and are replaced while the daemon runs."""

import os
import threading
import time
import unittest

import numpy as np
import tritonclient.grpc as triton

import daemon
from daemon import tensor


class ModelsTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        self.image, self.codes, _ = daemon.digits()

    def states(self, server):
        index = server.client.get_model_repository_index()
        return {(m.name, m.version): (m.state, m.reason) for m in index.models}

    def test_index_lists_everything_with_its_state(self):
        self.repository.add("digits", 3, "digits_int8.tflite")
        self.repository.add("broken", 1, b"TFL3 it is not")
        (self.repository.path / "empty").mkdir()
        os.symlink("/etc/hostname", self.repository.path / "outside.tflite")
        (self.repository.path / "bare.tflite").write_bytes(
            (daemon.DATA / "digits_float32.tflite").read_bytes())
        with daemon.Daemon(self.repository) as server:
            states = self.states(server)
            self.assertEqual(states[("digits", "1")], ("READY", ""))
            self.assertEqual(states[("digits", "3")], ("READY", ""))
            self.assertEqual(states[("bare", "1")], ("READY", ""))
            self.assertEqual(states[("broken", "1")][0], "UNAVAILABLE")
            self.assertNotEqual(states[("broken", "1")][1], "")
            self.assertIn("no version", states[("empty", "")][1])
            self.assertIn("leaves the model repository", states[("outside", "1")][1])
            self.assertEqual(list(server.client.get_model_metadata("digits").versions), ["1", "3"])
            self.assertEqual(server.metric("octet_model_state", model="broken", state="failed"), 1)
            self.assertEqual(server.metric("octet_model_state", model="digits", state="ready"), 2)

    def test_unload_and_load(self):
        with daemon.Daemon(self.repository) as server:
            client = server.client
            client.unload_model("digits")
            self.assertFalse(client.is_model_ready("digits"))
            with self.assertRaisesRegex(triton.InferenceServerException, "UNAVAILABLE"):
                client.infer("digits", [tensor("image", self.codes[:1])])
            self.assertTrue(client.is_server_ready())
            client.load_model("digits")
            self.assertTrue(client.is_model_ready("digits"))
            client.infer("digits", [tensor("image", self.codes[:1])])

    def test_a_load_picks_up_new_and_drops_vanished_versions(self):
        with daemon.Daemon(self.repository) as server:
            client = server.client
            self.repository.add("digits", 2, "digits_float32.tflite")
            client.load_model("digits")
            # The newest is the default.
            self.assertEqual(client.get_model_metadata("digits").inputs[0].datatype, "FP32")
            self.assertEqual(client.get_model_metadata("digits", "1").inputs[0].datatype, "INT8")
            result = client.infer("digits", [tensor("image", self.image[:1])])
            self.assertEqual(result.get_response().model_version, "2")
            os.remove(self.repository.path / "digits" / "2" / "model.tflite")
            os.rmdir(self.repository.path / "digits" / "2")
            client.load_model("digits")
            self.assertEqual(client.get_model_metadata("digits").inputs[0].datatype, "INT8")
            self.assertFalse(client.is_model_ready("digits", "2"))

    def test_a_broken_replacement_leaves_the_old_one_serving(self):
        with daemon.Daemon(self.repository) as server:
            client = server.client
            before = client.infer("digits", [tensor("image", self.codes[:5])])
            good = (daemon.DATA / "digits_int8.tflite").read_bytes()
            self.repository.add("digits", 1, good[:1000])
            with self.assertRaises(triton.InferenceServerException) as caught:
                client.load_model("digits")
            self.assertIn("digits", str(caught.exception))
            self.assertTrue(client.is_model_ready("digits"))
            state, reason = self.states(server)[("digits", "1")]
            self.assertEqual(state, "READY")
            self.assertNotEqual(reason, "")
            after = client.infer("digits", [tensor("image", self.codes[:5])])
            np.testing.assert_array_equal(before.as_numpy("probabilities"),
                                          after.as_numpy("probabilities"))

    def test_no_request_fails_while_its_model_is_replaced(self):
        with daemon.Daemon(self.repository) as server:
            expected = np.load(daemon.DATA / "digits_expected.npz")["int8_default"]
            stop = threading.Event()
            answered, problems = [0], []

            def ask():
                client = triton.InferenceServerClient(server.address)
                while not stop.is_set():
                    row = answered[0] % 100
                    try:
                        result = client.infer("digits", [tensor("image", self.codes[row:row + 1])])
                        if not (result.as_numpy("probabilities")[0] == expected[row]).all():
                            problems.append("a wrong answer")
                    except triton.InferenceServerException as error:
                        problems.append(str(error))
                    answered[0] += 1
                client.close()

            threads = [threading.Thread(target=ask) for _ in range(3)]
            for thread in threads:
                thread.start()
            for _ in range(20):
                server.client.load_model("digits")
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(problems, [])
            self.assertGreater(answered[0], 20)

    def test_settings_of_one_model(self):
        config = self.repository.path / "digits" / "config.pbtxt"
        config.write_text('rounding: "fixed_point" max_batch_size: 8')
        expected = np.load(daemon.DATA / "digits_expected.npz")
        with daemon.Daemon(self.repository) as server:
            result = server.client.infer("digits", [tensor("image", self.codes[:100])])
            np.testing.assert_array_equal(result.as_numpy("probabilities"),
                                          expected["int8_reference"])
            config.write_text("max_batch_size: 0")
            with self.assertRaisesRegex(triton.InferenceServerException, "max_batch_size"):
                server.client.load_model("digits")
            config.write_text("max_batch_size: 8 preferred_batch_sizes: [4, 9]")
            with self.assertRaisesRegex(triton.InferenceServerException,
                                        "preferred_batch_sizes is 9, must be from 1 to 8"):
                server.client.load_model("digits")
            config.write_text("no_such_setting: 0")
            with self.assertRaisesRegex(triton.InferenceServerException, "config.pbtxt:1"):
                server.client.load_model("digits")
            self.assertTrue(server.client.is_model_ready("digits"))

    def test_statistics(self):
        self.repository.add("digits", 2, "digits_float32.tflite")
        with daemon.Daemon(self.repository) as server:
            client = server.client
            for rows in (3, 3, 2):
                client.infer("digits", [tensor("image", self.codes[:rows])], model_version="1")
            with self.assertRaises(triton.InferenceServerException):
                client.infer("digits", [tensor("picture", self.codes[:1])], model_version="1")
            both = {m.version: m for m in client.get_inference_statistics("digits").model_stats}
            self.assertEqual(set(both), {"1", "2"})
            self.assertEqual(both["2"].inference_count, 0)
            self.assertEqual(both["2"].last_inference, 0)
            (one,) = client.get_inference_statistics("digits", "1").model_stats
            self.assertEqual(one.inference_count, 8)  # rows
            self.assertEqual(one.execution_count, 3)  # runs
            self.assertAlmostEqual(one.last_inference / 1000, time.time(), delta=60)
            stats = one.inference_stats
            self.assertEqual(stats.fail.count, 1)
            self.assertGreater(stats.fail.ns, 0)
            for part in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
                self.assertEqual(getattr(stats, part).count, 3, part)  # requests
            self.assertGreater(stats.success.ns, stats.compute_infer.ns)
            self.assertGreater(stats.compute_infer.ns, 0)
            batches = {b.batch_size: b for b in one.batch_stats}
            self.assertEqual({size: b.compute_infer.count for size, b in batches.items()},
                             {2: 1, 3: 2})
            for batch in batches.values():
                self.assertEqual(batch.compute_input.count, batch.compute_infer.count)
                self.assertEqual(batch.compute_output.count, batch.compute_infer.count)
                self.assertGreater(batch.compute_infer.ns, 0)
            # No request shared a run: what the requests waited for is what the runs took.
            self.assertEqual(sum(b.compute_infer.ns for b in batches.values()),
                             stats.compute_infer.ns)
            self.assertGreater(one.memory_usage[0].byte_size, 1000)
            everything = client.get_inference_statistics().model_stats
            self.assertEqual(len(everything), 2)


if __name__ == "__main__":
    daemon.main()
