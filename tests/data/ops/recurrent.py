"""Operators with a memory: LSTM, RNN, SVDF; float, hybrid and integer."""

import numpy as np

from cases import Bound, Const, In, Out, U, Variable, codes, floats, gamma, rng, single
from running_error import Traced, sigmoid
from tflite_builder import FLOAT32, INT8, INT16, INT32, NONE, RELU, UINT8, options

TANH = 4


ACTIVATIONS = {NONE: lambda v: v, RELU: lambda v: np.maximum(v, 0), TANH: np.tanh}


CARRIED = "roundings of gates, cell and output carried through the steps"


def _matrix(r, kind, shape, spread=0.35):
    values = floats(r, shape, spread)
    if kind == FLOAT32:
        return Const(FLOAT32, values)
    step = float(np.float32(np.abs(values).max() / 127))
    codes_ = np.clip(np.rint(values / step), -127, 127).astype(np.int8)
    return Const(UINT8, codes_.view(np.uint8), step) if kind == UINT8 else Const(INT8, codes_, step)


def _norm(matrix):
    """Largest sum of absolute weights of a row."""
    values = matrix.values.view(np.int8) if matrix.values.dtype == np.uint8 else matrix.values
    return float(np.abs(values.astype(np.float64)).sum(1).max()) * (matrix.scale or 1.0)


class LstmPlan:
    """What one LSTM is made of; the order of its inputs is the format's."""

    def __init__(
        self, r, kind, units, depth, projection=None, cifg=False, peephole=False, normalized=False, asymmetric=False
    ):
        self.asymmetric = asymmetric
        self.kind, self.units, self.depth, self.out = kind, units, depth, projection or units
        self.cifg, self.peephole, self.normalized, self.projection = cifg, peephole, normalized, projection
        self.w = [None if cifg and k == 0 else _matrix(r, kind, (units, depth)) for k in range(4)]
        self.r = [None if cifg and k == 0 else _matrix(r, kind, (units, self.out)) for k in range(4)]
        self.p = [self._peephole(r, k) for k in range(3)]
        self.b = [None if cifg and k == 0 else Const(FLOAT32, floats(r, (units,), 0.3)) for k in range(4)]
        self.proj = _matrix(r, kind, (projection, units)) if projection else None
        self.proj_b = Const(FLOAT32, floats(r, (projection,), 0.1)) if projection else None
        self.norm = [
            Const(FLOAT32, 0.5 + np.abs(floats(r, (units,), 0.2))) if normalized and not (cifg and k == 0) else None
            for k in range(4)
        ]

    def _peephole(self, r, k):
        if not self.peephole or (self.cifg and k == 0):
            return None
        values = floats(r, (self.units,), 0.3)
        if self.kind == FLOAT32:
            return Const(FLOAT32, values)
        step = float(np.float32(np.abs(values).max() / 127))
        return Const(INT8, np.clip(np.rint(values / step), -127, 127), step)

    def inputs(self, x, batch):
        states = [Variable(FLOAT32, (batch, self.out)), Variable(FLOAT32, (batch, self.units))]
        return [
            x,
            *self.w,
            *self.r,
            *self.p,
            *self.b,
            self.proj,
            self.proj_b,
            *states,
            *(self.norm if self.normalized else []),
        ]

    def error(self, x, clip=0.0, proj_clip=0.0):
        """Largest error of any output of a run on x [step, batch, depth], each element carried with its own error
        (running error analysis) through gates, cell and output."""
        state = Traced(np.zeros((x.shape[1], self.out))), Traced(np.zeros((x.shape[1], self.units)))
        largest = 0.0
        for step in range(len(x)):
            state = self._step(Traced(x[step].astype(np.float64)), *state, clip, proj_clip)
            largest = max(largest, float(state[0].error.max()))
        return largest

    def _gate(self, k, x, h, cell):
        total = self._product(x, self.w[k]).plus(self._product(h, self.r[k]))
        if k != 2 and self.peephole:
            p = self.p[{0: 0, 1: 1, 3: 2}[k]]
            weight = np.abs(p.values.astype(np.float64)) * np.sign(p.values.astype(np.float64)) * (p.scale or 1.0)
            total = total.plus(cell.times(Traced(np.broadcast_to(weight, cell.value.shape))))
        if self.normalized:
            total = total.normalized().times(
                Traced(np.broadcast_to(self.norm[k].values, total.value.shape).astype(np.float64))
            )
        total = total.plus(Traced(np.broadcast_to(self.b[k].values, total.value.shape).astype(np.float64)))
        return (
            total.through(np.tanh, lambda v: 1 - np.tanh(v) ** 2)
            if k == 2
            else total.through(sigmoid, lambda v: sigmoid(v) * (1 - sigmoid(v)))
        )

    def _product(self, x, matrix):
        return x.product(matrix, self.kind != FLOAT32, self.asymmetric)

    def _step(self, x, h, cell, clip, proj_clip):
        forget, new = self._gate(1, x, h, cell), self._gate(2, x, h, cell)
        enter = Traced(1 - forget.value, forget.error + U) if self.cifg else self._gate(0, x, h, cell)
        cell = forget.times(cell).plus(enter.times(new)).clipped(clip)
        out = self._gate(3, x, h, cell).times(cell.through(np.tanh, lambda v: 1 - np.tanh(v) ** 2))
        if self.projection:
            out = (
                self._product(out, self.proj)
                .plus(Traced(np.broadcast_to(self.proj_b.values, (len(out.value), self.out)).astype(np.float64)))
                .clipped(proj_clip)
            )
        return out, cell


