"""Cutting upright square crops out of pictures, and carrying points between crop and picture.

All coordinates are continuous: (0, 0) is the outer corner of the top left pixel, whose centre lies
at (0.5, 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nodes.raster.borders import mirror_border
from nodes.sdk.values.arrays import FloatArray, host_array
from nodes.sdk.values.picture import Image

#: OpenCV's warps address source pixels by 16-bit numbers.
_WARP_LIMIT = 32000
#: Pictures are filtered down before a crop smaller than this share of its source is resampled.
_MINIFY = 0.67


def plain_picture(image: Image) -> FloatArray:
    """H x W x 3 float32, sRGB-encoded, as networks expect it; the picture's own array when it can be.

    Linear pictures are encoded; what is transparent becomes mid-grey, for the colour under a
    transparent pixel means nothing.
    """
    pixels = np.asarray(host_array(image.pixels))
    if pixels.dtype != np.float32:
        pixels = pixels.astype(np.float32)
    colour = pixels[..., :3]
    if image.linear:
        low = np.clip(colour, 0.0, 1.0)
        colour = np.where(low <= 0.0031308, low * 12.92, 1.055 * np.power(low, 1 / 2.4) - 0.055)
        colour = colour.astype(np.float32)
    if pixels.shape[2] == 4:
        alpha = np.clip(pixels[..., 3:], 0.0, 1.0)
        colour = colour * alpha + 0.5 * (1.0 - alpha)
    return np.ascontiguousarray(colour)


@dataclass(frozen=True)
class Crop:
    """A turned square of a picture.

    Attributes:
        centre: x, y in the picture.
        size: length of a side, in pixels of the picture.
        angle: radians by which the square's x axis is turned from the picture's, clockwise on screen.
    """

    centre: tuple[float, float]
    size: float
    angle: float = 0.0

    def to_crop(self, resolution: int) -> npt.NDArray[np.float64]:
        """The 2 x 3 map from the picture to a crop of `resolution` pixels a side."""
        scale = resolution / max(self.size, 1e-6)
        cosine, sine = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        linear = np.array([[cosine, sine], [-sine, cosine]])
        shift = resolution / 2 - linear @ np.asarray(self.centre, np.float64)
        return np.column_stack([linear, shift])

    def points_to_picture(self, points: FloatArray, resolution: int) -> FloatArray:
        """N x 2 or N x 3 points of the crop in the picture; z is scaled along."""
        inverse = invert(self.to_crop(resolution))
        moved = transform(inverse, points[:, :2])
        if points.shape[1] == 2:
            return moved
        return np.column_stack([moved, points[:, 2:] * (self.size / resolution)]).astype(np.float32)


def transform(matrix: npt.NDArray[Any], points: npt.NDArray[Any]) -> FloatArray:
    """N x 2 points through a 2 x 3 map."""
    moved = points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return moved.astype(np.float32)


def invert(matrix: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The inverse of a 2 x 3 map."""
    linear = np.linalg.inv(matrix[:, :2].astype(np.float64))
    return np.column_stack([linear, -linear @ matrix[:, 2]])


def scale_of(matrix: npt.NDArray[Any]) -> float:
    """By how much a 2 x 3 map enlarges, the mean over directions."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2].astype(np.float64)))))


def warp(
    picture: FloatArray,
    to_crop: npt.NDArray[Any],
    width: int,
    height: int,
    *,
    border: str = "zero",
    smooth: bool = False,
) -> FloatArray:
    """Resample a picture through a 2 x 3 map, filtered when it shrinks.

    Args:
        picture: H x W x C or H x W float32.
        to_crop: the map from picture to result, in continuous coordinates.
        width, height: of the result.
        border: "zero", "edge" or "mirror": what lies outside the picture.
        smooth: bicubic instead of bilinear.
    """
    import cv2

    source, to_crop = _reduced(picture, np.asarray(to_crop, np.float64), width, height)
    centred = to_crop.copy()
    centred[:, 2] += to_crop[:, :2] @ (0.5, 0.5) - 0.5
    modes = {"zero": cv2.BORDER_CONSTANT, "edge": cv2.BORDER_REPLICATE, "mirror": mirror_border(source)}
    flags = cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR
    return cv2.warpAffine(source, centred, (width, height), flags=flags, borderMode=modes[border])


def _reduced(
    picture: FloatArray, to_crop: npt.NDArray[np.float64], width: int, height: int
) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    """The part of a picture that a crop sees, shrunk by area when the crop would skip pixels."""
    import cv2

    scale = scale_of(to_crop)
    limit = max(picture.shape[:2])
    if scale >= _MINIFY and limit <= _WARP_LIMIT:
        return picture, to_crop
    corners = transform(invert(to_crop), np.array([[0, 0], [width, 0], [0, height], [width, height]]))
    low = np.floor(corners.min(axis=0) - 2).astype(int)
    high = np.ceil(corners.max(axis=0) + 2).astype(int)
    x0, y0 = (int(v) for v in np.clip(low, 0, (picture.shape[1] - 1, picture.shape[0] - 1)))
    x1, y1 = (int(v) for v in np.clip(high, (x0 + 1, y0 + 1), (picture.shape[1], picture.shape[0])))
    part = picture[y0:y1, x0:x1]
    shifted = to_crop.copy()
    shifted[:, 2] += to_crop[:, :2] @ (x0, y0)
    factor = int(1 / scale) if scale < _MINIFY else 1
    if factor < 2:
        return part, shifted
    # Whole factors have a fast path; what is left over at the far edges is narrower than a pixel.
    part = part[: max((y1 - y0) // factor, 1) * factor, : max((x1 - x0) // factor, 1) * factor]
    size = (max(part.shape[1] // factor, 1), max(part.shape[0] // factor, 1))
    enlarge = np.diag([part.shape[1] / size[0], part.shape[0] / size[1]])
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return part, np.column_stack([shifted[:, :2] @ enlarge, shifted[:, 2]])


def similarity(source: npt.NDArray[Any], target: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The 2 x 3 map of turn, scale and shift that best takes one point set to another.

    Least squares without reflection (Umeyama 1991).

    Args:
        source, target: N x 2, N at least 2.
    """
    a, b = source.astype(np.float64), target.astype(np.float64)
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    a, b = a - mean_a, b - mean_b
    spread = max(float((a**2).sum()), 1e-12)
    cosine = float((a * b).sum()) / spread
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([linear, mean_b - linear @ mean_a])
