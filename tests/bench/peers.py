#!/usr/bin/env python3
"""Times octet_bench, LiteRT and OpenVINO on the same `.tflite` files, piece by piece.

A piece is one model with one number of threads and of rows, held to one instruction set or to none.
In it the engines take turns, round by round, so a change in the machine's speed meets all of them.
Its times are the median over the rounds of each round's median, and the fastest run of all; where
others use the machine, the second is the fairer, since a longer run is the likelier to be
interrupted. No engine's time includes making the input; OpenVINO's includes handing it over.

Each piece adds a line of JSON to --results, takes some 10 to 40 s, and is skipped where its line is
there already. `--under` names a command that each piece runs under. At the end the table and the
picture are drawn anew from the file (peers_report.py).

usage: peers.py --octet-bench PROGRAM --results FILE.jsonl [--isa auto,avx2] [--threads 1,2]
                [--batch 1,8] [--under COMMAND] [--report RESULTS.md] MODEL...
Needs ai-edge-litert, openvino and numpy. LiteRT cannot be held to an instruction set, so it has no
part in the pieces that are; in the others each engine has its own defaults.
"""

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys

import peers_report
from peer_engines import ONEDNN_NAMES, Octet, Peer

KEY = ("model", "threads", "batch", "isa")


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def engine_makers(program, path, threads, batch, isa):
    setting = (path, threads, batch, isa)
    makers = {
        "Octet": lambda: Octet(program, *setting, "float32"),
        "Octet fixed_point": lambda: Octet(program, *setting, "fixed_point"),
        "OpenVINO": lambda: Peer("openvino", *setting),
    }
    if isa == "auto":
        makers["LiteRT"] = lambda: Peer("litert", *setting)
    return makers


def compare(makers, rounds, seconds):
    """Times of each engine that can run, and the others' reasons, by name."""
    engines, reasons = {}, {}
    for name, make in makers.items():
        try:
            engines[name] = make()
        except RuntimeError as error:
            reasons[name] = str(error)
    times = {name: [] for name in engines}
    for _ in range(rounds):
        for name, engine in engines.items():
            times[name].append(engine.measure(seconds))
    for engine in engines.values():
        engine.close()
    figures = {name: {"median_ms": statistics.median(t["median_ms"] for t in values),
                      "min_ms": min(t["min_ms"] for t in values)}
               for name, values in times.items()}
    return figures, reasons


def measure_piece(options, piece):
    makers = engine_makers(options.octet_bench, piece["path"],
                           *(piece[k] for k in ("threads", "batch", "isa")))
    figures, reasons = compare(makers, options.rounds, options.seconds)
    line = {key: piece[key] for key in KEY} | {
        "processor": processor(), "processors": len(os.sched_getaffinity(0)),
        "rounds": options.rounds, "seconds": options.seconds,
        "engines": figures, "cannot": reasons}
    with open(options.results, "a", encoding="utf-8") as out:
        print(json.dumps(line), file=out)


def missing_pieces(options):
    """In the order of the models, the shared settings before the held ones."""
    done = {tuple(line[key] for key in KEY) for line in peers_report.read(options.results)}
    for isa in options.isa:
        for path in options.models:
            for threads in options.threads:
                for batch in options.batch:
                    piece = {"path": path, "model": pathlib.Path(path).stem, "threads": threads,
                             "batch": batch, "isa": isa}
                    if tuple(piece[key] for key in KEY) not in done:
                        yield piece


def numbers(text):
    values = [int(part) for part in text.split(",")]
    if min(values) < 1:
        raise ValueError
    return values


def instruction_sets(text):
    values = text.split(",")
    if not set(values) <= {"auto", *ONEDNN_NAMES}:
        raise ValueError
    return values


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--octet-bench", required=True, metavar="PROGRAM")
    parser.add_argument("--results", required=True, metavar="FILE.jsonl")
    parser.add_argument("--threads", type=numbers, default=[1, 2], metavar="1,2")
    parser.add_argument("--batch", type=numbers, default=[1, 8], metavar="1,8")
    parser.add_argument("--isa", type=instruction_sets, default=["auto"],
                        metavar=",".join(["auto", *ONEDNN_NAMES]))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each engine in each round")
    parser.add_argument("--under", type=shlex.split, default=[], metavar="COMMAND")
    parser.add_argument("--report", type=pathlib.Path, metavar="RESULTS.md",
                        help="file whose marked part becomes the table; the picture goes beside it")
    parser.add_argument("--piece", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    if options.piece is not None:
        measure_piece(options, options.piece)
        return 0
    failed = 0
    for piece in list(missing_pieces(options)):
        print(*(f"{key} {piece[key]}" for key in KEY), flush=True)
        command = [*options.under, sys.executable, "-B", __file__, *sys.argv[1:], "--piece",
                   json.dumps(piece)]
        failed += subprocess.run(command, check=False).returncode != 0
    if options.report is not None:
        peers_report.write(peers_report.read(options.results), options.report)
    if failed:
        print(f"{failed} pieces failed; the same command tries them again", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
