"""Who speaks, told from music and noise: Silero's voice activity detector.

Source: Silero Team 2021, "Silero VAD: pre-trained enterprise-grade Voice Activity Detector".
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nodes.sdk.errors import ModelProblem
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.network import session_of
from nodes.voice.sound import SPEECH_RATE
from nodes.voice.sound_features import steps

CARD = "voice_detector"
#: Samples that are judged at once, and those before them that are heard again.
_CHUNK, _BEFORE = 512, 64


class VoiceDetector:
    """The network, loaded."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ModelProblem: when it is damaged.
        """
        try:
            self._session = session_of(path.read_bytes())
        except ValueError as error:
            raise ModelProblem(
                f"the voice detector {path.name} cannot be read ({error})",
                hint=f"Fetch it again with: facewright models fetch {CARD}",
            ) from error

    def speech(self, signal: FloatArray, check: Callable[[], None] = lambda: None) -> FloatArray:
        """0..1 for each 10 ms of a signal (N, 16 kHz): how surely somebody speaks.

        Args:
            signal: the sound.
            check: called now and then; may raise to give up.
        """
        count = steps(signal)
        chunks = -(-len(signal) // _CHUNK)
        if not chunks:
            return np.zeros(0, np.float32)
        padded = np.pad(signal.astype(np.float32), (_BEFORE, chunks * _CHUNK - len(signal)))
        state, rate = np.zeros((2, 1, 128), np.float32), np.array(SPEECH_RATE, np.int64)
        told = np.zeros(chunks, np.float32)
        for number in range(chunks):
            if number % 64 == 0:
                check()
            part = padded[number * _CHUNK : (number + 1) * _CHUNK + _BEFORE]
            likely, state = self._session.run(None, {"input": part[None], "state": state, "sr": rate})
            told[number] = likely[0, 0]
        middles = (np.arange(chunks) + 0.5) * _CHUNK
        return np.interp((np.arange(count) + 0.5) * 160, middles, told).astype(np.float32)
