"""Blending of two pictures, pixel by pixel.

The modes and the compositing with alpha are those of W3C, "Compositing and Blending Level 1",
sections 9.1 and 10 (the "over" of Porter and Duff 1984).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nodes.sdk.values.arrays import FloatArray

MODES = ("normal", "multiply", "screen", "overlay", "soft light", "difference")
_NORMAL, _MULTIPLY, _SCREEN, _OVERLAY, _SOFT_LIGHT, _DIFFERENCE = range(6)


@njit(cache=True, nogil=True)
def _mix(mode: int, below: np.float32, above: np.float32) -> np.float32:
    """W3C blend function B(backdrop, source) of one channel."""
    if mode == _MULTIPLY:
        return below * above
    if mode == _SCREEN:
        return below + above - below * above
    if mode == _OVERLAY:
        if below <= np.float32(0.5):
            return np.float32(2.0) * below * above
        return np.float32(1.0) - np.float32(2.0) * (np.float32(1.0) - below) * (np.float32(1.0) - above)
    if mode == _SOFT_LIGHT:
        if above <= np.float32(0.5):
            return below - (np.float32(1.0) - np.float32(2.0) * above) * below * (np.float32(1.0) - below)
        if below <= np.float32(0.25):
            curve = ((np.float32(16.0) * below - np.float32(12.0)) * below + np.float32(4.0)) * below
        else:
            curve = np.sqrt(below)
        return below + (np.float32(2.0) * above - np.float32(1.0)) * (curve - below)
    if mode == _DIFFERENCE:
        return abs(below - above)
    return above


@njit(cache=True, nogil=True)
def _blend(
    base: FloatArray, over: FloatArray, cover: FloatArray, opacity: np.float32, mode: int, result: FloatArray
) -> None:
    height, width, channels = base.shape
    over_alpha = over.shape[2] == 4
    for row in range(height):
        for column in range(width):
            alpha = cover[row, column] * opacity
            if over_alpha:
                alpha *= over[row, column, 3]
            if alpha == 0.0:
                for channel in range(channels):
                    result[row, column, channel] = base[row, column, channel]
                continue
            below_alpha = base[row, column, 3] if channels == 4 else np.float32(1.0)
            joint = alpha + below_alpha * (np.float32(1.0) - alpha)
            for channel in range(3):
                below = base[row, column, channel]
                above = over[row, column, channel]
                mixed = (np.float32(1.0) - below_alpha) * above + below_alpha * _mix(mode, below, above)
                if channels == 4:
                    kept = (np.float32(1.0) - alpha) * below_alpha * below
                    result[row, column, channel] = (alpha * mixed + kept) / joint
                else:
                    result[row, column, channel] = below + alpha * (mixed - below)
            if channels == 4:
                result[row, column, 3] = joint


def blend(base: FloatArray, over: FloatArray, cover: FloatArray, opacity: float, mode: str) -> FloatArray:
    """Lay `over` on `base`.

    Args:
        base: H x W x 3 or 4, alpha not premultiplied.
        over: H x W x 3 or 4, of the same height and width.
        cover: H x W in 0..1, multiplies the alpha of `over`.
        opacity: 0..1.
        mode: one of MODES.

    Returns:
        A new array of base's shape; where nothing covers it, base's own numbers bit for bit.
    """
    result = np.empty(base.shape, np.float32)
    arrays = (np.ascontiguousarray(part, np.float32) for part in (base, over, cover))
    _blend(*arrays, np.float32(opacity), MODES.index(mode), result)
    return result
