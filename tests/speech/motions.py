"""Motions for tests."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values import ARKIT_NAMES, Audio, Motion
from nodes.voice.phones import Phone
from nodes.voice.talking import motion_of, mouth_of

WORDS = (
    "HH", "AH", "L", "OW", "P", "IY", "P", "AH", "L", "M", "EY", "K", "B", "EH", "R", "IY", "F", "UW", "D",
    "AE", "N", "D", "V", "AA", "T", "S", "AH", "V", "W", "AY", "N", "SIL", "B", "AO", "B", "P", "AE", "T",
)  # fmt: skip


def speech(repeats: int = 3) -> tuple[Audio, list[Phone], Motion]:
    """Some seconds of sound with phones, and their motion; the sound is noise that swells."""
    phones, clock = [], 0.3
    for number in range(repeats):
        for place, symbol in enumerate(WORDS):
            length = 0.45 if symbol == "SIL" else 0.06 + 0.03 * ((place * 7 + number) % 3)
            phones.append(Phone(symbol, clock, clock + length))
            clock += length
    rng = np.random.default_rng(0)
    times = np.arange(int((clock + 0.3) * 16000)) / 16000
    loud = np.zeros(len(times))
    for phone in phones:
        if phone.symbol != "SIL":
            loud[(times >= phone.start) & (times < phone.end)] = 0.1
    signal = (loud * (1 + np.sin(times * 5)) * rng.normal(0, 1, len(times))).astype(np.float32)
    return Audio(signal[:, None], 16000), phones, motion_of(mouth_of(signal, phones), 60.0)


def lively(seed: int, seconds: float = 8.0, fps: float = 30.0, size: float = 0.3) -> Motion:
    """A motion of everything: slow noise on all coefficients, head and gaze."""
    from scipy.ndimage import gaussian_filter1d

    rng = np.random.default_rng(seed)
    count = int(seconds * fps)

    def noise(width: int, spread: float) -> np.ndarray:
        values = gaussian_filter1d(rng.normal(0, 1, (count + 60, width)), 6, axis=0)[30 : 30 + count]
        return (values / values.std() * spread).astype(np.float32)

    coefficients = np.clip(0.25 + noise(52, size * 0.4), 0, 1)
    coefficients[:, ARKIT_NAMES.index("tongueOut")] = 0
    return Motion(coefficients, noise(3, 0.05), noise(3, 0.002), noise(4, 0.05).reshape(count, 2, 2), fps)
