"""Points of a fitted head in the crop of its picture, and the gradients around each.

Features that are read where the points of a model lie stand for the same places of every head, however
it is turned (supervised descent: Xiong and De la Torre 2013; mesh-aligned features: Zhang et al. 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.head._keep import once_per_model
from nodes.head._landmarks import LIPS_AND_LIDS
from nodes.head._picture_crop import SIDE, Frame
from nodes.head._shape import landmark_points, parts_of
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray, IntArray

#: Directions of a gradient that are told apart, and how many numbers stand for a point.
DIRECTIONS = 8
FEATURES = 2 * 4 * DIRECTIONS
_FACE_POINTS, _OTHER_POINTS = 128, 56
_HALF = SIDE // 2
_NEAR = 0.004  # metres behind the surface that is seen
_DARKEST = 0.05  # added to brightness before its logarithm
_FAINTEST = 0.02
#: Pixels: how far gradients are taken together, and over which their strength is compared.
_FINE, _AROUND = 1.8, 10.0
#: Places around a point where gradients are read, pixels; and as many times as far the coarse ones.
_BESIDE = np.array([[-2.5, -2.5], [2.5, -2.5], [-2.5, 2.5], [2.5, 2.5]], np.float32)
_COARSER = 2.4
_OUTSIDE = 20.0  # pixels beyond the crop that a point may be moved to


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients of a crop by direction, as strong as usual around them.

    Attributes:
        fine: SIDE x SIDE x DIRECTIONS. coarse: half as many places a side, taken together over more.
    """

    fine: FloatArray
    coarse: FloatArray


@once_per_model
def compared_vertices(model: HeadModel) -> IntArray:
    """P: lids, lips, and vertices spread over the face and, thinner, over the rest of the head's front."""
    from scipy.spatial import cKDTree

    skin = np.unique(model.triangles[parts_of(model).skin_triangles])
    place = model.mean[skin].astype(np.float64)
    marks = landmark_points(model, model.mean)[list(LIPS_AND_LIDS)]
    chosen = list(dict.fromkeys(int(row) for row in cKDTree(place).query(marks)[1]))
    gap = cKDTree(place[chosen]).query(place)[0]
    front = (place[:, 2] > 0.055) & (place[:, 1] > -0.085) & (place[:, 1] < 0.10)
    for region, count in ((front, _FACE_POINTS), (place[:, 2] > -0.03, _OTHER_POINTS)):
        for _ in range(count):
            farthest = int(np.argmax(np.where(region, gap, -1.0)))
            chosen.append(farthest)
            gap = np.minimum(gap, np.linalg.norm(place - place[farthest], axis=1))
    return skin[chosen].astype(np.int32)


def seen_from(
    world: FloatArray, frame: Frame, focal: float, centre: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """N x 2 places in a crop (y down), and N distances, of N x 3 points in the camera's frame (metres)."""
    distance = np.maximum(-world[:, 2], 1e-3)
    scale = focal / distance
    pixels = np.column_stack([centre[0] + scale * world[:, 0], centre[1] - scale * world[:, 1]])
    return (pixels - frame.place) @ frame.upright / frame.step + SIDE / 2, distance


def points_in(
    model: HeadModel, world: FloatArray, frame: Frame, focal: float, centre: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """P x 2, where the compared vertices lie in a crop, and P, 1 where the head does not hide them, else 0.

    Args:
        world: V x 3 metres, the head's vertices in the camera's frame.
    """
    places, distance = seen_from(world, frame, focal, centre)
    half = places * (_HALF / SIDE)
    corners = np.column_stack([half, distance]).astype(np.float32)
    drawn = rasterise(corners, model.triangles, _HALF, _HALF).distance
    rows = compared_vertices(model)
    column, row = np.clip(half[rows].astype(int), 0, _HALF - 1).T
    # beside an edge the next pixels count too
    around = np.maximum.reduce(
        [
            drawn[np.clip(row + down, 0, _HALF - 1), np.clip(column + right, 0, _HALF - 1)]
            for down, right in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0))
        ]
    )
    inside = ((places[rows] > 0) & (places[rows] < SIDE)).all(axis=1)
    seen = (distance[rows] <= around + _NEAR) & inside
    return places[rows].astype(np.float32), seen.astype(np.float32)


def gradients_of(brightness: FloatArray) -> Gradients:
    """Gradients of the logarithm, so that a shadow counts as much as a lit side.

    Args:
        brightness: SIDE x SIDE in 0..1.
    """
    import cv2

    values = np.log(np.ascontiguousarray(brightness, np.float32) + np.float32(_DARKEST))
    across, along = np.zeros_like(values), np.zeros_like(values)
    across[:, 1:-1] = values[:, 2:] - values[:, :-2]
    along[1:-1] = values[2:] - values[:-2]
    strength = np.hypot(across, along)
    turn = np.arctan2(along, across) * np.float32(DIRECTIONS / (2.0 * np.pi))
    first = np.floor(turn)
    share = (turn - first).ravel()
    first = first.astype(np.int32).ravel() % DIRECTIONS
    parts = np.zeros((SIDE * SIDE, DIRECTIONS), np.float32)
    every = np.arange(SIDE * SIDE)
    parts[every, first] = strength.ravel() * (1.0 - share)
    parts[every, (first + 1) % DIRECTIONS] += strength.ravel() * share
    usual = 1.0 / (cv2.GaussianBlur(strength, (0, 0), _AROUND) + np.float32(_FAINTEST))
    fine = cv2.GaussianBlur(parts.reshape(SIDE, SIDE, DIRECTIONS), (0, 0), _FINE)
    coarse = cv2.GaussianBlur(_halved(fine), (0, 0), _FINE)
    return Gradients(np.sqrt(fine * usual[..., None]), np.sqrt(coarse * _halved(usual)[..., None]))


def features_at(gradients: Gradients, points: FloatArray, seen: FloatArray) -> FloatArray:
    """P x FEATURES float32: the gradients around points of a crop (P x 2 pixels), 0 where not seen (P)."""
    fine = _between(gradients.fine, points[:, None] + _BESIDE)
    coarse = _between(gradients.coarse, (points[:, None] + _BESIDE * _COARSER) / 2)
    both = np.concatenate([fine.reshape(len(points), -1), coarse.reshape(len(points), -1)], axis=1)
    found: FloatArray = (both * seen[:, None]).astype(np.float32)
    return found


def moved_by(points: FloatArray, ways: FloatArray | float) -> FloatArray:
    """Points (... x 2 pixels) moved along ways, but not far out of the crop."""
    return np.clip(points + ways, -_OUTSIDE, SIDE + _OUTSIDE)


def _halved(values: FloatArray) -> FloatArray:
    import cv2

    return np.asarray(cv2.resize(values, (_HALF, _HALF), interpolation=cv2.INTER_AREA))


def _between(values: FloatArray, points: FloatArray) -> FloatArray:
    """N x M x C, values of a map at N x M x 2 places in it, pixels' middles at halves."""
    side = len(values)
    places = np.clip(points - 0.5, 0, side - 1.001)
    low = places.astype(np.int32)
    share = (places - low)[..., None]
    (x, y), (right, below) = np.moveaxis(low, -1, 0), np.moveaxis(share, -2, 0)
    upper = values[y, x] * (1 - right) + values[y, x + 1] * right
    lower = values[y + 1, x] * (1 - right) + values[y + 1, x + 1] * right
    found: FloatArray = upper * (1 - below) + lower * below
    return found
