"""Running error analysis: values in double precision that carry bounds of their float32 errors."""

import numpy as np

from cases import U, gamma


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


class Traced:
    """Values in double precision, with bounds of the errors that two float32 executions may differ by."""

    def __init__(self, value, error=None):
        self.value = value
        self.error = np.zeros_like(value) if error is None else error

    def plus(self, other):
        value = self.value + other.value
        return Traced(value, self.error + other.error + 2 * U * (np.abs(value) + self.error + other.error))

    def times(self, other):
        value = self.value * other.value
        return Traced(
            value,
            np.abs(self.value) * other.error
            + np.abs(other.value) * self.error
            + self.error * other.error
            + 2 * U * np.abs(value),
        )

    def through(self, function, slope):
        """A function whose slope is at most 1, each side within 4 units in the last place."""
        value = function(self.value)
        steep = np.minimum(slope(self.value) + self.error, 1)
        return Traced(value, steep * self.error + 16 * U * np.abs(value) + 4 * U)

    def clipped(self, limit):
        return Traced(np.clip(self.value, -limit, limit), self.error) if limit else self

    def normalized(self):
        n = self.value.shape[-1]
        centred = self.value - self.value.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-8)
        wide = (
            self.error
            + self.error.mean(-1, keepdims=True)
            + 2 * gamma(n + 2) * np.abs(self.value).max(-1, keepdims=True)
        )
        value = centred / deviation
        return Traced(
            value, wide / deviation + np.abs(value) * (wide.max(-1, keepdims=True) / deviation + 2 * gamma(2 * n + 6))
        )

    def product(self, matrix, hybrid, asymmetric):
        stored = matrix.values.view(np.int8) if matrix.values.dtype == np.uint8 else matrix.values
        weights = stored.astype(np.float64) * (matrix.scale or 1.0)
        x = self.quantized(asymmetric) if hybrid else self
        value = x.value @ weights.T
        return Traced(
            value, x.error @ np.abs(weights).T + 2 * gamma(weights.shape[1] + 4) * (np.abs(x.value) @ np.abs(weights).T)
        )

    def quantized(self, asymmetric):
        """Each row in int8 codes. A row known exactly has the same codes on both sides; an element within its error of
        the border of two codes may take either."""
        low, high = np.minimum(self.value.min(-1, keepdims=True), 0), np.maximum(self.value.max(-1, keepdims=True), 0)
        step = (high - low) / 255 if asymmetric else np.maximum(-low, high) / 127
        step = np.where(step == 0, 1, step)
        zero = np.rint(-128 - low / step) if asymmetric else np.zeros_like(step)
        at = self.value / step + zero
        code = np.clip(np.rint(at), -128, 127)
        known = self.error.max(-1, keepdims=True)
        near = 0.5 - np.abs(at - np.rint(at)) <= 3 * known / step + 1024 * U
        moved = np.where((known > 0) & near, step, 0)
        if asymmetric:
            zero_near = 0.5 - np.abs(low / step - np.rint(low / step)) <= 3 * known / step + 1024 * U
            moved = np.maximum(moved, np.where((known > 0) & zero_near, step, 0))
        return Traced((code - zero) * step, np.abs(code - zero) * 2 * known / 127 + moved)
