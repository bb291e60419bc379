"""The coordinates in which two shapes lie upon each other, and the frames between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.morph._register import Similarity
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Frame:
    """Where common coordinates lie in a shape's own: own = middle + size * rotation @ common."""

    middle: FloatArray
    size: float
    rotation: FloatArray

    def enter(self, points: FloatArray) -> FloatArray:
        """Own coordinates (N x 3) as common ones."""
        return (np.asarray(points, np.float64) - self.middle) @ self.rotation / self.size

    def leave(self, points: FloatArray) -> FloatArray:
        """Common coordinates (N x 3) as own ones."""
        return self.middle + self.size * points @ self.rotation.T

    def after(self, step: Similarity) -> Frame:
        """The frame in which what was entered so far is moved on by a similarity."""
        rotation = self.rotation @ step.rotation.T
        size = self.size / step.scale
        return Frame(self.middle - size * rotation @ step.shift, size, rotation)

    def towards(self, other: Frame, t: float) -> Frame:
        """The frame at t: middles evenly, sizes by their ratio, turns by their angle."""
        turn = rotation_vector(other.rotation @ self.rotation.T)
        return Frame(
            (1 - t) * self.middle + t * other.middle,
            self.size ** (1 - t) * other.size**t,
            rotation_matrix(t * turn) @ self.rotation,
        )


def frame_of(points: FloatArray, weights: FloatArray) -> Frame:
    """The frame of a weighted set: its mean, and six times its spread along an axis (about its diameter)."""
    middle = np.average(points, axis=0, weights=weights).astype(np.float64)
    variance = np.average(np.sum((points - middle) ** 2, axis=1), weights=weights) / 3
    return Frame(middle, 3.5 * float(np.sqrt(variance)) or 1.0, np.eye(3))
