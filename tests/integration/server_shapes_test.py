"""Outputs whose shape depends on data reach the client in the shape of each run."""

import unittest

import numpy as np

import daemon
from daemon import tensor


class ShapesTest(unittest.TestCase):

    def setUp(self):
        repository = daemon.Repository()
        self.addCleanup(repository.remove)
        repository.add("where", 1, daemon.recorded("WHERE", "float32"))
        self.server = daemon.Daemon(repository)
        self.addCleanup(self.server.stop)

    def test_metadata_leaves_the_shape_open(self):
        metadata = self.server.client.get_model_metadata("where")
        self.assertTrue(all(dim == -1 for dim in metadata.outputs[0].shape))
        self.assertEqual(list(metadata.inputs[0].shape), [3, 5])

    def test_each_answer_has_its_own_shape(self):
        metadata = self.server.client.get_model_metadata("where")
        for values in (np.zeros((3, 5), np.float32), np.eye(3, 5, dtype=np.float32), np.ones((3, 5), np.float32)):
            result = self.server.client.infer("where", [tensor(metadata.inputs[0].name, values)])
            got = result.as_numpy(metadata.outputs[0].name)
            np.testing.assert_array_equal(got, np.argwhere(values))


if __name__ == "__main__":
    unittest.main()
