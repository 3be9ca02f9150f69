#!/usr/bin/env python3
"""Prints the most memory that octetd held serving each net: VmHWM once ready, and after requests.

One daemon a model, one thread, requests of one row one after the other; a Markdown table.

usage: serve_memory.py [--requests 100] MODEL.tflite...   (OCTETD names the program)
Needs numpy and tritonclient[grpc].
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import numpy as np  # noqa: E402
import tritonclient.grpc as triton  # noqa: E402
from daemon import Daemon, Repository  # noqa: E402
from tritonclient.utils import triton_to_np_dtype  # noqa: E402


def peak_mb(process):
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")


def zeros(tensor):
    shape = [max(int(side), 1) for side in tensor.shape]
    value = triton.InferInput(tensor.name, shape, tensor.datatype)
    value.set_data_from_numpy(np.zeros(shape, triton_to_np_dtype(tensor.datatype)))
    return value


def peaks(path, requests):
    repository = Repository(net=path.read_bytes())
    try:
        with Daemon(repository, "--threads", "1") as daemon:
            ready = peak_mb(daemon.process.pid)
            inputs = [zeros(t) for t in daemon.client.get_model_metadata("net").inputs]
            for _ in range(requests):
                daemon.client.infer("net", inputs)
            return ready, peak_mb(daemon.process.pid)
    finally:
        repository.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=pathlib.Path, metavar="MODEL")
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    print(f"| model | file MB | ready MB | after {options.requests} requests MB |")
    print("|---|---|---|---|")
    for path in options.models:
        ready, after = peaks(path, options.requests)
        print(f"| {path.stem} | {path.stat().st_size / 2**20:.1f} | {ready:.0f} | {after:.0f} |",
              flush=True)


if __name__ == "__main__":
    main()
