#!/usr/bin/env python3
"""Makes the model that the project ships, its test set, and what LiteRT answers.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_digits.py

Trains a small convolutional network on scikit-learn's handwritten digits (8x8 pixels, ten classes)
and writes, beside this file or into the folder given as an argument:

  digits_float32.tflite   the trained network
  digits_int8.tflite      full int8, int8 at the edges too, calibrated on the training images
  digits_dynamic.tflite   what TensorFlow's converter makes of it in dynamic-range mode
  digits_test.npz         held-out images and labels: `image` float32 [N, 8, 8, 1], `labels` int64 [N]
  digits_expected.npz     LiteRT's answers to the first 100 images of the test set; see EXPECTED_FILES
  digits/digit_C.png      one held-out image of each class C, 8-bit gray

A pixel p of a PNG (0 background, 255 ink) is the value p / 255 of the model's input, and the code
p - 128 of the int8 model's. Seeds are fixed and every step is single-threaded and deterministic:
the same processor gives the same bytes again.
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import pathlib
import struct
import sys
import tempfile
import zlib

import numpy as np
import tensorflow as tf
from ai_edge_litert import interpreter as litert
from sklearn import datasets, model_selection

SEED = 20
EPOCHS = 60
BATCH = 32
EXPECTED_SAMPLES = 100

# Names of the arrays in digits_expected.npz: the model file each comes from. `_default` is the
# answer of LiteRT's default path (XNNPACK), `_reference` that of its reference kernels.
EXPECTED_FILES = {
    "int8": "digits_int8.tflite",
    "float32": "digits_float32.tflite",
    "dynamic": "digits_dynamic.tflite",
}


def load_digits():
    """Returns (train images, train labels, test images, test labels); a quarter is held out."""
    images, labels = datasets.load_digits(return_X_y=True)
    # scikit-learn counts ink from 0 to 16; 8-bit gray makes a PNG and the arrays agree exactly.
    gray = np.floor(images.reshape(-1, 8, 8, 1) * (255 / 16) + 0.5)
    images = (gray / 255).astype(np.float32)
    train_x, test_x, train_y, test_y = model_selection.train_test_split(
        images, labels.astype(np.int64), test_size=0.25, random_state=SEED, stratify=labels)
    return train_x, train_y, test_x, test_y


def build_network():
    layers = tf.keras.layers
    image = layers.Input((8, 8, 1))
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = layers.Conv2D(32, 1, activation="relu")(x)
    shortcut = x
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.Add()([x, shortcut])
    x = layers.MaxPooling2D(2)(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = layers.Conv2D(64, 1, activation="relu")(x)
    x = layers.AveragePooling2D(2)(x)
    # A constant shape: the layer of this name would compute it anew in every run.
    x = tf.keras.ops.reshape(x, (-1, 256))
    x = layers.Dense(48, activation="relu")(x)
    return tf.keras.Model(image, layers.Dense(10, activation="softmax")(x))


def shift(images, rng):
    """Moves each image by up to one pixel each way; background comes in at the border."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moves = rng.integers(0, 3, size=(len(images), 2))
    return np.stack([p[dy:dy + 8, dx:dx + 8] for p, (dy, dx) in zip(padded, moves)])


def train(images, labels):
    tf.keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    network = build_network()
    steps = EPOCHS * -(-len(images) // BATCH)
    schedule = tf.keras.optimizers.schedules.CosineDecay(3e-3, steps)
    network.compile(tf.keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
    for _ in range(EPOCHS):
        order = rng.permutation(len(images))
        network.fit(shift(images[order], rng), labels[order], batch_size=BATCH, shuffle=False, verbose=0)
    return network


def convert(network, train_x):
    """Returns {file name: bytes}; the models' one signature is `image` to `probabilities`."""
    archive = tf.keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint(
        "serving_default", lambda image: {"probabilities": network(image)},
        input_signature=[tf.TensorSpec([None, 8, 8, 1], tf.float32, name="image")])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)

        def converter():
            return tf.lite.TFLiteConverter.from_saved_model(folder)

        files = {"digits_float32.tflite": converter().convert()}
        dynamic = converter()
        dynamic.optimizations = [tf.lite.Optimize.DEFAULT]
        files["digits_dynamic.tflite"] = dynamic.convert()
        full = converter()
        full.optimizations = [tf.lite.Optimize.DEFAULT]
        full.representative_dataset = lambda: ({"image": x[None]} for x in train_x)
        full.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        full.inference_input_type = tf.int8
        full.inference_output_type = tf.int8
        files["digits_int8.tflite"] = full.convert()
    return files


def answers(model, images, resolver):
    """LiteRT's outputs, one image a run, in the model's own data type."""
    interpreter = litert.Interpreter(
        model_content=model, num_threads=1, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    outputs = []
    for image in encode(images, source):
        interpreter.set_tensor(source["index"], image[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0])
    return np.stack(outputs)


def encode(images, tensor):
    if tensor["dtype"] == np.float32:
        return images
    scale, zero_point = tensor["quantization"]
    # Codes are the gray levels less 128: the input's scale is 1 / 255 and its zero point -128.
    assert zero_point == -128 and np.float32(scale) == np.float32(1 / 255), (scale, zero_point)
    return (np.rint(images * 255) - 128).astype(np.int8)


def write_png(path, gray):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    height, width = gray.shape
    rows = b"".join(b"\0" + row.tobytes() for row in gray.astype(np.uint8))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                     chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    (out / "digits").mkdir(parents=True, exist_ok=True)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()

    train_x, train_y, test_x, test_y = load_digits()
    files = convert(train(train_x, train_y), train_x)
    for name, data in files.items():
        (out / name).write_bytes(data)
    np.savez_compressed(out / "digits_test.npz", image=test_x, labels=test_y)
    for label in range(10):
        image = test_x[np.argmax(test_y == label)]
        write_png(out / "digits" / f"digit_{label}.png", np.rint(image[:, :, 0] * 255))

    kinds = {"default": litert.OpResolverType.AUTO, "reference": litert.OpResolverType.BUILTIN_REF}
    expected = {}
    for key, name in EXPECTED_FILES.items():
        everything = answers(files[name], test_x, kinds["default"])
        accuracy = np.mean(np.argmax(everything, axis=1) == test_y)
        print(f"{name}: {len(files[name])} bytes, accuracy {accuracy:.4f} on {len(test_y)} images")
        for kind, resolver in kinds.items():
            expected[f"{key}_{kind}"] = answers(files[name], test_x[:EXPECTED_SAMPLES], resolver)
    np.savez_compressed(out / "digits_expected.npz", **expected)


if __name__ == "__main__":
    main()
