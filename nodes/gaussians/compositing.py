"""Blending sorted splats into a picture, tile by tile, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from nodes.gaussians.projection import (
    CENTRE_X,
    CENTRE_Y,
    DEPTH,
    FAINTEST,
    FORM_A,
    FORM_B,
    FORM_C,
    OPACITY,
    REACH_X,
    REACH_Y,
)
from nodes.gaussians.tiles import TILE, TileLists
from nodes.sdk.values.arrays import FloatArray

#: No splat hides what is behind it wholly (Kerbl et al. 2023).
MOST_OPAQUE = 0.99
#: A tile is finished when less than this share of light comes through anywhere in it.
_DARK = 1e-4
_HALF = 8
_BATCH = 32
_PIXELS = TILE * TILE
#: exp(-8 u) = polynomial(u) ** 8 for u in 0..0.7: minimax, relative error below 3e-6 before the power.
_E0, _E1, _E2, _E3, _E4 = 0.99999728, -0.99982469, 0.49810510, -0.15923836, 0.02921247
_TOP = 5.6


def composite(
    records: FloatArray,
    values: FloatArray,
    lists: TileLists,
    width: int,
    height: int,
    limit: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Blend splats front to back.

    Args:
        records: N x 12, see `nodes.gaussians.projection`.
        values: N x 3, what is blended: colours, normals, ...
        lists: the splats of each tile.
        limit: H x W metres; splats deeper than it are left out, or None.

    Returns:
        H x W x 3 blended values, premultiplied, and H x W, the share of light that comes through.
    """
    out = np.empty((height, width, 3), np.float32)
    through = np.empty((height, width), np.float32)
    bound = None if limit is None else np.ascontiguousarray(limit, np.float32)
    _composite(records, values, lists.starts, lists.members, lists.columns, lists.rows, bound, out, through)
    return out, through


@njit(cache=True, fastmath=True, error_model="numpy", inline="always")
def _weight(opacity, power):  # type: ignore[no-untyped-def]
    """How much of a pixel a splat covers; 0 when it is too faint to count."""
    u = min(power, np.float32(_TOP)) * np.float32(0.125)
    e = np.float32(_E3) + u * np.float32(_E4)
    e = np.float32(_E2) + u * e
    e = np.float32(_E1) + u * e
    e = np.float32(_E0) + u * e
    e = e * e
    e = e * e
    alpha = min(opacity * (e * e), np.float32(MOST_OPAQUE))
    return alpha if alpha >= np.float32(FAINTEST) else np.float32(0.0)


@njit(cache=True, inline="always")
def _place(y, x):  # type: ignore[no-untyped-def]
    """Where a tile's pixel lies in the arrays of its tile."""
    return (x // _HALF * TILE + y) * _HALF + x % _HALF


@njit(cache=True, fastmath=True, parallel=True, error_model="numpy")
def _composite(  # type: ignore[no-untyped-def]
    records, values, starts, members, columns, rows, limit, out, through
):
    height, width = through.shape
    jobs = 64
    for job in prange(jobs):
        # A tile's pixels lie in two halves of 16 rows of 8, so that two rows fill a vector.
        light = np.empty(_PIXELS, np.float32)
        red = np.empty(_PIXELS, np.float32)
        green = np.empty(_PIXELS, np.float32)
        blue = np.empty(_PIXELS, np.float32)
        bound = np.empty(_PIXELS, np.float32)
        staged = np.empty((_BATCH, 16), np.float32)
        for tile in range(job, columns * rows, jobs):
            left = (tile % columns) * TILE
            top = (tile // columns) * TILE
            light[:] = np.float32(1.0)
            red[:] = np.float32(0.0)
            green[:] = np.float32(0.0)
            blue[:] = np.float32(0.0)
            if limit is not None:
                for y in range(TILE):
                    for x in range(TILE):
                        row, column = min(top + y, height - 1), min(left + x, width - 1)
                        bound[_place(y, x)] = limit[row, column]
            last = starts[tile + 1]
            for first in range(starts[tile], last, _BATCH):
                number = min(_BATCH, last - first)
                # Records lie anywhere in memory: fetching a batch at once lets the misses overlap.
                for k in range(number):
                    i = members[first + k]
                    for column in range(12):
                        staged[k, column] = records[i, column]
                    for column in range(3):
                        staged[k, 12 + column] = values[i, column]
                for k in range(number):
                    mean_x = staged[k, CENTRE_X] - np.float32(left) - np.float32(0.5)
                    mean_y = staged[k, CENTRE_Y] - np.float32(top) - np.float32(0.5)
                    a, b, c = staged[k, FORM_A], staged[k, FORM_B], staged[k, FORM_C]
                    opacity = staged[k, OPACITY]
                    r, g, bl = staged[k, 12], staged[k, 13], staged[k, 14]
                    depth = staged[k, DEPTH]
                    y0 = max(0, int(np.ceil(mean_y - staged[k, REACH_Y])))
                    y1 = min(TILE - 1, int(np.floor(mean_y + staged[k, REACH_Y])))
                    h0 = max(0, int(np.ceil(mean_x - staged[k, REACH_X]))) // _HALF
                    h1 = min(TILE - 1, int(np.floor(mean_x + staged[k, REACH_X]))) // _HALF
                    for half in range(h0, h1 + 1):
                        start = np.float32(half * _HALF) - mean_x
                        for y in range(y0 - y0 % 2, y1 + 1, 2):
                            dy = np.float32(y) - mean_y
                            base = np.uint64((half * TILE + y) * _HALF)
                            # A loop of fixed length, which becomes vector instructions.
                            for lane in range(np.uint64(2 * _HALF)):
                                dx = start + np.float32(lane & np.uint64(_HALF - 1))
                                down = dy + np.float32(lane >> np.uint64(3))
                                q = base + lane
                                alpha = _weight(opacity, (a * dx + b * down) * dx + c * down * down)
                                if limit is not None:
                                    alpha = alpha if depth <= bound[q] else np.float32(0.0)
                                before = light[q]
                                weight = alpha * before
                                light[q] = before - weight
                                red[q] += weight * r
                                green[q] += weight * g
                                blue[q] += weight * bl
                most = np.float32(0.0)
                for q in range(_PIXELS):
                    most = max(most, light[q])
                if most < np.float32(_DARK):
                    break
            for y in range(min(TILE, height - top)):
                for x in range(min(TILE, width - left)):
                    q = _place(y, x)
                    out[top + y, left + x, 0] = red[q]
                    out[top + y, left + x, 1] = green[q]
                    out[top + y, left + x, 2] = blue[q]
                    through[top + y, left + x] = light[q]
