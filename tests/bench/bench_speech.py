"""Speech to motion against real faces, beside loudness, a table of phones, and the real face itself.

The product's networks heard synthesised speech only and its openings are published means. What was
left to taste (how far the mouth goes, how lazily, how it follows loudness) is chosen here on one clip
and scored on the other two, in rotation; the rows "as shipped" score the product's own values on all
three.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import nan
from typing import Protocol

import numpy as np

from nodes.sdk import Context
from nodes.sdk.models import find
from nodes.sdk.values.arrays import FloatArray
from nodes.voice import hearing, sphinx
from nodes.voice.live import DELAY, followed
from nodes.voice.phones import SILENCE, per_frame
from nodes.voice.sound_features import loudness
from nodes.voice.style import distance, style_of, styled
from nodes.voice.talking import motion_of, mouth_of
from nodes.voice.visemes import TABLE
from tests.bench.speech_material import FPS, WORDS, Clip, clips
from tests.bench.speech_measures import Score, mean_score, measured, score
from tests.bench.table import Row

System = Callable[[Clip], tuple[FloatArray, FloatArray]]


class Mouth(Protocol):
    """A system whose mouth takes intensity, smoothness and loudness."""

    def __call__(self, clip: Clip, **taste: float) -> tuple[FloatArray, FloatArray]: ...


def rows() -> list[Row]:
    from nodes.head._model import CARD

    if find(CARD) is None or find("face_landmarker") is None:
        return []
    found = clips()
    if not found:
        return []
    context = Context()
    real = _judge(found, lambda clip: (clip.opening, clip.width))
    by_loudness = _judge(found, _loudness)
    by_table = _judge(found, _table)
    beside = {"real face": real, "loudness": by_loudness, "phones through a table": by_table}
    result = []
    careful = find("whisper_tiny") is not None
    if careful:
        heard = _heard(found, context, careful=True)
        result += _table_rows("sound only", _rotated(found, heard), beside, _SOUND_ONLY, note=_ROTATION)
        result += _table_rows("sound only, as shipped", _judge(found, heard), beside, _SOUND_ONLY)
    else:
        result.append(Row("speech, sound only: NOT MEASURED", nan, "", None, "higher", "", _NO_WHISPER))
    quick = _heard(found, context, careful=False)
    result += _table_rows("sound only, quick listening", _judge(found, quick), beside, {})
    given = _given(found)
    result += _table_rows("text known", _rotated(found, given), beside, _TEXT_KNOWN, note=_ROTATION)
    result += _table_rows("text known, as shipped", _judge(found, given), beside, _TEXT_KNOWN)
    spoken = [clip for clip in found if clip.name in WORDS]
    typed = _judge(spoken, _typed(spoken, context))
    result += _table_rows("text typed in words", typed, beside, {}, note="two clips; phones by alignment")
    return [
        *result,
        *_table_rows("live", _judge(found, _live), beside, {}),
        Row("speech, live: delay", 1000 * DELAY, "ms", 250.0, "lower"),
        *_speeds(found, context, careful),
        *_borders(found, context),
        *_styles(found),
        *_variety(found),
    ]


_ROTATION = "intensity, smoothness, loudness chosen on one clip, scored on the others, in rotation"
_NO_WHISPER = "the speech recogniser is not here: facewright models fetch whisper_tiny"
#: Measure -> (lowest, highest) promised; None where there is no such end.
_SOUND_ONLY = {
    "r": (0.52, None), "closed": (0.85, None), "false": (None, 0.05), "rounding": (0.88, None),
    "jitter": (None, 2.2), "chatter": (4.0, 6.5), "speed": (0.85, 1.15), "size": (0.8, 1.2),
}  # fmt: skip
_TEXT_KNOWN = _SOUND_ONLY | {
    "r": (0.60, None), "closed": (0.98, None), "false": (None, 0.01), "rounding": (0.95, None),
    "jitter": (None, 1.5),
}  # fmt: skip
_TITLES = {
    "r": ("r of the lip opening", ""),
    "closed": ("lips closed at p, b, m within 50 ms", ""),
    "false": ("lips closed at open vowels", ""),
    "rounding": ("rounding at uw, ow, w (AUC)", ""),
    "jitter": ("jitter in pauses", "% of range"),
    "chatter": ("above 5 Hz in speech", "% of range"),
    "speed": ("speed over the real face's", ""),
    "size": ("amplitude over the real face's", ""),
}


def _judge(found: list[Clip], system: System) -> Score:
    return mean_score([score(*system(clip), clip) for clip in found])


def _heard(found: list[Clip], context: Context, *, careful: bool) -> Mouth:
    heard = {clip.name: hearing.hear(clip.signal, "", context, careful=careful) for clip in found}

    def mouth(clip: Clip, **taste: float) -> tuple[FloatArray, FloatArray]:
        said = heard[clip.name]
        return measured(mouth_of(clip.signal, said.phones, said.likely, **taste))

    return mouth


def _given(found: list[Clip]) -> Mouth:
    return lambda clip, **taste: measured(mouth_of(clip.signal, clip.phones, **taste))


def _typed(found: list[Clip], context: Context) -> Mouth:
    """From the words alone: their phones are found in the sound by the product itself."""
    heard = {clip.name: hearing.hear(clip.signal, WORDS[clip.name], context).phones for clip in found}
    return lambda clip, **taste: measured(mouth_of(clip.signal, heard[clip.name], **taste))


#: What is chosen on the clip in training.
_TASTES = [
    {"intensity": intensity, "smoothness": smoothness, "loudness": loudness}
    for intensity in (0.85, 1.0, 1.15, 1.3)
    for smoothness in (0.8, 1.0, 1.25)
    for loudness in (0.0, 1.0)
]


def _rotated(found: list[Clip], mouth: Mouth) -> Score:
    """The mean score on clips other than the one that the taste was chosen on."""
    scores = {clip.name: [score(*mouth(clip, **taste), clip) for taste in _TASTES] for clip in found}
    kept = []
    for clip in found:
        best = int(np.argmin([_distance(own) for own in scores[clip.name]]))
        kept += [scores[other.name][best] for other in found if other is not clip]
    return mean_score(kept)


def _distance(own: Score) -> float:
    """How far a score is from a real mouth: one that moves as far and fast, and at the same moments."""
    return (1 - own.r) + abs(np.log(own.size)) + abs(np.log(own.speed)) + own.false + (1 - own.closed)


def _loudness(clip: Clip) -> tuple[FloatArray, FloatArray]:
    from scipy.ndimage import gaussian_filter1d

    level = gaussian_filter1d(np.exp(loudness(clip.signal)), 4.0)
    opening = level / np.percentile(level, 95) * np.percentile(clip.opening, 95)
    return opening, np.ones_like(opening)


def _live(clip: Clip) -> tuple[FloatArray, FloatArray]:
    """The sound in blocks of 20 ms, as from a microphone."""
    return measured(followed(clip.signal, {}))


def _table(clip: Clip) -> tuple[FloatArray, FloatArray]:
    """Recognised phones through the table of visemes, smoothed a little, and nothing else."""
    from scipy.ndimage import gaussian_filter1d

    numbers = per_frame(sphinx.phones_heard(clip.signal), len(clip.opening), FPS)
    tracks = gaussian_filter1d(TABLE[numbers], 3.0, axis=0)
    return tracks[:, 0] * np.percentile(clip.opening, 95), 1.0 - 0.2 * tracks[:, 2]


def _table_rows(
    title: str,
    own: Score,
    beside: dict[str, Score],
    limits: dict[str, tuple[float | None, float | None]],
    note: str = "",
) -> list[Row]:
    result = []
    for name, (what, unit) in _TITLES.items():
        value = getattr(own, name)
        others = "; ".join(f"{other} {getattr(found, name):.2f}" for other, found in beside.items())
        low, high = limits.get(name, (None, None))
        ends: list[tuple[float | None, bool]] = [(low, True), (high, False)]
        kept = [(limit, up) for limit, up in ends if limit is not None] or [
            (None, name in ("r", "closed", "rounding"))
        ]
        for limit, up in kept:
            result.append(
                Row(f"speech, {title}: {what}", value, unit, limit, "higher" if up else "lower", others, note)
            )
    return result


def _speeds(found: list[Clip], context: Context, careful: bool) -> list[Row]:
    """From the sound to the mouth, the best of three rounds."""

    def timed(clips: list[Clip], hear: Callable[[Clip], hearing.Heard]) -> float:
        best = np.inf
        for _ in range(3):
            started = time.perf_counter()
            for clip in clips:
                said = hear(clip)
                mouth_of(clip.signal, said.phones, said.likely)
            best = min(best, time.perf_counter() - started)
        return float(sum(len(clip.signal) for clip in clips) / 16000 / best)

    spoken = [clip for clip in found if clip.name in WORDS]
    ways: list[tuple[str, list[Clip], Callable[[Clip], hearing.Heard]]] = [
        ("sound only, quick listening", found, lambda clip: hearing.hear(clip.signal, "", context)),
        ("text known", spoken, lambda clip: hearing.hear(clip.signal, WORDS[clip.name], context)),
    ]
    if careful:
        ways.insert(
            0, ("sound only", found, lambda clip: hearing.hear(clip.signal, "", context, careful=True))
        )
    return [
        Row(f"speech, {name}: times real time", timed(clips, hear), "x", 25.0, "higher")
        for name, clips, hear in ways
    ]


def _borders(found: list[Clip], context: Context) -> list[Row]:
    """How many borders of phones a known text gives within 40 ms of the given ones."""
    hits = []
    for clip in found:
        if clip.name not in WORDS:
            continue
        heard = hearing.hear(clip.signal, WORDS[clip.name], context)
        own = [phone for phone in heard.phones if phone.symbol != SILENCE]
        for phone in clip.given:
            same = [p for p in own if p.symbol == phone.symbol and abs(p.start - phone.start) < 0.15]
            if phone.symbol != SILENCE and same:
                hits.append(min(abs(p.start - phone.start) for p in same) <= 0.04)
    return [Row("speech: borders of a known text within 40 ms", float(np.mean(hits)), "", 0.85, "higher")]


def _styles(found: list[Clip]) -> list[Row]:
    """Each clip's manner given to another clip's speech: nearer to the manner's clip than neutral speech."""
    ratios = []
    for clip in found:
        neutral = motion_of(mouth_of(clip.signal, clip.phones), 60.0)
        for other in found:
            if other is not clip:
                made = styled(neutral, style_of(other.motion), mouth=1.0, face=1.0, head=1.0, seed=0)
                ratios.append(distance(made, other.motion) / distance(neutral, other.motion))
    note = "Frechet distance to the style's clip, styled over neutral; the worst of six pairs"
    return [
        Row(
            "speech: style of another clip",
            max(ratios),
            "",
            1.0,
            "lower",
            f"mean {np.mean(ratios):.2f}",
            note,
        )
    ]


def _variety(found: list[Clip]) -> list[Row]:
    from nodes.voice.life import RATE, Life, prosody_of, with_life
    from nodes.voice.moving import MOUTH

    clip = found[0]
    plain = motion_of(mouth_of(clip.signal, clip.phones), 60.0)
    prosody = prosody_of(clip.signal, round(plain.seconds * RATE))
    one, two = (with_life(plain, prosody, Life(seed=seed)) for seed in (0, 1))
    turn = np.degrees(np.abs(one.rotation - two.rotation)).mean()
    lips = np.abs(one.coefficients[:, MOUTH] - two.coefficients[:, MOUTH]).max()
    return [
        Row("speech: two seeds, heads apart", float(turn), "degrees", 0.5, "higher"),
        Row("speech: two seeds, lips apart", float(lips), "", 0.0, "lower"),
    ]
