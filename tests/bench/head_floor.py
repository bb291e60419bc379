"""What the places of points in one picture could tell of a head at most.

The linear Gaussian estimate around the truth: identity and expression from the distributions that the
benchmark draws them from, pose and lens unknown, every point seen where it is but for independent noise.
No estimate from those places can err less in the mean; shading, skin and size against known things
are left out.
"""

from __future__ import annotations

import numpy as np

from nodes.head._landmarks import moved_along_normals
from nodes.head._shape import expressed_vertices, landmark_points, parts_of, to_world
from nodes.raster.geometry import project, rotation_matrix
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import HeadModel, HeadState
from nodes.sdk.values.arrays import FloatArray
from tests.bench.synthetic_heads import face_vertices

#: Standard deviations: of what is drawn, and of a place in the picture.
_IDENTITY, _EXPRESSION, _LOG_FOCAL, _PIXELS = 0.8, 0.14, 0.3, 0.5
_UNKNOWN = 1e3


def visible_skin(head: HeadState) -> FloatArray:
    """Indices of the skin's vertices that the picture shows."""
    model, camera = head.model, head.camera
    points = project(camera, to_world(head, expressed_vertices(head)))
    depth = rasterise(points, model.triangles, camera.width, camera.height).distance
    column = np.clip(points[:, 0].astype(int), 0, camera.width - 1)
    row = np.clip(points[:, 1].astype(int), 0, camera.height - 1)
    skin = np.zeros(len(points), bool)
    skin[np.unique(model.triangles[parts_of(model).skin_triangles])] = True
    return np.nonzero(skin & (points[:, 2] <= depth[row, column] + 0.004))[0]


def at_landmarks(model: HeadModel, values: FloatArray) -> FloatArray:
    """K x V x 3 of vertices at the landmarks: K x 468 x 3."""
    return np.stack([landmark_points(model, part) for part in values])


def least_errors(head: HeadState, random: np.random.Generator, landmarks: bool) -> tuple[float, float]:
    """The surface's error in millimetres, as `surface_error` measures it, and the rotation's in degrees.

    Args:
        head: the truth. landmarks: whether only the 468 landmarks are seen, or all visible skin.
    """
    model = head.model
    places = expressed_vertices(head).astype(np.float64)
    if landmarks:
        places = landmark_points(model, places)
        moving = np.concatenate([at_landmarks(model, model.identity), at_landmarks(model, model.expression)])
    else:
        rows = visible_skin(head)
        places = places[rows]
        moving = np.concatenate([model.identity[:, rows], model.expression[:, rows]])
    change = _movements(head, places, moving.astype(np.float64)) / _PIXELS
    count, more = len(model.identity), len(model.expression)
    deviations = np.concatenate(
        [np.full(count, _IDENTITY), np.full(more, _EXPRESSION), np.full(6, _UNKNOWN), [_LOG_FOCAL]]
    )
    covariance = np.linalg.inv(change.T @ change + np.diag(1.0 / deviations**2))
    turn = np.degrees(np.sqrt(np.trace(covariance[count + more :, count + more :][:3, :3])))
    root = np.linalg.cholesky(covariance[:count, :count] + 1e-12 * np.eye(count))
    off = moved_along_normals(model, face_vertices(model)) @ root @ random.normal(size=(count, 16))
    return float(np.median(np.abs(off), axis=0).mean() * 1000), float(turn)


def _movements(head: HeadState, places: FloatArray, moving: FloatArray) -> FloatArray:
    """2N x unknowns: pixels for each identity, expression, rotation, translation and log focal."""
    rotation = rotation_matrix(head.rotation)
    turned = places @ rotation.T
    x, y, z = (turned + np.asarray(head.translation, np.float64)).T
    focal, zero = head.camera.focal, np.zeros(len(places))
    out = []
    # u = -f x / z, v = f y / z with y down
    for shift, lens in (
        (np.column_stack([-focal / z, zero, focal * x / z**2]), -focal * x / z),
        (np.column_stack([zero, focal / z, -focal * y / z**2]), focal * y / z),
    ):
        shape = np.einsum("nc,knc->nk", shift @ rotation, moving)
        out.append(np.column_stack([shape, np.cross(turned, shift), shift, lens]))
    return np.concatenate(out)
