#!/usr/bin/env python3
"""Draws the table and the picture of what peers.py measured.

usage: peers_report.py FILE.jsonl RESULTS.md
Puts the table between the two marks in RESULTS.md, and the picture into peers.svg beside it.
"""

import json
import pathlib
import sys

BEGIN, END = "<!-- peers.py: begin -->", "<!-- peers.py: end -->"
ENGINES = ("Octet", "Octet fixed_point", "LiteRT", "OpenVINO")
PEERS = ("LiteRT", "OpenVINO")
COLOURS = {"Octet": "#1b6ca8", "LiteRT": "#e08e2b", "OpenVINO": "#7a7a7a"}


def read(path):
    """The lines of the file; none where there is no file."""
    file = pathlib.Path(path)
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def cell(line, name):
    figures = line["engines"].get(name)
    return f"{figures['median_ms']:.3f} / {figures['min_ms']:.3f}" if figures else "—"


def ratio(line, figure):
    """Octet over the faster peer; None where one side is missing."""
    peers = [line["engines"][name][figure] for name in PEERS if name in line["engines"]]
    if not peers or "Octet" not in line["engines"]:
        return None
    return line["engines"]["Octet"][figure] / min(peers)


def ratio_cell(line):
    values = [ratio(line, figure) for figure in ("median_ms", "min_ms")]
    return "—" if None in values else " / ".join(f"{value:.2f}" for value in values)


def table(lines):
    first = lines[0]
    settings = sorted({(line["rounds"], line["seconds"]) for line in lines})
    rows = [f"{first['processor']}, {first['processors']} processors. Milliseconds, median / "
            "minimum; " + ", ".join(f"{r} rounds of {s} s" for r, s in settings) + " an engine. "
            "Ratios are Octet's, with float32 rounding,", "over the faster peer's, by median / by "
            "minimum: below 1, Octet is faster. A row with an instruction set holds Octet and "
            "OpenVINO to it.", "",
            "![Octet beside the faster peer](peers.svg)", "",
            "| model | threads | batch | set | " + " | ".join(ENGINES) + " | Octet / best peer |",
            "|" + "---|" * (len(ENGINES) + 5)]
    for line in lines:
        cells = [line["model"], line["threads"], line["batch"], line["isa"],
                 *(cell(line, name) for name in ENGINES), ratio_cell(line)]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    reasons = [f"- {line['model']}, {line['threads']} threads, batch {line['batch']}, "
               f"{line['isa']}: {name} cannot run it: {why}"
               for line in lines for name, why in line["cannot"].items()]
    return "\n".join(rows + [""] + reasons + ([""] if reasons else []))


def bars(line, y, longest):
    parts, step = [], 11
    for name in ("Octet", *PEERS):
        figures = line["engines"].get(name)
        if figures:
            share = figures["median_ms"] / longest
            parts.append(f'<rect x="300" y="{y}" width="{share * 420:.1f}" height="9" '
                         f'fill="{COLOURS[name]}"/>'
                         f'<text x="{305 + share * 420:.1f}" y="{y + 8}">'
                         f'{figures["median_ms"]:.3f}</text>')
        y += step
    return parts


def picture(lines):
    """Bars of the rows at one thread and batch 1, each model to a scale of its own."""
    shown = [line for line in lines if line["engines"] and line["batch"] == 1
             and line["threads"] == 1]
    parts, y, group = [], 40, 44
    for line in shown:
        longest = max(f["median_ms"] for n, f in line["engines"].items() if n in COLOURS)
        held = "" if line["isa"] == "auto" else f", {line['isa']}"
        parts.append(f'<text x="290" y="{y + 19}" text-anchor="end">{line["model"]}{held}</text>')
        parts += bars(line, y, longest)
        y += group
    legend = "".join(f'<rect x="{300 + 110 * i}" y="12" width="12" height="12" fill="{colour}"/>'
                     f'<text x="{318 + 110 * i}" y="22">{name}</text>'
                     for i, (name, colour) in enumerate(COLOURS.items()))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{y}" '
            'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" '
            f'fill="white"/><text x="10" y="22">median ms, one thread, batch 1</text>{legend}'
            + "\n".join(parts) + "</svg>\n")


def write(lines, report):
    text = report.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    report.write_text(f"{before}{BEGIN}\n{table(lines)}\n{END}{after}")
    report.with_name("peers.svg").write_text(picture(lines))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(read(sys.argv[1]), pathlib.Path(sys.argv[2]))
