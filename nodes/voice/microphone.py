"""Recording from a microphone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import Audio

_NO_DEVICE = "Connect a microphone and allow this program to use it, or load a file with 'Load audio'"


def record(seconds: float, device: str, progress: Callable[[float], None]) -> Audio:
    """Record mono sound.

    Args:
        seconds: how long.
        device: part of the device's name; empty for the system's own choice.
        progress: called several times a second with the share done; may raise to stop.

    Raises:
        NodeError: when there is no sound system, no microphone, or it cannot be used.
    """
    sounddevice = _sound_system()
    blocks: list[Any] = []
    try:
        chosen = _device(sounddevice, device)
        rate = int(sounddevice.query_devices(chosen, "input")["default_samplerate"])
        wanted = int(seconds * rate)
        count = 0
        with sounddevice.InputStream(
            samplerate=rate, device=chosen, channels=1, dtype="float32", blocksize=rate // 10
        ) as stream:
            while count < wanted:
                block, _ = stream.read(rate // 10)
                blocks.append(block.copy())
                count += len(block)
                progress(count / wanted)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise NodeError(f"the microphone cannot be used ({error})", hint=_NO_DEVICE) from error
    return Audio(np.concatenate(blocks)[:wanted].astype(np.float32), rate)


def _sound_system() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        # OSError: the PortAudio library is missing on this system.
        raise NodeError(
            "there is no sound system to record with",
            hint="Install PortAudio (Debian: libportaudio2), or load a file with 'Load audio'",
        ) from error
    return sounddevice


def _device(sounddevice: Any, name: str) -> int | None:
    microphones = [
        (number, entry)
        for number, entry in enumerate(sounddevice.query_devices())
        if entry["max_input_channels"] > 0
    ]
    if not microphones:
        raise NodeError("there is no microphone", hint=_NO_DEVICE)
    if not name.strip():
        return None
    for number, entry in microphones:
        if name.strip().lower() in entry["name"].lower():
            return number
    known = ", ".join(entry["name"] for _, entry in microphones)
    raise NodeError(f"no microphone is called '{name}'", hint=f"These are there: {known}")
