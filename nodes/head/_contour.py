"""The outline of a fitted head drawn to the edges in its picture.

Landmarks slide along the outline of a turned face and say little about it. Where the fitted surface
turns away from the camera (the far cheek, brow and chin before the background, the nose before the
cheek) the picture has an edge; it is looked for along the outline's normal, and the fit moves to it by
Gauss-Newton, as iterated closest points do (Besl and McKay 1992; edges of morphable models: Bas et
al. 2016). What the landmarks told stays in as a Gaussian prior with their own normal matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nodes.head._appearance import face_map
from nodes.head._fit import LandmarkFit
from nodes.head._keep import once_per_model
from nodes.head._landmarks import eye_distance, landmark_basis, turned_landmarks
from nodes.head._shape import expressed_vertices, landmark_points, to_world
from nodes.head._solver import bounded_step, inverse
from nodes.raster.geometry import project, rotation_matrix, rotation_vector, vertex_normals
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import HeadModel, HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

_WINDOW = 240  # pixels, the longer side of the face
_ROUNDS = 3
_REACH = 10  # pixels to either side of the outline
_USUAL = 4.0  # pixels that an outline is usually off
_NOISE = 1.5  # pixels
_READING = 0.5  # pixels of the picture
#: Errors of neighbours go together, so that each counts for less.
_TOGETHER = 6.0
_STEP_BEHIND = 0.008  # metres of depth behind an edge of the surface
_GRAZING = 0.6  # cosine to the line of sight above which the surface does not turn away
#: Landmarks that an outline may leave: by how many times as far as before, or this many eye distances.
_TORN = 1.3
_FAR = 0.025
_LEAST = 25  # points that make an outline


@dataclass(frozen=True, eq=False)
class Outline:
    """Points of the surface where it turns away from the camera.

    Attributes:
        corners: N x 3 vertices. weights: N x 3, of the corners.
        pixels: N x 2 in the picture, y down. outwards: N x 2, unit normals of the outline there.
        scale: window pixels for one of the picture.
    """

    corners: IntArray
    weights: FloatArray
    pixels: FloatArray
    outwards: FloatArray
    scale: float


@once_per_model
def surface_directions(model: HeadModel) -> FloatArray:
    """V x 3 x (D + 52): how the landmark basis's identity directions and the expressions move vertices."""
    turn = landmark_basis(model).turn.astype(np.float32)
    count, size = len(model.mean), turn.shape[1]
    flat = model.identity.reshape(len(model.identity), -1)
    identity = np.einsum("kn,kd->nd", flat, turn, optimize=True).reshape(count, 3, size)
    expression = model.expression.transpose(1, 2, 0)
    return np.concatenate([identity, expression], axis=2).astype(np.float32)


@once_per_model
def nearest_landmarks(model: HeadModel) -> IntArray:
    """V: the number of the landmark next to each vertex of the average head."""
    from scipy.spatial import cKDTree

    tree = cKDTree(landmark_points(model, model.mean))
    return tree.query(model.mean)[1].astype(np.int32)


def outline_of(state: HeadState) -> Outline | None:
    """Where the face's surface ends before what is behind it; None when too little of it does."""
    import cv2

    model = state.model
    faces = face_map(model).vertices
    world = to_world(state, expressed_vertices(state))
    points = project(state.camera, world)
    low, high = points[faces, :2].min(axis=0), points[faces, :2].max(axis=0)
    margin = 0.12 * float((high - low).max())
    if not np.isfinite(margin) or margin <= 0:
        return None
    low, high = low - margin, high + margin
    scale = _WINDOW / float((high - low).max())
    width, height = (int(np.ceil(side)) for side in (high - low) * scale)
    window = points.copy()
    window[:, :2] = (points[:, :2] - low) * scale
    raster = rasterise(window, model.triangles, width, height)
    distance = np.where(raster.covered, raster.distance, np.float32(1e6))
    around = np.ones((3, 3), np.uint8)
    behind = cv2.dilate(distance, around) - distance
    before = distance - cv2.erode(distance, around)
    # a surface seen at a grazing angle falls away steeply too, but evenly
    edge = raster.covered & (behind > _STEP_BEHIND + 3.0 * before)
    # the window's own border is no edge
    edge[[0, -1]] = False
    edge[:, [0, -1]] = False
    row, column = np.nonzero(edge)
    corners = model.triangles[raster.triangle[row, column]]
    share = raster.weights[row, column].astype(np.float64)
    weights = np.column_stack([share, 1.0 - share.sum(axis=1)])
    normals = np.einsum("nkc,nk->nc", vertex_normals(world, model.triangles)[corners], weights)
    places = np.einsum("nkc,nk->nc", world[corners], weights)
    sight = places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-9)
    length = np.hypot(normals[:, 0], normals[:, 1])
    in_face = np.zeros(len(model.mean), np.bool_)
    in_face[faces] = True
    kept = in_face[corners].all(axis=1) & (np.abs((normals * sight).sum(axis=1)) < _GRAZING) & (length > 0.3)
    if kept.sum() < _LEAST:
        return None
    outwards = normals[kept, :2] * [1.0, -1.0] / length[kept, None]
    pixels = np.column_stack([column[kept] + 0.5, row[kept] + 0.5]) / scale + low
    return Outline(corners[kept].astype(np.int32), weights[kept], pixels, outwards, scale)


