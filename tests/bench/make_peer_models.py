#!/usr/bin/env python3
"""Writes well-known networks with random weights as `.tflite` models, for peers.py.

Each in float32, with dynamic-range weights and in full int8: NET_float32.tflite and so on. Speed
does not depend on what the weights are, so nothing is downloaded and nothing is trained. Needs
tensorflow (2.21 was used). Calibration samples are uniform noise from a fixed seed.

usage: make_peer_models.py --out DIRECTORY [--forms float32,dynamic,int8] [NET ...]
"""

import argparse
import pathlib
import sys

import numpy as np

SIDE = 224
NETS = {
    "mobilenet_v1": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_small": "MobileNetV3Small",
    "efficientnet_b0": "EfficientNetB0",
    "resnet_50": "ResNet50",
}
FORMS = ("float32", "dynamic", "int8")


def calibration_samples(count=16):
    generator = np.random.default_rng(0)
    for _ in range(count):
        yield [generator.uniform(-1, 1, (1, SIDE, SIDE, 3)).astype(np.float32)]


def write_models(net, forms, folder):
    import tensorflow as tf

    tf.keras.utils.set_random_seed(1)
    network = getattr(tf.keras.applications, NETS[net])(
        weights=None, input_shape=(SIDE, SIDE, 3))
    for form in forms:
        converter = tf.lite.TFLiteConverter.from_keras_model(network)
        if form != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if form == "int8":
            converter.representative_dataset = calibration_samples
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = tf.int8
            converter.inference_output_type = tf.int8
        path = folder / f"{net}_{form}.tflite"
        path.write_bytes(converter.convert())
        print(path, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(NETS)}; default all")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder to write into")
    parser.add_argument("--forms", default=",".join(FORMS), metavar=",".join(FORMS))
    options = parser.parse_args()
    forms = options.forms.split(",")
    if not set(forms) <= set(FORMS):
        parser.error(f"--forms {options.forms}: known: {', '.join(FORMS)}")
    unknown = [net for net in options.nets if net not in NETS]
    if unknown:
        parser.error(f"unknown net {unknown[0]!r}; known: {', '.join(NETS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    for net in options.nets or NETS:
        write_models(net, forms, options.out)


if __name__ == "__main__":
    sys.exit(main())
