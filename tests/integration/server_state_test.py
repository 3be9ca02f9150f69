"""A stateful model remembers from request to request of one stream, and nowhere else."""

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


if __name__ == "__main__":
    unittest.main()
