"""Branches, loops and variables, which are graphs of several operators, and the detection operators."""

import numpy as np
from flatbuffers import flexbuffers

import tflite_builder as tb
from cases import Bound, Case, Const, In, Out, U, codes, floats, rng, single, tag
from tflite_builder import BOOL, FLOAT32, INT8, INT16, INT32, INT64, RESOURCE, UINT8, options


def branches():
    for kind, q in ((FLOAT32, ()), (INT8, (0.05, 3)), (INT32, ())):
        m = tb.Model()
        g, then, other = m.graph(), m.graph("then"), m.graph("else")
        p, a, b = g.input(BOOL, (1,)), g.input(kind, (2, 3), *q), g.input(kind, (2, 3), *q)
        y = g.output(kind, (2, 3), *q)
        g.op("IF", [p, a, b], [y], options("If", thenSubgraphIndex=1, elseSubgraphIndex=2))
        for branch, op, opts in ((then, "ADD", options("Add")), (other, "MUL", options("Mul"))):
            u, v = branch.input(kind, (2, 3), *q), branch.input(kind, (2, 3), *q)
            branch.op(op, [u, v], [branch.output(kind, (2, 3), *q)], opts, 2 if kind == INT8 else 1)
        r = rng("IF", kind)
        values = [
            floats(r, (2, 3))
            if kind == FLOAT32
            else codes(r, kind, (2, 3))
            if kind == INT8
            else r.integers(-9, 9, (2, 3)).astype(np.int32)
            for _ in range(2)
        ]
        yield Case(
            "IF",
            f"{tag(kind)}_add_or_mul",
            1,
            [BOOL, kind, kind],
            [kind],
            m.pack(),
            [[np.array([True]), *values], [np.array([False]), *values]],
        )


def loops():
    for kind, q in ((FLOAT32, ()), (INT8, (0.05, 3)), (INT32, ())):
        m = tb.Model()
        g, condition, body = m.graph(), m.graph("condition"), m.graph("body")
        state = [(INT32, (1,), ()), (INT32, (1,), ()), (kind, (2, 3), q)]
        ins = [g.input(k, s, *z) for k, s, z in state]
        outs = [g.output(k, s, *z) for k, s, z in state]
        g.op("WHILE", ins, outs, options("While", condSubgraphIndex=1, bodySubgraphIndex=2))
        i, n, _ = (condition.input(k, s, *z) for k, s, z in state)
        condition.op("LESS", [i, n], [condition.output(BOOL, (1,))], options("Less"))
        i, n, x = (body.input(k, s, *z) for k, s, z in state)
        one = body.const(INT32, [1])
        more = body.tensor(INT32, (1,))
        body.op("ADD", [i, one], [more], options("Add"))
        twice = body.tensor(kind, (2, 3), *q)
        body.op("ADD", [x, x], [twice], options("Add"), 2 if kind == INT8 else 1)
        body.table.outputs.extend([more, n, twice])
        r = rng("WHILE", kind)
        x = floats(r, (2, 3)) if kind == FLOAT32 else r.integers(-6, 9, (2, 3)).astype(tb.NUMPY[kind])
        yield Case(
            "WHILE",
            f"{tag(kind)}_doubling",
            1,
            [INT32, INT32, kind],
            [INT32, INT32, kind],
            m.pack(),
            [[np.array([0], np.int32), np.array([n], np.int32), x] for n in (3, 0, 1)],
        )


def variables():
    """x is added to a variable that starts at a constant: each run answers the sum so far."""
    for kind, q in ((FLOAT32, ()), (INT8, (0.05, 3)), (INT16, (0.001, 0)), (INT32, ()), (INT64, ())):
        for label in ("from_constant", "from_nothing"):
            m = tb.Model()
            g = m.graph()
            x, y = g.input(kind, (2, 3), *q), g.output(kind, (2, 3), *q)
            r = rng("VAR_HANDLE", kind)

            def handle(graph):
                h = graph.tensor(RESOURCE, ())
                graph.op("VAR_HANDLE", [], [h], options("VarHandle", container="", sharedName="sum"))
                return h

            if label == "from_constant":
                first = m.graph("first")
                start = floats(r, (2, 3)) if kind == FLOAT32 else r.integers(-9, 9, (2, 3))
                first.op(
                    "ASSIGN_VARIABLE", [handle(first), first.const(kind, start, *q)], [], options("AssignVariable")
                )
                g.op("CALL_ONCE", [], [], options("CallOnce", initSubgraphIndex=1))
            h = handle(g)
            before = g.tensor(kind, (2, 3), *q)
            g.op("READ_VARIABLE", [h], [before], options("ReadVariable"))
            g.op("ADD", [before, x], [y], options("Add"), {INT8: 2, INT16: 3, INT64: 4}.get(kind, 1))
            g.op("ASSIGN_VARIABLE", [h, y], [], options("AssignVariable"))
            runs = [
                [floats(r, (2, 3)) if kind == FLOAT32 else r.integers(-20, 20, (2, 3)).astype(tb.NUMPY[kind])]
                for _ in range(3)
            ]
            yield Case("VAR_HANDLE", f"{tag(kind)}_{label}", 1, [], [RESOURCE], m.pack(), runs)


