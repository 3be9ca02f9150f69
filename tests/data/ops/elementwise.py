"""Arithmetic, comparisons, logic, selection and activations, element by element."""

import numpy as np

from cases import QUANTIZED, In, Out, codes, floats, rng, scale, single, tag, ulps, zero
from tflite_builder import (
    BOOL,
    FLOAT32,
    INT8,
    INT16,
    INT32,
    INT64,
    NONE,
    RELU,
    RELU6,
    RELU_N1_TO_1,
    UINT8,
    UINT32,
    options,
)

# Shapes of both inputs: equal and odd, equal past 16 elements (vector bodies and tails), and the ways to broadcast.
SAME = ((1, 3, 5, 5), (1, 3, 5, 5))


CHANNEL = ((2, 3, 2, 5), (5,))


BOTH = ((2, 1, 3, 1), (1, 4, 1, 5))


SCALAR = ((1, 17), (1,))


FIVE = ((2, 1, 2, 1, 3), (1, 2, 1, 3, 3))


def _shape(shapes):
    return np.broadcast_shapes(*shapes)


def _quantized_binary(op, kind, label, shapes, act_options, version, params=None):
    r = rng(op, kind, label)
    (sa, za), (sb, zb), (sy, zy) = params or (
        (scale(r), zero(r, kind)),
        (scale(r), zero(r, kind)),
        (scale(r), zero(r, kind)),
    )
    return single(
        op,
        f"{tag(kind)}_{label}",
        [In(kind, codes(r, kind, shapes[0]), sa, za), In(kind, codes(r, kind, shapes[1]), sb, zb)],
        [Out(kind, _shape(shapes), sy, zy)],
        act_options,
        version,
    )


def _plain_binary(op, kind, label, shapes, opts, version, bound=None, low=-50, high=50, nonzero=False, out=None):
    r = rng(op, kind, label)

    def values(shape, divisor):
        if kind == FLOAT32:
            v = floats(r, shape, 3)
            return np.where(np.abs(v) < 0.05, np.float32(0.5), v) if divisor else v
        if kind == BOOL:
            return r.integers(0, 2, shape).astype(bool)
        v = r.integers(max(low, 0) if kind in (UINT8, UINT32) else low, high, shape)
        return np.where(v == 0, 7, v) if divisor else v

    return single(
        op,
        f"{tag(kind)}_{label}",
        [In(kind, values(shapes[0], False)), In(kind, values(shapes[1], nonzero))],
        [Out(out or kind, _shape(shapes))],
        opts,
        version,
        bound,
    )


# A quotient outside of what the products of the other tensor can reach: saturates, or nearly vanishes.
WIDE = {
    INT8: ((0.9, -128), (0.002, 127), (0.0031, 5)),
    UINT8: ((0.9, 0), (0.002, 255), (0.0031, 131)),
    INT16: ((0.9, 0), (0.0002, 0), (0.00031, 0)),
}


# One input 300 times the output: outside of the ratios that a delegate takes.
STEEP = {
    INT8: ((0.96, 3), (0.011, -7), (0.0032, -20)),
    UINT8: ((0.96, 131), (0.011, 121), (0.0032, 108)),
    INT16: ((0.96, 0), (0.011, 0), (0.0032, 0)),
}


# Scales whose ratios put many sums on ties.
TIES = {
    INT8: ((0.5, -3), (0.25, 4), (1.0, -1)),
    UINT8: ((0.5, 125), (0.25, 132), (1.0, 127)),
    INT16: ((0.5, 0), (0.25, 0), (1.0, 0)),
}


