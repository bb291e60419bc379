"""The opening between two lids or two lips, as two curves over the line between its corners.

In a slit's frame a runs from -1 at the corner on the picture's left to 1 at the other, b is the
height above the line between the corners, in half widths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from nodes.sdk.values.arrays import FloatArray

#: Samples of each curve over a in -1..1.
SAMPLES = 65

#: Landmarks from the picture's left to its right: corner, upper edge, lower edge, other corner.
EYE_RIGHT = (33, (246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155), 133)
EYE_LEFT = (362, (398, 384, 385, 386, 387, 388, 466), (382, 381, 380, 374, 373, 390, 249), 263)
MOUTH = (78, (191, 80, 81, 82, 13, 312, 311, 310, 415), (95, 88, 178, 87, 14, 317, 402, 318, 324), 308)


@dataclass(frozen=True, eq=False)
class Slit:
    """An opening in a picture.

    Attributes:
        frame: 5 numbers: origin x, y in pixels; the unit vector along a, x, y; half the width.
        upper, lower: SAMPLES heights each; upper is nowhere below lower.
    """

    frame: FloatArray
    upper: FloatArray
    lower: FloatArray

    @property
    def half_width(self) -> float:
        return float(self.frame[4])

    @property
    def opening(self) -> float:
        """The largest distance between the curves, in pixels."""
        return float((self.upper - self.lower).max()) * self.half_width


def slit(points: FloatArray, rows: tuple[int, tuple[int, ...], tuple[int, ...], int]) -> Slit:
    """The opening that landmarks outline.

    Args:
        points: L x 2 pixels.
        rows: which landmarks, as EYE_LEFT.
    """
    from scipy.interpolate import PchipInterpolator

    first, last = (points[rows[0], :2].astype(np.float64), points[rows[3], :2].astype(np.float64))
    origin = (first + last) / 2
    half = max(float(np.linalg.norm(last - first)) / 2, 1e-3)
    along = (last - first) / (2 * half)
    up = np.array([along[1], -along[0]])
    at = np.linspace(-1.0, 1.0, SAMPLES)
    curves = []
    for row in rows[1:3]:
        offset = points[list(row), :2] - origin
        a = np.concatenate([[-1.0], offset @ along / half, [1.0]])
        b = np.concatenate([[0.0], offset @ up / half, [0.0]])
        # Landmarks that overtake one another would fold the curve; keep them in order.
        a = np.clip(a, -1.0, 1.0)
        a = np.maximum.accumulate(a) + np.arange(len(a)) * 1e-6
        curves.append(_rounded(PchipInterpolator(a, b)(np.minimum(at, a[-1]))))
    upper, lower = curves
    middle = (upper + lower) / 2
    upper, lower = np.maximum(upper, middle), np.minimum(lower, middle)
    return Slit(
        np.array([*origin, *along, half], np.float32), upper.astype(np.float32), lower.astype(np.float32)
    )


def _rounded(curve: FloatArray) -> FloatArray:
    """A curve without the kinks of its few landmarks; its ends stay."""
    from scipy.ndimage import gaussian_filter1d

    # Odd reflection about the ends keeps them where they are.
    count = 16
    before = 2 * curve[0] - curve[count:0:-1]
    after = 2 * curve[-1] - curve[-2 : -count - 2 : -1]
    return gaussian_filter1d(np.concatenate([before, curve, after]), 2.5)[count:-count]


def widened(opening: Slit, share: float) -> Slit:
    """The opening with its corners moved out by a share of its half width."""
    factor = 1.0 + share
    frame = opening.frame.copy()
    frame[4] *= factor
    at = np.linspace(-1.0, 1.0, SAMPLES)
    # Heights count in the new half width; the curves stretch along with the corners.
    edge = np.sqrt(np.clip(1.0 - at**2, 0.0, 1.0))
    lift = 0.5 * share * edge
    inner = np.clip(at * factor, -1.0, 1.0)
    upper = np.interp(0.5 * (at + inner), at, opening.upper) / factor
    lower = np.interp(0.5 * (at + inner), at, opening.lower) / factor
    return Slit(frame, (upper + lift * 0.2).astype(np.float32), (lower - lift * 0.2).astype(np.float32))


def inside(opening: Slit, width: int, height: int, margin: float = 0.0) -> np.ndarray:
    """H x W bool: pixels whose centres lie in the opening widened by `margin` pixels."""
    ox, oy, ux, uy, half = (float(value) for value in opening.frame)
    found = np.zeros((height, width), bool)
    reach = half * (1.0 + float(max(np.abs(opening.upper).max(), np.abs(opening.lower).max()))) + margin + 2.0
    left, right = max(int(ox - reach), 0), min(int(ox + reach) + 2, width)
    top, bottom = max(int(oy - reach), 0), min(int(oy + reach) + 2, height)
    if right <= left or bottom <= top:
        return found
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    a = ((x - ox) * ux + (y - oy) * uy) / half
    b = ((x - ox) * uy - (y - oy) * ux) / half
    at = np.linspace(-1.0, 1.0, SAMPLES)
    wide = margin / half
    found[top:bottom, left:right] = (
        (np.abs(a) <= 1 + wide)
        & (b <= np.interp(a, at, opening.upper) + wide)
        & (b >= np.interp(a, at, opening.lower) - wide)
    )
    return found


def beyond(polygon: FloatArray, points: FloatArray) -> FloatArray:
    """How far points (N x 2) lie inside a polygon (P x 2): N, negative outside."""
    found = np.empty(len(points), np.float32)
    _beyond(
        np.ascontiguousarray(polygon[:, :2], np.float64),
        np.ascontiguousarray(points[:, :2], np.float64),
        found,
    )
    return found


@njit(cache=True)
def _beyond(polygon, points, out):  # type: ignore[no-untyped-def]
    corners = polygon.shape[0]
    for i in range(points.shape[0]):
        x, y = points[i]
        least = np.inf
        odd = False
        for k in range(corners):
            ax, ay = polygon[k]
            bx, by = polygon[(k + 1) % corners]
            dx, dy = bx - ax, by - ay
            length = max(dx * dx + dy * dy, 1e-12)
            share = min(max(((x - ax) * dx + (y - ay) * dy) / length, 0.0), 1.0)
            px, py = x - ax - share * dx, y - ay - share * dy
            least = min(least, px * px + py * py)
            # Even-odd rule: edges crossed by a ray to the right.
            if (ay <= y) != (by <= y) and ax + (y - ay) / dy * dx > x:
                odd = not odd
        out[i] = math.sqrt(least) if odd else -math.sqrt(least)
