"""The speech clips of the benchmarks: what the lips of the real face do, measured frame by frame.

The opening is the mean gap of five pairs of inner lip points along the head's vertical, over the
width of the mouth, from landmarks averaged over six readings of each frame. The clips repeat frames
(24 or 25 fps brought to 30): repeats are dropped and the rest put back at even times. The lips run
ahead of the sound by a different time in each clip, which is taken out. The given phones, which lie
on a grid of 33 ms and 30 ms late, are aligned again at 10 ms.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nodes.sdk.values import Motion
from nodes.sdk.values.arrays import FloatArray
from nodes.voice import sphinx
from nodes.voice.phones import SILENCE, VOWELS, Phone
from nodes.voice.sound import read_sound, speech_signal
from tests.samples import SAMPLES

FOLDER = SAMPLES / "speech"
KEPT = Path(__file__).resolve().parents[2] / "bench-results" / "speech"
#: Clip -> seconds by which the lips run ahead of the sound.
LEADS = {"Obama_clip1": 0.192, "andrew_clip_1": 0.050, "feifeili_clip1": 0.017}
#: Clip -> every how many frames one is repeated.
REPEATS = {"Obama_clip1": 6, "andrew_clip_1": 5, "feifeili_clip1": 5}
#: What is said, as far as it is clear.
WORDS = {
    "Obama_clip1": "take with you about the battle we're waging against an oil spill that is assaulting our "
    "shores and our citizens on april twentieth an explosion ripped through bp deepwater horizon drilling "
    "rig about forty miles off the coast of louisiana eleven workers lost their lives seventeen others",
    "feifeili_clip1": "times more and together with professor kai li at princeton university we launched the "
    "image net project in two thousand seven",
}
#: By how much the given phones are late, in seconds.
LATE = 0.030
#: Inner lip points, upper and lower, from one corner to the other; and the corners.
UPPER = (81, 82, 13, 312, 311)
LOWER = (178, 87, 14, 317, 402)
CORNERS = (61, 291)
_EYES, _TOP, _CHIN = (33, 263), 10, 152
FPS = 100.0


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip with its truth, everything at FPS.

    Attributes:
        signal: N float32, 16 kHz.
        opening: T, gap of the lips over the width of the mouth.
        width: T, width of the mouth over its mean.
        phones: the given phones, aligned again.
        given: the given phones, their lateness taken out.
        motion: what the landmarker reads off the video.
    """

    name: str
    signal: FloatArray
    opening: FloatArray
    width: FloatArray
    phones: list[Phone]
    given: list[Phone]
    motion: Motion


def clips() -> list[Clip]:
    """The three clips; none when the samples are not here."""
    return [load_clip(name) for name in LEADS if (FOLDER / f"{name}.mp4").is_file()]


def load_clip(name: str) -> Clip:
    points, coefficients = landmarks_of(FOLDER / f"{name}.mp4")
    signal = speech_signal(read_sound(str(FOLDER / f"{name}.wav")))
    kept, times = _without_repeats(points, REPEATS[name])
    gap, width = _lips(points[kept].astype(np.float64))
    steps = np.arange(min(int(len(points) / 30.0 * FPS), int(len(signal) / 160))) / FPS
    heard = times + LEADS[name]

    def even(values: FloatArray) -> FloatArray:
        return np.interp(steps, heard, values).astype(np.float32)

    read = np.stack([even(column) for column in coefficients[kept].T], axis=1)
    still = np.zeros((len(steps), 3), np.float32)
    motion = Motion(read, still, still, np.zeros((len(steps), 2, 2), np.float32), FPS)
    given = _given(name)
    return Clip(name, signal, even(gap), even(width / width.mean()), _aligned(signal, given), given, motion)


