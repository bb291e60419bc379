"""Bringing back detail in the crop of a face, without a network or around one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nodes.enhance._upscaling import resized
from nodes.raster.ramps import smooth_step
from nodes.sdk.values.arrays import FloatArray

#: Where the face lies in an FFHQ square, as shares of its side: middle and half axes.
_MIDDLE, _AXES = (0.5, 0.56), (0.34, 0.42)
_SOFT = 0.16


def smoothed(picture: FloatArray, radius: int, spread: float) -> FloatArray:
    """A picture with edges kept and what is fainter than `spread` smoothed away.

    Guided filter with the picture's own brightness as guide (He, Sun and Tang 2010).

    Args:
        picture: H x W x 3 in 0..1. radius: pixels. spread: contrast in 0..1 that counts as an edge.
    """
    import cv2

    def mean(values: FloatArray) -> FloatArray:
        size = (2 * radius + 1, 2 * radius + 1)
        return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT))

    guide = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    mean_guide, mean_picture = mean(guide), mean(picture)
    variance = mean(guide * guide) - mean_guide**2
    shared = mean(picture * guide[..., None]) - mean_guide[..., None] * mean_picture
    slope = shared / (variance + spread**2)[..., None]
    offset = mean_picture - slope * mean_guide[..., None]
    return np.asarray(mean(slope) * guide[..., None] + mean(offset), np.float32)


def sharpened(picture: FloatArray, amount: float) -> FloatArray:
    """A picture with its fine and middle detail raised, edges without haloes and noise left where it is.

    Detail is what two guided filters take away; what is fainter than noise is not raised.
    """
    if amount <= 0:
        return picture
    side = max(picture.shape[:2])
    raised = picture
    for radius, share in ((max(side // 256, 1), 1.0), (max(side // 64, 2), 0.5)):
        detail = picture - smoothed(picture, radius, 0.08)
        weight = np.abs(detail) / (np.abs(detail) + 0.008)
        raised = raised + np.float32(1.5 * amount * share) * weight * detail
    return np.clip(raised, 0.0, 1.0).astype(np.float32)


def keeping_colours(changed: FloatArray, original: FloatArray) -> FloatArray:
    """The detail of one crop on the broad light and colour of another, so that nobody changes complexion."""
    import cv2

    sigma = original.shape[0] / 24
    broad = cv2.GaussianBlur(original - changed, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.clip(changed + broad, 0.0, 1.0).astype(np.float32)


def through_half(picture: FloatArray, enlarge: Callable[[FloatArray], FloatArray], blur: float) -> FloatArray:
    """A picture made smaller, until its blur is gone, and enlarged again by a network.

    Args:
        enlarge: takes H x W x 3, gives twice the size.
        blur: how wide the blur is, in pixels; at least 2, since the network enlarges twice.
    """
    height, width = picture.shape[:2]
    small = (max(round(width / blur), 8), max(round(height / blur), 8))
    made = enlarge(resized(picture, *small))
    if blur > 3.0:
        made = enlarge(resized(made, min(made.shape[1], width // 2), min(made.shape[0], height // 2)))
    return resized(made, width, height)


def face_shape(side: int) -> FloatArray:
    """S x S in 0..1: the oval of a face in its FFHQ square, with a soft border."""
    place = (np.arange(side, dtype=np.float32) + 0.5) / side
    x, y = (place[None] - _MIDDLE[0]) / _AXES[0], (place[:, None] - _MIDDLE[1]) / _AXES[1]
    return smooth_step((1.0 + _SOFT - np.sqrt(x**2 + y**2)) / (2 * _SOFT)).astype(np.float32)
