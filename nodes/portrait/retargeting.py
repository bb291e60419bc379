"""One person's performance on another person's face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray

#: Which coefficients belong to a region, by how their names start.
REGIONS = {
    "brows": ("brow",),
    "eyes": ("eyeBlink", "eyeSquint", "eyeWide"),
    "gaze": ("eyeLook",),
    "mouth": ("jaw", "mouth", "tongue"),
    "cheeks": ("cheek", "nose"),
}
#: Where the eyes look has no room to run out of.
GAZE = np.array([name.startswith("eyeLook") for name in ARKIT_NAMES])
#: A face that starts near the end of its range is not driven beyond this share of the movement.
_STRETCH = 1.5
_LEAST_ROOM = 0.15
#: Steps from frame to frame that are movement for certain, and not trembling of what was read: of a
#: coefficient, and of the head in radians.
_STEP, _TURN_STEP = 0.15, 0.035


@dataclass(frozen=True)
class Strengths:
    """How much of each region's movement is taken over; 1 is all of it."""

    brows: float = 1.0
    eyes: float = 1.0
    gaze: float = 1.0
    mouth: float = 1.0
    cheeks: float = 1.0

    def vector(self) -> FloatArray:
        """52 factors."""
        factors = np.ones(52, np.float32)
        for region, starts in REGIONS.items():
            rows = [number for number, name in enumerate(ARKIT_NAMES) if name.startswith(starts)]
            factors[rows] = getattr(self, region)
        return factors


def relative_change(driving: FloatArray, neutral: FloatArray, own: FloatArray) -> FloatArray:
    """52 changes of a face that moves as far within its room as the driver moved within theirs.

    Args:
        driving, neutral: 52 each, seen on the driver now and at rest.
        own: 52, seen on the portrait.

    A movement towards 1 is scaled by the room the two faces have left, one towards 0 by what they
    have to give back: a smile on a smiling portrait grows less, and goes away as far as the driver's.
    """
    move = driving - neutral
    up = (1.0 - own) / np.maximum(1.0 - neutral, _LEAST_ROOM)
    down = own / np.maximum(neutral, _LEAST_ROOM)
    scale = np.clip(np.where(move > 0, up, down), 0.0, _STRETCH)
    result: FloatArray = np.where(GAZE, move, move * scale).astype(np.float32)
    return result


def scaled_turn(turn: FloatArray, strength: float, most: float) -> FloatArray:
    """A turn (3 x 3) with its angle times `strength`, at most `most` radians."""
    vector = rotation_vector(turn) * strength
    angle = float(np.linalg.norm(vector))
    held = vector * min(1.0, most / angle) if angle > 1e-9 else vector
    return rotation_matrix(held).astype(np.float32)


def turned_by(rotation: FloatArray, turn: FloatArray) -> FloatArray:
    """A rotation vector after a turn (3 x 3) about the viewer's axes."""
    return rotation_vector(turn @ rotation_matrix(rotation)).astype(np.float32)


def calmed(before: FloatArray, now: FloatArray, calm: float) -> FloatArray:
    """Coefficients between the last frame's and this one's: small steps tremble, large ones move.

    Args:
        before, now: 52 each.
        calm: 0 takes over all, 1 leaves out what hardly differs from the last frame.

    A filter whose cutoff rises with speed, as in Casiez et al. 2012, "1 euro filter".
    """
    step = now - before
    share = 1.0 - calm * (1.0 - np.minimum(np.abs(step) / _STEP, 1.0))
    return np.asarray(before + share * step, np.float32)


def calmed_turn(before: FloatArray, now: FloatArray, calm: float) -> FloatArray:
    """The same for rotations, 3 x 3."""
    step = rotation_vector(now @ before.T)
    angle = float(np.linalg.norm(step))
    share = 1.0 - calm * (1.0 - min(angle / _TURN_STEP, 1.0))
    return np.asarray(rotation_matrix(step * share) @ before, np.float32)


def together(before: FloatArray, after: FloatArray) -> FloatArray:
    """Gaze (2 x 2 radians) with both eyes turned alike, by the mean of what each was to turn."""
    return np.asarray(before + (after - before).mean(axis=0), np.float32)
