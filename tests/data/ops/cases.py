"""What a case is, and the pieces that families of cases share."""

import dataclasses
import zlib

import numpy as np

import tflite_builder as tb
from tflite_builder import FLOAT16, FLOAT32, INT8, INT16, NONE, NUMPY, UINT8

# Unit roundoff of float32.
U = 2.0**-24


def gamma(k):
    return k * U / (1 - k * U)


@dataclasses.dataclass
class Bound:
    """How far a correct float answer may lie from LiteRT's: absolute + relative * |answer|, and why.

    A sum of k products differs from another order of summation by at most 2 gamma(k) sum |x||w|
    (N. Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1); `twin`, the same operator on the
    absolute values, answers that sum, and its largest element times 2 gamma(k) is added to `absolute`.
    """

    why: str
    absolute: float = 0.0
    relative: float = 0.0
    terms: int = 0
    twin: tuple | None = None  # (model bytes, invocations)


def ulps(n, why=None, absolute=0.0):
    """Both sides within n units in the last place of the true value."""
    return Bound(why or f"each side within {n} units in the last place", absolute, 2 * n * 2 * U)


def summed(terms):
    return Bound(f"{terms} rounded terms summed in any order", terms=terms)


@dataclasses.dataclass
class In:
    """An input of the graph, with the values that a run gets."""

    kind: str
    values: np.ndarray
    scale: object = None
    zero: int = 0

    def __post_init__(self):
        self.values = np.asarray(self.values, NUMPY[self.kind])


@dataclasses.dataclass
class Const:
    kind: str
    values: np.ndarray
    scale: object = None
    zero: object = 0
    axis: int = 0

    def __post_init__(self):
        self.values = np.asarray(self.values, NUMPY[self.kind])


@dataclasses.dataclass
class HalfConst:
    """A float16 constant behind a DEQUANTIZE: how float16 models hold their weights."""

    values: np.ndarray
    kind: str = FLOAT32

    def __post_init__(self):
        self.values = np.asarray(self.values, np.float16)


@dataclasses.dataclass
class Variable:
    """A state tensor inside the graph."""

    kind: str
    shape: tuple
    scale: object = None
    zero: int = 0


@dataclasses.dataclass
class Out:
    """An output; -1 in its shape is a size that the file leaves open."""

    kind: str
    shape: tuple
    scale: object = None
    zero: int = 0


@dataclasses.dataclass
class Case:
    op: str
    name: str
    version: int
    inputs: list  # type names of the operator's inputs; "" where absent
    outputs: list
    model: bytes
    invocations: list
    bound: Bound | None = None


def build(op, ins, outs, opts, version, intermediates=(), custom=None):
    m = tb.Model()
    g = m.graph()
    tensors = []
    for spec in ins:
        if spec is None:
            tensors.append(None)
        elif isinstance(spec, In):
            tensors.append(g.input(spec.kind, spec.values.shape, spec.scale, spec.zero))
        elif isinstance(spec, HalfConst):
            half = g.const(FLOAT16, spec.values)
            full = g.tensor(FLOAT32, spec.values.shape)
            g.op("DEQUANTIZE", [half], [full], version=3)
            tensors.append(full)
        elif isinstance(spec, Variable):
            tensors.append(g.tensor(spec.kind, spec.shape, spec.scale, spec.zero, variable=True))
        else:
            tensors.append(g.const(spec.kind, spec.values, spec.scale, spec.zero, spec.axis))
    results = [g.output(o.kind, o.shape, o.scale, o.zero) for o in outs]
    inner = [g.tensor(t.kind, t.shape, t.scale, t.zero) for t in intermediates]
    g.op(op, tensors, results, opts, version, inner, custom)
    return m.pack()


def _absolute(spec):
    if spec is None or isinstance(spec, Variable) or spec.values.dtype.kind != "f":
        return spec
    return dataclasses.replace(spec, values=np.abs(spec.values))


def _unclamped(opts):
    if opts is None or not hasattr(opts, "fusedActivationFunction"):
        return opts
    fields = {k: v for k, v in vars(opts).items() if k != "kind"}
    return tb.options(opts.kind.removesuffix("Options"), **{**fields, "fusedActivationFunction": NONE})


def single(op, name, ins, outs, opts=None, version=1, bound=None, runs=(), **more):
    """One operator. `ins`: In, Const, HalfConst, Variable or None; `outs`: Out; `runs`: inputs of further runs."""
    values = [s.values for s in ins if isinstance(s, In)]
    case = Case(
        op,
        name,
        version,
        [s.kind if s else "" for s in ins],
        [o.kind for o in outs],
        build(op, ins, outs, opts, version, **more),
        [values, *runs],
        bound,
    )
    if bound is not None and bound.terms and bound.twin is None:
        positive = [_absolute(s) for s in ins]
        bound.twin = (
            build(op, positive, outs, _unclamped(opts), version, **more),
            [[s.values for s in positive if isinstance(s, In)], *([np.abs(v) for v in run] for run in runs)],
        )
    return case


def rng(*key):
    """A generator of its own for each case, so that adding one changes no other."""
    return np.random.default_rng(zlib.crc32("/".join(str(k) for k in key).encode()))


def codes(r, kind, shape, ends=True):
    """Full-range codes; where there is room, the first and last elements are the ends of the range."""
    info = np.iinfo(NUMPY[kind])
    values = r.integers(info.min, info.max + 1, shape, dtype=np.int64)
    if ends and values.size > 3:
        values.flat[0], values.flat[-1] = info.min, info.max
    return values.astype(NUMPY[kind])


def every_code(kind):
    info = np.iinfo(NUMPY[kind])
    if kind == INT16:
        values = np.concatenate([np.arange(-32768, 32768, 367), [-1, 0, 1, 2, 127, 128, 129, 32767, 32766]])
        return values.astype(np.int16).reshape(1, -1)
    return np.arange(info.min, info.max + 1).astype(NUMPY[kind]).reshape(1, 8, 32)


def floats(r, shape, spread=1.0):
    return (r.standard_normal(shape) * spread).astype(np.float32)


def scale(r, low=0.005, high=0.3):
    """A scale from a logarithmic range, as float32."""
    return float(np.float32(np.exp(r.uniform(np.log(low), np.log(high)))))


def zero(r, kind):
    if kind == INT16:
        return 0
    info = np.iinfo(NUMPY[kind])
    return int(r.integers(info.min, info.max + 1))


def tag(kind):
    return kind.lower()


QUANTIZED = (INT8, UINT8, INT16)
