"""Each hybrid operator of the recorded hybrid models answers as LiteRT does, byte for byte, fed with the values
that LiteRT's reference kernels computed for its inputs.

Whole hybrid models can only be held to a noise ratio: one code that flips early moves all that follows.

    hybrid_operators_test.py OCTET_RUN_TFLITE
"""

import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import flatbuffers
    import numpy as np
    from ai_edge_litert import interpreter as litert
    from ai_edge_litert import schema_py_generated as schema
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(77)

MODELS = ["mlperf_tiny_toycar_hybrid", "mobilenet_v2_035_96_embedder_hybrid", "pinto_unet_person_hybrid"]
CODES = (schema.TensorType.INT8, schema.TensorType.UINT8)
RESOLVERS = {
    "fixed_point": litert.OpResolverType.BUILTIN_REF,
    "float32": litert.OpResolverType.AUTO,
}


def invoke(content, inputs, resolver, keep_all=False):
    runner = litert.Interpreter(
        model_content=content, experimental_op_resolver_type=resolver, experimental_preserve_all_tensors=keep_all
    )
    runner.allocate_tensors()
    for detail, value in zip(runner.get_input_details(), inputs, strict=True):
        runner.set_tensor(detail["index"], value)
    runner.invoke()
    return runner


def is_constant(model, tensor):
    data = model.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def hybrid_operators(model):
    """(index, its computed inputs) of each float operator with int8 weights; old files call them uint8."""
    graph = model.subgraphs[0]
    for index, op in enumerate(graph.operators):
        tensors = [graph.tensors[t] for t in op.inputs if t >= 0]
        weights = [t for t in tensors if t.type in CODES and is_constant(model, t)]
        output = graph.tensors[op.outputs[0]]
        code = model.operatorCodes[op.opcodeIndex]
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        if weights and output.type == schema.TensorType.FLOAT32 and kind != schema.BuiltinOperator.DEQUANTIZE:
            yield index, [t for t in op.inputs if t >= 0 and not is_constant(model, graph.tensors[t])]


def alone(content, index, computed):
    """The file with only one operator."""
    model = schema.ModelT.InitFromPackedBuf(content)
    graph = model.subgraphs[0]
    graph.operators = [graph.operators[index]]
    graph.inputs = computed
    graph.outputs = list(graph.operators[0].outputs)
    model.subgraphs, model.signatureDefs, model.metadata = [graph], None, None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def octet(program, rule, content, inputs, folder):
    path = pathlib.Path(folder, "model.tflite")
    path.write_bytes(content)
    arguments = []
    for i, value in enumerate(inputs):
        arguments.append(pathlib.Path(folder, f"input{i}"))
        arguments[-1].write_bytes(np.ascontiguousarray(value).tobytes())
    return subprocess.run([program, rule, path, *arguments], stdout=subprocess.PIPE, check=True).stdout


def check(program, goldens, name, folder):
    """Returns the number of operators, and what differs."""
    content = (goldens / f"{name}.tflite").read_bytes()
    recorded = []
    while (path := goldens / f"{name}.in{len(recorded)}.npy").exists():
        recorded.append(np.load(path))
    values = invoke(content, recorded, litert.OpResolverType.BUILTIN_REF, keep_all=True)
    operators, wrong = 0, []
    for index, computed in hybrid_operators(schema.ModelT.InitFromPackedBuf(content)):
        single = alone(content, index, computed)
        inputs = [values.get_tensor(t) for t in computed]
        operators += 1
        for rule, resolver in RESOLVERS.items():
            runner = invoke(single, inputs, resolver)
            want = b"".join(runner.get_tensor(d["index"]).tobytes() for d in runner.get_output_details())
            got = octet(program, rule, single, inputs, folder)
            if got != want:
                a, b = np.frombuffer(got, np.float32), np.frombuffer(want, np.float32)
                wrong.append(f"{name}: operator {index} under {rule}: {np.count_nonzero(a != b)} of {a.size} "
                             f"values differ, by {np.abs(a - b).max()} at most")
    return operators, wrong


def main():
    source = pathlib.Path(__file__).resolve().parents[3]
    program = sys.argv[1]
    goldens = pathlib.Path(os.environ.get("OCTET_GOLDENS") or source.parent / "shared" / "goldens", "models")
    if not goldens.is_dir():
        print(f"SKIPPED: the goldens are absent: no {goldens}")
        return 77
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS:
            operators, wrong = check(program, goldens, name, folder)
            assert operators > 0, name
            print(f"{name}: {operators} hybrid operators, {len(wrong)} differences")
            failures += wrong
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
