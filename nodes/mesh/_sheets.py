"""Many pictures on one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.values.arrays import FloatArray

#: Sheets above this many pixels are refused.
MOST_PIXELS = 100_000_000


def sheet(pictures: Sequence[FloatArray], columns: int, gap: int, background: Sequence[float]) -> FloatArray:
    """Pictures (H x W x 3 or 4) in rows from the left, as one H x W x 3 picture.

    Cells are as large as the largest picture; smaller ones stand in their middle.

    Args:
        columns: pictures a row; 0 makes the sheet about square.
        gap: pixels around every picture.

    Raises:
        NodeError: when there is no picture, or the sheet would be too large.
    """
    if not pictures:
        raise NodeError("there is no picture for the sheet", hint="Wire at least one")
    across = min(columns or math.ceil(math.sqrt(len(pictures))), len(pictures))
    down = -(-len(pictures) // across)
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    size = (down * (height + gap) + gap, across * (width + gap) + gap)
    if size[0] * size[1] > MOST_PIXELS:
        raise NodeError(
            f"the sheet would be {size[1]} x {size[0]} px", hint="Take smaller pictures, or fewer of them"
        )
    canvas = np.empty((*size, 3), np.float32)
    canvas[:] = np.asarray(background, np.float32)
    for number, picture in enumerate(pictures):
        top = gap + (number // across) * (height + gap) + (height - picture.shape[0]) // 2
        left = gap + (number % across) * (width + gap) + (width - picture.shape[1]) // 2
        cell = canvas[top : top + picture.shape[0], left : left + picture.shape[1]]
        alpha = picture[..., 3:] if picture.shape[2] == 4 else np.float32(1.0)
        cell[:] = picture[..., :3] * alpha + cell * (1 - alpha)
    return canvas
