"""Small models whose rows have a width that a test chooses; input `x`, output `y`."""

import sys

import numpy as np

import daemon

sys.path.insert(0, str(daemon.DATA / "ops"))
import tflite_builder as tflite  # noqa: E402


def _make(kind, width, out_width, op, opts, *constants, version=1):
    quantization = (1.0, 0) if kind == tflite.INT8 else ()
    model = tflite.Model()
    graph = model.graph()
    x = graph.input(kind, [1, width], *quantization)
    y = graph.output(kind, [1, out_width], *quantization)
    graph.table.tensors[x].name, graph.table.tensors[y].name = "x", "y"
    more = [graph.const(tflite.INT32, np.array(c, np.int32)) for c in constants]
    graph.op(op, [x, *more], [y], opts, version=version)
    return model.pack()


def greatest(width):
    """int8 [1, width] -> [1, 1]: the greatest code of each row."""
    return _make(tflite.INT8, width, 1, "REDUCE_MAX", tflite.options("Reducer", keepDims=True), [1],
                 version=2)


def greatest_of_all_rows(width):
    """float32 [1, width] -> [1, width]: over the first dimension, so that any number of rows would
    have one answer."""
    return _make(tflite.FLOAT32, width, width, "REDUCE_MAX",
                 tflite.options("Reducer", keepDims=True), [0])


def negative(width):
    """float32 [1, width] -> [1, width]: each value with the other sign."""
    return _make(tflite.FLOAT32, width, width, "NEG", tflite.options("Neg"))
