"""The rigid motion between the skulls of two meshes of one face, whatever the skin does.

Procrustes on all vertices takes a part of every smile for a turn of the head. Here the motion of
the skin is a random vector with the covariance that the head model's own expressions have, plus
small independent noise; the rigid motion is then the generalised least-squares estimate, the
linear estimate of least variance (Aitken 1936). The covariance is learned from random expression
pairs of the model: the idea of "Learning to Stabilize Faces" (2024), which trains a network on such
pairs, solved in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.face._pose import fit_rotation
from nodes.head._keep import once_per_model
from nodes.head._shape import parts_of
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray, IntArray

_PAIRS = 400
_COMPONENTS = 48
_NOISE = 0.0004  # metres of skin motion beside the learned ones
_STEPS = 4


@dataclass(frozen=True, eq=False)
class SkinMotion:
    """How the skin of a head moves.

    Attributes:
        vertices: S, those that are used.
        components: S x 3 x C metres, scaled to one standard deviation each.
    """

    vertices: IntArray
    components: FloatArray


def random_expressions(count: int, seed: int) -> FloatArray:
    """count x 52: sparse random expressions, a few coefficients at a time as faces do."""
    random = np.random.default_rng(seed)
    active = random.random((count, 52)) < 0.18
    return (active * random.beta(1.2, 1.6, (count, 52))).astype(np.float32)


@once_per_model
def skin_motion(model: HeadModel) -> SkinMotion:
    """The motion of a model's skin between random expressions; kept as long as the model lives."""
    vertices = np.unique(model.triangles[parts_of(model).skin_triangles])
    # The neck moves on its own, and belongs to no skull.
    vertices = vertices[model.mean[vertices, 1] > model.mean[:, 1].min() + 0.08]
    change = random_expressions(_PAIRS, 11) - random_expressions(_PAIRS, 12)
    moved = change @ model.expression[:, vertices].reshape(52, -1)
    _, sizes, rows = np.linalg.svd(moved, full_matrices=False)
    count = min(_COMPONENTS, int((sizes > 1e-6).sum()))
    scaled = rows[:count] * (sizes[:count, None] / np.sqrt(_PAIRS))
    components = scaled.reshape(count, len(vertices), 3).transpose(1, 2, 0)
    return SkinMotion(vertices.astype(np.int32), np.ascontiguousarray(components))


def skull_motion(skin: SkinMotion, source: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rotation (3 x 3) and translation that take the source's skull to the target's.

    Args:
        skin: what skin may do.
        source, target: V x 3 metres, two meshes of the same person with the model's vertices.
    """
    a = source[skin.vertices].astype(np.float64)
    b = target[skin.vertices].astype(np.float64)
    rotation = fit_rotation(a, b, np.ones(len(a))).astype(np.float64)
    shift = b.mean(axis=0) - rotation @ a.mean(axis=0)
    count = skin.components.shape[2]
    for _ in range(_STEPS):
        placed = a @ rotation.T + shift
        basis = np.einsum("ij,vjc->vic", rotation, skin.components).reshape(-1, count)
        columns = _rigid_columns(placed - placed.mean(axis=0))
        error = (b - placed).ravel()
        # Woodbury: (noise I + B B^T)^-1 applied to the columns and the error
        inner = np.linalg.inv(np.eye(count) * _NOISE**2 + basis.T @ basis)

        def whiten(x: FloatArray, basis: FloatArray = basis, inner: FloatArray = inner) -> FloatArray:
            return x - basis @ (inner @ (basis.T @ x))

        step = np.linalg.solve(columns.T @ whiten(columns), columns.T @ whiten(error))
        turn = rotation_matrix(step[:3])
        middle = placed.mean(axis=0)
        shift = turn @ (shift - middle) + middle + step[3:]
        rotation = turn @ rotation
    return rotation.astype(np.float32), shift.astype(np.float32)


def robust_motion(source: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same for meshes of an unknown layout: the motion that most of the surface shares.

    Iteratively reweighted Procrustes with Geman-McClure weights; the scale is the median error.
    """
    weights = np.ones(len(source))
    rotation, shift = np.eye(3), np.zeros(3)
    for _ in range(30):
        rotation = fit_rotation(source, target, weights).astype(np.float64)
        share = (weights / weights.sum())[:, None]
        shift = (target * share).sum(axis=0) - rotation @ (source * share).sum(axis=0)
        error = ((target - source @ rotation.T - shift) ** 2).sum(axis=1)
        scale = max(float(np.median(error)), 1e-12)
        weights = (scale / (scale + error)) ** 2
    return rotation.astype(np.float32), shift.astype(np.float32)


def _rigid_columns(points: FloatArray) -> FloatArray:
    """3S x 6: how points move for small rotations about the origin, then translations."""
    x, y, z = points.T
    out = np.zeros((len(points), 3, 6))
    out[:, 0, 1], out[:, 0, 2] = z, -y
    out[:, 1, 0], out[:, 1, 2] = -z, x
    out[:, 2, 0], out[:, 2, 1] = y, -x
    out[:, 0, 3] = out[:, 1, 4] = out[:, 2, 5] = 1.0
    return out.reshape(-1, 6)
