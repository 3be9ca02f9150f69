"""Operators that pad, regroup, fill, scatter or generate elements."""

import numpy as np

import tflite_builder as tb
from cases import Case, Const, In, Out, floats, rng, single, tag
from movement import KINDS, VERSIONS, ints, move, step, values
from tflite_builder import BOOL, FLOAT32, INT8, INT16, INT32, INT64, UINT32, options


def borders():
    for kind in KINDS + (UINT32,):
        yield move(
            "PAD",
            "image",
            kind,
            (1, 2, 3, 3),
            (1, 4, 6, 3),
            options("Pad"),
            after=[Const(INT32, [[0, 0], [1, 1], [1, 2], [0, 0]])],
        )
        yield move("PAD", "long_index", kind, (2, 3), (5, 4), options("Pad"), after=[Const(INT64, [[1, 2], [0, 1]])])
        r = rng("PADV2", kind, "value")
        fill = {FLOAT32: 1.5, BOOL: True}.get(kind, 5)
        q = step(r, kind)
        yield single(
            "PADV2",
            f"{tag(kind)}_image",
            [
                In(kind, values(r, kind, (1, 2, 3, 3)), *q),
                Const(INT32, [[0, 0], [1, 0], [2, 1], [0, 0]]),
                Const(kind, [fill], *q),
            ],
            [Out(kind, (1, 3, 6, 3), *q)],
            options("PadV2"),
            VERSIONS["PADV2"].get(kind, 1),
        )
        yield move(
            "MIRROR_PAD",
            "reflect",
            kind,
            (3, 4),
            (6, 7),
            options("MirrorPad", mode=0),
            after=[Const(INT32, [[2, 1], [0, 3]])],
        )
        yield move(
            "MIRROR_PAD",
            "symmetric",
            kind,
            (1, 3, 2),
            (1, 7, 5),
            options("MirrorPad", mode=1),
            after=[Const(INT64, [[0, 0], [1, 3], [2, 1]])],
        )
    for kind in KINDS:
        yield move("SPACE_TO_DEPTH", "two", kind, (1, 4, 6, 3), (1, 2, 3, 12), options("SpaceToDepth", blockSize=2))
        yield move("DEPTH_TO_SPACE", "two", kind, (1, 2, 3, 12), (1, 4, 6, 3), options("DepthToSpace", blockSize=2))
        yield move(
            "SPACE_TO_BATCH_ND",
            "image",
            kind,
            (1, 3, 5, 2),
            (6, 2, 2, 2),
            options("SpaceToBatchND"),
            after=[ints(2, 3), Const(INT32, [[1, 0], [0, 1]])],
        )
        yield move(
            "SPACE_TO_BATCH_ND",
            "line",
            kind,
            (2, 4, 3),
            (4, 3, 3),
            options("SpaceToBatchND"),
            after=[ints(2), Const(INT32, [[1, 1]])],
            version=3 if kind != INT16 else 4,
        )
        yield move(
            "BATCH_TO_SPACE_ND",
            "image",
            kind,
            (6, 2, 2, 2),
            (1, 3, 5, 2),
            options("BatchToSpaceND"),
            after=[ints(2, 3), Const(INT32, [[1, 0], [0, 1]])],
        )
        yield move(
            "BATCH_TO_SPACE_ND",
            "line",
            kind,
            (4, 3, 3),
            (2, 4, 3),
            options("BatchToSpaceND"),
            after=[ints(2), Const(INT32, [[1, 1]])],
            version=3 if kind != INT16 else 4,
        )


