"""Pooling, reductions, normalizations along rows, resizing and searches."""

import numpy as np

from cases import QUANTIZED, Bound, Const, In, Out, U, codes, floats, gamma, rng, scale, single, summed, tag, zero
from convolutions import same_or_valid
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
    SAME,
    UINT8,
    VALID,
    options,
)

# label: (input, filter, stride, padding, activation)
POOLS = {
    "valid": ((1, 6, 5, 5), (2, 2), (2, 2), VALID, NONE),
    "same": ((2, 5, 5, 3), (3, 3), (1, 1), SAME, NONE),
    "global": ((1, 7, 7, 8), (7, 7), (1, 1), VALID, RELU6),
    "flat": ((1, 3, 8, 17), (1, 3), (1, 2), SAME, RELU),
    "narrow": ((1, 4, 4, 1), (2, 3), (2, 1), SAME, RELU_N1_TO_1),
}


def pools():
    for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"):
        for label, (x, k, stride, padding, act) in POOLS.items():
            out = (x[0], *(same_or_valid(n, f, s, 1, padding) for n, f, s in zip(x[1:3], k, stride)), x[3])
            opts = options(
                "Pool2D",
                padding=padding,
                strideH=stride[0],
                strideW=stride[1],
                filterHeight=k[0],
                filterWidth=k[1],
                fusedActivationFunction=act,
            )
            r = rng(op, label)
            terms = k[0] * k[1]
            bound = None if op == "MAX_POOL_2D" else summed(terms + 4)
            yield single(op, f"float32_{label}", [In(FLOAT32, floats(r, x, 2))], [Out(FLOAT32, out)], opts, 1, bound)
            for kind, version in ((INT8, 2), (UINT8, 1), (INT16, 3)):
                q = (0.047 if kind != INT16 else 0.00021, zero(r, kind) // 2)
                yield single(
                    op, f"{tag(kind)}_{label}", [In(kind, codes(r, kind, x), *q)], [Out(kind, out, *q)], opts, version
                )


AXES = {
    "height_width": ((2, 4, 5, 5), (1, 2), True),
    "last": ((3, 5, 7), (-1,), False),
    "first": ((5, 3, 4), (0,), True),
    "all": ((2, 3, 4), (0, 1, 2), False),
    "apart": ((2, 3, 4, 5), (0, 2), False),
    "height_width_flat": ((1, 7, 7, 17), (1, 2), False),
}


def reductions():
    for op in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"):
        version = {INT8: 2, INT16: 2 if op in ("SUM", "REDUCE_PROD") else 3}
        for label, (x, axes, keep) in AXES.items():
            full = tuple(sorted(a % len(x) for a in axes))
            out = tuple(1 if i in full else n for i, n in enumerate(x) if keep or i not in full)
            count = int(np.prod([x[a] for a in full]))
            opts = options("Reducer", keepDims=keep)
            for kind in (FLOAT32, INT8, UINT8, INT16, INT32, INT64):
                if label in ("first", "apart") and op.startswith("REDUCE"):
                    continue
                r = rng(op, kind, label)
                axis = Const(INT32, axes)
                if kind in QUANTIZED:
                    sx, sy = scale(r), scale(r)
                    if op == "SUM":
                        sy = float(np.float32(sx * np.sqrt(count)))
                    elif op == "REDUCE_PROD":
                        sx, sy = 0.02, float(np.float32(0.02 * 1.5 ** min(count, 6)))
                    elif op in ("REDUCE_MAX", "REDUCE_MIN"):
                        sy = sx
                    zx, zy = zero(r, kind), zero(r, kind)
                    if op in ("REDUCE_MAX", "REDUCE_MIN"):
                        zy = zx
                    yield single(
                        op,
                        f"{tag(kind)}_{label}",
                        [In(kind, codes(r, kind, x), sx, zx), axis],
                        [Out(kind, out, sy, zy)],
                        opts,
                        version.get(kind, 1),
                    )
                else:
                    values = floats(r, x) if kind == FLOAT32 else r.integers(-3, 4, x)
                    if op == "REDUCE_PROD":
                        values = (
                            np.sign(values) * (np.abs(values) * np.float32(0.2) + np.float32(0.8))
                            if kind == FLOAT32
                            else np.where(values == 0, 1, np.sign(values) * (1 + (np.abs(values) == 3)))
                        )
                    bound = None
                    if kind == FLOAT32 and op in ("MEAN", "SUM"):
                        bound = summed(count + 2)
                    elif kind == FLOAT32 and op == "REDUCE_PROD":
                        bound = Bound(f"a product of {count} factors", relative=2 * gamma(count))
                    yield single(op, f"{tag(kind)}_{label}", [In(kind, values), axis], [Out(kind, out)], opts, 1, bound)
    # Same step on both sides, and ties.
    for kind in QUANTIZED:
        r = rng("MEAN", kind, "same_step")
        q = (0.05, 0 if kind == INT16 else 7)
        yield single(
            "MEAN",
            f"{tag(kind)}_same_step",
            [In(kind, codes(r, kind, (1, 4, 4, 17)), *q), Const(INT32, (1, 2))],
            [Out(kind, (1, 17), *q)],
            options("Reducer", keepDims=False),
            version.get(kind, 1),
        )
        yield single(
            "MEAN",
            f"{tag(kind)}_ties",
            [In(kind, codes(r, kind, (2, 40)), *q), Const(INT32, (0,))],
            [Out(kind, (40,), *q)],
            options("Reducer", keepDims=False),
            version.get(kind, 1),
        )
    for op in ("REDUCE_ANY", "REDUCE_ALL"):
        r = rng(op)
        chance = 0.2 if op == "REDUCE_ANY" else 0.85
        for label, (x, axes, keep) in AXES.items():
            full = tuple(sorted(a % len(x) for a in axes))
            out = tuple(1 if i in full else n for i, n in enumerate(x) if keep or i not in full)
            yield single(
                op,
                f"bool_{label}",
                [In(BOOL, r.random(x) < chance), Const(INT32, axes)],
                [Out(BOOL, out)],
                options("Reducer", keepDims=keep),
                1,
            )


def rows():
    for label, x, beta in (
        ("ten", (3, 10), 1.0),
        ("image", (1, 2, 3, 17), 0.7),
        ("one", (4, 1), 1.0),
        ("long", (2, 150), 2.0),
    ):
        for kind in QUANTIZED:
            r = rng("SOFTMAX", kind, label)
            low = {INT8: -128, UINT8: 0, INT16: 0}[kind]
            for step, sx in (("fine", 0.03), ("coarse", 0.4), ("tiny", 1e-5)):
                sx = sx / 256 if kind == INT16 else sx
                outs = [Out(kind, x, 1 / 32768 if kind == INT16 else 1 / 256, low)]
                ins = [In(kind, codes(r, kind, x), sx, 0 if kind == INT16 else 3)]
                yield single(
                    "SOFTMAX",
                    f"{tag(kind)}_{label}_{step}",
                    ins,
                    outs,
                    options("Softmax", beta=beta),
                    {INT8: 2, INT16: 3}.get(kind, 1),
                )
            if kind == INT8:
                yield single(
                    "SOFTMAX",
                    f"int8_to_int16_{label}",
                    ins,
                    [Out(INT16, x, 1 / 65536, -32768)],
                    options("Softmax", beta=beta),
                    3,
                )
        r = rng("SOFTMAX", "float32", label)
        values = floats(r, x, 3)
        largest = float(np.abs(values).max()) * beta
        bound = Bound(
            "exponentials within 4 units of arguments rounded once, their sum, one division",
            8 * U,
            2 * (gamma(x[-1] + 12) + 2 * U * largest * 2),
        )
        yield single(
            "SOFTMAX",
            f"float32_{label}",
            [In(FLOAT32, values)],
            [Out(FLOAT32, x)],
            options("Softmax", beta=beta),
            1,
            bound,
        )
        for kind in QUANTIZED:
            r = rng("LOG_SOFTMAX", kind, label)
            for step, sx in (("fine", 0.03), ("coarse", 0.25)):
                if kind == INT16:
                    continue
                yield single(
                    "LOG_SOFTMAX",
                    f"{tag(kind)}_{label}_{step}",
                    [In(kind, codes(r, kind, x), sx, 3)],
                    [Out(kind, x, 16 / 256, {INT8: 127, UINT8: 255}[kind])],
                    options("LogSoftmax"),
                    {INT8: 2}.get(kind, 1),
                )
        if label == "ten":
            yield single(
                "LOG_SOFTMAX",
                "int16",
                [In(INT16, codes(r, INT16, x), 0.001)],
                [Out(INT16, x, 16 / 65536, 32767)],
                options("LogSoftmax"),
                2,
            )
        yield single(
            "LOG_SOFTMAX",
            f"float32_{label}",
            [In(FLOAT32, values)],
            [Out(FLOAT32, x)],
            options("LogSoftmax"),
            1,
            Bound(
                "differences from the maximum, a sum of exponentials, its logarithm",
                2 * (gamma(x[-1] + 12) + 8 * U * float(np.abs(values).max() * 2 + 8)),
            ),
        )
    for label, x in (("row", (3, 10)), ("image", (1, 2, 3, 17))):
        for kind in QUANTIZED:
            r = rng("L2_NORMALIZATION", kind, label)
            yield single(
                "L2_NORMALIZATION",
                f"{tag(kind)}_{label}",
                [In(kind, codes(r, kind, x), 0.03, 0 if kind == INT16 else zero(r, kind))],
                [Out(kind, x, 1 / 32768 if kind == INT16 else 1 / 128, {INT8: 0, UINT8: 128, INT16: 0}[kind])],
                options("L2Norm"),
                2 if kind == INT8 else 1,
            )
        r = rng("L2_NORMALIZATION", "float32", label)
        yield single(
            "L2_NORMALIZATION",
            f"float32_{label}",
            [In(FLOAT32, floats(r, x))],
            [Out(FLOAT32, x)],
            options("L2Norm"),
            1,
            Bound("a sum of squares, its root, one quotient", 0, 2 * gamma(x[-1] + 4)),
        )
    small = codes(rng("L2_NORMALIZATION", "zeros"), INT8, (4, 6))
    small[1] = 5
    small[2] = (5, 5, 6, 5, 5, 5)
    yield single(
        "L2_NORMALIZATION", "int8_zeros", [In(INT8, small, 0.03, 5)], [Out(INT8, (4, 6), 1 / 128)], options("L2Norm"), 2
    )
    op = "LOCAL_RESPONSE_NORMALIZATION"
    for label, radius, bias, alpha, beta in (("usual", 2, 1.0, 0.5, 0.5), ("wide", 5, 2.0, 0.1, 0.75)):
        r = rng(op, label)
        x = floats(r, (1, 2, 3, 9), 2)
        yield single(
            op,
            f"float32_{label}",
            [In(FLOAT32, x)],
            [Out(FLOAT32, x.shape)],
            options("LocalResponseNormalization", radius=radius, bias=bias, alpha=alpha, beta=beta),
            1,
            Bound("a sum of squares and one power", 0, 2 * (beta * gamma(2 * radius + 4) + 16 * U)),
        )


def resizes():
    for op, table in (("RESIZE_BILINEAR", "ResizeBilinear"), ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighbor")):
        for label, x, size in (
            ("up", (1, 3, 4, 3), (7, 9)),
            ("down", (2, 8, 7, 5), (3, 5)),
            ("twice", (1, 4, 3, 8), (8, 6)),
            ("one", (1, 4, 5, 2), (1, 1)),
        ):
            for mode, fields in (
                ("plain", {}),
                ("align", {"alignCorners": True}),
                ("half", {"halfPixelCenters": True}),
            ):
                for kind in (FLOAT32,) + QUANTIZED:
                    if label == "twice" and mode != "plain" or label == "one" and kind == INT16:
                        continue
                    r = rng(op, kind, label, mode)
                    version = {INT16: 4 if op == "RESIZE_BILINEAR" else 4}.get(
                        kind, 3 if mode == "half" else 2 if kind == INT8 else 1
                    )
                    q = (None, 0) if kind == FLOAT32 else (0.03, 0 if kind == INT16 else zero(r, kind))
                    values = floats(r, x) if kind == FLOAT32 else codes(r, kind, x)
                    bound = None
                    if kind == FLOAT32 and op == "RESIZE_BILINEAR":
                        largest = float(np.abs(values).max())
                        bound = Bound(
                            "a position rounded three times moves a weight by that much of the extent; four products",
                            2 * largest * (4 * gamma(4) * max(x[1], x[2]) + gamma(6)),
                        )
                    yield single(
                        op,
                        f"{tag(kind)}_{label}_{mode}",
                        [In(kind, values, *q), Const(INT32, size)],
                        [Out(kind, (x[0], *size, x[3]), *q)],
                        options(table, **fields),
                        version,
                        bound,
                    )


def searches():
    for op, table in (("ARG_MAX", "ArgMax"), ("ARG_MIN", "ArgMin")):
        for kind in (FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL):
            for label, axis, out_kind in (("last", -1, INT32), ("middle", 1, INT64)):
                r = rng(op, kind, label)
                x = (2, 5, 7)
                out = (2, 5) if axis == -1 else (2, 7)
                values = (
                    (r.integers(-4, 4, x) * np.float32(0.5))
                    if kind == FLOAT32
                    else r.integers(0, 6, x)
                    if kind != BOOL
                    else r.integers(0, 2, x)
                )
                q = (0.1, 0) if kind in QUANTIZED else (None, 0)
                yield single(
                    op,
                    f"{tag(kind)}_{label}",
                    [In(kind, values, *q), Const(INT32, [axis])],
                    [Out(out_kind, out)],
                    options(table, outputType=2 if out_kind == INT32 else 4),
                    2 if kind in (INT8, UINT8, INT16) else 1,
                )
    for kind in (FLOAT32, INT8, UINT8, INT16, INT32, INT64):
        for label, x, k in (("few", (3, 17), 4), ("all", (2, 2, 9), 9)):
            r = rng("TOPK_V2", kind, label)
            values = (r.integers(-9, 9, x) * np.float32(0.5)) if kind == FLOAT32 else r.integers(0, 12, x)
            q = (0.1, 0) if kind in QUANTIZED else (None, 0)
            yield single(
                "TOPK_V2",
                f"{tag(kind)}_{label}",
                [In(kind, values, *q), Const(INT32, k)],
                [Out(kind, x[:-1] + (k,), *q), Out(INT32, x[:-1] + (k,))],
                options("TopKV2"),
                2 if kind in (INT8, UINT8, INT16) else 1,
            )
    for kind in (FLOAT32, INT32, INT64):
        for label, axis, exclusive, reverse in (
            ("plain", 1, False, False),
            ("exclusive", -1, True, False),
            ("reverse", 0, False, True),
            ("both", 1, True, True),
        ):
            r = rng("CUMSUM", kind, label)
            values = floats(r, (3, 5, 4)) if kind == FLOAT32 else r.integers(-9, 9, (3, 5, 4))
            yield single(
                "CUMSUM",
                f"{tag(kind)}_{label}",
                [In(kind, values), Const(INT32, axis)],
                [Out(kind, (3, 5, 4))],
                options("Cumsum", exclusive=exclusive, reverse=reverse),
                1,
                summed(5) if kind == FLOAT32 else None,
            )


def cases():
    for family in (pools, reductions, rows, resizes, searches):
        yield from family()
