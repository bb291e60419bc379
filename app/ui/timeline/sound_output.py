"""Plays sound beside the pictures. The clock is the timeline's; sound that strays is put right."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from nodes.sdk.values import Audio
from nodes.sdk.values.arrays import FloatArray

logger = logging.getLogger(__name__)

#: Seconds that sound and picture may be apart before the sound jumps.
TOLERANCE = 0.06
#: Samples over which sound fades in after a jump, so that it does not click.
FADE = 256
MOST_CHANNELS = 2


class SoundOutput:
    """One sound and the device it goes to, which is opened for as long as something plays.

    Args:
        complain: told once why nothing can be heard.
    """

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._samples: FloatArray = np.zeros((0, 1), np.float32)
        self._rate = 48_000
        self._stream: Any = None
        self._position = 0
        self._end: int | None = None
        self._jumped = True
        self._mute = False

    @property
    def playing(self) -> bool:
        return self._stream is not None

    def load(self, audio: Audio | None) -> None:
        """Take another sound, or none."""
        self.stop()
        samples = np.zeros((0, 1), np.float32) if audio is None else np.asarray(audio.samples, np.float32)
        if samples.shape[1] > MOST_CHANNELS:
            samples = samples.mean(axis=1, keepdims=True)
        self._samples = np.clip(np.nan_to_num(samples), -1, 1)
        self._rate = audio.rate if audio is not None else self._rate
        self._mute = False

    def play(self, seconds: float, length: float | None = None) -> None:
        """Sound from a time on; only for `length` seconds when that is given."""
        if not len(self._samples) or self._mute or not self._open():
            return
        self._jump(seconds)
        self._end = None if length is None else self._position + round(length * self._rate)

    def follow(self, seconds: float) -> None:
        """Keep with the timeline, which is at this time now."""
        if self._stream is not None:
            apart = (self._position - self._ahead(seconds)) / self._rate
            if abs(apart) > TOLERANCE:
                self._jump(seconds)

    def stop(self) -> None:
        """Be silent, and give the device back."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()

    # -----------------------------------------------------------------------------------------

    def _ahead(self, seconds: float) -> int:
        """What must be handed over now so that it is heard at a time."""
        latency = float(self._stream.latency) if self._stream is not None else 0.0
        return round((seconds + latency) * self._rate)

    def _jump(self, seconds: float) -> None:
        self._position = max(self._ahead(seconds), 0)
        self._jumped = True

    def _open(self) -> bool:
        if self._stream is not None:
            return True
        try:
            import sounddevice
        except (ImportError, OSError) as error:  # OSError: PortAudio is missing
            return self._give_up("there is no sound system. Install PortAudio to hear it", error)
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=self._rate,
                channels=self._samples.shape[1],
                dtype="float32",
                latency="low",
                callback=self._fill,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self._stream = None
            return self._give_up("no sound device can be opened. Connect one", error)
        return True

    def _give_up(self, why: str, error: Exception) -> bool:
        logger.info("no sound: %s", error)
        self._mute = True
        self._complain(f"The sound cannot be played: {why}")
        return False

    def _fill(self, out: Any, count: int, _time: Any, _status: Any) -> None:
        """Called on the sound system's own thread."""
        start = self._position
        end = min(start + count, len(self._samples))
        if self._end is not None:
            end = min(end, self._end)
        piece = self._samples[start : max(end, start)]
        out[: len(piece)] = piece
        out[len(piece) :] = 0
        if self._jumped:
            self._jumped = False
            fade = min(FADE, len(piece))
            out[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)[:, None]
        if self._position == start:  # not moved meanwhile
            self._position = start + count
