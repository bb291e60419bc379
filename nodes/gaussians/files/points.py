"""Coloured points as splats: balls as wide as the way to the next points."""

from __future__ import annotations

import numpy as np

from nodes.gaussians.harmonics import colour_to_harmonic
from nodes.sdk.values import Splats
from nodes.sdk.values.arrays import FloatArray


def splats_of_points(positions: FloatArray, colours: FloatArray, opacity: float = 0.9) -> Splats:
    """Round splats at points, as training of splats begins (Kerbl et al. 2023).

    Args:
        positions: N x 3 metres. colours: N x 3 in 0..1.
    """
    count = len(positions)
    idle = np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1))
    return Splats(
        np.ascontiguousarray(positions, np.float32),
        np.repeat(spacing(positions)[:, None], 3, axis=1).astype(np.float32),
        idle,
        np.full(count, opacity, np.float32),
        colour_to_harmonic(colours)[:, None],
    )


def spacing(positions: FloatArray) -> FloatArray:
    """The mean distance of each point to its three nearest, strays held to 4 times the median."""
    from scipy.spatial import cKDTree

    count = len(positions)
    if count < 2:
        return np.full(count, 0.01, np.float32)
    nearest = min(4, count)
    distance = cKDTree(positions).query(positions, nearest)[0][:, 1:].mean(axis=1)
    usual = float(np.median(distance)) or 0.01
    return np.clip(distance, 0.05 * usual, 4.0 * usual).astype(np.float32)
