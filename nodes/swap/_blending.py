"""Colour and light of a picture given to what is laid into it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.sdk.values.arrays import FloatArray


def smoothed_inside(values: FloatArray, mask: FloatArray, sigma: float) -> FloatArray:
    """A picture blurred within a mask only (normalised convolution, Knutsson and Westin 1993).

    Args:
        values: H x W x 3. mask: H x W in 0..1. sigma: pixels.

    Returns:
        h x w x 3: a wide blur needs no fine pixels, and is as much smaller as it is wide.
    """
    import cv2

    height, width = mask.shape
    coarser = max(1, int(sigma / 3.0))
    size = (max(2, width // coarser), max(2, height // coarser))
    both: Any = np.dstack([values * mask[..., None], mask])
    if coarser > 1:
        both = cv2.resize(both, size, interpolation=cv2.INTER_AREA)
    both = cv2.GaussianBlur(both, (0, 0), sigma / coarser)
    return np.asarray(both[..., :3] / np.maximum(both[..., 3:], 1e-4), np.float32)


def lit_like(over: FloatArray, under: FloatArray, mask: FloatArray, sigma: float, tone: float) -> FloatArray:
    """A picture with the light of another: its wide-scale brightness, and its mean colour.

    Args:
        over, under: H x W x 3, sRGB. mask: H x W, where both show skin.
        sigma: pixels; what is wider counts as light, what is finer as the skin's own.
        tone: 0..1, how much of its own mean colour `over` keeps.

    Brightness follows place by place; hue mostly as a whole, because hue differences between two
    faces are blood, shadow and hair rather than light.
    """
    import cv2

    there = mask > 0
    weight = mask[there]
    total = max(float(weight.sum()), 1e-6)

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(weight @ np.log(values[there] + np.float32(0.03)) / total, np.float32)

    whole = mean(under) - mean(over)
    low_under, low_over = (smoothed_inside(part, mask, sigma) for part in (under, over))
    local = np.log((low_under + 0.05) / (low_over + 0.05))
    height, width = mask.shape
    share: Any = cv2.resize(mask, local.shape[1::-1], interpolation=cv2.INTER_AREA)
    local -= (local * share[..., None]).sum(axis=(0, 1)) / max(float(share.sum()), 1e-6)
    bright = local.mean(axis=2, keepdims=True)
    # The light's pattern, without extremes that come from brows, spots and beards; hue varies less.
    pattern = np.clip(bright, -0.45, 0.45) + np.clip(0.8 * (local - bright), -0.2, 0.2)
    smooth: Any = np.exp(pattern + (1.0 - tone) * np.clip(whole, -1.2, 1.2)).astype(np.float32)
    gain = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    lit = over * gain
    # What the gain would burn out is bent instead of cut.
    burnt = lit > 0.8
    lit[burnt] = 0.8 + 0.2 * np.tanh((lit[burnt] - 0.8) / 0.2)
    result: FloatArray = np.clip(lit, 0.0, 1.0).astype(np.float32)
    return result


def soft_mask(alpha: FloatArray, inwards: float) -> FloatArray:
    """A mask (H x W) whose edge falls off smoothly over `inwards` pixels inside of it."""
    import cv2

    inside = (alpha >= 0.5).astype(np.uint8)
    distance: Any = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    t = np.clip(distance / max(inwards, 1e-3), 0.0, 1.0)
    soft: FloatArray = (t * t * (3.0 - 2.0 * t)).astype(np.float32)
    return soft
