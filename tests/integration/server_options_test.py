"""The command line: usage, exit status, and what a failed start says."""

import json
import platform
import socket
import unittest

import daemon


class OptionsTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        self.path = str(self.repository.path)

    def fails(self, status, *args, text="", env=None):
        done = daemon.run_octetd(*args, env=env)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(text, done.stderr)
        return done.stderr

    def test_bad_usage_is_2(self):
        self.fails(2, text="--model-repository")
        self.fails(2, "--model-repository", self.path, "--frobnicate", text="--frobnicate")
        self.fails(2, "--model-repository", self.path, "--threads", "many", text="--threads")
        self.fails(2, "--model-repository", self.path, "--rounding", "up", text="fixed_point")
        self.fails(2, "--model-repository", self.path, "--grpc-address", "0.0.0.0:0",
                   text="--insecure")
        self.fails(2, "--model-repository", self.path, env={"OCTET_MAX_BATCH_SIZE": "-1"},
                   text="--max-batch-size")

    def start_fails(self, *args, text):
        """One line of complaint after the line that says what is started."""
        if "--metrics-address" not in args:
            args = ("--metrics-address", f"127.0.0.1:{daemon.free_port()}", *args)
        log = self.fails(1, *args, text=text)
        complaints = [line for line in log.splitlines() if "octetd 0" not in line]
        self.assertEqual(len(complaints), 1, log)

    def test_a_failed_start_is_1_and_one_line(self):
        grpc = ("--grpc-address", f"127.0.0.1:{daemon.free_port()}")
        self.start_fails("--model-repository", self.path + "/none", *grpc, text="none")
        self.start_fails("--model-repository", self.path, "--isa", "altivec", *grpc, text="altivec")
        # tests/support/old_processors_test.py tries those that are built and that qemu lacks.
        foreign = "avx2" if platform.machine() == "aarch64" else "neoni8mm"
        self.start_fails("--model-repository", self.path, "--isa", foreign, *grpc,
                         text=f'"{foreign}" has no kernels in this build')
        self.start_fails("--model-repository", self.path, "--config", "/no/such/file",
                         text="/no/such/file")
        self.start_fails("--model-repository", self.path, *grpc, "--tls-cert", "/no/cert",
                         "--tls-key", "/no/key", text="/no/cert")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.start_fails("--model-repository", self.path, "--grpc-address", address,
                             text=address)
            self.start_fails("--model-repository", self.path, *grpc, "--metrics-address", address,
                             text=address)

    def test_a_second_daemon_cannot_share_the_port(self):
        with daemon.Daemon(self.repository) as server:
            self.start_fails("--model-repository", self.path, "--grpc-address", server.address,
                             text=server.address)

    def test_help_and_version(self):
        done = daemon.run_octetd("--help")
        self.assertEqual(done.returncode, 0)
        for text in ("--model-repository", "--drain-seconds", "OCTET_MAX_BATCH_SIZE"):
            self.assertIn(text, done.stdout)
        done = daemon.run_octetd("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"octetd \d+\.\d+\.\d+")
        self.assertRegex(done.stdout, r"built: .*scalar")
        self.assertRegex(done.stdout, r"found: .*scalar")

    def test_list_ops(self):
        done = daemon.run_octetd("--list-ops", "--json")
        self.assertEqual(done.returncode, 0)
        rows = json.loads(done.stdout)
        self.assertIn("CONV_2D", {row["op"] for row in rows})
        for row in rows:
            self.assertLessEqual(row["min_version"], row["max_version"])
            self.assertTrue(row["inputs"] or row["outputs"] or row["op"] == "CALL_ONCE", row)
        text = daemon.run_octetd("--list-ops").stdout
        self.assertEqual(len(text.splitlines()), len(rows))

    def test_settings_from_file_and_environment(self):
        config = self.repository.path / ".octetd.pbtxt"
        config.write_text('max_batch_size: 3 rounding: "fixed_point"')
        with daemon.Daemon(self.repository, env={"OCTET_CONFIG": str(config),
                                                 "OCTET_MAX_BATCH_SIZE": "5"}) as server:
            described = server.client.get_model_config("digits").config
            self.assertEqual(described.max_batch_size, 5)
            self.assertEqual(described.parameters["rounding"].string_value, "fixed_point")

    def test_an_empty_repository_is_served(self):
        empty = daemon.Repository()
        self.addCleanup(empty.remove)
        with daemon.Daemon(empty) as server:
            self.assertIn("no model to serve", server.log())


if __name__ == "__main__":
    daemon.main()
