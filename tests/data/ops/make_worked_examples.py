#!/usr/bin/env python3
"""Asks LiteRT for every answer of engine/WORKED_EXAMPLES.md.

    venv/bin/python make_worked_examples.py            # compares; names each cell that is not LiteRT's answer
    venv/bin/python make_worked_examples.py --write    # writes LiteRT's answers into the table

`fixed_point` is the reference kernels' answer (the builtin kernels' where there is no usable one, as in
make_op_goldens.py), `float32` the default path's, left empty where it is the same. A line whose remark says
"LiteRT:" differs on purpose: its cells stay as they are, and the remark must hold what LiteRT says.
"""

import argparse
import pathlib
import sys

import numpy as np

import litert
import worked_table
from make_op_goldens import KNOWN_WRONG, same

TABLE = pathlib.Path(__file__).resolve().parents[3] / "engine" / "WORKED_EXAMPLES.md"
RULES = ("fixed_point", "float32")


def spelled(value):
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(spelled, value)) + "]"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (float, np.floating)):
        if np.isfinite(value) and value == int(value) and abs(value) < 1e7:
            return ("-" if np.signbit(value) else "") + str(abs(int(value)))
        return str(np.float32(value))
    return str(value)


def nested(array):
    """As lists of numpy scalars, so that float32 keeps its short spelling."""
    return [nested(a) for a in array] if array.ndim else array[()]


def cell(arrays):
    return "; ".join(spelled(nested(a)) for a in arrays)


def answers(lines):
    """[{rule: (status, outputs or words)}] in the order of the lines."""
    jobs = [(worked_table.model(line, {}), [worked_table.inputs(line)]) for line in lines]
    builtin = litert.answers(jobs, "builtin")
    # Once more with the outputs' shapes in the file, as converters write them.
    for i, line in enumerate(lines):
        if builtin[i][0] == "ok":
            shapes = {n: a.shape for n, a in zip(line.results(), builtin[i][1][0])}
            jobs[i] = (worked_table.model(line, shapes), jobs[i][1])
    found = {r: litert.answers(jobs, r) for r in ("reference", "builtin", "default")}
    result = []
    for i, line in enumerate(lines):
        first = next(iter(line.tensors.values())).kind
        reference, builtin, default = (found[r][i] for r in ("reference", "builtin", "default"))
        unusable = (line.cells["operator"], first) in KNOWN_WRONG or reference[0] != "ok"
        result.append({"fixed_point": builtin if unusable else reference, "float32": default})
    return result


def cells(answer):
    """The two cells of an answer."""
    words = {}
    for rule, (status, value) in answer.items():
        words[rule] = cell(value[0]) if status == "ok" else f"{status}: {' '.join(str(value).split())}"
    if answer["fixed_point"][0] == answer["float32"][0] == "ok" and same(answer["fixed_point"][1][0], answer["float32"][1][0]):
        words["float32"] = ""
    return words


def row_of(line):
    columns = [f"`{line.cells[c]}`" if c == "model" else line.cells[c] for c in worked_table.COLUMNS]
    return "| " + " | ".join(columns) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--table", type=pathlib.Path, default=TABLE)
    args = parser.parse_args()
    text = args.table.read_text()
    lines = list(worked_table.lines(text))
    rows, wrong = text.split("\n"), 0
    for line, answer in zip(lines, answers(lines), strict=True):
        want = cells(answer)
        own = "LiteRT:" in line.cells["remark"]
        if own:
            differs = not all(w in line.cells["remark"] or w == line.cells[r] for r, w in want.items())
        else:
            differs = any(line.cells[r] != want[r] for r in RULES)
        if not differs:
            continue
        wrong += 1
        print(f"{args.table.name}:{line.number}: {line.cells['operator']} {line.cells['arithmetic']}: LiteRT answers {want}")
        if args.write and not own and all(a[0] == "ok" for a in answer.values()):
            line.cells.update(want)
            rows[line.number - 1] = row_of(line)
    if args.write:
        args.table.write_text("\n".join(rows))
    print(f"{len(lines)} lines, {wrong} {'changed' if args.write else 'differ'}")
    sys.exit(0 if lines and (args.write or not wrong) else 1)


if __name__ == "__main__":
    main()
