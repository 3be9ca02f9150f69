"""What changes in the repository's folder is served, without a call and without a failed request."""

import shutil
import subprocess
import threading
import time
import unittest

import numpy as np
import tritonclient.grpc as triton

import daemon
from daemon import tensor

SECONDS = 60  # far more than it takes: a bound for a test that would otherwise wait for ever


class ReloadTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        self.image, self.codes, _ = daemon.digits()

    def wait_for(self, server, what, condition):
        end = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, f"{what} did not happen: {server.log()}")
            time.sleep(0.02)

    def ready(self, server, name="digits"):
        """The ready versions of a model."""
        index = server.client.get_model_repository_index().models
        return [m.version for m in index if m.name == name and m.state == "READY"]

    def reason(self, server, name, version):
        index = server.client.get_model_repository_index().models
        return "".join(m.reason for m in index if (m.name, m.version) == (name, version))

    def follow_changes(self, *args, prefix=()):
        with daemon.Daemon(self.repository, *args, prefix=prefix) as server:
            self.repository.add("digits", 2, "digits_float32.tflite")
            self.wait_for(server, "a new version", lambda: self.ready(server) == ["1", "2"])
            self.repository.add("other", 5, "digits_int8.tflite")
            self.wait_for(server, "a new model", lambda: self.ready(server, "other") == ["5"])
            shutil.rmtree(self.repository.path / "digits" / "1")
            self.wait_for(server, "a vanished version", lambda: self.ready(server) == ["2"])
            self.repository.add("digits", 2, "digits_int8.tflite")  # the same name, other bytes
            self.wait_for(server, "a replacement", lambda: server.client.get_model_metadata(
                "digits").inputs[0].datatype == "INT8")
            shutil.rmtree(self.repository.path / "other")
            self.wait_for(server, "a vanished model", lambda: "other" not in [
                m.name for m in server.client.get_model_repository_index().models])
            with self.assertRaisesRegex(triton.InferenceServerException, "NOT_FOUND"):
                server.client.get_model_metadata("other")
            return server.log()

    def test_watching(self):
        log = self.follow_changes()
        self.assertNotIn("every few seconds", log)

    def test_polling(self):
        self.follow_changes("--reload", "poll")

    def test_polling_where_the_system_cannot_watch(self):
        prefix = ["unshare", "--user", "--map-root-user", "sh", "-c",
                  'echo 0 > /proc/sys/user/max_inotify_instances && exec "$0" "$@"']
        probe = subprocess.run([*prefix, "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest("user namespaces can't be made here")
        log = self.follow_changes(prefix=prefix)
        self.assertIn("every few seconds", log)

    def test_off(self):
        with daemon.Daemon(self.repository, "--reload", "off") as off, \
                daemon.Daemon(self.repository) as watching:
            self.repository.add("digits", 2, "digits_int8.tflite")
            self.wait_for(watching, "a new version", lambda: len(self.ready(watching)) == 2)
            self.assertEqual(self.ready(off), ["1"])
            off.client.load_model("digits")
            self.assertEqual(self.ready(off), ["1", "2"])

    def test_a_broken_version_leaves_the_old_one_serving_and_is_reported(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text(
            "version_policy { latest { num_versions: 1 } }")
        good = (daemon.DATA / "digits_int8.tflite").read_bytes()
        with daemon.Daemon(self.repository) as server:
            self.repository.add("digits", 2, good[:1000])
            self.wait_for(server, "a report", lambda: self.reason(server, "digits", "2"))
            self.assertEqual(self.ready(server), ["1"])
            self.assertEqual(
                server.metric("octet_model_state", model="digits", version="2", state="failed"), 1)
            server.client.infer("digits", [tensor("image", self.codes[:1])])
            # Mended, it takes over: now the policy holds.
            self.repository.add("digits", 2, good)
            self.wait_for(server, "the takeover", lambda: self.ready(server) == ["2"])
            with self.assertRaisesRegex(triton.InferenceServerException, "NOT_FOUND|draining"):
                server.client.infer("digits", [tensor("image", self.codes[:1])], model_version="1")
            # Broken where it stands, it goes on as it was.
            self.repository.add("digits", 2, good[:1000])
            self.wait_for(server, "a report", lambda: self.reason(server, "digits", "2"))
            self.assertEqual(self.ready(server), ["2"])
            server.client.infer("digits", [tensor("image", self.codes[:1])])

    def test_a_file_that_is_written_slowly_is_loaded_once_it_is_whole(self):
        good = (daemon.DATA / "digits_int8.tflite").read_bytes()
        folder = self.repository.path / "slow" / "1"
        with daemon.Daemon(self.repository) as server:
            folder.mkdir(parents=True)
            with open(folder / "model.tflite", "wb") as file:
                for at in range(0, len(good), len(good) // 8 + 1):  # in all longer than it settles
                    file.write(good[at:at + len(good) // 8 + 1])
                    file.flush()
                    time.sleep(0.2)
            self.wait_for(server, "the load", lambda: self.ready(server, "slow") == ["1"])
            self.assertNotIn("cannot be loaded", server.log())

    def test_versions_by_policy(self):
        for version in (2, 3):
            self.repository.add("digits", version, "digits_int8.tflite")
        config = self.repository.path / "digits" / "config.pbtxt"
        config.write_text("version_policy { specific { versions: [1, 3] } }")
        with daemon.Daemon(self.repository) as server:
            self.assertEqual(self.ready(server), ["1", "3"])
            config.write_text("version_policy { latest { num_versions: 2 } }")
            self.wait_for(server, "latest 2", lambda: self.ready(server) == ["2", "3"])
            policy = server.client.get_model_config("digits", "3").config.version_policy
            self.assertEqual(policy.latest.num_versions, 2)
            config.write_text("version_policy { specific { versions: [1, 7] } }")
            self.wait_for(server, "a report", lambda: self.reason(server, "digits", "7"))
            config.write_text("version_policy { all {} }")
            self.wait_for(server, "all", lambda: self.ready(server) == ["1", "2", "3"])
            shutil.rmtree(self.repository.path / "digits" / "3")
            self.wait_for(server, "3 gone", lambda: self.ready(server) == ["1", "2"])

    def test_what_was_unloaded_on_request_stays_so_until_it_changes(self):
        with daemon.Daemon(self.repository) as server:
            server.client.unload_model("digits")
            self.repository.add("other", 1, "digits_int8.tflite")
            self.wait_for(server, "another model", lambda: self.ready(server, "other") == ["1"])
            self.assertEqual(self.ready(server), [])
            self.repository.add("digits", 1, "digits_int8.tflite")
            self.wait_for(server, "the change", lambda: self.ready(server) == ["1"])

    def test_no_request_fails_and_no_byte_is_wrong_while_versions_roll_over(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text(
            "version_policy { latest { num_versions: 1 } }")
        expected = np.load(daemon.DATA / "digits_expected.npz")["int8_default"]
        with daemon.Daemon(self.repository) as server:
            stop, answered, problems = threading.Event(), [0, 0, 0], []

            def ask(i):
                client = triton.InferenceServerClient(server.address)
                while not stop.is_set():
                    row = answered[i] % 100
                    try:
                        result = client.infer("digits", [tensor("image", self.codes[row:row + 1])])
                        if not (result.as_numpy("probabilities")[0] == expected[row]).all():
                            problems.append("a wrong answer")
                    except triton.InferenceServerException as error:
                        problems.append(str(error))
                    answered[i] += 1
                client.close()

            threads = [threading.Thread(target=ask, args=(i,)) for i in range(3)]
            for thread in threads:
                thread.start()
            for version in range(2, 6):
                self.repository.add("digits", version, "digits_int8.tflite")
                if version > 2:
                    shutil.rmtree(self.repository.path / "digits" / str(version - 2))
                self.wait_for(server, f"version {version}",
                              lambda v=version: self.ready(server) == [str(v)])
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(problems, [])
            self.assertGreater(min(answered), 20)

    def test_a_model_from_a_request(self):
        files = {"file:7/model.tflite": (daemon.DATA / "digits_float32.tflite").read_bytes()}
        with daemon.Daemon(self.repository) as server:
            with self.assertRaisesRegex(triton.InferenceServerException, "PERMISSION_DENIED"):
                server.client.load_model("digits", config="{}", files=files)
            self.assertEqual(self.ready(server), ["1"])
        with daemon.Daemon(self.repository, "--allow-model-override") as server:
            client = server.client
            client.load_model("digits", config='{"max_batch_size": 4}', files=files)
            self.assertEqual(self.ready(server), ["7"])
            self.assertEqual(client.get_model_metadata("digits").inputs[0].datatype, "FP32")
            self.assertEqual(client.get_model_config("digits").config.max_batch_size, 4)
            client.load_model("nowhere", config="{}", files=files)
            client.infer("nowhere", [tensor("image", self.image[:1])])
            with self.assertRaises(triton.InferenceServerException):
                client.load_model("digits", config="{}", files={"file:8/model.tflite": b"TFL3"})
            self.assertEqual(self.ready(server), ["7"])  # as before
            client.load_model("digits")  # what lies in the repository
            self.assertEqual(self.ready(server), ["1"])
            client.load_model("digits", config='{"rounding": "fixed_point"}')
            parameters = client.get_model_config("digits").config.parameters
            self.assertEqual(parameters["rounding"].string_value, "fixed_point")
            # A change on disk is loaded over it.
            self.repository.add("digits", 1, "digits_float32.tflite")
            self.wait_for(server, "the change", lambda: client.get_model_metadata(
                "digits").inputs[0].datatype == "FP32")
            self.assertEqual(self.ready(server, "nowhere"), ["7"])
            with self.assertRaisesRegex(triton.InferenceServerException, "INVALID_ARGUMENT"):
                client.load_model("../digits", config="{}", files=files)


if __name__ == "__main__":
    daemon.main()
