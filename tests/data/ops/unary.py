"""Functions of one element, PRELU, and conversions between types."""

import numpy as np

from cases import QUANTIZED, Bound, Const, In, Out, U, codes, every_code, floats, rng, scale, single, tag, ulps, zero
from tflite_builder import BOOL, FLOAT32, INT8, INT16, INT32, INT64, UINT8, UINT32, options


def _elementary(op, values):
    """The bound of one function of one float."""
    exact = (
        "ABS",
        "NEG",
        "SQUARE",
        "FLOOR",
        "CEIL",
        "ROUND",
        "SIGN",
        "RELU",
        "RELU6",
        "RELU_N1_TO_1",
        "RELU_0_TO_1",
        "LEAKY_RELU",
    )
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
    table = {
        "ABS": "Abs",
        "NEG": "Neg",
        "SQUARE": "Square",
        "EXP": "Exp",
        "COS": "Cos",
        "GELU": "Gelu",
        "HARD_SWISH": "HardSwish",
        "LEAKY_RELU": "LeakyRelu",
    }
    all_ops = (
        "ABS",
        "NEG",
        "SQUARE",
        "EXP",
        "LOG",
        "SQRT",
        "RSQRT",
        "SIN",
        "COS",
        "FLOOR",
        "CEIL",
        "ROUND",
        "SIGN",
        "LOGISTIC",
        "TANH",
        "RELU",
        "RELU6",
        "RELU_N1_TO_1",
        "RELU_0_TO_1",
        "LEAKY_RELU",
        "ELU",
        "GELU",
        "HARD_SWISH",
    )
    version = {
        ("ABS", INT8): 2,
        ("ABS", INT16): 3,
        ("EXP", INT8): 2,
        ("EXP", INT16): 2,
        ("LOG", INT8): 2,
        ("LOG", INT16): 2,
        ("SQRT", INT8): 2,
        ("SQRT", INT16): 2,
        ("RSQRT", INT8): 2,
        ("RSQRT", INT16): 3,
        ("LOGISTIC", INT8): 2,
        ("LOGISTIC", INT16): 3,
        ("TANH", INT8): 2,
        ("TANH", INT16): 3,
        ("RELU", INT8): 2,
        ("RELU", INT16): 3,
        ("RELU6", INT8): 2,
        ("RELU6", INT16): 3,
        ("LEAKY_RELU", INT8): 2,
        ("LEAKY_RELU", INT16): 2,
        ("GELU", INT8): 2,
        ("GELU", INT16): 2,
        ("ELU", INT8): 1,
    }
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
            yield single(
                op, f"float32{suffix}", [In(FLOAT32, x)], [Out(FLOAT32, x.shape)], opts(**more), 1, _elementary(op, x)
            )
            for kind in (INT32, INT64):
                if suffix == "":
                    plain = r.integers(0 if op in ("SQRT", "RSQRT", "LOG") else -9, 10, (3, 7))
                    yield single(
                        op,
                        tag(kind),
                        [In(kind, plain)],
                        [Out(kind, plain.shape)],
                        opts(**more),
                        5 if op == "ABS" else 1,
                    )
            for kind in QUANTIZED:
                for label, q in _unary_steps(op, kind):
                    x = every_code(kind)
                    (sx, zx), (sy, zy) = q
                    if op in ("RSQRT", "SQRT"):
                        x = np.maximum(x, zx).astype(x.dtype)
                    yield single(
                        op,
                        f"{tag(kind)}{suffix}_{label}",
                        [In(kind, x, sx, zx)],
                        [Out(kind, x.shape, sy, zy)],
                        opts(**more),
                        version.get((op, kind), 1),
                    )


