"""The metrics page, by the rules of its format."""

import collections
import shutil
import subprocess
import unittest

import tritonclient.grpc as triton

import daemon
from daemon import tensor

NAMES = {
    "octet_requests_total": "counter",
    "octet_request_duration_seconds": "histogram",
    "octet_stage_duration_seconds": "histogram",
    "octet_batch_size": "histogram",
    "octet_executions_total": "counter",
    "octet_queue_rows": "gauge",
    "octet_inflight_requests": "gauge",
    "octet_model_state": "gauge",
    "octet_model_memory_bytes": "gauge",
    "octet_captured_requests": "gauge",
    "octet_captured_bytes": "gauge",
    "octet_model_load_duration_seconds": "histogram",
    "octet_build_info": "gauge",
    "process_cpu_seconds_total": "counter",
    "process_resident_memory_bytes": "gauge",
    "process_start_time_seconds": "gauge",
    "process_open_fds": "gauge",
}


class MetricsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.repository = daemon.Repository(digits="digits_int8.tflite")
        cls.server = daemon.Daemon(cls.repository)
        _, codes, _ = daemon.digits()
        for _ in range(20):
            cls.server.client.infer("digits", [tensor("image", codes[:3])])
        for name in ("absent1", "absent2"):
            try:
                cls.server.client.infer(name, [tensor("image", codes[:3])])
            except triton.InferenceServerException:
                pass
        try:
            cls.server.client.infer("digits", [tensor("picture", codes[:3])])
        except triton.InferenceServerException:
            pass

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)
        cls.repository.remove()

    def test_names_and_types(self):
        page = self.server.metrics()
        for name, kind in NAMES.items():
            self.assertIn(f"# TYPE {name} {kind}\n", page)
            self.assertIn(f"# HELP {name} ", page)

    def test_values(self):
        server = self.server
        labels = {"model": "digits", "version": "1"}
        self.assertEqual(server.metric("octet_requests_total", code="OK", **labels), 20)
        self.assertEqual(server.metric("octet_requests_total", code="INVALID_ARGUMENT", **labels),
                         1)
        self.assertEqual(server.metric("octet_request_duration_seconds_count", **labels), 21)
        for stage in ("queue", "batch", "compute", "respond"):
            self.assertEqual(
                server.metric("octet_stage_duration_seconds_count", stage=stage, **labels), 20)
        self.assertEqual(server.metric("octet_batch_size_sum", **labels), 60)
        self.assertEqual(server.metric("octet_model_state", state="ready", **labels), 1)
        self.assertEqual(server.metric("octet_model_state", state="failed", **labels), 0)
        self.assertGreater(server.metric("octet_model_memory_bytes", **labels), 1000)
        self.assertEqual(server.metric("octet_model_load_duration_seconds_count", **labels), 1)
        self.assertEqual(server.metric("octet_inflight_requests", **labels), 0)
        self.assertEqual(server.metric("octet_build_info"), 1)

    def test_unknown_models_make_no_series(self):
        self.assertNotIn("absent", self.server.metrics())

    def test_histograms_are_cumulative_and_consistent(self):
        buckets = collections.defaultdict(list)
        values = {}
        for name, labels, value in daemon.parse_metrics(self.server.metrics()):
            if name.endswith("_bucket"):
                le = labels.pop("le")
                buckets[(name[:-7], tuple(sorted(labels.items())))].append((float(le), value))
            else:
                values[(name, tuple(sorted(labels.items())))] = value
        self.assertGreater(len(buckets), 5)
        for (name, labels), found in buckets.items():
            bounds = [bound for bound, _ in found]
            counts = [count for _, count in found]
            self.assertEqual(bounds, sorted(bounds))
            self.assertEqual(counts, sorted(counts))
            self.assertEqual(bounds[-1], float("inf"))
            self.assertEqual(counts[-1], values[(f"{name}_count", labels)])
            self.assertIn((f"{name}_sum", labels), values)

    def test_durations_start_at_50_microseconds(self):
        self.assertIn('le="5e-05"', self.server.metrics())

    def test_promtool_finds_nothing_wrong(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            self.skipTest("promtool is not installed")
        check = subprocess.run([promtool, "check", "metrics"], input=self.server.metrics(),
                               text=True, capture_output=True, check=False)
        self.assertEqual((check.returncode, check.stdout + check.stderr), (0, ""))


if __name__ == "__main__":
    daemon.main()