def _without_repeats(points: FloatArray, every: int) -> tuple[FloatArray, FloatArray]:
    """Numbers of the frames that are no repeats, and the even times at which they were taken."""
    change = np.abs(np.diff(points[:, :, :2], axis=0)).mean(axis=(1, 2))
    phase = int(np.argmin([np.median(change[start::every]) for start in range(every)]))
    kept = np.array([n for n in range(len(points)) if n == 0 or (n - 1) % every != phase])
    times = np.arange(len(kept)) / (30.0 * (every - 1) / every)
    return kept, times + (kept / 30.0 - times).mean()


def _lips(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gap over width, and width over the distance of the eyes, of T x 478 x 3 landmarks."""
    up = points[:, _TOP] - points[:, _CHIN]
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    pairs = zip(UPPER, LOWER, strict=True)
    gap = np.mean([((points[:, a] - points[:, b]) * up).sum(axis=1) for a, b in pairs], axis=0)
    width = np.linalg.norm(points[:, CORNERS[0]] - points[:, CORNERS[1]], axis=1)
    eyes = np.linalg.norm(points[:, _EYES[0]] - points[:, _EYES[1]], axis=1)
    return gap / width, width / eyes


def _given(name: str) -> list[Phone]:
    symbols = {
        number: symbol for symbol, number in json.loads((FOLDER / "phoneme_index.json").read_text()).items()
    }
    phones: list[Phone] = []
    for frame, number in enumerate(json.loads((FOLDER / f"{name}.phonemes.json").read_text("utf-8"))):
        symbol = SILENCE if symbols[number] == "NSN" else symbols[number]
        start = frame / 30.0 - LATE
        if phones and phones[-1].symbol == symbol:
            phones[-1] = replace(phones[-1], end=start + 1 / 30.0)
        else:
            phones.append(Phone(symbol, start, start + 1 / 30.0))
    return phones


def _aligned(signal: FloatArray, given: list[Phone]) -> list[Phone]:
    """The given phones found again at 10 ms, in runs between vowels and pauses as if they were words."""
    words: list[list[str]] = [[]]
    for phone in given:
        if phone.symbol == SILENCE:
            words.append([])
            continue
        words[-1].append(phone.symbol)
        if len(words[-1]) >= 10 and phone.symbol in VOWELS:
            words.append([])
    named = [("_".join(word), word) for word in words if word]
    found = sphinx.aligned(signal, [name for name, _ in named], {name: [word] for name, word in named})
    return found if found is not None else given


def landmarks_of(path: Path) -> tuple[FloatArray, FloatArray]:
    """T x 478 x 3 landmarks and T x 52 coefficients of the one face of a clip.

    Kept beside the results of the benchmarks, because reading them takes minutes.
    """
    kept = KEPT / f"{path.stem}.npz"
    if kept.is_file():
        with np.load(kept, allow_pickle=False) as stored:
            return stored["points"], stored["coefficients"]
    points, coefficients = _read_landmarks(path)
    KEPT.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(kept, points=points.astype(np.float32), coefficients=coefficients)
    return points, coefficients


def _read_landmarks(path: Path) -> tuple[FloatArray, FloatArray]:
    from nodes.face._landmarks import crop_of_landmarks, load_landmarker
    from nodes.face._reading import read_picture
    from nodes.media.video_reader import VideoReader
    from nodes.sdk import Context

    context = Context()
    runtime = load_landmarker(context)
    reader = VideoReader(path)
    points, coefficients, crop = [], [], None
    for number in range(len(reader.index)):
        picture = reader.frame(number)[..., :3]
        if crop is None:
            crop = crop_of_landmarks(read_picture(picture, context)[0].landmarks)
        looks = [
            runtime.read(
                picture, replace(crop, size=crop.size * scale, angle=crop.angle + turn), careful=True
            )
            for scale, turn in ((0.96, 0.03), (1.0, -0.03), (1.05, 0.0))
        ]
        points.append(np.mean([look.points for look in looks], axis=0))
        coefficients.append(np.mean([runtime.coefficients(look) for look in looks], axis=0))
        crop = crop_of_landmarks(points[-1])
    reader.close()
    return np.stack(points), np.stack(coefficients).astype(np.float32)
