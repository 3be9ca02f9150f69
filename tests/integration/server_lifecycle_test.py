"""From the start to the end: ready, drain, signals, exit status."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import unittest

import grpc
import numpy as np
import tritonclient.grpc as triton

import daemon
from daemon import tensor


class LifecycleTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        _, self.codes, _ = daemon.digits()

    def test_the_log_tells_a_newcomer_what_happens(self):
        with daemon.Daemon(self.repository) as server:
            log = server.log()
            for text in ("octetd", "threads=", "isa=", "rounding=float32", server.address,
                         f"http://{server.metrics_address}/metrics", "model ready model=digits",
                         "ready models=1"):
                self.assertIn(text, log)

    def test_json_log(self):
        with daemon.Daemon(self.repository, "--log-format", "json") as server:
            lines = [json.loads(line) for line in server.log().splitlines()]
        self.assertIn("model ready", [line["message"] for line in lines])

    def test_ready_models_say_how_long_loading_and_the_first_run_took(self):
        self.repository.add("where", 1, daemon.recorded("WHERE", "float32"))
        batchable = {"digits": True, "where": False}
        for log_format in ("text", "json"):
            with self.subTest(log_format), \
                    daemon.Daemon(self.repository, "--log-format", log_format) as server:
                ready = {}
                for line in server.log().splitlines():
                    if "model ready" in line:
                        fields = (json.loads(line) if log_format == "json" else
                                  dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line)))
                        ready[fields["model"]] = fields
                self.assertEqual(ready.keys(), batchable.keys())
                for name, fields in ready.items():
                    self.assertEqual(fields["batchable"] == "yes", batchable[name])
                    self.assertGreater(float(fields["first_run_ms"]), 0)
                    self.assertGreater(float(fields["load_ms"]), float(fields["first_run_ms"]))

    def test_an_idle_daemon_ends_cleanly_on_either_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with daemon.Daemon(self.repository, "--drain-seconds", "60") as server:
                self.assertEqual(server.stop(number), 0)

    def test_requests_go_on_through_the_drain(self):
        """H21: not ready at once, and what is asked until the end of the drain is answered."""
        drain_seconds = 4
        with daemon.Daemon(self.repository, "--drain-seconds", str(drain_seconds)) as server:
            outcomes, stop = [], threading.Event()

            def ask():
                client = triton.InferenceServerClient(server.address)
                while not stop.is_set():
                    at = time.monotonic()
                    try:
                        client.infer("digits", [tensor("image", self.codes[:1])])
                        outcomes.append((at, None))
                    except triton.InferenceServerException as error:
                        outcomes.append((at, error))
                        break
                    time.sleep(0.005)
                client.close()

            threads = [threading.Thread(target=ask) for _ in range(2)]
            for thread in threads:
                thread.start()
            while len(outcomes) < 50:
                time.sleep(0.01)
            told = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            while server.client.is_server_ready():
                time.sleep(0.005)
            self.assertFalse(server.client.is_model_ready("digits"))
            self.assertTrue(server.client.is_server_live())
            self.assertEqual(server.process.wait(timeout=60), 0)
            stop.set()
            for thread in threads:
                thread.join()
            after = [(at - told, error) for at, error in outcomes if at > told]
            served = [at for at, error in after if error is None]
            failed = [(at, error) for at, error in after if error is not None]
            self.assertGreater(len(served), 50)
            for at, error in failed:
                # None of those that were accepted: only what came when the door was closed, or (then
                # gRPC cancels it) at that moment.
                self.assertGreater(at, drain_seconds * 0.8 - 0.1, str(error))
                self.assertRegex(str(error), "UNAVAILABLE|CANCELLED")

    def test_what_has_begun_is_finished(self):
        """H21: what was accepted is answered."""
        with daemon.Daemon(self.repository, "--max-queue-rows", "10000000", "--max-batch-size",
                           "1", "--drain-seconds", "60") as server:
            rows = 20000
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            request = request_class(model_name="digits")
            request.inputs.add(name="image", datatype="INT8", shape=[rows, 8, 8, 1])
            request.raw_input_contents.append(np.resize(self.codes, (rows, 8, 8, 1)).tobytes())
            running = stub.future(request)
            while server.metric("octet_executions_total", model="digits") == 0:
                time.sleep(0.005)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(len(running.result().raw_output_contents[0]), rows * 10)

    def test_a_second_signal_ends_it_at_once(self):
        """H21"""
        (self.repository.path / "digits" / "config.pbtxt").write_text(
            "batch_timeout_us: 60000000")
        with daemon.Daemon(self.repository, "--drain-seconds", "3600", status=1) as server:
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            request = request_class(model_name="digits")
            request.inputs.add(name="image", datatype="INT8", shape=[1, 8, 8, 1])
            request.raw_input_contents.append(bytes(64))
            waiting = stub.future(request)
            while server.metric("octet_queue_rows", model="digits") == 0:
                time.sleep(0.01)
            server.process.send_signal(signal.SIGTERM)
            while server.client.is_server_ready():
                time.sleep(0.01)
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(timeout=60), 1)
            self.assertEqual(waiting.code(), grpc.StatusCode.UNAVAILABLE)

    def test_what_is_not_done_when_the_drain_is_over_is_cut_off(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text(
            "batch_timeout_us: 60000000")
        with daemon.Daemon(self.repository, "--drain-seconds", "1") as server:
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            request = request_class(model_name="digits")
            request.inputs.add(name="image", datatype="INT8", shape=[1, 8, 8, 1])
            request.raw_input_contents.append(bytes(64))
            waiting = stub.future(request)
            while server.metric("octet_queue_rows", model="digits") == 0:
                time.sleep(0.01)
            self.assertEqual(server.stop(), 0)
            self.assertNotEqual(waiting.code(), grpc.StatusCode.OK)

    def test_a_signal_during_the_first_load(self):
        """H21"""
        for i in range(30):
            self.repository.add(f"digits{i}", 1, "digits_int8.tflite")
        with daemon.Daemon(self.repository, wait=False) as server:
            while "listening" not in server.log():
                time.sleep(0.005)
            self.assertEqual(server.stop(), 0)

    def test_as_process_one(self):
        """H21: as the first process of a container."""
        command = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
        probe = subprocess.run([*command, "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest("process namespaces can't be made here")
        address = f"127.0.0.1:{daemon.free_port()}"
        process = subprocess.Popen(
            [*command, daemon.OCTETD, "--model-repository", str(self.repository.path),
             "--grpc-address", address, "--metrics-address", f"127.0.0.1:{daemon.free_port()}"],
            stderr=subprocess.PIPE, text=True, env=daemon.environment())
        try:
            for line in process.stderr:
                if " ready models=" in line:
                    break
            task = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}")
            (octetd,) = (task / "children").read_text().split()
            os.kill(int(octetd), signal.SIGTERM)
            self.assertEqual(process.wait(timeout=60), 0)
        finally:
            process.kill()
            process.stderr.close()


if __name__ == "__main__":
    daemon.main()
