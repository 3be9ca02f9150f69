"""A `.tflite` file run by LiteRT, as the servers beside Octet in serving.py run it."""

import os

from ai_edge_litert.interpreter import Interpreter


class Net:
    """Runs batches of any size: each size has an interpreter of its own, those up to `max_rows` from
    the start, warmed up. For one thread at a time.
    """

    def __init__(self, path, max_rows=1):
        self._path, self._threads = path, len(os.sched_getaffinity(0))
        self._interpreters = {}
        for rows in range(1, max_rows + 1):
            self._interpreter(rows).invoke()
        first = self._interpreter(1)
        self.inputs = [self._describe(tensor) for tensor in first.get_input_details()]
        self.outputs = [self._describe(tensor) for tensor in first.get_output_details()]

    @staticmethod
    def _describe(tensor):
        """(name, type, shape of one row)"""
        return tensor["name"], tensor["dtype"], [int(size) for size in tensor["shape"][1:]]

    def _interpreter(self, rows):
        if rows not in self._interpreters:
            interpreter = Interpreter(model_path=self._path, num_threads=self._threads)
            for tensor in interpreter.get_input_details():
                interpreter.resize_tensor_input(tensor["index"], [rows, *tensor["shape"][1:]])
            interpreter.allocate_tensors()
            self._interpreters[rows] = interpreter
        return self._interpreters[rows]

    def run(self, arrays):
        """Arrays of as many rows each, in the order of `inputs`; returns those of `outputs`."""
        interpreter = self._interpreter(len(arrays[0]))
        for tensor, array in zip(interpreter.get_input_details(), arrays):
            interpreter.set_tensor(tensor["index"], array)
        interpreter.invoke()
        return [interpreter.get_tensor(tensor["index"])
                for tensor in interpreter.get_output_details()]
