"""A camera that circles a point."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from nodes.sdk.values.arrays import FloatArray

STEEPEST = math.radians(89)
FIELD = math.radians(28)


@dataclass(frozen=True)
class Orbit:
    """Where the camera stands.

    Attributes:
        target: the point looked at, metres.
        distance: from it, metres, above 0.
        yaw: radians about the upright; 0 stands in front (at +z), above 0 to the right of it.
        pitch: radians above the horizon.
    """

    target: tuple[float, float, float] = (0.0, 0.0, 0.0)
    distance: float = 1.0
    yaw: float = 0.0
    pitch: float = 0.0

    @classmethod
    def framing(cls, centre: FloatArray, radius: float, yaw: float = 0.0, pitch: float = 0.0) -> Orbit:
        """All of a ball in view."""
        x, y, z = (float(part) for part in centre)
        return cls((x, y, z), max(radius, 1e-6) / math.sin(FIELD / 2) * 0.86, yaw, pitch)

    def turned(self, right: float, up: float) -> Orbit:
        """Circle by radians; the pitch stops short of the poles."""
        return replace(self, yaw=self.yaw - right, pitch=min(max(self.pitch + up, -STEEPEST), STEEPEST))

    def nearer(self, factor: float) -> Orbit:
        return replace(self, distance=max(self.distance / factor, 1e-6))

    def panned(self, right: float, up: float) -> Orbit:
        """Move sideways by shares of the view's height."""
        reach = 2 * self.distance * math.tan(FIELD / 2)
        across, upward, _ = self.axes()
        moved = np.asarray(self.target) - across * (right * reach) + upward * (up * reach)
        return replace(self, target=(float(moved[0]), float(moved[1]), float(moved[2])))

    def axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Unit vectors to the right, up, and from the target to the camera."""
        back = np.array(
            [
                math.sin(self.yaw) * math.cos(self.pitch),
                math.sin(self.pitch),
                math.cos(self.yaw) * math.cos(self.pitch),
            ],
            np.float32,
        )
        right = np.array([math.cos(self.yaw), 0.0, -math.sin(self.yaw)], np.float32)
        return right, np.cross(back, right).astype(np.float32), back

    def view(self) -> FloatArray:
        """4 x 4, world to camera."""
        right, up, back = self.axes()
        matrix = np.eye(4, dtype=np.float32)
        matrix[:3, :3] = np.stack([right, up, back])
        eye = np.asarray(self.target, np.float32) + back * self.distance
        matrix[:3, 3] = -matrix[:3, :3] @ eye
        return matrix

    def projection(self, aspect: float) -> FloatArray:
        """4 x 4 perspective for a view of width / height `aspect`; a narrow view keeps its width."""
        near, far = self.distance * 0.02, self.distance * 50
        scale = 1 / math.tan(FIELD / 2) * min(aspect, 1.0)
        matrix = np.zeros((4, 4), np.float32)
        matrix[0, 0] = scale / aspect
        matrix[1, 1] = scale
        matrix[2, 2] = (far + near) / (near - far)
        matrix[2, 3] = 2 * far * near / (near - far)
        matrix[3, 2] = -1
        return matrix