def _boxes(r, count):
    corner, size = r.uniform(0, 5, (count, 2)), r.uniform(0.5, 3, (count, 2))
    return np.concatenate([corner, corner + size], 1).astype(np.float32)


def suppression():
    for label, count, most, iou, least in (
        ("few", 12, 5, 0.3, 0.2),
        ("all", 7, 10, 0.6, 0.0),
        ("none", 5, 3, 0.5, 0.99),
    ):
        r = rng("NON_MAX_SUPPRESSION", label)
        boxes, scores = _boxes(r, count), r.uniform(0.05, 0.95, count).astype(np.float32)
        if label == "few":
            scores[[3, 7, 9]] = 0.9  # equal scores
            boxes[9] += 20
            boxes[3] += 40
        ins = [In(FLOAT32, boxes), In(FLOAT32, scores), Const(INT32, most), Const(FLOAT32, iou), Const(FLOAT32, least)]
        yield single(
            "NON_MAX_SUPPRESSION_V4",
            f"float32_{label}",
            ins,
            [Out(INT32, (most,)), Out(INT32, ())],
            options("NonMaxSuppressionV4"),
            1,
        )
        for name, sigma in (("hard", 0.0), ("soft", 0.5)):
            yield single(
                "NON_MAX_SUPPRESSION_V5",
                f"float32_{label}_{name}",
                [*ins, Const(FLOAT32, sigma)],
                [Out(INT32, (most,)), Out(FLOAT32, (most,)), Out(INT32, ())],
                options("NonMaxSuppressionV5"),
                1,
                Bound("at most one exponential for each box kept before", 0, 2 * 2 * 4 * U * count) if sigma else None,
            )


def detections():
    op = "TFLite_Detection_PostProcess"
    for label, regular, classes, per_detection, most in (
        ("fast", False, 3, 1, 5),
        ("regular", True, 3, 1, 6),
        ("several_classes", False, 4, 2, 4),
    ):
        count = 14
        r = rng(op, label)
        anchors = np.concatenate([r.uniform(0.2, 0.8, (count, 2)), r.uniform(0.1, 0.4, (count, 2))], 1).astype(
            np.float32
        )
        fields = {
            "max_detections": most,
            "max_classes_per_detection": per_detection,
            "detections_per_class": 4,
            "use_regular_nms": regular,
            "num_classes": classes,
            "y_scale": 10.0,
            "x_scale": 10.0,
            "h_scale": 5.0,
            "w_scale": 5.0,
            "nms_score_threshold": 0.25,
            "nms_iou_threshold": 0.5,
        }
        custom = bytes(flexbuffers.Dumps(fields))
        outs = [
            Out(FLOAT32, (1, most * per_detection, 4)),
            Out(FLOAT32, (1, most * per_detection)),
            Out(FLOAT32, (1, most * per_detection)),
            Out(FLOAT32, (1,)),
        ]
        bound = Bound("a box's corners: one exponential, four products and sums of values below 2", 32 * U)
        boxes, scores = floats(r, (1, count, 4)), r.uniform(0, 1, (1, count, classes + 1)).astype(np.float32)
        yield single(
            op,
            f"float32_{label}",
            [In(FLOAT32, boxes), In(FLOAT32, scores), Const(FLOAT32, anchors)],
            outs,
            None,
            1,
            bound,
            custom=custom,
        )
        for kind in (UINT8, INT8):
            low = 0 if kind == UINT8 else -128
            anchor_codes = np.clip(np.rint(anchors / 0.0039) + low, low, low + 255)
            yield single(
                op,
                f"{tag(kind)}_{label}",
                [
                    In(kind, codes(r, kind, (1, count, 4)), 0.02, low + 128),
                    In(kind, codes(r, kind, (1, count, classes + 1)), 1 / 256, low),
                    Const(kind, anchor_codes, 0.0039, low),
                ],
                outs,
                None,
                1,
                bound,
                custom=custom,
            )


def cases():
    for family in (branches, loops, variables, suppression, detections):
        yield from family()
