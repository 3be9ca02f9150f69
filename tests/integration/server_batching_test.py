"""Dynamic batching, deadlines and cancellation, seen from outside."""

import concurrent.futures
import time
import unittest

import grpc
import numpy as np

import daemon
from daemon import tensor


class BatchingTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        _, self.codes, _ = daemon.digits()

    def test_requests_share_runs_and_get_their_own_answers(self):
        with daemon.Daemon(self.repository, "--batch-timeout-us", "50000") as server:
            pieces, at = [], 0
            for i in range(96):
                rows = (1, 2, 5)[i % 3]
                pieces.append(self.codes[at:at + rows])
                at += rows
            alone = server.client.infer("digits", [tensor("image", self.codes[:at])])
            alone = alone.as_numpy("probabilities")
            runs = server.metric("octet_executions_total", model="digits")
            rows = server.metric("octet_batch_size_sum", model="digits")

            def ask(piece):
                return server.client.infer("digits", [tensor("image", piece)])
            with concurrent.futures.ThreadPoolExecutor(32) as pool:
                results = list(pool.map(ask, pieces))

            at = 0
            for piece, result in zip(pieces, results):
                np.testing.assert_array_equal(result.as_numpy("probabilities"),
                                              alone[at:at + len(piece)])
                at += len(piece)
            runs = server.metric("octet_executions_total", model="digits") - runs
            rows = server.metric("octet_batch_size_sum", model="digits") - rows
            self.assertEqual(rows, at)
            self.assertLess(runs, len(pieces))
            self.assertEqual(
                server.metric("octet_batch_size_bucket", model="digits", le="16"),
                server.metric("octet_batch_size_count", model="digits"))

    def test_the_maximum_of_a_model_splits_its_requests(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text("max_batch_size: 4\n")
        with daemon.Daemon(self.repository) as server:
            self.assertEqual(server.client.get_model_config("digits").config.max_batch_size, 4)
            server.client.infer("digits", [tensor("image", self.codes[:10])])
            self.assertEqual(server.metric("octet_executions_total", model="digits"), 3)
            self.assertEqual(server.metric("octet_batch_size_sum", model="digits"), 10)

    def occupy(self, server):
        """Sends one request that keeps every worker busy for several seconds."""
        probe = np.resize(self.codes, (2000, 8, 8, 1))
        start = time.monotonic()
        server.client.infer("digits", [tensor("image", probe)])
        seconds = time.monotonic() - start
        rows = int(2000 * 8 / seconds)
        executions = server.metric("octet_executions_total", model="digits")
        big = np.resize(self.codes, (rows, 8, 8, 1))
        stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
        request = request_class(model_name="digits")
        request.inputs.add(name="image", datatype="INT8", shape=[rows, 8, 8, 1])
        request.raw_input_contents.append(big.tobytes())
        running = stub.future(request)
        while server.metric("octet_executions_total", model="digits") == executions:
            time.sleep(0.01)
        return running, stub, request_class, executions + rows

    def small(self, request_class):
        request = request_class(model_name="digits")
        request.inputs.add(name="image", datatype="INT8", shape=[1, 8, 8, 1])
        request.raw_input_contents.append(bytes(64))
        return request

    def busy_server(self):
        return daemon.Daemon(self.repository, "--max-batch-size", "1", "--max-queue-rows",
                             "100000000")

    def test_expired_requests_are_answered_at_once_and_not_computed(self):
        with self.busy_server() as server:
            running, stub, request_class, executions = self.occupy(server)
            requests = []
            for _ in range(50):
                request = self.small(request_class)
                request.parameters["timeout"].int64_param = 100000
                requests.append(stub.future(request))  # no deadline of the client's own
            for request in requests:
                self.assertEqual(request.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
            self.assertFalse(running.done())
            self.assertEqual(server.metric("octet_requests_total", model="digits",
                                           code="DEADLINE_EXCEEDED"), 50)
            running.result()
            self.assertEqual(server.metric("octet_executions_total", model="digits"), executions)
            self.assertEqual(server.metric("octet_queue_rows", model="digits"), 0)

    def test_deadlines_and_cancellations_of_clients_empty_the_queue(self):
        with self.busy_server() as server:
            running, stub, request_class, executions = self.occupy(server)
            late = [stub.future(self.small(request_class), timeout=0.3) for _ in range(10)]
            gone = [stub.future(self.small(request_class)) for _ in range(10)]
            while server.metric("octet_inflight_requests", model="digits") < 21:
                time.sleep(0.01)
            for request in gone:
                request.cancel()
            for request in late:
                self.assertEqual(request.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
            while server.metric("octet_inflight_requests", model="digits") > 1:
                time.sleep(0.01)
            self.assertFalse(running.done())
            # A client whose deadline passes also cancels, and either may reach the daemon first.
            cancelled = server.metric("octet_requests_total", code="CANCELLED")
            expired = server.metric("octet_requests_total", code="DEADLINE_EXCEEDED")
            self.assertGreaterEqual(cancelled, 10)
            self.assertEqual(cancelled + expired, 20)
            running.result()
            self.assertEqual(server.metric("octet_executions_total", model="digits"), executions)

    def test_a_full_queue_refuses_with_its_limit(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text(
            "batch_timeout_us: 60000000 max_queue_rows: 5")
        with daemon.Daemon(self.repository) as server:
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            waiting = [stub.future(self.small(request_class)) for _ in range(5)]
            while server.metric("octet_queue_rows", model="digits") < 5:
                time.sleep(0.01)
            with self.assertRaises(grpc.RpcError) as caught:
                stub(self.small(request_class))
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertIn("limit of 5 rows", caught.exception.details())
            for request in waiting:
                request.cancel()
            while server.metric("octet_queue_rows", model="digits") > 0:
                time.sleep(0.01)


if __name__ == "__main__":
    daemon.main()
