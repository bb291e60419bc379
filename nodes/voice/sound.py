"""Reading sound files, changing rates, cutting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np

from nodes.media.files import existing_file
from nodes.sdk import FileProblem
from nodes.sdk.values import Audio
from nodes.sdk.values.arrays import FloatArray, host_array

logger = logging.getLogger(__name__)

#: The rate that speech is analysed at, in samples a second.
SPEECH_RATE = 16000
LOWEST_RATE, HIGHEST_RATE = 1000, 768_000
#: Longer files are cut here: an hour of stereo at 48 kHz takes 1.4 GB.
MAX_SECONDS = 3600.0
_MAX_CHANNELS = 64
#: Samples from here on are clipped, and how many of them a recording may have.
_FULL, _MOST_CLIPPED = 0.999, 0.01


def read_sound(text: str, progress: Callable[[float], None] = lambda share: None) -> Audio:
    """The first sound track of a file, as it is: its own rate, its own channels (at most two kept).

    Args:
        text: the path as the user gave it; any format that FFmpeg reads, clips included.
        progress: called with the share read so far; may raise to give up.

    Raises:
        NodeError: when no path is given.
        FileProblem: when the file is missing, damaged, empty, or holds no sound.
    """
    import av

    path = existing_file(text, "sound file")
    try:
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            if not container.streams.audio:
                raise FileProblem(f"{path} holds no sound", hint="Choose a file with a sound track")
            stream = container.streams.audio[0]
            rate = int(stream.rate or 0)
            if not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise FileProblem(f"the sound of {path} has {rate} samples a second", hint="Convert it first")
            length = container.duration / 1e6 if container.duration else 0.0
            samples = _decode(container, stream, rate, path, lambda s: progress(s / max(length, s, 1e-9)))
    except (av.error.FFmpegError, ValueError, OSError) as error:
        # FFmpeg's own text repeats the path; what went wrong stands in `strerror`.
        reason = str(getattr(error, "strerror", None) or error)
        raise FileProblem(
            f"{path} cannot be read as sound: {reason[:1].lower()}{reason[1:]}",
            hint="Choose another file, or convert it to wav",
        ) from error
    if not len(samples):
        raise FileProblem(f"the sound of {path} is empty", hint="Copy or export it again")
    return Audio(samples, rate)


def _decode(
    container: Any, stream: Any, rate: int, path: Path, progress: Callable[[float], None]
) -> FloatArray:
    import av

    resampler = av.AudioResampler(format="fltp", rate=rate)
    blocks: list[FloatArray] = []
    count = 0
    packets = container.demux(stream)
    while count < MAX_SECONDS * rate:
        try:
            packet = next(packets)
            frames = packet.decode()
        except StopIteration:
            break
        except av.error.FFmpegError as error:
            # Cut-off files are common: what came before the damage is worth having.
            if not blocks:
                raise
            logger.warning("%s breaks off: %s", path, error)
            break
        for frame in frames:
            for even in resampler.resample(frame):
                block = even.to_ndarray()
                if block.shape[0] > _MAX_CHANNELS:
                    raise ValueError(f"it has {block.shape[0]} channels")
                blocks.append(_at_most_stereo(block.T))
                count += block.shape[1]
        progress(count / rate)
    if not blocks:
        return np.zeros((0, 1), np.float32)
    if count >= MAX_SECONDS * rate:
        logger.warning("%s is longer than %d minutes; the rest is left out", path, MAX_SECONDS // 60)
    width = blocks[0].shape[1]
    whole = np.concatenate([block for block in blocks if block.shape[1] == width])
    return np.nan_to_num(whole[: int(MAX_SECONDS * rate)], copy=False, posinf=1.0, neginf=-1.0)


def _at_most_stereo(block: FloatArray) -> FloatArray:
    if block.shape[1] <= 2:
        return np.ascontiguousarray(block, np.float32)
    return np.repeat(block.mean(axis=1, keepdims=True), 2, axis=1).astype(np.float32)


def resampled(samples: FloatArray, rate: int, wanted: int) -> FloatArray:
    """Samples (N, or N x channels) at another rate, by a polyphase filter; nothing folds over."""
    if rate == wanted or not len(samples):
        return samples
    from scipy.signal import resample_poly

    shared = gcd(rate, wanted)
    return np.asarray(resample_poly(samples, wanted // shared, rate // shared, axis=0), np.float32)


def speech_signal(audio: Audio) -> FloatArray:
    """The sound as speech analysis wants it: N float32, mono, 16 kHz, within -1..1.

    Clipped, absent and infinite samples are made harmless; a constant offset is taken out.
    """
    samples = np.nan_to_num(host_array(audio.samples), nan=0.0, posinf=1.0, neginf=-1.0)
    mono = np.clip(samples, -1.0, 1.0).mean(axis=1, dtype=np.float32)
    if len(mono):
        mono = mono - mono.mean(dtype=np.float64).astype(np.float32)
    return np.ascontiguousarray(resampled(mono, audio.rate, SPEECH_RATE), np.float32)


def remarks_on(audio: Audio) -> list[str]:
    """What is wrong with a recording for following speech; one line each."""
    remarks = []
    samples = np.abs(np.nan_to_num(host_array(audio.samples), nan=0.0, posinf=1.0, neginf=1.0))
    clipped = float((samples >= _FULL).mean()) if samples.size else 0.0
    if clipped > _MOST_CLIPPED:
        remarks.append(
            f"the sound is clipped ({100 * clipped:.0f} % of it at full scale): record it more quietly"
        )
    if audio.rate < SPEECH_RATE:
        remarks.append(
            f"the sound has {audio.rate:,} samples a second: f, s and th cannot be told apart from it"
        )
    return remarks


def trimmed(audio: Audio, start: float, end: float, fade: float) -> Audio:
    """The part from start to end seconds (end 0: to the end), faded in and out over `fade` seconds."""
    first = int(np.clip(round(start * audio.rate), 0, len(audio.samples)))
    last = (
        len(audio.samples) if end <= 0 else int(np.clip(round(end * audio.rate), first, len(audio.samples)))
    )
    part = host_array(audio.samples)[first:last].astype(np.float32, copy=True)
    ramp = min(int(fade * audio.rate), len(part) // 2)
    if ramp > 0:
        rise = (np.sin(np.linspace(0, np.pi / 2, ramp)) ** 2).astype(np.float32)[:, None]
        part[:ramp] *= rise
        part[-ramp:] *= rise[::-1]
    return Audio(part, audio.rate)


def levelled(audio: Audio, decibels: float) -> Audio:
    """The sound at a loudness (root mean square of its louder half, dB below full scale), peaks under 1."""
    samples = host_array(audio.samples)
    block = max(audio.rate // 50, 1)
    whole = len(samples) // block * block
    if not whole:
        return audio
    power = (samples[:whole].astype(np.float64) ** 2).mean(axis=1).reshape(-1, block).mean(axis=1)
    loud = np.sqrt(np.sort(power)[len(power) // 2 :].mean())
    if loud < 1e-5:
        return audio
    peak = float(np.abs(samples).max())
    gain = min(10 ** (decibels / 20) / loud, 0.99 / peak)
    return Audio((samples * np.float32(gain)).astype(np.float32), audio.rate)
