#!/usr/bin/env python3
"""Looks through the project's text for what must not be there.

    text_rules.py ROOT

That is: paths of one person's or one machine's folders, work left for later, and conflict marks.
Prints each place and ends with status 1 if there is any.
"""

import pathlib
import re
import subprocess
import sys

RULES = [
    ("a path of one machine", re.compile(r"(?<![\w.$}/-])/(?:home|Users|work|mnt|media)/\w")),
    ("work left for later", re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")),
    ("a conflict mark", re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)),
]
BINARY = {".png", ".npz", ".npy", ".tflite"}
SKIPPED_FOLDERS = re.compile(r"^(\.git|\.cache|build[^/]*|__pycache__)$")


def files(root):
    """Root-relative paths of the project's files: git's, or all but builds where git isn't there."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        return sorted(filter(None, listed.stdout.decode().split("\0")))
    return sorted(
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and
        not any(SKIPPED_FOLDERS.match(part) for part in path.relative_to(root).parts))


def problems(name, text):
    for what, pattern in RULES:
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: {what}: {match.group(0).strip()}"


def main():
    root = pathlib.Path(sys.argv[1])
    found = looked = 0
    for name in files(root):
        path = root / name
        if path.suffix in BINARY or not path.is_file():
            continue
        looked += 1
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            print(f"{name}: not UTF-8")
            found += 1
            continue
        for problem in problems(name, text):
            print(problem)
            found += 1
    print(f"{looked} files, {found} problems")
    sys.exit(1 if found or not looked else 0)


if __name__ == "__main__":
    main()
