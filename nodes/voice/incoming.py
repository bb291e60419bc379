"""Sound that arrives block by block, brought to the rate of speech analysis as it comes."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.voice.sound import SPEECH_RATE

#: Taps of the low-pass; half of them is the delay, below a millisecond.
_TAPS = 65


class Resampler:
    """Brings blocks of any length from one rate to 16 kHz; the blocks' borders leave no trace."""

    def __init__(self, rate: int) -> None:
        """rate: of the blocks, in samples a second."""
        from scipy.signal import firwin

        self._step = rate / SPEECH_RATE
        self._taps = firwin(_TAPS, 0.47 * min(SPEECH_RATE, rate), fs=rate) if rate > SPEECH_RATE else None
        self._memory = np.zeros(_TAPS - 1)
        self._last = 0.0  # the sample before the block
        self._at = 1.0  # where the next answer lies, counted from that sample

    def feed(self, block: FloatArray) -> FloatArray:
        """The samples at 16 kHz that a block (N, mono) completes."""
        from scipy.signal import lfilter

        if not len(block):
            return np.zeros(0, np.float32)
        samples = np.asarray(block, np.float64)
        if self._taps is not None:
            samples, self._memory = lfilter(self._taps, 1.0, samples, zi=self._memory)
        known = np.concatenate([[self._last], samples])
        places = np.arange(self._at, len(known) - 1 + 1e-9, self._step)
        self._last = float(known[-1])
        self._at = self._at + len(places) * self._step - len(samples)
        return np.interp(places, np.arange(len(known)), known).astype(np.float32)
