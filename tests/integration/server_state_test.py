"""A stateful model remembers from request to request of one stream or sequence, and nowhere else."""

import base64
import json
import queue
import unittest

import numpy as np
import tritonclient.grpc as triton

import daemon
from daemon import tensor

CASE = next(case for case in json.loads((daemon.ROOT / "tests/data/ops/VAR_HANDLE.json").read_text())["cases"]
            if case["name"] == "float32_from_constant")


def array(entry):
    return np.frombuffer(base64.b64decode(entry["data"]), np.float32).reshape(entry["shape"])


class StateTest(unittest.TestCase):

    def setUp(self):
        repository = daemon.Repository()
        self.addCleanup(repository.remove)
        self.repository = repository
        repository.add("memory", 1, base64.b64decode(CASE["model"]))
        self.server = daemon.Daemon(repository)
        self.addCleanup(self.server.stop)
        metadata = self.server.client.get_model_metadata("memory")
        self.input, self.output = metadata.inputs[0].name, metadata.outputs[0].name
        # The recorded runs of one loaded model, in order.
        runs = [CASE, *CASE["then"]]
        self.inputs = [array(run["inputs"][0]) for run in runs]
        self.outputs = [array(run["fixed_point"][0]) for run in runs]

    def stream(self, inputs):
        """Sends all of `inputs` over one stream; the answers by id."""
        answers = queue.Queue()
        client = triton.InferenceServerClient(self.server.address)
        client.start_stream(lambda result, error: answers.put((result, error)))
        for i, value in enumerate(inputs):
            client.async_stream_infer("memory", [tensor(self.input, value)], request_id=str(i))
        by_id = {}
        for _ in inputs:
            result, error = answers.get(timeout=30)
            self.assertIsNone(error)
            by_id[int(result.get_response().id)] = result.as_numpy(self.output)
        client.stop_stream()
        client.close()
        return [by_id[i] for i in range(len(inputs))]

    def test_a_stream_goes_on_where_it_was(self):
        self.assertGreater(len(self.inputs), 1)
        self.assertFalse(np.array_equal(self.outputs[0], self.outputs[1]))
        for got, want in zip(self.stream(self.inputs), self.outputs, strict=True):
            np.testing.assert_array_equal(got, want)

    def test_each_stream_starts_afresh(self):
        for _ in range(2):
            np.testing.assert_array_equal(self.stream(self.inputs)[-1], self.outputs[-1])

    def test_requests_outside_of_streams_start_afresh(self):
        self.stream(self.inputs)
        for _ in range(2):
            result = self.server.client.infer("memory", [tensor(self.input, self.inputs[0])])
            np.testing.assert_array_equal(result.as_numpy(self.output), self.outputs[0])

    def step(self, i, sequence, **flags):
        """The answer to the i-th recorded request, as part of a sequence."""
        result = self.server.client.infer("memory", [tensor(self.input, self.inputs[i])],
                                          sequence_id=sequence, **flags)
        return result.as_numpy(self.output)

    def test_a_sequence_goes_on_from_call_to_call(self):
        last = len(self.inputs) - 1
        for sequence in (7, "seven"):
            for i in range(last + 1):
                got = self.step(i, sequence, sequence_start=i == 0, sequence_end=i == last)
                np.testing.assert_array_equal(got, self.outputs[i])
            # It is over.
            with self.assertRaisesRegex(triton.InferenceServerException,
                                        "INVALID_ARGUMENT.*sequence_start"):
                self.step(0, sequence)

    def test_sequences_do_not_see_each_other(self):
        for i in range(len(self.inputs)):
            for sequence in (1, 2, "1"):
                np.testing.assert_array_equal(self.step(i, sequence, sequence_start=i == 0),
                                              self.outputs[i])
            # Nor do calls outside of sequences.
            result = self.server.client.infer("memory", [tensor(self.input, self.inputs[0])])
            np.testing.assert_array_equal(result.as_numpy(self.output), self.outputs[0])
        np.testing.assert_array_equal(self.step(0, 1, sequence_start=True), self.outputs[0])

    def test_a_missing_start_is_told(self):
        with self.assertRaisesRegex(triton.InferenceServerException,
                                    "INVALID_ARGUMENT.*sequence 5 of model 'memory'"):
            self.step(0, 5)
        with self.assertRaisesRegex(triton.InferenceServerException, "INVALID_ARGUMENT.*'x'"):
            self.step(0, "x", sequence_end=True)

    def test_sequences_share_a_stream_and_keep_their_order(self):
        """Requests that are sent without waiting: those of a sequence run one after the other."""
        answers = queue.Queue()
        client = triton.InferenceServerClient(self.server.address)
        client.start_stream(lambda result, error: answers.put((result, error)))
        sequences = range(100, 120)
        for i, value in enumerate(self.inputs):
            for sequence in sequences:
                client.async_stream_infer(
                    "memory", [tensor(self.input, value)], request_id=f"{sequence}/{i}",
                    sequence_id=sequence, sequence_start=i == 0,
                    sequence_end=i == len(self.inputs) - 1)
        for i in range(len(self.inputs)):
            for sequence in sequences:
                result, error = answers.get(timeout=30)
                self.assertIsNone(error)
                self.assertEqual(result.get_response().id, f"{sequence}/{i}")
                np.testing.assert_array_equal(result.as_numpy(self.output), self.outputs[i])
        client.stop_stream()
        client.close()

    def test_sequences_are_bounded_and_idle_ones_forgotten(self):
        (self.repository.path / "memory" / "config.pbtxt").write_text(
            "max_sequences: 2 sequence_idle_us: 60000000")
        self.server.client.load_model("memory")
        # A sequence belongs to the model that it began with.
        with self.assertRaisesRegex(triton.InferenceServerException, "INVALID_ARGUMENT"):
            self.step(1, 1)
        self.step(0, 1, sequence_start=True)
        self.step(0, 2, sequence_start=True)
        with self.assertRaisesRegex(triton.InferenceServerException,
                                    "RESOURCE_EXHAUSTED.*max_sequences"):
            self.step(0, 3, sequence_start=True)
        np.testing.assert_array_equal(self.step(1, 1, sequence_end=True), self.outputs[1])
        self.step(0, 3, sequence_start=True)
        (self.repository.path / "memory" / "config.pbtxt").write_text("sequence_idle_us: 1")
        self.server.client.load_model("memory")
        self.step(0, 1, sequence_start=True)
        with self.assertRaisesRegex(triton.InferenceServerException, "INVALID_ARGUMENT"):
            self.step(1, 1)


if __name__ == "__main__":
    daemon.main()
