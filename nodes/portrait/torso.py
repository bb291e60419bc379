"""What of a person lies below the head: told apart by colour, and guessed where hair hides it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.head._fit import eye_distance
from nodes.sdk.values import PARSING_CLASSES, HeadState
from nodes.sdk.values.arrays import ByteArray, FloatArray

_HAIR = (PARSING_CLASSES.index("hair"),)
_NECK = tuple(PARSING_CLASSES.index(name) for name in ("neck", "necklace"))
#: What may lie before a neck: all but background and clothes.
_BEFORE = tuple(
    n for n in range(1, len(PARSING_CLASSES)) if n not in (*_NECK, PARSING_CLASSES.index("cloth"))
)
_SKIN = tuple(PARSING_CLASSES.index(name) for name in ("skin", "nose", "neck"))
#: Squared deviations beyond which a colour is like nothing known.
_FAR = 25.0
#: Differences of lightness and colour that tell nothing.
_TELLING = (0.05, 0.015, 0.015)
#: In eye distances below the chin: where the line of the shoulders leaves the neck, where it ends when
#: no shoulder is seen, and over which way outwards it falls.
_NAPE, _SHOULDER, _SLOPE = 0.40, 1.40, 0.45
#: So far above the chin, in eye distances, a neck goes on behind it.
_UP_NECK = 0.75
#: How far inside the corners of the jaw the sides of a neck lie.
_NARROWER = 0.07


def like_skin_or_hair(
    picture: FloatArray, labels: ByteArray, where: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two N bool: which pixels of a place have the colour of the skin, or of the hair, of a parsed picture.

    Args:
        picture: H x W x 3, sRGB. labels: H x W, numbers of PARSING_CLASSES. where: H x W bool, N True.

    Distances to one normal distribution each, of lightness and two differences of colour; the
    nearer one counts, and far from both is neither. Both are empty when there is too little of either.
    """
    space = _opponent(picture[where])
    found: list[FloatArray] = []
    for kind in (_SKIN, _HAIR):
        own = picture[np.isin(labels, kind)]
        own = _opponent(own[:: max(1, len(own) // 4000)])
        if len(own) < 60:
            return np.zeros(len(space), bool), np.zeros(len(space), bool)
        middle = np.median(own, axis=0)
        spread = np.maximum(1.4826 * np.median(np.abs(own - middle), axis=0), _TELLING)
        found.append((((space - middle) / spread) ** 2).sum(axis=1))
    skin, hair = found
    return (skin < hair) & (skin < _FAR), (hair <= skin) & (hair < _FAR)


def _opponent(colours: FloatArray) -> FloatArray:
    red, green, blue = colours.T
    light = (red + green + blue) / 3.0
    return np.column_stack([light, red - green, 0.5 * (red + green) - blue]).astype(np.float32)


def neck_sides(fit: HeadState, kinds: ByteArray) -> tuple[float, float]:
    """Columns between which the neck of a fitted head lies, left and right in the picture.

    Args:
        fit: the head in the picture. kinds: H x W, numbers of PARSING_CLASSES, nothing of a person open.

    Where background or clothes border on the neck they tell; hair hides it, and then the jaw does.
    """
    unit = eye_distance(fit.landmarks)
    low, high = (float(value) for value in np.sort(fit.landmarks[[172, 397], 0]))
    inwards = min(_NARROWER * unit, 0.2 * (high - low))
    low, high = low + inwards, high - inwards
    chin = float(fit.landmarks[152, 1])
    rows = kinds[max(round(chin - 0.15 * unit), 0) : max(round(chin + 0.25 * unit), 0)]
    necks = np.isin(rows, _NECK)
    for row in np.nonzero(necks.sum(axis=1) > 0.4 * unit)[0]:
        columns = np.flatnonzero(necks[row])
        left, right = columns[0], columns[-1]
        beside = (rows[row, max(left - 2, 0)], rows[row, min(right + 2, rows.shape[1] - 1)])
        # Hair and jaw before a neck say that it goes on behind them.
        if beside[0] not in _BEFORE:
            low = max(low, float(left))
        if beside[1] not in _BEFORE:
            high = min(high, float(right) + 1.0)
    return low, max(high, low + 1.0)


def neck_column(fit: HeadState, sides: tuple[float, float]) -> np.ndarray:
    """H x W bool, between the sides of the neck, from somewhat above the jaw down to the border."""
    low, high = sides
    columns = np.arange(fit.camera.width) + 0.5
    rows = np.arange(fit.camera.height) + 0.5
    top = float(fit.landmarks[[172, 397], 1].mean()) - 0.1 * eye_distance(fit.landmarks)
    return np.asarray(((columns > low) & (columns < high))[None, :] & (rows > top)[:, None])


def hidden_torso(fit: HeadState, body: np.ndarray, sides: tuple[float, float]) -> np.ndarray:
    """H x W bool, where shoulders and neck must lie, seen or not.

    Args:
        fit: the head in the picture. body: H x W bool, what is seen of neck, skin and clothes.
        sides: as of `neck_sides`.

    From the neck the line of the shoulders falls outwards, ever flatter, to the height at which
    shoulders are seen on that side, or to a usual one.
    """
    unit = eye_distance(fit.landmarks)
    height, width = body.shape
    chin = float(fit.landmarks[152, 1])
    low, high = sides
    columns = np.arange(width) + 0.5
    line = np.full(width, np.inf, np.float32)
    line[(columns >= low) & (columns <= high)] = chin - _UP_NECK * unit
    seen = body.any(axis=0)
    tops = np.where(seen, body.argmax(axis=0), height).astype(np.float32)
    away = np.maximum(low - columns, columns - high) / unit
    outwards = (columns < low, columns > high)
    heights = [_shoulder_height(tops[side], away[side], height, unit) for side in outwards]
    for side, own, other in zip(outwards, heights, heights[::-1], strict=True):
        # Hair that hides one shoulder may show the other.
        shoulder = min(own, other if np.isinf(own) else own, chin + _SHOULDER * unit)
        nape = min(chin + _NAPE * unit, shoulder - 0.25 * unit)
        line[side] = nape + (shoulder - nape) * (1.0 - np.exp(-away[side] / _SLOPE))
    rows = np.arange(height)[:, None] + 0.5
    return np.asarray(rows > line[None, :])


def _shoulder_height(tops: FloatArray, away: FloatArray, height: int, unit: float) -> float:
    """The row at which a shoulder is seen on one side; endless when none is."""
    outer = (away > 0.5) & (away < 2.5) & (tops < height - 2)
    if outer.sum() < 0.06 * unit:
        return float("inf")
    # The inner end of what is seen tells most.
    inner = np.argsort(away[outer])[: max(3, round(0.4 * unit))]
    return float(np.median(tops[outer][inner]))


def rounded_shade(fit: HeadState, away: FloatArray, sides: tuple[float, float]) -> FloatArray:
    """H x W x 3, the shade that a neck has of its own roundness and of the chin above it, warm as skin's.

    Args:
        fit: the head in the picture. away: H x W, eye distances below the jaw.
        sides: as of `neck_sides`.
    """
    low, high = sides
    columns = np.arange(fit.camera.width) + 0.5
    across: Any = np.clip(np.abs(columns - 0.5 * (low + high)) / max(0.5 * (high - low), 1.0), 0.0, 1.1)
    side = 1.0 - 0.13 * across**3
    under = 1.0 - 0.10 * np.clip(1.0 - away / 0.5, 0.0, 1.0)
    shade: FloatArray = (side[None, :] * under).astype(np.float32)
    return shade[..., None] ** np.array([0.8, 1.1, 1.2], np.float32)
