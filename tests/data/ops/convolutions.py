"""Convolutions; integer, hybrid, float and float16 weights."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from cases import Const, HalfConst, In, Out, codes, floats, rng, single, summed, zero
from tflite_builder import (
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


def same_or_valid(n, k, stride, dilation, padding):
    extent = (k - 1) * dilation + 1
    return -(-n // stride) if padding == SAME else (n - extent) // stride + 1


def _steps(r, channels, per_axis):
    """Scales of weights: one, or one for each channel, over two octaves."""
    if not per_axis:
        return float(np.float32(r.uniform(0.004, 0.02)))
    return [float(v) for v in r.uniform(0.004, 0.016, channels).astype(np.float32)]


def weights_of(r, kind, shape, per_axis, axis):
    if kind == UINT8:
        return Const(UINT8, codes(r, UINT8, shape), _steps(r, 1, False), int(r.integers(90, 170)))
    values = np.maximum(codes(r, INT8, shape), -127)
    scales = _steps(r, shape[axis], per_axis)
    return Const(INT8, values, scales, 0, axis if per_axis else 0)


def _bias(r, kind, count, sx, sw, spread, per_axis):
    values = r.integers(-spread, spread + 1, count)
    scales = np.float32(sx) * np.array(sw, np.float32)
    return Const(kind, values, [float(v) for v in np.atleast_1d(scales)], 0)


def old_weights(r, shape):
    """Weights of old hybrid files: symmetric codes, written as uint8. -128 is none of them."""
    return Const(UINT8, np.maximum(codes(r, INT8, shape), -127).view(np.uint8), 0.011, 0)


def with_bias_type(opts, x_kind, bias):
    """int16 activations: the options say that the bias has 32 bits; 64 are the rule."""
    fields = {k: v for k, v in vars(opts).items() if k != "kind"}
    if x_kind == INT16 and bias == INT32:
        fields["quantizedBiasType"] = schema.TensorType.INT32
    return options(opts.kind.removesuffix("Options"), **fields)


def quantized_product(
    op,
    label,
    x_kind,
    w_kind,
    x_shape,
    w_shape,
    out_shape,
    terms,
    opts,
    version,
    per_axis,
    axis=0,
    bias=INT32,
    act_room=1.0,
    seed=None,
):
    """Input, weights, bias and output of an integer product whose answers fill the output's range."""
    r = rng(op, x_kind, w_kind, label, seed)
    channels = w_shape[axis]
    sx, zx = (0.0007 if x_kind == INT16 else 0.037), (0 if x_kind == INT16 else zero(r, x_kind))
    weights = weights_of(r, w_kind, w_shape, per_axis, axis)
    spread = 32768 if x_kind == INT16 else 128
    deviation = np.sqrt(terms) * spread * 74 / np.sqrt(3)
    sy = float(np.float32(deviation * sx * np.mean(weights.scale) / (spread * 0.4) * act_room))
    b = None if bias is None else _bias(r, bias, channels, sx, weights.scale, int(deviation), per_axis)
    out = Out(
        x_kind, out_shape, sy, 0 if x_kind == INT16 else int(zero(r, x_kind) * 0.3 + (90 if x_kind == UINT8 else 0))
    )
    return In(x_kind, codes(r, x_kind, x_shape), sx, zx), weights, b, out


# label: (input, kernel height and width, output channels, stride, dilation, padding, groups, activation)
CONVOLUTIONS = {
    "same": ((1, 5, 6, 3), (3, 3), 5, (1, 1), (1, 1), SAME, 1, NONE),
    "stride_2": ((2, 6, 5, 8), (3, 2), 3, (2, 2), (1, 1), SAME, 1, RELU),
    "point": ((1, 3, 4, 17), (1, 1), 9, (1, 1), (1, 1), VALID, 1, NONE),
    "dilated": ((1, 8, 7, 3), (3, 3), 4, (1, 1), (2, 2), VALID, 1, RELU6),
    "groups": ((1, 4, 4, 6), (3, 3), 4, (1, 1), (1, 1), SAME, 2, NONE),
    "whole": ((2, 4, 3, 5), (4, 3), 17, (1, 1), (1, 1), VALID, 1, RELU_N1_TO_1),
}


