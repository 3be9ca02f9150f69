"""What the quantizer writes, in every mode, loads in LiteRT and in this engine, and the two answer alike.

    quantized_in_litert_test.py OCTET_QUANTIZE_TFLITE OCTET_RUN_TFLITE DIGITS_FLOAT32 GOLDENS

DIGITS_FLOAT32 is the project's own float model. GOLDENS may be absent: then that model alone is tested, which is said.
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from ai_edge_litert import interpreter as litert
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(77)

MODES = [
    ("dynamic-range", "float32"),
    ("weight-only", "float32"),
    ("float16", "float32"),
    ("full-integer", "float32"),
    ("full-integer", "int8"),
    ("full-integer", "uint8"),
    ("int16x8", "int16"),
    ("int16x8", "float32"),
]
SAMPLES = 4
# Both compute in float32, in another order; whole models of several layers.
FLOAT_TOLERANCE = 1e-4
# Hybrid kernels quantize their input: a code that flips moves the answer by a step of some hundredth.
HYBRID_TOLERANCE = 3e-2


def made_up(details, random):
    """One array for each input. Positive numbers, for operators that take no others."""
    arrays = []
    for detail in details:
        shape, dtype = detail["shape"], detail["dtype"]
        if dtype == np.float32:
            arrays.append(random.uniform(0.1, 1.9, shape).astype(dtype))
        elif dtype == np.bool_:
            arrays.append(random.integers(0, 2, shape).astype(dtype))
        else:
            arrays.append(random.integers(0, 2, shape).astype(dtype))
    return arrays


def quantize_at_edge(array, detail):
    if array.dtype == detail["dtype"]:
        return array
    scale, zero_point = detail["quantization"]
    info = np.iinfo(detail["dtype"])
    codes = np.rint(array / np.float32(scale)) + zero_point
    return np.clip(codes, info.min, info.max).astype(detail["dtype"])


class Case:
    def __init__(self, quantizer, runner, source, folder):
        self.quantizer, self.runner, self.source, self.folder = quantizer, runner, source, folder
        self.float_model = litert.Interpreter(model_path=str(source))
        random = np.random.default_rng(1)
        self.samples = [made_up(self.float_model.get_input_details(), random) for _ in range(SAMPLES)]
        self.sample_file = folder / "samples"
        self.sample_file.write_bytes(b"".join(a.tobytes() for sample in self.samples for a in sample))

    def check(self, mode, edge):
        out = self.folder / "out.tflite"
        command = [self.quantizer, self.source, out, mode, f"samples={self.sample_file}"]
        if edge != "float32":
            command.append(f"edge={edge}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"not quantized: {done.stderr.strip()}"
        model = litert.Interpreter(model_path=str(out))
        model.allocate_tensors()
        arguments = []
        for i, (detail, array) in enumerate(zip(model.get_input_details(), self.samples[0], strict=True)):
            value = quantize_at_edge(array, detail)
            model.set_tensor(detail["index"], value)
            arguments.append(self.folder / f"input{i}")
            arguments[-1].write_bytes(value.tobytes())
        model.invoke()
        ours = subprocess.run(
            [self.runner, "float32", out, *arguments], capture_output=True, check=False
        )
        if ours.returncode != 0:
            return f"this engine: {ours.stderr.decode().strip()}"
        # Operators that stayed float round in another order: a code may flip.
        has_floats = any(line.split()[1] == "0" for line in done.stdout.splitlines())
        return self.compare(mode, model, ours.stdout, 1 if has_floats else 0)

    def compare(self, mode, model, answer, code_tolerance):
        at = 0
        for detail in model.get_output_details():
            theirs = model.get_tensor(detail["index"])
            mine = np.frombuffer(answer[at : at + theirs.nbytes], theirs.dtype).reshape(theirs.shape)
            at += theirs.nbytes
            if theirs.dtype != np.float32:
                difference = np.abs(mine.astype(np.int64) - theirs.astype(np.int64))
                if np.max(difference, initial=0) > code_tolerance:
                    return f"{detail['name']}: {np.sum(difference > 0)} of {theirs.size} codes differ"
                continue
            tolerance = HYBRID_TOLERANCE if mode == "dynamic-range" else FLOAT_TOLERANCE
            largest = max(np.max(np.abs(theirs), initial=0), 1e-6)
            error = np.max(np.abs(mine - theirs), initial=0) / largest
            if not error <= tolerance:
                return f"{detail['name']}: differs by {error:.2g} of {largest:.3g}"
        return "" if at == len(answer) else "another number of bytes"


def main():
    quantizer, runner, digits, goldens = sys.argv[1:5]
    sources = [pathlib.Path(digits)]
    ops = pathlib.Path(goldens, "ops")
    if ops.is_dir():
        sources += sorted(ops.glob("*.float32.tflite"))
    else:
        print(f"without the goldens: {ops} is absent")
    failed = 0
    for source in sources:
        with tempfile.TemporaryDirectory() as folder:
            case = Case(quantizer, runner, source, pathlib.Path(folder))
            for mode, edge in MODES:
                if problem := case.check(mode, edge):
                    failed += 1
                    print(f"{source.name} {mode} {edge}: {problem}")
    print(f"{len(sources)} models in {len(MODES)} modes, {failed} failures")
    sys.exit(1 if failed else 0)


main()
