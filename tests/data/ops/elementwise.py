"""Arithmetic, comparisons, logic, selection and activations, element by element."""

import numpy as np

from cases import (Bound, Const, In, Out, QUANTIZED, U, codes, every_code, floats, rng, scale, single, tag, ulps, zero)
from tflite_builder import (BOOL, FLOAT32, INT8, INT16, INT32, INT64, NONE, NUMPY, RELU, RELU6, RELU_N1_TO_1, UINT8,
                            UINT32, options)

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
    (sa, za), (sb, zb), (sy, zy) = params or ((scale(r), zero(r, kind)), (scale(r), zero(r, kind)), (scale(r), zero(r, kind)))
    return single(op, f"{tag(kind)}_{label}",
                  [In(kind, codes(r, kind, shapes[0]), sa, za), In(kind, codes(r, kind, shapes[1]), sb, zb)],
                  [Out(kind, _shape(shapes), sy, zy)], act_options, version)


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

    return single(op, f"{tag(kind)}_{label}",
                  [In(kind, values(shapes[0], False)), In(kind, values(shapes[1], nonzero))],
                  [Out(out or kind, _shape(shapes))], opts, version, bound)


# A quotient outside of what the products of the other tensor can reach: saturates, or nearly vanishes.
WIDE = {INT8: ((0.9, -128), (0.002, 127), (0.0031, 5)), UINT8: ((0.9, 0), (0.002, 255), (0.0031, 131)),
        INT16: ((0.9, 0), (0.0002, 0), (0.00031, 0))}
# One input 300 times the output: outside of the ratios that a delegate takes.
STEEP = {INT8: ((0.96, 3), (0.011, -7), (0.0032, -20)), UINT8: ((0.96, 131), (0.011, 121), (0.0032, 108)),
         INT16: ((0.96, 0), (0.011, 0), (0.0032, 0))}
# Scales whose ratios put many sums on ties.
TIES = {INT8: ((0.5, -3), (0.25, 4), (1.0, -1)), UINT8: ((0.5, 125), (0.25, 132), (1.0, 127)),
        INT16: ((0.5, 0), (0.25, 0), (1.0, 0))}


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
                    ("same", SAME, NONE, None), ("channel_relu6", CHANNEL, RELU6, None), ("both", BOTH, NONE, None),
                    ("scalar_relu", SCALAR, RELU, None), ("ties_relu_n1_to_1", SAME, RELU_N1_TO_1, TIES[kind]),
                    ("ties", SAME, NONE, TIES[kind]), ("wide", SAME, NONE, WIDE[kind]), ("steep", SAME, NONE, STEEP[kind])):
                yield _quantized_binary(op, kind, label, shapes, opts(act, **pot), v, params)
            yield _quantized_binary(op, kind, "five_dimensions", FIVE, opts(**pot), v)
        if op != "MUL":
            for label, params in (("power_of_two", ((2**-9, 0), (2**-7, 0), (2**-7, 0))),
                                  ("power_of_two_other", ((2**-8, 0), (2**-11, 0), (2**-8, 0)))):
                yield _quantized_binary(op, INT16, label, SAME, opts(potScaleInt16=True), 2 if op == "ADD" else 5, params)
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
            yield single("DIV", f"{tag(kind)}_{label}",
                         [In(kind, codes(r, kind, shapes[0]), 0.021, za), In(kind, divisor, 0.013, zb)],
                         [Out(kind, _shape(shapes), 0.047, zy)], options("Div", fusedActivationFunction=act), 2)
        # Quotients far below and far above a step of the output.
        for label, (sa, sb, sy) in (("tiny", (0.001, 0.11, 0.9)), ("huge", (1.1, 0.0013, 0.021))):
            r = rng("DIV", kind, label)
            za, zb, zy = (0, 0, 0) if kind == INT16 else (3, 100, 9)
            dividend = codes(r, kind, (1, 75))
            dividend[0, ::5] = za
            divisor = codes(r, kind, (1, 75)).astype(int)
            divisor = np.where(divisor == zb, divisor + 1, divisor)
            yield single("DIV", f"{tag(kind)}_{label}", [In(kind, dividend, sa, za), In(kind, divisor, sb, zb)],
                         [Out(kind, (1, 75), sy, zy)], options("Div"), 2)
    for kind in (FLOAT32, INT32, INT64):
        for label, shapes, act in (("plain_same", SAME, NONE), ("plain_both_relu6", BOTH, RELU6),
                                   ("plain_scalar", SCALAR, NONE)):
            yield _plain_binary("DIV", kind, label, shapes, options("Div", fusedActivationFunction=act), 1, nonzero=True)
    for op, kind_versions in (("FLOOR_DIV", {INT32: 1, FLOAT32: 2, INT8: 3, INT16: 3, INT64: 3, UINT8: 3}),
                              ("FLOOR_MOD", {INT32: 1, INT64: 1, FLOAT32: 2, INT8: 2, INT16: 2, UINT8: 2})):
        for kind, v in kind_versions.items():
            for label, shapes in (("plain_same", SAME), ("plain_both", BOTH)):
                yield _plain_binary(op, kind, label, shapes, options(op.title().replace("_", "")), v, nonzero=True)
        for kind in (INT8, INT16):
            yield _quantized_binary(op, kind, "quantized", SAME, options(op.title().replace("_", "")), kind_versions[kind])
    for kind in (FLOAT32, INT32, INT64, INT8, INT16):
        r = rng("POW", kind)
        for label, shapes in (("same", SAME), ("both", BOTH)):
            base = np.abs(floats(r, shapes[0])) + np.float32(0.1) if kind == FLOAT32 else r.integers(-5, 6, shapes[0])
            power = floats(r, shapes[1], 2) if kind == FLOAT32 else r.integers(0, 3 if kind == INT8 else 6, shapes[1])
            q = (0.03, 0) if kind in (INT8, INT16) else (None, 0)
            yield single("POW", f"{tag(kind)}_{label}", [In(kind, base, *q), In(kind, power, *q)],
                         [Out(kind, _shape(shapes), *q)], options("Pow"), 1, ulps(4) if kind == FLOAT32 else None)


