"""What a landmarker's habits do to a fit, learned on drawn heads and taken back.

A landmarker pulls strange faces towards usual ones, and turned faces towards the front, so that a
head fitted to its landmarks is wrong in a way that can be foretold. A ridge regression from a fit
(identity, expression, rotation, remaining errors, and what the landmarker says about the
expression) to the truth foretells it. Trained by packaging/train_head_correction.py on drawn
pictures of the head model; no data of persons.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodes.head._solver import turn_between, weighed
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values.arrays import FloatArray

#: Its file; it fits the head model of the name inside, with as many identity directions.
FILE = Path(__file__).resolve().parents[2] / "resources" / "heads" / "anny_correction.npz"

_ARRAYS = (
    "turn", "components", "middle", "spread", "weights", "offset", "shape_precision",
    "expression_spread", "rotation_spread", "least",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit by landmarks alone, as seen along the ray to the face.

    Attributes:
        shape: D, identity in the directions of the landmark basis.
        expression: 52. rotation: 3 x 3, head to camera, as for a face in the middle of the picture.
        residuals: 468 x 2 in eye distances, y up, seen minus fitted.
    """

    shape: FloatArray
    expression: FloatArray
    rotation: FloatArray
    residuals: FloatArray


@dataclass(frozen=True, eq=False)
class Belief:
    """What is held true of a head before its pixels are looked at again.

    Attributes:
        shape: D. expression: 52 in 0..1. rotation: 3 x 3, as in `Fitted`.
    """

    shape: FloatArray
    expression: FloatArray
    rotation: FloatArray


@dataclass(frozen=True, eq=False)
class Correction:
    """The regression and its spreads on heads that it was not trained on.

    Attributes:
        turn: K x D, the directions of the landmark basis that it was trained with.
        components: 1404 x P, main variations of residuals in the head's frame.
        middle, spread: F, of the features.
        weights: F x (D + 55), offset: D + 55, to the truth less the fit.
        shape_precision: D x D. expression_spread: 52. rotation_spread: 3 radians.
        least: 52, what an expression coefficient must reach to be believed.
    """

    turn: FloatArray
    components: FloatArray
    middle: FloatArray
    spread: FloatArray
    weights: FloatArray
    offset: FloatArray
    shape_precision: FloatArray
    expression_spread: FloatArray
    rotation_spread: FloatArray
    least: FloatArray

    def believed(self, fit: Fitted, coefficients: FloatArray) -> Belief:
        """What a fit, and the landmarker's coefficients (52), really tell."""
        values = features(self.components, fit, coefficients)
        # Beyond what was seen in training a line says nothing.
        values = np.clip((values - self.middle) / self.spread, -3.5, 3.5)
        change = weighed(values, self.weights) + self.offset
        count = len(fit.shape)
        expression = np.clip(fit.expression + change[count : count + 52], 0.0, 1.0)
        return Belief(
            fit.shape + change[:count],
            np.maximum(expression - self.least, 0.0) / (1.0 - self.least),
            fit.rotation @ rotation_matrix(change[count + 52 :]),
        )


def features(components: FloatArray, fit: Fitted, coefficients: FloatArray) -> FloatArray:
    """What the regression takes in: F numbers."""
    residuals = np.column_stack([fit.residuals, np.zeros(468)]) @ fit.rotation
    turn = turn_between(np.eye(3), np.ascontiguousarray(fit.rotation, np.float64))
    yaw = float(turn[1])
    return np.concatenate(
        [
            fit.shape,
            fit.expression,
            coefficients,
            weighed(residuals.ravel(), components),
            turn,
            [abs(yaw), yaw * yaw, yaw * turn[0]],
        ]
    )


@functools.cache
def correction_for(name: str, directions: int) -> Correction | None:
    """The correction for a head model by its name and number of identity directions, if there is one."""
    if not FILE.is_file():
        return None
    with np.load(FILE, allow_pickle=False) as stored:
        if str(stored["model"]) != name or len(stored["turn"]) != directions:
            return None
        return Correction(**{key: stored[key].astype(np.float64) for key in _ARRAYS})


def towards(centre: tuple[float, float], focal: float, place: FloatArray) -> FloatArray:
    """The 3 x 3 rotation that turns the middle of the picture towards a pixel.

    A face off the middle looks turned by as much less.
    """
    x, y = (place[0] - centre[0]) / focal, (centre[1] - place[1]) / focal
    length = float(np.hypot(x, y))
    if length < 1e-9:
        return np.eye(3)
    return rotation_matrix(np.array([y, -x, 0.0]) / length * np.arctan(length))