def arithmetic():
    versions = {
        "ADD": {FLOAT32: 1, UINT8: 1, INT32: 1, INT8: 2, INT16: 3, INT64: 4},
        "SUB": {FLOAT32: 1, UINT8: 1, INT32: 1, INT8: 2, INT16: 5, INT64: 4},
        "MUL": {FLOAT32: 1, UINT8: 1, INT32: 1, INT8: 2, INT16: 4, INT64: 6, UINT32: 6},
    }
    for op, kind_versions in versions.items():

        def opts(act=NONE, op=op, **more):
            return options(op.capitalize(), fusedActivationFunction=act, **more)

        for kind in QUANTIZED:
            v = kind_versions[kind]
            pot = {} if op == "MUL" else {"potScaleInt16": False}
            for label, shapes, act, params in (
                ("same", SAME, NONE, None),
                ("channel_relu6", CHANNEL, RELU6, None),
                ("both", BOTH, NONE, None),
                ("scalar_relu", SCALAR, RELU, None),
                ("ties_relu_n1_to_1", SAME, RELU_N1_TO_1, TIES[kind]),
                ("ties", SAME, NONE, TIES[kind]),
                ("wide", SAME, NONE, WIDE[kind]),
                ("steep", SAME, NONE, STEEP[kind]),
            ):
                yield _quantized_binary(op, kind, label, shapes, opts(act, **pot), v, params)
            yield _quantized_binary(op, kind, "five_dimensions", FIVE, opts(**pot), v)
        if op != "MUL":
            for label, params in (
                ("power_of_two", ((2**-9, 0), (2**-7, 0), (2**-7, 0))),
                ("power_of_two_other", ((2**-8, 0), (2**-11, 0), (2**-8, 0))),
            ):
                yield _quantized_binary(
                    op, INT16, label, SAME, opts(potScaleInt16=True), 2 if op == "ADD" else 5, params
                )
        for kind in (FLOAT32, INT32, INT64, UINT32, INT16):
            v = kind_versions.get(kind, 1) if kind != INT16 else {"ADD": 5, "SUB": 5, "MUL": 7}[op]
            low = 0 if kind == UINT32 else -50
            yield _plain_binary(op, kind, "plain_same", SAME, opts(), v, low=low)
            yield _plain_binary(op, kind, "plain_both_relu6", BOTH, opts(RELU6), v, low=low)
        yield _plain_binary(op, FLOAT32, "plain_channel", CHANNEL, opts(), 1)
        yield _plain_binary(op, FLOAT32, "plain_five_dimensions", FIVE, opts(), 1)


