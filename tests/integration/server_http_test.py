"""The protocol's REST form, as curl and browsers' scripts speak it."""

import gzip
import http.client
import json
import unittest

import numpy as np

import daemon


class HttpTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.repository = daemon.Repository(digits="digits_int8.tflite",
                                           digits_float="digits_float32.tflite")
        cls.address = f"127.0.0.1:{daemon.free_port()}"
        cls.server = daemon.Daemon(cls.repository, "--http-address", cls.address,
                                   "--max-message-bytes", "1000000", "--max-queue-rows", "100")
        cls.image, cls.codes, _ = daemon.digits()
        cls.expected = np.load(daemon.DATA / "digits_expected.npz")["int8_default"]

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)
        cls.repository.remove()

    def call(self, method, path, body=None, headers=None):
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, headers, body = self.call("GET", path)
        self.assertEqual((status, headers["Content-Type"]), (200, "application/json"), body)
        return json.loads(body)

    def post(self, path, message, headers=None):
        status, _, body = self.call("POST", path, json.dumps(message), headers)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def refused(self, status, text, path, message, headers=None, method="POST"):
        body = message if isinstance(message, (bytes, str)) else json.dumps(message)
        got, _, answer = self.call(method, path, body, headers)
        self.assertEqual(got, status, answer)
        self.assertRegex(json.loads(answer)["error"], text)
        self.assertIsNone(self.server.process.poll())

    def request(self, rows, **more):
        codes = self.codes[:rows]
        return {"inputs": [{"name": "image", "shape": list(codes.shape), "datatype": "INT8",
                            "data": codes.tolist()}], **more}

    def test_health(self):
        self.assertEqual(self.get("/v2/health/live"), {"live": True})
        self.assertEqual(self.get("/v2/health/ready"), {"ready": True})
        self.assertEqual(self.get("/v2/models/digits/ready"), {"name": "digits", "ready": True})
        self.assertEqual(self.call("GET", "/v2/models/absent/ready")[0], 503)

    def test_metadata_is_what_grpc_tells(self):
        self.assertEqual(self.get("/v2")["name"], "octet")
        for path in ("/v2/models/digits", "/v2/models/digits/versions/1"):
            metadata = self.get(path)
            self.assertEqual(metadata["versions"], ["1"])
            self.assertEqual(metadata["inputs"],
                             [{"name": "image", "datatype": "INT8", "shape": [-1, 8, 8, 1]}])
        config = self.get("/v2/models/digits/config")
        self.assertEqual(config["max_batch_size"], 16)
        self.assertEqual(config["input"][0]["data_type"], "TYPE_INT8")
        self.assertEqual(config["parameters"]["batchable"], {"string_value": "true"})

    def test_infer(self):
        for rows in (1, 20):
            answer = self.post("/v2/models/digits/infer", self.request(rows, id="n"))
            self.assertEqual((answer["model_name"], answer["model_version"], answer["id"]),
                             ("digits", "1", "n"))
            (output,) = answer["outputs"]
            self.assertEqual((output["name"], output["datatype"], output["shape"]),
                             ("probabilities", "INT8", [rows, 10]))
            np.testing.assert_array_equal(np.reshape(output["data"], [rows, 10]),
                                          self.expected[:rows])
            self.assertGreater(answer["parameters"]["compute_ns"], 0)

    def test_curl_default_content_type(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.post("/v2/models/digits/infer", self.request(90), form)
        self.assertEqual(answer["outputs"][0]["shape"], [90, 10])

    def test_reals_in_and_out(self):
        image = self.image[:2]
        request = {"inputs": [{"name": "image", "shape": list(image.shape), "datatype": "FP32",
                               "data": image.flatten().tolist()}],
                   "outputs": [{"name": "probabilities", "parameters": {"dequantize": True}}]}
        (output,) = self.post("/v2/models/digits/infer", request)["outputs"]
        want = (self.expected[:2].astype(np.float32) + 128) / 256
        np.testing.assert_array_equal(np.reshape(output["data"], [2, 10]), want)

    def test_binary_data(self):
        head = json.dumps({
            "inputs": [{"name": "image", "shape": [3, 8, 8, 1], "datatype": "INT8",
                        "parameters": {"binary_data_size": 192}}],
            "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}).encode()
        status, headers, body = self.call(
            "POST", "/v2/models/digits/infer", head + self.codes[:3].tobytes(),
            {"Inference-Header-Content-Length": str(len(head))})
        self.assertEqual(status, 200, body)
        length = int(headers["Inference-Header-Content-Length"])
        (output,) = json.loads(body[:length])["outputs"]
        self.assertEqual(output["parameters"]["binary_data_size"], 30)
        self.assertNotIn("data", output)
        self.assertEqual(body[length:], self.expected[:3].tobytes())

    def test_all_outputs_binary(self):
        status, headers, body = self.call("POST", "/v2/models/digits/infer", json.dumps(
            self.request(2, parameters={"binary_data_output": True})))
        self.assertEqual(status, 200)
        self.assertEqual(body[int(headers["Inference-Header-Content-Length"]):],
                         self.expected[:2].tobytes())

    def test_classification(self):
        request = self.request(2, outputs=[{"name": "probabilities",
                                            "parameters": {"classification": 1}}])
        (output,) = self.post("/v2/models/digits/infer", request)["outputs"]
        self.assertEqual((output["datatype"], output["shape"]), ("BYTES", [2, 1]))
        best = self.expected[:2].argmax(axis=1)
        self.assertEqual(output["data"],
                         [f"{row[i]}:{i}" for row, i in zip(self.expected[:2], best)])

    def test_mistakes_are_told_as_over_grpc(self):
        infer = "/v2/models/digits/infer"
        self.refused(404, "no model 'absent'", "/v2/models/absent/infer", self.request(1))
        self.refused(404, "no version 9", "/v2/models/digits/versions/9/infer", self.request(1))
        self.refused(400, "positive integer", "/v2/models/digits/versions/x", "", method="GET")
        self.refused(404, "no such call", "/v2/nothing", "", method="GET")
        self.refused(429, "max_queue_rows", infer, self.request(101))
        self.refused(400, "no JSON object", infer, "{")
        self.refused(400, "no JSON object", infer, "[" * 100000)
        self.refused(400, "input 'image' is missing", infer, {"inputs": []})

        def wrong(**change):
            request = self.request(1)
            request["inputs"][0].update(change)
            return request

        self.refused(400, "shape is", infer, wrong(shape=[1, 8, 8]))
        self.refused(400, "datatype is 'INT16'", infer, wrong(datatype="INT16"))
        self.refused(400, "data has 128,", infer, wrong(data=[128] + [0] * 63))
        self.refused(400, "data has 0.5,", infer, wrong(data=[0.5] + [0] * 63))
        self.refused(400, "data has \"x\"", infer, wrong(data=["x"] + [0] * 63))
        self.refused(400, "63 bytes", infer, wrong(data=[0] * 63))
        self.refused(400, "nested deeper", infer, '{"inputs": [{"name": "image", "shape": [1], '
                     '"datatype": "INT8", "data": ' + "[" * 50000 + "]" * 50000 + "}]}")
        self.refused(400, "binary data", infer, wrong(datatype="FP16"))
        self.refused(400, r"inputs\[0\]: 'name'", infer, wrong(name=5))
        self.refused(400, "one or the other", infer, wrong(parameters={"binary_data_size": 5}))

    def test_binary_data_that_does_not_add_up(self):
        def send(size, header, tail):
            head = json.dumps({"inputs": [{"name": "image", "shape": [1, 8, 8, 1],
                                           "datatype": "INT8",
                                           "parameters": {"binary_data_size": size}}]}).encode()
            length = str(len(head) if header is None else header)
            return head + tail, {"Inference-Header-Content-Length": length}

        infer = "/v2/models/digits/infer"
        self.refused(400, "of which 63 are left", infer, *send(64, None, bytes(63)))
        self.refused(400, "1 bytes of binary data", infer, *send(64, None, bytes(65)))
        self.refused(400, "binary_data_size", infer, *send(-1, None, bytes(64)))
        self.refused(400, "the body has", infer, *send(64, 10000, bytes(64)))
        self.refused(400, "no number", infer, *send(64, "-1", bytes(64)))

    def test_size_limits_hold(self):
        infer = "/v2/models/digits/infer"
        self.refused(429, "1000000 bytes", infer, bytes(1000001))
        self.refused(429, "125000 bytes", infer, b" " * 125001)
        packed = gzip.compress(bytes(50_000_000))
        self.assertLess(len(packed), 100000)
        self.refused(429, "1000000 bytes", infer, packed, {"Content-Encoding": "gzip"})
        # A name as long as a request line may be, and longer.
        self.refused(404, "no model", f"/v2/models/{'x' * 8000}/infer", self.request(1))
        self.assertEqual(self.call("GET", f"/v2/models/{'x' * 100000}")[0], 414)

    def test_repository(self):
        index = {(m["name"], m["version"]): m["state"]
                 for m in self.post("/v2/repository/index", {})}
        self.assertEqual(index[("digits_float", "1")], "READY")
        self.call("POST", "/v2/repository/models/digits_float/unload")
        self.assertNotIn("digits_float",
                         [m["name"] for m in self.post("/v2/repository/index", {"ready": True})])
        self.refused(503, "not loaded|draining", "/v2/models/digits_float/infer", self.request(1))
        status, _, body = self.call("POST", "/v2/repository/models/digits_float/load")
        self.assertEqual(status, 200, body)
        self.assertTrue(self.server.client.is_model_ready("digits_float"))
        self.refused(404, "no model", "/v2/repository/models/absent/load", "")

    def test_statistics_count_both_forms_together(self):
        count = lambda: self.get("/v2/models/digits/stats")["model_stats"][0]["inference_count"]
        before = count()
        self.post("/v2/models/digits/infer", self.request(3))
        self.server.client.infer("digits", [daemon.tensor("image", self.codes[:2])])
        self.assertEqual(count(), before + 5)
        names = {m["name"] for m in self.get("/v2/models/stats")["model_stats"]}
        self.assertIn("digits", names)

    def test_drain_finishes_what_has_begun(self):
        address = f"127.0.0.1:{daemon.free_port()}"
        with daemon.Daemon(self.repository, "--http-address", address) as server:
            connection = http.client.HTTPConnection(address, timeout=60)
            body = json.dumps(self.request(1)).encode()
            connection.putrequest("POST", "/v2/models/digits/infer")
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            connection.send(body[:-1])
            server.process.send_signal(15)
            while server.client.is_server_ready():
                pass
            connection.send(body[-1:])
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
            self.assertEqual(server.process.wait(timeout=60), 0)

    def test_not_served_unless_asked_for(self):
        with daemon.Daemon(self.repository) as server:
            self.assertNotIn("/v2", server.log())
        taken = daemon.run_octetd("--model-repository", str(self.repository.path), "--grpc-address",
                                  f"127.0.0.1:{daemon.free_port()}", "--metrics-address",
                                  f"127.0.0.1:{daemon.free_port()}", "--http-address", self.address)
        self.assertEqual(taken.returncode, 1)
        self.assertIn("--http-address", taken.stderr)

    def test_a_refusal_at_a_limit_says_when_to_ask_again(self):
        address = f"127.0.0.1:{daemon.free_port()}"
        with daemon.Daemon(self.repository, "--http-address", address, "--max-queue-rows", "1",
                           "--batch-timeout-us", "60000000") as server:
            stub, request_class = server.call("inference.GRPCInferenceService", "ModelInfer")
            request = request_class(model_name="digits")
            request.inputs.add(name="image", datatype="INT8", shape=[1, 8, 8, 1])
            request.raw_input_contents.append(bytes(64))
            waiting = stub.future(request)
            while server.metric("octet_queue_rows", model="digits") < 1:
                self.assertFalse(waiting.done(), waiting)
            for rows, hint in ((1, True), (2, False)):  # two rows never fit
                connection = http.client.HTTPConnection(address, timeout=60)
                connection.request("POST", "/v2/models/digits/infer",
                                   json.dumps(self.request(rows)))
                answer = connection.getresponse()
                self.assertEqual(answer.status, 429, answer.read())
                retry = answer.getheader("Retry-After")
                self.assertEqual(retry is not None, hint)
                self.assertTrue(retry is None or 1 <= int(retry) <= 10)
                connection.close()
            waiting.cancel()


if __name__ == "__main__":
    daemon.main()
