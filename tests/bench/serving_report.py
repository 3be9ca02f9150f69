#!/usr/bin/env python3
"""Draws the tables and the pictures of what serving.py measured.

usage: serving_report.py FILE.jsonl SERVING.md
Puts the tables between the two marks in SERVING.md, and a picture for each set of models beside it.
"""

import json
import math
import pathlib
import sys

BEGIN, END = "<!-- serving.py: begin -->", "<!-- serving.py: end -->"
COLOURS = {"Octet": "#1b6ca8", "Triton": "#e08e2b", "plain Python": "#7a7a7a",
           "bare echo": "#9cc5a1"}
PEER, CEILING = "Triton", "bare echo"
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 800, 420, 70, 40, 20, 50
LABEL = 40  # between the middles of neighbouring names, at the least


def read(path):
    """The lines of the file; none where there is no file."""
    file = pathlib.Path(path)
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def title(line):
    return " and ".join(line["models"])


def load_key(line):
    return "in_flight" if line["loop"] == "closed" else "rate"


def loads(line):
    return sorted({point[load_key(line)] for point in line["points"]})


def find(line, server, load):
    """The server's point at a load; None where it was not measured or answered nothing."""
    for point in line["points"]:
        if point["server"] == server and point[load_key(line)] == load and "p50_ms" in point:
            return point
    return None


def cell(point):
    if point is None:
        return "—"
    text = f"{point['per_second']:,.0f} / {point['p50_ms']:.2f} / {point['p99_ms']:.2f}"
    left = point["refused"] + point["errors"]
    return text + (f" ({left} not answered)" if left else "")


def ratio(one, other, figure):
    """None where one side is missing."""
    return one[figure] / other[figure] if one and other else None


def ratio_cell(value):
    return "—" if value is None else f"{value:.2f}"


def table(line):
    servers = [name for name in COLOURS if any(p["server"] == name for p in line["points"])]
    what = "in flight" if line["loop"] == "closed" else "arrivals/s"
    closed = line["loop"] == "closed"
    ratios = ([f"answers, of {PEER}'s", f"p99, of {PEER}'s", f"answers, of {CEILING}'s"] if closed
              else [f"p99, of {PEER}'s"])
    rows = [f"### {title(line)}, {line['loop']} loop", "",
            "| " + " | ".join([what, *servers, *(f"Octet's {r}" for r in ratios)]) + " |",
            "|" + "---|" * (1 + len(servers) + len(ratios))]
    for load in loads(line):
        points = {name: find(line, name, load) for name in COLOURS}
        octet = points["Octet"]
        values = [ratio(octet, points[PEER], "p99_ms")]
        if closed:
            values = [ratio(octet, points[PEER], "per_second"), *values,
                      ratio(octet, points[CEILING], "per_second")]
        rows.append("| " + " | ".join([f"{load:g}", *(cell(points[name]) for name in servers),
                                       *map(ratio_cell, values)]) + " |")
    rows += [f"- {name} cannot run: {why}" for name, why in line["cannot"].items()]
    return rows


def text(lines):
    first = lines[0]
    settings = sorted({(line["loop"], line["rounds"], line["seconds"]) for line in lines})
    rows = [f"{first['processor']}, {first['processors']} processors, which the load generator "
            "shares. Each cell: answers a second / median ms / 99th percentile ms;",
            "; ".join(f"{loop} loop: {rounds} × {seconds:g} s" for loop, rounds, seconds in settings)
            + ", medians of the rounds. An open loop counts from when a request was due.", ""]
    for line in lines:
        rows += table(line) + [""]
        if line["loop"] == "open":
            rows += [f"![{title(line)}: latency against load]({picture_name(line)})", ""]
    return "\n".join(rows)


def picture_name(line):
    return f"serving_{'_'.join(line['models'])}.svg"


def scale(low, high, begin, end):
    """Maps [low, high] to [begin, end]."""
    return lambda value: begin + (value - low) / (high - low) * (end - begin)


def curve(points, x, y, colour, figure, dash):
    path = " ".join(f"{x(p['rate']):.1f},{y(math.log10(p[figure])):.1f}" for p in points)
    return (f'<polyline fill="none" stroke="{colour}" stroke-width="2" {dash} points="{path}"/>')


def axes(x, y, rates, decades):
    bottom = HEIGHT - BOTTOM
    parts, end = [], -math.inf
    for rate in rates:  # those whose names would run into each other stay unnamed
        if x(rate) - end >= LABEL:
            end = x(rate)
            parts.append(f'<text x="{end:.1f}" y="{bottom + 18}" text-anchor="middle">'
                         f'{rate:g}</text>')
    for decade in decades:
        parts += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(decade):.1f}" '
                  f'y2="{y(decade):.1f}" stroke="#ddd"/>',
                  f'<text x="{LEFT - 6}" y="{y(decade) + 4:.1f}" text-anchor="end">'
                  f'{10.0 ** decade:g}</text>']
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
                 'arrivals a second</text>')
    return parts


def picture(line):
    """Latency of each server against the rate of arrivals, as far as it kept up and once more."""
    rates = loads(line)
    shown = {name: [p for rate in rates if (p := find(line, name, rate))] for name in COLOURS}
    shown = {name: points for name, points in shown.items() if points}
    times = [p[figure] for points in shown.values() for p in points
             for figure in ("p50_ms", "p99_ms")]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    x = scale(0, max(rates), LEFT, WIDTH - RIGHT)
    y = scale(low, max(high, low + 1), HEIGHT - BOTTOM, TOP)
    parts = axes(x, y, rates, range(low, max(high, low + 1) + 1))
    for name, points in shown.items():
        parts.append(curve(points, x, y, COLOURS[name], "p99_ms", ""))
        parts.append(curve(points, x, y, COLOURS[name], "p50_ms", 'stroke-dasharray="4 3"'))
    parts += [f'<rect x="{330 + 115 * i}" y="12" width="12" height="12" fill="{COLOURS[name]}"/>'
              f'<text x="{348 + 115 * i}" y="22">{name}</text>' for i, name in enumerate(shown)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" '
            f'fill="white"/><text x="10" y="22">{title(line)}: ms, p99 (dashed: median)</text>'
            + "\n".join(parts) + "</svg>\n")


def write(lines, report):
    before, rest = report.read_text().split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    report.write_text(f"{before}{BEGIN}\n{text(lines)}\n{END}{after}")
    for line in lines:
        if line["loop"] == "open":
            report.with_name(picture_name(line)).write_text(picture(line))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(read(sys.argv[1]), pathlib.Path(sys.argv[2]))
