"""Right answers under fire: many clients at once, while the model is replaced under them.

OCTET_FIRE_REQUESTS sets the requests of each client; `tests/run.sh --all` sends many more.
"""

import os
import queue
import threading
import time
import unittest

import numpy as np
import tritonclient.grpc as triton

import daemon
from daemon import tensor

CLIENTS = 32
REQUESTS = int(os.environ.get("OCTET_FIRE_REQUESTS", "300"))
MOST_ROWS = 2  # of a request
REPLACE_SECONDS = 0.5


class FireTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        random = np.random.default_rng(7)
        count = CLIENTS * REQUESTS * MOST_ROWS
        self.images = random.integers(-128, 128, (count, 8, 8, 1), np.int8)

    def answer(self, client, images):
        return client.infer("digits", [tensor("image", images)]).as_numpy("probabilities")

    def golden_table(self, server):
        """Each image's answer, asked alone."""
        return np.concatenate([self.answer(server.client, self.images[i:i + 1])
                               for i in range(len(self.images))])

    def shoot(self, number, golden, address, faults):
        with triton.InferenceServerClient(address) as client:
            for i in range(REQUESTS):
                begin = (number * REQUESTS + i) * MOST_ROWS
                rows = slice(begin, begin + 1 + i % MOST_ROWS)
                try:
                    got = self.answer(client, self.images[rows])
                except triton.InferenceServerException as error:
                    faults.put(f"client {number}, request {i}: {error}")
                    continue
                if not np.array_equal(got, golden[rows]):
                    faults.put(f"client {number}, request {i}: {got} instead of {golden[rows]}")

    def replace_models(self, server, done):
        """Moves a new file in and asks for it, again and again, until `done`."""
        times = 0
        while True:
            self.repository.add("digits", 1, "digits_int8.tflite")
            server.client.load_model("digits")
            times += 1
            if done.wait(REPLACE_SECONDS):
                return times

    def test_no_wrong_byte_and_no_error_while_the_model_is_replaced(self):
        with daemon.Daemon(self.repository, "--batch-timeout-us", "200") as server:
            golden = self.golden_table(server)
            self.assertGreater(len(np.unique(golden, axis=0)), len(golden) // 10)
            loads = server.metric("octet_model_load_duration_seconds_count", model="digits")
            faults = queue.Queue()
            clients = [threading.Thread(target=self.shoot,
                                        args=(number, golden, server.address, faults))
                       for number in range(CLIENTS)]
            done = threading.Event()
            replaced = []
            replacer = threading.Thread(
                target=lambda: replaced.append(self.replace_models(server, done)))
            begin = time.monotonic()
            for thread in [replacer, *clients]:
                thread.start()
            for client in clients:
                client.join()
            took = time.monotonic() - begin
            done.set()
            replacer.join()
            self.assertEqual([faults.get() for _ in range(faults.qsize())], [])
            loaded = server.metric("octet_model_load_duration_seconds_count", model="digits") - loads
            self.assertGreaterEqual(loaded, max(2, replaced[0]))
            self.assertGreater(server.metric("octet_batch_size_sum", model="digits"),
                               server.metric("octet_batch_size_count", model="digits"))
            print(f"{CLIENTS * REQUESTS} requests in {took:.1f} s, model loaded {loaded:.0f} times")


if __name__ == "__main__":
    daemon.main()
