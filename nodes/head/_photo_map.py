"""Which place of the photograph every pixel of an edited head shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.head._photo import PhotoLayers
from nodes.head._photo_mouth import flat
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values.arrays import FloatArray

#: The mouth's map is drawn this many times finer.
_FINER = 3


@dataclass(frozen=True)
class Turn:
    """How the head has moved rigidly since the photograph, in the camera's frame: p -> matrix p + shift."""

    matrix: FloatArray
    shift: FloatArray

    @property
    def still(self) -> bool:
        return bool(np.abs(self.matrix - np.eye(3)).max() < 1e-7 and np.abs(self.shift).max() < 1e-7)

    def __call__(self, points: FloatArray) -> FloatArray:
        return (points @ self.matrix.T + self.shift).astype(np.float32)


def following_box(follow: FloatArray, margin: int = 0) -> tuple[slice, slice]:
    """The part of a window in which anything is followed, and as many pixels around."""
    rows, columns = np.flatnonzero(follow.any(axis=1)), np.flatnonzero(follow.any(axis=0))
    if not len(rows):
        return np.s_[0:0, 0:0]
    return np.s_[
        max(rows[0] - margin, 0) : rows[-1] + 1 + margin,
        max(columns[0] - margin, 0) : columns[-1] + 1 + margin,
    ]


@njit(cache=True, fastmath=True, parallel=True)
def hold_back(follow, over, where, left, top, right_of, down_of):  # type: ignore[no-untyped-def]
    """Move each place of a map only as far as it follows; returns how far each did, h x w in 0..1.

    Args:
        follow: h x w in 0..1. over: H x W in 0..1 of the whole window, what moves wholly wherever it
            comes to lie; 0 beyond it.
        where: h x w x 2, the photograph's place each pixel would show; changed in place.
        left, top: of the window in the photograph. right_of, down_of: of the map in the window.
    """
    height, width = follow.shape
    rows, columns = over.shape
    taken = np.empty((height, width), np.float32)
    for row in prange(height):
        own_y = np.float32(top + down_of + row + 0.5)
        for column in range(width):
            own_x = np.float32(left + right_of + column + 0.5)
            share = follow[row, column]
            if share < 1.0:
                x = where[row, column, 0] - left - 0.5
                y = where[row, column, 1] - top - 0.5
                i, j = int(math.floor(x)), int(math.floor(y))  # noqa: RUF046 - floats here
                if 0 <= i < columns - 1 and 0 <= j < rows - 1:
                    fx, fy = x - i, y - j
                    upper = over[j, i] * (1.0 - fx) + over[j, i + 1] * fx
                    lower = over[j + 1, i] * (1.0 - fx) + over[j + 1, i + 1] * fx
                    # A hard 0: traces would be resampled for nothing.
                    share = max(share, (upper * (1.0 - fy) + lower * fy - 0.02) / 0.98)
                if share <= 0.0:
                    where[row, column, 0] = own_x
                    where[row, column, 1] = own_y
                    share = 0.0
                else:
                    where[row, column, 0] = own_x + share * (where[row, column, 0] - own_x)
                    where[row, column, 1] = own_y + share * (where[row, column, 1] - own_y)
            taken[row, column] = share
    return taken


def grid_map(layers: PhotoLayers, motion: FloatArray, turn: Turn, own: FloatArray, where: FloatArray) -> None:
    """Put into `where` (h x w x 2) the photo's place that each pixel shows; `own` is where they lie."""
    grid = layers.grid
    height, width = where.shape[:2]
    left, top = own[0, 0] - 0.5
    shift = np.zeros_like(grid.points)
    bound = np.einsum("bkc,bk->bc", motion[grid.corners], grid.weights)
    shift[grid.bound] = bound
    if len(grid.bound) and np.abs(bound).max() > 1e-9:
        shift[grid.free] = grid.factor.solve(np.asarray(grid.coupling @ bound.astype(np.float64)))
    points = grid.points + shift
    if not turn.still:
        points = points + grid.turn[:, None] * (turn(points) - points)
    camera = layers.reference.camera
    projected = np.empty_like(points)
    distance = -points[:, 2]
    projected[:, 0] = camera.centre_x + camera.focal * points[:, 0] / distance - left
    projected[:, 1] = camera.centre_y - camera.focal * points[:, 1] / distance - top
    projected[:, 2] = distance
    drawn = rasterise(projected, grid.triangles, width, height)
    _put_places(drawn.triangle, drawn.weights, grid.triangles, grid.places, where)


