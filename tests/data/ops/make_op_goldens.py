#!/usr/bin/env python3
"""Makes the models of one operator each, and what LiteRT answers, that tests replay.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_op_goldens.py            # or --only CONV_2D,ADD

Writes OP.json for each kind of operator and refused.txt beside this file. A case holds a whole .tflite file (base64),
the inputs of a run, and what LiteRT answers:

  fixed_point  its reference kernels; where that version of the operator has none, or it is known to be wrong
               (KNOWN_WRONG), its builtin kernel: then "source" is "builtin", else "reference"
  float32      its default path on x86-64 (XNNPACK where it takes the operator), where that differs
  bound        for float outputs that LiteRT itself may compute in another order: |difference| <= absolute + relative *
               |answer|, and why; a case without one is to be equal byte for byte
  then         further runs of the same loaded model, in order, for operators with a state

What LiteRT refuses stands in refused.txt with its reason, not here. Seeds are fixed: the same processor gives the same
bytes again.
"""

import argparse
import base64
import json
import pathlib
import re

import numpy as np

import cases as shared
import control
import convolutions
import elementwise
import litert
import making
import matrices
import movement
import recurrent
import unary
import windows_rows
from tflite_builder import TYPE_NAME

FOLDER = pathlib.Path(__file__).resolve().parent
FAMILIES = (elementwise, unary, convolutions, matrices, windows_rows, movement, making, control, recurrent)
# Reference kernels that answer something else than the operator's definition.
KNOWN_WRONG = {("SUM", "INT8"), ("LOCAL_RESPONSE_NORMALIZATION", "FLOAT32")}
UNSTEADY = "answers differ from run to run: read from memory that was never written"


def packed(array):
    return {
        "dtype": TYPE_NAME[array.dtype],
        "shape": list(array.shape),
        "data": base64.b64encode(array.tobytes()).decode(),
    }


def same(a, b):
    return all(
        x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True)
    )


def reason(status, text):
    """LiteRT's words in one line, without what differs from run to run."""
    text = re.sub(r"0x[0-9a-f]+", "0x...", " ".join(str(text).split()))
    text = re.sub(r"\(-?\d{6,} != -?\d{6,}\)", "(...)", text)  # floats that LiteRT prints as integers
    text = re.sub(r"^.*?aborts", "aborts", text) if status == "abort" else text
    return text[:240]


def check_bound(case, bound, fixed, default):
    """LiteRT's two answers must be as near to each other as the bound says of any two. (Hybrid operators answer two
    rules, each exactly.)"""
    if bound is None and set(case.inputs) & {"INT8", "UINT8"}:
        return
    for a, b in zip((o for run in fixed for o in run), (o for run in default for o in run), strict=True):
        if a.dtype != np.float32:
            continue
        limit = bound["absolute"] + bound["relative"] * np.abs(b) if bound else np.zeros_like(b)
        with np.errstate(invalid="ignore"):
            apart = np.where(a == b, 0, np.abs(a.astype(np.float64) - b))
        if not (apart <= limit).all() and a.tobytes() != b.tobytes():
            print(f"beyond the bound: {case.op} {case.name}: {apart.max()} for {np.max(limit)}")


def bound_of(case, twins):
    if case.bound is None:
        return None
    absolute = case.bound.absolute
    if case.bound.twin is not None:
        status, value = twins[id(case.bound.twin)]
        if status != "ok":
            raise RuntimeError(f"{case.op} {case.name}: no magnitude: {value}")
        largest = max(float(np.abs(o).max()) for run in value for o in run if o.dtype == np.float32)
        absolute += 2 * shared.gamma(case.bound.terms) * largest
    return {"absolute": absolute, "relative": case.bound.relative, "why": case.bound.why}


