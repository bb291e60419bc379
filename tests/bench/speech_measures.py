"""How well a moving mouth fits a real one: the measures of the speech benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.voice.phones import SILENCE, Phone
from tests.bench.speech_material import CORNERS, FPS, LOWER, UPPER, Clip

#: A mouth is closed below this share of its own wide opening (95th percentile).
CLOSED = 0.30
OPEN_VOWELS = ("AA", "AE", "AO", "AY", "AW", "EH")
ROUNDED = ("UW", "OW", "W")
#: One frame of the videos, in steps.
_LAG = 4


@dataclass(frozen=True)
class Score:
    """Of one system on one clip.

    Attributes:
        r: correlation of the opening, at the best lag within one frame.
        closed: share of p, b, m at which the lips close within 50 ms.
        false: share of open vowels at which they close.
        rounding: area under the curve, rounded sounds against the others, by the mouth's width.
        jitter: in pauses, what is above 5 Hz, in % of the opening's range.
        chatter: the same in speech.
        speed, size: mean speed, and spread, over the real face's.
    """

    r: float
    closed: float
    false: float
    rounding: float
    jitter: float
    chatter: float
    speed: float
    size: float


def mean_score(scores: list[Score]) -> Score:
    names = Score.__dataclass_fields__
    return Score(**{name: float(np.nanmean([getattr(score, name) for score in scores])) for name in names})


@cache
def _lip_points() -> dict[int, tuple[FloatArray, FloatArray]]:
    """Landmark -> (3 metres at rest, 52 x 3 metres for coefficients of 1) on the average head."""
    from nodes.head._model import CARD, load_head_model
    from nodes.sdk import Context

    model = Context().model(CARD, load_head_model)
    points = {}
    for number in (*UPPER, *LOWER, *CORNERS):
        corner, weight = model.landmark_triangles[number], model.landmark_weights[number]
        rest = (model.mean[corner] * weight[:, None]).sum(axis=0)
        points[number] = (rest, (model.expression[:, corner] * weight[None, :, None]).sum(axis=1))
    return points


def measured(coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Opening and width, as of the videos, of the average head that moves by T x 52 coefficients.

    The head's landmarks stand a little apart where its lips touch; that is taken off.
    """
    points = _lip_points()

    def moved(number: int) -> FloatArray:
        rest, change = points[number]
        return rest + coefficients @ change

    pairs = list(zip(UPPER, LOWER, strict=True))
    touching = np.mean([points[a][0][1] - points[b][0][1] for a, b in pairs])
    gap = np.mean([(moved(a) - moved(b))[:, 1] for a, b in pairs], axis=0)
    width = np.linalg.norm(moved(CORNERS[0]) - moved(CORNERS[1]), axis=1)
    return np.maximum(gap - touching, 0.0) / width, width / width.mean()


def score(opening: FloatArray, width: FloatArray, clip: Clip) -> Score:
    """Judge an opening and a mouth's width at FPS against a clip's."""
    count = min(len(opening), len(clip.opening))
    own, real = np.asarray(opening[:count], np.float64), clip.opening[:count].astype(np.float64)
    phones = [phone for phone in clip.phones if phone.end * FPS < count - 2]
    wide = np.percentile(own, 95)
    fast = _above_5_hz(own)
    pause = pauses(phones, count)
    span = max(float(np.ptp(np.percentile(own, [2, 98]))), 1e-9)

    def low(start: float, end: float) -> float:
        return float(own[max(int(start * FPS), 0) : int(end * FPS) + 1].min() / max(wide, 1e-9))

    return Score(
        r=_correlation(own, real),
        closed=_share(low(p.start - 0.05, p.end + 0.05) < CLOSED for p in phones if p.symbol in "PBM"),
        false=_share(
            low(0.7 * p.start + 0.3 * p.end, 0.3 * p.start + 0.7 * p.end) < CLOSED
            for p in phones
            if p.symbol in OPEN_VOWELS
        ),
        rounding=rounding(width, phones),
        jitter=100 * _size(fast[pause]) / span if pause.sum() > 20 else float("nan"),
        chatter=100 * _size(fast[~pause]) / span,
        speed=float(np.abs(np.diff(own)).mean() / np.abs(np.diff(real)).mean()),
        size=float(own.std() / real.std()),
    )


def _share(hits: Any) -> float:
    found = list(hits)
    return float(np.mean(found)) if found else float("nan")


def _size(values: FloatArray) -> float:
    return float(np.sqrt((values**2).mean()))


def _correlation(own: FloatArray, real: FloatArray) -> float:
    best = -1.0
    if own.std() < 1e-9:
        return 0.0
    for lag in range(-_LAG, _LAG + 1):
        a = own[max(lag, 0) : len(own) + min(lag, 0)]
        b = real[max(-lag, 0) : len(real) + min(-lag, 0)]
        best = max(best, float(np.corrcoef(a, b)[0, 1]))
    return best


def _above_5_hz(values: FloatArray) -> FloatArray:
    from scipy.signal import butter, sosfiltfilt

    return np.asarray(sosfiltfilt(butter(4, 5.0, "high", fs=FPS, output="sos"), values))


def pauses(phones: list[Phone], count: int) -> np.ndarray:
    """T bool: silence, 70 ms and more from any sound."""
    quiet = np.ones(count, bool)
    for phone in phones:
        if phone.symbol != SILENCE:
            quiet[max(int((phone.start - 0.07) * FPS), 0) : int((phone.end + 0.07) * FPS) + 1] = False
    return quiet


def rounding(width: FloatArray, phones: list[Phone]) -> float:
    """How well a narrow mouth tells rounded sounds from others: 0.5 not at all, 1 always."""
    means = [
        (
            p.symbol in ROUNDED,
            float(width[int(p.start * FPS) : max(int(p.end * FPS), int(p.start * FPS) + 1)].mean()),
        )
        for p in phones
        if p.symbol != SILENCE
    ]
    narrow = np.array([value for rounded, value in means if rounded])
    other = np.array([value for rounded, value in means if not rounded])
    wins = (narrow[:, None] < other[None]).mean() + 0.5 * (narrow[:, None] == other[None]).mean()
    return float(wins)
