"""The other ways in which an unmodified tritonclient calls: callbacks, asyncio, streams of both."""

import asyncio
import queue
import unittest

import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio

import daemon
from daemon import tensor


class ClientsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.repository = daemon.Repository(digits="digits_int8.tflite")
        cls.server = daemon.Daemon(cls.repository)
        _, cls.codes, _ = daemon.digits()
        cls.expected = np.load(daemon.DATA / "digits_expected.npz")["int8_default"]

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)
        cls.repository.remove()

    def check(self, result, row):
        np.testing.assert_array_equal(result.as_numpy("probabilities"),
                                      self.expected[row:row + 1])

    def test_callbacks(self):
        answers = queue.Queue()
        for row in range(50):
            self.server.client.async_infer(
                "digits", [tensor("image", self.codes[row:row + 1])],
                lambda result, error: answers.put((result, error)), request_id=str(row))
        self.server.client.async_infer("absent", [tensor("image", self.codes[:1])],
                                       lambda result, error: answers.put((result, error)))
        errors, seen = [], set()
        for _ in range(51):
            result, error = answers.get(timeout=60)
            if error is not None:
                errors.append(str(error))
                continue
            row = int(result.get_response().id)
            seen.add(row)
            self.check(result, row)
        self.assertEqual(len(seen), 50)
        self.assertEqual(len(errors), 1)
        self.assertIn("absent", errors[0])

    def test_asyncio(self):
        async def main():
            async with triton_aio.InferenceServerClient(self.server.address) as client:
                self.assertTrue(await client.is_server_live())
                self.assertTrue(await client.is_server_ready())
                self.assertTrue(await client.is_model_ready("digits"))
                metadata = await client.get_model_metadata("digits")
                self.assertEqual(metadata.name, "digits")
                results = await asyncio.gather(*[
                    client.infer("digits", [tensor("image", self.codes[row:row + 1])])
                    for row in range(50)])
                for row, result in enumerate(results):
                    self.check(result, row)
                with self.assertRaisesRegex(triton.InferenceServerException, "NOT_FOUND"):
                    await client.infer("absent", [tensor("image", self.codes[:1])])

        asyncio.run(main())

    def test_asyncio_stream(self):
        async def requests():
            for row in range(100):
                yield {"model_name": "digits" if row != 30 else "absent", "request_id": str(row),
                       "inputs": [tensor("image", self.codes[row:row + 1])]}

        async def main():
            async with triton_aio.InferenceServerClient(self.server.address) as client:
                row = 0
                async for result, error in client.stream_infer(requests()):
                    if row == 30:
                        self.assertIn("absent", str(error))
                    else:
                        self.assertIsNone(error)
                        self.assertEqual(result.get_response().id, str(row))
                        self.check(result, row)
                    row += 1
                self.assertEqual(row, 100)

        asyncio.run(main())

    def test_a_cancelled_stream_leaves_nothing_behind(self):
        client = triton.InferenceServerClient(self.server.address)
        answers = queue.Queue()
        client.start_stream(lambda result, error: answers.put((result, error)))
        for row in range(200):
            client.async_stream_infer("digits", [tensor("image", self.codes[row % 100:][:1])])
        client.stop_stream(cancel_requests=True)
        client.close()
        while self.server.metric("octet_inflight_requests", model="digits") > 0:
            pass
        self.assertEqual(self.server.metric("octet_queue_rows", model="digits"), 0)
        result = self.server.client.infer("digits", [tensor("image", self.codes[:1])])
        self.check(result, 0)


if __name__ == "__main__":
    daemon.main()