def two_sided():
    """Two inputs without an activation."""
    for op, kind_versions in (("MAXIMUM", {UINT8: 1, INT8: 2, INT16: 4, INT32: 1, INT64: 1, FLOAT32: 1}),
                              ("MINIMUM", {UINT8: 1, INT8: 2, INT16: 4, INT32: 1, INT64: 1, FLOAT32: 1})):
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
    for op, table in (("EQUAL", "Equal"), ("NOT_EQUAL", "NotEqual"), ("LESS", "Less"), ("LESS_EQUAL", "LessEqual"),
                      ("GREATER", "Greater"), ("GREATER_EQUAL", "GreaterEqual")):
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
                    yield single(op, f"{tag(kind)}_{label}", [In(kind, a, *qa), In(kind, b, *qb)],
                                 [Out(BOOL, _shape(shapes))], options(table), v)
                else:
                    small = {"low": -3, "high": 3}
                    if kind == FLOAT32:
                        a = r.integers(-3, 3, shapes[0]) * np.float32(0.5)
                        b = r.integers(-3, 3, shapes[1]) * np.float32(0.5)
                        yield single(op, f"{tag(kind)}_{label}", [In(kind, a), In(kind, b)],
                                     [Out(BOOL, _shape(shapes))], options(table), v)
                    else:
                        yield _plain_binary(op, kind, label, shapes, options(table), v, out=BOOL, **small)
    for op, table in (("LOGICAL_AND", "LogicalAnd"), ("LOGICAL_OR", "LogicalOr")):
        for label, shapes in (("same", SAME), ("both", BOTH)):
            yield _plain_binary(op, BOOL, label, shapes, options(table), 1)
    r = rng("LOGICAL_NOT")
    yield single("LOGICAL_NOT", "bool", [In(BOOL, r.integers(0, 2, (3, 7)))], [Out(BOOL, (3, 7))], options("LogicalNot"), 1)