def makers():
    for kind in KINDS:
        r = rng("FILL", kind)
        q = step(r, kind)
        yield single(
            "FILL",
            f"{tag(kind)}_value",
            [Const(INT32, [2, 3]), In(kind, np.array(values(r, kind, (5,))[2]), *q)],
            [Out(kind, (2, 3), *q)],
            options("Fill"),
            VERSIONS["FILL"].get(kind, 1),
        )
        yield single(
            "FILL",
            f"{tag(kind)}_shape",
            [In(INT64, [3, 2]), Const(kind, np.array(values(r, kind, (5,))[1]), *q)],
            [Out(kind, (-1, -1), *q)],
            options("Fill"),
            VERSIONS["FILL"].get(kind, 1),
        )
        one, none = {FLOAT32: (2.5, -1.5), BOOL: (True, False)}.get(kind, (7, 3))
        for label, axis, out in (("last", -1, (2, 3, 4)), ("first", 0, (4, 2, 3))):
            yield single(
                "ONE_HOT",
                f"{tag(kind)}_{label}",
                [In(INT32, [[0, 3, -1], [2, 4, 1]]), Const(INT32, 4), Const(kind, one), Const(kind, none)],
                [Out(kind, out)],
                options("OneHot", axis=axis),
                1,
            )
        index = Const(INT32, [[0], [3], [1], [3]])
        yield single(
            "SCATTER_ND",
            f"{tag(kind)}_rows",
            [index, In(kind, values(rng("SCATTER_ND", kind), kind, (4, 3)), *step(r, kind)), ints(5, 3)],
            [Out(kind, (5, 3))],
            options("ScatterNd"),
            1,
        )
        yield single(
            "SCATTER_ND",
            f"{tag(kind)}_elements",
            [In(INT32, [[0, 1], [2, 2], [4, 0]]), In(kind, values(r, kind, (3,))), ints(5, 3)],
            [Out(kind, (5, 3))],
            options("ScatterNd"),
            1,
        )
        r = rng("DYNAMIC_UPDATE_SLICE", kind)
        q = step(r, kind)
        for label, at in (("inside", [1, 2]), ("past_the_end", [4, -2])):
            yield single(
                "DYNAMIC_UPDATE_SLICE",
                f"{tag(kind)}_{label}",
                [In(kind, values(r, kind, (4, 5)), *q), In(kind, values(r, kind, (2, 3)), *q), In(INT32, at)],
                [Out(kind, (4, 5), *q)],
                options("DynamicUpdateSlice"),
                {INT64: 1}.get(kind, 1),
            )
    r = rng("DYNAMIC_UPDATE_SLICE", "long")
    yield single(
        "DYNAMIC_UPDATE_SLICE",
        "float32_long_index",
        [In(FLOAT32, floats(r, (4, 5))), In(FLOAT32, floats(r, (1, 2))), In(INT64, [3, 1])],
        [Out(FLOAT32, (4, 5))],
        options("DynamicUpdateSlice"),
        2,
    )
    yield single(
        "ONE_HOT",
        "int64_index",
        [In(INT64, [0, 2, 1]), Const(INT32, 3), Const(FLOAT32, 1), Const(FLOAT32, 0)],
        [Out(FLOAT32, (3, 3))],
        options("OneHot", axis=-1),
        1,
    )
    for kind, (start, limit, delta), count in (
        (INT32, (2, 17, 4), 4),
        (INT32, (9, -3, -5), 3),
        (INT64, (0, 5, 1), 5),
        (FLOAT32, (0.5, 2.0, 0.25), 6),
        (FLOAT32, (3, 0.1, -0.7), 5),
    ):
        yield single(
            "RANGE",
            f"{tag(kind)}_{count}",
            [In(kind, np.array(start)), In(kind, np.array(limit)), In(kind, np.array(delta))],
            [Out(kind, (-1,))],
            options("Range"),
            1,
        )
    for kind in KINDS + (UINT32,):
        r = rng("WHERE", kind)
        condition = r.integers(0, 2, (3, 5)) if kind != FLOAT32 else r.integers(0, 2, (3, 5)) * np.float32(0.5)
        yield single("WHERE", tag(kind), [In(kind, condition)], [Out(INT64, (-1, 2))], options("Where"), 1)
    for kind in (INT32, INT64):
        for label, a, b, out in (("longer", [3, 1], [2, 1, 5], [2, 3, 5]), ("equal", [1, 4], [2, 1], [2, 4])):
            yield single(
                "BROADCAST_ARGS", f"{tag(kind)}_{label}", [In(kind, a), In(kind, b)], [Out(kind, (len(out),))], None, 1
            )


def sparse():
    """DENSIFY of a matrix stored by compressed rows."""
    for kind in (FLOAT32, "FLOAT16", INT8):
        dense = np.zeros((4, 6), tb.NUMPY[kind])
        dense[0, 1], dense[0, 5], dense[2, 0], dense[3, 2], dense[3, 3] = 3, -2, 7, 1, -5
        rows, columns = np.nonzero(dense)
        m = tb.Model()
        g = m.graph()
        stored = g.tensor(kind, dense.shape, 0.1 if kind == INT8 else None, 0, dense[rows, columns].tobytes())
        segments = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=4))])
        g.table.tensors[stored].sparsity = tb.compressed_rows(4, segments, columns)
        full = g.tensor(kind, dense.shape, 0.1 if kind == INT8 else None)
        g.op("DENSIFY", [stored], [full], options("Densify"))
        if kind == "FLOAT16":
            wide = g.tensor(FLOAT32, dense.shape)
            g.op("DEQUANTIZE", [full], [wide], options("Dequantize"), version=3)
            full = wide
        elif kind == INT8:
            wide = g.tensor(FLOAT32, dense.shape)
            g.op("DEQUANTIZE", [full], [wide], options("Dequantize"), version=2)
            full = wide
        x = g.input(FLOAT32, (4, 6))
        y = g.output(FLOAT32, (4, 6))
        g.op("ADD", [x, full], [y], options("Add"))
        yield Case(
            "DENSIFY", f"{tag(kind)}_rows", 1, [kind], [kind], m.pack(), [[floats(rng("DENSIFY", kind), (4, 6))]]
        )


def cases():
    for family in (borders, makers, sparse):
        yield from family()
