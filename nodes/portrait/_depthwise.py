"""Convolutions of every channel by itself, on one thread: small pictures do not pay for more."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, fastmath=True)
def depthwise(x, kernel, stride):  # type: ignore[no-untyped-def]
    """A 3 x 3 convolution with zeros beyond the border.

    Args:
        x: H x W x C float32. kernel: 3 x 3 x C.
        stride: 1, centred; or 2, with the padding right and below, as TensorFlow's "same".
    """
    height, width, channels = x.shape
    first = 1 if stride == 1 else 0
    out = np.zeros((height // stride, width // stride, channels), np.float32)
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            for j in range(3):
                y = row * stride + j - first
                if y < 0 or y >= height:
                    continue
                for i in range(3):
                    z = column * stride + i - first
                    if z < 0 or z >= width:
                        continue
                    for c in range(channels):
                        out[row, column, c] += x[y, z, c] * kernel[j, i, c]
    return out
