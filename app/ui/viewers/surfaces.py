"""Heads, meshes and splats as the arrays that a graphics card draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.export.surfaces import vertex_normals
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
IRIS, PUPIL = (0.33, 0.24, 0.17), (0.05, 0.04, 0.04)
IRIS_DEGREES, PUPIL_DEGREES = 29.0, 12.0
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


def _head(head: HeadState) -> Surface:
    from nodes.head._shape import expressed_vertices, eye_centres, neutral_vertices, parts_of

    model = head.model
    neutral = neutral_vertices(head)
    positions = np.asarray(expressed_vertices(head, neutral), np.float32)
    triangles = np.asarray(model.triangles, np.int32)
    colours = np.empty((len(positions), 3), np.float32)
    colours[:] = CLAY
    for number, name in enumerate(model.part_names):
        colour = next((entry for part, entry in PART_COLOURS.items() if name.startswith(part)), CLAY)
        colours[np.unique(triangles[model.parts == number])] = colour
    photographed = _photographed(head)
    if photographed is not None:
        skin, seen = photographed
        colours[skin] = seen
    for eye, centre in zip(parts_of(model).eyes, eye_centres(head, neutral), strict=True):
        _colour_eye(neutral[eye], centre, eye, colours)
    return Surface(positions, vertex_normals(positions, triangles), colours, triangles)


def _colour_eye(places: FloatArray, centre: FloatArray, eye: IntArray, colours: FloatArray) -> None:
    """Iris and pupil, by how far a point of the eyeball lies from where the eye looks (at rest: ahead)."""
    if not len(eye):
        return
    outward = places - centre
    outward = outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    angle = np.degrees(np.arccos(np.clip(outward[:, 2], -1, 1)))
    for reach, colour in ((IRIS_DEGREES, IRIS), (PUPIL_DEGREES, PUPIL)):
        colours[eye[angle < reach]] = colour


#: The colours of the fit seen last, with the arrays they came from: they do not change with the expression.
_newest: tuple[Any, Any, tuple[IntArray, FloatArray] | None] = (None, None, None)


def _photographed(head: HeadState) -> tuple[IntArray, FloatArray] | None:
    """The vertices of the skin and their colours (N x 3) in the photograph; None without one."""
    global _newest
    from nodes.head._shape import as_fitted

    fit = as_fitted(head)
    if fit.picture is None or len(fit.landmarks) < 468:
        return None
    pixels, landmarks, found = _newest
    if pixels is not fit.picture.pixels or landmarks is not fit.landmarks:
        found = _colours_of_skin(fit, np.asarray(fit.picture.pixels))
        _newest = (fit.picture.pixels, fit.landmarks, found)
    return found


def _colours_of_skin(fit: HeadState, pixels: FloatArray) -> tuple[IntArray, FloatArray] | None:
    """What the picture shows of the face; what it does not show fades to the mean."""
    from nodes.head._shape import expressed_vertices, parts_of, to_world

    vertices = expressed_vertices(fit)
    world, camera = to_world(fit, vertices), fit.camera
    seen = world @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    distance = np.maximum(-seen[:, 2], 1e-6)
    x = camera.centre_x + camera.focal * seen[:, 0] / distance
    y = camera.centre_y - camera.focal * seen[:, 1] / distance
    normals = vertex_normals(seen, np.asarray(fit.model.triangles, np.int32))
    facing = -(normals * seen).sum(axis=1) / np.maximum(np.linalg.norm(seen, axis=1), 1e-9)
    inside = (x >= 0) & (y >= 0) & (x < pixels.shape[1]) & (y < pixels.shape[0])
    skin = np.unique(fit.model.triangles[parts_of(fit.model).skin_triangles])
    # Below the chin begin collar and clothes.
    top, chin = float(fit.landmarks[10, 1]), float(fit.landmarks[152, 1])
    above = np.clip((chin - y) / max(0.12 * (chin - top), 1.0) + 1.4, 0.0, 1.0)
    share = np.clip((facing - 0.25) / 0.35, 0.0, 1.0) * inside * above
    column = np.clip(x, 0, pixels.shape[1] - 1).astype(int)
    row = np.clip(y, 0, pixels.shape[0] - 1).astype(int)
    found = pixels[row, column, :3]
    chosen = skin[share[skin] > 0.9]
    if len(chosen) < 50:
        return None
    mean = np.median(found[chosen], axis=0)
    weight = share[skin, None]
    return skin, np.asarray(mean + weight * (found[skin] - mean), np.float32)


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