def division():
    for kind in QUANTIZED:
        for label, shapes, act in (("same", SAME, NONE), ("both_relu", BOTH, RELU), ("scalar_relu6", SCALAR, RELU6)):
            r = rng("DIV", kind, label)
            za, zb, zy = zero(r, kind), zero(r, kind), zero(r, kind)
            divisor = codes(r, kind, shapes[1]).astype(int)
            divisor = np.where(divisor == zb, divisor + (1 if zb < 100 else -1), divisor)
            yield single(
                "DIV",
                f"{tag(kind)}_{label}",
                [In(kind, codes(r, kind, shapes[0]), 0.021, za), In(kind, divisor, 0.013, zb)],
                [Out(kind, _shape(shapes), 0.047, zy)],
                options("Div", fusedActivationFunction=act),
                2,
            )
        # Quotients far below and far above a step of the output.
        for label, (sa, sb, sy) in (("tiny", (0.001, 0.11, 0.9)), ("huge", (1.1, 0.0013, 0.021))):
            r = rng("DIV", kind, label)
            za, zb, zy = (0, 0, 0) if kind == INT16 else (3, 100, 9)
            dividend = codes(r, kind, (1, 75))
            dividend[0, ::5] = za
            divisor = codes(r, kind, (1, 75)).astype(int)
            divisor = np.where(divisor == zb, divisor + 1, divisor)
            yield single(
                "DIV",
                f"{tag(kind)}_{label}",
                [In(kind, dividend, sa, za), In(kind, divisor, sb, zb)],
                [Out(kind, (1, 75), sy, zy)],
                options("Div"),
                2,
            )
    for kind in (FLOAT32, INT32, INT64):
        for label, shapes, act in (
            ("plain_same", SAME, NONE),
            ("plain_both_relu6", BOTH, RELU6),
            ("plain_scalar", SCALAR, NONE),
        ):
            yield _plain_binary(
                "DIV", kind, label, shapes, options("Div", fusedActivationFunction=act), 1, nonzero=True
            )
    for op, kind_versions in (
        ("FLOOR_DIV", {INT32: 1, FLOAT32: 2, INT8: 3, INT16: 3, INT64: 3, UINT8: 3}),
        ("FLOOR_MOD", {INT32: 1, INT64: 1, FLOAT32: 2, INT8: 2, INT16: 2, UINT8: 2}),
    ):
        for kind, v in kind_versions.items():
            for label, shapes in (("plain_same", SAME), ("plain_both", BOTH)):
                yield _plain_binary(op, kind, label, shapes, options(op.title().replace("_", "")), v, nonzero=True)
        for kind in (INT8, INT16):
            yield _quantized_binary(
                op, kind, "quantized", SAME, options(op.title().replace("_", "")), kind_versions[kind]
            )
    for kind in (FLOAT32, INT32, INT64, INT8, INT16):
        r = rng("POW", kind)
        for label, shapes in (("same", SAME), ("both", BOTH)):
            base = np.abs(floats(r, shapes[0])) + np.float32(0.1) if kind == FLOAT32 else r.integers(-5, 6, shapes[0])
            power = floats(r, shapes[1], 2) if kind == FLOAT32 else r.integers(0, 3 if kind == INT8 else 6, shapes[1])
            q = (0.03, 0) if kind in (INT8, INT16) else (None, 0)
            yield single(
                "POW",
                f"{tag(kind)}_{label}",
                [In(kind, base, *q), In(kind, power, *q)],
                [Out(kind, _shape(shapes), *q)],
                options("Pow"),
                1,
                ulps(4) if kind == FLOAT32 else None,
            )


def two_sided():
    """Two inputs without an activation."""
    for op, kind_versions in (
        ("MAXIMUM", {UINT8: 1, INT8: 2, INT16: 4, INT32: 1, INT64: 1, FLOAT32: 1}),
        ("MINIMUM", {UINT8: 1, INT8: 2, INT16: 4, INT32: 1, INT64: 1, FLOAT32: 1}),
    ):
        for kind, v in kind_versions.items():
            for label, shapes in (("same", SAME), ("both", BOTH), ("five_dimensions", FIVE)):
                if kind in QUANTIZED:
                    r = rng(op, kind, label)
                    q = (scale(r), zero(r, kind))
                    yield _quantized_binary(op, kind, label, shapes, options("MaximumMinimum"), v, (q, q, q))
                else:
                    yield _plain_binary(op, kind, label, shapes, options("MaximumMinimum"), v)
    op = "SQUARED_DIFFERENCE"
    for kind in QUANTIZED:
        for label, shapes, params in (("same", SAME, None), ("both", BOTH, None), ("ties", SAME, TIES[kind])):
            yield _quantized_binary(op, kind, label, shapes, options("SquaredDifference"), 2, params)
    for kind in (FLOAT32, INT32, INT64):
        for label, shapes in (("plain_same", SAME), ("plain_both", BOTH)):
            yield _plain_binary(op, kind, label, shapes, options("SquaredDifference"), 1)


