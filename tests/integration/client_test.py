#!/usr/bin/env python3
"""Drives the real octet against the real octetd, as a person at a shell would.

    OCTETD=… OCTET=… OCTET_TEST_DATA=… python3 -m unittest client_test

Without these variables: build/server/octetd, build/client/octet and tests/data of this source tree.
"""

import ast
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
OCTETD = os.environ.get("OCTETD", str(ROOT / "build/server/octetd"))
OCTET = os.environ.get("OCTET", str(ROOT / "build/client/octet"))
DATA = pathlib.Path(os.environ.get("OCTET_TEST_DATA", ROOT / "tests/data"))
START_SECONDS = 60
HELD_OUT = 450  # samples of digits_test.npz


def clean_environment():
    """No OCTET_… of the surroundings reaches the programs."""
    return {key: value for key, value in os.environ.items() if not key.startswith("OCTET_")}


def read_npy(path):
    """Returns (descr, shape, values) of a one-dimensional view of a .npy file."""
    data = pathlib.Path(path).read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    (length,) = struct.unpack_from("<H", data, 8)
    header = ast.literal_eval(data[10 : 10 + length].decode())
    code = {"<f4": "f", "|i1": "b"}[header["descr"]]
    count = math.prod(header["shape"])
    return header["descr"], header["shape"], struct.unpack_from(f"<{count}{code}", data, 10 + length)


def npy(shape, values):
    """The bytes of a .npy file of float32 elements."""
    header = str({"descr": "<f4", "fortran_order": False, "shape": tuple(shape)}).encode()
    header = header.ljust(118 - 1) + b"\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
            struct.pack(f"<{len(values)}f", *values))


