#!/usr/bin/env python3
"""What octet_bench prints, and how it answers wrong usage. No time is judged.

usage: octet_bench_test.py OCTET_BENCH MODEL
"""

import json
import subprocess
import sys
import unittest

BENCH, MODEL = sys.argv[1:3]


def run(*arguments):
    return subprocess.run([BENCH, *arguments], capture_output=True, text=True, timeout=120)


class OctetBenchTest(unittest.TestCase):
    def test_one_line_of_json_for_each_model(self):
        done = run(MODEL, MODEL, "--runs", "7", "--batch", "3", "--threads", "2",
                   "--isa", "scalar", "--rounding", "fixed_point")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertEqual(line["model"], MODEL)
            self.assertEqual((line["runs"], line["batch"], line["threads"]), (7, 3, 2))
            self.assertEqual((line["isa"], line["rounding"]), ("scalar", "fixed_point"))
            self.assertLessEqual(line["min_ms"], line["median_ms"])
            self.assertLessEqual(line["median_ms"], line["p90_ms"])
            self.assertLessEqual(line["p90_ms"], line["p99_ms"])
            for key in ("min_ms", "load_ms", "first_ms", "peak_bytes"):
                self.assertGreater(line[key], 0, key)

    def test_profile_is_sorted_and_names_steps(self):
        done = run(MODEL, "--runs", "5", "--profile")
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *rows, limits, foot = done.stdout.splitlines()[1:]
        self.assertIn("GMAC/s", head)
        self.assertRegex(limits, r"limits: int8 (\d+ GMAC/s|not known); reading( \d+ KiB \d+ GB/s){5}$")
        self.assertIn(f"inside {len(rows)} steps", foot)
        times = [float(row.split()[0]) for row in rows]
        self.assertEqual(times, sorted(times, reverse=True))
        convolution = next(row for row in rows if " CONV_2D " in row)
        self.assertGreater(int(convolution.split()[3]), 0)
        self.assertIn("->", convolution)
        for row in rows:
            self.assertRegex(row, r" \d+ +(compute|memory) \d+\.\d%  ")

    def test_profile_of_scalar_kernels_has_no_limit_of_products(self):
        done = run(MODEL, "--runs", "5", "--profile", "--isa", "scalar")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("limits: int8 not known; reading ", done.stdout)
        self.assertNotIn("compute", done.stdout)

    def check_usage(self, arguments, *words):
        done = run(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)

    def test_wrong_usage_says_what_is_wrong(self):
        self.check_usage([], "models")
        self.check_usage(["/nonexistent.tflite"], "/nonexistent.tflite")
        self.check_usage([MODEL, "--threads", "0"], "--threads", "0")
        self.check_usage([MODEL, "--batch", "many"], "--batch", "many")
        self.check_usage([MODEL, "--isa", "mmx"], "mmx")
        self.check_usage([MODEL, "--rounding", "up"], "up", "fixed_point")
        self.check_usage([MODEL, "--runs", "3", "--seconds", "1"], "--runs", "--seconds")
        self.check_usage([MODEL, "--frobnicate"], "--frobnicate")

    def test_a_file_that_is_no_model_fails_by_name(self):
        done = run(__file__)
        self.assertEqual(done.returncode, 1)
        self.assertIn(__file__, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