def float_lstm():
    op = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    variants = {
        "plain": {},
        "cifg": {"cifg": True},
        "peephole": {"peephole": True},
        "projection": {"projection": 3},
        "cifg_peephole": {"cifg": True, "peephole": True},
        "normalized": {"normalized": True},
        "everything": {"peephole": True, "projection": 3, "normalized": True},
    }
    for kind in (FLOAT32, INT8, UINT8):
        for label, more in variants.items():
            if kind == UINT8 and label not in ("plain", "projection"):
                continue
            for asymmetric in (
                (False, True) if kind == INT8 and label in ("plain", "projection", "cifg_peephole") else (False,)
            ):
                for steps, batch, major in _sequences(kind, label):
                    r = rng(op, kind, label, steps)
                    plan = LstmPlan(r, kind, 5, 7, asymmetric=asymmetric, **more)
                    shape = (steps, batch, 7) if major else (batch, steps, 7)
                    out = (steps, batch, plan.out) if major else (batch, steps, plan.out)
                    x = floats(r, shape)
                    opts = options(
                        "UnidirectionalSequenceLSTM",
                        fusedActivationFunction=TANH,
                        cellClip=3.0 if label == "peephole" else 0.0,
                        projClip=0.4 if label == "projection" else 0.0,
                        timeMajor=major,
                        asymmetricQuantizeInputs=asymmetric,
                    )
                    name = {FLOAT32: "float32", INT8: "hybrid", UINT8: "hybrid_uint8"}[kind] + (
                        "_asymmetric" if asymmetric else ""
                    )
                    version = 1 if kind == FLOAT32 else 3 if asymmetric else 2
                    bound = Bound(CARRIED, plan.error(x if major else x.swapaxes(0, 1), opts.cellClip, opts.projClip))
                    yield single(
                        op,
                        f"{name}_{label}_{steps}",
                        plan.inputs(In(FLOAT32, x), batch),
                        [Out(FLOAT32, out)],
                        opts,
                        version,
                        bound,
                    )
    # The state stays for the next run.
    r = rng(op, "stream")
    plan = LstmPlan(r, FLOAT32, 5, 7)
    x = [floats(r, (1, 2, 7)) for _ in range(2)]
    error = plan.error(np.concatenate(x, 1).swapaxes(0, 1))
    yield single(
        op,
        "float32_stream",
        plan.inputs(In(FLOAT32, x[0]), 1),
        [Out(FLOAT32, (1, 2, 5))],
        options("UnidirectionalSequenceLSTM", fusedActivationFunction=TANH),
        1,
        Bound(CARRIED, error),
        runs=[[v] for v in x[1:]],
    )


def _sequences(kind, label):
    """Steps, batch, and whether time comes first."""
    return ((1, 2, False), (3, 2, True)) if label == "plain" else ((3, 2, label != "cifg"),)


