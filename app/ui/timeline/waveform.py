"""Sound made small enough to be drawn."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values import Audio
from nodes.sdk.values.arrays import FloatArray

#: Peaks kept for each second; finer than a pixel of any timeline shorter than ten seconds.
PEAKS = 200


class Waveform:
    """The loudest sample of every 1/PEAKS second."""

    def __init__(self, audio: Audio) -> None:
        samples = np.abs(np.asarray(audio.samples)).max(axis=1, initial=0.0)
        edges = (np.arange(int(audio.seconds * PEAKS) + 1) * audio.rate) // PEAKS
        edges = edges[edges < len(samples)].astype(np.intp)
        peaks = np.maximum.reduceat(samples, edges) if len(edges) else np.zeros(0)
        loudest = float(peaks.max(initial=0.0))
        # Quiet recordings fill the lane too; silence stays flat.
        self.peaks: FloatArray = (peaks / loudest if loudest > 1e-4 else peaks).astype(np.float32)

    def columns(self, first: float, last: float, count: int) -> FloatArray:
        """The peak under each of `count` columns from second `first` to `last`: count, in 0..1."""
        edges = np.floor(np.linspace(first, last, count + 1) * PEAKS).astype(np.intp)
        out = np.zeros(count, np.float32)
        starts, ends = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
        known = np.nonzero((ends > 0) & (starts < len(self.peaks)))[0]
        if len(known):
            padded = np.append(self.peaks, np.float32(0))
            pairs = np.column_stack([starts[known], ends[known]]).clip(0, len(self.peaks))
            # Pairs of (start, end): every second segment lies between two columns.
            out[known] = np.maximum.reduceat(padded, pairs.ravel())[::2]
        return out
