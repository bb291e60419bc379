"""A z-buffer for triangle meshes, compiled, with perspective-correct weights.

Pixels are squares whose centres lie at (column + 0.5, row + 0.5), as everywhere in the program.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.sdk.values.arrays import FloatArray, IntArray, require_shape

#: Pictures above this many pixels are refused before anything is allocated.
MOST_PIXELS = 1 << 27

_BANDS = 8
_FAR = np.float32(1e30)
# Weights a hair below 0 still count as inside, so that no pixel on a shared edge falls between
# two triangles by rounding.
_EDGE = -1e-5


@dataclass(frozen=True, eq=False)
class Raster:
    """Which triangle every pixel shows.

    Attributes:
        triangle: H x W int32, -1 where there is none.
        weights: H x W x 2 float32, the barycentric weights of the triangle's first and second
            corner, perspective-correct; the third is what remains to 1.
        distance: H x W float32, the interpolated third coordinate; 1e30 where there is nothing.
    """

    triangle: IntArray
    weights: FloatArray
    distance: FloatArray

    @property
    def covered(self) -> np.ndarray:
        """H x W bool, True where a triangle is seen."""
        return self.triangle >= 0


def rasterise(
    points: FloatArray, triangles: IntArray, width: int, height: int, *, cull: bool = True
) -> Raster:
    """Draw triangles into a z-buffer.

    Args:
        points: V x 3; x and y in pixels, y down, and the distance from the camera (smaller is
            nearer). Triangles with a corner at a distance of 0 or less are left out.
        triangles: F x 3 int32, counter-clockwise seen from outside (with y up).
        width, height: size of the picture in pixels.
        cull: leave out triangles seen from behind.

    Raises:
        ValueError: when shapes or the size are not usable.
    """
    require_shape("points", points, (None, 3))
    require_shape("triangles", triangles, (None, 3))
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise ValueError(f"a picture of {width} x {height} pixels cannot be drawn")
    triangle = np.empty((height, width), np.int32)
    weights = np.empty((height, width, 2), np.float32)
    distance = np.empty((height, width), np.float32)
    corners = np.ascontiguousarray(points, np.float32)
    _fill(corners, np.ascontiguousarray(triangles, np.int32), cull, triangle, weights, distance)
    return Raster(triangle, weights, distance)


@njit(cache=True, fastmath=True, parallel=True)
def _fill(points, triangles, cull, triangle, weights, distance):  # type: ignore[no-untyped-def]
    height, width = triangle.shape
    # Triangles that are seen at all, found once: every band looks only at those.
    visible = np.empty(triangles.shape[0], np.int32)
    count = 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, z0 = points[a, 0], points[a, 1], points[a, 2]
        x1, y1, z1 = points[b, 0], points[b, 1], points[b, 2]
        x2, y2, z2 = points[c, 0], points[c, 1], points[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        # y points down, so a triangle that faces the camera has a negative area
        if area == 0.0 or (cull and area > 0.0) or z0 <= 0.0 or z1 <= 0.0 or z2 <= 0.0:
            continue
        if min(x0, x1, x2) > width or max(x0, x1, x2) < 0.0:
            continue
        if min(y0, y1, y2) > height or max(y0, y1, y2) < 0.0:
            continue
        visible[count] = t
        count += 1
    for band in prange(_BANDS):
        first = band * height // _BANDS
        last = (band + 1) * height // _BANDS
        triangle[first:last] = -1
        distance[first:last] = _FAR
        weights[first:last] = 0.0
        for i in range(count):
            t = visible[i]
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            y0, y1, y2 = points[a, 1], points[b, 1], points[c, 1]
            top = max(first, math.ceil(min(y0, y1, y2) - 0.5))
            bottom = min(last - 1, math.floor(max(y0, y1, y2) - 0.5))
            if top > bottom:
                continue
            x0, x1, x2 = points[a, 0], points[b, 0], points[c, 0]
            z0, z1, z2 = points[a, 2], points[b, 2], points[c, 2]
            area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
            left = max(0, math.ceil(min(x0, x1, x2) - 0.5))
            right = min(width - 1, math.floor(max(x0, x1, x2) - 0.5))
            scale = 1.0 / area
            for row in range(top, bottom + 1):
                py = row + 0.5
                for column in range(left, right + 1):
                    px = column + 0.5
                    w0 = ((x1 - px) * (y2 - py) - (x2 - px) * (y1 - py)) * scale
                    w1 = ((x2 - px) * (y0 - py) - (x0 - px) * (y2 - py)) * scale
                    w2 = 1.0 - w0 - w1
                    if w0 < _EDGE or w1 < _EDGE or w2 < _EDGE:
                        continue
                    z = 1.0 / (w0 / z0 + w1 / z1 + w2 / z2)
                    if z < distance[row, column]:
                        distance[row, column] = z
                        triangle[row, column] = t
                        weights[row, column, 0] = w0 / z0 * z
                        weights[row, column, 1] = w1 / z1 * z


def interpolate(raster: Raster, triangles: IntArray, attributes: FloatArray) -> FloatArray:
    """Vertex attributes (V x C) at every pixel: H x W x C float32, 0 where nothing is seen."""
    out = np.empty((*raster.triangle.shape, attributes.shape[1]), np.float32)
    _interpolate(
        raster.triangle,
        raster.weights,
        np.ascontiguousarray(triangles, np.int32),
        np.ascontiguousarray(attributes, np.float32),
        out,
    )
    return out


def interpolate_corners(raster: Raster, attributes: FloatArray) -> FloatArray:
    """Attributes given per triangle corner (F x 3 x C), such as UVs, at every pixel: H x W x C."""
    count, _, channels = attributes.shape
    corners = np.arange(count * 3, dtype=np.int32).reshape(count, 3)
    return interpolate(raster, corners, attributes.reshape(count * 3, channels))


@njit(cache=True, fastmath=True, parallel=True)
def _interpolate(triangle, weights, triangles, attributes, out):  # type: ignore[no-untyped-def]
    height, width = triangle.shape
    channels = attributes.shape[1]
    for row in prange(height):
        for column in range(width):
            t = triangle[row, column]
            if t < 0:
                for k in range(channels):
                    out[row, column, k] = 0.0
                continue
            w0 = weights[row, column, 0]
            w1 = weights[row, column, 1]
            w2 = 1.0 - w0 - w1
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            for k in range(channels):
                out[row, column, k] = w0 * attributes[a, k] + w1 * attributes[b, k] + w2 * attributes[c, k]
