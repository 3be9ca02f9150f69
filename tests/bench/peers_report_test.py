#!/usr/bin/env python3
"""What peers_report.py makes of measured pieces, and what peers.py refuses to time."""

import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import peers_report
from peer_engines import check_rows


def line(isa="auto", **medians):
    return {"model": "net", "threads": 1, "batch": 1, "isa": isa, "processor": "P",
            "processors": 2, "rounds": 4, "seconds": 0.3, "cannot": {},
            "engines": {name: {"median_ms": ms, "min_ms": ms / 2} for name, ms in medians.items()}}


class PeersReportTest(unittest.TestCase):
    def test_ratio_is_over_the_faster_peer(self):
        self.assertEqual(peers_report.ratio(line(Octet=3, LiteRT=4, OpenVINO=6), "median_ms"), 0.75)
        self.assertEqual(peers_report.ratio(line(Octet=3, LiteRT=4), "min_ms"), 0.75)
        self.assertIsNone(peers_report.ratio(line(Octet=3), "median_ms"))
        self.assertIsNone(peers_report.ratio(line(LiteRT=3), "median_ms"))

    def test_replaces_what_is_between_the_marks(self):
        pieces = [line(Octet=3, LiteRT=4, OpenVINO=6), line("avx2", Octet=5)]
        pieces[1]["cannot"] = {"OpenVINO": "too old"}
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder) / "RESULTS.md"
            report.write_text(f"before\n{peers_report.BEGIN}\nold\n{peers_report.END}\nafter\n")
            for _ in range(2):
                peers_report.write(pieces, report)
            text = report.read_text()
            picture = xml.etree.ElementTree.parse(report.with_name("peers.svg"))
        self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n"))
        self.assertNotIn("old\n<!--", text)
        self.assertIn("| net | 1 | 1 | auto | 3.000 / 1.500 | — | 4.000 / 2.000 | 6.000 / 3.000 "
                      "| 0.75 / 0.75 |", text)
        self.assertIn("avx2: OpenVINO cannot run it: too old", text)
        self.assertIn("net, avx2", "".join(picture.getroot().itertext()))

    def test_a_run_without_its_rows_is_refused(self):
        check_rows([(1, 1000), ()], 1)
        check_rows([(8, 1000)], 8)
        for shape, batch in (((0, 1000), 1), ((1, 1000), 8), ((1, 0), 1)):
            with self.assertRaisesRegex(RuntimeError, "rows"):
                check_rows([shape], batch)

    def test_no_file_has_no_lines(self):
        self.assertEqual(peers_report.read("/nonexistent.jsonl"), [])


if __name__ == "__main__":
    unittest.main()
