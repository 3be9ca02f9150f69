"""The servers that serving.py compares, each a process on a free loopback port."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time

import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

HERE = pathlib.Path(__file__).resolve().parent
START_SECONDS = 40
MAX_BATCH_SIZE = 16


def free_address():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{s.getsockname()[1]}"


class Server:
    """A running server. Raises RuntimeError where it cannot start, with the end of what it said."""

    def __init__(self, models):
        self.models = models  # files by name
        self.address = free_address()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="octet-serving-"))
        self._log = open(self.folder / "log", "w+b")
        environment = {**os.environ, **self.environment()}
        self.process = subprocess.Popen(self.command(), env=environment, stdout=self._log,
                                        stderr=self._log)
        try:
            self._wait_ready()
        except RuntimeError:
            self.close()
            raise

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def _ready(self, client):
        try:
            return client.is_server_ready() and all(map(client.is_model_ready, self.models))
        except InferenceServerException:
            return False

    def _wait_ready(self):
        end = time.monotonic() + START_SECONDS
        with triton.InferenceServerClient(self.address) as client:
            while not self._ready(client):
                if self.process.poll() is not None or time.monotonic() > end:
                    self._log.seek(0)
                    said = self._log.read().decode(errors="replace").strip().splitlines()
                    raise RuntimeError("did not get ready: " + " ".join(said[-3:]))
                time.sleep(0.05)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_repository(self):
        repository = self.folder / "models"
        for name, path in self.models.items():
            version = repository / name / "1"
            version.mkdir(parents=True)
            shutil.copy(path, version / "model.tflite")
        return repository


class Octet(Server):
    def __init__(self, models, program):
        self.program = program
        super().__init__(models)

    def command(self):
        return [self.program, "--model-repository", str(self.make_repository()),
                "--grpc-address", self.address, "--metrics-address", free_address()]


class Echo(Server):
    def __init__(self, models, program):
        self.program = program
        super().__init__(models)

    def command(self):
        from serving_litert import Net

        def row_bytes(path):
            total = 0
            for _, dtype, shape in Net(path).inputs:
                size = dtype(0).itemsize
                for extent in shape:
                    size *= extent
                total += size
            return total

        return [self.program, self.address,
                *(f"{name}={row_bytes(path)}" for name, path in self.models.items())]


class PlainPython(Server):
    def command(self):
        return [sys.executable, "-B", str(HERE / "serving_python_server.py"), self.address,
                *(f"{name}={path}" for name, path in self.models.items())]


class Triton(Server):
    """`unpacked`: the folder into which the wheel of nvidia-pytriton was unpacked. `packages`: one
    with ai-edge-litert and numpy 1, as Triton's Python takes arrays of later ones for empty."""

    def __init__(self, models, unpacked, packages):
        self.home = pathlib.Path(unpacked) / "pytriton" / "tritonserver"
        self.packages = packages
        super().__init__(models)

    def environment(self):
        # Python's own library, and those that the wheel brings.
        libraries = [sysconfig.get_config_var("LIBDIR"), *self.home.parent.parent.glob("*.libs")]
        return {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
                "SERVING_PATH": os.pathsep.join([str(HERE), str(self.packages)])}

    def command(self):
        program = self.home / "bin" / "tritonserver"
        program.chmod(program.stat().st_mode | 0o111)
        backends = self.folder / "backends"
        shutil.copytree(self.home / "backends", backends)
        stub = backends / "python" / "triton_python_backend_stub"
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        shutil.copy(self.home / "python_backend_stubs" / version / stub.name, stub)
        stub.chmod(0o755)
        host, port = self.address.split(":")
        return [str(program), "--model-repository", str(self._repository()),
                "--backend-directory", str(backends), "--grpc-address", host, "--grpc-port", port,
                "--allow-http=false", "--allow-metrics=false", "--disable-auto-complete-config"]

    def _repository(self):
        from serving_litert import Net

        repository = self.make_repository()
        for name, path in self.models.items():
            net = Net(path)
            shutil.copy(HERE / "serving_triton_model.py", repository / name / "1" / "model.py")
            tensors = [f'{kind} [{{ name: "{tensor}" data_type: TYPE_{np_to_triton_dtype(dtype)} '
                       f"dims: {shape} }}]"
                       for kind, described in (("input", net.inputs), ("output", net.outputs))
                       for tensor, dtype, shape in described]
            (repository / name / "config.pbtxt").write_text("\n".join([
                f'name: "{name}"', 'backend: "python"', f"max_batch_size: {MAX_BATCH_SIZE}",
                *tensors,
                "dynamic_batching { preferred_batch_size: [8, 16] "
                "max_queue_delay_microseconds: 1000 }",
                "instance_group [{ count: 1 kind: KIND_CPU }]", ""]))
        return repository
