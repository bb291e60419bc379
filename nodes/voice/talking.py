"""From sound and phones to the motion of a face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import Audio, Motion
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.lips import coefficients_of
from nodes.voice.phone_net import phone_posteriors
from nodes.voice.phones import SURE, Phone, per_frame
from nodes.voice.sound_features import emphasis, steps
from nodes.voice.visemes import RATE, mouth_tracks

#: Longer sounds are refused: an hour of motion at 60 frames a second takes 70 MB.
MOST_SECONDS = 3600.0
#: How much the opening follows loudness, per standard deviation.
_LOUDNESS = 0.06


def check_length(audio: Audio) -> None:
    """Raise NodeError when a sound is empty, or too long to be made into motion."""
    if not len(audio.samples):
        raise NodeError("the sound is empty", hint="Choose a sound that lasts")
    if audio.seconds > MOST_SECONDS:
        raise NodeError(
            f"the sound lasts {audio.seconds / 60:.0f} minutes; {MOST_SECONDS / 60:.0f} are the most",
            hint="Cut it with 'Trim audio'",
        )


def mouth_of(
    signal: FloatArray,
    phones: Sequence[Phone],
    likely: FloatArray | None = None,
    *,
    intensity: float = 1.0,
    smoothness: float = 1.0,
    loudness: float = 1.0,
    jaw: float = 1.0,
    lips: float = 1.0,
    tongue: float = 1.0,
) -> FloatArray:
    """The mouth's coefficients for a spoken signal (N, 16 kHz): T x 52 at RATE.

    Args:
        signal: the sound.
        phones: what is said when.
        likely: T x phones, how likely each was, when the phones were only heard (`hearing.Heard`).
        intensity: how far the mouth goes.
        smoothness: 1 as people speak, less is crisper, more is lazier.
        loudness: how much loud words open the mouth further.
        jaw, lips, tongue: scale each apart.
    """
    count = steps(signal)
    heard = likely is not None
    # Only doubtful phones need a second opinion.
    if not heard and any(phone.confidence < SURE for phone in phones):
        likely = phone_posteriors(signal)
    tracks = mouth_tracks(phones, count, smoothness=smoothness, likely=likely, heard=heard)
    speaking = per_frame(phones, count, RATE) > 0
    return coefficients_of(
        tracks,
        intensity=intensity,
        jaw=jaw,
        lips=lips,
        tongue=tongue,
        emphasis=_LOUDNESS * loudness * emphasis(signal, speaking),
    )


def motion_of(coefficients: FloatArray, fps: float) -> Motion:
    """A Motion at `fps` from coefficients at RATE, the head still and looking ahead."""
    length = len(coefficients)
    count = max(round(length / RATE * fps), 1)
    at = np.minimum(np.arange(count) / fps * RATE, max(length - 1, 0))
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, length - 1)
    share = (at - low)[:, None].astype(np.float32)
    sampled = coefficients[low] * (1 - share) + coefficients[high] * share
    still = np.zeros((count, 3), np.float32)
    return Motion(sampled.astype(np.float32), still, still.copy(), np.zeros((count, 2, 2), np.float32), fps)