def entry(case, fixed, default, source, bound):
    runs = []
    for inputs, want, other in zip(case.invocations, fixed, default, strict=True):
        run = {"inputs": [packed(v) for v in inputs], "fixed_point": [packed(v) for v in want]}
        if not same(want, other):
            run["float32"] = [packed(v) for v in other]
        runs.append(run)
    made = {
        "name": case.name,
        "version": case.version,
        "types": {"inputs": case.inputs, "outputs": case.outputs},
        "source": source,
        "model": base64.b64encode(case.model).decode(),
        **runs[0],
    }
    if len(runs) > 1:
        made["then"] = runs[1:]
    if bound is not None:
        made["bound"] = bound
    return made


def twin_answers(cases):
    twins = [c.bound.twin for c in cases if c.bound is not None and c.bound.twin is not None]
    found = litert.answers(twins, "builtin")
    return dict(zip(map(id, twins), found))


def collect(only):
    cases = [c for family in FAMILIES for c in family.cases() if not only or c.op in only]
    names = [(c.op, c.name) for c in cases]
    doubled = {n for n in names if names.count(n) > 1}
    if doubled:
        raise RuntimeError(f"names used twice: {sorted(doubled)}")
    return cases


def ask(cases):
    """Answers by resolver. All are asked again in the opposite order: what then differs was read from memory that
    LiteRT never wrote."""
    jobs = [(c.model, c.invocations) for c in cases]
    found = {}
    for resolver in ("reference", "builtin", "default"):
        first = litert.answers(jobs, resolver)
        again = litert.answers(jobs[::-1], resolver)[::-1]
        found[resolver] = [a if steady(a, b) else ("error", UNSTEADY) for a, b in zip(first, again)]
    return found


def steady(a, b):
    return a[0] == b[0] and (a[0] != "ok" or all(same(x, y) for x, y in zip(a[1], b[1], strict=True)))


def make(cases):
    """Returns {op: entries} and {line of refused.txt: names of its cases}."""
    answers, by_op, refused = ask(cases), {}, {}
    twins = twin_answers(cases)
    for i, case in enumerate(cases):
        (ref_status, ref), (opt_status, opt), (status, default) = (
            answers[r][i] for r in ("reference", "builtin", "default")
        )
        wrong = (case.op, case.inputs[0] if case.inputs else "") in KNOWN_WRONG
        fixed, source = (opt, "builtin") if wrong or ref_status != "ok" else (ref, "reference")
        types = ", ".join(t or "-" for t in case.inputs) + " -> " + ", ".join(case.outputs)
        words = None
        if UNSTEADY in [v for v in (ref, opt, default) if isinstance(v, str)]:
            words = UNSTEADY
        elif opt_status != "ok" and source == "builtin":
            words = reason(opt_status, opt)
        elif status != "ok":
            words = "default path: " + reason(status, default)
        if words is not None:
            refused.setdefault(f"{case.op}\tversion {case.version}\t{types}\t{words}", []).append(case.name)
        else:
            bound = bound_of(case, twins)
            check_bound(case, bound, fixed, default)
            by_op.setdefault(case.op, []).append(entry(case, fixed, default, source, bound))
    return by_op, refused


def write(by_op, refused, folder):
    for op, entries in by_op.items():
        lines = ",\n".join(json.dumps(e, separators=(",", ":")) for e in entries)
        (folder / f"{op}.json").write_text(f'{{"op":"{op}","cases":[\n{lines}\n]}}\n')
    head = "# What LiteRT refuses: operator, version, types, its words (the builtin kernels' unless said), cases.\n"
    lines = (f"{line}\t{', '.join(names)}\n" for line, names in sorted(refused.items()))
    (folder / "refused.txt").write_text(head + "".join(lines))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--only", default="", help="kinds of operators, comma-separated; refused.txt then names these alone"
    )
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    by_op, refused = make(collect(set(filter(None, args.only.split(",")))))
    write(by_op, refused, args.out)
    print(f"{sum(map(len, by_op.values()))} cases of {len(by_op)} operators, {len(refused)} combinations refused")


if __name__ == "__main__":
    main()
