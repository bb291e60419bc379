"""From what the mouth does to the 52 coefficients: jaw, lips and tongue apart.

The gap between the lips is counted in millimetres on an average head, so that the jaw may follow
slowly while the lips close in time: what the jaw opens too far the lips take back (mouthClose).
"""

from __future__ import annotations

import numpy as np

from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.visemes import CHANNELS, RATE

#: Millimetres by which a coefficient of 1 changes the mean gap of the inner lips, on the average head.
GAP = {
    "jawOpen": 28.5, "mouthClose": -28.7, "mouthFunnel": 7.9, "mouthPucker": -0.3, "mouthRollLower": -2.0,
    "mouthRollUpper": -3.5, "mouthShrugLower": -3.7, "mouthShrugUpper": 3.9, "mouthLowerDownLeft": 2.1,
    "mouthLowerDownRight": 2.1, "mouthUpperUpLeft": 2.4, "mouthUpperUpRight": 2.4, "mouthPressLeft": -1.1,
    "mouthPressRight": -1.1, "mouthSmileLeft": -1.3, "mouthSmileRight": -1.3,
}  # fmt: skip
#: A wide opening in speech, in millimetres.
WIDE = 12.5
#: Openings are spread around their middle, for a mean of many people moves less than any of them.
_MIDDLE, _SPREAD = 0.62, 1.6
_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
_EFFECT = np.array([GAP.get(name, 0.0) for name in ARKIT_NAMES], np.float32)


def lip_gap(coefficients: FloatArray) -> FloatArray:
    """The gap between the lips beyond rest that coefficients (T x 52) make: T millimetres."""
    return np.asarray(coefficients @ _EFFECT, np.float32)


def coefficients_of(
    tracks: FloatArray,
    *,
    intensity: float = 1.0,
    jaw: float = 1.0,
    lips: float = 1.0,
    tongue: float = 1.0,
    emphasis: FloatArray | None = None,
) -> FloatArray:
    """The coefficients that form the mouth of `mouth_tracks`.

    Args:
        tracks: T x 9 at RATE, the channels of Viseme.
        intensity: scales how far everything goes.
        jaw, lips, tongue: scale each of them apart; the gap between the lips stays as it should be
            as long as lips or jaw can make it.
        emphasis: T, added to the opening where a voice is louder or quieter than usual.

    Returns:
        T x 52 in 0..1.
    """
    channel = {name: tracks[:, number] for number, name in enumerate(CHANNELS)}
    # What the lips do by themselves is gone where they touch.
    opening = _MIDDLE + _SPREAD * (channel["opening"] - _MIDDLE)
    if emphasis is not None:
        opening = opening + emphasis * np.clip(channel["opening"] / 0.4, 0.0, 1.0)
    gap = np.maximum(opening, 0.0) * WIDE * intensity
    result = np.zeros((len(tracks), 52), np.float32)
    shape = lips * (0.5 + 0.5 * intensity)

    def put(names: str, values: FloatArray) -> None:
        for name in names.split():
            result[:, _INDEX[name]] = np.clip(values, 0.0, 1.0)

    put("mouthPucker", 0.85 * shape * channel["pucker"])
    put("mouthFunnel", 0.75 * shape * channel["funnel"])
    put("mouthStretchLeft mouthStretchRight", 0.45 * shape * channel["spread"])
    put("mouthSmileLeft mouthSmileRight", 0.15 * shape * channel["spread"])
    put("mouthPressLeft mouthPressRight", 0.35 * shape * channel["press"])
    put("mouthRollUpper", 0.15 * shape * channel["press"])
    put("mouthRollLower", shape * (0.15 * channel["press"] + 0.55 * channel["bite"]))
    put("mouthUpperUpLeft mouthUpperUpRight", shape * (0.30 * channel["teeth"] + 0.25 * channel["bite"]))
    put("mouthLowerDownLeft mouthLowerDownRight", 0.45 * shape * channel["teeth"])
    put("tongueOut", 0.5 * tongue * channel["tongue"])
    return with_gap(result, gap, jaw * _jaw(channel["jaw"], gap, intensity))


def _jaw(wanted: FloatArray, gap: FloatArray, intensity: float) -> FloatArray:
    """The jaw's own, slower way: T in coefficients of jawOpen."""
    from scipy.ndimage import gaussian_filter1d

    free = np.maximum(_MIDDLE + _SPREAD * (wanted - _MIDDLE), 0.03) * WIDE * intensity / GAP["jawOpen"]
    slow = gaussian_filter1d(free, 0.045 * RATE, mode="nearest")
    # The jaw never hangs far below what the lips show.
    room = gaussian_filter1d(gap, 0.05 * RATE, mode="nearest") / GAP["jawOpen"]
    return np.asarray(np.minimum(slow, room + 0.12), np.float32)


def with_gap(coefficients: FloatArray, gap: FloatArray, jaw: FloatArray) -> FloatArray:
    """Coefficients whose lips are `gap` millimetres apart: first by the jaw, then by closing the lips.

    Args:
        coefficients: T x 52 without jawOpen and mouthClose.
        gap: T millimetres, 0 touches.
        jaw: T, the jawOpen that is wished for.
    """
    result = coefficients.copy()
    others = lip_gap(result)
    result[:, _INDEX["jawOpen"]] = np.clip(jaw, 0.0, 1.0)
    over = others + GAP["jawOpen"] * result[:, _INDEX["jawOpen"]] - gap
    # Lips cannot be pulled down by closing: what is missing the jaw has to open.
    result[:, _INDEX["jawOpen"]] += np.clip(-over, 0.0, None) / GAP["jawOpen"]
    close = np.clip(over, 0.0, None) / -GAP["mouthClose"]
    # Closing beyond the jaw would push the lips through each other.
    result[:, _INDEX["mouthClose"]] = np.minimum(close, result[:, _INDEX["jawOpen"]] + 0.08)
    return np.clip(result, 0.0, 1.0)
