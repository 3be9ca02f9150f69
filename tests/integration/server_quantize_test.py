"""octet.v1.QuantizationService."""

import os
import pathlib
import struct
import threading
import time
import unittest

import grpc
import numpy as np
import tritonclient.grpc as triton

import daemon
import slow_model
from daemon import tensor

CODES = grpc.StatusCode
DYNAMIC_RANGE, FULL_INTEGER, FLOAT16, INT16X8, WEIGHT_ONLY = 1, 2, 3, 4, 5
NICE = os.getpriority(os.PRIO_PROCESS, 0)  # of this process, which the daemon takes over
METHODS = {"min-max": 1, "moving-average": 2, "percentile": 3, "mse": 4}


def sample_parts(arrays, name="image", piece=None):
    """Parts of one calibration sample for each array, each cut into pieces of so many bytes."""
    for array in arrays:
        data = array.tobytes()
        step = piece or max(len(data), 1)
        for at in range(0, max(len(data), 1), step):
            part = {"data": data[at:at + step], "last": at + step >= len(data)}
            if at == 0:
                part |= {"name": name, "datatype": triton_type(array), "shape": array.shape}
            else:
                part["continued"] = True
            yield part


def triton_type(array):
    return {"float32": "FP32", "float64": "FP64", "int8": "INT8"}[array.dtype.name]


