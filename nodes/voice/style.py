"""A manner of moving, measured on one motion and given to another.

The manner is a rest pose, and for each coefficient and angle how far and how fast it goes, left and
right apart; what the other motion does not move at all (brows in bare speech, the head) is drawn
anew with the reference's spectrum, all channels with the same phases, so that they go together as
they did there (surrogates after Prichard and Theiler 1994).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray, host_array
from nodes.voice.moving import MOUTH, resampled_motion

_JAW, _CLOSE = ARKIT_NAMES.index("jawOpen"), ARKIT_NAMES.index("mouthClose")
_TONGUE = ARKIT_NAMES.index("tongueOut")
#: Less than this is standing still.
_STILL = 0.004
_SHORTEST_SECONDS = 0.8


@dataclass(frozen=True)
class Style:
    """A manner of moving.

    Attributes:
        rest: 52, the pose that the face comes back to.
        mean, spread, speed: 52 each, of the coefficients; speed is the mean change a second.
        gap: how far the lips part in speech, millimetres (95th percentile).
        source: the motion it was measured on.
    """

    rest: FloatArray
    mean: FloatArray
    spread: FloatArray
    speed: FloatArray
    gap: float
    source: Motion


def style_of(motion: Motion) -> Style:
    """The manner of a motion.

    Raises:
        NodeError: when the motion is too short to have one.
    """
    if motion.seconds < _SHORTEST_SECONDS or len(motion.coefficients) < 8:
        raise NodeError("the style clip is too short", hint="Use at least a second, better ten")
    from nodes.voice.lips import lip_gap

    values = host_array(motion.coefficients)
    gap = lip_gap(values)
    quiet = gap <= np.percentile(gap, 20)
    return Style(
        rest=np.median(values[quiet], axis=0).astype(np.float32),
        mean=values.mean(axis=0),
        spread=values.std(axis=0),
        speed=(np.abs(np.diff(values, axis=0)).mean(axis=0) * motion.fps).astype(np.float32),
        gap=float(np.percentile(gap, 95)),
        source=motion,
    )


def styled(motion: Motion, style: Style, *, mouth: float, face: float, head: float, seed: int) -> Motion:
    """The motion in another manner.

    Args:
        motion: such as speech gives.
        style: of another clip.
        mouth, face, head: 0 as it is .. 1 in the other manner.
        seed: for what is drawn anew.
    """
    own = style_of(motion)
    values = host_array(motion.coefficients)
    count = len(values)
    random = np.random.default_rng(seed)
    drawn = surrogate(style.source, count, motion.fps, random)
    moves = own.spread > _STILL
    # A spread that is stretched too far would turn noise into grimaces.
    factor = np.where(moves, np.clip(style.spread / np.maximum(own.spread, 1e-6), 0.25, 3.0), 1.0)
    moved = style.mean + (values - own.mean) * factor
    restyled = np.where(moves[None], moved, drawn.coefficients)
    share = np.where(MOUTH, mouth, face)
    share[_TONGUE] = 0.0
    # Blinks that are already there stay: two sets of them would be too many.
    blinking = [n for n, name in enumerate(ARKIT_NAMES) if name.startswith("eyeBlink") and moves[n]]
    share[blinking] = 0.0
    result = np.clip(values + (restyled - values) * share, 0.0, 1.0).astype(np.float32)
    if mouth > 0:
        result = _with_closures(values, result, own, style, mouth)
    return Motion(
        result,
        _turned(motion.rotation, drawn.rotation, head),
        motion.translation,
        _turned(motion.gaze, drawn.gaze, 0.5 * head),
        motion.fps,
    )


def _with_closures(
    before: FloatArray, after: FloatArray, own: Style, style: Style, share: float
) -> FloatArray:
    """Lips that part as wide as the style's, and close where they closed."""
    from nodes.voice.lips import lip_gap, with_gap

    stretch = 1.0 + (float(np.clip(style.gap / max(own.gap, 1.0), 0.4, 2.0)) - 1.0) * share
    wanted = np.maximum(lip_gap(before), 0.0) * stretch
    without = after.copy()
    without[:, [_JAW, _CLOSE]] = 0.0
    return with_gap(without, wanted, after[:, _JAW])


def _turned(own: FloatArray, drawn: FloatArray, share: float) -> FloatArray:
    own = host_array(own)
    moving = own.std(axis=0).max() > 1e-3
    # Movement that is there is not doubled, only widened towards the style's.
    if moving:
        wide = np.clip(drawn.std(axis=0) / np.maximum(own.std(axis=0), 1e-4), 0.3, 3.0)
        centred = (own - own.mean(axis=0)) * (1 + (wide - 1) * share)
        return np.asarray(own.mean(axis=0) + centred, np.float32)
    return np.asarray(own + share * (drawn - drawn.mean(axis=0)), np.float32)


def surrogate(motion: Motion, count: int, fps: float, random: np.random.Generator) -> Motion:
    """A new motion with the spectra and the correlations of another: `count` frames at `fps`."""
    source = resampled_motion(motion, fps)
    length = len(source.coefficients)
    parts = [host_array(source.coefficients), host_array(source.rotation), host_array(source.gaze)]
    table = np.concatenate([part.reshape(length, -1) for part in parts], axis=1).astype(np.float64)
    centre = table.mean(axis=0)
    # A window against the step between the ends, which would ring through all frequencies.
    window = np.hanning(length + 2)[1:-1, None] ** 0.25
    spectrum = np.fft.rfft((table - centre) * window, axis=0)
    size = max(count, length)
    bins = size // 2 + 1
    places = np.linspace(0, len(spectrum) - 1, bins)
    strength = np.abs(spectrum)
    resized = np.stack([np.interp(places, np.arange(len(strength)), column) for column in strength.T], axis=1)
    nearest = np.round(places).astype(np.int64)
    phase = np.angle(spectrum)[nearest] + random.uniform(0, 2 * np.pi, (bins, 1))
    made = np.fft.irfft(resized * np.exp(1j * phase), size, axis=0)[:count]
    made *= np.where(made.std(axis=0) > 1e-9, table.std(axis=0) / np.maximum(made.std(axis=0), 1e-9), 0.0)
    made += centre
    coefficients = np.clip(made[:, :52], 0.0, 1.0).astype(np.float32)
    return Motion(
        coefficients,
        made[:, 52:55].astype(np.float32),
        np.zeros((count, 3), np.float32),
        made[:, 55:59].reshape(count, 2, 2).astype(np.float32),
        fps,
    )


def distance(one: Motion, other: Motion) -> float:
    """Frechet distance (Dowson and Landau 1982) between two motions' coefficients and their speeds.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) over 104 numbers a frame; speeds count per tenth of a
    second.
    """

    def rows(motion: Motion) -> FloatArray:
        values = host_array(resampled_motion(motion, 30.0).coefficients)
        speed = np.gradient(values, axis=0) * 3.0
        return np.concatenate([values, speed], axis=1).astype(np.float64)

    a, b = rows(one), rows(other)
    first, second = np.cov(a.T), np.cov(b.T)
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    gap = a.mean(axis=0) - b.mean(axis=0)
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2 * cross)
