"""Colours between two matched meshes: each mesh learns the other's colours on its own surface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nodes.morph._surface import Closest, Spots, colours_at, normals_of, vertex_colours
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import Image, Mesh
from nodes.sdk.values.arrays import FloatArray, host_array

_AT_ONCE = 200_000


@dataclass(frozen=True, eq=False)
class Skin:
    """A mesh's colours at both ends of the morph, in its own layout.

    Attributes:
        start, end: S x S x 3 texels when `picture`, else V x 3.
    """

    start: FloatArray
    end: FloatArray
    picture: bool

    def turned(self) -> Skin:
        """The same for a morph that runs the other way."""
        return Skin(self.end, self.start, self.picture)


def blended(skin: Skin, mesh: Mesh, vertices: FloatArray, t: float, stays: np.ndarray) -> Mesh:
    """A mesh with moved vertices (V x 3), its colours at t between those of the two ends.

    Args:
        stays: F bool, the triangles that are left.
    """
    colour = (skin.start + np.float32(t) * (skin.end - skin.start)).astype(np.float32)
    places = vertices.astype(np.float32)
    whole = bool(stays.all())
    triangles = mesh.triangles if whole else mesh.triangles[stays]
    if not skin.picture:
        return Mesh(places, triangles, None, None, colour)
    uv = mesh.uv if whole or mesh.uv is None else mesh.uv[stays]
    return Mesh(places, triangles, uv, Image(colour))


def skin_of(
    mesh: Mesh,
    arrived: FloatArray,
    other: Mesh,
    finder: Closest,
    size: int,
    matched: np.ndarray,
    progress: Callable[[float], None],
) -> Skin:
    """The mesh's own colours, and those of the other shape's places where its vertices arrive.

    Args:
        arrived: V x 3, the mesh's vertices on the other's surface.
        finder: finds places of the other mesh there.
        size: texels a side, at most.
        matched: V bool; where False the mesh keeps its own colour.
    """
    normals = normals_of(arrived.astype(np.float32), mesh.triangles)
    if mesh.texture is None or mesh.uv is None:
        own = vertex_colours(mesh)
        found = colours_at(other, finder(arrived, normals))
        return Skin(own, np.where(matched[:, None], found, own).astype(np.float32), False)
    pixels = np.ascontiguousarray(host_array(mesh.texture.pixels)[..., :3], np.float32)
    side = int(min(max(*pixels.shape[:2], 512), size))
    own = resampled(pixels, side)
    spots, rows = texels(mesh, side)
    share = spots.of(matched[:, None].astype(np.float32), mesh.triangles)
    found = np.empty((len(rows), 3), np.float32)
    for first in range(0, len(rows), _AT_ONCE):
        progress(first / max(len(rows), 1))
        part = slice(first, first + _AT_ONCE)
        some = Spots(spots.triangle[part], spots.weights[part], spots.distance[part])
        near = finder(some.of(arrived, mesh.triangles), some.of(normals, mesh.triangles), 4)
        found[part] = colours_at(other, near)
    found = own.reshape(-1, 3)[rows] * (1 - share) + found * share
    return Skin(own, spread_out(found, rows, side), True)


def resampled(pixels: FloatArray, side: int) -> FloatArray:
    """A picture as side x side x 3; shrunk by averaging, so that nothing flickers."""
    height, width = pixels.shape[:2]
    if (height, width) == (side, side):
        return pixels
    import cv2

    shrinks = side < max(height, width)
    return cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def texels(mesh: Mesh, side: int) -> tuple[Spots, FloatArray]:
    """The place on the surface of every texel that has one, and the texels' numbers."""
    count = len(mesh.triangles)
    corners = mesh.uv.reshape(-1, 2)
    points = np.ones((count * 3, 3), np.float32)
    points[:, 0] = corners[:, 0] * side
    points[:, 1] = (1 - corners[:, 1]) * side
    layout = np.arange(count * 3, dtype=np.int32).reshape(-1, 3)
    drawn = rasterise(points, layout, side, side, cull=False)
    rows = np.nonzero(drawn.covered.ravel())[0]
    weights = drawn.weights.reshape(-1, 2)[rows]
    whole = np.column_stack([weights, 1 - weights.sum(axis=1)]).astype(np.float32)
    return Spots(drawn.triangle.ravel()[rows], whole, np.zeros(len(rows), np.float32)), rows


def spread_out(colours: FloatArray, rows: np.ndarray, side: int) -> FloatArray:
    """Colours of some texels (N x 3) as a whole picture; empty ones take the nearest one's."""
    from scipy.ndimage import distance_transform_edt

    picture = np.zeros((side * side, 3), np.float32)
    picture[rows] = colours
    empty = np.ones(side * side, bool)
    empty[rows] = False
    if empty.all() or not empty.any():
        return picture.reshape(side, side, 3)
    near = distance_transform_edt(empty.reshape(side, side), return_distances=False, return_indices=True)
    return picture.reshape(side, side, 3)[near[0], near[1]]