def nice_values(pid):
    """(name, nice value) of a process's threads."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name, fields = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:  # ended meanwhile
            continue
        found.append((name, int(fields.split()[16])))
    return found


class QuantizeCase(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_float32.tflite")
        self.addCleanup(self.repository.remove)
        self.float_bytes = (daemon.DATA / "digits_float32.tflite").read_bytes()

    def quantize(self, server, requests):
        """Returns (progress messages, reports, the result's bytes)."""
        stub, _ = server.call("octet.v1.QuantizationService", "Quantize", "stream_stream")
        progress, reports, result = [], [], b""
        for response in stub(iter(requests)):
            kind = response.WhichOneof("message")
            if kind == "progress":
                self.assertEqual(reports, [])
                progress.append(response.progress)
            elif kind == "report":
                reports.append(response.report)
            else:
                self.assertEqual(len(reports), 1)
                result += response.chunk
        return progress, reports, result

    def messages(self, server):
        _, request_class = server.call("octet.v1.QuantizationService", "Quantize", "stream_stream")
        return request_class

    def upload(self, request_class, data, chunk=10000, samples=(), **start):
        yield request_class(start=start)
        for at in range(0, len(data), chunk):
            yield request_class(chunk=data[at:at + chunk])
        for part in samples:
            yield request_class(sample=part)

    def versions(self, model="digits"):
        """What is in a model's folder, hidden files too."""
        folder = self.repository.path / model
        return sorted(os.listdir(folder)) if folder.exists() else None

    def with_weight(self, index, value):
        """The float model with another element in its biggest constant."""
        model = slow_model.schema.ModelT.InitFromPackedBuf(self.float_bytes, 0)
        data = bytes(max((b.data for b in model.buffers if b.data is not None), key=len))
        at = self.float_bytes.index(data) + 4 * index
        return self.float_bytes[:at] + struct.pack("<f", value) + self.float_bytes[at + 4:]

    def images(self, count):
        image, _, _ = daemon.digits()
        return [image[i:i + 1].astype(np.float32) for i in range(count)]

    def refused(self, server, requests, code, *texts):
        with self.assertRaises(grpc.RpcError) as caught:
            self.quantize(server, requests)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        for text in texts:
            self.assertIn(text, caught.exception.details())

    def still_served(self, server, versions=("1",)):
        image, _, _ = daemon.digits()
        answer = server.client.infer("digits", [tensor("image", image[:1])])
        self.assertEqual(answer.get_response().model_version, "1")
        self.assertEqual(self.versions(), list(versions))


class QuantizeTest(QuantizeCase):

    def test_bytes_in_bytes_out(self):
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            progress, (report,), result = self.quantize(
                server, self.upload(message, self.float_bytes, return_model=True,
                                    options={"mode": DYNAMIC_RANGE}))
            self.assertGreater(len(progress), 0)
            self.assertEqual(report.bytes_before, len(self.float_bytes))
            self.assertEqual(report.bytes_after, len(result))
            self.assertLess(len(result), len(self.float_bytes))
            self.assertFalse(report.HasField("stored_as"))
            quantized = [t for t in report.tensors if t.quantized]
            kept = [t for t in report.tensors if not t.quantized]
            self.assertGreater(len(quantized), 0)
            for t in quantized:
                self.assertGreaterEqual(t.elements, 1024)
                self.assertGreater(t.sqnr_db, 20)
            for t in kept:
                self.assertNotEqual(t.reason, "")

    def test_a_served_model_becomes_a_new_version_that_serves(self):
        image, _, labels = daemon.digits()
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            _, (report,), result = self.quantize(server, [message(
                start={"source": {"name": "digits"}, "store_as": {"name": "digits"}})])
            self.assertEqual(result, b"")
            self.assertEqual((report.stored_as.name, report.stored_as.version), ("digits", "2"))
            stored = self.repository.path / "digits" / "2" / "model.tflite"
            self.assertEqual(stored.stat().st_size, report.bytes_after)
            self.assertEqual([p.name for p in sorted((self.repository.path / "digits").iterdir())],
                             ["1", "2"])
            answer = server.client.infer("digits", [tensor("image", image)])
            self.assertEqual(answer.get_response().model_version, "2")
            accuracy = (answer.as_numpy("probabilities").argmax(axis=1) == labels).mean()
            self.assertGreater(accuracy, 0.97)
            # The version is there now.
            with self.assertRaises(grpc.RpcError) as caught:
                self.quantize(server, [message(start={
                    "source": {"name": "digits", "version": "1"},
                    "store_as": {"name": "digits", "version": "2"}})])
            self.assertEqual(caught.exception.code(), CODES.ALREADY_EXISTS)

    def test_every_mode_serves_and_keeps_its_accuracy(self):
        image, _, labels = daemon.digits()
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            sizes = {}
            for mode in (DYNAMIC_RANGE, FULL_INTEGER, FLOAT16, INT16X8, WEIGHT_ONLY):
                name = f"mode{mode}"
                _, (report,), result = self.quantize(server, self.upload(
                    message, self.float_bytes, return_model=True, options={"mode": mode},
                    store_as={"name": name}, samples=sample_parts(self.images(20), piece=100)))
                with self.subTest(mode=mode):
                    sizes[mode] = len(result)
                    self.assertEqual(report.samples, 20)
                    self.assertEqual(report.stored_as.name, name)
                    (output,) = report.outputs
                    self.assertEqual(output.output, "probabilities")
                    self.assertGreater(output.error.sqnr_db, 15)
                    self.assertGreater(output.agreement, 0.9)
                    measured = [layer for layer in report.layers if layer.HasField("error")]
                    self.assertGreater(len(measured), 3)
                    for layer in measured:
                        self.assertGreater(layer.error.cosine, 0.9)
                    self.assertGreater(report.latency_before.median_us, 0)
                    self.assertGreaterEqual(report.latency_after.median_us,
                                            report.latency_after.min_us)
                    answer = server.client.infer(name, [tensor("image", image)])
                    accuracy = (answer.as_numpy("probabilities").argmax(1) == labels).mean()
                    self.assertGreater(accuracy, 0.97)
            self.assertLess(sizes[FULL_INTEGER], 0.5 * len(self.float_bytes))
            self.assertGreater(sizes[FLOAT16], sizes[DYNAMIC_RANGE])

    def test_ranges_name_the_samples_that_set_them(self):
        images = [np.full((1, 8, 8, 1), value, np.float32) for value in (0.5, 0.25, 1.0, 0.75)]
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            for method, number in METHODS.items():
                _, (report,), _ = self.quantize(server, self.upload(
                    message, self.float_bytes, samples=sample_parts(images),
                    options={"mode": FULL_INTEGER, "calibration": number}))
                with self.subTest(method=method):
                    (image,) = [t for t in report.tensors
                                if t.role == "activation" and t.op == "" and t.elements == 64]
                    self.assertEqual((image.min, image.max), (0.25, 1.0))
                    self.assertEqual((image.min_sample, image.max_sample), (1, 2))
                    self.assertEqual(sum(image.histogram), 4 * 64)
                    self.assertGreater(image.scale, 0)
                    softmax = [t for t in report.tensors if t.op == "SOFTMAX"][-1]
                    self.assertTrue(softmax.fixed_range)

    def test_edges_selection_and_compatibility(self):
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            _, (report,), _ = self.quantize(server, self.upload(
                message, self.float_bytes, samples=sample_parts(self.images(5)),
                store_as={"name": "edges"},
                options={"mode": FULL_INTEGER, "input_type": "INT8", "output_type": "UINT8",
                         "require_full_integer": True, "bias_correction": True}))
            metadata = server.client.get_model_metadata("edges")
            self.assertEqual(metadata.inputs[0].datatype, "INT8")
            self.assertEqual(metadata.outputs[0].datatype, "UINT8")
            self.assertGreater(len(report.improvements), 0)
            _, (report,), _ = self.quantize(server, self.upload(
                message, self.float_bytes, samples=sample_parts(self.images(5)),
                options={"mode": FULL_INTEGER, "input_type": "INT8", "output_type": "INT8"}))
            self.assertEqual(list(report.compatibility.not_int8), [])
            _, (report,), _ = self.quantize(server, self.upload(
                message, self.float_bytes, samples=sample_parts(self.images(5)),
                options={"mode": FULL_INTEGER, "exclude_ops": ["CONV_2D"]}))
            self.assertIn("CONV_2D", [o.op for o in report.compatibility.not_int8])
            kept = [layer for layer in report.layers if layer.op == "CONV_2D"]
            self.assertTrue(all(not layer.quantized and layer.reason for layer in kept))

    def captured(self, message, name="digits", source="digits", **more):
        return message(start={"source": {"name": source}, "captured_from": {"name": name},
                              "options": {"mode": FULL_INTEGER}, "return_model": True, **more})

    def test_captured_requests_are_samples(self):
        (self.repository.path / "digits" / "config.pbtxt").write_text("capture_requests: 3")
        images = self.images(6)
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            self.refused(server, [self.captured(message)], CODES.FAILED_PRECONDITION,
                         "'digits'", "version 1", "none was answered")
            # The second row of a request is not kept, nor a request that is refused, nor one with
            # elements of which no range could be made.
            for image in images[:4]:
                rows = np.concatenate([image, image + 9])
                server.client.infer("digits", [tensor("image", rows)])
            with self.assertRaises(triton.InferenceServerException):
                server.client.infer("digits", [tensor("picture", images[5])])
            server.client.infer("digits", [tensor("image", np.full_like(images[0], np.inf))])
            labels = {"model": "digits", "version": "1"}
            self.assertEqual(server.metric("octet_captured_requests", **labels), 3)
            self.assertEqual(server.metric("octet_captured_bytes", **labels), 3 * 64 * 4)
            _, (report,), result = self.quantize(server, [self.captured(message)])
            self.assertEqual(report.samples, 3)
            _, _, expected = self.quantize(server, self.upload(
                message, self.float_bytes, samples=sample_parts(images[1:4]), return_model=True,
                options={"mode": FULL_INTEGER}))
            self.assertEqual(result, expected)
            # They are the samples of an upload too.
            start = self.captured(message).start
            start.ClearField("source")
            uploaded = [message(start=start), message(chunk=self.float_bytes)]
            self.assertEqual(self.quantize(server, uploaded)[2], expected)
            self.refused(server, [self.captured(message),
                                  *[message(sample=part) for part in sample_parts(images[:1])]],
                         CODES.INVALID_ARGUMENT, "captured_from")
            self.refused(server, [self.captured(message, "absent")], CODES.NOT_FOUND, "absent")
            server.client.unload_model("digits")
            server.client.load_model("digits")
            self.assertEqual(server.metric("octet_captured_requests", **labels), 0)
            self.refused(server, [self.captured(message)], CODES.FAILED_PRECONDITION, "none was")

    def test_captured_codes_are_the_reals_they_stand_for(self):
        self.repository.add("quantized", 1, "digits_int8.tflite")
        _, codes, _ = daemon.digits()
        with daemon.Daemon(self.repository, "--capture-requests", "100", "--capture-bytes",
                           "200") as server:
            message = self.messages(server)
            for row in range(5):
                server.client.infer("quantized", [tensor("image", codes[row:row + 1])])
            parameters = server.client.get_model_config("quantized").config.parameters
            self.assertEqual(parameters["capture_requests"].string_value, "100")
            scale = float(parameters["input.image.scale"].string_value)
            zero_point = int(parameters["input.image.zero_point"].string_value)
            reals = (codes[2:5].astype(np.float32) - zero_point) * np.float32(scale)
            _, (report,), result = self.quantize(server, [self.captured(message, "quantized")])
            self.assertEqual(report.samples, 3)  # as many as 200 bytes hold
            _, _, expected = self.quantize(server, self.upload(
                message, self.float_bytes, return_model=True, options={"mode": FULL_INTEGER},
                samples=sample_parts([reals[i:i + 1] for i in range(3)])))
            self.assertEqual(result, expected)

    def test_nothing_is_captured_unless_asked_for(self):
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            server.client.infer("digits", [tensor("image", self.images(1)[0])])
            self.assertEqual(
                server.metric("octet_captured_requests", model="digits", version="1"), 0)
            self.refused(server, [self.captured(message)], CODES.FAILED_PRECONDITION,
                         "capture_requests in its config.pbtxt")

    def test_progress_tells_stages_and_the_time_left(self):
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            progress, _, _ = self.quantize(server, self.upload(
                message, self.float_bytes, samples=sample_parts(self.images(200), name=""),
                store_as={"name": "digits"}, options={"mode": FULL_INTEGER}))
            fractions = [p.fraction for p in progress]
            self.assertEqual(fractions, sorted(fractions))
            self.assertEqual(progress[-1].stage, "store")
            self.assertTrue(set(p.stage for p in progress) <= {
                "wait", "read", "calibrate", "quantize", "write", "measure", "latency", "store"})
            for p in progress:
                if p.HasField("eta_seconds"):
                    self.assertGreaterEqual(p.eta_seconds, 0)

    def test_what_is_wrong_is_said(self):
        with daemon.Daemon(self.repository, "--max-message-bytes", "200000") as server:
            message = self.messages(server)
            self.refused(server, [], CODES.INVALID_ARGUMENT, "start")
            self.refused(server, [message(chunk=b"x")], CODES.INVALID_ARGUMENT, "start")
            self.refused(server, [message(start={})], CODES.INVALID_ARGUMENT, "source")
            self.refused(server, [message(start={}), message(start={})], CODES.INVALID_ARGUMENT,
                         "twice")
            self.refused(server, self.upload(message, b"junk" * 100), CODES.INVALID_ARGUMENT)
            announced = message(start={"source_bytes": 300000})
            self.refused(server, [announced], CODES.RESOURCE_EXHAUSTED, "200000 bytes")
            self.refused(server, self.upload(message, bytes(300000)), CODES.RESOURCE_EXHAUSTED,
                         "200000")
            self.refused(server, [message(start={"source": {"name": "absent"}})], CODES.NOT_FOUND)
            self.refused(server, self.upload(message, self.float_bytes,
                                             store_as={"name": "../escape"}),
                         CODES.INVALID_ARGUMENT, "store_as.name")
            quantized = (daemon.DATA / "digits_int8.tflite").read_bytes()
            self.refused(server, self.upload(message, quantized), CODES.FAILED_PRECONDITION)
            self.assertTrue(server.client.is_model_ready("digits"))

    def test_a_cancelled_upload_leaves_nothing(self):
        with daemon.Daemon(self.repository) as server:
            stub, message = server.call("octet.v1.QuantizationService", "Quantize",
                                        "stream_stream")
            hold = threading.Event()

            def requests():
                yield message(start={"store_as": {"name": "digits"}})
                yield message(chunk=self.float_bytes[:1000])
                hold.wait(60)

            call = stub(requests())
            call.cancel()
            hold.set()
            with self.assertRaises(grpc.RpcError):
                list(call)
            image, _, _ = daemon.digits()
            server.client.infer("digits", [tensor("image", image[:1].astype(np.float32))])
            self.assertEqual(len(list((self.repository.path / "digits").iterdir())), 1)

    def test_what_cannot_be_quantized_is_named(self):
        image = self.images(1)[0]
        with daemon.Daemon(self.repository, "--max-message-bytes", "200000") as server:
            message = self.messages(server)

            def refused(samples, code, *texts, model=self.float_bytes, **options):
                self.refused(server, self.upload(message, model, samples=samples,
                                                 store_as={"name": "digits"},
                                                 options={"mode": FULL_INTEGER, **options}),
                             code, *texts)

            invalid = CODES.INVALID_ARGUMENT
            refused([], invalid, "samples")
            refused(sample_parts([image, image[:, :4]]), invalid, "sample 1", "'image'", "[1,4,8,1]",
                    "[1,8,8,1]")
            refused(sample_parts([image], name="picture"), invalid, "sample 0", "'picture'", "image")
            refused(sample_parts([image.astype(np.float64)]), invalid, "sample 0", "FLOAT64",
                    "FLOAT32")
            wrong = image.copy()
            wrong.flat[17] = np.nan
            refused(sample_parts([image, wrong]), invalid, "sample 1", "element 17", "nan")
            refused(sample_parts([image] * 1000), CODES.RESOURCE_EXHAUSTED, "200000")
            refused(list(sample_parts([image], piece=100))[:-1], invalid, "sample 0")
            refused([{"continued": True}], invalid, "first part")
            refused(sample_parts([image]), invalid, "input_type", input_type="INT4")
            refused(sample_parts([image]), invalid, "percentile", percentile=7)
            refused(sample_parts([image]), CODES.FAILED_PRECONDITION, "CONV_2D",
                    require_full_integer=True, exclude_ops=["CONV_2D"])
            refused(sample_parts([image]), CODES.FAILED_PRECONDITION, "quantized already",
                    model=(daemon.DATA / "digits_int8.tflite").read_bytes())
            for value in (float("nan"), float("inf")):
                refused([], invalid, str(value), "element 10", mode=DYNAMIC_RANGE,
                        model=self.with_weight(10, value))
            self.still_served(server)

    def test_an_unwritable_repository(self):
        # Without this capability the superuser obeys permissions too.
        prefix = (("setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override")
                  if os.geteuid() == 0 else ())
        folder = self.repository.path / "digits"
        with daemon.Daemon(self.repository, prefix=prefix) as server:
            message = self.messages(server)
            folder.chmod(0o555)
            self.repository.path.chmod(0o555)
            try:
                for name in ("digits", "other"):
                    self.refused(server, [message(start={"source": {"name": "digits"},
                                                         "store_as": {"name": name}})],
                                 CODES.PERMISSION_DENIED, name)
            finally:
                folder.chmod(0o755)
                self.repository.path.chmod(0o755)
            self.still_served(server)
            self.assertIsNone(self.versions("other"))

    def test_a_full_disk(self):
        # A file that may not grow further ends a write as a full disk does.
        with daemon.Daemon(self.repository, prefix=("prlimit", "--fsize=30000")) as server:
            message = self.messages(server)
            for name in ("digits", "other"):
                self.refused(server, [message(start={"source": {"name": "digits"},
                                                     "store_as": {"name": name}})],
                             CODES.RESOURCE_EXHAUSTED, "model.tflite")
            self.still_served(server)
            self.assertIsNone(self.versions("other"))

    def test_requests_are_answered_through_a_store(self):
        image, _, _ = daemon.digits()
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            stored = threading.Event()
            versions = []

            def ask():
                while not stored.is_set():
                    answer = server.client.infer("digits", [tensor("image", image[:1])])
                    versions.append(answer.get_response().model_version)

            asking = threading.Thread(target=ask)
            asking.start()
            try:
                for _ in range(3):
                    self.quantize(server, [message(start={
                        "source": {"name": "digits", "version": "1"},
                        "store_as": {"name": "digits"}})])
            finally:
                stored.set()
                asking.join()
            numbers = [int(version) for version in versions]
            self.assertEqual(numbers, sorted(numbers))
            answer = server.client.infer("digits", [tensor("image", image[:1])])
            self.assertEqual(answer.get_response().model_version, "4")
            # Threads of what was stored do not have the priority of what made it.
            self.assertEqual({nice for _, nice in nice_values(server.process.pid)}, {NICE})


class LongQuantizeTest(QuantizeCase):
    """With work that takes minutes unless it is stopped."""

    @classmethod
    def setUpClass(cls):
        cls.source = slow_model.make((daemon.DATA / "digits_float32.tflite").read_bytes(),
                                     operators=10000)

    def begin(self, server, **start):
        """Begins it; returns the call and an iterator of its answers."""
        stub, message = server.call("octet.v1.QuantizationService", "Quantize", "stream_stream")
        call = stub(self.upload(message, self.source, 1 << 20, sample_parts(self.images(1) * 20000),
                                options={"mode": FULL_INTEGER}, **start))
        return call, iter(call)

    def until(self, answers, stage):
        for answer in answers:
            if answer.progress.stage == stage:
                return
        self.fail(f"ended before {stage}")

    def test_cancelling_stops_the_work_and_stores_nothing(self):
        with daemon.Daemon(self.repository) as server:
            call, answers = self.begin(server, store_as={"name": "digits"})
            self.until(answers, "calibrate")
            call.cancel()
            # The next waits for the first, which would take minutes, to end.
            stub, message = server.call("octet.v1.QuantizationService", "Quantize",
                                        "stream_stream")
            begin = time.monotonic()
            responses = list(stub(self.upload(message, self.float_bytes), timeout=120))
            self.assertEqual(responses[-1].WhichOneof("message"), "report")
            self.assertLess(time.monotonic() - begin, 60)
            self.still_served(server)

    def test_serving_goes_on_beside_it_and_its_thread_is_nice(self):
        image, _, _ = daemon.digits()
        with daemon.Daemon(self.repository) as server:
            call, answers = self.begin(server)
            self.until(answers, "calibrate")
            threads = nice_values(server.process.pid)
            self.assertEqual([nice for name, nice in threads if name == "quantize"],
                             [min(NICE + 10, 19)])
            self.assertEqual({nice for name, nice in threads if name != "quantize"}, {NICE})
            server.client.infer("digits", [tensor("image", image[:1])])
            call.cancel()

    def test_more_than_the_limit_at_a_time_are_refused(self):
        with daemon.Daemon(self.repository) as server:
            message = self.messages(server)
            call, answers = self.begin(server)
            self.until(answers, "calibrate")
            waiting = []
            for _ in range(3):
                stub, _ = server.call("octet.v1.QuantizationService", "Quantize", "stream_stream")
                waiting.append(stub(self.upload(message, self.float_bytes)))
                self.assertEqual(next(iter(waiting[-1])).progress.stage, "wait")
            self.refused(server, self.upload(message, self.float_bytes), CODES.RESOURCE_EXHAUSTED,
                         "the limit is 4")
            for each in [call, *waiting]:
                each.cancel()


if __name__ == "__main__":
    daemon.main()
