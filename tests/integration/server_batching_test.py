"""Dynamic batching, deadlines and cancellation, seen from outside."""

import concurrent.futures
import time
import unittest

import grpc
import numpy as np

import daemon
import row_models
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

    def futures(self, server, model, name, datatype, arrays):
        """One request for each array, all under way at once."""
        stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
        calls = []
        for array in arrays:
            request = request_class(model_name=model)
            request.inputs.add(name=name, datatype=datatype, shape=array.shape)
            request.raw_input_contents.append(array.tobytes())
            calls.append(stub.future(request))
        return calls

    def test_h17_requests_of_1_2_and_5_rows_in_one_run(self):
        """H17: each client gets its own rows, byte for byte as if it were alone."""
        pieces = [self.codes[0:1], self.codes[1:3], self.codes[3:8]]
        with daemon.Daemon(self.repository) as server:
            alone = [call.result().raw_output_contents[0]
                     for piece in pieces
                     for call in self.futures(server, "digits", "image", "INT8", [piece])]
        # Eight rows are a full run; fewer would wait for a minute.
        with daemon.Daemon(self.repository, "--batch-timeout-us", "60000000",
                           "--max-batch-size", "8") as server:
            calls = self.futures(server, "digits", "image", "INT8", pieces)
            for call, piece, expected in zip(calls, pieces, alone):
                answer = call.result()
                self.assertEqual(answer.raw_output_contents[0], expected)
                self.assertEqual(list(answer.outputs[0].shape), [len(piece), 10])
            self.assertEqual(server.metric("octet_executions_total", model="digits"), 1)
            self.assertEqual(server.metric("octet_batch_size_sum", model="digits"), 8)

    def test_h17_a_model_whose_output_has_one_row_for_any_number_is_not_batched(self):
        """H17: rows that cannot be told apart in the answer do not share a run."""
        repository = daemon.Repository(most=row_models.greatest_of_all_rows(4))
        self.addCleanup(repository.remove)
        with daemon.Daemon(repository, "--batch-timeout-us", "100000") as server:
            metadata = server.client.get_model_metadata("most")
            self.assertEqual(list(metadata.inputs[0].shape), [1, 4])
            self.assertEqual(list(metadata.outputs[0].shape), [1, 4])
            config = server.client.get_model_config("most").config
            self.assertEqual(config.max_batch_size, 0)
            self.assertEqual(config.parameters["batchable"].string_value, "false")
            rows = np.arange(32, dtype=np.float32).reshape(8, 1, 4)
            calls = self.futures(server, "most", "x", "FP32", list(rows))
            for call, row in zip(calls, rows):
                self.assertEqual(call.result().raw_output_contents[0], row.tobytes())
            self.assertEqual(server.metric("octet_executions_total", model="most"), 8)
            (two,) = self.futures(server, "most", "x", "FP32", [rows[:2, 0]])
            self.assertEqual(two.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_h18_requests_of_two_widths_side_by_side(self):
        """H18: rows of [1, 16] and of [1, 20], interleaved: all right, and both share runs."""
        repository = daemon.Repository(w16=row_models.negative(16), w20=row_models.negative(20))
        self.addCleanup(repository.remove)
        with daemon.Daemon(repository, "--batch-timeout-us", "50000") as server:
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")

            def ask(i):
                width = (16, 20)[i % 2]
                x = np.full((1, width), i + 1, np.float32)
                request = request_class(model_name=f"w{width}")
                request.inputs.add(name="x", datatype="FP32", shape=x.shape)
                request.raw_input_contents.append(x.tobytes())
                return stub(request).raw_output_contents[0] == (-x).tobytes()
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                self.assertTrue(all(pool.map(ask, range(400))))
            for model in ("w16", "w20"):
                rows = server.metric("octet_batch_size_sum", model=model)
                self.assertEqual(rows, 200)
                self.assertLess(server.metric("octet_batch_size_count", model=model), rows)
            # The wrong width is an error of its own, and joins nobody.
            (wrong,) = self.futures(server, "w16", "x", "FP32", [np.ones((1, 20), np.float32)])
            self.assertEqual(wrong.code(), grpc.StatusCode.INVALID_ARGUMENT)
            self.assertTrue(ask(0))

    def test_the_maximum_of_a_model_splits_its_requests(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text("max_batch_size: 4\n")
        with daemon.Daemon(self.repository) as server:
            self.assertEqual(server.client.get_model_config("digits").config.max_batch_size, 4)
            server.client.infer("digits", [tensor("image", self.codes[:10])])
            self.assertEqual(server.metric("octet_executions_total", model="digits"), 3)
            self.assertEqual(server.metric("octet_batch_size_sum", model="digits"), 10)

    def test_a_preferred_size_runs_as_soon_as_it_is_there(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text(
            "batch_timeout_us: 60000000 preferred_batch_sizes: [3, 5]")
        with daemon.Daemon(self.repository) as server:
            config = server.client.get_model_config("digits").config
            self.assertEqual(list(config.dynamic_batching.preferred_batch_size), [3, 5])
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            waiting = [stub.future(self.small(request_class)) for _ in range(4)]
            while server.metric("octet_queue_rows", model="digits") < 4:
                self.assertFalse(any(request.done() for request in waiting))
                time.sleep(0.01)
            waiting.append(stub.future(self.small(request_class)))
            for request in waiting:
                self.assertEqual(len(request.result().raw_output_contents[0]), 10)
            self.assertEqual(server.metric("octet_executions_total", model="digits"), 1)
            self.assertEqual(server.metric("octet_batch_size_sum", model="digits"), 5)

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
            self.assertFalse(running.done(), running)
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
        """H20: what expires in the queue is answered at once, counted, and costs no run."""
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
        """H20: so do requests whose clients give up or go away."""
        with self.busy_server() as server:
            running, stub, request_class, executions = self.occupy(server)
            late = [stub.future(self.small(request_class), timeout=1.5) for _ in range(10)]
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
            self.assertIn("--max-queue-rows", caught.exception.details())
            self.assertTrue(1 <= self.pushback(caught.exception) <= 10000)
            stream, stream_request = server.call("inference.GRPCInferenceService",
                                                 "ModelStreamInfer", "stream_stream")
            request = stream_request.FromString(self.small(request_class).SerializeToString())
            answer = next(stream(iter([request])))
            self.assertIn("limit of 5 rows", answer.error_message)
            retry = answer.infer_response.parameters["retry_after_ms"].int64_param
            self.assertTrue(1 <= retry <= 10000)
            for request in waiting:
                request.cancel()
            while server.metric("octet_queue_rows", model="digits") > 0:
                time.sleep(0.01)

    def pushback(self, error):
        metadata = dict(error.trailing_metadata())
        pushback = int(metadata["grpc-retry-pushback-ms"])
        details = metadata.get("grpc-status-details-bin", b"")
        self.assertEqual(b"type.googleapis.com/google.rpc.RetryInfo" in details, pushback >= 0)
        return pushback

    def refusal(self, stub, request):
        with self.assertRaises(grpc.RpcError) as caught:
            stub(request)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        return caught.exception

    def test_the_queues_of_all_models_have_limits_together(self):
        repository = daemon.Repository(digits="digits_int8.tflite", other="digits_int8.tflite")
        self.addCleanup(repository.remove)
        for flag, limit in (("--max-total-queue-rows", 3), ("--max-total-queue-bytes", 3 * 64)):
            with self.subTest(flag), daemon.Daemon(repository, "--batch-timeout-us", "60000000",
                                                   flag, str(limit)) as server:
                stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
                request = self.small(request_class)
                other = self.small(request_class)
                other.model_name = "other"
                waiting = [stub.future(request), stub.future(request), stub.future(other)]
                while server.metric("octet_inflight_requests") < 3:
                    time.sleep(0.01)
                while (server.metric("octet_queue_rows", model="digits") +
                       server.metric("octet_queue_rows", model="other")) < 3:
                    time.sleep(0.01)
                error = self.refusal(stub, other)
                self.assertIn(f"limit of {limit} ({flag})", error.details())
                self.assertTrue(1 <= self.pushback(error) <= 10000)
                for call in waiting:
                    call.cancel()

    def test_requests_under_way_and_their_answers_have_a_limit(self):
        with daemon.Daemon(self.repository, "--batch-timeout-us", "60000000",
                           "--max-inflight-bytes", "400") as server:
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            request = self.small(request_class)
            size = request.ByteSize() + 10  # ten classes of a byte each
            fit = 400 // size
            waiting = [stub.future(request) for _ in range(fit)]
            while server.metric("octet_queue_rows", model="digits") < fit:
                time.sleep(0.01)
            error = self.refusal(stub, request)
            self.assertIn("limit of 400 (--max-inflight-bytes)", error.details())
            self.assertIn(f"{fit * size} bytes", error.details())
            self.assertTrue(1 <= self.pushback(error) <= 10000)
            for call in waiting:
                call.cancel()
            while server.metric("octet_inflight_requests", model="digits") > 0:
                time.sleep(0.01)
            # What has ended is given back, once it is sent, and what can never fit is not to be
            # asked again.
            again = stub.future(request)
            while server.metric("octet_queue_rows", model="digits") < 1:
                again = stub.future(request) if again.done() else again
                time.sleep(0.01)
            again.cancel()
            request.raw_input_contents[0] = bytes(401)
            self.assertEqual(self.pushback(self.refusal(stub, request)), -1)


if __name__ == "__main__":
    daemon.main()
