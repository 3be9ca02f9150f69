"""Matrix products and embeddings; integer, hybrid, float and float16 weights."""

import numpy as np

from cases import Const, HalfConst, In, Out, codes, floats, rng, single, summed, tag, zero
from convolutions import old_weights, quantized_product, weights_of, with_bias_type
from tflite_builder import FLOAT32, INT8, INT16, INT32, INT64, NONE, RELU, RELU6, RELU_N1_TO_1, UINT8, options

# label: (input, outputs, keep_num_dims, activation, with a bias)
DENSE = {
    "row": ((1, 17), 5, False, NONE, True),
    "rows": ((3, 35), 9, False, RELU, True),
    "no_bias": ((2, 8), 3, False, NONE, False),
    "keep_dimensions": ((2, 3, 8), 5, True, RELU6, True),
    "folded": ((2, 2, 6), 4, False, RELU_N1_TO_1, True),
}


def dense():
    op = "FULLY_CONNECTED"
    for label, (x, units, keep, act, with_bias) in DENSE.items():
        depth = 12 if label == "folded" else x[-1]
        w = (units, depth)
        out = x[:-1] + (units,) if keep else (int(np.prod(x)) // depth, units)
        opts = options("FullyConnected", fusedActivationFunction=act, keepNumDims=keep)
        least = 5 if keep else 1
        if not with_bias:
            least = 6
        for name, x_kind, w_kind, per_axis, bias, version in (
            ("int8", INT8, INT8, False, INT32, max(4, least)),
            ("int8_axis", INT8, INT8, True, INT32, 12),
            ("uint8", UINT8, UINT8, False, INT32, least),
            ("int16_bias64", INT16, INT8, False, INT64, 7),
            ("int16_bias32", INT16, INT8, False, INT32, 11),
            ("int16_axis", INT16, INT8, True, INT64, 12),
        ):
            ins = quantized_product(
                op,
                label,
                x_kind,
                w_kind,
                x,
                w,
                out,
                depth,
                opts,
                version,
                per_axis,
                bias=bias if with_bias else None,
                seed=name,
            )
            yield single(op, f"{name}_{label}", list(ins[:3]), [ins[3]], with_bias_type(opts, x_kind, bias), version)
        for name, per_axis, asymmetric, kind in (
            ("hybrid", False, False, INT8),
            ("hybrid_asymmetric", False, True, INT8),
            ("hybrid_axis", True, False, INT8),
            ("hybrid_axis_asymmetric", True, True, INT8),
            ("hybrid_uint8", False, False, UINT8),
        ):
            r = rng(op, name, label)
            weights = weights_of(r, INT8, w, per_axis, 0) if kind == INT8 else old_weights(r, w)
            hybrid = options(
                "FullyConnected", fusedActivationFunction=act, keepNumDims=keep, asymmetricQuantizeInputs=asymmetric
            )
            values = floats(r, x)
            if label == "rows":
                values[1] = 0
            yield single(
                op,
                f"{name}_{label}",
                [In(FLOAT32, values), weights, Const(FLOAT32, floats(r, (units,))) if with_bias else None],
                [Out(FLOAT32, out)],
                hybrid,
                12 if per_axis else 9 if asymmetric else max(3, least),
            )
        r = rng(op, "float32", label)
        values, bias = floats(r, w), floats(r, (units,))
        yield single(
            op,
            f"float32_{label}",
            [In(FLOAT32, floats(r, x)), Const(FLOAT32, values), Const(FLOAT32, bias) if with_bias else None],
            [Out(FLOAT32, out)],
            opts,
            least,
            summed(depth + 1),
        )
        if label in ("row", "rows"):
            yield single(
                op,
                f"float16_{label}",
                [In(FLOAT32, floats(r, x)), HalfConst(values), HalfConst(bias)],
                [Out(FLOAT32, out)],
                opts,
                least,
                summed(depth + 1),
            )


# label: (first, second, adj_x, adj_y); the second as stored
MATRICES = {
    "plain": ((2, 3, 17), (2, 17, 5), False, False),
    "second_turned": ((2, 3, 8), (2, 9, 8), False, True),
    "first_turned": ((2, 8, 3), (2, 8, 5), True, False),
    "both_turned": ((1, 8, 3), (1, 5, 8), True, True),
    "broadcast": ((2, 1, 3, 8), (3, 8, 5), False, False),
    "matrix": ((4, 17), (17, 3), False, False),
}


def matrices():
    op = "BATCH_MATMUL"
    for label, (a, b, adj_x, adj_y) in MATRICES.items():
        rows, depth = (a[-1], a[-2]) if adj_x else (a[-2], a[-1])
        columns = b[-2] if adj_y else b[-1]
        out = np.broadcast_shapes(a[:-2], b[:-2]) + (rows, columns)
        for kind, version in ((INT8, 2), (INT16, 3), (UINT8, 2)):
            for name, constant, centred in (
                ("", False, True),
                ("_offset", False, False),
                ("_constant", True, True),
                ("_constant_offset", True, False),
            ):
                if kind == INT16 and not centred:
                    continue
                r = rng(op, kind, label, name)
                sx, sw = (0.0007, 0.0004) if kind == INT16 else (0.037, 0.011)
                spread = 32768 if kind == INT16 else 128
                sy = float(np.float32(np.sqrt(depth) * spread * spread / 3 * sx * sw / (spread * 0.4)))
                mid = 128 if kind == UINT8 else 0
                x = In(kind, codes(r, kind, a), sx, zero(r, kind))
                w = (Const if constant else In)(kind, codes(r, kind, b), sw, mid if centred else mid + 21)
                yield single(
                    op,
                    f"{tag(kind)}{name}_{label}",
                    [x, w],
                    [Out(kind, out, sy, 0 if kind == INT16 else mid - 9)],
                    options("BatchMatMul", adjX=adj_x, adjY=adj_y),
                    version,
                )
        for name, per_axis, asymmetric in (
            ("hybrid", False, False),
            ("hybrid_asymmetric", False, True),
            ("hybrid_axis", True, False),
        ):
            r = rng(op, name, label)
            axis = len(b) - (2 if adj_y else 1)
            yield single(
                op,
                f"{name}_{label}",
                [In(FLOAT32, floats(r, a)), weights_of(r, INT8, b, per_axis, axis)],
                [Out(FLOAT32, out)],
                options("BatchMatMul", adjX=adj_x, adjY=adj_y, asymmetricQuantizeInputs=asymmetric),
                4 if asymmetric else 1,
            )
        r = rng(op, "float32", label)
        yield single(
            op,
            f"float32_{label}",
            [In(FLOAT32, floats(r, a)), In(FLOAT32, floats(r, b))],
            [Out(FLOAT32, out)],
            options("BatchMatMul", adjX=adj_x, adjY=adj_y),
            1,
            summed(depth),
        )
        yield single(
            op,
            f"float32_constant_{label}",
            [In(FLOAT32, floats(r, a)), Const(FLOAT32, floats(r, b))],
            [Out(FLOAT32, out)],
            options("BatchMatMul", adjX=adj_x, adjY=adj_y),
            1,
            summed(depth),
        )
        yield single(
            op,
            f"float16_{label}",
            [In(FLOAT32, floats(r, a)), HalfConst(floats(r, b))],
            [Out(FLOAT32, out)],
            options("BatchMatMul", adjX=adj_x, adjY=adj_y),
            1,
            summed(depth),
        )


def embeddings():
    op = "EMBEDDING_LOOKUP"
    index = np.array([3, 0, 6, 3, 1])
    r = rng(op)
    for name, table, out in (
        ("float32", Const(FLOAT32, floats(r, (7, 5))), Out(FLOAT32, (5, 5))),
        ("float32_three_dimensions", Const(FLOAT32, floats(r, (7, 2, 3))), Out(FLOAT32, (5, 2, 3))),
        ("float16", HalfConst(floats(r, (7, 5))), Out(FLOAT32, (5, 5))),
        ("hybrid_tensor", Const(INT8, codes(r, INT8, (7, 5)), 0.013), Out(FLOAT32, (5, 5))),
        (
            "hybrid_axis",
            Const(INT8, codes(r, INT8, (7, 5)), [0.01, 0.02, 0.013, 0.5, 0.3, 0.004, 0.1]),
            Out(FLOAT32, (5, 5)),
        ),
        ("hybrid_uint8", Const(UINT8, codes(r, UINT8, (7, 5)), 0.013), Out(FLOAT32, (5, 5))),
        ("int8", Const(INT8, codes(r, INT8, (7, 5)), 0.013, 3), Out(INT8, (5, 5), 0.013, 3)),
        ("uint8", Const(UINT8, codes(r, UINT8, (7, 5)), 0.013, 3), Out(UINT8, (5, 5), 0.013, 3)),
    ):
        yield single(
            op,
            name,
            [In(INT32, index), table],
            [out],
            None,
            {INT8: 2, UINT8: 1}.get(table.kind, 1) if out.kind == FLOAT32 else 3,
        )


def cases():
    for family in (dense, matrices, embeddings):
        yield from family()
