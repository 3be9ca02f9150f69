"""Runs the real octetd on free loopback ports, and what tests of it share."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import grpc
import numpy as np
import tritonclient.grpc as triton
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
OCTETD = os.environ.get("OCTETD", str(ROOT / "build" / "server" / "octetd"))
GOLDENS = pathlib.Path(os.environ.get("OCTET_GOLDENS", ROOT.parent / "shared" / "goldens"))
START_SECONDS = 60


def main():
    """Runs the calling test file; its status is 77 where everything in it was skipped."""
    program = unittest.main(module="__main__", exit=False)
    skipped = program.result.skipped
    for _, reason in skipped:
        print(f"SKIPPED: {reason}")
    if not program.result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if skipped and len(skipped) == program.result.testsRun else 0)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(extra=None):
    """This process's, without settings of a daemon that the caller may have."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OCTET_")}
    return {**kept, **(extra or {})}


def run_octetd(*args, env=None, timeout=60):
    """Runs octetd to its end."""
    return subprocess.run([OCTETD, *args], env=environment(env), timeout=timeout,
                          capture_output=True, text=True, check=False)


class Repository:
    """A model repository in a temporary directory."""

    def __init__(self, **models):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="octet-models-"))
        for name, source in models.items():
            self.add(name, 1, source)

    def add(self, name, version, source):
        folder = self.path / name / str(version)
        folder.mkdir(parents=True, exist_ok=True)
        # A new file, as an operator would move it in: never a change of one that is in use.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(source if isinstance(source, bytes) else (DATA / source).read_bytes())
        os.replace(file.name, folder / "model.tflite")

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Daemon:
    """A running octetd. Use it in a `with` block, which ends it and checks its status."""

    def __init__(self, repository, *args, env=None, grpc_address=None, wait=True, status=0,
                 prefix=()):
        self.address = grpc_address or f"127.0.0.1:{free_port()}"
        self.metrics_address = f"127.0.0.1:{free_port()}"
        self.expected_status = status
        self._log = tempfile.TemporaryFile("a+b")
        self.process = subprocess.Popen(
            [*prefix, OCTETD, "--model-repository", str(repository.path), "--grpc-address", self.address,
             "--metrics-address", self.metrics_address, *args],
            stderr=self._log, stdout=self._log, env=environment(env))
        self.client = triton.InferenceServerClient(self.address)
        self.channel = grpc.insecure_channel(
            self.address, options=[("grpc.max_receive_message_length", -1),
                                   ("grpc.max_send_message_length", -1)])
        if wait:
            self.wait_ready()

    def wait_ready(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"octetd ended: {self.log()}")
            try:
                if self.client.is_server_ready():
                    return
            except triton.InferenceServerException:
                pass
            time.sleep(0.02)
        self.process.kill()
        raise RuntimeError(f"octetd was not ready in {START_SECONDS} s: {self.log()}")

    def log(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def stop(self, number=signal.SIGTERM):
        """Ends the daemon; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=60)
        finally:
            if self.process.poll() is None:
                self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            status = self.stop()
            if kind is None and status != self.expected_status:
                raise AssertionError(f"octetd ended with {status}: {self.log()}")
            if kind is not None:
                print(self.log(), file=sys.stderr)
        finally:
            self.client.close()
            self.channel.close()
            self._log.close()

    def metrics(self):
        """The metrics page."""
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics", timeout=30) as page:
            return page.read().decode()

    def metric(self, name, **labels):
        """The sum of a metric's series that have these labels; 0 where there is none."""
        total = 0.0
        for series, have, value in parse_metrics(self.metrics()):
            if series == name and all(have.get(k) == v for k, v in labels.items()):
                total += value
        return total

    def call(self, service, method, kind="unary_unary"):
        """A callable for a method, and its request class, by reflection alone."""
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        found = pool.FindServiceByName(service).FindMethodByName(method)
        request = message_factory.GetMessageClass(found.input_type)
        response = message_factory.GetMessageClass(found.output_type)
        stub = getattr(self.channel, kind)(
            f"/{service}/{method}", request_serializer=request.SerializeToString,
            response_deserializer=response.FromString)
        return stub, request


def parse_metrics(page):
    """Yields (name, labels, value) of each series."""
    for line in page.splitlines():
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)', line)
        if match is None:
            raise AssertionError(f"no metric: {line}")
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
        yield match.group(1), labels, float(match.group(3))


def tensor(name, array, datatype=None):
    """An input as tritonclient sends it."""
    names = {np.dtype("int8"): "INT8", np.dtype("float32"): "FP32", np.dtype("uint8"): "UINT8",
             np.dtype("int16"): "INT16", np.dtype("int32"): "INT32", np.dtype("int64"): "INT64"}
    result = triton.InferInput(name, list(array.shape), datatype or names[array.dtype])
    result.set_data_from_numpy(array)
    return result


def recorded(op, name):
    """The model of a recorded case of one operator."""
    cases = json.loads((DATA / "ops" / f"{op}.json").read_text())["cases"]
    return base64.b64decode(next(case for case in cases if case["name"] == name)["model"])


def digits():
    """Held-out images as floats and as the int8 model's codes, and their labels."""
    data = np.load(DATA / "digits_test.npz")
    image = data["image"]
    codes = (np.round(image * 255) - 128).astype(np.int8)
    return image, codes, data["labels"]
