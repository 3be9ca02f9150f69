"""octet.v1.QuantizationService."""

import threading
import unittest

import grpc
import numpy as np

import daemon
from daemon import tensor

CODES = grpc.StatusCode
DYNAMIC_RANGE, FULL_INTEGER = 1, 2


class QuantizeTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_float32.tflite")
        self.addCleanup(self.repository.remove)
        self.float_bytes = (daemon.DATA / "digits_float32.tflite").read_bytes()

    def quantize(self, server, requests):
        """Returns (progress messages, reports, the result's bytes)."""
        stub, _ = server.call("octet.v1.QuantizationService", "Quantize", "stream_stream")
        progress, reports, result = [], [], b""
        for response in stub(iter(requests)):
            kind = response.WhichOneof("message")
            if kind == "progress":
                self.assertEqual(reports, [])
                progress.append(response.progress)
            elif kind == "report":
                reports.append(response.report)
            else:
                self.assertEqual(len(reports), 1)
                result += response.chunk
        return progress, reports, result

    def messages(self, server):
        _, request_class = server.call("octet.v1.QuantizationService", "Quantize", "stream_stream")
        return request_class

    def upload(self, request_class, data, chunk=10000, **start):
        yield request_class(start=start)
        for at in range(0, len(data), chunk):
            yield request_class(chunk=data[at:at + chunk])

    def test_bytes_in_bytes_out(self):
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            progress, (report,), result = self.quantize(
                server, self.upload(message, self.float_bytes, return_model=True,
                                    options={"mode": DYNAMIC_RANGE}))
            self.assertGreater(len(progress), 0)
            self.assertEqual(report.bytes_before, len(self.float_bytes))
            self.assertEqual(report.bytes_after, len(result))
            self.assertLess(len(result), len(self.float_bytes))
            self.assertFalse(report.HasField("stored_as"))
            quantized = [t for t in report.tensors if t.quantized]
            kept = [t for t in report.tensors if not t.quantized]
            self.assertGreater(len(quantized), 0)
            for t in quantized:
                self.assertGreaterEqual(t.elements, 1024)
                self.assertGreater(t.sqnr_db, 20)
            for t in kept:
                self.assertNotEqual(t.reason, "")

    def test_a_served_model_becomes_a_new_version_that_serves(self):
        image, _, labels = daemon.digits()
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            _, (report,), result = self.quantize(server, [message(
                start={"source": {"name": "digits"}, "store_as": {"name": "digits"}})])
            self.assertEqual(result, b"")
            self.assertEqual((report.stored_as.name, report.stored_as.version), ("digits", "2"))
            stored = self.repository.path / "digits" / "2" / "model.tflite"
            self.assertEqual(stored.stat().st_size, report.bytes_after)
            self.assertEqual([p.name for p in sorted((self.repository.path / "digits").iterdir())],
                             ["1", "2"])
            answer = server.client.infer("digits", [tensor("image", image)])
            self.assertEqual(answer.get_response().model_version, "2")
            accuracy = (answer.as_numpy("probabilities").argmax(axis=1) == labels).mean()
            self.assertGreater(accuracy, 0.97)
            # The version is there now.
            with self.assertRaises(grpc.RpcError) as caught:
                self.quantize(server, [message(start={
                    "source": {"name": "digits", "version": "1"},
                    "store_as": {"name": "digits", "version": "2"}})])
            self.assertEqual(caught.exception.code(), CODES.ALREADY_EXISTS)

    def refused(self, server, requests, code, *texts):
        with self.assertRaises(grpc.RpcError) as caught:
            self.quantize(server, requests)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        for text in texts:
            self.assertIn(text, caught.exception.details())

    def test_what_is_wrong_is_said(self):
        with daemon.Daemon(self.repository, "--max-message-bytes", "200000") as server:
            message = self.messages(server)
            self.refused(server, [], CODES.INVALID_ARGUMENT, "start")
            self.refused(server, [message(chunk=b"x")], CODES.INVALID_ARGUMENT, "start")
            self.refused(server, [message(start={})], CODES.INVALID_ARGUMENT, "source")
            self.refused(server, [message(start={}), message(start={})], CODES.INVALID_ARGUMENT,
                         "twice")
            self.refused(server, self.upload(message, b"junk" * 100), CODES.INVALID_ARGUMENT)
            self.refused(server, self.upload(message, bytes(300000)), CODES.RESOURCE_EXHAUSTED,
                         "200000")
            self.refused(server, [message(start={"source": {"name": "absent"}})], CODES.NOT_FOUND)
            self.refused(server, self.upload(message, self.float_bytes,
                                             options={"mode": FULL_INTEGER}), CODES.INVALID_ARGUMENT)
            self.refused(server, self.upload(message, self.float_bytes,
                                             store_as={"name": "../escape"}),
                         CODES.INVALID_ARGUMENT, "store_as.name")
            quantized = (daemon.DATA / "digits_int8.tflite").read_bytes()
            self.refused(server, self.upload(message, quantized), CODES.FAILED_PRECONDITION)
            self.assertTrue(server.client.is_model_ready("digits"))

    def test_a_cancelled_upload_leaves_nothing(self):
        with daemon.Daemon(self.repository) as server:
            stub, message = server.call("octet.v1.QuantizationService", "Quantize",
                                        "stream_stream")
            hold = threading.Event()

            def requests():
                yield message(start={"store_as": {"name": "digits"}})
                yield message(chunk=self.float_bytes[:1000])
                hold.wait(60)

            call = stub(requests())
            call.cancel()
            hold.set()
            with self.assertRaises(grpc.RpcError):
                list(call)
            image, _, _ = daemon.digits()
            server.client.infer("digits", [tensor("image", image[:1].astype(np.float32))])
            self.assertEqual(len(list((self.repository.path / "digits").iterdir())), 1)


if __name__ == "__main__":
    daemon.main()
