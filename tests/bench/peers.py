#!/usr/bin/env python3
"""Times octet_bench, LiteRT and OpenVINO on the same `.tflite` files and prints a Markdown table.

The engines take turns, round by round, so a change in the machine's speed meets all of them. Times
are the median over the rounds of each round's median, and the fastest run of all; where others use
the machine, the second is the fairer, since a longer run is the likelier to be interrupted, which
lifts the slower engine's median by more than it is slower. No engine's time includes making the
input; OpenVINO's includes handing it over. An engine that cannot run a model says why below.

usage: peers.py --octet-bench PROGRAM [--threads 1,2] [--batch 1,8] [--rounds 7] MODEL...
Needs ai-edge-litert, openvino and numpy; each runs with its own defaults for this processor.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

WARM_UP_RUNS = 3


def sample(shape, dtype):
    generator = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        return generator.uniform(-1, 1, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return generator.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def time_runs(run, seconds):
    """Median and minimum in milliseconds."""
    for _ in range(WARM_UP_RUNS):
        run()
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times), 1e3 * min(times)


class LiteRt:
    name = "LiteRT"

    def __init__(self, model, threads, batch):
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_path=model, num_threads=threads)
        for tensor in interpreter.get_input_details():
            interpreter.resize_tensor_input(tensor["index"], [batch, *tensor["shape"][1:]])
        interpreter.allocate_tensors()
        for tensor in interpreter.get_input_details():
            interpreter.set_tensor(tensor["index"], sample(tensor["shape"], tensor["dtype"]))
        self.run = interpreter.invoke

    def measure(self, seconds):
        return time_runs(self.run, seconds)


class OpenVino:
    name = "OpenVINO"

    def __init__(self, model, threads, batch):
        import openvino

        network = openvino.Core().read_model(model)
        network.reshape({
            tensor: [batch, *(side.get_length() for side in list(tensor.partial_shape)[1:])]
            for tensor in network.inputs
        })
        request = openvino.compile_model(network, "CPU", {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }).create_infer_request()
        inputs = [
            sample(list(tensor.shape), tensor.element_type.to_dtype()) for tensor in network.inputs
        ]
        self.run = lambda: request.infer(inputs)

    def measure(self, seconds):
        return time_runs(self.run, seconds)


class Octet:
    name = "Octet"

    def __init__(self, program, model, threads, batch):
        self.command = [program, model, "--threads", str(threads), "--batch", str(batch)]
        self.measure(0.01)

    def measure(self, seconds):
        done = subprocess.run([*self.command, "--seconds", str(seconds)], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        line = json.loads(done.stdout.splitlines()[0])
        return line["median_ms"], line["min_ms"]


def compare(makers, rounds, seconds):
    """Median and minimum of each engine that can run, and the others' reasons, by name."""
    engines, reasons = {}, {}
    for name, make in makers.items():
        try:
            engines[name] = make()
        except Exception as error:  # whatever a peer throws is its answer
            reasons[name] = (str(error).strip().splitlines() or [repr(error)])[0]
    times = {name: [] for name in engines}
    for _ in range(rounds):
        for name, engine in engines.items():
            times[name].append(engine.measure(seconds))
    figures = {}
    for name, values in times.items():
        medians, minimums = zip(*values)
        figures[name] = statistics.median(medians), min(minimums)
    return figures, reasons


def cell(figures, name):
    return " / ".join(f"{ms:.3f}" for ms in figures[name]) if name in figures else "—"


def ratios(figures):
    """Octet over the faster peer, by median and by minimum."""
    peers = [figures[name] for name in (LiteRt.name, OpenVino.name) if name in figures]
    if not peers or Octet.name not in figures:
        return "—"
    return " / ".join(f"{mine / min(others):.2f}"
                      for mine, *others in zip(figures[Octet.name], *peers))


def row(model, threads, batch, figures):
    engines = " | ".join(cell(figures, e.name) for e in (Octet, LiteRt, OpenVino))
    return f"| {pathlib.Path(model).stem} | {threads} | {batch} | {engines} | {ratios(figures)} |"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def numbers(text):
    values = [int(part) for part in text.split(",")]
    if min(values) < 1:
        raise ValueError
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--octet-bench", required=True, metavar="PROGRAM")
    parser.add_argument("--threads", type=numbers, default=[1, 2], metavar="1,2")
    parser.add_argument("--batch", type=numbers, default=[1, 8], metavar="1,8")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each engine in each round")
    options = parser.parse_args()

    print(f"{processor()}, {len(os.sched_getaffinity(0))} processors; "
          f"load average {os.getloadavg()[0]:.2f} at the start\n")
    print("Milliseconds, median / minimum; ratios below 1 say that Octet is faster.\n")
    print("| model | threads | batch | Octet | LiteRT | OpenVINO | Octet / best peer |")
    print("|---|---|---|---|---|---|---|")
    failures = []
    for model in options.models:
        for threads in options.threads:
            for batch in options.batch:
                setting = (model, threads, batch)
                figures, reasons = compare({
                    Octet.name: lambda: Octet(options.octet_bench, *setting),
                    LiteRt.name: lambda: LiteRt(*setting),
                    OpenVino.name: lambda: OpenVino(*setting),
                }, options.rounds, options.seconds)
                print(row(*setting, figures), flush=True)
                failures += [f"- {pathlib.Path(model).stem}, {threads} threads, batch {batch}: "
                             f"{name} cannot run it: {why}" for name, why in reasons.items()]
    print(f"\nLoad average {os.getloadavg()[0]:.2f} at the end.")
    if failures:
        print("\n".join(["", *failures]))


if __name__ == "__main__":
    sys.exit(main())
