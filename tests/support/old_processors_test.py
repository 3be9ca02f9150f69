"""The real octetd on x86 processors that qemu plays: it starts, says which instruction sets it uses,
and answers over a socket with the bytes that it answers with natively.

    old_processors_test.py [-v]
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import daemon  # pylint: disable=wrong-import-position
from daemon import tensor  # pylint: disable=wrong-import-position

NATIVE = daemon.OCTETD
# What qemu's processors offer; those of Debian 12 play no AVX-512, AVX-VNNI or AMX.
PROCESSORS = {"Nehalem": "scalar", "SandyBridge": "scalar", "Haswell": "scalar,avx2"}
ROUNDINGS = {"float32": "xnn", "fixed_point": "out"}
GOLDEN_MODELS = ["mlperf_tiny_resnet8_int8", "mlperf_tiny_vww_96_int8",
                 "mlperf_tiny_kws_dscnn_int8", "mlperf_tiny_ad01_int8"]


class OldProcessorsTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(setattr, daemon, "OCTETD", NATIVE)
        self.repository = daemon.Repository(digits="digits_int8.tflite",
                                            digits_dynamic="digits_dynamic.tflite")
        self.addCleanup(self.repository.remove)

    def play(self, processor):
        """From now on daemons run on this processor; None: on the machine's own."""
        if processor is None:
            daemon.OCTETD = NATIVE
            return
        wrapper = pathlib.Path(self.folder.name) / processor
        wrapper.write_text(f'#!/bin/sh\nexec qemu-x86_64 -cpu {processor} "{NATIVE}" "$@"\n')
        wrapper.chmod(0o755)
        daemon.OCTETD = str(wrapper)

    def test_the_version_names_what_is_found(self):
        for processor, isas in PROCESSORS.items():
            with self.subTest(processor=processor):
                self.play(processor)
                done = daemon.run_octetd("--version")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, f"(?m)found: {isas}$")

    def test_a_missing_instruction_set_is_one_line_and_status_1(self):
        for processor, isas in PROCESSORS.items():
            for isa in {"avx2", "avxvnni", "avx512vnni", "amx"} - set(isas.split(",")):
                with self.subTest(processor=processor, isa=isa):
                    self.play(processor)
                    done = daemon.run_octetd(
                        "--model-repository", str(self.repository.path), "--isa", isa,
                        "--grpc-address", f"127.0.0.1:{daemon.free_port()}",
                        "--metrics-address", f"127.0.0.1:{daemon.free_port()}")
                    self.assertEqual(done.returncode, 1, done.stderr)
                    said = [line for line in done.stderr.splitlines() if "qemu" not in line]
                    self.assertEqual(len(said), 1, done.stderr)
                    self.assertIn(f'"{isa}" is not offered by this machine', said[0])
                    self.assertIn(f"found: {isas})", said[0])

    def digits_answers(self, rounding, isas=None):
        """What a daemon answers about 20 images: int8 codes, and the same from floats."""
        image, codes, _ = daemon.digits()
        with daemon.Daemon(self.repository, "--rounding", rounding) as server:
            if isas is not None:
                self.assertRegex(server.log(), f"isa={isas}[ \n]")
            return [server.client.infer(model, [tensor("image", rows[:20])])
                    .as_numpy("probabilities")
                    for model, rows in (("digits", codes), ("digits", image),
                                        ("digits_dynamic", image))]

    def test_answers_are_the_native_ones(self):
        expected = np.load(daemon.DATA / "digits_expected.npz")
        for rounding in ROUNDINGS:
            self.play(None)
            native = self.digits_answers(rounding)
            if rounding == "float32":
                np.testing.assert_array_equal(native[0], expected["int8_default"][:20])
            for processor, isas in PROCESSORS.items():
                with self.subTest(processor=processor, rounding=rounding):
                    self.play(processor)
                    for got, want in zip(self.digits_answers(rounding, isas), native):
                        np.testing.assert_array_equal(got, want)

    @unittest.skipUnless(daemon.GOLDENS.is_dir(), f"the goldens are absent: no {daemon.GOLDENS}")
    def test_recorded_answers(self):
        for model in GOLDEN_MODELS:
            self.repository.add(model, 1,
                                (daemon.GOLDENS / "models" / f"{model}.tflite").read_bytes())
        for processor in PROCESSORS:
            for rounding, kind in ROUNDINGS.items():
                self.play(processor)
                with daemon.Daemon(self.repository, "--rounding", rounding) as server:
                    for model in GOLDEN_MODELS:
                        with self.subTest(processor=processor, rounding=rounding, model=model):
                            self.answer_is_recorded(server, model, kind)

    def answer_is_recorded(self, server, model, kind):
        folder = daemon.GOLDENS / "models"
        metadata = server.client.get_model_metadata(model)
        array = np.load(folder / f"{model}.in0.npy")
        result = server.client.infer(model, [tensor(metadata.inputs[0].name, array)])
        paths = [folder / f"{model}.{k}0.npy" for k in (kind, "out")]
        expected = np.load(next(path for path in paths if path.exists()))
        np.testing.assert_array_equal(result.as_numpy(metadata.outputs[0].name), expected)


if __name__ == "__main__":
    try:
        subprocess.run(["qemu-x86_64", "--version"], check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        print("SKIPPED: no qemu-x86_64 here")
        sys.exit(77)
    if os.uname().machine != "x86_64":
        print("SKIPPED: this machine builds no octetd for x86")
        sys.exit(77)
    daemon.main()