def edges_along(outline: Outline, picture: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where the picture's edges lie beside an outline, and how clear they are.

    Args:
        picture: H x W x 3 or more.

    Returns:
        N window pixels outwards (below 0 inwards); N in 0..1.
    """
    import cv2

    reach = (_REACH + 4.0) / outline.scale
    low = np.floor(np.clip(outline.pixels.min(axis=0) - reach, 0, None)).astype(int)
    high = np.ceil(outline.pixels.max(axis=0) + reach).astype(int)
    part = np.ascontiguousarray(picture[low[1] : high[1], low[0] : high[0], :3], np.float32)
    if min(part.shape[:2]) < 2:
        return np.zeros(len(outline.pixels)), np.zeros(len(outline.pixels))
    # an edge is looked for at the window's scale, whatever the picture's size
    part = cv2.GaussianBlur(part, (0, 0), max(1.2 / outline.scale, 0.3))
    offsets = np.arange(-_REACH - 1.0, _REACH + 2.0)
    steps = offsets[None, :, None] / outline.scale * outline.outwards[:, None]
    profile = sample_bilinear(part, (outline.pixels[:, None] - low + steps).astype(np.float32))
    contrast = 0.5 * np.abs(profile[:, 2:] - profile[:, :-2]).sum(axis=2)
    tried = offsets[1:-1]
    score = contrast * np.exp(-0.5 * (tried / _USUAL) ** 2)
    best = np.clip(score.argmax(axis=1), 1, len(tried) - 2)
    rows = np.arange(len(best))
    before, here, after = (score[rows, best + step] for step in (-1, 0, 1))
    # the top of a parabola through three scores
    finer = np.clip(0.5 * (before - after) / np.minimum(before - 2 * here + after, -1e-6), -0.5, 0.5)
    clear = here / (here + 0.02 + 0.5 * contrast.mean(axis=1))
    # the outline's pixels end half a pixel further out than their middles
    return tried[best] + finer - 0.5, clear


def along_outline(fit: LandmarkFit, state: HeadState, hidden: FloatArray) -> LandmarkFit:
    """Move the fit of a single picture so that its outline meets the edges in the picture.

    Args:
        fit: from `fit_landmarks`. state: the same fit as a head, with its picture.
        hidden: 468 in 0..1, the probability that something is in front of a landmark.
    """
    size = landmark_basis(state.model).turn.shape[1]
    prior = fit.curvature
    moved, bounded = np.zeros(len(prior)), np.zeros(len(prior), np.bool_)
    bounded[size : size + 52] = True
    curvature = prior
    for _ in range(_ROUNDS):
        system = _system(state, hidden)
        if system is None:
            return fit
        curvature = prior + system[0]
        gradient = system[1] - np.einsum("kl,l->k", prior, moved)
        current = np.zeros(len(prior))
        current[size : size + 52] = state.expression
        change = bounded_step(curvature, gradient, current, bounded)
        moved = moved + change
        state = changed_head(state, change[:size], change[size:])
    found = fit_of(fit, state, curvature, inverse(curvature)[:size, :size])
    # what tears the landmarks away is the edge of something else
    return unless_torn(fit, found, _TORN, eye_distance(state.landmarks))


def _system(state: HeadState, hidden: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """The normal matrix and gradient of (shape, expression, rotation, translation, log focal)."""
    outline = outline_of(state)
    if outline is None or state.picture is None:
        return None
    off, clear = edges_along(outline, state.picture.pixels)
    # beyond a few pixels it is another edge
    # nor is an edge read better than to a part of a pixel of the picture
    noise = float(np.hypot(_NOISE, _READING * outline.scale))
    weight = clear / (noise * _TOGETHER) ** 2 / (1.0 + (off / (2.5 * noise)) ** 2)
    weight = weight * (1.0 - hidden[nearest_landmarks(state.model)[outline.corners[:, 0]]])
    rows = movements(state, outline)
    weighted = rows * weight[:, None]
    return np.einsum("nk,nl->kl", weighted, rows, optimize=True), np.einsum("nk,n->k", weighted, off)


def movements(state: HeadState, outline: Outline) -> FloatArray:
    """N x (D + 59): window pixels along the outline's normal for each unknown, by the chain rule."""
    rotation = rotation_matrix(state.rotation)
    places = np.einsum("nkc,nk->nc", expressed_vertices(state)[outline.corners], outline.weights)
    turned = places @ rotation.T
    place = turned + np.asarray(state.translation, np.float64)
    shift, lens = by_projection(place, state.camera.focal * outline.scale, outline.outwards)
    moving = np.einsum("nkcd,nk->ncd", surface_directions(state.model)[outline.corners], outline.weights)
    return np.column_stack(
        [
            np.einsum("nc,ncd->nd", shift @ rotation, moving),
            np.cross(turned, shift),
            shift,
            lens,
        ]
    )


def by_projection(places: FloatArray, focal: float, along: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How something that changes with pixels changes as points move, and as the log of the focal length does.

    Args:
        places: N x 3 metres in the camera's frame.
        along: N x 2, its change for a pixel to the right and down.

    Returns:
        N x 3 for each metre; N.
    """
    x, y, z = places.T
    across, down = along.T
    # u = -f x / z, v = f y / z with y down
    shift = np.column_stack(
        [-across * focal / z, down * focal / z, (across * x - down * y) * focal / z**2],
    )
    return shift, (down * y - across * x) * focal / z


def unless_torn(fit: LandmarkFit, found: LandmarkFit, most: float, eyes: float) -> LandmarkFit:
    """A fit that was found from another one, or that one if landmarks were left too far behind.

    Args:
        most: by how many times as far as before they may be left. eyes: pixels between the eyes.
    """
    before, after = (float(np.linalg.norm(part.residuals, axis=1).mean()) for part in (fit, found))
    return fit if after > max(most * before, _FAR * eyes) else found


def changed_head(state: HeadState, shape: FloatArray, change: FloatArray) -> HeadState:
    """A head moved by D directions of identity, and 59: expression, rotation, translation, log focal."""
    turn = landmark_basis(state.model).turn
    rotation = rotation_matrix(change[52:55]) @ rotation_matrix(state.rotation)
    focal = state.camera.focal * float(np.exp(np.clip(change[58], -0.3, 0.3)))
    return replace(
        state,
        identity=(state.identity + turn @ shape).astype(np.float32),
        expression=np.clip(state.expression + change[:52], 0.0, 1.0).astype(np.float32),
        rotation=rotation_vector(rotation).astype(np.float32),
        translation=(state.translation + change[55:58]).astype(np.float32),
        camera=replace(state.camera, focal=focal),
    )


def fit_of(fit: LandmarkFit, state: HeadState, curvature: FloatArray, spread: FloatArray) -> LandmarkFit:
    """The fit that a moved head stands for, with the curvature and spread that are now known."""
    shift, _ = turned_landmarks(landmark_basis(state.model), rotation_matrix(state.rotation))
    places = landmark_points(state.model, expressed_vertices(state)) + shift
    points = project(state.camera, to_world(state, places).astype(np.float32))
    return replace(
        fit,
        identity=state.identity,
        expression=state.expression,
        rotation=state.rotation,
        translation=state.translation,
        focal=state.camera.focal,
        residuals=(state.landmarks[:468, :2] - points[:, :2]).astype(np.float32),
        curvature=curvature,
        spread=spread,
    )
