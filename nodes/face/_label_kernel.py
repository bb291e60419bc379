"""The inner loop of parsing: from two small grids of logits to a label for every pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from nodes.sdk.values.arrays import ByteArray, FloatArray


@njit(cache=True, nogil=True)
def _add_sample(grid: FloatArray, x: float, y: float, weight: float, inset: float, total: FloatArray) -> None:
    """Add a bilinear sample at x, y in -1..1, clamped to the grid, to `total`."""
    last = grid.shape[0] - 1
    column = min(max((x * inset + 1.0) * 0.5 * last, 0.0), last - 1e-4)
    row = min(max((y * inset + 1.0) * 0.5 * last, 0.0), last - 1e-4)
    left, top = int(column), int(row)
    right_share, bottom_share = np.float32(column - left), np.float32(row - top)
    one = np.float32(1.0)
    a = (one - bottom_share) * (one - right_share) * np.float32(weight)
    b = (one - bottom_share) * right_share * np.float32(weight)
    c = bottom_share * (one - right_share) * np.float32(weight)
    d = bottom_share * right_share * np.float32(weight)
    for index in range(grid.shape[2]):
        total[index] += (
            a * grid[top, left, index]
            + b * grid[top, left + 1, index]
            + c * grid[top + 1, left, index]
            + d * grid[top + 1, left + 1, index]
        )


@njit(cache=True, nogil=True)
def label_pixels(
    square: FloatArray,
    warped: FloatArray,
    to_square: npt.NDArray[np.float64],
    to_level: npt.NDArray[np.float64],
    core: float,
    roundness: float,
    fade: tuple[float, float],
    far: float,
    inset: float,
    left: int,
    top: int,
    labels: ByteArray,
) -> None:
    """Fill `labels` (H x W) with the class of greatest logit.

    Args:
        square, warped: S x S x C logits of the undistorted square and of the tanh-polar warp.
        to_square: 2 x 3 map from picture pixels to -1..1 of the square.
        to_level: 2 x 3 map from picture pixels to the warp's undistorted coordinates.
        core, roundness: of the warp (see TanhWarp).
        fade: shares of the square's half side between which it gives way to the warp.
        far: warped distance beyond which everything is class 0.
        inset: by how much the grid's outermost points lie inside -1..1, as a factor above 1.
        left, top: place of `labels` in the picture.
    """
    height, width = labels.shape
    classes = square.shape[2]
    for row in range(height):
        total = np.zeros(classes, np.float32)
        py = row + top + 0.5
        for column in range(width):
            px = column + left + 0.5
            sx = to_square[0, 0] * px + to_square[0, 1] * py + to_square[0, 2]
            sy = to_square[1, 0] * px + to_square[1, 1] * py + to_square[1, 2]
            share = (fade[1] - max(abs(sx), abs(sy))) / (fade[1] - fade[0])
            share = min(max(share, 0.0), 1.0)
            total[:] = 0.0
            if share > 0.0:
                _add_sample(square, sx, sy, share, inset, total)
            if share < 1.0:
                wx = to_level[0, 0] * px + to_level[0, 1] * py + to_level[0, 2]
                wy = to_level[1, 0] * px + to_level[1, 1] * py + to_level[1, 2]
                larger = max(abs(wx), abs(wy), 1e-12)
                smaller = min(abs(wx), abs(wy)) / larger
                distance = larger * (1.0 + smaller**roundness) ** (1.0 / roundness)
                if distance > core:
                    rest = 1.0 - core
                    ratio = (core + rest * np.tanh((distance - core) / rest)) / distance
                    wx, wy = wx * ratio, wy * ratio
                if share == 0.0 and max(abs(wx), abs(wy)) > far:
                    labels[row, column] = 0
                    continue
                _add_sample(warped, wx, wy, 1.0 - share, inset, total)
            best = 0
            for index in range(1, classes):
                if total[index] > total[best]:
                    best = index
            labels[row, column] = best
