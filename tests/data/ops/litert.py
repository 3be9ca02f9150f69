"""LiteRT's answers to many small models, by resolver; survives models that abort LiteRT."""

import os
import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile

WORKER = pathlib.Path(__file__).with_name("litert_worker.py")


def _load(path):
    answers = {}
    if not path.exists():
        return answers
    with open(path, "rb") as f:
        while True:
            try:
                index, status, value = pickle.load(f)
            except (EOFError, pickle.UnpicklingError):
                return answers
            answers[index] = (status, value)


def _describe(process):
    text = [
        line
        for line in process.stderr.decode(errors="replace").splitlines()
        if line and not line.startswith(("INFO", "WARNING"))
    ]
    name = signal.Signals(-process.returncode).name if process.returncode < 0 else f"exit {process.returncode}"
    return f"aborts ({name})" + (": " + text[-1] if text else "")


def answers(jobs, resolver):
    """jobs: a list of (model bytes, [inputs of each invocation]). Returns a list of (status, value), status
    "ok" (value: outputs of each invocation), "error" or "abort" (value: what LiteRT said)."""
    with tempfile.TemporaryDirectory() as folder:
        jobs_path, out = pathlib.Path(folder, "jobs"), pathlib.Path(folder, "answers")
        with open(jobs_path, "wb") as f:
            pickle.dump(jobs, f)
        done, first = {}, 0
        while first < len(jobs):
            part = pathlib.Path(f"{out}.{first}")
            process = subprocess.run(
                [sys.executable, WORKER, jobs_path, part, resolver, str(first)],
                stderr=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "1"},
                check=False,
            )
            done.update(_load(part))
            first = max(done, default=-1) + 1 if done and max(done) >= first else first
            if first < len(jobs):
                done[first] = ("abort", _describe(process))
                first += 1
        return [done[i] for i in range(len(jobs))]
