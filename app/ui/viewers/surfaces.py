"""Heads, meshes and splats as the arrays that a graphics card draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nodes.sdk.values import HeadState, Mesh, Splats
from nodes.sdk.values.arrays import FloatArray, IntArray

CLAY = (0.78, 0.74, 0.71)
#: Colours of a head's parts, sRGB.
PART_COLOURS = {
    "skin": (0.80, 0.66, 0.58),
    "mouth": (0.45, 0.18, 0.18),
    "tongue": (0.70, 0.36, 0.36),
    "teeth": (0.92, 0.90, 0.84),
    "eye": (0.88, 0.89, 0.91),
    "socket": (0.50, 0.30, 0.28),
}
#: The zeroth spherical harmonic.
_DC = 0.28209479177387814


@dataclass(frozen=True, eq=False)
class Surface:
    """What is drawn.

    Attributes:
        positions: V x 3 metres.
        normals: V x 3 unit vectors; 0 x 3 for points.
        colours: V x 3 in 0..1, sRGB.
        triangles: F x 3; 0 x 3 for points.
        uv: V x 2, v up, where `texture` is looked up; or None.
        texture: H x W x 3 uint8, first row at the top; or None.
    """

    positions: FloatArray
    normals: FloatArray
    colours: FloatArray
    triangles: IntArray
    uv: FloatArray | None = None
    texture: Any = None

    @property
    def centre(self) -> FloatArray:
        """The middle of what is drawn."""
        low, high = self.bounds
        return ((low + high) / 2).astype(np.float32)

    @property
    def radius(self) -> float:
        """Half the diagonal of the box around it, never 0."""
        low, high = self.bounds
        return max(float(np.linalg.norm(high - low)) / 2, 1e-6)

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        if not len(self.positions):
            return np.zeros(3, np.float32), np.zeros(3, np.float32)
        # A few stray points must not push the rest out of sight.
        low, high = np.percentile(self.positions, (0.5, 99.5), axis=0)
        return low.astype(np.float32), high.astype(np.float32)


def surface_of(value: Any) -> Surface | None:
    """The surface of a value, or None when it has none."""
    if isinstance(value, HeadState):
        return _head(value)
    if isinstance(value, Mesh):
        return _mesh(value)
    if isinstance(value, Splats):
        return _points(value)
    return None


def vertex_normals(positions: FloatArray, triangles: IntArray) -> FloatArray:
    """V x 3 unit normals, each the area-weighted mean of its triangles'."""
    normals = np.zeros_like(positions, dtype=np.float32)
    if len(triangles):
        corners = positions[triangles]
        faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        for axis in range(3):
            total = np.bincount(
                triangles.ravel(), weights=np.repeat(faces[:, axis], 3), minlength=len(positions)
            )
            normals[:, axis] = total
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals /= np.maximum(lengths, 1e-12)
    return normals


def _head(head: HeadState) -> Surface:
    from nodes.head._shape import expressed_vertices

    model = head.model
    positions = np.asarray(expressed_vertices(head), np.float32)
    triangles = np.asarray(model.triangles, np.int32)
    colours = np.empty((len(positions), 3), np.float32)
    colours[:] = CLAY
    for number, name in enumerate(model.part_names):
        colour = next((entry for part, entry in PART_COLOURS.items() if name.startswith(part)), CLAY)
        colours[np.unique(triangles[model.parts == number])] = colour
    return Surface(positions, vertex_normals(positions, triangles), colours, triangles)


def _mesh(mesh: Mesh) -> Surface:
    positions = np.asarray(mesh.vertices, np.float32)
    triangles = np.asarray(mesh.triangles, np.int32)
    normals = vertex_normals(positions, triangles)
    if mesh.uv is not None and mesh.texture is not None:
        # Corners have coordinates of their own, so each corner becomes a vertex.
        flat = triangles.ravel()
        texture = np.clip(np.asarray(mesh.texture.pixels)[..., :3] * 255 + 0.5, 0, 255).astype(np.uint8)
        white = np.ones((len(flat), 3), np.float32)
        order = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
        uv = np.asarray(mesh.uv, np.float32).reshape(-1, 2)
        return Surface(positions[flat], normals[flat], white, order, uv, texture)
    colours = np.empty((len(positions), 3), np.float32)
    colours[:] = CLAY if mesh.colours is None else mesh.colours
    return Surface(positions, normals, colours, triangles)


def _points(splats: Splats) -> Surface:
    """The centres of splats, coloured as seen from nowhere in particular; faint ones left out."""
    kept = splats.opacities > 0.1
    colours = np.clip(splats.harmonics[kept, 0] * _DC + 0.5, 0, 1).astype(np.float32)
    none = np.zeros((0, 3), np.float32)
    return Surface(np.asarray(splats.positions[kept], np.float32), none, colours, np.zeros((0, 3), np.int32))
