"""What plots draw of sound and motion, made small enough to be drawn. Knows no Qt."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values import ARKIT_NAMES, Audio, Motion
from nodes.sdk.values.arrays import FloatArray, host_array
from nodes.voice.editing import CURVES, curve_of

#: So many coefficients are shown before somebody chose.
LIVELIEST = 8
#: A coefficient and a head that move less than this (of 1, degrees) stand still.
STILL, STILL_DEGREES = 0.01, 0.5
#: Samples whose lowest and highest are kept.
BLOCK = 256
#: The level of silence, in decibels below full scale.
SILENCE = -60.0
#: A level is measured over so many seconds, and so many times a second.
WINDOW, LEVELS = 0.05, 100
#: So many samples in a row at full scale were cut off; fewer may be a peak that just fits.
CLIPPED_RUN = 3
#: The largest 16-bit sample is a little below 1.
FULL_SCALE = 0.9999

HEAD = ("headPitch", "headYaw", "headRoll")


def _extremes(lowest: FloatArray, highest: FloatArray, starts: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """The lowest and highest from each start to the next, over all channels."""
    # Channels lie side by side: one flat row is reduced many times faster than columns.
    starts = starts * (lowest.size // len(lowest))
    low, high = (
        np.minimum.reduceat(lowest.reshape(-1), starts),
        np.maximum.reduceat(highest.reshape(-1), starts),
    )
    return low, high


def _blocks(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The lowest and highest of every BLOCK samples, over all channels; the last block may be shorter."""
    whole = len(samples) // BLOCK
    rows = samples[: whole * BLOCK].reshape(whole, BLOCK * samples.shape[1])
    low, high = rows.min(axis=1), rows.max(axis=1)
    rest = samples[whole * BLOCK :]
    if len(rest):
        low, high = np.append(low, rest.min()), np.append(high, rest.max())
    return low, high


class Wave:
    """A sound's envelope, as fine as the part in view asks for.

    Attributes:
        seconds: how long it lasts.
        peak: the largest sample without its sign.
    """

    def __init__(self, audio: Audio) -> None:
        self._samples = host_array(audio.samples)
        self._rate = audio.rate
        self.seconds = audio.seconds
        self._low, self._high = _blocks(self._samples)
        self._loudest = np.maximum(np.abs(self._low), np.abs(self._high))
        self.peak = float(self._loudest[np.isfinite(self._loudest)].max(initial=0.0))

    def between(self, first: float, last: float, columns: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Seconds, lowest and highest sample there, for at most about `columns` places.

        Places are single samples where those fit, else equal parts that stay where they are when the
        view moves along.
        """
        count = len(self._samples)
        start = min(max(int(first * self._rate) - 1, 0), count)
        end = min(max(int(np.ceil(last * self._rate)) + 2, start), count)
        step = max(-(-(end - start) // max(columns, 1)), 1)
        if start == end:
            nothing = np.zeros(0, np.float32)
            return nothing, nothing, nothing
        low, high = self._samples, self._samples
        unit = 1
        if step >= 2 * BLOCK:
            low, high, unit = self._low, self._high, BLOCK
        step = -(-step // unit)
        start, end = start // unit // step * step, -(-end // unit)
        low, high = _extremes(low[start:end], high[start:end], np.arange(0, end - start, step))
        # A part's line stands in its middle, a sample's where it is.
        places = start + np.arange(len(low)) * step + (step * unit - 1) / (2 * unit)
        return (places * (unit / self._rate)).astype(np.float64), low, high

    def clipped(self) -> FloatArray:
        """From which to which second samples were cut off at full scale: runs x 2."""
        loud = np.flatnonzero(~(self._loudest < FULL_SCALE))
        places = (loud[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        places = places[places < len(self._samples)]
        places = places[(np.abs(self._samples[places]) >= FULL_SCALE).any(axis=1)]
        if not len(places):
            return np.zeros((0, 2))
        gaps = np.flatnonzero(np.diff(places) > 1)
        first, last = places[np.append(0, gaps + 1)], places[np.append(gaps, len(places) - 1)] + 1
        runs = np.stack([first, last], axis=1)[last - first >= CLIPPED_RUN]
        return np.asarray(runs / self._rate, np.float64)

    def level(self) -> tuple[FloatArray, FloatArray]:
        """Seconds, and the root mean square around each in decibels below full scale, from SILENCE up."""
        hop = max(round(self._rate / LEVELS), 1)
        whole = len(self._samples) // hop
        if not whole:
            return np.zeros(0), np.zeros(0)
        power = np.empty(whole)
        # In parts: a slice that is not contiguous is copied.
        for first in range(0, whole, 4096):
            last = min(first + 4096, whole)
            part = self._samples[first * hop : last * hop].reshape(last - first, -1)
            power[first:last] = np.einsum("ij,ij->i", part, part) / part.shape[1]
        around = np.ones(min(max(round(WINDOW * LEVELS), 1), whole))
        smooth = np.convolve(power, around, "same") / np.convolve(np.ones(whole), around, "same")
        seconds = (np.arange(whole) + 0.5) * hop / self._rate
        return seconds, np.maximum(10 * np.log10(np.maximum(smooth, 1e-12)), SILENCE)


def liveliest(motion: Motion, count: int = LIVELIEST) -> list[int]:
    """The coefficients that move most, by their range; those that stand still are left out."""
    if not len(motion.coefficients):
        return []
    coefficients = host_array(motion.coefficients)
    ranges = coefficients.max(axis=0) - coefficients.min(axis=0)
    order = np.argsort(-ranges, kind="stable")[:count]
    return [int(index) for index in order if ranges[index] > STILL]


def worth_seeing(motion: Motion) -> list[str]:
    """The curves to show first: the liveliest coefficients, and the head where it moves."""
    if not len(motion.coefficients):
        return []
    turning = [name for name in HEAD if np.ptp(curve_of(motion, name)) > STILL_DEGREES]
    return [*(ARKIT_NAMES[index] for index in liveliest(motion)), *turning]


__all__ = ["CURVES", "Wave", "curve_of", "liveliest", "worth_seeing"]
