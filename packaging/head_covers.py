"""What stands behind and in front of drawn heads: backgrounds, patches, hands, glasses, hair."""

from __future__ import annotations

import cv2
import numpy as np

#: Landmarks around the eyes, of the brow's middle, and of the temples.
_EYES = ((33, 133, 159, 145), (263, 362, 386, 374))


def blobs(side: int, random: np.random.Generator, cells: tuple[int, ...] = (2, 5, 11, 37)) -> np.ndarray:
    """H x W x 3, smooth noise of several sizes about 0."""
    out = np.zeros((side, side, 3), np.float32)
    for count in cells:
        noise = random.random((count, count, 3), np.float32) - 0.5
        strength = np.float32(random.uniform(0, 0.6))
        out += cv2.resize(noise * strength, (side, side), interpolation=cv2.INTER_CUBIC)
    return out


def background(side: int, photos: list[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """H x W x 3 in 0..1: blobs of several sizes, or part of a photograph upside down."""
    kind = random.random()
    if kind < 0.4:
        photo = photos[int(random.integers(len(photos)))]
        cut = int(random.integers(60, 256))
        row, column = (int(random.integers(0, 257 - cut)) for _ in range(2))
        part = photo[row : row + cut, column : column + cut]
        part = cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR)
        if random.random() < 0.5:
            part = cv2.GaussianBlur(part, (0, 0), random.uniform(1, 6))
        gain = np.exp(random.normal(size=3) * 0.3).astype(np.float32)
        return np.clip(part[:, :: random.choice([-1, 1])] * gain, 0, 1)
    if kind < 0.55:
        return np.clip(random.random(3) + 0.1 * blobs(side, random, (2, 3)), 0, 1)
    return np.clip(random.random(3) + blobs(side, random), 0, 1)


def covered(
    picture: np.ndarray, points: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The picture with something over part of the face, and which landmarks (468 x 2) it hides (468 bool)."""
    side = picture.shape[0]
    mask = np.zeros((side, side), np.uint8)
    colour = random.random(3)
    kind = random.choice(5, p=[0.42, 0.2, 0.12, 0.14, 0.12])
    low, high = points.min(axis=0), points.max(axis=0)
    if kind == 0:
        size = (high - low) * random.uniform(0.3, 0.75, 2)
        corner = low + (high - low - size) * random.uniform(-0.15, 1.15, 2)
        left, top, right, bottom = (int(v) for v in (*corner, *(corner + size)))
        mask[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 1
    elif kind == 1:
        middle, reach = low + (high - low) * random.random(2), (high - low) * random.uniform(0.15, 0.45, 2)
        if random.random() < 0.5:
            axes = tuple(int(value) + 1 for value in reach)
            cv2.ellipse(mask, tuple(int(v) for v in middle), axes, random.uniform(0, 180), 0, 360, 1, -1)
        else:
            corners = middle + reach * random.uniform(-1.3, 1.3, (6, 2))
            cv2.fillConvexPoly(mask, cv2.convexHull(corners.astype(np.int32)), 1)
    elif kind == 2:
        _hand(mask, low, high, random)
        colour = np.array([0.85, 0.62, 0.5]) * random.uniform(0.3, 1.1) + random.normal(size=3) * 0.03
    elif kind == 3:
        _glasses(mask, points, random)
        colour = colour * random.uniform(0.1, 1.0)
    else:
        _strands(mask, low, high, random)
        colour = colour * 0.5 * random.random()
    texture = blobs(side, random, (4, 9, 33)) * random.uniform(0, 0.6)
    if random.random() < 0.5:
        texture = texture + random.standard_normal((side, side, 1), np.float32) * random.uniform(0, 0.12)
    cover = np.clip(colour + texture, 0, 1).astype(np.float32)
    soft = mask.astype(np.float32)
    if random.random() < 0.5:
        soft = cv2.GaussianBlur(soft, (0, 0), random.uniform(0.4, 1.2))
    shown = picture + soft[..., None] * (cover - picture)
    column = np.clip(points[:, 0].astype(int), 0, side - 1)
    row = np.clip(points[:, 1].astype(int), 0, side - 1)
    return shown.astype(np.float32), mask[row, column] > 0


def _hand(mask: np.ndarray, low: np.ndarray, high: np.ndarray, random: np.random.Generator) -> None:
    """A palm with some fingers, from any side."""
    size = float((high - low).max())
    palm = low + (high - low) * random.uniform(-0.2, 1.2, 2)
    cv2.circle(mask, tuple(int(v) for v in palm), int(size * random.uniform(0.12, 0.22)), 1, -1)
    ahead = float(random.uniform(0, 2 * np.pi))
    for finger in range(int(random.integers(1, 5))):
        angle = ahead + 0.28 * finger
        tip = palm + size * random.uniform(0.3, 0.6) * np.array([np.cos(angle), np.sin(angle)])
        thick = max(int(size * random.uniform(0.05, 0.09)), 1)
        cv2.line(mask, tuple(int(v) for v in palm), tuple(int(v) for v in tip), 1, thick)


def _glasses(mask: np.ndarray, points: np.ndarray, random: np.random.Generator) -> None:
    """Two rims and a bridge; sometimes dark to the rims."""
    middles = [points[list(rows)].mean(axis=0) for rows in _EYES]
    wide = max(float(np.linalg.norm(middles[1] - middles[0])), 4.0)
    dark = random.random() < 0.4
    thick = -1 if dark else max(int(wide * random.uniform(0.02, 0.08)), 1)
    tall = random.uniform(0.25, 0.4)
    for middle, rows in zip(middles, _EYES, strict=True):
        across = 1.9 * float(np.linalg.norm(points[rows[0]] - points[rows[1]])) / 2 + 1
        axes = (int(across * random.uniform(0.9, 1.1)), int(wide * tall) + 1)
        cv2.ellipse(mask, tuple(int(v) for v in middle), axes, 0, 0, 360, 1, thick)
    inner = [points[133], points[362]]
    cv2.line(mask, *(tuple(int(v) for v in point) for point in inner), 1, max(thick, 1))


def _strands(mask: np.ndarray, low: np.ndarray, high: np.ndarray, random: np.random.Generator) -> None:
    """Hair that hangs over a side of the face or the forehead."""
    size = high - low
    for _ in range(int(random.integers(1, 3))):
        side = random.choice([0.0, 1.0])
        start = low + size * [side + random.normal() * 0.25, -0.25]
        end = low + size * [side + random.normal() * 0.12, random.uniform(0.1, 1.2)]
        bend = (start + end) / 2 + size * [random.normal() * 0.1, 0.0]
        t = np.linspace(0, 1, 12)[:, None]
        curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        thick = max(int(size[0] * random.uniform(0.08, 0.3)), 1)
        cv2.polylines(mask, [curve.astype(np.int32)], False, 1, thick)
