"""A head model seen through its 468 landmarks, and what is known of how a landmarker sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nodes.head._correction import correction_for
from nodes.head._keep import once_per_model
from nodes.head._shape import landmark_points, parts_of
from nodes.raster.geometry import vertex_normals
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray, IntArray

_DIRECTIONS = 56
#: How much a landmark's place counts beside the face's surface where directions are chosen.
_LANDMARKS_COUNT = 0.5
_USUAL_NOISE = 0.0012  # metres
#: Points that slide along the outline of the face when the head turns.
OUTLINE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
#: Lids and lips, where errors show most, and whose colours are not the skin's.
LIPS_AND_LIDS = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246,
    263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466,
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LandmarkBasis:
    """A head model seen through its landmarks.

    Attributes:
        mean: 468 x 3 metres.
        directions: 468 x 3 x D, the identity directions that move landmarks most.
        turn: K x D; identity = turn @ the coefficients of `directions`.
        expression: 468 x 3 x 52.
        linear: 468 x 3 x (D + 52) float32, both together.
        yaws, shifts, noise: as HeadModel.landmark_yaws, _shifts, _noise.
    """

    mean: FloatArray
    directions: FloatArray
    turn: FloatArray
    expression: FloatArray
    linear: FloatArray
    yaws: FloatArray
    shifts: FloatArray
    noise: FloatArray


def leading_directions(model: HeadModel) -> FloatArray:
    """K x D: the orthonormal identity directions that move landmarks and the face's surface most.

    With a standard normal prior a turned basis leaves the optimum where it was.
    """
    moved = np.stack([landmark_points(model, part) for part in model.identity]).astype(np.float64)
    surface = surface_moved(model)
    weighed = _LANDMARKS_COUNT * moved.reshape(len(moved), -1) / math.sqrt(len(moved[0]))
    both = np.concatenate([weighed, surface.T / math.sqrt(max(len(surface), 1))], axis=1)
    left, _, _ = np.linalg.svd(both, full_matrices=False)
    return left[:, :_DIRECTIONS]


def surface_moved(model: HeadModel) -> FloatArray:
    """F x K metres: how far each identity direction moves the face along its normal, but for rigid motion.

    The face goes from the chin to above the landmarks, without the neck, the ears and the skull.
    """
    landmarks = landmark_points(model, model.mean)
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    skin = np.unique(model.triangles[parts_of(model).skin_triangles])
    place = model.mean[skin]
    rows = skin[(place[:, 1] > low[1]) & (place[:, 1] < high[1] + 0.01) & (place[:, 2] > low[2] + 0.01)]
    return moved_along_normals(model, rows)


def moved_along_normals(model: HeadModel, rows: IntArray) -> FloatArray:
    """F x K metres: how far each identity direction moves some vertices (F) along their normals.

    What a rigid motion of them all does as well is left out.
    """
    normals = vertex_normals(model.mean, model.triangles)[rows].astype(np.float64)
    moved = np.einsum("kvc,vc->vk", model.identity[:, rows], normals)
    centred = model.mean[rows] - model.mean[rows].mean(axis=0)
    rigid, _ = np.linalg.qr(np.concatenate([normals, np.cross(centred, normals)], axis=1))
    without: FloatArray = moved - rigid @ (rigid.T @ moved)
    return without


@once_per_model
def landmark_basis(model: HeadModel) -> LandmarkBasis:
    """The model reduced to its landmarks; kept as long as the model lives."""
    identity = np.stack([landmark_points(model, part) for part in model.identity], axis=-1)
    expression = np.stack([landmark_points(model, part) for part in model.expression], axis=-1)
    known = correction_for(model.name, len(model.identity))
    turn = leading_directions(model) if known is None else known.turn
    directions = identity @ turn
    linear = np.concatenate([directions, expression], axis=2)
    return LandmarkBasis(
        landmark_points(model, model.mean).astype(np.float64),
        directions,
        turn,
        expression,
        np.ascontiguousarray(linear, np.float32),
        model.landmark_yaws,
        model.landmark_shifts,
        model.landmark_noise,
    )


def turned_landmarks(basis: LandmarkBasis, rotation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where landmarks of a head turned by `rotation` (3 x 3) are seen, and how surely.

    Returns:
        468 x 3 metres in the head's frame, from their places on the mesh; 468 metres of noise.
    """
    if not len(basis.yaws):
        return np.zeros((468, 3)), _USUAL_NOISE / landmark_weights()
    yaw = float(np.clip(math.atan2(rotation[0, 2], rotation[2, 2]), basis.yaws[0], basis.yaws[-1]))
    left = int(np.clip(np.searchsorted(basis.yaws, yaw) - 1, 0, len(basis.yaws) - 2))
    share = (yaw - basis.yaws[left]) / (basis.yaws[left + 1] - basis.yaws[left])
    shift = (1 - share) * basis.shifts[left] + share * basis.shifts[left + 1]
    noise = (1 - share) * basis.noise[left] + share * basis.noise[left + 1]
    return shift, noise


def landmark_weights() -> FloatArray:
    """How much each of the 468 landmarks counts, for models that do not say how surely they are seen."""
    weights = np.ones(468)
    weights[list(OUTLINE)] = 0.35
    weights[list(LIPS_AND_LIDS)] = 1.5
    return weights


def eye_distance(landmarks: FloatArray) -> float:
    """Pixels between the middles of the two eyes."""
    right = landmarks[[33, 133], :2].mean(axis=0)
    left = landmarks[[263, 362], :2].mean(axis=0)
    return float(np.linalg.norm(left - right))
