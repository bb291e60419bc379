"""Light on a fitted face: estimated from the photograph, carried along with edits, replaced.

Source: irradiance as spherical harmonics of order two (Ramamoorthi and Hanrahan 2001); changed
shading as the ratio of two irradiances on one albedo (Wen, Liu and Huang 2003, "Face relighting
with radiance environment maps").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from nodes.head._fit import eye_distance
from nodes.head._landmarks import OUTLINE
from nodes.head._shape import expressed_vertices, parts_of, to_world
from nodes.head._slit import beyond
from nodes.raster.geometry import project_from_camera, to_camera, vertex_normals
from nodes.raster.light import LUMINANCE, light_basis, to_linear
from nodes.raster.ramps import smooth_step
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import interpolate, rasterise
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray

#: What shading may do to a pixel's light: more looks like paint.
_CLIP = (0.7, 1.3)


_in_camera: WeakKeyDictionary[HeadState, FloatArray] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class FaceLight:
    """Light estimated on a face.

    Attributes:
        harmonics: 9, irradiance times mean albedo (luminance, linear) over normals in the camera's
            frame, in the order of `light_basis`.
        colour: 3, of the light and the skin together, luminance 1.
        normals: V x 3, the surface's in the photograph, in the camera's frame.
        weight: V in 0..1, how far shading may change: 0 off the face, at the eyes and at its edge.
    """

    harmonics: FloatArray
    colour: FloatArray
    normals: FloatArray
    weight: FloatArray

    def at(self, normals: FloatArray) -> FloatArray:
        """The light on surfaces with these normals (N x 3): N, never near 0."""
        floor = 0.12 * max(float(self.harmonics[0]), 1e-3)
        found: FloatArray = np.maximum(light_basis(normals) @ self.harmonics, floor)
        return found


def camera_vertices(state: HeadState) -> FloatArray:
    """The head's vertices in the camera's frame, V x 3 metres; kept while the head lives."""
    found = _in_camera.get(state)
    if found is None:
        found = to_camera(state.camera, to_world(state, expressed_vertices(state)))
        _in_camera[state] = found
    return found


def surface_normals(state: HeadState, vertices: FloatArray) -> FloatArray:
    """Unit normals of the skin: V x 3, 0 elsewhere than on the surface."""
    triangles = state.model.triangles[parts_of(state.model).surface_triangles]
    return vertex_normals(vertices, triangles)


def estimate_light(fit: HeadState, skin: FloatArray) -> FaceLight:
    """The light on a fitted face.

    Args:
        fit: the head as fitted.
        skin: H x W x 3, the photograph without eyes and mouth, sRGB.

    Robust least squares with the albedo taken for even, drawn towards plain frontal light.
    """
    vertices = camera_vertices(fit)
    normals = surface_normals(fit, vertices)
    places = project_from_camera(fit.camera, vertices)[:, :2]
    weight = _weights(fit, places, normals)
    rows = np.nonzero(weight > 0.25)[0]
    if len(rows) < 40:
        rows = np.argsort(weight)[-40:]
    colours = to_linear(sample_bilinear(skin, places[rows].astype(np.float32)))
    light = colours @ LUMINANCE
    design = light_basis(normals[rows])
    mean = max(float(np.median(light)), 1e-3)
    pull = np.diag([0.0, 1, 1, 1, 4, 4, 4, 4, 4]) * 0.01 * len(rows)
    trust = np.ones(len(rows))
    for _ in range(5):
        weighted = design * trust[:, None]
        harmonics = np.linalg.solve(weighted.T @ design + pull + 1e-9 * np.eye(9), weighted.T @ light)
        # Brows, moustaches and spots are no shadow: large misses count less.
        miss = np.abs(design @ harmonics - light) / (0.12 * mean)
        trust = 1.0 / np.maximum(miss, 1.0) ** 2
    colour = np.median(colours, axis=0)
    return FaceLight(
        harmonics.astype(np.float32),
        (colour / max(float(colour @ LUMINANCE), 1e-4)).astype(np.float32),
        normals,
        weight,
    )


def _weights(fit: HeadState, places: FloatArray, normals: FloatArray) -> FloatArray:
    """V in 0..1: the middle of the visible face, without what is close to eyes and lips."""
    unit = eye_distance(fit.landmarks)
    edge = beyond(fit.landmarks[list(OUTLINE), :2], places)
    weight = np.clip(edge / (0.35 * unit), 0.0, 1.0)
    weight *= np.clip((normals[:, 2] - 0.05) / 0.35, 0.0, 1.0)
    for first, last in ((33, 133), (362, 263)):
        middle = fit.landmarks[[first, last], :2].mean(axis=0)
        across = np.linalg.norm(fit.landmarks[first, :2] - fit.landmarks[last, :2])
        away = np.linalg.norm(places - middle, axis=1) / max(float(across), 1.0)
        weight *= np.clip((away - 0.55) / 0.35, 0.0, 1.0)
    mouth = fit.landmarks[[61, 291], :2]
    middle, half = mouth.mean(axis=0), max(float(np.linalg.norm(mouth[1] - mouth[0])) / 2, 1.0)
    away = np.hypot((places[:, 0] - middle[0]) / half, (places[:, 1] - middle[1]) / (0.55 * half))
    weight *= np.clip((away - 0.7) / 0.6, 0.15, 1.0)
    parts = parts_of(fit.model)
    skin = np.zeros(len(places), bool)
    skin[parts.surface] = True
    weight *= skin & (fit.model.mean[:, 2] > 0.0)
    return smooth_step(weight).astype(np.float32)


def drawn_over(
    state: HeadState,
    vertices: FloatArray,
    values: FloatArray,
    window: tuple[int, int, int, int],
    coarser: int = 1,
) -> FloatArray:
    """Values per vertex (V x C) drawn into a window of the picture: h x w x C, 0 where no head is.

    With `coarser` above 1 the result is that many times smaller, rounded up.
    """
    left, top, right, bottom = window
    points = project_from_camera(state.camera, vertices)
    points[:, 0] = (points[:, 0] - left) / coarser
    points[:, 1] = (points[:, 1] - top) / coarser
    triangles = state.model.triangles[parts_of(state.model).surface_triangles]
    width, height = -(-(right - left) // coarser), -(-(bottom - top) // coarser)
    raster = rasterise(points, triangles, width, height)
    return interpolate(raster, triangles, np.ascontiguousarray(values, np.float32))


def folded(
    light: FaceLight, state: HeadState, window: tuple[int, int, int, int], strength: float
) -> FloatArray:
    """How an edit changes the light on the skin: h x w, multiplies sRGB values, 1 where nothing changes.

    Args:
        light: of the photograph. state: the edited head. window: left, top, right, bottom.
        strength: 1 as the surface says; more deepens folds.
    """
    import cv2

    vertices = camera_vertices(state)
    normals = surface_normals(state, vertices)
    ratio = np.clip(light.at(normals) / light.at(light.normals), *_CLIP)
    gain = light.weight * strength * np.log(ratio) / 2.2
    # Shading is smooth: a coarse drawing, softened, is all it needs.
    coarser = max(2, round(0.03 * eye_distance(state.landmarks)))
    found: Any = drawn_over(state, vertices, gain[:, None].astype(np.float32), window, coarser)[..., 0]
    found = cv2.GaussianBlur(np.ascontiguousarray(found), (0, 0), 1.8)
    left, top, right, bottom = window
    height, width = found.shape
    found = cv2.resize(found, (width * coarser, height * coarser), interpolation=cv2.INTER_LINEAR)
    gained: FloatArray = np.exp(found[: bottom - top, : right - left]).astype(np.float32)
    return gained
