"""grpc.health.v1 and reflection, as probes and tools use them."""

import unittest

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

import daemon

STATUS = health_pb2.HealthCheckResponse


class HealthTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite", broken=b"junk")
        self.addCleanup(self.repository.remove)

    def check(self, stub, service):
        return stub.Check(health_pb2.HealthCheckRequest(service=service)).status

    def test_check(self):
        """H22: the health service that Kubernetes asks; NOT_FOUND for what is not there."""
        with daemon.Daemon(self.repository) as server:
            stub = health_pb2_grpc.HealthStub(server.channel)
            self.assertEqual(self.check(stub, ""), STATUS.SERVING)
            self.assertEqual(self.check(stub, "digits"), STATUS.SERVING)
            self.assertEqual(self.check(stub, "broken"), STATUS.NOT_SERVING)
            with self.assertRaises(grpc.RpcError) as caught:
                self.check(stub, "absent")
            self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_watch_follows_a_model(self):
        """H22"""
        with daemon.Daemon(self.repository) as server:
            stub = health_pb2_grpc.HealthStub(server.channel)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service="digits"), timeout=60)
            self.assertEqual(next(watch).status, STATUS.SERVING)
            server.client.unload_model("digits")
            self.assertEqual(next(watch).status, STATUS.NOT_SERVING)
            self.assertEqual(self.check(stub, ""), STATUS.SERVING)  # the daemon is as ready as ever
            server.client.load_model("digits")
            self.assertEqual(next(watch).status, STATUS.SERVING)
            watch.cancel()

    def test_watch_waits_for_a_model_that_is_not_there_yet(self):
        with daemon.Daemon(self.repository) as server:
            stub = health_pb2_grpc.HealthStub(server.channel)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service="later"), timeout=60)
            self.assertEqual(next(watch).status, STATUS.SERVICE_UNKNOWN)
            self.repository.add("later", 1, "digits_int8.tflite")
            server.client.load_model("later")
            while next(watch).status != STATUS.SERVING:
                pass
            watch.cancel()

    def test_a_watch_sees_the_drain_and_does_not_hold_it_up(self):
        with daemon.Daemon(self.repository) as server:
            stub = health_pb2_grpc.HealthStub(server.channel)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=60)
            self.assertEqual(next(watch).status, STATUS.SERVING)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(next(watch).status, STATUS.NOT_SERVING)
            with self.assertRaises(grpc.RpcError):
                next(watch)

    def test_reflection_lists_the_services(self):
        with daemon.Daemon(self.repository) as server:
            stub = reflection_pb2_grpc.ServerReflectionStub(server.channel)
            request = reflection_pb2.ServerReflectionRequest(list_services="")
            (response,) = stub.ServerReflectionInfo(iter([request]))
            names = {s.name for s in response.list_services_response.service}
            self.assertLessEqual(
                {"inference.GRPCInferenceService", "octet.v1.QuantizationService",
                 "octet.v1.EvaluationService", "grpc.health.v1.Health"}, names)


if __name__ == "__main__":
    daemon.main()