def integer_lstm():
    """int8 with an int16 cell."""
    op = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    variants = {
        "plain": {},
        "clip": {"clip": 0.4},
        "cifg": {"cifg": True},
        "peephole": {"peephole": True},
        "projection": {"projection": 3},
        "normalized": {"normalized": True},
        "everything": {"peephole": True, "projection": 3, "normalized": True},
        # Wide and long enough that the codes before the projection saturate.
        "wide_projection": {"projection": 5, "units": 40, "depth": 48, "more_steps": 6},
    }
    for label, more in variants.items():
        for steps, batch, major, cell in ((4, 2, False, -11), (3, 1, True, -13)):
            r = rng(op, INT8, label, steps)
            steps += more.get("more_steps", 0)
            units, depth = more.get("units", 6), more.get("depth", 9)
            out_units = more.get("projection", units)
            cifg, peephole, normalized = (more.get(k, False) for k in ("cifg", "peephole", "normalized"))
            sx, zx, sh, zh = 0.021, 5, 0.0075, -11
            steps_w = [float(np.float32(v)) for v in r.uniform(0.004, 0.01, 4)]
            steps_r = [float(np.float32(v)) for v in r.uniform(0.003, 0.009, 4)]
            gates = [k for k in range(4) if not (cifg and k == 0)]

            def pick(make):
                return [make(k) if k in gates else None for k in range(4)]

            w = pick(lambda k: Const(INT8, r.integers(-127, 128, (units, depth)), steps_w[k]))
            rec = pick(lambda k: Const(INT8, r.integers(-127, 128, (units, out_units)), steps_r[k]))
            peep = [
                Const(INT16, r.integers(-9000, 9000, units), 0.00004) if peephole and k in gates else None
                for k in range(3)
            ]
            norm = pick(lambda k: Const(INT16, r.integers(5000, 20000, units), 0.00006)) if normalized else []
            bias = pick(
                lambda k: Const(
                    INT32, r.integers(-9000, 9000, units), 0.00006 / 1024 if normalized else np.float32(steps_w[k] * sx)
                )
            )
            proj = Const(INT8, r.integers(-127, 128, (out_units, units)), 0.006) if "projection" in more else None
            s_hidden, z_hidden = (0.0078, 3) if proj else (sh, zh)
            proj_bias = Const(INT32, r.integers(-3000, 3000, out_units), np.float32(0.006 * s_hidden)) if proj else None
            states = [Variable(INT8, (batch, out_units), sh, zh), Variable(INT16, (batch, units), 2.0**cell)]
            shape = (steps, batch, depth) if major else (batch, steps, depth)
            out = (steps, batch, out_units) if major else (batch, steps, out_units)
            inner = [Out(INT16, (units,), 0.0003 if normalized else 2.0**-12) for _ in range(4)] + [
                Out(INT8, (units,), s_hidden, z_hidden)
            ]
            opts = options(
                "UnidirectionalSequenceLSTM",
                fusedActivationFunction=TANH,
                cellClip=more.get("clip", 0.0),
                timeMajor=major,
            )
            yield single(
                op,
                f"int8_{label}_{steps}",
                [In(INT8, codes(r, INT8, shape), sx, zx), *w, *rec, *peep, *bias, proj, proj_bias, *states, *norm],
                [Out(INT8, out, sh, zh)],
                opts,
                2,
                intermediates=inner,
            )


def both_ways():
    op = "BIDIRECTIONAL_SEQUENCE_LSTM"
    for kind in (FLOAT32, INT8):
        for label, merged, major, steps, more in (
            ("merged", True, True, 3, {}),
            ("merged_batch_first", True, False, 3, {}),
            ("apart", False, False, 3, {}),
            ("peephole", False, True, 1, {"peephole": True}),
            ("projection", True, True, 2, {"projection": 3}),
        ):
            r = rng(op, kind, label)
            batch = 2
            plans = [LstmPlan(r, kind, 5, 7, **more) for _ in range(2)]
            x = floats(r, (steps, batch, 7) if major else (batch, steps, 7))
            ways = [p.inputs(None, batch) for p in plans]
            ins = [In(FLOAT32, x), *ways[0][1:18], *ways[1][1:18], *ways[0][18:20], *ways[1][18:20], None, *[None] * 8]
            width = plans[0].out
            outs = [Out(FLOAT32, x.shape[:2] + (2 * width if merged else width,))] + (
                [] if merged else [Out(FLOAT32, x.shape[:2] + (width,))]
            )
            by_step = x if major else x.swapaxes(0, 1)
            error = max(plans[0].error(by_step), plans[1].error(by_step[::-1]))
            opts = options(
                "BidirectionalSequenceLSTM", fusedActivationFunction=TANH, mergeOutputs=merged, timeMajor=major
            )
            yield single(
                op,
                f"{'float32' if kind == FLOAT32 else 'hybrid'}_{label}",
                ins,
                outs,
                opts,
                1 if kind == FLOAT32 else 3,
                Bound(CARRIED, error),
            )


