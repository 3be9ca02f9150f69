"""Operators that move, shape, pick or make elements, without arithmetic."""

from cases import QUANTIZED, Const, In, Out, codes, floats, rng, single, tag, zero
from tflite_builder import BOOL, FLOAT32, INT8, INT16, INT32, INT64, UINT8, options

KINDS = (FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL)


VERSIONS = {  # where the version tells the type of what is moved
    "CONCATENATION": {INT8: 2, INT16: 3},
    "TRANSPOSE": {INT8: 2, INT16: 4, BOOL: 3},
    "SPLIT": {INT8: 2, INT16: 4, INT32: 3},
    "SPLIT_V": {INT8: 2},
    "PACK": {INT8: 2, INT16: 3},
    "UNPACK": {INT8: 2, UINT8: 2, BOOL: 3, INT16: 4},
    "SLICE": {INT8: 2, INT16: 4},
    "STRIDED_SLICE": {INT8: 2, BOOL: 3, INT16: 4},
    "GATHER": {INT8: 2, BOOL: 3, INT16: 4},
    "GATHER_ND": {INT16: 3, BOOL: 4},
    "PAD": {INT8: 2, INT16: 3},
    "PADV2": {INT8: 2, INT16: 3},
    "MIRROR_PAD": {INT8: 2, INT16: 3},
    "SPACE_TO_DEPTH": {INT8: 2},
    "DEPTH_TO_SPACE": {INT8: 2},
    "SPACE_TO_BATCH_ND": {INT8: 2, INT16: 4},
    "BATCH_TO_SPACE_ND": {INT8: 2, INT16: 4},
    "TILE": {INT8: 3, UINT8: 3, INT16: 3},
    "REVERSE_V2": {BOOL: 2, INT8: 3},
    "BROADCAST_TO": {k: 2 for k in (FLOAT32, INT8, UINT8, INT32, INT64, BOOL)} | {INT16: 3},
    "FILL": {INT8: 3, INT16: 3},
    "SCATTER_ND": {BOOL: 1},
    "DYNAMIC_UPDATE_SLICE": {},
}


def values(r, kind, shape):
    if kind == FLOAT32:
        return floats(r, shape)
    if kind == BOOL:
        return r.integers(0, 2, shape).astype(bool)
    return codes(r, kind, shape)


def step(r, kind):
    """The same scale and zero point for all that an operator moves."""
    return (0.03, 0 if kind == INT16 else zero(r, kind)) if kind in QUANTIZED else (None, 0)


def move(op, label, kind, shape, out, opts=None, before=(), after=(), version=None, outs=None):
    """One moved tensor with constants before and after it in the operator's list."""
    r = rng(op, kind, label)
    q = step(r, kind)
    version = version or VERSIONS.get(op, {}).get(kind, 1)
    return single(
        op,
        f"{tag(kind)}_{label}",
        [*before, In(kind, values(r, kind, shape), *q), *after],
        outs(q) if outs else [Out(kind, out, *q)],
        opts,
        version,
    )


def ints(*numbers):
    return Const(INT32, numbers)


def longs(*numbers):
    return Const(INT64, numbers)


