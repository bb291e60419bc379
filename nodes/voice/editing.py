"""Changes of a motion by hand: keys of offsets over time, as text, laid over its curves.

Each line is a curve and its keys, "jawOpen: 0.5 0.2, 0.9 -0.1 linear, 1.2 0": seconds, how much is
added there, and how the offset goes on to the next key (smooth unless it says linear or constant).
Coefficients count 0 to 1, angles in degrees. Before the first key and after the last the offset holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray, host_array
from nodes.voice.curves import ANGLES

Way = Literal["smooth", "linear", "constant"]
WAYS: tuple[Way, ...] = ("smooth", "linear", "constant")
#: Every curve of a motion by its name.
CURVES = (*ARKIT_NAMES, *ANGLES)
MOST_CHARACTERS = 1_000_000
#: Bounds of what a key may say: seconds, and offsets (degrees are the larger unit).
LATEST, FARTHEST = 36_000.0, 360.0
_NUMBER = {name: number for number, name in enumerate(CURVES)}


@dataclass(frozen=True, order=True)
class OffsetKey:
    """An offset at a moment, in seconds, and how it goes on to the next."""

    seconds: float
    value: float
    way: Way = "smooth"


#: The keys of each curve, by its name, in order of time.
Offsets = Mapping[str, tuple[OffsetKey, ...]]


def read_offsets(text: str) -> dict[str, tuple[OffsetKey, ...]]:
    """The keys in a text. Raises NodeError, naming the line that is wrong."""
    if len(text) > MOST_CHARACTERS:
        raise NodeError("the curves are too long a text", hint="Remove keys that change little")
    found: dict[str, tuple[OffsetKey, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, parted, keys = (part.strip() for part in line.partition(":"))
        if name not in _NUMBER or not parted:
            raise NodeError(
                f"line {number} of the curves names no curve: '{name[:40]}'",
                hint="Write it like 'jawOpen: 0.5 0.2, 1.2 0', with ARKit's names",
            )
        if name in found:
            raise NodeError(f"line {number} of the curves names '{name}' again", hint="Join the two lines")
        found[name] = tuple(sorted(_read_key(entry, number) for entry in keys.split(",")))
        if any(one.seconds == other.seconds for one, other in pairwise(found[name])):
            raise NodeError(
                f"line {number} of the curves has two keys at the same time", hint="Remove one of them"
            )
    return found


def _read_key(entry: str, line: int) -> OffsetKey:
    words = entry.split()
    try:
        seconds, value = float(words[0]), float(words[1])
        way = words[2] if len(words) == 3 else "smooth"
        fits = len(words) <= 3 and way in WAYS and 0 <= seconds <= LATEST and abs(value) <= FARTHEST
    except (ValueError, IndexError):
        fits = False
    if not fits:
        raise NodeError(
            f"line {line} of the curves has no key in '{entry.strip()[:40]}'",
            hint="A key is seconds and an offset, such as '0.5 0.2' or '0.5 0.2 linear'",
        )
    return OffsetKey(seconds, value, cast(Way, way))


def write_offsets(offsets: Offsets) -> str:
    """Keys as text that `read_offsets` understands; curves without keys are left out."""
    lines = []
    for name in sorted(offsets, key=_NUMBER.__getitem__):
        keys = [
            f"{_plain(key.seconds)} {_plain(key.value)}" + (f" {key.way}" if key.way != "smooth" else "")
            for key in sorted(offsets[name])
        ]
        if keys:
            lines.append(f"{name}: {', '.join(keys)}")
    return "\n".join(lines)


def _plain(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".").replace("-0", "0" if abs(number) < 5e-5 else "-0", 1)


def offset_at(keys: tuple[OffsetKey, ...], seconds: FloatArray) -> FloatArray:
    """The offset at some moments.

    Smooth parts are monotone cubics (Fritsch and Carlson 1980) with level ends, as the program's
    keyframes are: they never leave the range of the two keys they join.
    """
    if not keys:
        return np.zeros(len(seconds))
    times = np.array([key.seconds for key in keys])
    values = np.array([key.value for key in keys])
    if len(keys) == 1:
        return np.full(len(seconds), values[0])
    span = np.diff(times)
    slope = np.diff(values) / span
    tangent = np.zeros(len(keys))
    level = slope[:-1] * slope[1:] <= 0
    before, after = 2 * span[1:] + span[:-1], span[1:] + 2 * span[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (before + after) / (before / slope[:-1] + after / slope[1:])
    tangent[1:-1] = np.where(level, 0.0, mean)
    left = np.clip(np.searchsorted(times, seconds, "right") - 1, 0, len(keys) - 2)
    t = np.clip((seconds - times[left]) / span[left], 0.0, 1.0)
    smooth = (
        (1 + 2 * t) * (1 - t) ** 2 * values[left]
        + t * (1 - t) ** 2 * span[left] * tangent[left]
        + t * t * (3 - 2 * t) * values[left + 1]
        + t * t * (t - 1) * span[left] * tangent[left + 1]
    )
    linear = values[left] * (1 - t) + values[left + 1] * t
    constant = np.where(t < 1, values[left], values[left + 1])
    ways = np.array([WAYS.index(key.way) for key in keys])[left]
    return np.choose(ways, [smooth, linear, constant])


def curve_of(motion: Motion, name: str) -> FloatArray:
    """A curve of a motion over its T frames: a coefficient, or an angle in degrees."""
    number = _NUMBER[name]
    if number < len(ARKIT_NAMES):
        return host_array(motion.coefficients)[:, number]
    count = len(motion.coefficients)
    angles = np.concatenate([host_array(motion.rotation), host_array(motion.gaze).reshape(count, 4)], axis=1)
    return np.degrees(angles[:, number - len(ARKIT_NAMES)])


def edited(motion: Motion, offsets: Offsets, strength: float = 1.0) -> Motion:
    """The motion with offsets added; coefficients stay between 0 and 1, or where they were."""
    count = len(motion.coefficients)
    seconds = np.arange(count) / motion.fps
    coefficients = host_array(motion.coefficients).copy()
    angles = np.concatenate([host_array(motion.rotation), host_array(motion.gaze).reshape(count, 4)], axis=1)
    for name, keys in offsets.items():
        number, added = _NUMBER[name], strength * offset_at(keys, seconds)
        if number < len(ARKIT_NAMES):
            own = coefficients[:, number]
            coefficients[:, number] = np.clip(own + added, np.minimum(own, 0.0), np.maximum(own, 1.0))
        else:
            angles[:, number - len(ARKIT_NAMES)] += np.radians(added)
    return Motion(
        coefficients,
        angles[:, :3].astype(np.float32),
        motion.translation,
        angles[:, 3:].reshape(count, 2, 2).astype(np.float32),
        motion.fps,
    )


def pulled(keys: tuple[OffsetKey, ...], seconds: float, amount: float, reach: float) -> tuple[OffsetKey, ...]:
    """Keys that add `amount` at a moment and leave what is farther than `reach` seconds as it was."""
    moment = max(seconds, 0.0)
    here = float(offset_at(keys, np.array([moment]))[0])
    rest = [key for key in keys if abs(key.seconds - moment) > 1e-3]
    for end in (moment - reach, moment + reach) if reach > 0 else ():
        near = any(min(end, moment) <= key.seconds <= max(end, moment) for key in rest)
        if end >= 0 and not near:
            rest.append(OffsetKey(end, float(offset_at(keys, np.array([end]))[0])))
    return tuple(sorted([*rest, OffsetKey(moment, here + amount)]))


def shifted(
    keys: tuple[OffsetKey, ...], chosen: frozenset[float], seconds: float, amount: float
) -> tuple[OffsetKey, ...]:
    """Some keys (by their time) moved in time and value; one that lands on another replaces it.

    None is moved before the start.
    """
    step = max(seconds, -min(chosen, default=0.0))
    taken = {key.seconds: key for key in keys if key.seconds not in chosen}
    for key in keys:
        if key.seconds in chosen:
            moment = round(key.seconds + step, 4)
            taken[moment] = OffsetKey(moment, _bounded(key.value + amount), key.way)
    return tuple(sorted(taken.values()))


def _bounded(value: float) -> float:
    return math.copysign(min(abs(value), FARTHEST), value)