def _conv_shapes(label):
    x, (kh, kw), channels, stride, dilation, padding, groups, act = CONVOLUTIONS[label]
    out = (
        x[0],
        same_or_valid(x[1], kh, stride[0], dilation[0], padding),
        same_or_valid(x[2], kw, stride[1], dilation[1], padding),
        channels,
    )
    opts = options(
        "Conv2D",
        padding=padding,
        strideH=stride[0],
        strideW=stride[1],
        dilationHFactor=dilation[0],
        dilationWFactor=dilation[1],
        fusedActivationFunction=act,
    )
    return x, (channels, kh, kw, x[3] // groups), out, kh * kw * x[3] // groups, opts


def convolutions():
    op = "CONV_2D"
    for label in CONVOLUTIONS:
        x, w, out, terms, opts = _conv_shapes(label)
        groups = label == "groups"
        for name, x_kind, w_kind, per_axis, bias, version in (
            ("int8", INT8, INT8, True, INT32, 6 if groups else 3),
            ("int8_one_step", INT8, INT8, False, INT32, 3),
            ("uint8", UINT8, UINT8, False, INT32, 1),
            ("int16_bias64", INT16, INT8, True, INT64, 4),
            ("int16_bias32", INT16, INT8, True, INT32, 8),
            ("int16_no_bias", INT16, INT8, True, None, 4),
        ):
            ins = quantized_product(
                op, label, x_kind, w_kind, x, w, out, terms, opts, version, per_axis, bias=bias, seed=name
            )
            yield single(op, f"{name}_{label}", list(ins[:3]), [ins[3]], with_bias_type(opts, x_kind, bias), version)
        for name, make in (
            ("hybrid_axis", lambda r, w=w: weights_of(r, INT8, w, True, 0)),
            ("hybrid_tensor", lambda r, w=w: weights_of(r, INT8, w, False, 0)),
            ("hybrid_uint8", lambda r, w=w: old_weights(r, w)),
        ):
            r = rng(op, name, label)
            yield single(
                op,
                f"{name}_{label}",
                [In(FLOAT32, floats(r, x)), make(r), Const(FLOAT32, floats(r, (w[0],)))],
                [Out(FLOAT32, out)],
                opts,
                5 if name == "hybrid_axis" else 2,
            )
        r = rng(op, "float32", label)
        values, bias = floats(r, w), floats(r, (w[0],))
        yield single(
            op,
            f"float32_{label}",
            [In(FLOAT32, floats(r, x)), Const(FLOAT32, values), Const(FLOAT32, bias)],
            [Out(FLOAT32, out)],
            opts,
            6 if groups else 1,
            summed(terms + 1),
        )
        if label in ("same", "point"):
            yield single(
                op,
                f"float16_{label}",
                [In(FLOAT32, floats(r, x)), HalfConst(values), HalfConst(bias)],
                [Out(FLOAT32, out)],
                opts,
                1,
                summed(terms + 1),
            )
    # A channel whose weights' scale is zero, and an accumulator past 2^24.
    x, w, out, terms, opts = _conv_shapes("point")
    made = quantized_product(op, "dead_channel", INT8, INT8, x, w, out, terms, opts, 3, True)
    made[1].scale[3] = 0.0
    yield single(op, "int8_dead_channel", list(made[:3]), [made[3]], opts, 3)
    r = rng(op, "large")
    bias = Const(INT32, r.integers(-(2**29), 2**29, w[0]), [0.001] * w[0])
    yield single(
        op,
        "int8_large_accumulators",
        [In(INT8, codes(r, INT8, x), 0.05, 3), Const(INT8, np.maximum(codes(r, INT8, w), -127), [0.02] * w[0]), bias],
        [Out(INT8, out, 5.1e3, -3)],
        opts,
        3,
    )
    zero_row = floats(r, (3, 3, 4, 17))
    zero_row[1] = 0
    for name, weights in (
        ("hybrid_axis", weights_of(r, INT8, w, True, 0)),
        ("hybrid_tensor", weights_of(r, INT8, w, False, 0)),
    ):
        yield single(
            op,
            f"{name}_zero_row",
            [In(FLOAT32, zero_row), weights, Const(FLOAT32, floats(r, (w[0],)))],
            [Out(FLOAT32, (3, 3, 4, w[0]))],
            opts,
            5,
        )


# label: (input, kernel, multiplier, stride, dilation, padding, activation)
DEPTHWISE = {
    "same": ((1, 5, 4, 5), (3, 3), 1, (1, 1), (1, 1), SAME, NONE),
    "wide": ((1, 4, 3, 17), (3, 3), 1, (1, 1), (1, 1), SAME, NONE),
    "stride_2": ((2, 6, 5, 8), (3, 3), 1, (2, 2), (1, 1), SAME, RELU6),
    "multiplier": ((1, 4, 5, 3), (2, 3), 3, (1, 1), (1, 1), VALID, RELU),
    "dilated": ((1, 7, 8, 6), (3, 3), 1, (1, 1), (2, 2), VALID, NONE),
    "one_channel": ((1, 5, 5, 1), (3, 3), 8, (1, 1), (1, 1), SAME, NONE),
}


def depthwise():
    op = "DEPTHWISE_CONV_2D"
    for label, (x, (kh, kw), multiplier, stride, dilation, padding, act) in DEPTHWISE.items():
        channels = x[3] * multiplier
        w = (1, kh, kw, channels)
        out = (
            x[0],
            same_or_valid(x[1], kh, stride[0], dilation[0], padding),
            same_or_valid(x[2], kw, stride[1], dilation[1], padding),
            channels,
        )
        opts = options(
            "DepthwiseConv2D",
            padding=padding,
            strideH=stride[0],
            strideW=stride[1],
            depthMultiplier=multiplier,
            dilationHFactor=dilation[0],
            dilationWFactor=dilation[1],
            fusedActivationFunction=act,
        )
        old = 2 if label == "dilated" else 1
        for name, x_kind, w_kind, per_axis, bias, version in (
            ("int8", INT8, INT8, True, INT32, 3),
            ("int8_one_step", INT8, INT8, False, INT32, 3),
            ("uint8", UINT8, UINT8, False, INT32, old),
            ("int16_bias64", INT16, INT8, True, INT64, 5),
            ("int16_bias32", INT16, INT8, True, INT32, 5),
        ):
            ins = quantized_product(
                op, label, x_kind, w_kind, x, w, out, kh * kw, opts, version, per_axis, axis=3, bias=bias, seed=name
            )
            yield single(op, f"{name}_{label}", list(ins[:3]), [ins[3]], opts, version)
        # One scale alone is left out: LiteRT reads a scale for each channel, past the end of the list.
        r = rng(op, "hybrid_axis", label)
        yield single(
            op,
            f"hybrid_axis_{label}",
            [In(FLOAT32, floats(r, x)), weights_of(r, INT8, w, True, 3), Const(FLOAT32, floats(r, (channels,)))],
            [Out(FLOAT32, out)],
            opts,
            6,
        )
        r = rng(op, "float32", label)
        values, bias = floats(r, w), floats(r, (channels,))
        yield single(
            op,
            f"float32_{label}",
            [In(FLOAT32, floats(r, x)), Const(FLOAT32, values), Const(FLOAT32, bias)],
            [Out(FLOAT32, out)],
            opts,
            old,
            summed(kh * kw + 1),
        )
        if label in ("same", "multiplier"):
            yield single(
                op,
                f"float16_{label}",
                [In(FLOAT32, floats(r, x)), HalfConst(values), HalfConst(bias)],
                [Out(FLOAT32, out)],
                opts,
                old,
                summed(kh * kw + 1),
            )
    r = rng(op, "hybrid_uint8")
    yield single(
        op,
        "hybrid_uint8",
        [In(FLOAT32, floats(r, (1, 4, 4, 5))), old_weights(r, (1, 3, 3, 5)), Const(FLOAT32, floats(r, (5,)))],
        [Out(FLOAT32, (1, 4, 4, 5))],
        options("DepthwiseConv2D", padding=SAME, strideH=1, strideW=1, depthMultiplier=1),
        4,
    )


# label: (input, kernel, channels, stride, padding, output height and width, with a bias, activation)
TRANSPOSED = {
    "same": ((1, 4, 3, 3), (3, 3), 5, (2, 2), SAME, (8, 6), True, NONE),
    "valid": ((2, 3, 2, 8), (2, 3), 9, (1, 2), VALID, (4, 5), False, NONE),
    "relu": ((1, 3, 3, 5), (3, 3), 3, (1, 1), SAME, (3, 3), True, RELU),
}


def transposed():
    op = "TRANSPOSE_CONV"
    for label, (x, (kh, kw), channels, stride, padding, size, with_bias, act) in TRANSPOSED.items():
        w, out = (channels, kh, kw, x[3]), (x[0], *size, channels)
        opts = options(
            "TransposeConv", padding=padding, strideH=stride[0], strideW=stride[1], fusedActivationFunction=act
        )
        shape = Const(INT32, out)
        terms = x[3] * max(1, kh * kw // (stride[0] * stride[1]))
        old = 4 if act else 3 if with_bias else 1
        for name, x_kind, w_kind, per_axis, bias, version in (
            ("int8", INT8, INT8, True, INT32, max(old, 3 if with_bias else 2)),
            ("int8_one_step", INT8, INT8, False, INT32, max(old, 2)),
            ("uint8", UINT8, UINT8, False, INT32, old),
            ("int16_bias64", INT16, INT8, True, INT64, max(old, 3)),
            ("int16_bias32", INT16, INT8, True, INT32, 5),
        ):
            ins = quantized_product(
                op,
                label,
                x_kind,
                w_kind,
                x,
                w,
                out,
                terms,
                opts,
                version,
                per_axis,
                bias=bias if with_bias else None,
                seed=name,
            )
            yield single(
                op,
                f"{name}_{label}",
                [shape, ins[1], ins[0]] + ([ins[2]] if with_bias else []),
                [ins[3]],
                with_bias_type(opts, x_kind, bias),
                version,
            )
        for name, per_axis in (("hybrid_axis", True), ("hybrid_tensor", False)):
            r = rng(op, name, label)
            yield single(
                op,
                f"{name}_{label}",
                [shape, weights_of(r, INT8, w, per_axis, 0), In(FLOAT32, floats(r, x))]
                + ([Const(FLOAT32, floats(r, (channels,)))] if with_bias else []),
                [Out(FLOAT32, out)],
                opts,
                max(old, 2),
            )
        r = rng(op, "float32", label)
        values, bias = floats(r, w), floats(r, (channels,))
        most = x[3] * kh * kw + 1
        for name, make in (("float32", lambda v: Const(FLOAT32, v)), ("float16", HalfConst)):
            yield single(
                op,
                f"{name}_{label}",
                [shape, make(values), In(FLOAT32, floats(r, x))] + ([make(bias)] if with_bias else []),
                [Out(FLOAT32, out)],
                opts,
                old,
                summed(most),
            )


def volumes():
    op = "CONV_3D"
    for label, padding, stride, act, with_bias in (
        ("same", SAME, 1, NONE, True),
        ("valid_stride_2", VALID, 2, RELU, True),
        ("no_bias", SAME, 2, NONE, False),
    ):
        x, k = (1, 4, 5, 3, 3), (2, 3, 2, 3, 5)
        out = (1, *(same_or_valid(n, s, stride, 1, padding) for n, s in zip(x[1:4], k[:3])), k[4])
        opts = options(
            "Conv3D", padding=padding, strideD=stride, strideH=stride, strideW=stride, fusedActivationFunction=act
        )
        r = rng(op, label)
        values, bias = floats(r, k), floats(r, (k[4],))
        for name, make in (("float32", lambda v: Const(FLOAT32, v)), ("float16", HalfConst)):
            yield single(
                op,
                f"{name}_{label}",
                [In(FLOAT32, floats(r, x)), make(values)] + ([make(bias)] if with_bias else []),
                [Out(FLOAT32, out)],
                opts,
                1,
                summed(int(np.prod(k[:4])) + 1),
            )
        yield single(
            op,
            f"int8_{label}",
            [In(INT8, codes(r, INT8, x), 0.03, 4), Const(INT8, codes(r, INT8, k), 0.01)]
            + ([Const(INT32, np.zeros(k[4]), 0.0003)] if with_bias else []),
            [Out(INT8, out, 0.1, 3)],
            opts,
            1,
        )


def cases():
    for family in (convolutions, depthwise, transposed, volumes):
        yield from family()
