"""Looking up pictures at real-valued positions, compiled."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from nodes.sdk.values.arrays import FloatArray


def sample_bilinear(picture: FloatArray, positions: FloatArray) -> FloatArray:
    """A picture (H x W x C) at pixel positions (... x 2, corner convention): ... x C float32.

    Positions outside take the nearest edge pixel.
    """
    flat = np.ascontiguousarray(positions, np.float32).reshape(-1, 2)
    out = np.empty((len(flat), picture.shape[2]), np.float32)
    _bilinear(np.ascontiguousarray(picture, np.float32), flat, out)
    return out.reshape(*positions.shape[:-1], picture.shape[2])


def sample_texture(texture: FloatArray, uv: FloatArray) -> FloatArray:
    """A texture (H x W x C) at UVs (... x 2 in 0..1, v up): ... x C float32."""
    height, width = texture.shape[:2]
    positions = np.empty_like(uv, dtype=np.float32)
    positions[..., 0] = uv[..., 0] * width
    positions[..., 1] = (1.0 - uv[..., 1]) * height
    return sample_bilinear(texture, positions)


@njit(cache=True, fastmath=True, parallel=True)
def _bilinear(picture, positions, out):  # type: ignore[no-untyped-def]
    height, width, channels = picture.shape
    for i in prange(positions.shape[0]):
        x = min(max(positions[i, 0] - 0.5, 0.0), width - 1.0)
        y = min(max(positions[i, 1] - 0.5, 0.0), height - 1.0)
        left = math.floor(x)
        top = math.floor(y)
        right = min(left + 1, width - 1)
        bottom = min(top + 1, height - 1)
        fx = x - left
        fy = y - top
        for k in range(channels):
            upper = picture[top, left, k] * (1 - fx) + picture[top, right, k] * fx
            lower = picture[bottom, left, k] * (1 - fx) + picture[bottom, right, k] * fx
            out[i, k] = upper * (1 - fy) + lower * fy