def comparisons():
    for op, table in (
        ("EQUAL", "Equal"),
        ("NOT_EQUAL", "NotEqual"),
        ("LESS", "Less"),
        ("LESS_EQUAL", "LessEqual"),
        ("GREATER", "Greater"),
        ("GREATER_EQUAL", "GreaterEqual"),
    ):
        for kind in (FLOAT32, INT32, INT64, BOOL, UINT8, INT8, INT16):
            v = {INT8: 2, INT16: 4 if "EQUAL" in (op, op[4:]) else 2}.get(kind, 1)
            for label, shapes in (("same", SAME), ("both", BOTH)):
                r = rng(op, kind, label)
                if kind in QUANTIZED:
                    a = codes(r, kind, shapes[0])
                    b = codes(r, kind, shapes[1])
                    if shapes[0] == shapes[1]:
                        b.flat[::3] = a.flat[::3]
                    qa = (scale(r), zero(r, kind))
                    qb = qa if label == "same" else (scale(r), zero(r, kind))
                    yield single(
                        op,
                        f"{tag(kind)}_{label}",
                        [In(kind, a, *qa), In(kind, b, *qb)],
                        [Out(BOOL, _shape(shapes))],
                        options(table),
                        v,
                    )
                else:
                    small = {"low": -3, "high": 3}
                    if kind == FLOAT32:
                        a = r.integers(-3, 3, shapes[0]) * np.float32(0.5)
                        b = r.integers(-3, 3, shapes[1]) * np.float32(0.5)
                        yield single(
                            op,
                            f"{tag(kind)}_{label}",
                            [In(kind, a), In(kind, b)],
                            [Out(BOOL, _shape(shapes))],
                            options(table),
                            v,
                        )
                    else:
                        yield _plain_binary(op, kind, label, shapes, options(table), v, out=BOOL, **small)
        for kind in QUANTIZED:
            # Codes and values compare differently where one step is twice the other.
            r = rng(op, kind, "double_step")
            low, at = (0, 0) if kind == INT16 else (4, 3)
            yield single(
                op,
                f"{tag(kind)}_double_step",
                [In(kind, r.integers(low, 9, (5, 7)), 0.02, at), In(kind, r.integers(low, 9, (5, 7)), 0.01, at)],
                [Out(BOOL, (5, 7))],
                options(table),
                1 if kind == UINT8 else 2,
            )
    for op, table in (("LOGICAL_AND", "LogicalAnd"), ("LOGICAL_OR", "LogicalOr")):
        for label, shapes in (("same", SAME), ("both", BOTH)):
            yield _plain_binary(op, BOOL, label, shapes, options(table), 1)
    r = rng("LOGICAL_NOT")
    yield single(
        "LOGICAL_NOT", "bool", [In(BOOL, r.integers(0, 2, (3, 7)))], [Out(BOOL, (3, 7))], options("LogicalNot"), 1
    )


def selection():
    for kind in (FLOAT32, UINT8, INT8, INT16, INT32, INT64, BOOL, UINT32):
        r = rng("SELECT", kind)
        q = (0.05, zero(r, kind)) if kind in QUANTIZED else (None, 0)

        def values(shape, kind=kind, r=r):
            return (
                floats(r, shape)
                if kind == FLOAT32
                else (r.integers(0, 2, shape) if kind == BOOL else codes(r, kind, shape))
            )

        for label, condition in (("same", (3, 2, 5)), ("rows", (3,))):
            yield single(
                "SELECT",
                f"{tag(kind)}_{label}",
                [
                    In(BOOL, r.integers(0, 2, condition)),
                    In(kind, values((3, 2, 5)), *q),
                    In(kind, values((3, 2, 5)), *q),
                ],
                [Out(kind, (3, 2, 5), *q)],
                options("Select"),
                1,
            )
        for label, shapes in (
            ("same", ((2, 3, 5),) * 3),
            ("broadcast", ((3, 1), (2, 1, 5), (1,))),
            ("five_dimensions", ((2, 1, 1, 3, 1), (1, 2, 1, 1, 3), (2, 2, 1, 3, 3))),
        ):
            yield single(
                "SELECT_V2",
                f"{tag(kind)}_{label}",
                [
                    In(BOOL, r.integers(0, 2, shapes[0])),
                    In(kind, values(shapes[1]), *q),
                    In(kind, values(shapes[2]), *q),
                ],
                [Out(kind, np.broadcast_shapes(*shapes), *q)],
                options("SelectV2"),
                1,
            )


def cases():
    for family in (arithmetic, division, two_sided, comparisons, selection):
        yield from family()
