"""Facial motion over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nodes.sdk.values.arrays import FloatArray, require_shape


@dataclass(frozen=True, eq=False)
class Motion:
    """The 52 ARKit coefficients, head pose and gaze over time.

    Attributes:
        coefficients: T x 52, mostly 0..1, in the order of ARKIT_NAMES.
        rotation: T x 3 radians, rotation vectors as in HeadState.
        translation: T x 3 metres.
        gaze: T x 2 x 2 radians, (pitch, yaw) of the left and right eye as in HeadState.
        fps: samples a second.
    """

    socket_name: ClassVar[str] = "Motion"
    coefficients: FloatArray
    rotation: FloatArray
    translation: FloatArray
    gaze: FloatArray
    fps: float

    def __post_init__(self) -> None:
        length = self.coefficients.shape[0]
        require_shape("Motion.coefficients", self.coefficients, (length, 52))
        require_shape("Motion.rotation", self.rotation, (length, 3))
        require_shape("Motion.translation", self.translation, (length, 3))
        require_shape("Motion.gaze", self.gaze, (length, 2, 2))
        if not self.fps > 0:
            raise ValueError(f"Motion.fps must be above 0, got {self.fps}")

    @property
    def seconds(self) -> float:
        return float(self.coefficients.shape[0] / self.fps)
