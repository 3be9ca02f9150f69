#!/usr/bin/env python3
"""Proves that kernel leaves define no weak symbols.

    leaf_symbols.py BUILD_DIRECTORY [--nm NM]

Compiles every leaf of engine/kernels again at -O0, with its own flags from the build's
compile_commands.json, so that no inline function disappears into its callers, and reads the
object's symbols. A weak one, compiled with an instruction set's flags, could replace the
baseline's copy of the same function at link time.
"""

import argparse
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

LEAF = re.compile(r"/engine/kernels/(scalar|avx2|avxvnni|avx512vnni|amx|neon|neondot|neoni8mm)/[^/]+\.cc$")
LAUNCHER = re.compile(r"(^|/)ccache$")
# Weak or unique, defined in the object.
WEAK = re.compile(r"^[0-9a-f]+ ([WVu]) (.+)$")


def compile_arguments(command, output):
    """The compiler's command line at -O0, writing `output`."""
    arguments = [a for a in shlex.split(command) if not LAUNCHER.search(a)]
    kept, skip = [], False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == "-o":
            skip = True
        elif not re.match(r"-O\w?$|-fsanitize|-fno-sanitize", argument):
            kept.append(argument)
    return kept + ["-O0", "-w", "-o", str(output)]


def weak_symbols(nm, obj):
    listing = subprocess.run([nm, "-C", str(obj)], check=True, capture_output=True, text=True)
    return [m.group(2) for m in map(WEAK.match, listing.stdout.splitlines()) if m]


def check_leaf(entry, nm, folder):
    obj = pathlib.Path(folder) / "leaf.o"
    subprocess.run(compile_arguments(entry["command"], obj), cwd=entry["directory"], check=True)
    return weak_symbols(nm, obj)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--nm", default="nm")
    options = parser.parse_args()
    commands = json.loads((pathlib.Path(options.build) / "compile_commands.json").read_text())
    leaves = [entry for entry in commands if LEAF.search(entry["file"])]
    if not leaves:
        sys.exit("no kernel leaf in compile_commands.json")
    problems = 0
    with tempfile.TemporaryDirectory() as folder:
        for entry in leaves:
            for symbol in check_leaf(entry, options.nm, folder):
                print(f"{entry['file']}: weak symbol {symbol}")
                problems += 1
    print(f"{len(leaves)} leaves, {problems} weak symbols")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