def plain_rnn():
    op = "UNIDIRECTIONAL_SEQUENCE_RNN"
    for kind in (FLOAT32, INT8, UINT8):
        for label, act, major, steps, batch in (
            ("tanh", TANH, False, 3, 2),
            ("relu_major", RELU, True, 3, 2),
            ("one_step", NONE, False, 1, 3),
        ):
            for asymmetric in (False,) if kind == FLOAT32 else (False, True):
                r = rng(op, kind, label)
                units, depth = 5, 7
                w, rec = _matrix(r, kind, (units, depth)), _matrix(r, kind, (units, units), 0.2)
                x = floats(r, (steps, batch, depth) if major else (batch, steps, depth))
                bias = Const(FLOAT32, floats(r, (units,), 0.3))
                hidden, error = Traced(np.zeros((batch, units))), 0.0
                for now in x if major else x.swapaxes(0, 1):
                    total = (
                        Traced(now.astype(np.float64))
                        .product(w, kind != FLOAT32, asymmetric)
                        .plus(hidden.product(rec, kind != FLOAT32, asymmetric))
                    )
                    total = total.plus(Traced(np.broadcast_to(bias.values, total.value.shape).astype(np.float64)))
                    hidden = total.through(ACTIVATIONS[act], lambda v: np.ones_like(v))
                    error = max(error, float(hidden.error.max()))
                name = {FLOAT32: "float32", INT8: "hybrid", UINT8: "hybrid_uint8"}[kind] + (
                    "_asymmetric" if asymmetric else ""
                )
                yield single(
                    op,
                    f"{name}_{label}",
                    [In(FLOAT32, x), w, rec, bias, Variable(FLOAT32, (batch, units))],
                    [Out(FLOAT32, (steps, batch, units) if major else (batch, steps, units))],
                    options(
                        "SequenceRNN", fusedActivationFunction=act, timeMajor=major, asymmetricQuantizeInputs=asymmetric
                    ),
                    1 if kind == FLOAT32 else 3 if asymmetric else 2,
                    Bound("roundings of sums carried through the steps", error),
                )


def svdf():
    op = "SVDF"
    for rank, units, memory, depth, act, with_bias in (
        (1, 4, 3, 7, NONE, True),
        (2, 3, 5, 8, RELU, True),
        (1, 5, 4, 9, RELU, False),
    ):
        filters = rank * units
        label = f"rank_{rank}_{units}" + ("" if with_bias else "_no_bias")
        batch = 2
        for kind in (FLOAT32, INT8, UINT8):
            for asymmetric in (False,) if kind == FLOAT32 else (False, True):
                r = rng(op, kind, label)
                feature = _matrix(r, kind, (filters, depth))
                time = _matrix(r, kind if kind != FLOAT32 else FLOAT32, (filters, memory))
                bias = Const(FLOAT32, floats(r, (units,))) if with_bias else None
                runs = [floats(r, (batch, depth)) for _ in range(memory + 1)]
                if kind != FLOAT32:
                    runs[1][0] = 0
                opts = options("SVDF", rank=rank, fusedActivationFunction=act, asymmetricQuantizeInputs=asymmetric)
                name = {FLOAT32: "float32", INT8: "hybrid", UINT8: "hybrid_uint8"}[kind] + (
                    "_asymmetric" if asymmetric else ""
                )
                largest = max(float(np.abs(v).max()) for v in runs)
                reach = _norm(feature) * largest * _norm(time) * rank + 3
                bound = Bound("sums over features and over the memory", 2 * gamma(depth + memory * rank + 4) * reach)
                yield single(
                    op,
                    f"{name}_{label}",
                    [In(FLOAT32, runs[0]), feature, time, bias, Variable(FLOAT32, (batch, memory * filters))],
                    [Out(FLOAT32, (batch, units))],
                    opts,
                    1 if kind == FLOAT32 else 4 if asymmetric else 2,
                    bound,
                    runs=[[v] for v in runs[1:]],
                )
        for time_kind, state_kind in ((INT16, INT16), (INT8, INT8)):
            if time_kind == INT8 and rank == 2:
                continue
            r = rng(op, INT8, time_kind, label)
            sx, sf, ss, st, sy = (
                0.031,
                0.0061,
                (0.0009 if state_kind == INT16 else 0.09),
                (0.00004 if time_kind == INT16 else 0.007),
                0.047,
            )
            feature = Const(INT8, r.integers(-127, 128, (filters, depth)), sf)
            time = Const(
                time_kind,
                r.integers(-20000, 20000, (filters, memory))
                if time_kind == INT16
                else r.integers(-127, 128, (filters, memory)),
                st,
            )
            bias = (
                Const(
                    INT32,
                    r.integers(-20000, 20000, units) if time_kind == INT16 else r.integers(-900, 900, units),
                    np.float32(ss * st),
                )
                if with_bias
                else None
            )
            runs = [codes(r, INT8, (batch, depth)) for _ in range(memory + 1)]
            yield single(
                op,
                f"int8_{'int16' if time_kind == INT16 else 'int8'}_state_{label}",
                [In(INT8, runs[0], sx, 7), feature, time, bias, Variable(state_kind, (batch, memory * filters), ss)],
                [Out(INT8, (batch, units), sy, -5)],
                options("SVDF", rank=rank, fusedActivationFunction=RELU),
                3,
                runs=[[v] for v in runs[1:]],
            )


def cases():
    for family in (float_lstm, integer_lstm, both_ways, plain_rnn, svdf):
        yield from family()
