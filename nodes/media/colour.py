"""sRGB encoding and decoding, and pictures as whole numbers.

The curve is that of IEC 61966-2-1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nodes.sdk.values import Image
from nodes.sdk.values.arrays import ByteArray, FloatArray, host_array


def to_linear(encoded: FloatArray) -> FloatArray:
    """sRGB-encoded numbers as linear light; any shape, 0..1."""
    high = np.power((np.maximum(encoded, 0.0) + np.float32(0.055)) / np.float32(1.055), np.float32(2.4))
    return np.where(encoded <= 0.04045, encoded / np.float32(12.92), high).astype(np.float32, copy=False)


def to_encoded(linear: FloatArray) -> FloatArray:
    """Linear light as sRGB-encoded numbers; any shape, 0..1."""
    high = np.float32(1.055) * np.power(np.maximum(linear, 0.0), np.float32(1 / 2.4)) - np.float32(0.055)
    return np.where(linear <= 0.0031308, linear * np.float32(12.92), high).astype(np.float32, copy=False)


def with_light(image: Image, *, linear: bool) -> Image:
    """The picture in the asked encoding; alpha is untouched. Returned as it is when it already fits."""
    if image.linear == linear:
        return image
    pixels = host_array(image.pixels)
    change = to_linear if linear else to_encoded
    colour = change(pixels[..., :3])
    if image.has_alpha:
        colour = np.concatenate([colour, pixels[..., 3:]], axis=2)
    return Image(colour, linear=linear)


def over_black(image: Image) -> Image:
    """The picture without alpha, laid over black."""
    if not image.has_alpha:
        return image
    pixels = host_array(image.pixels)
    return Image(pixels[..., :3] * pixels[..., 3:], linear=image.linear)


def as_bytes(pixels: npt.NDArray[Any]) -> ByteArray:
    """Numbers 0..1 as 0..255, rounded; what lies outside is clipped, what is no number becomes 0."""
    import cv2

    return _scaled(pixels, 255.0, cv2.CV_8U)


def as_words(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Numbers 0..1 as 0..65535, rounded; what lies outside is clipped, what is no number becomes 0."""
    import cv2

    return _scaled(pixels, 65535.0, cv2.CV_16U)


def _scaled(pixels: npt.NDArray[Any], most: float, kind: int) -> npt.NDArray[Any]:
    """One pass of OpenCV instead of four of numpy. Its rounding saturates, except far above the range."""
    import cv2

    if pixels.size == 0:
        return np.zeros(pixels.shape, np.uint8 if kind == cv2.CV_8U else np.uint16)
    flat = np.minimum(pixels, 1, dtype=np.float32).reshape(pixels.shape[0], -1)
    whole: npt.NDArray[Any] = cv2.multiply(flat, most, dtype=kind)  # type: ignore[call-overload]
    return whole.reshape(pixels.shape)
