"""octet.v1.EvaluationService."""

import unittest

import grpc

import daemon

CODES = grpc.StatusCode


class EvaluateTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.repository = daemon.Repository(digits="digits_int8.tflite",
                                           digits_float="digits_float32.tflite")
        cls.server = daemon.Daemon(cls.repository)
        cls.evaluate, cls.request_class = cls.server.call("octet.v1.EvaluationService", "Evaluate")
        cls.image, cls.codes, cls.labels = daemon.digits()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)
        cls.repository.remove()

    def request(self, model, array, **fields):
        names = {"int8": "INT8", "float32": "FP32"}
        return self.request_class(
            model={"name": model},
            inputs=[{"name": "image", "datatype": names[array.dtype.name],
                     "shape": list(array.shape), "data": array.tobytes()}], **fields)

    def test_labels(self):
        for array in (self.codes, self.image):
            report = self.evaluate(self.request("digits", array, labels=self.labels))
            self.assertEqual(report.samples, 450)
            self.assertEqual(report.top1, 442 / 450)  # what the model's making measured
            self.assertGreaterEqual(report.top5, report.top1)
            self.assertFalse(report.HasField("agreement"))
            self.assertEqual((report.model.name, report.model.version), ("digits", "1"))
            self.assertGreater(report.model_bytes, 1000)
            self.assertGreater(report.latency.p50_us, 0)
            self.assertGreaterEqual(report.latency.p99_us, report.latency.p50_us)

    def test_a_reference_model(self):
        report = self.evaluate(self.request("digits", self.image, labels=self.labels,
                                            reference={"name": "digits_float"}))
        self.assertEqual(report.top1, 442 / 450)
        self.assertEqual(report.reference_top1, 441 / 450)
        self.assertGreater(report.agreement, 0.99)
        self.assertGreater(report.sqnr_db, 20)
        self.assertGreater(report.reference_bytes, report.model_bytes)
        server = self.server
        self.assertEqual(server.metric("octet_accuracy_agreement_ratio", model="digits"),
                         report.agreement)
        self.assertAlmostEqual(server.metric("octet_accuracy_sqnr_db", model="digits"),
                               report.sqnr_db, places=6)
        self.assertEqual(server.metric("octet_accuracy_top1_ratio", model="digits"), report.top1)

    def test_samples_may_lie_on_an_axis_of_their_own(self):
        report = self.evaluate(self.request("digits", self.codes[:, None], labels=self.labels))
        self.assertEqual(report.top1, 442 / 450)

    def refused(self, request, code, *texts):
        with self.assertRaises(grpc.RpcError) as caught:
            self.evaluate(request)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        for text in texts:
            self.assertIn(text, caught.exception.details())

    def test_what_is_wrong_is_said(self):
        self.refused(self.request("absent", self.codes, labels=self.labels), CODES.NOT_FOUND)
        self.refused(self.request("digits", self.codes), CODES.INVALID_ARGUMENT, "labels")
        self.refused(self.request("digits", self.codes, reference={"name": "absent"}),
                     CODES.NOT_FOUND, "absent")
        self.refused(self.request("digits", self.codes, labels=self.labels[:3]),
                     CODES.INVALID_ARGUMENT, "3 entries", "450")
        self.refused(self.request("digits", self.codes, labels=[11] * 450),
                     CODES.INVALID_ARGUMENT)
        self.refused(self.request("digits", self.codes[:, :7], labels=self.labels),
                     CODES.INVALID_ARGUMENT, "[450,7,8,1]", "[-1,8,8,1]")
        request = self.request("digits", self.codes, labels=self.labels)
        request.inputs[0].datatype = "UINT8"
        self.refused(request, CODES.INVALID_ARGUMENT, "'UINT8'", "INT8")
        request = self.request("digits", self.codes, labels=self.labels)
        request.inputs[0].data = request.inputs[0].data[1:]
        self.refused(request, CODES.INVALID_ARGUMENT, "bytes")
        request = self.request("digits", self.codes, labels=self.labels)
        request.inputs[0].name = "picture"
        self.refused(request, CODES.INVALID_ARGUMENT, "'picture'")


if __name__ == "__main__":
    daemon.main()