def _unary_steps(op, kind):
    """Steps of input and output, two for each operator and type."""
    low = {INT8: -128, UINT8: 0}.get(kind, 0)
    wide = kind == INT16
    unit = 256.0 if wide else 1.0
    if op == "LOGISTIC":
        return (
            (("fine", ((0.031 / unit, 0 if wide else low + 131), (1 / 32768 if wide else 1 / 256, low)))),
            ("coarse", ((0.35 / unit, 0 if wide else low + 17), (1 / 32768 if wide else 1 / 256, low))),
            (
                "power_of_two",
                ((2**-12 if wide else 2**-4, 0 if wide else low + 128), (1 / 32768 if wide else 1 / 256, low)),
            ),
        )
    if op == "TANH":
        mid = 0 if wide else low + 128
        return (
            ("fine", ((0.021 / unit, 0 if wide else low + 120), (1 / 32768 if wide else 1 / 128, mid))),
            ("coarse", ((0.41 / unit, 0 if wide else low + 250), (1 / 32768 if wide else 1 / 128, mid))),
            ("power_of_two", ((2**-11 if wide else 2**-5, mid), (1 / 32768 if wide else 1 / 128, mid))),
        )
    if op in (
        "ABS",
        "RELU",
        "RELU6",
        "RELU_N1_TO_1",
        "RELU_0_TO_1",
        "HARD_SWISH",
        "LEAKY_RELU",
        "NEG",
        "FLOOR",
        "CEIL",
        "ROUND",
        "SIGN",
        "SQUARE",
    ):
        same = (0.047 / unit, 0 if wide else low + 119)
        return (
            ("same_step", (same, same)),
            ("other_step", ((0.061 / unit, 0 if wide else low + 77), (0.0237 / unit, 0 if wide else low + 30))),
            ("ties", ((0.5 / unit, 0 if wide else low + 128), (1.0 / unit, 0 if wide else low + 127))),
        )
    if op in ("SQRT", "RSQRT", "LOG"):
        start = 0 if wide else low
        out_zero = 0 if wide else low + 5
        if op == "LOG":
            return (
                ("fine", ((0.031 / unit, start), (0.053 / unit, 0 if wide else low + 111))),
                ("coarse", ((1.3 / unit, start), (0.071 / unit, 0 if wide else low + 90))),
            )
        return (
            ("fine", ((0.031 / unit, start), (0.017 / unit, out_zero))),
            ("coarse", ((1.3 / unit, 0 if wide else low + 40), (0.071 / unit, out_zero))),
        )
    return (
        ("fine", ((0.021 / unit, 0 if wide else low + 120), (0.053 / unit, 0 if wide else low + 100))),
        ("coarse", ((0.063 / unit, 0 if wide else low + 200), (0.031 / unit, 0 if wide else low + 13))),
    )


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
                alpha = Const(
                    factor, codes(r, factor, alpha_shape), scale(r, 0.002, 0.02), 0 if kind == INT16 else zero(r, kind)
                )
                out = Out(kind, (2, 2, 3, 5), scale(r), zero(r, kind))
            yield single("PRELU", f"{tag(kind)}_{label}", [x, alpha], [out], None, 1)


def conversions():
    # QUANTIZE from float, ties included.
    for kind in QUANTIZED + (INT32,):
        for label, step in (("odd", 0.0373), ("ties", 0.5)):
            r = rng("QUANTIZE", kind, label)
            x = floats(r, (1, 5, 17), 40 * step)
            x.flat[:10] = np.float32(step) * np.array(
                [0.5, -0.5, 1.5, -1.5, 2.5, 1e6, -1e6, 0, 126.5, 127.5], np.float32
            )
            yield single(
                "QUANTIZE",
                f"float32_to_{tag(kind)}_{label}",
                [In(FLOAT32, x)],
                [Out(kind, x.shape, step, zero(r, kind) // 2 if kind in QUANTIZED else 0)],
                options("Quantize"),
                3 if kind == INT16 else 1,
            )
    for source in QUANTIZED + (INT32,):
        for target in QUANTIZED + (INT32,):
            for label, (sx, sy) in (
                ("finer", (0.081, 0.0137)),
                ("coarser", (0.021, 0.0777)),
                ("equal", (0.05, 0.05)),
                ("ties", (0.25, 0.5)),
            ):
                r = rng("QUANTIZE", source, target, label)
                x = codes(r, source, (1, 3, 17)) if source != INT32 else r.integers(-3000, 3000, (1, 3, 17))
                if source == INT16:
                    x = (x.astype(int) // (1 if label == "coarser" else 128)).astype(np.int16)
                yield single(
                    "QUANTIZE",
                    f"{tag(source)}_to_{tag(target)}_{label}",
                    [In(source, x, sx, zero(r, source) if source in QUANTIZED else 0)],
                    [Out(target, x.shape, sy, zero(r, target) if target in QUANTIZED else 0)],
                    options("Quantize"),
                    3 if INT16 in (source, target) else 2,
                )
    for kind in QUANTIZED + (INT32,):
        x = every_code(kind) if kind != INT32 else np.arange(-30, 30).reshape(2, 30)
        for label, q in (
            ("small", (0.0137, 0 if kind in (INT16, INT32) else 17)),
            ("large", (3.7, 0 if kind in (INT16, INT32) else 100)),
        ):
            yield single(
                "DEQUANTIZE",
                f"{tag(kind)}_{label}",
                [In(kind, x, *q)],
                [Out(FLOAT32, x.shape)],
                options("Dequantize"),
                {INT8: 2, INT16: 3}.get(kind, 1),
            )
    r = rng("DEQUANTIZE", "axis")
    for kind in (INT8, UINT8, INT16):
        yield single(
            "DEQUANTIZE",
            f"{tag(kind)}_axis_0",
            [In(kind, codes(r, kind, (3, 7)), [0.1, 0.02, 1.5], [0, 3, 0] if kind != INT16 else 0)],
            [Out(FLOAT32, (3, 7))],
            options("Dequantize"),
            5,
        )
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
            yield single(
                "CAST", f"{tag(source)}_to_{tag(target)}", [In(source, x)], [Out(target, (3, 7))], options("Cast"), 1
            )


def cases():
    for family in (unary, prelu, conversions):
        yield from family()
