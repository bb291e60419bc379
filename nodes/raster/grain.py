"""The grain of a picture, measured where it is calm and given to what was filled in smoothly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from nodes.raster.light import LUMA
from nodes.sdk.values.arrays import FloatArray

#: Gaussian widths in pixels that bound the two bands of grain: below the first, and between both.
_BANDS = (1.0, 2.5)
#: Grain is what the calmest share of the picture still has; the rest may be pattern.
_CALMEST = 0.3
#: No grain deviates by more than this.
_MOST = 0.06
#: Pixels over which the strength of grain is averaged.
_REACH = 5.0


@dataclass(frozen=True, eq=False)
class Grain:
    """The noise of a picture in two bands.

    Attributes:
        factors: 2 x 3 x 3, take independent noise of deviation 1 to the picture's, per band.
        strength: 2, variance of its luma per band.
    """

    factors: FloatArray
    strength: FloatArray


def grain_of(picture: FloatArray, where: np.ndarray) -> Grain | None:
    """The grain of a part of a picture; None where too little of it is seen.

    Args:
        picture: H x W x 3, sRGB 0..1. where: H x W bool.

    Two bands of differences of Gaussians; their covariance over the calmest pixels.
    """
    import cv2

    # Edges at the border of the part are no grain, and black or burnt out places have none.
    inner: Any = cv2.erode(where.astype(np.uint8), np.ones((7, 7), np.uint8), borderValue=1) > 0
    level = picture @ LUMA
    inner &= (level > 0.04) & (level < 0.96)
    if inner.sum() < 200:
        return None
    weight = inner.astype(np.float32)
    factors, strengths = [], []
    for band in _bands(np.ascontiguousarray(picture, np.float32)):
        power = _local((band @ LUMA) ** 2 * weight) / np.maximum(_local(weight), 1e-3)
        calm = inner & (power <= np.quantile(power[inner], _CALMEST))
        covariance = np.cov(band[calm], rowvar=False)
        # Noise is bell-shaped; pattern is mostly nothing with a few steep edges, and counts little.
        luma = band[calm] @ LUMA
        spread = float(luma.std())
        usual = 1.4826 * float(np.median(np.abs(luma))) / max(spread, 1e-9)
        likely = np.clip((usual - 0.6) / 0.3, 0.0, 1.0) * np.clip((_MOST - spread) / 0.02, 0.0, 1.0)
        covariance = likely * covariance + 1e-9 * np.eye(3)
        factors.append(np.linalg.cholesky(covariance))
        strengths.append(float(LUMA @ covariance @ LUMA))
    return Grain(np.array(factors, np.float32), np.array(strengths, np.float32))


def with_grain(picture: FloatArray, share: FloatArray, grain: Grain | None) -> FloatArray:
    """A picture with the grain that parts of it lack: H x W x 3.

    Args:
        picture: H x W x 3. share: H x W in 0..1, where grain may be added.
        grain: of the picture around; None adds nothing.

    What has as much grain, or as much pattern, already stays as it is. The noise is the same for
    pictures of one size.
    """
    if grain is None or not share.any():
        return picture
    rows, columns = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    part = np.ascontiguousarray(picture[box], np.float32)
    level = part @ LUMA
    room = share[box] * np.clip(8.0 * np.minimum(level, 1.0 - level), 0.0, 1.0)
    out = part.copy()
    height, width = room.shape
    for number, band in enumerate(_bands(part)):
        power = _local((band @ LUMA) ** 2)
        lacking = np.sqrt(np.clip(1.0 - power / max(float(grain.strength[number]), 1e-12), 0.0, 1.0))
        noise = _noise(*_size_of(height, width))[number][:height, :width]
        out += (room * lacking)[..., None] * (noise @ grain.factors[number].T)
    result = picture.copy()
    result[box] = np.clip(out, 0.0, 1.0)
    return result


def _bands(picture: FloatArray) -> tuple[FloatArray, FloatArray]:
    import cv2

    near: Any = cv2.GaussianBlur(picture, (0, 0), _BANDS[0])
    far: Any = cv2.GaussianBlur(picture, (0, 0), _BANDS[1])
    return picture - near, near - far


def _local(values: FloatArray) -> FloatArray:
    import cv2

    side = 2 * round(_REACH) + 1
    return np.asarray(cv2.blur(np.ascontiguousarray(values, np.float32), (side, side)), np.float32)


def _size_of(height: int, width: int) -> tuple[int, int]:
    """A size that many pictures share."""
    return -(-height // 128) * 128, -(-width // 128) * 128


@lru_cache(maxsize=4)
def _noise(height: int, width: int) -> tuple[FloatArray, FloatArray]:
    """Noise of deviation 1 in each band: two of H x W x 3."""
    draw = np.random.default_rng(5).standard_normal((height, width, 3)).astype(np.float32)
    fine, coarse = _bands(draw)
    return fine / float(fine.std()), coarse / float(coarse.std())
