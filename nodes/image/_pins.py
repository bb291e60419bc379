"""Pins that pull points of a picture to other places, as text, and the smooth movement they make.

A pin is "x y x y": where it was stuck in and where it has been pulled to; pins are parted by
semicolons. Every number is a whole one, in ten-thousandths of the picture's width.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.values.arrays import FloatArray

#: What a picture's width is divided into.
UNITS = 10_000
MOST_CHARACTERS = 100_000
MOST_PINS = 500
#: Points that are moved at once, so that what is in between stays small.
BLOCK = 4096
#: Nearer than this, as a share of the picture's width, a point counts as the pin itself.
NEAREST = 1e-9
_PIN = re.compile(r"-?\d{1,6}(?: -?\d{1,6}){3}")

Keeps = Literal["shape", "angles"]


@dataclass(frozen=True, eq=False)
class Pins:
    """Pins in a picture.

    Attributes:
        rest: N x 2, where they were stuck in, as shares of the picture's width.
        place: N x 2, where they have been pulled to.
    """

    rest: FloatArray
    place: FloatArray

    def __len__(self) -> int:
        return len(self.rest)

    def pulled(self, strength: float) -> Pins:
        """The same pins pulled only a part of their way."""
        return replace(self, place=self.rest + strength * (self.place - self.rest))

    def with_border(self, height: float, steps: int = 4) -> Pins:
        """With pins that stay where they are all around a picture of this height (in its widths)."""
        along = np.arange(steps) / steps
        zeros, ones = np.zeros(steps), np.ones(steps)
        corners = [(along, zeros), (ones, along), (1 - along, ones), (zeros, 1 - along)]
        border = np.concatenate([np.stack(side, axis=1) for side in corners]) * (1.0, height)
        return Pins(np.concatenate([self.rest, border]), np.concatenate([self.place, border]))


def read_pins(text: str) -> Pins:
    """The pins in a text.

    Raises:
        NodeError: when it is too long or no list of pins.
    """
    parts = [part.strip() for part in text[:MOST_CHARACTERS].split(";") if part.strip()]
    if len(text) > MOST_CHARACTERS or len(parts) > MOST_PINS:
        raise NodeError(f"there are more than {MOST_PINS} pins", hint="Remove some")
    for number, part in enumerate(parts):
        if _PIN.fullmatch(part) is None:
            raise NodeError(
                f"pin {number + 1} cannot be read", hint="Reset 'Pins', and set them in the viewer"
            )
    numbers = np.array([part.split() for part in parts], np.float64).reshape(-1, 4) / UNITS
    return Pins(numbers[:, :2], numbers[:, 2:])


def pins_text(pins: Pins) -> str:
    """Pins as text, the inverse of `read_pins`."""
    numbers = np.round(np.concatenate([pins.rest, pins.place], axis=1) * UNITS).astype(int)
    return ";".join(" ".join(map(str, row)) for row in numbers)


def moved(points: FloatArray, rest: FloatArray, place: FloatArray, keeps: Keeps, near: float) -> FloatArray:
    """Where points go when `rest` is pulled to `place`: moving least squares.

    Near a pin the movement is that of the pin, exactly so on it. After Schaefer, McPhail and Warren
    2006, "Image deformation using moving least squares", with the plane as complex numbers: of the
    movements a (v - p*) + q* the one with the least sum of w |a (p - p*) - (q - q*)|^2, where
    w = |p - v|^(-2 near) and p*, q* are the means weighted by w.

    Args:
        points: M x 2. rest, place: N x 2 in the same unit.
        keeps: "shape" turns and shifts only (|a| = 1); "angles" also grows and shrinks.
        near: above 0; the larger, the less far a pin reaches.

    Returns:
        M x 2; the points themselves when there are no pins.
    """
    if not len(rest):
        return points.copy()
    source, target = rest[:, 0] + 1j * rest[:, 1], place[:, 0] + 1j * place[:, 1]
    where = points[:, 0] + 1j * points[:, 1]
    found = np.empty_like(where)
    for start in range(0, len(where), BLOCK):
        seen = where[start : start + BLOCK, None]
        gap = np.maximum(np.abs(source - seen), NEAREST)
        weight = (gap.min(axis=1, keepdims=True) / gap) ** (2 * near)
        weight /= weight.sum(axis=1, keepdims=True)
        from_middle = weight @ source
        to_middle = weight @ target
        from_spread = source - from_middle[:, None]
        to_spread = target - to_middle[:, None]
        turn = (weight * from_spread.conj() * to_spread).sum(axis=1)
        size = np.abs(turn) if keeps == "shape" else (weight * np.abs(from_spread) ** 2).sum(axis=1)
        # One pin alone, and a point on a pin, say nothing about turning.
        known = size > 1e-18
        factor = np.where(known, turn / np.where(known, size, 1.0), 1.0)
        found[start : start + BLOCK] = factor * (seen[:, 0] - from_middle) + to_middle
    return np.stack([found.real, found.imag], axis=1)


def source_of(points: FloatArray, pins: Pins, keeps: Keeps, near: float) -> FloatArray:
    """Which place of the unpulled picture is seen at points of the pulled one: M x 2."""
    return moved(points, pins.place, pins.rest, keeps, near)