def shapes():
    for kind in KINDS:
        yield move(
            "RESHAPE", "input", kind, (2, 3, 4), (4, 6), options("Reshape", newShape=[4, 6]), after=[ints(4, -1)]
        )
        yield move("RESHAPE", "option", kind, (2, 3, 4), (24,), options("Reshape", newShape=[24]))
        yield move("SQUEEZE", "all", kind, (1, 3, 1, 5), (3, 5), options("Squeeze", squeezeDims=[]))
        yield move("SQUEEZE", "some", kind, (1, 3, 1, 5), (1, 3, 5), options("Squeeze", squeezeDims=[-2]))
        yield move("EXPAND_DIMS", "last", kind, (3, 5), (3, 5, 1), options("ExpandDims"), after=[ints(-1)])
        yield move("EXPAND_DIMS", "middle", kind, (3, 5), (3, 1, 5), options("ExpandDims"), after=[Const(INT32, 1)])
        yield move("TRANSPOSE", "matrix", kind, (3, 5), (5, 3), options("Transpose"), after=[ints(1, 0)])
        yield move(
            "TRANSPOSE", "four", kind, (2, 3, 2, 5), (2, 5, 3, 2), options("Transpose"), after=[ints(0, 3, 1, 2)]
        )
        yield move(
            "TRANSPOSE",
            "six",
            kind,
            (1, 2, 3, 2, 1, 2),
            (2, 2, 1, 3, 1, 2),
            options("Transpose"),
            after=[ints(3, 1, 4, 2, 0, 5)],
            version=6,
        )
        yield move(
            "SHAPE", "int32", kind, (2, 3, 5), (3,), options("Shape", outType=2), outs=lambda q: [Out(INT32, (3,))]
        )
        yield move("RANK", "scalar", kind, (2, 3, 5), (), options("Rank"), outs=lambda q: [Out(INT32, ())])
        yield move("ZEROS_LIKE", "plain", kind, (2, 3, 5), (2, 3, 5), options("ZerosLike"))
    yield move(
        "SHAPE", "int64", FLOAT32, (2, 3, 5), (3,), options("Shape", outType=4), outs=lambda q: [Out(INT64, (3,))]
    )


def joins():
    for kind in KINDS:
        for label, parts, axis in (("last", ((2, 3, 1), (2, 3, 4), (2, 3, 2)), -1), ("first", ((1, 5), (3, 5)), 0)):
            r = rng("CONCATENATION", kind, label)
            q = step(r, kind)
            out = list(parts[0])
            out[axis] = sum(p[axis] for p in parts)
            yield single(
                "CONCATENATION",
                f"{tag(kind)}_{label}",
                [In(kind, values(r, kind, p), *q) for p in parts],
                [Out(kind, out, *q)],
                options("Concatenation", axis=axis),
                VERSIONS["CONCATENATION"].get(kind, 1),
            )
        r = rng("PACK", kind)
        q = step(r, kind)
        for label, axis, out in (("first", 0, (3, 2, 5)), ("last", -1, (2, 5, 3))):
            yield single(
                "PACK",
                f"{tag(kind)}_{label}",
                [In(kind, values(r, kind, (2, 5)), *q) for _ in range(3)],
                [Out(kind, out, *q)],
                options("Pack", valuesCount=3, axis=axis),
                VERSIONS["PACK"].get(kind, 1),
            )
        yield move(
            "UNPACK",
            "first",
            kind,
            (3, 5),
            None,
            options("Unpack", num=3, axis=0),
            outs=lambda q, k=kind: [Out(k, (5,), *q) for _ in range(3)],
        )
        yield move(
            "UNPACK",
            "last",
            kind,
            (3, 2),
            None,
            options("Unpack", num=2, axis=-1),
            outs=lambda q, k=kind: [Out(k, (3,), *q) for _ in range(2)],
        )
        yield move(
            "SPLIT",
            "last",
            kind,
            (2, 6),
            None,
            options("Split", numSplits=3),
            before=[Const(INT32, 1)],
            outs=lambda q, k=kind: [Out(k, (2, 2), *q) for _ in range(3)],
        )
        yield move(
            "SPLIT",
            "first",
            kind,
            (4, 3),
            None,
            options("Split", numSplits=2),
            before=[Const(INT32, -2)],
            outs=lambda q, k=kind: [Out(k, (2, 3), *q) for _ in range(2)],
        )
        yield move(
            "SPLIT_V",
            "uneven",
            kind,
            (2, 7),
            None,
            options("SplitV", numSplits=3),
            after=[ints(1, 4, 2), Const(INT32, 1)],
            outs=lambda q, k=kind: [Out(k, (2, n), *q) for n in (1, 4, 2)],
        )
        yield move(
            "SPLIT_V",
            "rest",
            kind,
            (5, 2),
            None,
            options("SplitV", numSplits=2),
            after=[ints(2, -1), Const(INT32, 0)],
            outs=lambda q, k=kind: [Out(k, (n, 2), *q) for n in (2, 3)],
        )
    # Parts with steps of their own: what each type does with them.
    for kind in QUANTIZED:
        r = rng("CONCATENATION", kind, "steps")
        zeros = (0, 0) if kind == INT16 else (3, 17)
        yield single(
            "CONCATENATION",
            f"{tag(kind)}_steps",
            [In(kind, codes(r, kind, (2, 17)), 0.031, zeros[0]), In(kind, codes(r, kind, (2, 9)), 0.057, zeros[1])],
            [Out(kind, (2, 26), 0.057, zeros[1])],
            options("Concatenation", axis=1),
            VERSIONS["CONCATENATION"].get(kind, 1),
        )


