#!/usr/bin/env python3
"""What quantizing costs a trained network, here and with TensorFlow's converter.

    quantize_accuracy.py --octet-quantize build/tests/support/octet_quantize_tflite --work DIR [--data DIR] [--epochs N]

Trains a MobileNet-like network on Fashion-MNIST (Debian: dataset-fashion-mnist) and converts it, unless DIR has it from an
earlier run; quantizes it in every mode with the same samples; counts right answers of 10,000 held-out images with LiteRT.
Needs tensorflow and ai-edge-litert. Prints a table, and ends with status 1 where a mode with int8 weights loses more than
half a point, or min-max full integer is below TensorFlow's.
"""

import argparse
import gzip
import pathlib
import subprocess
import sys

import numpy as np
from ai_edge_litert import interpreter as litert

SAMPLES = 200
BATCH = 100
LARGEST_LOSS = 0.5  # points
MODES = [
    ("float16", []),
    ("weight-only", []),
    ("dynamic-range", []),
    ("full-integer", ["calibration=min-max"]),
    ("full-integer", ["calibration=moving-average"]),
    ("full-integer", ["calibration=percentile"]),
    ("full-integer", ["calibration=mse"]),
    ("full-integer", ["calibration=min-max", "bias_correction=1"]),
    ("full-integer", ["calibration=min-max", "equalization=1"]),
    ("int16x8", []),
]


def read_idx(path):
    data = gzip.open(path).read()
    dims = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(dims)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dims).reshape(shape)


def load(folder):
    arrays = []
    for part in ("train", "t10k"):
        images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
        arrays.append((images[..., None] / np.float32(127.5) - 1).astype(np.float32))
        arrays.append(read_idx(folder / f"{part}-labels-idx1-ubyte.gz"))
    return arrays


def network(tf):
    layers = tf.keras.layers

    def block(x, filters, stride):
        for make in (
            lambda: layers.DepthwiseConv2D(3, stride, "same", use_bias=False),
            lambda: layers.Conv2D(filters, 1, use_bias=False),
        ):
            x = layers.ReLU(6.0)(layers.BatchNormalization()(make()(x)))
        return x

    inputs = tf.keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(24, 3, 1, "same", use_bias=False)(inputs)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    for filters, stride in ((48, 2), (48, 1), (96, 2), (96, 1), (192, 2), (192, 1)):
        x = block(x, filters, stride)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return tf.keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def make(work, train_x, train_y, samples, epochs):
    """The float model, and TensorFlow's full-integer one from the same samples."""
    import tensorflow as tf  # takes seconds, and is not needed where the files are there

    tf.keras.utils.set_random_seed(1)
    model = network(tf)
    schedule = tf.keras.optimizers.schedules.CosineDecay(3e-3, epochs * len(train_x) // 128)
    model.compile(tf.keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train_x, train_y, batch_size=128, epochs=epochs, verbose=2)

    def converter():
        return tf.lite.TFLiteConverter.from_keras_model(model)

    (work / "float32.tflite").write_bytes(converter().convert())
    full = converter()
    full.optimizations = [tf.lite.Optimize.DEFAULT]
    full.representative_dataset = lambda: ([x[None]] for x in samples)
    full.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    (work / "tensorflow_int8.tflite").write_bytes(full.convert())


def right_answers(path, images, labels):
    model = litert.Interpreter(model_path=str(path), num_threads=2)
    detail = model.get_input_details()[0]
    model.resize_tensor_input(detail["index"], [BATCH, 28, 28, 1])
    model.allocate_tensors()
    right = 0
    for at in range(0, len(images), BATCH):
        model.set_tensor(detail["index"], images[at : at + BATCH])
        model.invoke()
        scores = model.get_tensor(model.get_output_details()[0]["index"])
        right += int(np.sum(np.argmax(scores, 1) == labels[at : at + BATCH]))
    return right


def layer_noise(text):
    """The least SQNR of the layers that the quantizer printed, and the output's."""
    values = [float(line.split()[2]) for line in text.splitlines() if line.split()[1] == "1"]
    return min(values), values[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--octet-quantize", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    train_x, train_y, test_x, test_y = load(arguments.data)
    samples = train_x[:SAMPLES]
    (work / "samples").write_bytes(samples.tobytes())
    if not (work / "tensorflow_int8.tflite").exists():
        make(work, train_x, train_y, samples, arguments.epochs)

    def points(path):
        return 100 * right_answers(path, test_x, test_y) / len(test_x)

    float_points = points(work / "float32.tflite")
    their_points = points(work / "tensorflow_int8.tflite")
    print("| model | top-1 % | worst layer dB | output dB |\n|---|---|---|---|")
    print(f"| float32 | {float_points:.2f} | | |")
    print(f"| TensorFlow's converter, full integer | {their_points:.2f} | | |")
    failed = False
    for mode, options in MODES:
        out = work / "out.tflite"
        command = [arguments.octet_quantize, work / "float32.tflite", out, mode, f"samples={work / 'samples'}", *options]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        worst, output = layer_noise(text)
        here = points(out)
        print(f"| {' '.join([mode, *options])} | {here:.2f} | {worst:.1f} | {output:.1f} |", flush=True)
        least = float_points - LARGEST_LOSS
        if options == ["calibration=min-max"]:
            least = max(least, their_points)
        failed = failed or here < least
    sys.exit(1 if failed else 0)


main()
