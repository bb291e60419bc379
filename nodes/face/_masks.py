"""Masks: growing, feathering, combining, following a picture's edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nodes.sdk.values.arrays import ByteArray, FloatArray


def of_classes(labels: ByteArray, numbers: Sequence[int]) -> FloatArray:
    """1 where a label is one of the numbers, else 0."""
    table = np.zeros(256, np.float32)
    table[list(numbers)] = 1.0
    result: FloatArray = table[labels]
    return result


def grown(alpha: FloatArray, pixels: float) -> FloatArray:
    """The mask moved outwards (inwards when negative) by a distance, its soft edge kept.

    Distances are Euclidean from the half-way line, exact to a fraction of a pixel on soft edges.
    """
    import cv2

    if pixels == 0 or alpha.size == 0:
        return alpha
    inside = (alpha >= 0.5).astype(np.uint8)
    if inside.all() or not inside.any():
        return alpha
    outwards = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inwards = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    signed = np.where(inside > 0, inwards - 0.5, 0.5 - outwards)
    moved: FloatArray = np.clip(signed + pixels + 0.5, 0.0, 1.0).astype(np.float32)
    if pixels > 0:
        return np.maximum(moved, alpha)
    return np.minimum(moved, alpha)


def feathered(alpha: FloatArray, pixels: float) -> FloatArray:
    """The mask blurred so that its edge is about twice `pixels` wide; the border repeats."""
    import cv2

    if pixels <= 0 or alpha.size == 0:
        return alpha
    sigma = pixels / 2
    blurred = cv2.GaussianBlur(alpha, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.clip(blurred, 0.0, 1.0)


def combined(a: FloatArray, b: FloatArray, how: str) -> FloatArray:
    """Two masks of equal size joined: "add", "subtract", "intersect" or "difference"."""
    result = {
        "add": lambda: np.maximum(a, b),
        "subtract": lambda: np.minimum(a, 1.0 - b),
        "intersect": lambda: np.minimum(a, b),
        "difference": lambda: np.abs(a - b),
    }[how]()
    return np.clip(result, 0.0, 1.0).astype(np.float32)


def guided(alpha: FloatArray, picture: FloatArray, radius: int, smoothness: float) -> FloatArray:
    """The mask bent to the edges of a picture: the guided filter with a colour guide.

    Source: He, Sun, Tang 2010, "Guided Image Filtering", equations 19 and 20: in every window the
    result is a linear function of the colour.

    Args:
        alpha: H x W.
        picture: H x W x 3, 0..1.
        radius: of the window, in pixels.
        smoothness: variance below which a window counts as flat, such as 1e-4.
    """
    import cv2

    side = 2 * radius + 1

    def mean(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        blurred: npt.NDArray[Any] = cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT)
        return blurred

    colour = picture.astype(np.float32)
    mean_colour, mean_alpha = mean(colour), mean(alpha)
    together = mean(colour * alpha[..., None]) - mean_colour * mean_alpha[..., None]
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    rr, rg, rb, gg, gb, bb = (
        mean(colour[..., i] * colour[..., j]) - mean_colour[..., i] * mean_colour[..., j] for i, j in pairs
    )
    rr, gg, bb = rr + smoothness, gg + smoothness, bb + smoothness
    # The inverse of the symmetric 3 x 3 covariance, by cofactors.
    c00, c01, c02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c11, c12, c22 = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    determinant = np.maximum(rr * c00 + rg * c01 + rb * c02, 1e-18)
    r, g, b = together[..., 0], together[..., 1], together[..., 2]
    slope = np.stack(
        [c00 * r + c01 * g + c02 * b, c01 * r + c11 * g + c12 * b, c02 * r + c12 * g + c22 * b], axis=2
    )
    slope = slope / determinant[..., None]
    offset = mean_alpha - (slope * mean_colour).sum(axis=2)
    result = (mean(slope) * colour).sum(axis=2) + mean(offset)
    return np.clip(result, 0.0, 1.0).astype(np.float32)
