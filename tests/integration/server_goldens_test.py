"""Real models through the server answer what TensorFlow Lite recorded, byte for byte."""

import unittest

import numpy as np

import daemon
from daemon import tensor

MODELS = ["mlperf_tiny_resnet8_int8", "mlperf_tiny_vww_96_int8", "mlperf_tiny_kws_dscnn_int8",
          "mlperf_tiny_ad01_int8", "mcunet_vww_80_int8_floatio"]


@unittest.skipUnless(daemon.GOLDENS.is_dir(), f"the goldens are absent: no {daemon.GOLDENS}")
class GoldensTest(unittest.TestCase):

    def serve(self, *args):
        repository = daemon.Repository()
        self.addCleanup(repository.remove)
        for model in MODELS:
            repository.add(model, 1, (daemon.GOLDENS / "models" / f"{model}.tflite").read_bytes())
        return daemon.Daemon(repository, *args)

    def answers_equal(self, server, *kinds):
        for model in MODELS:
            with self.subTest(model=model):
                metadata = server.client.get_model_metadata(model)
                inputs = []
                for k, entry in enumerate(metadata.inputs):
                    array = np.load(daemon.GOLDENS / "models" / f"{model}.in{k}.npy")
                    inputs.append(tensor(entry.name, array))
                result = server.client.infer(model, inputs)
                for k, entry in enumerate(metadata.outputs):
                    paths = [daemon.GOLDENS / "models" / f"{model}.{kind}{k}.npy" for kind in kinds]
                    expected = np.load(next(p for p in paths if p.exists()))
                    np.testing.assert_array_equal(result.as_numpy(entry.name), expected)

    def test_float32_rounding(self):
        with self.serve() as server:
            self.answers_equal(server, "xnn", "out")

    def test_fixed_point_rounding(self):
        with self.serve("--rounding", "fixed_point") as server:
            self.answers_equal(server, "out")

    def test_rows_of_a_batch_answer_as_alone(self):
        with self.serve() as server:
            for model in MODELS:
                metadata = server.client.get_model_metadata(model)
                if metadata.inputs[0].shape[0] != -1:
                    continue
                array = np.load(daemon.GOLDENS / "models" / f"{model}.in0.npy")
                batch = np.concatenate([array, np.roll(array, 1, axis=1), np.flip(array, 1)])
                name, output = metadata.inputs[0].name, metadata.outputs[0].name
                together = server.client.infer(model, [tensor(name, batch)]).as_numpy(output)
                for row in range(3):
                    alone = server.client.infer(model, [tensor(name, batch[row:row + 1])])
                    np.testing.assert_array_equal(alone.as_numpy(output)[0], together[row])

    def test_hostile_files_do_not_stop_the_others(self):
        repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(repository.remove)
        files = sorted((daemon.GOLDENS / "hostile").rglob("*.tflite"))
        self.assertGreater(len(files), 10)
        for number, file in enumerate(files):
            repository.add(f"hostile{number}", 1, file.read_bytes())
        with daemon.Daemon(repository) as server:
            index = server.client.get_model_repository_index()
            self.assertEqual(len(index.models), len(files) + 1)
            for model in index.models:
                if model.state != "READY":
                    self.assertNotEqual(model.reason, "", model.name)
            _, codes, _ = daemon.digits()
            expected = np.load(daemon.DATA / "digits_expected.npz")["int8_default"]
            result = server.client.infer("digits", [tensor("image", codes[:100])])
            np.testing.assert_array_equal(result.as_numpy("probabilities"), expected)


if __name__ == "__main__":
    daemon.main()
