"""Loudness, pitch and voicing over time, at 100 steps a second."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.voice.sound import SPEECH_RATE

RATE = 100.0
STEP = SPEECH_RATE // 100
_FLOOR = 1e-4


def steps(signal: FloatArray) -> int:
    """How many steps a signal (N, 16 kHz) has."""
    return -(-len(signal) // STEP)


def loudness(signal: FloatArray) -> FloatArray:
    """The logarithm of the level in each step: T, natural; silence is about -9."""
    count = steps(signal)
    padded = np.zeros(count * STEP, np.float32)
    padded[: len(signal)] = signal
    power = (padded.reshape(count, STEP).astype(np.float64) ** 2).mean(axis=1)
    return np.log(np.sqrt(power) + _FLOOR).astype(np.float32)


def voice_activity(signal: FloatArray) -> FloatArray:
    """0..1 per step: is anybody loud enough to be speaking, against the quietest tenth of the sound."""
    from scipy.ndimage import gaussian_filter1d

    level = loudness(signal)
    if not len(level):
        return level
    quiet, loud = np.percentile(level, [10, 95])
    # Without pauses there is no quiet to compare with: then all of it is voice.
    threshold = max(min(quiet + 0.25 * (loud - quiet), loud - 1.0), np.log(0.003))
    active = 1.0 / (1.0 + np.exp(-(gaussian_filter1d(level, 4.0, mode="nearest") - threshold) * 3.0))
    return np.asarray(active, np.float32)


def emphasis(signal: FloatArray, speaking: np.ndarray) -> FloatArray:
    """How much louder than usual each step is, in standard deviations within -2..2; 0 in pauses.

    Args:
        signal: N, 16 kHz.
        speaking: T bool.
    """
    from scipy.ndimage import gaussian_filter1d

    level = gaussian_filter1d(loudness(signal), 4.0, mode="nearest")
    if speaking.sum() < 5:
        return np.zeros(len(level), np.float32)
    centre, spread = level[speaking].mean(), max(float(level[speaking].std()), 0.2)
    marked = np.clip((level - centre) / spread, -2.0, 2.0) * speaking
    return np.asarray(gaussian_filter1d(marked, 1.5, mode="nearest"), np.float32)


def pitch(signal: FloatArray, lowest: float = 60.0, highest: float = 420.0) -> tuple[FloatArray, FloatArray]:
    """Pitch in Hz and how sure it is (0..1) per step, by normalised autocorrelation.

    Source: the clipped, window-corrected autocorrelation of Boersma 1993, "Accurate short-term analysis
    of the fundamental frequency".
    """
    from scipy import fft

    count, window = steps(signal), 640
    if count == 0:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    padded = np.pad(signal, (window // 2, window // 2 + STEP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::STEP][:count]
    hann = np.hanning(window).astype(np.float32)
    frames = (frames - frames.mean(axis=1, keepdims=True)) * hann
    size = 2048
    own = fft.irfft(np.abs(fft.rfft(frames, size, axis=1)) ** 2, axis=1)[:, :window]
    shape = fft.irfft(np.abs(fft.rfft(hann, size)) ** 2)[:window]
    own = own / np.maximum(own[:, :1], 1e-9) / np.maximum(shape / shape[0], 1e-3)
    first, last = int(SPEECH_RATE / highest), int(SPEECH_RATE / lowest)
    part = own[:, first:last]
    # Among equal peaks the shortest period is the true one.
    best = first + np.argmax(part - 0.0004 * np.arange(part.shape[1]), axis=1)
    sure = np.clip(np.take_along_axis(own, best[:, None], axis=1)[:, 0], 0.0, 1.0)
    return (SPEECH_RATE / best).astype(np.float32), sure.astype(np.float32)
