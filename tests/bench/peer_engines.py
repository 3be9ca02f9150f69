"""Engines that peers.py times, each in a process of its own, so that one can be held to an
instruction set by its environment.

As a program, it is the inside of such a process: peer_engines.py ENGINE MODEL THREADS BATCH loads
the model, says `{"ready": true}` or `{"error": WHY}`, and answers each line of seconds on standard
input by a line of JSON.
"""

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

WARM_UP_RUNS = 3
# What oneDNN, under OpenVINO, calls Octet's instruction sets. LiteRT cannot be held to one.
ONEDNN_NAMES = {"avx2": "AVX2", "avxvnni": "AVX2_VNNI", "avx512vnni": "AVX512_CORE_VNNI",
                "amx": "AVX512_CORE_AMX"}


def sample(shape, dtype):
    generator = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        return generator.uniform(-1, 1, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return generator.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def time_runs(run, seconds):
    for _ in range(WARM_UP_RUNS):
        run()
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return {"median_ms": 1e3 * statistics.median(times), "min_ms": 1e3 * min(times)}


def check_rows(shapes, batch):
    """A run that answers with less than it was asked for is no run to time."""
    for shape in shapes:
        if len(shape) > 0 and (0 in shape or (batch > 1 and shape[0] != batch)):
            raise RuntimeError(f"asked for {batch} rows, it gives an output of shape {list(shape)}")


def litert(model, threads, batch):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=model, num_threads=threads)
    for tensor in interpreter.get_input_details():
        interpreter.resize_tensor_input(tensor["index"], [batch, *tensor["shape"][1:]])
    interpreter.allocate_tensors()
    for tensor in interpreter.get_input_details():
        interpreter.set_tensor(tensor["index"], sample(tensor["shape"], tensor["dtype"]))
    interpreter.invoke()
    check_rows([interpreter.get_tensor(tensor["index"]).shape
                for tensor in interpreter.get_output_details()], batch)
    return interpreter.invoke


def openvino(model, threads, batch):
    import openvino as ov

    core = ov.Core()
    network = core.read_model(model)
    # Always, though it fails when held to an old instruction set: a model left with an open number
    # of rows compiles there, and then gives no rows at all in no time.
    network.reshape({
        tensor: [batch, *(side.get_length() for side in list(tensor.partial_shape)[1:])]
        for tensor in network.inputs
    })
    request = core.compile_model(network, "CPU", {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }).create_infer_request()
    inputs = [sample(list(t.shape), t.element_type.to_dtype()) for t in network.inputs]
    check_rows([value.shape for value in request.infer(inputs).values()], batch)
    return lambda: request.infer(inputs)


class Peer:
    """A peer that stays loaded in its process. RuntimeError where it cannot run the model."""

    def __init__(self, engine, model, threads, batch, isa="auto"):
        environment = dict(os.environ)
        if isa != "auto":
            environment["ONEDNN_MAX_CPU_ISA"] = ONEDNN_NAMES[isa]
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, engine, model, str(threads), str(batch)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=environment)
        try:
            self.answer()
        except RuntimeError:
            self.close()
            raise

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("its process died")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def measure(self, seconds):
        print(seconds, file=self.process.stdin, flush=True)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Octet:
    """octet_bench, started anew for each round."""

    def __init__(self, program, model, threads, batch, isa, rounding):
        self.command = [program, model, "--threads", str(threads), "--batch", str(batch),
                        "--isa", isa, "--rounding", rounding]
        self.measure(0.01)

    def measure(self, seconds):
        done = subprocess.run([*self.command, "--seconds", str(seconds)], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return json.loads(done.stdout.splitlines()[0])

    def close(self):
        pass


def serve(engine, model, threads, batch):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the engine prints is no answer
    try:
        run = {"litert": litert, "openvino": openvino}[engine](model, threads, batch)
        run()
    except Exception as error:  # whatever a peer throws is its answer
        why = " ".join(str(error).split()) or repr(error)
        print(json.dumps({"error": why}), file=answers, flush=True)
        return
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(time_runs(run, float(line))), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
