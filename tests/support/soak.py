#!/usr/bin/env python3
"""A bounded load on a running daemon, after which it must not have grown.

    soak.py ADDRESS PID REQUESTS [--cycles N] [--serve-load PROGRAM --more REQUESTS]

Eight threads send REQUESTS inferences of the model `digits` in all, of one to four rows, every
fiftieth a wrong one; every answer is checked. Meanwhile the model `comes_and_goes` is loaded, asked
and unloaded --cycles times. Then --more inferences follow, as fast as serve_load can send them.
Memory, file descriptors and threads of the process PID are compared between the end of the first
quarter, when pools and caches are full, and the end.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import threading
import time

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
THREADS = 8
TIME_LIMIT_SECONDS = 1200
SERVE_LOAD_SECONDS = 10
# A request that left its smallest buffer behind, 64 bytes of input, would leave more than this.
GROWTH_LIMIT_BYTES_PER_REQUEST = 64
GROWTH_LIMIT_BYTES = 4 << 20  # what the allocator may keep whatever the number of requests
# Of a soak so long that one byte a request would show.
LONG_REQUESTS, LONG_GROWTH_LIMIT = 1_000_000, 0.05


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


def cycle(address, times, image, failures):
    """Loads a model, asks it and unloads it, so many times."""
    tensor = triton.InferInput("image", [1, 8, 8, 1], "INT8")
    tensor.set_data_from_numpy(image)
    with triton.InferenceServerClient(address) as client:
        for _ in range(times):
            if failures:
                return
            try:
                client.load_model("comes_and_goes")
                client.infer("comes_and_goes", [tensor])
                client.unload_model("comes_and_goes")
            except InferenceServerException as error:
                failures.append(f"while loading and unloading: {error}")


def send_unchecked(program, address, requests, failures):
    """At least so many; returns how many it were."""
    sent = 0
    while sent < requests and not failures:
        done = subprocess.run(
            [program, "--address", address, "--in-flight", str(THREADS), "--warm-up", "0",
             "--deadline", str(TIME_LIMIT_SECONDS),
             "--seconds", str(SERVE_LOAD_SECONDS), "digits"], stdout=subprocess.PIPE, check=True)
        figures = json.loads(done.stdout)["all"]
        sent += figures["answered"]
        if figures["errors"] or figures["refused"]["count"] or not figures["answered"]:
            failures.append(f"of serve_load: {figures}")
    return sent


def settled(process):
    """The usage once connections of clients that have gone are closed."""
    usage = process.usage()
    for _ in range(20):
        time.sleep(0.5)
        before, usage = usage, process.usage()
        if usage == before:
            break
    return usage


class Soak:
    def __init__(self, options, images, expected):
        self.options = options
        self.process = Process(options.pid)
        self.images = images
        self.load = Load(options.address, images, expected)
        self.failures = self.load.failures

    def run(self, share):
        """Does this share of everything; returns how many requests it were, and what is used."""
        options = self.options
        cycles = threading.Thread(target=cycle, args=(
            options.address, int(options.cycles * share), self.images[:1], self.failures))
        cycles.start()
        sent = int(options.requests * share)
        self.load.run(sent)
        cycles.join()
        if options.more:
            sent += send_unchecked(options.serve_load, options.address, options.more * share,
                                   self.failures)
        usage = settled(self.process)
        print(f"after {sent} requests and {int(options.cycles * share)} loads: {usage}")
        return sent, usage


def find_growth(before, after, requests):
    limit = GROWTH_LIMIT_BYTES + requests * GROWTH_LIMIT_BYTES_PER_REQUEST
    if requests >= LONG_REQUESTS / 2:
        limit = before["bytes"] * LONG_GROWTH_LIMIT
    if after["bytes"] - before["bytes"] > limit:
        yield f"memory grew by {after['bytes'] - before['bytes']} bytes, more than {limit:.0f}"
    for what in ("descriptors", "threads"):
        if after[what] > before[what]:
            yield f"{what}: {before[what]} before, {after[what]} after"


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("pid", type=int)
    parser.add_argument("requests", type=int)
    parser.add_argument("--cycles", type=int, default=0)
    parser.add_argument("--more", type=int, default=0)
    parser.add_argument("--serve-load", metavar="PROGRAM")
    return parser.parse_args(arguments)


def main():
    test, answers = np.load(DATA / "digits_test.npz"), np.load(DATA / "digits_expected.npz")
    expected = answers["int8_default"]
    images = (np.rint(test["image"][:len(expected)] * 255) - 128).astype(np.int8)
    soak = Soak(parse(sys.argv[1:]), images, expected)
    _, before = soak.run(0.25)
    sent, after = soak.run(0.75)
    growth = after["bytes"] / before["bytes"] - 1
    print(f"memory changed by {growth:+.1%} in the last {sent} requests")
    problems = soak.failures + list(find_growth(before, after, sent))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
