#!/usr/bin/env python3
"""Proves the include rules of ARCHITECTURE.md ("What may include what") over a source tree.

    include_rules.py ROOT

Prints one line for each include that breaks a rule and ends with status 1 if there is any.
"""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]', re.MULTILINE)

# A room is a folder with rules of its own. The most specific one that matches a path counts.
ROOMS = [
    "engine/base", "engine/cpu", "engine/model", "engine/memory", "engine/kernels/reference",
    "engine/kernels", "engine/ops", "engine/plan", "engine/runtime", "engine/quantize/transform",
    "engine/quantize/calibrate", "engine/evaluate", "engine/include/octet", "engine", "proto",
    "server", "client", "tests",
]

LEFT_OF_RUNTIME = {
    "engine/base", "engine/cpu", "engine/kernels", "engine/model", "engine/memory", "engine/ops",
    "engine/plan", "engine/runtime",
}

# Rules 1, 2 and 4: what each room may include besides itself.
MAY_INCLUDE = {
    "engine/base": set(),
    "engine/cpu": {"engine/base"},
    "engine/model": {"engine/base"},
    "engine/memory": {"engine/base"},
    "engine/kernels": {"engine/base", "engine/cpu"},
    "engine/kernels/reference": {"engine/base", "engine/kernels"},
    "engine/ops": {"engine/base", "engine/cpu", "engine/kernels", "engine/model"},
    "engine/plan": {"engine/base", "engine/cpu", "engine/kernels", "engine/model", "engine/memory",
                    "engine/ops"},
    "engine/runtime": LEFT_OF_RUNTIME,
    "engine/quantize/transform": {"engine/base", "engine/model"},
    "engine/quantize/calibrate": LEFT_OF_RUNTIME | {"engine/quantize/transform"},
    # It implements octet/evaluate.h, in terms of octet/engine.h.
    "engine/evaluate": LEFT_OF_RUNTIME | {"engine/include/octet"},
    "engine/include/octet": LEFT_OF_RUNTIME | {"engine/evaluate", "engine/quantize/transform",
                                               "engine/quantize/calibrate"},
    # engine/engine.cc joins the public headers to the rooms behind them.
    "engine": LEFT_OF_RUNTIME | {"engine/evaluate", "engine/quantize/transform",
                                 "engine/quantize/calibrate", "engine/include/octet"},
    "proto": set(),
    "server": {"engine/include/octet", "proto"},
    "client": {"proto"},
}

# Rule 2: what of kernels the quantizer may see.
REQUANTIZATION_CONTRACT = {"engine/kernels/requantize.h", "engine/kernels/fixed_point.h"}

# Rule 3.
FLATBUFFERS_ROOMS = {"engine/model", "engine/quantize/transform"}
FLATBUFFERS = re.compile(r"^flatbuffers/|_generated\.h$")
SERVER_LIBRARIES = re.compile(r"^(grpc|grpcpp|google/protobuf|prometheus)/|\.pb\.h$")

# Rule 5.
LEAF_FOLDERS = re.compile(
    r"^engine/kernels/(scalar|avx2|avxvnni|avx512vnni|amx|neon|neondot|neoni8mm)/")
LEAF_SYSTEM_HEADERS = {"cstddef", "cstdint", "immintrin.h", "arm_neon.h"}


def room_of(path):
    """The most specific room of a root-relative path, or None."""
    found = [room for room in ROOMS if path.startswith(room + "/")]
    return max(found, key=len) if found else None


def resolve(include):
    """The root-relative path that a quoted include names, or None for a library's header."""
    if include.startswith("octet/v1/"):
        return "proto/" + include
    if include.startswith("octet/"):
        return "engine/include/" + include
    if include.startswith("octet_client/"):
        return "client/include/" + include
    if include.startswith("inference/"):
        return "proto/" + include
    return include if room_of(include) else None


class Tree:
    """The C++ sources under a root and their includes."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.includes = {}
        for top in ("engine", "proto", "server", "client"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in (".h", ".cc", ".inc"):
                    name = path.relative_to(self.root).as_posix()
                    self.includes[name] = [
                        text for _, text in INCLUDE.findall(path.read_text(encoding="utf-8"))]

    def problems(self):
        for path, includes in self.includes.items():
            room = room_of(path)
            for include in includes:
                for rule in self.broken_rules(path, room, include):
                    yield f"{path}: includes {include}: {rule}"
            if LEAF_FOLDERS.match(path):
                yield from self.leaf_problems(path)

    def broken_rules(self, path, room, include):
        target = resolve(include)
        if target is not None:
            target_room = room_of(target)
            allowed = (target_room == room or target_room in MAY_INCLUDE.get(room, set()) or
                       (room == "engine/quantize/transform" and target in REQUANTIZATION_CONTRACT))
            if target_room in ("engine/kernels/reference", "tests") and target_room != room:
                yield "rule 4: production never uses the reference kernels or tests"
            elif not allowed:
                yield f"rules 1, 2, 4: {room} may not include {target_room}"
        if room.startswith("engine") and SERVER_LIBRARIES.search(include):
            yield "rule 3: nothing in engine uses gRPC, protobuf or Prometheus"
        if FLATBUFFERS.search(include) and room not in FLATBUFFERS_ROOMS:
            yield "rule 3: only the reader and the .tflite writer use FlatBuffers"

    def leaf_problems(self, leaf):
        """Everything a leaf reaches must be a contract or free of inline functions."""
        waiting, seen = [leaf], set()
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            for include in self.includes.get(path, []):
                target = resolve(include)
                if target is None and include not in LEAF_SYSTEM_HEADERS:
                    yield f"{leaf}: reaches {include} through {path}: rule 5"
                elif target is not None and room_of(target) != "engine/kernels":
                    yield f"{leaf}: reaches {include} through {path}: rule 5"
                elif target is not None:
                    waiting.append(target)


def main():
    tree = Tree(sys.argv[1])
    if not tree.includes:
        sys.exit(f"{sys.argv[1]}: no sources found")
    problems = list(tree.problems())
    for problem in problems:
        print(problem)
    print(f"{len(tree.includes)} files, {len(problems)} includes against the rules")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
