"""What a living face does besides speaking: blinks, glances, a moving head, brows on the beat, breath.

Timing follows published habits: blinks at gamma-distributed intervals, rather at pauses and with
large glances (Doughty 2001); a lid closes in about 80 ms and opens in about twice that (Caffier et
al. 2003); glances are short jumps between fixations (Lee, Badler and Badler 2002, "Eyes Alive"); the
head drifts and nods with stress (Munhall et al. 2004). All of it is drawn from a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.raster.ramps import smooth_step
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray, host_array

_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
#: Times in this module are in hundredths of a second.
RATE = 100.0


@dataclass(frozen=True)
class Life:
    """How lively a face is; 1 is usual for amounts.

    Attributes:
        blinks: a minute.
        gaze, head, brows, breath: amounts.
        seed: another seed, another take.
    """

    blinks: float = 16.0
    gaze: float = 1.0
    head: float = 1.0
    brows: float = 1.0
    breath: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Prosody:
    """What the voice does, in steps of RATE.

    Attributes:
        stress: T, 0..1, how much emphasis lies on each step.
        speaking: T, 0..1.
        pauses: (first, last) steps of pauses.
    """

    stress: FloatArray
    speaking: FloatArray
    pauses: tuple[tuple[int, int], ...]


def silent(count: int) -> Prosody:
    """The prosody of nobody speaking for `count` steps."""
    zero = np.zeros(count, np.float32)
    return Prosody(zero, zero.copy(), ((0, count),))


def prosody_of(signal: FloatArray, count: int) -> Prosody:
    """Stress and pauses of a signal (N, 16 kHz) over `count` steps: loudness and pitch together."""
    from scipy.ndimage import gaussian_filter1d

    from nodes.voice.sound_features import emphasis, pitch, voice_activity

    active = voice_activity(signal)
    speaking = active > 0.5
    hertz, sure = pitch(signal)
    stress = np.clip(emphasis(signal, speaking), 0.0, 2.0) / 2.0
    voiced = speaking & (sure > 0.5)
    if voiced.sum() > 20:
        tone = np.log2(hertz)
        centre, spread = np.median(tone[voiced]), max(float(tone[voiced].std()), 0.05)
        high = np.where(voiced, np.clip((tone - centre) / spread, 0.0, 2.0) / 2.0, 0.0)
        stress = 0.5 * stress + 0.5 * high
    stress = gaussian_filter1d(stress, 6.0)
    padded = np.zeros((2, count), np.float32)
    length = min(count, len(active))
    padded[0, :length], padded[1, :length] = stress[:length], active[:length]
    quiet = np.concatenate([[False], padded[1] < 0.5, [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    pauses = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 20]
    top = max(float(padded[0].max(initial=0.0)), 1e-6)
    return Prosody(padded[0] / top if top > 0.05 else padded[0], padded[1], tuple(pauses))


def with_life(motion: Motion, prosody: Prosody, life: Life) -> Motion:
    """The motion with blinks, glances, head, brows and breath added; the lips stay as they are."""
    count = len(prosody.stress)
    seeds = np.random.SeedSequence(life.seed).spawn(4)
    jumps, gaze = glances(count, prosody, np.random.default_rng(seeds[0]))
    lids = blinks(count, prosody, jumps, life.blinks, np.random.default_rng(seeds[1]))
    rotation, nods = head_movement(count, prosody, np.random.default_rng(seeds[2]))
    brows = brow_beats(count, nods, np.random.default_rng(seeds[3]))
    breath = breathing(count, prosody)
    rotation = life.head * rotation
    rotation[:, 0] -= 0.012 * life.breath * breath
    added = np.zeros((count, 52), np.float32)
    for side in ("Left", "Right"):
        added[:, _INDEX[f"eyeBlink{side}"]] = lids
        added[:, _INDEX[f"browOuterUp{side}"]] = 0.6 * life.brows * brows
        added[:, _INDEX[f"eyeWide{side}"]] = 0.15 * life.brows * brows * (1 - lids)
        added[:, _INDEX[f"noseSneer{side}"]] = 0.05 * life.breath * breath
    added[:, _INDEX["browInnerUp"]] = 0.8 * life.brows * brows
    # Lids follow the eyes down; brows come down a little with a blink.
    down = np.clip(-gaze[:, 0] * life.gaze, 0.0, None)
    for side in ("Left", "Right"):
        lid = _INDEX[f"eyeBlink{side}"]
        added[:, lid] = np.clip(added[:, lid] + 0.9 * down, 0.0, 1.0)
        added[:, _INDEX[f"browDown{side}"]] = 0.06 * lids
    own = host_array(motion.coefficients)
    at = np.arange(len(own)) * RATE / motion.fps
    sampled = _at(added, at)
    blink = [_INDEX["eyeBlinkLeft"], _INDEX["eyeBlinkRight"]]
    merged = own + sampled
    merged[:, blink] = np.maximum(own[:, blink], sampled[:, blink])
    both = np.repeat(gaze[:, None], 2, axis=1) * life.gaze
    return Motion(
        np.clip(merged, 0.0, 1.0).astype(np.float32),
        (host_array(motion.rotation) + _at(rotation, at)).astype(np.float32),
        motion.translation,
        (host_array(motion.gaze) + _at(both, at)).astype(np.float32),
        motion.fps,
    )


def _at(values: FloatArray, places: FloatArray) -> FloatArray:
    low = np.clip(np.floor(places).astype(np.int64), 0, len(values) - 1)
    high = np.minimum(low + 1, len(values) - 1)
    share = np.clip(places - low, 0.0, 1.0).reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(values[low] * (1 - share) + values[high] * share, np.float32)


def glances(
    count: int, prosody: Prosody, random: np.random.Generator
) -> tuple[list[tuple[int, float]], FloatArray]:
    """Where the eyes look: ((step, size in radians) of each jump, T x 2 radians of pitch and yaw).

    While speaking people look away more, and back at the listener towards the end.
    """
    gaze = np.zeros((count, 2), np.float64)
    jumps: list[tuple[int, float]] = []
    now, step = np.zeros(2), 0
    while step < count:
        away = random.random() < (0.45 if prosody.speaking[step] > 0.5 else 0.3) and np.abs(now).max() < 0.03
        target = random.normal(0, [0.045, 0.085]) if away else random.normal(0, [0.006, 0.008])
        size = float(np.hypot(*(target - now)))
        length = max(int(2.2 + size * 50), 2)  # main sequence: about 21 ms and 2.2 ms a degree
        ramp = smooth_step(np.linspace(0, 1, length + 1)[1:])
        last = min(step + length, count)
        gaze[step:last] = now + (target - now) * ramp[: last - step, None]
        jumps.append((step, size))
        rest = int(RATE * float(np.clip(random.gamma(2.0, 0.35 if away else 0.8), 0.2, 4.0)))
        gaze[last : last + rest] = target
        now, step = target, last + rest
    return jumps, gaze.astype(np.float32)


def blinks(
    count: int,
    prosody: Prosody,
    jumps: list[tuple[int, float]],
    per_minute: float,
    random: np.random.Generator,
) -> FloatArray:
    """How far the lids are closed: T in 0..1."""
    lids = np.zeros(count, np.float64)
    if per_minute <= 0:
        return lids.astype(np.float32)
    mean = 60.0 / per_minute
    moments = [first + 8 for first, last in prosody.pauses if first > 0]
    moments += [step for step, size in jumps if size > 0.08]
    clock = float(random.uniform(0.3, 1.0)) * mean * RATE
    while clock < count:
        near = [moment for moment in moments if abs(moment - clock) < 0.7 * RATE]
        start = int(min(near, key=lambda moment: abs(moment - clock)) if near else clock)
        _lay(lids, start, _blink(random))
        if random.random() < 0.08:
            _lay(lids, start + 38, _blink(random))
        clock = max(clock, start) + RATE * float(max(random.gamma(3.0, mean / 3.0), 0.5))
    return lids.astype(np.float32)


def _blink(random: np.random.Generator) -> FloatArray:
    depth = 1.0 if random.random() < 0.85 else random.uniform(0.55, 0.9)
    closing, shut, opening = (round(random.normal(*timing)) for timing in ((8, 1), (3, 1), (17, 3)))
    down = np.sin(np.linspace(0, np.pi / 2, max(closing, 5))) ** 2
    up = np.cos(np.linspace(0, np.pi / 2, max(opening, 10))) ** 1.6
    return np.concatenate([down, np.ones(max(shut, 1)), up]) * depth


def _lay(track: FloatArray, start: int, shape: FloatArray) -> None:
    first, last = max(start, 0), min(start + len(shape), len(track))
    if last > first:
        track[first:last] = np.maximum(track[first:last], shape[first - start : last - start])


def head_movement(
    count: int, prosody: Prosody, random: np.random.Generator
) -> tuple[FloatArray, list[tuple[int, float]]]:
    """How the head turns: (T x 3 radians, (step, strength) of each stressed beat)."""
    from scipy.ndimage import gaussian_filter1d

    speaking = gaussian_filter1d(prosody.speaking.astype(np.float64), 30.0)
    liveliness = (0.45 + 0.55 * speaking)[:, None]
    total = np.zeros((count, 3))
    # Slow shifts of posture, and quicker sway: pitch, yaw, roll in radians.
    for reach, sizes in ((130.0, (0.020, 0.034, 0.017)), (38.0, (0.009, 0.012, 0.007))):
        noise = random.standard_normal((count + 1200, 3))
        smooth = gaussian_filter1d(noise, reach, axis=0)[600 : 600 + count]
        total += smooth / (1.0 / np.sqrt(2 * reach * np.sqrt(np.pi))) * sizes
    total *= liveliness
    total -= total[:1] * np.exp(-np.arange(count) / 60.0)[:, None]
    beats = []
    last = -60
    peaks = np.flatnonzero(
        (prosody.stress[1:-1] > prosody.stress[:-2]) & (prosody.stress[1:-1] >= prosody.stress[2:])
    )
    for peak in (peaks + 1).tolist():
        strength = float(prosody.stress[peak])
        if strength < 0.35 or peak - last < 45 or random.random() > 0.35 + 0.6 * strength:
            continue
        last = peak
        beats.append((peak, strength))
        times = np.arange(count) - peak
        size = random.uniform(0.5, 1.0) * strength * 0.045
        total[:, 0] += size * (
            np.exp(-0.5 * ((times - 2) / 9.0) ** 2) - 0.35 * np.exp(-0.5 * ((times + 20) / 12.0) ** 2)
        )
        total[:, 1] += random.normal(0, 0.012) * strength * np.exp(-0.5 * (times / 18.0) ** 2)
    return total.astype(np.float32), beats


def brow_beats(count: int, beats: list[tuple[int, float]], random: np.random.Generator) -> FloatArray:
    """How far the brows are up: T in 0..1, on some of the stressed beats."""
    from scipy.special import expit

    brows = np.zeros(count)
    times = np.arange(count)
    for step, strength in beats:
        if random.random() < 0.55:
            height = random.uniform(0.2, 0.5) * strength
            rise = expit((times - step + 12) / 3.0)
            fall = expit((step + random.uniform(10, 30) - times) / 6.0)
            brows = np.maximum(brows, height * rise * fall)
    return brows.astype(np.float32)


def breathing(count: int, prosody: Prosody) -> FloatArray:
    """Breaths: T in 0..1; one is taken in each pause before speech, else one every four seconds."""
    times = np.arange(count)
    speaking_at_all = prosody.speaking.max(initial=0.0) > 0.5
    if not speaking_at_all:
        return (0.5 - 0.5 * np.cos(2 * np.pi * times / (4.0 * RATE))).astype(np.float32)
    breath = np.zeros(count)
    for first, last in prosody.pauses:
        if last - first >= 35 and last < count:
            middle = last - 18
            breath = np.maximum(breath, np.exp(-0.5 * ((times - middle) / 12.0) ** 2))
    return breath.astype(np.float32)
