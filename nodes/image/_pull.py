"""A picture pulled by pins."""

from __future__ import annotations

import cv2
import numpy as np

from nodes.image._pins import Keeps, Pins, source_of
from nodes.image._resample import Edge, border_mode, premultiplied, unpremultiplied, with_alpha
from nodes.sdk.values.arrays import FloatArray

#: Places along a picture's longer side where the movement is worked out; between them it is smooth.
NODES = 160


def pulled_picture(pixels: FloatArray, pins: Pins, keeps: Keeps, near: float, edge: Edge) -> FloatArray:
    """A picture whose pins have been pulled; same size.

    "transparent" gives the result an alpha channel; the other edges keep the channels.
    """
    height, width = pixels.shape[:2]
    if edge == "transparent":
        pixels = with_alpha(pixels)
    alpha = pixels.shape[2] == 4
    source = premultiplied(pixels) if alpha else np.ascontiguousarray(pixels)
    moved = cv2.remap(
        source,
        *_lookup(width, height, pins, keeps, near),
        interpolation=cv2.INTER_CUBIC,
        borderMode=border_mode(edge, source),
    )
    np.clip(moved, 0, 1, out=moved)
    return unpremultiplied(moved) if alpha else moved


def _lookup(width: int, height: int, pins: Pins, keeps: Keeps, near: float) -> tuple[FloatArray, FloatArray]:
    """Where each pixel comes from: two H x W arrays of pixel coordinates."""
    step = max(max(width, height) / NODES, 1.0)
    columns, rows = int(np.ceil(width / step)) + 1, int(np.ceil(height / step)) + 1
    x, y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    places = np.stack([x.ravel(), y.ravel()], axis=1) / width
    shift = (source_of(places, pins, keeps, near) - places) * width
    shift = shift.astype(np.float32).reshape(rows, columns, 2)
    across = _between(_between(shift[..., 0], height, step).T, width, step).T
    down = _between(_between(shift[..., 1], height, step).T, width, step).T
    across += np.arange(width, dtype=np.float32)
    down += np.arange(height, dtype=np.float32)[:, None]
    return np.ascontiguousarray(across), np.ascontiguousarray(down)


def _between(values: FloatArray, count: int, step: float) -> FloatArray:
    """N x M values that stand `step` pixels apart, at the centres of `count` pixels: linear."""
    at = (np.arange(count) + 0.5) / step
    first = np.minimum(at.astype(int), len(values) - 2)
    share = (at - first).astype(np.float32)[:, None]
    return values[first] * (1 - share) + values[first + 1] * share