class Daemon:
    """An octetd of its own on a socket in a folder of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="octet_client_test_"))
        self.models = self.folder / "models"
        for kind in ("float32", "int8"):
            version = self.models / f"digits_{kind}" / "1"
            version.mkdir(parents=True)
            shutil.copy(DATA / f"digits_{kind}.tflite", version / "model.tflite")
        self.address = f"unix:{self.folder}/grpc"
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen(
            [OCTETD, "--model-repository", self.models, "--grpc-address", self.address,
             "--metrics-address", "127.0.0.1:0"],
            stdout=self.log, stderr=self.log, env=clean_environment())
        deadline = time.monotonic() + START_SECONDS
        while octet("--address", self.address, "status").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("octetd did not get ready:\n" + self.text)
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.seek(0)
        self.text = self.log.read()
        self.log.close()
        shutil.rmtree(self.folder)


def octet(*args):
    return subprocess.run([OCTET, *map(str, args)], capture_output=True, text=True, timeout=300,
                          env=clean_environment(), stdin=subprocess.DEVNULL, check=False)


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        if cls.daemon.process.returncode != 0:
            raise AssertionError("octetd ended badly:\n" + cls.daemon.text)

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="octet_client_test_")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def good(self, *args):
        result = octet("--address", self.daemon.address, *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "")  # progress is for terminals
        return result.stdout

    def good_json(self, *args):
        return json.loads(self.good(*args, "--json"))

    def bad(self, *args, code=1):
        result = octet("--address", self.daemon.address, *args)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertEqual(result.stdout, "")
        return result.stderr

    def test_status(self):
        self.assertIn("live, ready", self.good("status"))
        status = self.good_json("status")
        self.assertTrue(status["live"] and status["ready"])
        self.assertEqual(status["name"], "octet")

    def test_models(self):
        models = self.good_json("models")["models"]
        states = {(model["name"], model["version"]): model["state"] for model in models}
        for name in ("digits_float32", "digits_int8"):
            self.assertEqual(states[name, "1"], "READY")
            self.assertIn(name, self.good("models"))

    def test_metadata(self):
        metadata = self.good_json("metadata", "digits_int8")
        self.assertEqual(metadata["inputs"],
                         [{"name": "image", "datatype": "INT8", "shape": [-1, 8, 8, 1]}])
        text = self.good("metadata", "digits_int8")
        self.assertIn("zero point -128", text)
        self.assertIn("[-1,8,8,1]", text)

    def test_infer_pictures_with_both_models(self):
        for model in ("digits_float32", "digits_int8"):
            document = self.good_json("infer", model, DATA / "digits")
            results = document["results"]
            self.assertEqual(document["version"], "1")
            self.assertEqual(len(results), 10)
            right = 0
            for result in results:
                best = result["outputs"][0]["top"][0][0]
                right += result["file"].endswith(f"digit_{best['class']}.png")
                self.assertGreater(best["score"], 0.1)
                self.assertLessEqual(best["score"], 1.0)
            self.assertGreaterEqual(right, 9, model)

    def test_infer_writes_what_it_prints(self):
        picture = DATA / "digits" / "digit_3.png"
        self.good("infer", "digits_int8", picture, "--output", self.scratch)
        printed = self.good_json("infer", "digits_int8", picture)["results"][0]["outputs"][0]
        descr, shape, values = read_npy(self.scratch / f"digit_3.{printed['name']}.npy")
        self.assertEqual((descr, list(shape)), ("<f4", printed["shape"]))
        self.assertEqual(list(values), [struct.unpack("<f", struct.pack("<f", value))[0]
                                        for value in printed["data"]])

    def test_infer_raw_bytes_give_the_codes_of_the_picture(self):
        raw = self.scratch / "black.raw"
        raw.write_bytes(b"\x80" * 64)  # -128 stands for 0
        outputs = self.good_json("infer", "digits_int8", raw, "--codes")["results"][0]["outputs"]
        self.assertEqual(outputs[0]["datatype"], "INT8")
        reals = self.scratch / "black_real.npy"
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 8, 8, 1), }"
        header += b" " * (118 - len(header) - 1) + b"\n"
        reals.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
                          bytes(64 * 4))
        named = self.good_json("infer", "digits_int8", "--input", f"image={reals}", "--codes")
        self.assertEqual(named["results"][0]["outputs"], outputs)

    def test_infer_errors_say_what_is_right(self):
        unknown = self.bad("infer", "digit", DATA / "digits")
        self.assertIn("NOT_FOUND", unknown)
        self.assertIn("digits_float32 (version 1)", unknown)
        self.assertIn("NOT_FOUND", self.bad("infer", "digits_int8:9", DATA / "digits"))
        short = self.scratch / "short.raw"
        short.write_bytes(bytes(63))
        wrong = self.bad("infer", "digits_int8", short)
        for part in (str(short), "63 raw bytes", "INT8 [-1,8,8,1]"):
            self.assertIn(part, wrong)
        self.assertIn("'image'", self.bad("infer", "digits_int8", "--input", f"picture={short}"))

    def test_quantize_a_file(self):
        source = DATA / "digits_float32.tflite"
        out = self.scratch / "out.tflite"
        text = self.good("quantize", source, out)
        self.assertIn("quantized, ", text)
        self.assertIn(str(out), text)
        report = self.good_json("quantize", source, out)
        self.assertEqual(report["bytes_before"], source.stat().st_size)
        self.assertEqual(report["bytes_after"], out.stat().st_size)
        self.assertLess(report["bytes_after"], 0.6 * report["bytes_before"])
        self.assertTrue(any(tensor["quantized"] for tensor in report["tensors"]))
        kept = [tensor for tensor in report["tensors"] if not tensor["quantized"]]
        self.assertTrue(all(tensor["reason"] for tensor in kept))
        self.assertIn("FAILED_PRECONDITION", self.bad("quantize", out, self.scratch / "twice"))
        self.assertFalse((self.scratch / "twice").exists())

    def test_quantize_with_samples_and_a_page(self):
        samples = self.scratch / "samples"
        samples.mkdir()
        for i in range(10):
            with zipfile.ZipFile(samples / f"{i}.npz", "w") as archive:
                pixels = [(pixel * (i + 3) % 17) / 16 for pixel in range(64)]
                archive.writestr("image.npy", npy((1, 8, 8, 1), pixels))
        source, out, page = DATA / "digits_float32.tflite", self.scratch / "o", self.scratch / "p"
        for mode in ("full-integer", "int16x8", "float16", "weight-only", "dynamic-range"):
            text = self.good("quantize", source, out, "--mode", mode, "--samples", samples,
                             "--report", page)
            for part in ("LAYER (WORST FIRST)", "output probabilities over 10 samples",
                         "TFLite Micro", str(page)):
                self.assertIn(part, text)
            self.assertIn("<svg" if mode in ("full-integer", "int16x8") else "<table",
                          page.read_text())
        (samples / "5b.npy").write_bytes(npy((8, 8, 1), [0.5] * 64))
        text = self.bad("quantize", source, self.scratch / "none", "--mode", "full-integer",
                        "--samples", samples)
        self.assertIn("5b.npy", text)
        self.assertIn("[1,8,8,1]", text)
        self.assertFalse((self.scratch / "none").exists())

    def test_quantize_a_served_model_and_compare_it(self):
        report = self.good_json("quantize", "--model", "digits_float32", "--store-as", "digits_new")
        self.assertEqual(report["stored_as"], {"name": "digits_new", "version": "1"})
        document = self.good_json("evaluate", "digits_new", "--data", DATA / "digits_test.npz",
                                  "--reference", "digits_float32")
        self.assertEqual(document["samples"], HELD_OUT)
        self.assertEqual(document["model_bytes"], report["bytes_after"])
        self.assertGreater(document["agreement"], 0.98)
        self.assertGreater(document["sqnr_db"], 20)
        self.assertGreater(document["reference"]["top1"], 0.97)
        self.assertLess(abs(document["top1"] - document["reference"]["top1"]), 0.02)

    def test_evaluate_prints_a_table(self):
        text = self.good("evaluate", "digits_int8", "--data", DATA / "digits_test.npz")
        for part in ("450 samples", "digits_int8:1", "accuracy (top 1)", "latency p99"):
            self.assertIn(part, text)

    def test_evaluate_errors_say_what_is_right(self):
        data = self.scratch / "empty.npz"
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("image.npy", b"no array")
        self.assertIn("image: not a readable .npy", self.bad("evaluate", "digits_int8", "--data", data))
        self.assertIn("NOT_FOUND", self.bad("evaluate", "digits_int8", "--data", self.scratch / "no"))
        self.assertIn("digits_int8 (version 1)",
                      self.bad("evaluate", "digits_int8", "--data", DATA / "digits_test.npz",
                               "--reference", "other"))

    def test_bad_usage_ends_with_two(self):
        for args in ([], ["frobnicate"], ["infer", "digits_int8"], ["evaluate", "digits_int8"]):
            self.assertTrue(self.bad(*args, code=2))

    def test_an_unreachable_server_is_explained(self):
        result = octet("--address", f"unix:{self.scratch}/nobody", "status", "--json")
        self.assertEqual(result.returncode, 1)
        self.assertIn("octetd --model-repository", result.stderr)
        self.assertEqual(json.loads(result.stdout)["error"]["code"], "UNAVAILABLE")


if __name__ == "__main__":
    unittest.main()
