"""Inference through an unmodified tritonclient."""

import queue
import unittest

import numpy as np
import tritonclient.grpc as triton

import daemon
from daemon import tensor


class InferTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.repository = daemon.Repository(digits="digits_int8.tflite",
                                           digits_float="digits_float32.tflite")
        cls.server = daemon.Daemon(cls.repository)
        cls.client = cls.server.client
        cls.image, cls.codes, cls.labels = daemon.digits()
        cls.expected = np.load(daemon.DATA / "digits_expected.npz")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)
        cls.repository.remove()

    def test_live_ready_and_named(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("digits"))
        self.assertTrue(self.client.is_model_ready("digits", "1"))
        self.assertFalse(self.client.is_model_ready("digits", "2"))
        self.assertFalse(self.client.is_model_ready("absent"))
        metadata = self.client.get_server_metadata()
        self.assertEqual(metadata.name, "octet")
        self.assertIn("statistics", metadata.extensions)

    def test_metadata_shows_names_types_and_the_batch(self):
        metadata = self.client.get_model_metadata("digits")
        self.assertEqual(list(metadata.versions), ["1"])
        self.assertEqual(metadata.inputs[0].name, "image")
        self.assertEqual(metadata.inputs[0].datatype, "INT8")
        self.assertEqual(list(metadata.inputs[0].shape), [-1, 8, 8, 1])
        self.assertEqual(metadata.outputs[0].name, "probabilities")
        self.assertEqual(list(metadata.outputs[0].shape), [-1, 10])

    def test_config_publishes_quantization_and_batching(self):
        config = self.client.get_model_config("digits").config
        self.assertEqual(config.max_batch_size, 16)
        self.assertEqual(list(config.input[0].dims), [8, 8, 1])
        parameters = {k: v.string_value for k, v in config.parameters.items()}
        self.assertEqual(np.float32(parameters["input.image.scale"]), np.float32(1 / 255))
        self.assertEqual(parameters["input.image.zero_point"], "-128")
        self.assertEqual(parameters["output.probabilities.scale"], "0.00390625")
        self.assertEqual(parameters["batchable"], "true")
        self.assertEqual(parameters["rounding"], "float32")
        self.assertEqual(parameters["stateful"], "false")
        self.assertTrue(config.version_policy.HasField("all"))
        self.assertIn("scalar", parameters["isa"])

    def test_int8_codes_answer_as_recorded(self):
        for rows in (1, 7, 100):  # one run, part of one, several
            result = self.client.infer("digits", [tensor("image", self.codes[:rows])])
            np.testing.assert_array_equal(result.as_numpy("probabilities"),
                                          self.expected["int8_default"][:rows])

    def test_float_model_finds_the_digits(self):
        result = self.client.infer("digits_float", [tensor("image", self.image)])
        found = result.as_numpy("probabilities").argmax(axis=1)
        self.assertEqual((found == self.labels).mean(),
                         441 / 450)  # what the model's making measured

    def test_reals_are_quantized_and_dequantized_at_the_edge(self):
        codes = self.client.infer("digits", [tensor("image", self.codes[:10])])
        codes = codes.as_numpy("probabilities")
        # Sent as reals, the same images answer the same codes ...
        reals = self.client.infer("digits", [tensor("image", self.image[:10])])
        np.testing.assert_array_equal(reals.as_numpy("probabilities"), codes)
        # ... and as reals where that is asked for, of the output or of the whole request.
        output = triton.InferRequestedOutput("probabilities")
        output._get_tensor().parameters["dequantize"].bool_param = True
        expected = (codes.astype(np.float32) + 128) * np.float32(0.00390625)
        for kwargs in ({"outputs": [output]}, {"parameters": {"dequantize": True}}):
            result = self.client.infer("digits", [tensor("image", self.codes[:10])], **kwargs)
            self.assertEqual(result.get_output("probabilities").datatype, "FP32")
            np.testing.assert_array_equal(result.as_numpy("probabilities"), expected)

    def test_typed_contents_are_answered_typed(self):
        infer, request_class = self.server.call("inference.GRPCInferenceService", "ModelInfer")
        request = request_class(model_name="digits", id="typed")
        image = request.inputs.add(name="image", datatype="INT8", shape=[2, 8, 8, 1])
        image.contents.int_contents.extend(int(v) for v in self.codes[:2].flatten())
        response = infer(request)
        self.assertEqual(response.id, "typed")
        self.assertEqual((response.model_name, response.model_version), ("digits", "1"))
        self.assertEqual(len(response.raw_output_contents), 0)
        self.assertEqual(list(response.outputs[0].shape), [2, 10])
        np.testing.assert_array_equal(
            np.array(response.outputs[0].contents.int_contents).reshape(2, 10),
            self.expected["int8_default"][:2])

    def test_messages_beyond_grpc_default_of_4_mib(self):
        with daemon.Daemon(self.repository, "--max-queue-rows", "100000") as server:
            rows = 20000  # 5 MB
            image = np.resize(self.image, (rows, 8, 8, 1))
            self.assertGreater(image.nbytes, 4 << 20)
            result = server.client.infer("digits", [tensor("image", image)])
            once = self.client.infer("digits", [tensor("image", self.image[:450])])
            np.testing.assert_array_equal(
                result.as_numpy("probabilities"),
                np.resize(once.as_numpy("probabilities"), (rows, 10)))

    def test_stream_answers_each_request_by_its_id(self):
        answers = queue.Queue()
        self.client.start_stream(lambda result, error: answers.put((result, error)))
        count = 300  # more than the server has under way at a time
        for i in range(count):
            row = i % 100
            self.client.async_stream_infer("digits", [tensor("image", self.codes[row:row + 1])],
                                           request_id=str(i))
        self.client.async_stream_infer("absent", [tensor("image", self.codes[:1])])
        seen, errors = set(), []
        for _ in range(count + 1):
            result, error = answers.get(timeout=60)
            if error is not None:
                errors.append(str(error))
                continue
            i = int(result.get_response().id)
            seen.add(i)
            np.testing.assert_array_equal(result.as_numpy("probabilities")[0],
                                          self.expected["int8_default"][i % 100])
        self.client.stop_stream()
        self.assertEqual(len(seen), count)
        self.assertEqual(len(errors), 1)
        self.assertIn("absent", errors[0])

    def test_a_half_closed_stream_is_answered_whole_and_in_order(self):
        infer, request_class = self.server.call("inference.GRPCInferenceService",
                                                "ModelStreamInfer", "stream_stream")
        count = 200

        def requests():
            for i in range(count):
                rows = 400 if i % 20 == 0 else 1  # many runs before those behind it have one
                request = request_class(model_name="absent" if i % 7 == 3 else "digits", id=f"n{i}")
                request.inputs.add(name="image", datatype="INT8", shape=[rows, 8, 8, 1])
                request.raw_input_contents.append(self.codes[:rows].tobytes())
                yield request

        answers = list(infer(requests(), timeout=120))
        self.assertEqual([a.infer_response.id for a in answers], [f"n{i}" for i in range(count)])
        for i, answer in enumerate(answers):
            self.assertEqual("absent" in answer.error_message, i % 7 == 3)

    def test_classification(self):
        for rows, kwargs in ((1, {}), (40, {"dequantize": True})):
            output = triton.InferRequestedOutput("probabilities", class_count=3)
            if kwargs:
                output._get_tensor().parameters["dequantize"].bool_param = True
            result = self.client.infer("digits", [tensor("image", self.codes[:rows])],
                                       outputs=[output])
            texts = result.as_numpy("probabilities")
            self.assertEqual(texts.shape, (rows, 3))
            for row in range(rows):
                codes = self.expected["int8_default"][row].astype(np.float64)
                order = np.argsort(-codes, kind="stable")[:3]
                for text, index in zip(texts[row], order):
                    value, found = text.decode().split(":")
                    self.assertEqual(int(found), index)
                    want = (codes[index] + 128) / 256 if kwargs else codes[index]
                    self.assertEqual(float(value), want)

    def test_an_answer_tells_where_its_time_went(self):
        result = self.client.infer("digits", [tensor("image", self.codes[:3])])
        parameters = result.get_response().parameters
        self.assertGreater(parameters["compute_ns"].int64_param, 0)
        self.assertGreaterEqual(parameters["queue_ns"].int64_param, 0)
        self.assertLess(parameters["compute_ns"].int64_param, 60e9)

    def test_fixed_point_rounding(self):
        with daemon.Daemon(self.repository, "--rounding", "fixed_point") as server:
            result = server.client.infer("digits", [tensor("image", self.codes[:100])])
            np.testing.assert_array_equal(result.as_numpy("probabilities"),
                                          self.expected["int8_reference"])

    def test_a_unix_socket(self):
        path = self.repository.path / "octet.sock"
        with daemon.Daemon(self.repository, grpc_address=f"unix:{path}") as server:
            result = server.client.infer("digits", [tensor("image", self.codes[:1])])
            np.testing.assert_array_equal(result.as_numpy("probabilities"),
                                          self.expected["int8_default"][:1])


if __name__ == "__main__":
    daemon.main()
