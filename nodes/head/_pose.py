"""Changing the pose and the expression of a fitted head."""

from __future__ import annotations

import numpy as np

from nodes.face._pose import Angles, rotation_of
from nodes.head._shape import edited
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import ARKIT_NAMES, HeadState
from nodes.sdk.values.arrays import FloatArray

#: How far an eye turns for a looking coefficient of 1, in radians.
LOOK_UP_DOWN = np.radians(25.0)
LOOK_SIDEWAYS = np.radians(35.0)

_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}


def turned(state: HeadState, angles: Angles) -> FloatArray:
    """The head's rotation vector after turning it by angles in degrees, about the viewer's axes."""
    turn = rotation_of(angles).astype(np.float64)
    return rotation_vector(turn @ rotation_matrix(state.rotation)).astype(np.float32)


def gaze_from_coefficients(coefficients: FloatArray) -> FloatArray:
    """2 x 2 radians, (pitch, yaw) of the left and right eye that looking coefficients ask for."""

    def value(name: str) -> float:
        return float(coefficients[_INDEX[name]])

    gaze = np.zeros((2, 2), np.float32)
    for side, word, outward in ((0, "Left", 1.0), (1, "Right", -1.0)):
        gaze[side, 0] = LOOK_UP_DOWN * (value(f"eyeLookUp{word}") - value(f"eyeLookDown{word}"))
        gaze[side, 1] = outward * LOOK_SIDEWAYS * (value(f"eyeLookOut{word}") - value(f"eyeLookIn{word}"))
    return gaze


def with_expression(
    state: HeadState,
    change: FloatArray,
    *,
    angles: Angles | None = None,
    gaze: tuple[float, float] = (0.0, 0.0),
) -> HeadState:
    """Add to a head's expression, pose and gaze.

    Args:
        state: the head.
        change: 52, added to its coefficients; the sum stays in 0..1, or where the fit put it.
        angles: degrees to turn the head by, as the viewer sees it.
        gaze: (pitch, yaw) in degrees, added to both eyes.
    """
    lowest, highest = np.minimum(state.expression, 0.0), np.maximum(state.expression, 1.0)
    expression = np.clip(state.expression + change, lowest, highest).astype(np.float32)
    look = gaze_from_coefficients(change) + np.radians(gaze).astype(np.float32)
    return edited(
        state,
        expression=expression,
        gaze=np.clip(state.gaze + look, -0.9, 0.9).astype(np.float32),
        rotation=state.rotation if angles is None else turned(state, angles),
    )
