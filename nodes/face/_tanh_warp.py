"""The RoI tanh-polar warp: a face at full size in the middle, all the rest squeezed around it.

Source: Lin, Shen, Wang, Pantic 2021, "RoI Tanh-polar Transformer Network for Face Parsing in the
Wild": directions from the middle of the face are kept and distances saturate with tanh, so that
one fixed-size picture holds the whole scene with a fixed share for the face. Here the distance is
a rounded square's instead of an ellipse's and the middle is left undistorted, because the parsing
network was trained on undistorted squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nodes.sdk.values.arrays import FloatArray

#: Exponent of the rounded square that distances are measured by.
ROUNDNESS = 6.0
_EDGE = 0.9995


@dataclass(frozen=True)
class TanhWarp:
    """A warp about one face.

    Attributes:
        centre: x, y in the picture.
        reach: pixels of the picture that count as distance 1.
        angle: radians by which the face is turned, clockwise on screen.
        core: the distance, below 1, up to which nothing is distorted.
    """

    centre: tuple[float, float]
    reach: float
    angle: float
    core: float = 0.55

    def to_level(self) -> npt.NDArray[np.float64]:
        """The 2 x 3 map from the picture to the face's own axes, in units of `reach`."""
        cosine, sine = np.cos(self.angle) / self.reach, np.sin(self.angle) / self.reach
        linear = np.array([[cosine, sine], [-sine, cosine]])
        return np.column_stack([linear, -linear @ np.asarray(self.centre, np.float64)])

    def to_warped(self, points: npt.NDArray[np.floating]) -> FloatArray:
        """N x 2 picture points as warped points in -1..1."""
        matrix = self.to_level()
        level = points @ matrix[:, :2].T + matrix[:, 2]
        distance = _distance(level)
        return (level * _ratio(self._squeeze(distance), distance)[:, None]).astype(np.float32)

    def to_picture(self, points: npt.NDArray[np.floating]) -> FloatArray:
        """N x 2 warped points in -1..1 as picture points; the inverse of `to_warped`."""
        distance = _distance(points)
        level = points * _ratio(self._stretch(distance), distance)[:, None]
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        x, y = level.T
        turned = np.column_stack([x * cosine - y * sine, x * sine + y * cosine])
        return (turned * self.reach + np.asarray(self.centre)).astype(np.float32)

    def _squeeze(self, distance: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        rest = 1.0 - self.core
        outside = self.core + rest * np.tanh(np.maximum(distance - self.core, 0.0) / rest)
        return np.where(distance <= self.core, distance, outside)

    def _stretch(self, distance: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        rest = 1.0 - self.core
        share = np.clip((distance - self.core) / rest, 0.0, _EDGE)
        return np.where(distance <= self.core, distance, self.core + rest * np.arctanh(share))

    def warped(self, picture: FloatArray, resolution: int) -> FloatArray:
        """The warped picture, resolution x resolution x 3, filtered where it shrinks."""
        import cv2

        source, scale = _shrunk(picture, 2 * self.reach / resolution)
        places = self.to_picture(_grid(resolution)) * scale - 0.5
        maps = places.astype(np.float32).reshape(resolution, resolution, 2)
        return cv2.remap(source, maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _grid(resolution: int) -> npt.NDArray[np.float64]:
    """The pixel centres of a warped picture, in -1..1, row by row."""
    line = (np.arange(resolution) + 0.5) * (2 / resolution) - 1
    x, y = np.meshgrid(line, line)
    return np.column_stack([x.ravel(), y.ravel()])


def _distance(points: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    x, y = np.abs(points).T
    larger = np.maximum(np.maximum(x, y), 1e-12)
    smaller = np.minimum(x, y) / larger
    result: npt.NDArray[np.floating] = larger * (1 + smaller**ROUNDNESS) ** (1 / ROUNDNESS)
    return result


def _ratio(to: npt.NDArray[np.floating], distance: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return to / np.maximum(distance, 1e-12)


def _shrunk(picture: FloatArray, skip: float) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    """The picture made smaller when the warp would skip pixels, and its scale along x and y."""
    import cv2

    height, width = picture.shape[:2]
    if skip <= 1.5 and max(height, width) < 32000:
        return picture, np.ones(2)
    size = (max(1, round(width / skip)), max(1, round(height / skip)))
    smaller = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return smaller, np.array([size[0] / width, size[1] / height])
