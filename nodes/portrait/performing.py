"""What a performer's face does beyond the coefficients a landmarker reads off it.

Coefficients are blind at both ends: a lip that rises a little is none, a moustache hides another,
and one brow lifts the same number as another by half as far. Landmarks show the movement itself.
What of it the coefficients do not explain is carried over as movement of the surface, in the size
of the portrait's own face, and found as levels of its head by ridge regression.

Source: deformation transfer onto blendshapes, as in Weise et al. 2011, "Realtime performance-based
facial animation", with the coefficients as prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.head._keep import Keeper
from nodes.head._photo_mouth import OUTER_LIPS
from nodes.head._shape import landmark_points, neutral_vertices
from nodes.sdk.values import ARKIT_NAMES, HeadState
from nodes.sdk.values.arrays import FloatArray

#: Landmarks that hardly move with expression: the nose's bridge, eye corners, temples, ear line.
STEADY = (6, 168, 197, 33, 133, 362, 263, 127, 356, 234, 454, 10, 151, 9, 4, 98, 327)
_LIPS = (
    *OUTER_LIPS,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)  # fmt: skip
_BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
_CHIN = (152, 148, 377, 176, 400, 199, 200)
_POINTS = (*_LIPS, *_BROWS, *_CHIN)
_WEIGHTS = np.array([1.0] * len(_LIPS) + [1.0] * len(_BROWS) + [0.5] * len(_CHIN))
#: Depth is guessed by a landmarker, not seen.
_DEPTH = 0.2
#: How dear a level is: landmarks tremble, and a level that moves them little would tremble more.
_HABIT = 0.1
#: The largest level added.
_MOST = 0.6

#: What moves with the surface; lids, gaze and tongue do not.
ON_SURFACE = np.array([name.startswith(("jaw", "mouth", "brow")) for name in ARKIT_NAMES])


def similarity(points: FloatArray, onto: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Scale, rotation (3 x 3) and shift that bring points (N x 3) closest onto others (Umeyama 1991)."""
    a, b = points.mean(axis=0), onto.mean(axis=0)
    from_a, from_b = points - a, onto - b
    u, values, vt = np.linalg.svd(from_b.T @ from_a)
    flip = np.ones(3)
    flip[-1] = np.sign(np.linalg.det(u @ vt)) or 1.0
    rotation = (u * flip) @ vt
    scale = float((values * flip).sum() / max((from_a**2).sum(), 1e-12))
    return scale, rotation, b - scale * rotation @ a


@dataclass(frozen=True, eq=False)
class Surface:
    """How the landmarks of a head answer to its coefficients.

    Attributes:
        moves: 52 x N x 3 eye distances, what a unit of each coefficient moves.
        inverse: 52 x 3N, levels for a wanted movement.
        mouth: the mouth's width in eye distances.
    """

    moves: FloatArray
    inverse: FloatArray
    mouth: float


def _surface(head: HeadState) -> Surface:
    model, rows = head.model, list(_POINTS)
    neutral = landmark_points(model, neutral_vertices(head))
    unit = max(float(np.linalg.norm(neutral[263] - neutral[33])), 1e-4)
    vertices = model.expression.transpose(1, 2, 0).reshape(len(model.mean), -1)
    moves = landmark_points(model, vertices)[rows].reshape(len(rows), 3, 52).transpose(2, 0, 1) / unit
    moves = np.where(ON_SURFACE[:, None, None], moves, 0.0)
    scale = np.sqrt(_WEIGHTS)[:, None] * (1.0, 1.0, _DEPTH)
    design = (moves * scale).reshape(52, -1)
    inverse = np.linalg.solve(design @ design.T + _HABIT * np.eye(52), design) * scale.reshape(-1)
    return Surface(moves, inverse, float(np.linalg.norm(neutral[291] - neutral[61])) / unit)


#: The surface of a head, kept for the last few.
surface_of = Keeper(_surface)


def movement_seen(now: FloatArray, rest: FloatArray, rest_rotation: FloatArray) -> FloatArray:
    """How landmarks moved on a face that may have turned as well: N x 3 eye distances, head's axes.

    Args:
        now, rest: 468 or more x 3 pixels (y down, z smaller is nearer).
        rest_rotation: 3 x 3, of the head at rest.
    """
    axes = np.array([1.0, -1.0, -1.0])
    a, b = now[:468] * axes, rest[:468] * axes
    steady = list(STEADY)
    scale, rotation, shift = similarity(a[steady], b[steady])
    unit = max(float(np.linalg.norm(b[263] - b[33])), 1e-3)
    rows = list(_POINTS)
    moved = (scale * a[rows] @ rotation.T + shift - b[rows]) / unit
    return np.asarray(moved @ rest_rotation, np.float32)


def unexplained(
    head: HeadState, now: FloatArray, rest: FloatArray, rest_rotation: FloatArray, seen: FloatArray
) -> FloatArray:
    """52 levels of a head for what a performer's landmarks do and the coefficients do not say.

    Args:
        head: of the portrait. now, rest: the performer's landmarks, pixels.
        rest_rotation: 3 x 3, of the performer's head at rest.
        seen: 52 changes of the performer's coefficients.
    """
    surface = surface_of(head)
    moved = movement_seen(now, rest, rest_rotation)
    width = float(np.linalg.norm(rest[291] - rest[61]) / max(np.linalg.norm(rest[263] - rest[33]), 1e-3))
    # A wide mouth moves farther than a narrow one.
    moved[: len(_LIPS)] *= np.clip(surface.mouth / max(width, 0.1), 0.7, 1.4)
    rest_of_it = moved - np.tensordot(seen, surface.moves, 1)
    return np.clip(surface.inverse @ rest_of_it.ravel(), -_MOST, _MOST).astype(np.float32)