def selection():
    for kind in (FLOAT32, UINT8, INT8, INT16, INT32, INT64, BOOL, UINT32):
        r = rng("SELECT", kind)
        q = (0.05, zero(r, kind)) if kind in QUANTIZED else (None, 0)

        def values(shape, kind=kind, r=r):
            return floats(r, shape) if kind == FLOAT32 else (
                r.integers(0, 2, shape) if kind == BOOL else codes(r, kind, shape))

        for label, condition in (("same", (3, 2, 5)), ("rows", (3,))):
            yield single("SELECT", f"{tag(kind)}_{label}",
                         [In(BOOL, r.integers(0, 2, condition)), In(kind, values((3, 2, 5)), *q), In(kind, values((3, 2, 5)), *q)],
                         [Out(kind, (3, 2, 5), *q)], options("Select"), 1)
        for label, shapes in (("same", ((2, 3, 5),) * 3), ("broadcast", ((3, 1), (2, 1, 5), (1,))), ("five_dimensions", ((2, 1, 1, 3, 1), (1, 2, 1, 1, 3), (2, 2, 1, 3, 3)))):
            yield single("SELECT_V2", f"{tag(kind)}_{label}",
                         [In(BOOL, r.integers(0, 2, shapes[0])), In(kind, values(shapes[1]), *q), In(kind, values(shapes[2]), *q)],
                         [Out(kind, np.broadcast_shapes(*shapes), *q)], options("SelectV2"), 1)


