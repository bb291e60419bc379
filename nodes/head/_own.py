"""Rendering a fitted head by itself: texture from the photo, drawn eyes, teeth, wireframe, normals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nodes.head._shape import (
    expressed_vertices,
    eye_centres,
    gaze_rotation,
    neutral_vertices,
    to_world,
)
from nodes.head._texture import HeadTexture
from nodes.raster.geometry import project, rotation_matrix, to_camera, vertex_normals
from nodes.raster.sampling import sample_texture
from nodes.raster.zbuffer import Raster, interpolate, interpolate_corners, rasterise
from nodes.sdk.values import Camera, HeadState
from nodes.sdk.values.arrays import FloatArray

# Angles from the middle of the pupil, in radians of the eyeball.
_PUPIL = 0.17
_IRIS = 0.46
_CLAY = np.array([0.74, 0.70, 0.67], np.float32)


def orbited(state: HeadState, yaw: float, pitch: float) -> HeadState:
    """The head turned before the camera about its own middle, degrees."""
    if yaw == 0.0 and pitch == 0.0:
        return state
    from nodes.face._pose import Angles
    from nodes.head._pose import turned

    rotation = turned(state, Angles(yaw, pitch, 0.0))
    middle = (0.5 * (state.model.mean.min(axis=0) + state.model.mean.max(axis=0))).astype(np.float64)
    stays = rotation_matrix(state.rotation) @ middle + state.translation
    translation = stays - rotation_matrix(rotation) @ middle
    return replace(state, rotation=rotation, translation=translation.astype(np.float32))


class View:
    """A head drawn into a z-buffer, twice as fine as the picture so that edges can be smoothed.

    Attributes:
        vertices: V x 3 in the camera's frame. normals: V x 3. raster: the z-buffer.
        window: left, top, right, bottom of the part of the picture that the raster covers.
    """

    def __init__(self, state: HeadState, camera: Camera) -> None:
        self.state = state
        self.camera = camera
        local = expressed_vertices(state)
        world = to_world(state, local)
        self.local = local
        self.vertices = to_camera(camera, world)
        self.normals = vertex_normals(self.vertices, state.model.triangles)
        points = project(camera, world)
        self.window = _window_of(points, camera)
        left, top, right, bottom = self.window
        points[:, :2] = (points[:, :2] - (left, top)) * 2.0
        self.points = points
        self.raster: Raster = rasterise(points, state.model.triangles, (right - left) * 2, (bottom - top) * 2)

    def attribute(self, values: FloatArray) -> FloatArray:
        return interpolate(self.raster, self.state.model.triangles, values)

    @property
    def part(self) -> np.ndarray:
        """H x W, the part seen, -1 where nothing is."""
        triangle = self.raster.triangle
        return np.where(triangle >= 0, self.state.model.parts[np.maximum(triangle, 0)], -1)

    def smooth_normals(self) -> FloatArray:
        found = self.attribute(self.normals)
        return found / np.maximum(np.linalg.norm(found, axis=2, keepdims=True), 1e-6)


def _window_of(points: FloatArray, camera: Camera) -> tuple[int, int, int, int]:
    """The part of the picture that the head may cover, at least one pixel."""
    seen = points[points[:, 2] > 0, :2]
    if not len(seen):
        return 0, 0, 1, 1
    low, high = np.floor(seen.min(axis=0)), np.ceil(seen.max(axis=0))
    left, top = (
        int(np.clip(low[axis], 0, size - 1)) for axis, size in enumerate((camera.width, camera.height))
    )
    right = int(np.clip(high[0], left + 1, camera.width))
    bottom = int(np.clip(high[1], top + 1, camera.height))
    return left, top, right, bottom


def _finished(view: View, colour: FloatArray, alpha: FloatArray) -> FloatArray:
    """The whole picture, H x W x 4, from colours and alpha over the raster; edges smoothed."""
    weighted = np.dstack([colour * alpha[..., None], alpha]).astype(np.float32)
    height, width = alpha.shape
    small = weighted.reshape(height // 2, 2, width // 2, 2, 4).mean(axis=(1, 3))
    small[..., :3] /= np.maximum(small[..., 3:], 1e-6)
    out = np.zeros((view.camera.height, view.camera.width, 4), np.float32)
    left, top, right, bottom = view.window
    out[top:bottom, left:right] = np.clip(small, 0.0, 1.0)
    return out


def draw_textured(view: View, texture: HeadTexture) -> FloatArray:
    """The head with its texture, H x W x 4."""
    state = view.state
    names = state.model.part_names
    part = view.part
    colour = sample_texture(texture.pixels, interpolate_corners(view.raster, state.model.uv))
    normals = view.smooth_normals()
    facing = np.clip(normals[..., 2], 0.0, 1.0)[..., None]
    place = view.attribute(view.local)
    lips = view.local[state.model.landmark_triangles[[13, 14]].ravel()].mean(axis=0)
    for name, tone in (
        ("teeth_upper", texture.teeth),
        ("teeth_lower", texture.teeth),
        ("tongue", texture.tongue),
    ):
        if name in names:
            seen = part == names.index(name)
            deep = np.clip((lips[2] - place[seen, 2] - 0.004) / 0.035, 0.0, 1.0)[:, None]
            light = (0.80 if name != "tongue" else 0.45) + (0.20 if name != "tongue" else 0.55) * facing[seen]
            colour[seen] = tone * light * (1.0 - 0.75 * deep)
    if "mouth" in names:
        seen = part == names.index("mouth")
        deep = np.clip((lips[2] - place[seen, 2] - 0.001) / 0.016, 0.0, 1.0)[:, None]
        rim = texture.lips * (0.55 + 0.35 * facing[seen])
        colour[seen] = rim + deep * (texture.tongue * 0.22 - rim)
    centres = eye_centres(state, neutral_vertices(state))
    for side, name in enumerate(("eye_left", "eye_right")):
        if name in names:
            seen = part == names.index(name)
            colour[seen] = _eye(texture, state, place[seen], centres[side], side, facing[seen])
    return _finished(view, colour, view.raster.covered.astype(np.float32))


def _eye(
    texture: HeadTexture,
    state: HeadState,
    place: FloatArray,
    centre: FloatArray,
    side: int,
    facing: FloatArray,
) -> FloatArray:
    """Colours of an eyeball at N places of the head's frame."""
    direction = (place - centre) @ gaze_rotation(state.gaze[side])
    direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
    colour = eye_colours(texture, direction, facing)
    glint = np.array([-0.22, 0.30, 0.93]) @ gaze_rotation(state.gaze[side])
    shine = np.clip((direction @ glint - math.cos(0.10)) / 0.003, 0.0, 1.0)[:, None]
    return np.clip(colour + 0.8 * shine * (1 - colour), 0.0, 1.0)


