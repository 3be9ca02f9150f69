#!/usr/bin/env python3
"""Five times as many requests as a daemon can answer, for a while: it must go on as if at its peak.

    overload.py ADDRESS PID SERVE_LOAD [--seconds 60]

Measures the peak with a closed loop on the model `digits`, then sends at five times that rate. What
cannot be answered must be refused at once, and memory must not grow.
"""

import argparse
import json
import subprocess
import sys
import time

from soak import Process

# So many that transport costs little beside computing: the generator shares the machine.
ROWS = 512
PEAK_SECONDS = 10
TIMES = 5
SERVED_SHARE = 0.9
REFUSAL_LIMIT_MS = 20
GROWTH_LIMIT = 0.05


def command(options, *arguments):
    return [options.serve_load, "--address", options.address, "--rows", str(ROWS), "--deadline",
            "60", *map(str, arguments), "digits"]


def measure_peak(options):
    done = subprocess.run(command(options, "--in-flight", 8, "--warm-up", 2, "--seconds",
                                  PEAK_SECONDS), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["all"]["per_second"]


def overload(options, rate, process):
    """The generator's figures, and the memory in use early and late."""
    load = subprocess.Popen(command(options, "--in-flight", 10000, "--rate", rate, "--warm-up", 2,
                                    "--seconds", options.seconds), stdout=subprocess.PIPE)
    time.sleep(options.seconds / 3)
    early = process.usage()["bytes"]
    time.sleep(options.seconds * 0.6)
    late = process.usage()["bytes"]
    figures = json.loads(load.communicate()[0])["all"]
    return figures, early, late


def find_problems(figures, peak, early, late):
    if figures["per_second"] < SERVED_SHARE * peak:
        yield f"served {figures['per_second']:.0f} requests/s, less than {SERVED_SHARE} of the peak"
    refused = figures["refused"]
    if refused["count"] == 0:
        yield "nothing was refused"
    elif refused["p99_ms"] > REFUSAL_LIMIT_MS:
        yield f"refusals took more than {REFUSAL_LIMIT_MS} ms"
    if figures["errors"] or figures["not_sent"]:
        yield f"errors {figures['errors']}, not sent {figures['not_sent']}"
    if late > early * (1 + GROWTH_LIMIT):
        yield f"memory grew from {early} to {late} bytes"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("pid", type=int)
    parser.add_argument("serve_load")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    peak = measure_peak(options)
    figures, early, late = overload(options, TIMES * peak, Process(options.pid))
    print(f"peak {peak:.0f} requests/s of {ROWS} rows; at {TIMES} times that rate: {figures}; "
          f"{early} bytes after a third of the time, {late} near the end")
    problems = list(find_problems(figures, peak, early, late))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
