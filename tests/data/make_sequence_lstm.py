#!/usr/bin/env python3
"""Writes a UNIDIRECTIONAL_SEQUENCE_LSTM with random weights as TensorFlow's converter has it.

sequence_lstm_float32.tflite and sequence_lstm_dynamic.tflite, beside this file. Keras 3 makes a WHILE
loop of an LSTM; the one operator comes of Keras 2: tensorflow-cpu 2.21 with tf_keras 2.21 were used.
"""

import os
import pathlib
import tempfile

os.environ["TF_USE_LEGACY_KERAS"] = "1"
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402

STEPS, DEPTH, UNITS = 5, 48, 40


def main():
    folder = pathlib.Path(__file__).resolve().parent
    tf_keras.utils.set_random_seed(1)
    network = tf_keras.Sequential([
        tf_keras.layers.InputLayer((STEPS, DEPTH), batch_size=1),
        tf_keras.layers.LSTM(UNITS, return_sequences=True),
    ])
    with tempfile.TemporaryDirectory() as saved:
        tf.saved_model.save(network, saved)
        for form in ("float32", "dynamic"):
            converter = tf.lite.TFLiteConverter.from_saved_model(saved)
            if form == "dynamic":
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            (folder / f"sequence_lstm_{form}.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main()
