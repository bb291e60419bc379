"""Brush strokes as text, and as a mask.

A stroke is "+radius x y x y ..." (paint) or "-radius x y ..." (erase); strokes are parted by
semicolons. Every number is a whole one, in ten-thousandths of the picture's width.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.values.arrays import FloatArray

#: What a picture's width is divided into.
UNITS = 10_000
MOST_CHARACTERS = 4_000_000
MOST_STROKES = 20_000
_STROKE = re.compile(r"([+-])(\d{1,5})((?: -?\d{1,6} -?\d{1,6})+)")


@dataclass(frozen=True, eq=False)
class Stroke:
    """One stroke.

    Attributes:
        paints: whether it paints; else it erases.
        radius: a share of the picture's width.
        points: N x 2, x and y as shares of the picture's width.
    """

    paints: bool
    radius: float
    points: FloatArray


def read_strokes(text: str) -> list[Stroke]:
    """The strokes in a text.

    Raises:
        NodeError: when it is too long or no list of strokes.
    """
    if len(text) > MOST_CHARACTERS:
        raise NodeError("there are more strokes than can be painted", hint="Start a second mask")
    strokes = []
    for number, part in enumerate(filter(None, (each.strip() for each in text.split(";")))):
        found = _STROKE.fullmatch(part)
        if found is None or number >= MOST_STROKES:
            raise NodeError(
                f"stroke {number + 1} cannot be read", hint="Reset 'Strokes', and paint in the viewer"
            )
        points = np.array(found[3].split(), np.float64).reshape(-1, 2) / UNITS
        strokes.append(Stroke(found[1] == "+", int(found[2]) / UNITS, points))
    return strokes


def stroke_text(paints: bool, radius: float, points: list[tuple[float, float]]) -> str:
    """One stroke as text; radius and points as shares of the picture's width."""
    numbers = " ".join(f"{round(x * UNITS)} {round(y * UNITS)}" for x, y in points)
    return f"{'+' if paints else '-'}{max(round(radius * UNITS), 1)} {numbers}"


def draw_strokes(strokes: list[Stroke], width: int, height: int, soften: float) -> FloatArray:
    """The strokes one over the other: H x W float32 in 0..1.

    Args:
        soften: how wide edges fade, as a share of the width.
    """
    import cv2

    shift = 4
    canvas = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        value = 255 if stroke.paints else 0
        radius = max(stroke.radius * width, 0.5)
        # Pixel centres lie at half numbers.
        places = np.round((stroke.points * width - 0.5) * (1 << shift)).astype(np.int32)
        for place in places[[0, -1]]:
            centre = (int(place[0]), int(place[1]))
            cv2.circle(canvas, centre, round(radius * (1 << shift)), value, -1, cv2.LINE_AA, shift)
        # Smooth lines come out about two pixels wider than asked.
        thickness = max(round(2 * radius) - 2, 1)
        cv2.polylines(canvas, [places.reshape(-1, 1, 2)], False, value, thickness, cv2.LINE_AA, shift)
    mask = canvas.astype(np.float32) / np.float32(255)
    if soften > 0:
        mask = cv2.GaussianBlur(mask, (0, 0), max(soften * width / 2, 0.1))
    return mask