def eye_colours(texture: HeadTexture, direction: FloatArray, facing: FloatArray) -> FloatArray:
    """Pupil, iris and white at directions (N x 3, z ahead) of an eyeball; facing is N x 1 in 0..1."""
    angle = np.arccos(np.clip(direction[:, 2], -1, 1))[:, None]
    spoke = np.arctan2(direction[:, 1], direction[:, 0])[:, None]
    fibres = 1.0 + 0.10 * np.sin(23 * spoke) + 0.07 * np.sin(41 * spoke + 1.7)
    ring = np.clip((angle - _PUPIL) / (_IRIS - _PUPIL), 0.0, 1.0)
    iris = texture.iris * fibres * (1.25 - 0.75 * ring**3)
    white = texture.sclera * (0.78 + 0.22 * facing)

    def step(edge: float, soft: float) -> FloatArray:
        return np.clip((angle - edge) / soft + 0.5, 0.0, 1.0)

    colour = iris * step(_PUPIL, 0.05) + 0.02 * (1 - step(_PUPIL, 0.05))
    limbus = step(_IRIS, 0.07)
    return np.clip(colour * (1 - limbus) + white * limbus, 0.0, 1.0)


def draw_clay(view: View, colour: FloatArray = _CLAY) -> FloatArray:
    """The bare shape under a soft light from above, H x W x 4."""
    normals = view.smooth_normals()
    key = np.array([0.35, 0.55, 0.76], np.float32)
    fill = np.array([-0.6, 0.1, 0.8], np.float32)
    light = 0.16 + 0.68 * np.clip(normals @ key, 0, 1) + 0.26 * np.clip(normals @ fill, 0, 1)
    return _finished(view, light[..., None] * colour, view.raster.covered.astype(np.float32))


def draw_normals(view: View) -> FloatArray:
    """Normals in the camera's frame as colours (x, y, z from -1..1 to 0..1), H x W x 4."""
    return _finished(view, view.smooth_normals() * 0.5 + 0.5, view.raster.covered.astype(np.float32))


def draw_depth(view: View) -> FloatArray:
    """Nearness as grey: 1 the nearest point, 0 the farthest that is seen, H x W x 4."""
    covered = view.raster.covered
    if not covered.any():
        return np.zeros((view.camera.height, view.camera.width, 4), np.float32)
    seen = view.raster.distance[covered]
    near, far = float(seen.min()), float(seen.max())
    grey = np.where(covered, (far - view.raster.distance) / max(far - near, 1e-6), 0.0)
    return _finished(view, np.repeat(grey[..., None], 3, axis=2), covered.astype(np.float32))


def draw_uv(view: View) -> FloatArray:
    """UV coordinates as red and green, H x W x 4."""
    uv = interpolate_corners(view.raster, view.state.model.uv)
    colour = np.dstack([uv, np.zeros_like(uv[..., :1])])
    return _finished(view, colour, view.raster.covered.astype(np.float32))


def draw_wireframe(view: View) -> FloatArray:
    """The mesh's visible edges as thin light lines, H x W x 4."""
    model = view.state.model
    weights = view.raster.weights
    third = 1.0 - weights.sum(axis=2)
    bary = np.dstack([weights, third])
    triangle = view.raster.triangle
    corners = view.points[model.triangles[np.maximum(triangle, 0)], :2]
    lengths = np.linalg.norm(np.roll(corners, -1, axis=2) - np.roll(corners, 1, axis=2), axis=3)
    edge1, edge2 = corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0]
    area = np.abs(edge1[..., 0] * edge2[..., 1] - edge1[..., 1] * edge2[..., 0])
    height = area[..., None] / np.maximum(lengths, 1e-6)
    distance = (bary * height).min(axis=2)
    line = np.clip(1.6 - distance, 0.0, 1.0) * view.raster.covered
    shade = 0.55 + 0.45 * np.clip(view.smooth_normals()[..., 2], 0, 1)
    colour = np.repeat(shade[..., None], 3, axis=2) * np.array([0.80, 0.90, 1.0], np.float32)
    return _finished(view, colour, line.astype(np.float32))
