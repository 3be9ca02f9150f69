#!/usr/bin/env python3
"""Times octetd, Triton with LiteRT, a plain Python server over LiteRT and a bare gRPC echo under the
same load, piece by piece.

A piece is one set of models, which requests take in turn, in a closed loop (so many requests always
in flight) or an open one (so many arrivals a second, at random times). In it the servers take turns
at each load, so a change in the machine's speed meets all of them; the load generator shares the
machine with them. A server that has not kept up with two rates is not asked for higher ones.

Each piece adds a line of JSON to --results, takes some 60 s, and is skipped where its line is there
already. `--under` names a command that each piece runs under. At the end tables and pictures are
drawn anew from the file (serving_report.py).

usage: serving.py --octetd PROGRAM --serve-load PROGRAM --serve-echo PROGRAM --results FILE.jsonl
                  [--triton FOLDER --triton-packages FOLDER] [--under COMMAND]
                  [--report SERVING.md]
                  --models NAME=FILE.tflite[,NAME=FILE.tflite] --rates 100,200,400 ...
`--models` and the `--rates` of its open loop come in pairs. Needs tritonclient, ai-edge-litert and
numpy. The first FOLDER is where the wheel of nvidia-pytriton 0.7, which carries Triton 2.51, was
unpacked; the second one holds what its Python imports: `pip install --target FOLDER 'numpy<2'
ai-edge-litert`.
"""

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys

import serving_report
from peers import processor
from serving_servers import Echo, Octet, PlainPython, Triton

CLOSED_IN_FLIGHT = (1, 8, 32, 128)
# Chance has its part in an open loop, which is measured for longer, once.
OPEN_TIMES = 2
# Above what an open loop has under way while its server keeps up.
OPEN_IN_FLIGHT = 1000
KEEPS_UP = 0.95  # of the requests that were due
CHANCES = 2
FIGURES = ("per_second", "p50_ms", "p90_ms", "p99_ms")
KEY = ("models", "loop")


def start_servers(options, models):
    """Those that can run, and the others' reasons, by name."""
    makers = {
        "Octet": lambda: Octet(models, options.octetd),
        "Triton": lambda: Triton(models, options.triton, options.triton_packages),
        "plain Python": lambda: PlainPython(models),
        "bare echo": lambda: Echo(models, options.serve_echo),
    }
    if options.triton is None:
        del makers["Triton"]
    servers, reasons = {}, {}
    for name, make in makers.items():
        try:
            servers[name] = make()
        except RuntimeError as error:
            reasons[name] = str(error)
    return servers, reasons


def measure(options, server, **load):
    """One line of serve_load."""
    command = [options.serve_load, "--address", server.address, "--warm-up", "0.4", *server.models]
    for name, value in load.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def point(name, load, lines):
    """The medians of some measurements of one server at one load; failures are summed."""
    whole = [line["all"] for line in lines]
    figures = {figure: statistics.median(values) for figure in FIGURES
               if (values := [one[figure] for one in whole if figure in one])}
    errors = sum(sum(one["errors"].values()) for one in whole)
    return {"server": name, **load, **figures, "errors": errors,
            "refused": sum(one["refused"]["count"] + one["not_sent"] for one in whole)}


def closed_loop(options, servers):
    for in_flight in CLOSED_IN_FLIGHT:
        lines = {name: [] for name in servers}
        for _ in range(options.rounds):
            for name, server in servers.items():
                lines[name].append(measure(options, server, in_flight=in_flight,
                                           seconds=options.seconds))
        for name in servers:
            yield point(name, {"in_flight": in_flight}, lines[name])


def kept_up(figures, seconds):
    return figures["per_second"] * seconds >= KEEPS_UP * figures["due"]


def open_loop(options, servers, rates):
    chances = {name: CHANCES for name in servers}
    seconds = OPEN_TIMES * options.seconds
    for rate in rates:
        for name, server in servers.items():
            if chances[name] == 0:
                continue
            line = measure(options, server, in_flight=OPEN_IN_FLIGHT, rate=rate, seconds=seconds)
            chances[name] -= not kept_up(line["all"], seconds)
            yield point(name, {"rate": rate}, [line])


def measure_piece(options, piece):
    servers, reasons = start_servers(options, piece["files"])
    try:
        points = list(closed_loop(options, servers) if piece["loop"] == "closed"
                      else open_loop(options, servers, piece["rates"]))
    finally:
        for server in servers.values():
            server.close()
    line = {key: piece[key] for key in KEY} | {
        "processor": processor(), "processors": len(os.sched_getaffinity(0)),
        "seconds": options.seconds * (1 if piece["loop"] == "closed" else OPEN_TIMES),
        "rounds": options.rounds if piece["loop"] == "closed" else 1,
        "points": points, "cannot": reasons}
    with open(options.results, "a", encoding="utf-8") as out:
        print(json.dumps(line), file=out)


def missing_pieces(options):
    done = {(tuple(line["models"]), line["loop"]) for line in serving_report.read(options.results)}
    for files, rates in zip(options.models, options.rates):
        for loop in ("closed", "open"):
            if (tuple(files), loop) not in done:
                yield {"models": list(files), "files": files, "loop": loop, "rates": rates}


def files_by_name(text):
    return dict(part.split("=", 1) for part in text.split(","))


def numbers(text):
    return [float(part) for part in text.split(",")]


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for program in ("octetd", "serve-load", "serve-echo"):
        parser.add_argument(f"--{program}", required=True, metavar="PROGRAM")
    parser.add_argument("--triton", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--triton-packages", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--results", required=True, metavar="FILE.jsonl")
    parser.add_argument("--models", type=files_by_name, action="append", required=True,
                        metavar="NAME=FILE.tflite,...")
    parser.add_argument("--rates", type=numbers, action="append", required=True,
                        metavar="100,200,...")
    parser.add_argument("--rounds", type=int, default=3, help="of a closed loop")
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--under", type=shlex.split, default=[], metavar="COMMAND")
    parser.add_argument("--report", type=pathlib.Path, metavar="SERVING.md",
                        help="file whose marked part becomes the tables; pictures go beside it")
    parser.add_argument("--piece", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if len(options.models) != len(options.rates):
        parser.error("each --models needs its --rates")
    if (options.triton is None) != (options.triton_packages is None):
        parser.error("--triton and --triton-packages go together")
    return options


def main():
    options = parse(sys.argv[1:])
    if options.piece is not None:
        measure_piece(options, options.piece)
        return 0
    failed = 0
    for piece in list(missing_pieces(options)):
        print(", ".join(piece["models"]), piece["loop"], flush=True)
        command = [*options.under, sys.executable, "-B", __file__, *sys.argv[1:], "--piece",
                   json.dumps(piece)]
        failed += subprocess.run(command, check=False).returncode != 0
    if options.report is not None:
        serving_report.write(serving_report.read(options.results), options.report)
    if failed:
        print(f"{failed} pieces failed; the same command tries them again", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
