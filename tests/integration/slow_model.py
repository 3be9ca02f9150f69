"""A model that takes seconds to load, as a big one does, in a file of a few megabytes."""

import copy

import flatbuffers
from ai_edge_litert import schema_py_generated as schema


def make(source, operators=60000):
    """`source`'s bytes with so many more operators, one after the other, behind its output."""
    model = schema.ModelT.InitFromPackedBuf(source, 0)
    graph = model.subgraphs[0]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.LOGISTIC
    code.version = 1
    model.operatorCodes.append(code)
    last = graph.outputs[0]
    for _ in range(operators):
        tensor = copy.copy(graph.tensors[last])
        tensor.name = b""
        graph.tensors.append(tensor)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(model.operatorCodes) - 1
        operator.inputs = [last]
        last = len(graph.tensors) - 1
        operator.outputs = [last]
        graph.operators.append(operator)
    graph.outputs = [last]
    for signature in model.signatureDefs or []:
        for output in signature.outputs:
            output.tensorIndex = last
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