def _elementary(op, values):
    """The bound of one function of one float."""
    exact = ("ABS", "NEG", "SQUARE", "FLOOR", "CEIL", "ROUND", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU")
    if op in exact:
        return None
    if op in ("SIN", "COS"):
        return Bound("each side within 4 units of 1: arguments are reduced first", absolute=16 * U)
    if op in ("GELU", "ELU", "HARD_SWISH"):
        largest = float(np.abs(values).max())
        return Bound("at most 8 rounded steps, none of whose values exceeds the input or 1", 32 * U * max(largest, 1.0))
    if op == "LOG":
        return ulps(4, absolute=4 * U)
    return ulps(4)


def unary():
    table = {"ABS": "Abs", "NEG": "Neg", "SQUARE": "Square", "EXP": "Exp", "COS": "Cos", "GELU": "Gelu",
             "HARD_SWISH": "HardSwish", "LEAKY_RELU": "LeakyRelu"}
    all_ops = ("ABS", "NEG", "SQUARE", "EXP", "LOG", "SQRT", "RSQRT", "SIN", "COS", "FLOOR", "CEIL", "ROUND", "LOGISTIC",
               "TANH", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "ELU", "GELU", "HARD_SWISH")
    version = {("ABS", INT8): 2, ("ABS", INT16): 3, ("EXP", INT8): 2, ("EXP", INT16): 2, ("LOG", INT8): 2, ("LOG", INT16): 2,
               ("SQRT", INT8): 2, ("SQRT", INT16): 2, ("RSQRT", INT8): 2, ("RSQRT", INT16): 3, ("LOGISTIC", INT8): 2,
               ("LOGISTIC", INT16): 3, ("TANH", INT8): 2, ("TANH", INT16): 3, ("RELU", INT8): 2, ("RELU", INT16): 3,
               ("RELU6", INT8): 2, ("RELU6", INT16): 3, ("LEAKY_RELU", INT8): 2, ("LEAKY_RELU", INT16): 2,
               ("GELU", INT8): 2, ("GELU", INT16): 2, ("ELU", INT8): 1}
    for op in all_ops:
        def opts(op=op, **more):
            return options(table[op], **more) if op in table else None

        variants = [("", {})]
        if op == "GELU":
            variants = [("", {"approximate": False}), ("_approximate", {"approximate": True})]
        if op == "LEAKY_RELU":
            variants = [("", {"alpha": 0.1}), ("_steep", {"alpha": 1.75}), ("_negative", {"alpha": -0.3})]
        for suffix, more in variants:
            r = rng(op, suffix)
            x = floats(r, (2, 3, 17), 3)
            x.flat[:6] = (0.0, -0.0, 0.5, -0.5, 2.5, -3.5)
            if op in ("LOG", "SQRT", "RSQRT"):
                x = np.abs(x) + np.float32(0.01)
            yield single(op, f"float32{suffix}", [In(FLOAT32, x)], [Out(FLOAT32, x.shape)], opts(**more), 1, _elementary(op, x))
            for kind in (INT32, INT64):
                if suffix == "":
                    plain = r.integers(0 if op in ("SQRT", "RSQRT", "LOG") else -9, 10, (3, 7))
                    yield single(op, tag(kind), [In(kind, plain)], [Out(kind, plain.shape)], opts(**more), 5 if op == "ABS" else 1)
            for kind in QUANTIZED:
                for label, q in _unary_steps(op, kind):
                    x = every_code(kind)
                    (sx, zx), (sy, zy) = q
                    if op in ("RSQRT", "SQRT"):
                        x = np.maximum(x, zx).astype(x.dtype)
                    yield single(op, f"{tag(kind)}{suffix}_{label}", [In(kind, x, sx, zx)], [Out(kind, x.shape, sy, zy)],
                                 opts(**more), version.get((op, kind), 1))


def _unary_steps(op, kind):
    """Steps of input and output, two for each operator and type."""
    low = {INT8: -128, UINT8: 0}.get(kind, 0)
    wide = kind == INT16
    unit = 256.0 if wide else 1.0
    if op == "LOGISTIC":
        return ((("fine", ((0.031 / unit, 0 if wide else low + 131), (1 / 32768 if wide else 1 / 256, low)))),
                ("coarse", ((0.35 / unit, 0 if wide else low + 17), (1 / 32768 if wide else 1 / 256, low))),
                ("power_of_two", ((2**-12 if wide else 2**-4, 0 if wide else low + 128), (1 / 32768 if wide else 1 / 256, low))))
    if op == "TANH":
        mid = 0 if wide else low + 128
        return (("fine", ((0.021 / unit, 0 if wide else low + 120), (1 / 32768 if wide else 1 / 128, mid))),
                ("coarse", ((0.41 / unit, 0 if wide else low + 250), (1 / 32768 if wide else 1 / 128, mid))),
                ("power_of_two", ((2**-11 if wide else 2**-5, mid), (1 / 32768 if wide else 1 / 128, mid))))
    if op in ("ABS", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "HARD_SWISH", "LEAKY_RELU", "NEG", "FLOOR", "CEIL", "ROUND", "SQUARE"):
        same = (0.047 / unit, 0 if wide else low + 119)
        return (("same_step", (same, same)), ("other_step", ((0.061 / unit, 0 if wide else low + 77), (0.0237 / unit, 0 if wide else low + 30))),
                ("ties", ((0.5 / unit, 0 if wide else low + 128), (1.0 / unit, 0 if wide else low + 127))))
    if op in ("SQRT", "RSQRT", "LOG"):
        start = 0 if wide else low
        out_zero = 0 if wide else low + 5
        if op == "LOG":
            return (("fine", ((0.031 / unit, start), (0.053 / unit, 0 if wide else low + 111))), ("coarse", ((1.3 / unit, start), (0.071 / unit, 0 if wide else low + 90))))
        return (("fine", ((0.031 / unit, start), (0.017 / unit, out_zero))), ("coarse", ((1.3 / unit, 0 if wide else low + 40), (0.071 / unit, out_zero))))
    return (("fine", ((0.021 / unit, 0 if wide else low + 120), (0.053 / unit, 0 if wide else low + 100))),
            ("coarse", ((0.063 / unit, 0 if wide else low + 200), (0.031 / unit, 0 if wide else low + 13))))


def prelu():
    for kind in QUANTIZED + (FLOAT32,):
        for label, alpha_shape in (("channel", (1, 1, 5)), ("element", (2, 3, 5)), ("scalar", (1, 1, 1))):
            r = rng("PRELU", kind, label)
            if kind == FLOAT32:
                x, alpha = In(kind, floats(r, (2, 2, 3, 5))), Const(kind, floats(r, alpha_shape))
                out = Out(kind, (2, 2, 3, 5))
            else:
                x = In(kind, codes(r, kind, (2, 2, 3, 5)), scale(r), zero(r, kind))
                # int16 takes int8 factors: LiteRT reads the bytes of int16 ones as int8.
                factor = INT8 if kind == INT16 else kind
                alpha = Const(factor, codes(r, factor, alpha_shape), scale(r, 0.002, 0.02), 0 if kind == INT16 else zero(r, kind))
                out = Out(kind, (2, 2, 3, 5), scale(r), zero(r, kind))
            yield single("PRELU", f"{tag(kind)}_{label}", [x, alpha], [out], None, 1)


def conversions():
    # QUANTIZE from float, ties included.
    for kind in QUANTIZED + (INT32,):
        for label, step in (("odd", 0.0373), ("ties", 0.5)):
            r = rng("QUANTIZE", kind, label)
            x = floats(r, (1, 5, 17), 40 * step)
            x.flat[:10] = np.float32(step) * np.array([.5, -.5, 1.5, -1.5, 2.5, 1e6, -1e6, 0, 126.5, 127.5], np.float32)
            yield single("QUANTIZE", f"float32_to_{tag(kind)}_{label}", [In(FLOAT32, x)],
                         [Out(kind, x.shape, step, zero(r, kind) // 2 if kind in QUANTIZED else 0)], options("Quantize"), 3 if kind == INT16 else 1)
    for source in QUANTIZED + (INT32,):
        for target in QUANTIZED + (INT32,):
            for label, (sx, sy) in (("finer", (0.081, 0.0137)), ("coarser", (0.021, 0.0777)), ("equal", (0.05, 0.05)), ("ties", (0.25, 0.5))):
                r = rng("QUANTIZE", source, target, label)
                x = codes(r, source, (1, 3, 17)) if source != INT32 else r.integers(-3000, 3000, (1, 3, 17))
                if source == INT16:
                    x = (x.astype(int) // (1 if label == "coarser" else 128)).astype(np.int16)
                yield single("QUANTIZE", f"{tag(source)}_to_{tag(target)}_{label}",
                             [In(source, x, sx, zero(r, source) if source in QUANTIZED else 0)],
                             [Out(target, x.shape, sy, zero(r, target) if target in QUANTIZED else 0)], options("Quantize"),
                             3 if INT16 in (source, target) else 2)
    for kind in QUANTIZED + (INT32,):
        x = every_code(kind) if kind != INT32 else np.arange(-30, 30).reshape(2, 30)
        for label, q in (("small", (0.0137, 0 if kind in (INT16, INT32) else 17)), ("large", (3.7, 0 if kind in (INT16, INT32) else 100))):
            yield single("DEQUANTIZE", f"{tag(kind)}_{label}", [In(kind, x, *q)], [Out(FLOAT32, x.shape)], options("Dequantize"),
                         {INT8: 2, INT16: 3}.get(kind, 1))
    r = rng("DEQUANTIZE", "axis")
    for kind in (INT8, UINT8, INT16):
        yield single("DEQUANTIZE", f"{tag(kind)}_axis_0", [In(kind, codes(r, kind, (3, 7)), [0.1, 0.02, 1.5], [0, 3, 0] if kind != INT16 else 0)],
                     [Out(FLOAT32, (3, 7))], options("Dequantize"), 5)
    cast_kinds = (FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL, UINT32)
    for source in cast_kinds:
        for target in cast_kinds:
            if source == target:
                continue
            r = rng("CAST", source, target)
            low, high = (0, 100) if UINT8 in (source, target) or UINT32 in (source, target) else (-100, 100)
            x = r.integers(0, 2, (3, 7)) if source == BOOL else r.integers(low, high, (3, 7))
            if source == FLOAT32:
                x = x * np.float32(0.37)
            yield single("CAST", f"{tag(source)}_to_{tag(target)}", [In(source, x)], [Out(target, (3, 7))],
                         options("Cast"), 1)


def cases():
    for family in (arithmetic, division, two_sided, comparisons, selection, unary, prelu, conversions):
        yield from family()
