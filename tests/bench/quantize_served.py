#!/usr/bin/env python3
"""Times quantizing one float model to dynamic range: the engine's call, a served one, and others.

    quantize_served.py MODEL.tflite [--build build] [--runs 5] [--python PYTHON] [--peers NAME,...]

engine: quantize_bench on one and on two threads. served: `octet quantize MODEL OUT` against an octetd
on a Unix socket, from the command's start to its end: it reads the file, sends it in chunks, and
writes what comes back. Peers, run by PYTHON: ai-edge-quantizer, from the same file; tensorflow's
converter, from the Keras network that make_peer_models.py calls as MODEL is called
(resnet_50_float32.tflite), once, since it takes long. Prints a Markdown table: median and best of
the runs in ms, and the peak resident MB of the working process beyond what it held before (Python:
after the imports; octetd: once ready). Needs tritonclient[grpc].
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PEERS = ("ai-edge-quantizer", "tensorflow")


def peak_mb(process="self"):
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("no VmHWM")


def timed(work, runs):
    times = []
    for _ in range(runs):
        begin = time.monotonic()
        work()
        times.append((time.monotonic() - begin) * 1000)
    return times


def engine(options, threads):
    line = subprocess.run(
        [options.build / "tests/bench/quantize_bench", options.model, "--threads", str(threads),
         "--runs", str(options.runs)], check=True, capture_output=True, text=True).stdout
    figures = json.loads(line)
    return figures["median_ms"], figures["min_ms"], figures["peak_bytes"] / 1e6


def served(options):
    sys.path.insert(0, str(HERE.parent / "integration"))
    os.environ["OCTETD"] = str(options.build / "server/octetd")
    from daemon import Daemon, Repository

    repository = Repository()
    with tempfile.TemporaryDirectory() as folder:
        address = f"unix:{folder}/socket"
        with Daemon(repository, grpc_address=address) as daemon:
            before = peak_mb(daemon.process.pid)
            command = [options.build / "client/octet", "--address", address, "quantize",
                       options.model, f"{folder}/out.tflite", "--skip-latency"]
            times = timed(lambda: subprocess.run(command, check=True, capture_output=True),
                          options.runs)
            peak = peak_mb(daemon.process.pid) - before
    repository.remove()
    return statistics.median(times), min(times), peak


def peer(options, name):
    line = subprocess.run(
        [options.python, __file__, str(options.model), "--run-peer", name, "--runs",
         str(1 if name == "tensorflow" else options.runs)],
        check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    times, peak = json.loads(line)
    return statistics.median(times), min(times), peak


def run_ai_edge_quantizer(model, runs):
    from ai_edge_quantizer import quantizer, recipe

    before = peak_mb()

    def work():
        q = quantizer.Quantizer(str(model))
        q.load_quantization_recipe(recipe.dynamic_wi8_afp32())
        with tempfile.TemporaryDirectory() as folder:
            q.quantize().save(folder, "out")

    return timed(work, runs), peak_mb() - before


def run_tensorflow(model, runs):
    import tensorflow as tf

    from make_peer_models import NETS, SIDE

    network = getattr(tf.keras.applications, NETS[model.stem.removesuffix("_float32")])(
        weights=None, input_shape=(SIDE, SIDE, 3))
    before = peak_mb()

    def work():
        converter = tf.lite.TFLiteConverter.from_keras_model(network)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        with tempfile.NamedTemporaryFile() as file:
            file.write(converter.convert())

    return timed(work, runs), peak_mb() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--python", default=sys.executable, help="has the peers")
    parser.add_argument("--peers", default=",".join(PEERS), help="of the table; may be empty")
    parser.add_argument("--run-peer", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run_peer:
        run = {"ai-edge-quantizer": run_ai_edge_quantizer, "tensorflow": run_tensorflow}
        print(json.dumps(run[options.run_peer](options.model, options.runs)))
        return
    rows = [("engine, 1 thread", lambda: engine(options, 1)),
            ("engine, 2 threads", lambda: engine(options, 2)),
            ("served", lambda: served(options))]
    rows += [(name, lambda name=name: peer(options, name))
             for name in PEERS if name in options.peers.split(",")]
    print("| program | median ms | best ms | peak MB |\n|---|---|---|---|")
    for name, measure in rows:
        median, best, peak = measure()
        print(f"| {name} | {median:.0f} | {best:.0f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
