#!/usr/bin/env python3
"""What serving_report.py makes of measured pieces."""

import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import serving_report


def point(server, per_second, p50, p99, refused=0, **load):
    return {"server": server, **load, "per_second": per_second, "p50_ms": p50, "p90_ms": p99,
            "p99_ms": p99, "refused": refused, "errors": 0}


def piece(loop, points, cannot=None):
    return {"models": ["net"], "loop": loop, "processor": "P", "processors": 2, "seconds": 1,
            "rounds": 3 if loop == "closed" else 1, "points": points, "cannot": cannot or {}}


CLOSED = piece("closed", [
    point("Octet", 1500, 5, 8, in_flight=8), point("Triton", 600, 12.5, 20, in_flight=8),
    point("bare echo", 15000, 0.5, 1, in_flight=8), point("Octet", 800, 1, 2, in_flight=1)])
OPEN = piece("open", [
    point("Octet", 100, 1, 2, rate=100), point("Triton", 100, 3, 8, rate=100),
    point("Octet", 400, 1.5, 4, rate=400), point("Triton", 300, 200, 900, refused=7, rate=400),
    point("Octet", 800, 2, 30, rate=800)], {"plain Python": "no such module"})


def write(lines, times=1):
    """The report's text and pictures by name."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "SERVING.md"
        report.write_text(f"before\n{serving_report.BEGIN}\nold\n{serving_report.END}\nafter\n")
        for _ in range(times):
            serving_report.write(lines, report)
        return report.read_text(), {file.name: xml.etree.ElementTree.parse(file).getroot()
                                    for file in report.parent.glob("*.svg")}


class ServingReportTest(unittest.TestCase):
    def test_closed_loops_are_put_beside_the_peer_and_the_ceiling(self):
        text, pictures = write([CLOSED])
        self.assertIn("| 8 | 1,500 / 5.00 / 8.00 | 600 / 12.50 / 20.00 | 15,000 / 0.50 / 1.00 "
                      "| 2.50 | 0.40 | 0.10 |", text)
        self.assertIn("| 1 | 800 / 1.00 / 2.00 | — | — | — | — | — |", text)
        self.assertEqual(pictures, {})

    def test_open_loops_tell_what_was_not_answered(self):
        text, _ = write([OPEN])
        self.assertIn("| 100 | 100 / 1.00 / 2.00 | 100 / 3.00 / 8.00 | 0.25 |", text)
        self.assertIn("300 / 200.00 / 900.00 (7 not answered)", text)
        self.assertIn("| 800 | 800 / 2.00 / 30.00 | — | — |", text)
        self.assertIn("plain Python cannot run: no such module", text)

    def test_replaces_what_is_between_the_marks(self):
        once, _ = write([CLOSED, OPEN])
        twice, _ = write([CLOSED, OPEN], times=2)
        self.assertEqual(once, twice)
        self.assertTrue(once.startswith("before\n") and once.endswith("\nafter\n"))
        self.assertNotIn("\nold\n", once)

    def test_the_picture_has_two_curves_for_each_server(self):
        text, pictures = write([CLOSED, OPEN])
        (name, root), = pictures.items()
        self.assertIn(f"({name})", text)
        curves = [node.get("points").split() for node in root.iter() if node.tag.endswith("line")
                  and node.get("points")]
        self.assertEqual([len(curve) for curve in curves], [3, 3, 2, 2])
        # Later is higher: SVG counts from above.
        first, last = (float(at.split(",")[1]) for at in (curves[0][0], curves[0][-1]))
        self.assertGreater(first, last)


if __name__ == "__main__":
    unittest.main()
