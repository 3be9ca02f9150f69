"""Builds small .tflite files from the schema's object API: any type, scale, zero point, version and option.

    m = Model()
    g = m.graph()
    x = g.input(INT8, [1, 4], 0.1, 3)
    w = g.const(INT8, codes, [0.1, 0.2], 0)          # per-axis: a list of scales
    y = g.output(INT8, [1, 2], 0.5, -1)
    g.op("FULLY_CONNECTED", [x, w, None], [y], options("FullyConnected"), version=4)
    data = m.pack()

Nothing is checked: a case may ask for what no converter writes.
"""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

FLOAT32, FLOAT16, FLOAT64 = "FLOAT32", "FLOAT16", "FLOAT64"
INT4, INT8, INT16, INT32, INT64 = "INT4", "INT8", "INT16", "INT32", "INT64"
UINT8, UINT16, UINT32, UINT64 = "UINT8", "UINT16", "UINT32", "UINT64"
BOOL, RESOURCE = "BOOL", "RESOURCE"

NUMPY = {
    FLOAT32: np.float32,
    FLOAT16: np.float16,
    FLOAT64: np.float64,
    INT8: np.int8,
    INT16: np.int16,
    INT32: np.int32,
    INT64: np.int64,
    UINT8: np.uint8,
    UINT16: np.uint16,
    UINT32: np.uint32,
    UINT64: np.uint64,
    BOOL: np.bool_,
}
TYPE_NAME = {np.dtype(v): k for k, v in NUMPY.items()}
CODED = (INT8, UINT8, INT16)

NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
SAME, VALID = 0, 1


class _AlignedBuffer(schema.BufferT):
    """A buffer whose data starts on a 16-byte border, as the format's schema asks."""

    def Pack(self, builder):
        vector = None
        if self.data is not None:
            builder.Prep(16, len(self.data))
            vector = builder.CreateByteVector(bytes(self.data))
        schema.BufferStart(builder)
        if vector is not None:
            schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)


def options(kind, **fields):
    """Options table `kind` + "Options" of the schema, with these fields set."""
    made = getattr(schema, kind + "OptionsT")()
    for name, value in fields.items():
        if not hasattr(made, name):
            raise AttributeError(f"{kind}Options has no field {name}")
        setattr(made, name, value)
    made.kind = kind + "Options"
    return made


def compressed_rows(rows, segments, indices):
    """Sparsity of a matrix: rows dense, columns compressed."""
    made = schema.SparsityParametersT()
    made.traversalOrder = np.array([0, 1], np.int32)
    dense = schema.DimensionMetadataT()
    dense.format, dense.denseSize = schema.DimensionType.DENSE, rows
    compressed = schema.DimensionMetadataT()
    compressed.format = schema.DimensionType.SPARSE_CSR
    for name, values in (("arraySegments", segments), ("arrayIndices", indices)):
        vector = schema.Int32VectorT()
        vector.values = np.array(values, np.int32)
        setattr(compressed, name, vector)
        setattr(compressed, name + "Type", schema.SparseIndexVector.Int32Vector)
    made.dimMetadata = [dense, compressed]
    return made


class Graph:
    def __init__(self, model, name):
        self.model = model
        self.table = schema.SubGraphT()
        self.table.name = name
        self.table.tensors, self.table.operators = [], []
        self.table.inputs, self.table.outputs = [], []

    def tensor(self, kind, shape, scale=None, zero=0, data=None, axis=0, variable=False):
        t = schema.TensorT()
        t.type = getattr(schema.TensorType, kind)
        t.shape = np.array([abs(n) for n in shape], np.int32)
        if any(n < 0 for n in shape):
            t.shapeSignature = np.array(shape, np.int32)
        t.hasRank = True
        t.isVariable = variable
        t.name = f"t{len(self.table.tensors)}"
        if scale is not None:
            q = schema.QuantizationParametersT()
            q.scale = np.atleast_1d(np.array(scale, np.float32))
            zeros = np.atleast_1d(np.array(zero, np.int64))
            q.zeroPoint = np.ascontiguousarray(np.broadcast_to(zeros, q.scale.shape))
            q.quantizedDimension = axis
            t.quantization = q
        t.buffer = 0 if data is None else self.model.buffer(data)
        self.table.tensors.append(t)
        return len(self.table.tensors) - 1

    def input(self, kind, shape, scale=None, zero=0):
        index = self.tensor(kind, shape, scale, zero)
        self.table.inputs.append(index)
        return index

    def output(self, kind, shape, scale=None, zero=0):
        index = self.tensor(kind, shape, scale, zero)
        self.table.outputs.append(index)
        return index

    def const(self, kind, values, scale=None, zero=0, axis=0):
        values = np.asarray(values, NUMPY[kind])
        return self.tensor(kind, values.shape, scale, zero, values.tobytes(), axis)

    def op(self, name, inputs, outputs, opts=None, version=1, intermediates=None, custom=None):
        o = schema.OperatorT()
        o.opcodeIndex = self.model.opcode(name, version)
        o.inputs = np.array([-1 if i is None else i for i in inputs], np.int32)
        o.outputs = np.array(outputs, np.int32)
        if opts is not None:
            o.builtinOptionsType = getattr(schema.BuiltinOptions, opts.kind)
            o.builtinOptions = opts
        if intermediates:
            o.intermediates = np.array(intermediates, np.int32)
        if custom is not None:
            o.customOptions = np.frombuffer(custom, np.uint8)
        self.table.operators.append(o)


class Model:
    def __init__(self):
        self.table = schema.ModelT()
        self.table.version = 3
        self.table.description = ""
        self.table.buffers = [_AlignedBuffer()]
        self.table.operatorCodes, self.table.subgraphs = [], []
        self.codes = {}
        self.graphs = []

    def graph(self, name="main"):
        g = Graph(self, name)
        self.graphs.append(g)
        self.table.subgraphs.append(g.table)
        return g

    def buffer(self, data):
        b = _AlignedBuffer()
        b.data = data
        self.table.buffers.append(b)
        return len(self.table.buffers) - 1

    def opcode(self, name, version):
        key = (name, version)
        if key not in self.codes:
            code = schema.OperatorCodeT()
            number = getattr(schema.BuiltinOperator, name, None)
            if number is None:
                number = schema.BuiltinOperator.CUSTOM
                code.customCode = name
            code.builtinCode = number
            code.deprecatedBuiltinCode = min(number, 127)
            code.version = version
            self.codes[key] = len(self.table.operatorCodes)
            self.table.operatorCodes.append(code)
        return self.codes[key]

    def pack(self):
        for g in self.graphs:
            g.table.inputs = np.array(g.table.inputs, np.int32)
            g.table.outputs = np.array(g.table.outputs, np.int32)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.table.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())