def cuts():
    for kind in KINDS:
        yield move(
            "SLICE", "plain", kind, (3, 4, 5), (2, 2, 3), options("Slice"), after=[ints(1, 0, 2), ints(2, 2, -1)]
        )
        yield move("SLICE", "long_index", kind, (3, 7), (1, 4), options("Slice"), after=[longs(2, 3), longs(1, 4)])
        yield move(
            "SLICE",
            "five_dimensions",
            kind,
            (2, 1, 3, 2, 3),
            (1, 1, 2, 2, 2),
            options("Slice"),
            after=[ints(1, 0, 1, 0, 1), ints(1, 1, 2, 2, 2)],
            version=5,
        )
        yield move(
            "STRIDED_SLICE",
            "steps",
            kind,
            (5, 7),
            (2, 3),
            options("StridedSlice"),
            after=[ints(1, 6), ints(5, 0), ints(2, -2)],
        )
        yield move(
            "STRIDED_SLICE",
            "masks",
            kind,
            (3, 4, 5),
            (4, 2),
            options("StridedSlice", beginMask=2, endMask=6, shrinkAxisMask=1),
            after=[ints(-1, 3, 1), ints(0, 0, 0), ints(1, 1, 2)],
        )
        yield move(
            "STRIDED_SLICE",
            "ellipsis",
            kind,
            (2, 3, 4),
            (2, 3, 1, 2),
            options("StridedSlice", ellipsisMask=1, newAxisMask=2),
            after=[ints(0, 0, 1), ints(0, 0, 3), ints(1, 1, 1)],
            version=6,
        )
        yield move("GATHER", "first", kind, (5, 3), (4, 3), options("Gather", axis=0), after=[ints(4, 0, 0, 2)])
        yield move(
            "GATHER",
            "last",
            kind,
            (2, 3, 5),
            (2, 3, 2, 2),
            options("Gather", axis=-1),
            after=[Const(INT32, [[1, 4], [0, 3]])],
        )
        yield move(
            "GATHER",
            "batch",
            kind,
            (2, 5, 3),
            (2, 2, 3),
            options("Gather", axis=1, batchDims=1),
            after=[Const(INT32, [[1, 4], [0, 3]])],
            version=5,
        )
        yield move("GATHER", "long_index", kind, (5, 3), (2, 3), options("Gather", axis=0), after=[longs(3, 1)])
        yield move(
            "GATHER_ND",
            "elements",
            kind,
            (3, 4),
            (3,),
            options("GatherNd"),
            after=[Const(INT32, [[0, 1], [2, 3], [1, 0]])],
        )
        yield move(
            "GATHER_ND",
            "rows",
            kind,
            (3, 4, 2),
            (2, 2, 2),
            options("GatherNd"),
            after=[Const(INT64, [[[0, 1], [2, 3]], [[1, 0], [1, 1]]])],
        )
        yield move("REVERSE_V2", "middle", kind, (2, 5, 3), (2, 5, 3), options("ReverseV2"), after=[ints(1)])
        yield move("REVERSE_V2", "two", kind, (2, 5, 3), (2, 5, 3), options("ReverseV2"), after=[ints(1, 2)], version=3)
        yield move("TILE", "plain", kind, (2, 3), (4, 9), options("Tile"), after=[ints(2, 3)])
        yield move("TILE", "long_index", kind, (1, 2, 3), (2, 2, 6), options("Tile"), after=[longs(2, 1, 2)])
        yield move("BROADCAST_TO", "plain", kind, (3, 1), (2, 3, 5), options("BroadcastTo"), after=[ints(2, 3, 5)])
        yield move("BROADCAST_TO", "long_index", kind, (1, 5), (3, 5), options("BroadcastTo"), after=[longs(3, 5)])


def cases():
    for family in (shapes, joins, cuts):
        yield from family()
