#!/usr/bin/env python3
"""A bounded load on a running daemon, after which it must not have grown.

    soak.py ADDRESS PID REQUESTS

Eight threads send REQUESTS inferences of the model `digits` in all, of one to four rows, every
fiftieth a wrong one; every answer is checked. Memory, file descriptors and threads of the process
PID are compared between the end of the first quarter, when pools and caches are full, and the end.
"""

import pathlib
import sys
import threading
import time

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
THREADS = 8
TIME_LIMIT_SECONDS = 600
# A request that left its smallest buffer behind, 64 bytes of input, would leave more than this.
GROWTH_LIMIT_BYTES_PER_REQUEST = 64
GROWTH_LIMIT_BYTES = 4 << 20  # what the allocator may keep whatever the number of requests


class Process:
    def __init__(self, pid):
        self.proc = pathlib.Path("/proc") / str(pid)

    def usage(self):
        status = dict(line.split(":", 1) for line in (self.proc / "status").read_text().splitlines())
        return {
            "bytes": int(status["VmRSS"].split()[0]) * 1024,
            "descriptors": len(list((self.proc / "fd").iterdir())),
            "threads": int(status["Threads"]),
        }


class Load:
    def __init__(self, address, images, expected):
        self.address, self.images, self.expected = address, images, expected
        self.failures = []

    def run(self, requests):
        deadline = time.monotonic() + TIME_LIMIT_SECONDS
        workers = [threading.Thread(target=self.work, args=(i, requests // THREADS, deadline))
                   for i in range(THREADS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def work(self, seed, requests, deadline):
        rng = np.random.default_rng(seed)
        with triton.InferenceServerClient(self.address) as client:
            for i in range(requests):
                if time.monotonic() > deadline:
                    self.failures.append(f"time limit reached after {i} requests of a thread")
                elif i % 50 == 49:
                    self.send_wrong(client)
                else:
                    self.send(client, rng.integers(len(self.images), size=rng.integers(1, 5)))
                if self.failures:
                    return

    def send(self, client, rows):
        tensor = triton.InferInput("image", [len(rows), 8, 8, 1], "INT8")
        tensor.set_data_from_numpy(self.images[rows])
        answer = client.infer("digits", [tensor]).as_numpy("probabilities")
        if not np.array_equal(answer, self.expected[rows]):
            self.failures.append(f"rows {rows}: {answer}")

    def send_wrong(self, client):
        tensor = triton.InferInput("image", [1, 8, 8, 2], "INT8")
        tensor.set_data_from_numpy(np.zeros([1, 8, 8, 2], np.int8))
        try:
            client.infer("digits", [tensor])
            self.failures.append("a wrong shape was accepted")
        except InferenceServerException as error:
            if error.status() != "StatusCode.INVALID_ARGUMENT":
                self.failures.append(str(error))


def settled(process):
    """The usage once connections of clients that have gone are closed."""
    usage = process.usage()
    for _ in range(20):
        time.sleep(0.5)
        before, usage = usage, process.usage()
        if usage == before:
            break
    return usage


def main():
    address, process, requests = sys.argv[1], Process(int(sys.argv[2])), int(sys.argv[3])
    test, answers = np.load(DATA / "digits_test.npz"), np.load(DATA / "digits_expected.npz")
    expected = answers["int8_default"]
    images = (np.rint(test["image"][:len(expected)] * 255) - 128).astype(np.int8)

    load = Load(address, images, expected)
    load.run(requests // 4)
    before = settled(process)
    measured = requests - requests // 4
    load.run(measured)
    after = settled(process)
    print(f"after {requests // 4} requests: {before}")
    print(f"after {requests} requests: {after}")

    problems = load.failures
    limit = GROWTH_LIMIT_BYTES + measured * GROWTH_LIMIT_BYTES_PER_REQUEST
    if after["bytes"] - before["bytes"] > limit:
        problems.append(f"memory grew by {after['bytes'] - before['bytes']} bytes, more than {limit}")
    for what in ("descriptors", "threads"):
        if after[what] > before[what]:
            problems.append(f"{what}: {before[what]} before, {after[what]} after")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
