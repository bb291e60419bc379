"""Drawn rows of teeth, for mouths that the photograph shows closed.

A row is an RGBA strip in millimetres along and across the arch as seen from the front: tooth
widths are those of an average dentition, foreshortened by the curve of the arch.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from nodes.sdk.values.arrays import FloatArray

#: Half the width of a strip and its height in millimetres, and texels per millimetre.
HALF_WIDTH = 29.0
HEIGHT = 13.0
TEXELS = 6.0

# From the middle outwards: widths and heights of the crowns in millimetres.
_UPPER = ((8.5, 6.6, 7.6, 7.0, 6.8, 10.0), (10.2, 9.0, 9.8, 8.4, 8.0, 7.4))
_LOWER = ((5.3, 5.9, 6.8, 7.0, 7.1, 11.0), (8.8, 9.0, 9.8, 8.6, 8.0, 7.5))
_ARCH = {"upper": (27.5, 30.0), "lower": (24.0, 27.0)}  # half width and depth
#: How much of a strip's width its arch fills.
ARCH_SHARE = {which: half / HALF_WIDTH for which, (half, _) in _ARCH.items()}
_GUM = np.array([0.62, 0.36, 0.34])


@cache
def _rows(which: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Brightness, gum share and alpha of a row's right half mirrored to both, H x W each.

    The biting edge is at the bottom of an upper row and at the top of a lower one.
    """
    widths, heights = _UPPER if which == "upper" else _LOWER
    half_width, depth = _ARCH[which]
    columns, lines = round(2 * HALF_WIDTH * TEXELS), round(HEIGHT * TEXELS)
    x = np.abs((np.arange(columns) + 0.5) / TEXELS - HALF_WIDTH)[None, :]
    from_edge = ((np.arange(lines)[::-1] + 0.5) / TEXELS)[:, None]
    angle = np.linspace(0.0, np.pi / 2, 400)
    steps = np.hypot(np.diff(half_width * np.sin(angle)), np.diff(depth * np.cos(angle)))
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    along = np.interp(x, half_width * np.sin(angle), arc)
    facing = np.interp(x, half_width * np.sin(angle), np.cos(angle))
    ends = np.cumsum(widths)
    number = np.minimum(np.searchsorted(ends, along), len(widths) - 1)
    width = np.array(widths)[number]
    middle = ends[number] - width / 2
    across = np.clip((along - middle) / (width / 2), -1.0, 1.0)
    height = np.array(heights)[number]
    # Incisal edges rise a little from the middle to the sides, and corners are round.
    rise = 0.55 * (number == 1) + 0.1 * (number == 2) + 0.35 * np.maximum(number - 2, 0)
    rise = rise + 0.9 * np.abs(across) ** 5
    crown = from_edge - rise
    tooth = np.clip(crown * 2.5, 0.0, 1.0)
    gum_line = height - 1.6 * np.abs(across) ** 2
    gum = np.clip((from_edge - gum_line) * 1.6 + 0.5, 0.0, 1.0)
    between = 1.0 - 0.22 * np.exp(-((((1 - np.abs(across)) * width / 2) / 0.35) ** 2))
    relief = (1.0 - 0.13 * across**2) * (0.90 + 0.10 * np.clip(crown / 3.0, 0, 1))
    bright = between * relief * (0.30 + 0.70 * facing**0.8)
    alpha = tooth * (x < half_width)
    if which == "lower":
        return bright[::-1], gum[::-1], alpha[::-1]
    return bright, gum, alpha


def strip(which: str, white: FloatArray, texels: float = 0.0) -> FloatArray:
    """An RGBA strip, H x W x 4 float32, its teeth as white as `white` (3, sRGB 0..1).

    With `texels`, how many of them a pixel of the picture covers, it is smoothed as a lens would.
    """
    bright, gum, alpha = _rows(which)
    light = float(white.mean()) / 0.8
    enamel = bright[..., None] * white
    flesh = bright[..., None] ** 0.5 * _GUM * light
    colour = np.clip(enamel + gum[..., None] * (flesh - enamel), 0.0, 1.0)
    found = np.dstack([colour * alpha[..., None], alpha]).astype(np.float32)
    if texels > 1.0:
        import cv2

        found = cv2.GaussianBlur(found, (0, 0), 0.5 * texels, borderType=cv2.BORDER_REPLICATE)
    found[..., :3] /= np.maximum(found[..., 3:], 1e-3)
    return np.ascontiguousarray(np.clip(found, 0.0, 1.0), np.float32)


def texel_of(which: str) -> FloatArray:
    """3 x 3: from (x, y up, 1) in millimetres about the middle of the biting edge to texels."""
    edge = HEIGHT if which == "upper" else 0.0
    return np.array(
        [[TEXELS, 0.0, HALF_WIDTH * TEXELS - 0.5], [0.0, -TEXELS, edge * TEXELS - 0.5], [0.0, 0.0, 1.0]]
    )