@njit(cache=True, fastmath=True, parallel=True)
def _put_places(triangle, weights, triangles, places, where):  # type: ignore[no-untyped-def]
    """Interpolate places (V x 2) over drawn triangles; what none covers is left as it is."""
    height, width = triangle.shape
    for row in prange(height):
        for column in range(width):
            t = triangle[row, column]
            if t < 0:
                continue
            w0 = weights[row, column, 0]
            w1 = weights[row, column, 1]
            w2 = 1.0 - w0 - w1
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            for k in range(2):
                where[row, column, k] = w0 * places[a, k] + w1 * places[b, k] + w2 * places[c, k]


def lip_map(layers: PhotoLayers, moved: FloatArray, own: FloatArray, where: FloatArray) -> None:
    """Replace the map around the mouth by the mesh's own, which parts the lips."""
    left, top = (int(value) for value in own[0, 0])
    right, bottom = left + where.shape[1], top + where.shape[0]
    pixels = flat(layers.reference, moved)
    near = pixels[layers.lip_vertices]
    if not len(near):
        return
    x0 = max(left, int(np.floor(near[:, 0].min())))
    y0 = max(top, int(np.floor(near[:, 1].min())))
    x1 = min(right, int(np.ceil(near[:, 0].max())) + 1)
    y1 = min(bottom, int(np.ceil(near[:, 1].max())) + 1)
    if x1 - x0 < 1 or y1 - y0 < 1:
        return
    width, height = x1 - x0, y1 - y0
    projected = np.column_stack([pixels[:, 0] - x0, pixels[:, 1] - y0, -moved[:, 2]])
    projected[:, :2] *= _FINER
    drawn = rasterise(projected, layers.lip_triangles, width * _FINER, height * _FINER)
    view = where[y0 - top : y1 - top, x0 - left : x1 - left]
    places, share = layers.places.astype(np.float32), layers.lip_share
    _blend_places(drawn.triangle, drawn.weights, layers.lip_triangles, places, share, _FINER, view)


@njit(cache=True, fastmath=True, parallel=True)
def _blend_places(triangle, weights, triangles, places, share, finer, where):  # type: ignore[no-untyped-def]
    """Lay the mesh's places over a map, drawn `finer` times finer, as much as the share says.

    Averaging places, not colours, turns the jagged edge of a protruding lip into a smooth bend.
    """
    height, width = where.shape[:2]
    for row in prange(height):
        for column in range(width):
            x = 0.0
            y = 0.0
            total = 0.0
            for j in range(row * finer, (row + 1) * finer):
                for i in range(column * finer, (column + 1) * finer):
                    t = triangle[j, i]
                    if t < 0:
                        continue
                    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                    wa = weights[j, i, 0] * share[a]
                    wb = weights[j, i, 1] * share[b]
                    wc = (1.0 - weights[j, i, 0] - weights[j, i, 1]) * share[c]
                    x += wa * places[a, 0] + wb * places[b, 0] + wc * places[c, 0]
                    y += wa * places[a, 1] + wb * places[b, 1] + wc * places[c, 1]
                    total += wa + wb + wc
            if total > 0.0:
                samples = finer * finer
                where[row, column, 0] = where[row, column, 0] * (1.0 - total / samples) + x / samples
                where[row, column, 1] = where[row, column, 1] * (1.0 - total / samples) + y / samples
