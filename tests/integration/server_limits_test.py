"""How big a request may be."""

import unittest

import grpc

import daemon
import row_models

WIDTH = 65536
MIB = 1 << 20


class LimitsTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(greatest=row_models.greatest(WIDTH))
        self.addCleanup(self.repository.remove)

    def request(self, request_class, size):
        """A request whose message has exactly so many bytes; its rows are 0, 1, 2, ... 99, 0, ..."""
        request = request_class(model_name="greatest")
        rows = (size - 200) // WIDTH
        request.inputs.add(name="x", datatype="INT8", shape=[rows, WIDTH])
        request.raw_input_contents.append(
            b"".join(bytes([row % 100]) * WIDTH for row in range(rows)))
        # Filled up with an id; its length takes one byte to three.
        request.id = "i" * (size - request.ByteSize() - 4)
        request.id += "i" * (size - request.ByteSize())
        self.assertEqual(request.ByteSize(), size)
        return request, bytes(row % 100 for row in range(rows))

    def test_h19_requests_up_to_the_limit(self):
        """H19: past gRPC's own 4 MiB, to the byte."""
        with daemon.Daemon(self.repository, "--max-queue-rows", "5000") as server:
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            for size in (4 * MIB + 1, 11 * MIB, 256 * MIB):
                request, expected = self.request(request_class, size)
                self.assertEqual(stub(request).raw_output_contents[0], expected)
            request, _ = self.request(request_class, 256 * MIB + 1)
            with self.assertRaises(grpc.RpcError) as caught:
                stub(request)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertIn(str(256 * MIB), caught.exception.details())
            self.assertTrue(server.client.is_server_live())


if __name__ == "__main__":
    daemon.main()
