"""A mouth that follows live sound: blocks of samples in, coefficients out, a quarter of a second later."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.voice import phone_net
from nodes.voice.incoming import Resampler
from nodes.voice.lips import coefficients_of
from nodes.voice.phones import SYMBOLS, only_where_voiced
from nodes.voice.sound import SPEECH_RATE
from nodes.voice.sound_features import STEP
from nodes.voice.visemes import blended, sharpened

#: Steps (of 10 ms) that blending looks ahead, at least.
_AHEAD = 9
#: Steps by which answers stay behind the sound: a spectrum's window, the network's view, the blending.
DELAY_STEPS = 1 + phone_net.CONTEXT + _AHEAD
#: Answers are worked out for this many steps at a time.
_BATCH = 2
#: Seconds by which an answer comes after its sound, at most.
DELAY = (DELAY_STEPS + _BATCH) / 100.0
#: Steps of likelihoods that are kept to blend from, and of spectra by which the level is judged.
_MEMORY, _LEVEL = 60, 400
_FLOOR = -9.0


class LiveMouth:
    """Follows one speaker. Not for several threads at once."""

    def __init__(
        self, *, intensity: float = 1.0, jaw: float = 1.0, lips: float = 1.0, tongue: float = 1.0
    ) -> None:
        """Intensity, jaw, lips and tongue as in `lips.coefficients_of`."""
        self._shape = {"intensity": intensity, "jaw": jaw, "lips": lips, "tongue": tongue}
        self._sound = np.zeros(0, np.float32)
        self._sound_first = 0  # step at which the kept sound begins
        self._rows = np.zeros((0, phone_net.BANDS), np.float32)
        self._rows_end = 0  # steps whose spectra are known
        self._likely = np.zeros((0, len(SYMBOLS)), np.float32)
        self._likely_end = 0  # steps whose likelihoods are known
        self._given = 0  # steps answered so far

    def feed(self, samples: FloatArray) -> FloatArray:
        """Take the next samples (N, mono, 16 kHz) and give the coefficients that are now sure: T x 52.

        One row for each 10 ms, in order and without gaps, DELAY behind the newest sample.
        """
        sound = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
        self._sound = np.concatenate([self._sound, np.clip(sound, -1.0, 1.0)])
        sure = self._sound_first + len(self._sound) // STEP - DELAY_STEPS
        if sure < self._given + _BATCH:
            return np.zeros((0, 52), np.float32)
        self._take_spectra()
        self._take_likelihoods()
        first = self._likely_end - len(self._likely)
        likely = phone_net.steadied(self._likely, phone_net.FLICKER)
        tracks = blended(sharpened(likely), np.zeros(len(likely), np.float32))
        result = coefficients_of(tracks, **self._shape)[self._given - first : sure - first]
        self._given = sure
        self._likely = self._likely[max(sure - _MEMORY - first, 0) :]
        return result

    def _take_spectra(self) -> None:
        """Spectra of the steps whose windows are full; sound that no later one needs is dropped."""
        rows = phone_net.features(self._sound)
        skipped = self._rows_end - self._sound_first
        end = self._sound_first + len(self._sound) // STEP - 1
        fresh = rows[skipped : end - self._sound_first]
        self._rows = np.concatenate([self._rows, fresh])[-_LEVEL - len(fresh) :]
        self._rows_end = end
        spare = max(end - 1 - self._sound_first, 0)
        self._sound = self._sound[spare * STEP :]
        self._sound_first += spare

    def _take_likelihoods(self) -> None:
        """Likelihoods of the steps whose surroundings are known."""
        first, begin = self._rows_end - len(self._rows), self._likely_end
        end = max(self._rows_end - phone_net.CONTEXT, begin)
        start = max(begin - phone_net.CONTEXT, first)
        near = self._rows[start - first :]
        told = phone_net.posteriors(self._level(near))[begin - start : end - start]
        told = only_where_voiced(told, self._activity(near)[begin - start : end - start])
        self._likely = np.concatenate([self._likely, told])
        self._likely_end = end

    def _level(self, rows: FloatArray) -> FloatArray:
        """Features normalised by the louder part of the last seconds."""
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
