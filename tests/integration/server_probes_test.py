"""Probes and signals while a model loads slowly, as Kubernetes sends them."""

import threading
import time
import unittest

import grpc
import numpy as np
import tritonclient.grpc as triton
from grpc_health.v1 import health_pb2, health_pb2_grpc

import daemon
import slow_model
from daemon import tensor

STATUS = health_pb2.HealthCheckResponse
SECONDS = 120


class ProbesTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.slow = slow_model.make((daemon.DATA / "digits_float32.tflite").read_bytes())

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        _, self.codes, _ = daemon.digits()

    def wait_for(self, server, what, condition):
        end = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, f"{what} did not happen: {server.log()}")
            time.sleep(0.005)

    def state(self, server, name):
        index = server.client.get_model_repository_index().models
        return "".join(m.state for m in index if m.name == name)

    def test_a_hot_load_changes_neither_live_nor_ready(self):
        """H22: a load that takes long is no reason to restart the daemon."""
        with daemon.Daemon(self.repository) as server:
            health = health_pb2_grpc.HealthStub(server.channel)
            check = lambda name: health.Check(health_pb2.HealthCheckRequest(service=name)).status
            expected = server.client.infer("digits", [tensor("image", self.codes[:1])])
            self.repository.add("slow", 1, self.slow)
            with self.assertRaises(grpc.RpcError) as caught:
                check("absent")
            self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
            # Unknown, then loading, then ready: probed in between again and again.
            seen, probes = [], 0
            while not seen or seen[-1] != "READY":
                before = server.client.is_model_ready("slow")
                state = self.state(server, "slow")
                if not seen or seen[-1] != state:
                    seen.append(state)
                ready = server.client.is_model_ready("slow")
                if state == "READY":
                    self.assertTrue(ready)
                elif state == "LOADING":
                    self.assertFalse(before)
                    probes += 1
                self.assertTrue(server.client.is_server_live())
                self.assertTrue(server.client.is_server_ready())
                self.assertEqual(check(""), STATUS.SERVING)
                self.assertEqual(check("digits"), STATUS.SERVING)
                result = server.client.infer("digits", [tensor("image", self.codes[:1])])
                np.testing.assert_array_equal(result.as_numpy("probabilities"),
                                              expected.as_numpy("probabilities"))
            self.assertEqual(seen, ["", "LOADING", "READY"])
            self.assertGreater(probes, 3)

    def test_live_but_not_ready_through_the_first_load(self):
        """H22"""
        self.repository.add("slow", 1, self.slow)
        with daemon.Daemon(self.repository, wait=False) as server:
            health = health_pb2_grpc.HealthStub(server.channel)
            request = health_pb2.HealthCheckRequest(service="")
            self.wait_for(server, "listening", lambda: "listening" in server.log())
            self.assertTrue(server.client.is_server_live())
            self.assertFalse(server.client.is_server_ready())
            self.assertEqual(health.Check(request).status, STATUS.NOT_SERVING)
            self.assertFalse(server.client.is_model_ready("slow"))
            with self.assertRaisesRegex(triton.InferenceServerException, "UNAVAILABLE|NOT_FOUND"):
                server.client.get_model_metadata("slow")
            self.wait_for(server, "ready", server.client.is_server_ready)
            self.assertEqual(health.Check(request).status, STATUS.SERVING)
            self.assertTrue(server.client.is_model_ready("slow"))

    def test_a_signal_during_a_load_does_not_wait_for_it(self):
        """H21"""
        self.repository.add("slow", 1, self.slow)
        with daemon.Daemon(self.repository, "--drain-seconds", "0", wait=False) as server:
            self.wait_for(server, "listening", lambda: "listening" in server.log())
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("model ready model=slow", server.log())

    def test_a_signal_during_a_load_on_request_finishes_what_is_served(self):
        """H21"""
        with daemon.Daemon(self.repository, "--reload", "off", "--drain-seconds", "60") as server:
            self.repository.add("slow", 1, self.slow)
            outcome = []

            def load():
                client = triton.InferenceServerClient(server.address)
                try:
                    client.load_model("slow")
                    outcome.append("loaded")
                except triton.InferenceServerException as error:
                    outcome.append(str(error))
                client.close()

            thread = threading.Thread(target=load)
            thread.start()
            self.wait_for(server, "the load", lambda: self.state(server, "slow") == "LOADING")
            self.assertEqual(server.stop(), 0)
            thread.join()
            # A call that was accepted is answered: there was time enough.
            self.assertEqual(outcome, ["loaded"])


if __name__ == "__main__":
    daemon.main()
