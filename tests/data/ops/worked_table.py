"""Reads the table of engine/WORKED_EXAMPLES.md; the grammar stands there."""

import dataclasses
import json
import re

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

import tflite_builder as tb

COLUMNS = ("operator", "arithmetic", "model", "tensors", "fixed_point", "float32", "within", "remark")
_TENSOR = re.compile(r"(\w+) (?:(const|state) )?(\w+?)(?:\[([\d, ]*)\])?(?:\(([^)]*)\))?(?: (\S.*))?")
_STATEMENT = re.compile(r"(?:([\w, ]+) = )?(\w+?)(?:@(\d+))?\(([^)]*)\)(?: (\w+)(\{.*\}))?(?: with \(([^)]*)\))?")
_GRAPH = re.compile(r"graph \(([^)]*)\) -> \(([^)]*)\): *(.*)")
_TYPES = {"float": "FLOAT32", "half": "FLOAT16"}
_ENUMS = {
    "padding": schema.Padding,
    "fused_activation_function": schema.ActivationFunctionType,
    "mode": schema.MirrorPadMode,
    "weights_format": schema.FullyConnectedOptionsWeightsFormat,
}


@dataclasses.dataclass
class Tensor:
    name: str
    role: str  # "const", "state" or ""
    kind: str
    shape: tuple | None
    scale: object
    zero: int
    axis: int
    values: np.ndarray | None


@dataclasses.dataclass
class Statement:
    results: list
    op: str
    version: int
    arguments: list
    table: str | None
    fields: dict
    inner: list


@dataclasses.dataclass
class Graph:
    inputs: list | None  # None for the main graph, whose inputs and outputs follow from its tensors
    outputs: list | None
    statements: list


@dataclasses.dataclass
class Line:
    number: int  # of the file, from 1
    cells: dict
    tensors: dict
    graphs: list

    def results(self):
        """Names of the main graph's outputs."""
        if self.graphs[0].outputs is not None:
            return self.graphs[0].outputs
        made = [r for s in self.graphs[0].statements for r in s.results]
        read = {a for s in self.graphs[0].statements for a in s.arguments}
        return [r for r in made if r not in read]


def names(text):
    return [n.strip() for n in text.split(",") if n.strip()]


def array(text, kind):
    """`[[1, 2], [3, 4]]` as an array of the type; shape and nesting are the same."""
    words = re.sub(r"(?<![\w.])-?(nan|inf)\b", lambda m: m[0].replace("nan", "NaN").replace("inf", "Infinity"), text)
    return np.array(json.loads(words.replace("true", "1").replace("false", "0")), tb.NUMPY[kind])


def _tensor(text):
    found = _TENSOR.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not a tensor: {text!r}")
    name, role, word, shape, quantization, values = found.groups()
    kind = _TYPES.get(word, word.upper())
    if kind not in tb.NUMPY and kind != tb.RESOURCE:
        raise ValueError(f"not a type: {word}")
    scale, zero, axis = None, 0, 0
    if quantization:
        scales, last = quantization.split(",")
        scale = [float(s) for s in scales.split()]
        axis = int(last.split()[1]) if "axis" in last else 0
        zero = 0 if "axis" in last else int(last)
    return Tensor(
        name,
        role or "",
        kind,
        tuple(map(int, names(shape))) if shape is not None else None,
        scale,
        zero,
        axis,
        array(values, kind) if values else None,
    )


def _statement(text):
    found = _STATEMENT.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not an operator: {text!r}")
    results, op, version, arguments, table, fields, inner = found.groups()
    words = r'("[^"]*")|\b(?!(?:true|false)\b)([A-Za-z_]\w*)'
    quoted = re.sub(words, lambda m: m[1] or f'"{m[2]}"', fields or "{}")
    return Statement(
        names(results or ""), op, int(version or 1), names(arguments), table, json.loads(quoted), names(inner or "")
    )


def _split(text):
    """At semicolons."""
    return [part.strip() for part in text.split(";") if part.strip()]


def _graphs(text):
    graphs = [Graph(None, None, [])]
    for part in _split(text):
        head = _GRAPH.fullmatch(part)
        if head:
            graphs.append(Graph(names(head[1]), names(head[2]), []))
            part = head[3]
        if part:
            graphs[-1].statements.append(_statement(part))
    return graphs


def lines(text):
    """Every line of every table whose header has these columns."""
    inside = False
    for number, row in enumerate(text.split("\n"), 1):
        cells = [c.strip().strip("`") for c in row.strip().strip("|").split("|")] if row.startswith("|") else []
        if tuple(cells) == COLUMNS:
            inside = True
        elif not cells:
            inside = False
        elif inside and not set(row) <= set("|-: "):
            try:
                if len(cells) != len(COLUMNS):
                    raise ValueError(f"{len(cells)} cells for {len(COLUMNS)} columns")
                named = dict(zip(COLUMNS, cells))
                tensors = {t.name: t for t in map(_tensor, _split(named["tensors"]))}
                yield Line(number, named, tensors, _graphs(named["model"]))
            except (ValueError, KeyError) as e:
                raise ValueError(f"line {number}: {e}") from e


def _options(statement):
    def number(name, value):
        if not isinstance(value, str):
            return value
        return getattr(_ENUMS[name] if name in _ENUMS else schema.TensorType, value)

    def field(name):
        first, *rest = name.split("_")
        return first + "".join(w.capitalize() for w in rest)

    strings = ("shared_name", "container")
    return tb.options(
        statement.table.removesuffix("Options"),
        **{field(k): v if k in strings else number(k, v) for k, v in statement.fields.items()},
    )


def model(line, shapes):
    """The line as a .tflite file; `shapes`: of the main graph's outputs, by name."""
    m = tb.Model()
    for position, graph in enumerate(line.graphs):
        g = m.graph(f"graph {position}")
        index = {}

        def tensor(name):
            if name == "-":
                return None
            if name in index:
                return index[name]
            t = line.tensors[name]
            if t.role == "const":
                index[name] = g.const(t.kind, t.values, t.scale, t.zero, t.axis)
            else:
                shape = t.values.shape if t.values is not None else t.shape or shapes.get(name, ())
                index[name] = g.tensor(t.kind, shape, t.scale, t.zero, variable=t.role == "state")
            return index[name]

        if position == 0:
            ins = [t.name for t in line.tensors.values() if t.role == "" and t.values is not None]
            outs = line.results()
        else:
            ins, outs = graph.inputs, graph.outputs
        g.table.inputs.extend(map(tensor, ins))
        for s in graph.statements:
            custom = bytes(flexbuffers.Dumps(s.fields)) if s.table == "Custom" else None
            opts = _options(s) if s.table and s.table != "Custom" else None
            arguments, results = [*map(tensor, s.arguments)], [*map(tensor, s.results)]
            g.op(s.op, arguments, results, opts, s.version, [*map(tensor, s.inner)], custom)
        g.table.outputs.extend(map(tensor, outs))
    return m.pack()


def inputs(line):
    return [t.values for t in line.tensors.values() if t.role == "" and t.values is not None]
