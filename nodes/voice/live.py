"""A mouth that follows live sound: blocks of samples in, coefficients out, a quarter of a second later."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.voice import phone_net
from nodes.voice.incoming import Resampler
from nodes.voice.lips import coefficients_of
from nodes.voice.phones import only_where_voiced
from nodes.voice.sound import SPEECH_RATE
from nodes.voice.sound_features import STEP
from nodes.voice.visemes import blended, sharpened

#: Steps (of 10 ms) by which answers stay behind the sound: the network's view, and the blending's.
DELAY_STEPS = phone_net.CONTEXT + 9
#: Answers are worked out for this many steps at a time.
_BATCH = 2
#: Seconds by which an answer comes after its sound, at most.
DELAY = (DELAY_STEPS + _BATCH) / 100.0
#: Seconds of sound that are kept to answer from, and by which the level is judged.
_MEMORY, _LEVEL = 0.8, 4.0
_FLOOR = -9.0


class LiveMouth:
    """Follows one speaker. Not for several threads at once."""

    def __init__(
        self, *, intensity: float = 1.0, jaw: float = 1.0, lips: float = 1.0, tongue: float = 1.0
    ) -> None:
        """Intensity, jaw, lips and tongue as in `lips.coefficients_of`."""
        self._shape = {"intensity": intensity, "jaw": jaw, "lips": lips, "tongue": tongue}
        self._kept = np.zeros(0, np.float32)
        self._rows = np.zeros((0, phone_net.BANDS), np.float32)
        self._first = 0  # step at which the kept sound begins
        self._given = 0  # steps answered so far

    def feed(self, samples: FloatArray) -> FloatArray:
        """Take the next samples (N, mono, 16 kHz) and give the coefficients that are now sure: T x 52.

        One row for each 10 ms, in order and without gaps, DELAY behind the newest sample.
        """
        sound = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
        self._kept = np.concatenate([self._kept, np.clip(sound, -1.0, 1.0)])
        whole = len(self._kept) // STEP
        sure = self._first + whole - DELAY_STEPS
        if sure < self._given + _BATCH:
            return np.zeros((0, 52), np.float32)
        result = self._answer(whole)[self._given - self._first : sure - self._first]
        self._given = sure
        self._forget(whole)
        return result

    def _answer(self, whole: int) -> FloatArray:
        rows = phone_net.features(self._kept[: whole * STEP])
        likely = phone_net.posteriors(self._level(rows))
        # The last steps still miss what comes after them: they would flutter from answer to answer.
        seen = max(whole - phone_net.CONTEXT, 1)
        likely = phone_net.steadied(likely[:seen], phone_net.FLICKER)
        likely = only_where_voiced(likely, self._activity(rows)[:seen])
        tracks = blended(sharpened(likely), np.zeros(seen, np.float32))
        return coefficients_of(tracks, **self._shape)

    def _level(self, rows: FloatArray) -> FloatArray:
        """Features normalised by the louder part of the last seconds."""
        fresh = rows[max(self._given - self._first, 0) :]
        self._rows = np.concatenate([self._rows, fresh])[-int(_LEVEL * 100) :]
        level = self._rows.mean(axis=1)
        loud = level >= np.percentile(level, 40)
        if level[loud].mean() < _FLOOR:
            return np.zeros_like(rows)
        centre = self._rows[loud].mean(axis=0)
        spread = max(float(self._rows[loud].std()), 0.5)
        return np.asarray(np.clip((rows - centre) / spread, -4.0, 4.0), np.float32)

    def _activity(self, rows: FloatArray) -> FloatArray:
        """0..1 for each row: is it loud enough for somebody who speaks, against the last seconds."""
        from scipy.ndimage import gaussian_filter1d

        quiet, loud = np.percentile(self._rows.mean(axis=1), [10, 95])
        # As `sound_features.voice_activity`; these are logarithms of power, not of amplitude.
        threshold = max(min(quiet + 0.25 * (loud - quiet), loud - 2.0), _FLOOR)
        level = gaussian_filter1d(rows.mean(axis=1), 3.0, mode="nearest")
        return np.asarray(1.0 / (1.0 + np.exp(-1.5 * (level - threshold))), np.float32)

    def _forget(self, whole: int) -> None:
        """Drop sound that no later answer depends on."""
        spare = whole - int(_MEMORY * 100)
        if spare > 0:
            self._kept = self._kept[spare * STEP :]
            self._first += spare


class Follower:
    """Feeds a LiveMouth from a microphone and watches how late the answers come."""

    def __init__(self, shape: dict[str, float]) -> None:
        """shape: intensity, jaw, lips and tongue, as in `lips.coefficients_of`."""
        self._mouth = LiveMouth(**shape)
        self._resampler: Resampler | None = None
        self._rows: list[FloatArray] = []
        self._started = 0.0
        self._count = 0
        self.delay = 0.0

    def hear(self, block: FloatArray, rate: int) -> None:
        """Take a block of sound (N, mono) the moment it has arrived."""
        if self._resampler is None:
            self._resampler = Resampler(rate)
            # The first sample was spoken a block ago.
            self._started = monotonic() - len(block) / rate
        rows = self._mouth.feed(self._resampler.feed(block))
        if len(rows):
            self._rows.append(rows)
            # The oldest answer of a batch waited longest.
            self.delay = max(self.delay, monotonic() - self._started - self._count / 100.0)
            self._count += len(rows)

    def finished(self, seconds: float) -> FloatArray:
        """All coefficients of `seconds` of sound, at the time of their sound: T x 52, 100 a second."""
        rows = self._mouth.feed(np.zeros(int((DELAY + 0.2) * SPEECH_RATE), np.float32))
        return np.concatenate([*self._rows, rows])[: max(round(seconds * 100), 1)]


def followed(
    signal: FloatArray,
    shape: dict[str, float],
    progress: Callable[[float, str], None] = lambda share, doing: None,
) -> FloatArray:
    """The coefficients of a recording (N, 16 kHz) as if it came from a microphone: T x 52, 100 a second.

    Row t depends on no sound later than t + DELAY. They stand at the time of their sound.

    Args:
        signal: the sound.
        shape: intensity, jaw, lips and tongue.
        progress: called with the share done; may raise to give up.
    """
    mouth, block = LiveMouth(**shape), _BATCH * STEP
    count = -(-len(signal) // STEP)
    # Silence behind the sound brings out the last answers.
    whole = np.concatenate([signal, np.zeros(int((DELAY + 0.2) * SPEECH_RATE), np.float32)])
    rows = []
    for at in range(0, len(whole), block):
        progress(at / len(whole), "Following")
        rows.append(mouth.feed(whole[at : at + block]))
    return np.concatenate(rows)[:count]
