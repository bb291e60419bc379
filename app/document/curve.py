"""Keyframed numbers."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Interpolation = Literal["linear", "constant", "smooth"]
INTERPOLATIONS: tuple[Interpolation, ...] = ("linear", "constant", "smooth")


@dataclass(frozen=True)
class Key:
    """A value at a frame, and how the curve leaves it towards the next key."""

    frame: float
    value: float
    interpolation: Interpolation = "smooth"


@dataclass(frozen=True)
class Curve:
    """A number over time: keys in frame order, at least one, no two at the same frame.

    Before the first key and after the last the value is held. "smooth" is a monotone cubic
    (Fritsch and Carlson 1980): it never leaves the range of the two keys it joins.
    """

    keys: tuple[Key, ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("a curve needs at least one key")
        frames = [key.frame for key in self.keys]
        if any(later <= earlier for earlier, later in pairwise(frames)):
            raise ValueError("the keys of a curve must be in frame order, one a frame")
        if not all(math.isfinite(key.frame) and math.isfinite(key.value) for key in self.keys):
            raise ValueError("the keys of a curve must be finite numbers")

    def at(self, frame: float) -> float:
        """The value at a frame."""
        keys = self.keys
        index = bisect_right(keys, frame, key=lambda key: key.frame) - 1
        if index < 0:
            return keys[0].value
        left = keys[index]
        if index == len(keys) - 1 or left.interpolation == "constant":
            return left.value
        right = keys[index + 1]
        span = right.frame - left.frame
        t = (frame - left.frame) / span
        if left.interpolation == "linear":
            return left.value + (right.value - left.value) * t
        start, end = self._tangent(index), self._tangent(index + 1)
        return (
            (1 + 2 * t) * (1 - t) ** 2 * left.value
            + t * (1 - t) ** 2 * span * start
            + t * t * (3 - 2 * t) * right.value
            + t * t * (t - 1) * span * end
        )

    def _tangent(self, index: int) -> float:
        """The slope at a key: the harmonic mean of its neighbours' slopes, 0 at peaks and ends."""
        if index == 0 or index == len(self.keys) - 1:
            return 0.0
        before, here, after = self.keys[index - 1 : index + 2]
        left_span, right_span = here.frame - before.frame, after.frame - here.frame
        left = (here.value - before.value) / left_span
        right = (after.value - here.value) / right_span
        if left * right <= 0:
            return 0.0
        left_weight, right_weight = 2 * right_span + left_span, right_span + 2 * left_span
        return (left_weight + right_weight) / (left_weight / left + right_weight / right)

    def with_key(self, key: Key) -> Curve:
        """The curve with a key added, or replaced when there is one at that frame."""
        others = [old for old in self.keys if old.frame != key.frame]
        return Curve(tuple(sorted([*others, key], key=lambda item: item.frame)))

    def without_key(self, frame: float) -> Curve | None:
        """The curve without its key at a frame; None when no key is left."""
        others = tuple(old for old in self.keys if old.frame != frame)
        return Curve(others) if others else None
