"""What the mouth does for each phone, and how neighbours blend.

Openings are means measured on real speech (shares of the speaker's wide opening): the mouth is
nearly evenly open, with dips at labials and rounded sounds. Blending follows Cohen and Massaro 1993,
"Modeling Coarticulation in Synthetic Visual Speech": every phone pulls with a dominance that falls
off with time; labials pull hardest and shortest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nodes.raster.ramps import smooth_step
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.phones import INDEX, SILENCE, SYMBOLS, VOWELS, Phone, per_frame, trust_per_frame

#: Steps a second in which the mouth is worked out.
RATE = 100.0


class Viseme(NamedTuple):
    """What one phone asks of the mouth; shares of the most there is.

    Attributes:
        opening: gap between the lips.
        jaw: how far down the jaw wants to be.
        pucker: lips drawn together and forward.
        funnel: lips forward and open, like a horn.
        spread: corners drawn apart.
        press: lips pressed on each other.
        bite: lower lip under the upper teeth.
        teeth: lips drawn off the teeth.
        tongue: tip of the tongue between the teeth.
    """

    opening: float
    jaw: float
    pucker: float = 0.0
    funnel: float = 0.0
    spread: float = 0.0
    press: float = 0.0
    bite: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0


CHANNELS = Viseme._fields

_V = Viseme
# fmt: off
VISEMES: dict[str, Viseme] = {
    "SIL": _V(0.45, 0.40),
    "P": _V(0.05, 0.50, press=0.8), "B": _V(0.05, 0.50, press=0.7), "M": _V(0.05, 0.48, press=0.6),
    "F": _V(0.36, 0.42, bite=1.0), "V": _V(0.38, 0.45, bite=0.9),
    "W": _V(0.36, 0.46, pucker=1.0, funnel=0.25), "UW": _V(0.38, 0.46, pucker=0.9, funnel=0.3),
    "OW": _V(0.62, 0.62, pucker=0.6, funnel=0.45), "UH": _V(0.60, 0.58, pucker=0.3, funnel=0.25),
    "OY": _V(0.62, 0.66, pucker=0.45, funnel=0.4), "AO": _V(0.70, 0.74, pucker=0.15, funnel=0.4),
    "R": _V(0.49, 0.50, pucker=0.35, funnel=0.2), "ER": _V(0.62, 0.55, pucker=0.2, funnel=0.2),
    "SH": _V(0.68, 0.50, pucker=0.15, funnel=0.5, teeth=0.5),
    "ZH": _V(0.68, 0.50, pucker=0.15, funnel=0.5, teeth=0.5),
    "CH": _V(0.66, 0.50, pucker=0.12, funnel=0.45, teeth=0.5),
    "JH": _V(0.68, 0.50, pucker=0.12, funnel=0.45, teeth=0.5),
    "AA": _V(0.85, 0.95), "AE": _V(0.94, 0.92, spread=0.25, teeth=0.3),
    "AY": _V(0.85, 0.88, spread=0.15), "AW": _V(0.80, 0.86, pucker=0.15, funnel=0.2),
    "EH": _V(0.78, 0.74, spread=0.2, teeth=0.25), "EY": _V(0.76, 0.68, spread=0.3, teeth=0.35),
    "AH": _V(0.66, 0.64), "IH": _V(0.66, 0.55, spread=0.2, teeth=0.3),
    "IY": _V(0.66, 0.48, spread=0.5, teeth=0.5),
    "T": _V(0.70, 0.50, teeth=0.35), "D": _V(0.70, 0.52, teeth=0.35), "N": _V(0.70, 0.54, teeth=0.25),
    "L": _V(0.72, 0.58, tongue=0.12, teeth=0.2), "S": _V(0.68, 0.42, spread=0.2, teeth=0.6),
    "Z": _V(0.66, 0.44, spread=0.18, teeth=0.55), "TH": _V(0.64, 0.50, tongue=0.55, teeth=0.3),
    "DH": _V(0.68, 0.52, tongue=0.4, teeth=0.25), "K": _V(0.70, 0.58), "G": _V(0.70, 0.60),
    "NG": _V(0.68, 0.56), "HH": _V(0.70, 0.62), "Y": _V(0.68, 0.48, spread=0.35, teeth=0.3),
}
# fmt: on
TABLE: FloatArray = np.array([VISEMES[symbol] for symbol in SYMBOLS], np.float32)

#: Phone -> (seconds over which it pulls, how hard); vowels pull with 1, other consonants with 0.8.
_PULL = {
    **dict.fromkeys("PBM", (0.016, 4.0)),
    **dict.fromkeys("FV", (0.025, 3.0)),
    "W": (0.040, 2.0),
    "UW": (0.040, 1.5),
    "OW": (0.040, 1.0),
    "R": (0.040, 1.2),
}
_COMMON = 0.040
#: The power that likelihoods are raised to; networks trained with smoothed labels say too little.
_SHARPNESS = 1.5
#: Pauses up to this long keep the mouth in between; longer ones let it go to rest.
PAUSE = 1.0
_REST = Viseme(0.10, 0.06)


def mouth_tracks(
    phones: Sequence[Phone],
    count: int,
    *,
    smoothness: float = 1.0,
    likely: FloatArray | None = None,
    heard: bool = False,
) -> FloatArray:
    """The channels of Viseme over time: count x 9 at RATE, shares.

    Args:
        phones: with times in seconds; what they leave out is silence.
        count: how many steps.
        smoothness: scales the time over which phones blend.
        likely: count x phones (SYMBOLS), how likely the sound makes each; where the phones are
            unsure it has a say, so that a doubtful closure closes by half.
        heard: the phones are only the row that `likely` makes likeliest; then it speaks alone.
    """
    numbers = per_frame(phones, count, RATE)
    shares = np.zeros((count, len(SYMBOLS)), np.float32)
    shares[np.arange(count), numbers] = 1.0
    if likely is not None:
        trust = 0.0 if heard else trust_per_frame(phones, count, RATE)[:, None]
        shares = trust * shares + (1.0 - trust) * sharpened(likely[:count])
    rest = np.zeros(count, np.float32)
    for first, last in silences(numbers):
        if (last - first) / RATE > PAUSE:
            # Ease into rest, and open again a little before the next sound.
            rest[first:last] = _ease(last - first, first == 0, last == count)
    return blended(shares, rest, smoothness)


def sharpened(likely: FloatArray) -> FloatArray:
    """Likelihoods (T x phones) that lean further to the likeliest: the networks are made to doubt."""
    raised = likely**_SHARPNESS
    return np.asarray(raised / np.maximum(raised.sum(axis=1, keepdims=True), 1e-9), np.float32)


def blended(shares: FloatArray, rest: FloatArray, smoothness: float = 1.0) -> FloatArray:
    """Visemes blended by dominance: T x 9.

    Args:
        shares: T x phones, how much of each phone there is.
        rest: T, 0..1, how much of the silence is rest.
        smoothness: scales the time over which phones blend.
    """
    from scipy.ndimage import gaussian_filter1d

    total = np.zeros((len(shares), len(CHANNELS)), np.float64)
    weight = np.full((len(shares), 1), 1e-6)
    groups: dict[float, list[tuple[int, float]]] = {}
    for symbol, number in INDEX.items():
        reach, pull = _PULL.get(symbol, (_COMMON, 1.0 if symbol in VOWELS else 0.8))
        groups.setdefault(reach, []).append((number, pull))
    idle = INDEX[SILENCE]
    for reach, members in groups.items():
        numbers = [number for number, _ in members]
        pulls = shares[:, numbers] * np.array([pull for _, pull in members], np.float32)
        targets = pulls @ TABLE[numbers]
        if idle in numbers:
            targets += (rest * pulls[:, numbers.index(idle)])[:, None] * (np.array(_REST) - TABLE[idle])
        sigma = max(reach * RATE * smoothness, 0.3)
        total += gaussian_filter1d(targets, sigma, axis=0, mode="nearest", truncate=5.0)
        summed = pulls.sum(axis=1, keepdims=True)
        weight += gaussian_filter1d(summed, sigma, axis=0, mode="nearest", truncate=5.0)
    return (total / weight).astype(np.float32)


def silences(numbers: np.ndarray) -> list[tuple[int, int]]:
    """(first, past the last) of every run of silence."""
    quiet = np.concatenate([[False], numbers == INDEX[SILENCE], [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _ease(count: int, from_start: bool, to_end: bool) -> FloatArray:
    """0..1 over a pause: how much the mouth is at rest."""
    steps = np.arange(count) + 0.5
    closing = np.ones(count) if from_start else np.clip((steps - 0.06 * RATE) / (0.28 * RATE), 0, 1)
    opening = np.ones(count) if to_end else np.clip((count - steps) / (0.18 * RATE), 0, 1)
    return smooth_step(np.minimum(closing, opening)).astype(np.float32)
