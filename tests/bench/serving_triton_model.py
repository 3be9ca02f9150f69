"""LiteRT in Triton's Python backend: serving.py puts this file beside each model, as model.py."""

import json
import os
import pathlib
import sys

# Triton starts a Python of its own.
sys.path += os.environ["SERVING_PATH"].split(os.pathsep)

import numpy as np
import triton_python_backend_utils as triton
from serving_litert import Net


class TritonPythonModel:
    def initialize(self, args):
        folder = pathlib.Path(args["model_repository"]) / args["model_version"]
        max_rows = json.loads(args["model_config"])["max_batch_size"]
        self.net = Net(str(folder / "model.tflite"), max_rows)

    def execute(self, requests):
        """One run for all of them: Triton's batcher has chosen those that fit into one."""
        inputs = [[triton.get_input_tensor_by_name(request, name).as_numpy()
                   for request in requests] for name, _, _ in self.net.inputs]
        outputs = self.net.run([arrays[0] if len(requests) == 1 else np.concatenate(arrays)
                                for arrays in inputs])
        ends = np.cumsum([len(array) for array in inputs[0]])
        return [triton.InferenceResponse(
            [triton.Tensor(name, output[end - len(array):end])
             for (name, _, _), output in zip(self.net.outputs, outputs)])
            for array, end in zip(inputs[0], ends)]
