"""Recording from a microphone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import Audio
from nodes.sdk.values.arrays import FloatArray

_NO_DEVICE = "Connect a microphone and allow this program to use it, or load a file with 'Load audio'"


def record(
    seconds: float,
    device: str,
    progress: Callable[[float], None],
    heard: Callable[[FloatArray, int], None] = lambda block, rate: None,
    *,
    block: float = 0.1,
) -> Audio:
    """Record mono sound.

    Args:
        seconds: how long.
        device: part of the device's name; empty for the system's own choice.
        progress: called several times a second with the share done; may raise to stop.
        heard: called with each block of samples (N) and their rate as soon as it is there.
        block: seconds in a block.

    Raises:
        NodeError: when there is no sound system, no microphone, or it cannot be used.
    """
    sounddevice = _sound_system()
    blocks: list[Any] = []
    try:
        chosen = _device(sounddevice, device)
        rate = int(sounddevice.query_devices(chosen, "input")["default_samplerate"])
        wanted, each = int(seconds * rate), max(int(block * rate), 1)
        count = 0
        with sounddevice.InputStream(
            samplerate=rate, device=chosen, channels=1, dtype="float32", blocksize=each
        ) as stream:
            while count < wanted:
                samples, _ = stream.read(each)
                blocks.append(samples.copy())
                heard(blocks[-1][:, 0], rate)
                count += len(samples)
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
