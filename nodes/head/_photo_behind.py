"""What is behind a moved head: a plate that stays where it is, and mattes that move.

A photograph is what the head covers plus what shines through: photo = head + (1 - matte) plate.
The head moves and the plate does not, so a moved photograph is mended by the difference of the
plate at the two places. Where nothing moves nothing changes, whatever the plate is. Clothes stay
where they are as well: the head goes over a collar, the neck stays inside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.head._kernels import _cubic
from nodes.sdk.values.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Behind:
    """The background of a photograph.

    Attributes:
        over: H x W in 0..1, how much of a pixel is head and hair.
        under: H x W in 0..1, how much is neck.
        front: H x W in 0..1, clothes, which do not move.
        plate: H x W x 3, the photograph without the person.
        cloth: H x W x 3, the clothes' colours, continued beyond their edges.
        body: H x W x 3, the photograph without the head alone: neck and clothes go on where it was. None:
            the plate and clothes that are drawn out take its place.
    """

    over: FloatArray
    under: FloatArray
    front: FloatArray
    plate: FloatArray
    cloth: FloatArray
    body: FloatArray | None = None


def mend_background(
    behind: Behind, photo: FloatArray, where: FloatArray, left: int, top: int, view: FloatArray
) -> None:
    """Put the plate behind what moved, in a window of the picture, in place.

    Args:
        behind: of the photograph. photo: H x W x 3.
        where: h x w x 2, the place in the photograph that each pixel of the window shows.
        left, top: where the window lies. view: h x w x 3, the moved photograph.
    """
    known = behind.body is not None
    body = behind.body if known else behind.plate
    _mend(
        behind.over, behind.under, behind.front, behind.plate, behind.cloth, body, known, photo, where,
        left, top, view,
    )  # fmt: skip


@njit(cache=True, fastmath=True, inline="always")
def _mixed(values, x0, y0, x1, y1, fx, fy):  # type: ignore[no-untyped-def]
    upper = values[y0, x0] * (1 - fx) + values[y0, x1] * fx
    lower = values[y1, x0] * (1 - fx) + values[y1, x1] * fx
    return upper * (1 - fy) + lower * fy


@njit(cache=True, fastmath=True, parallel=True)
def _mend(  # type: ignore[no-untyped-def]
    over, under, front, plate, clothes, body, known, photo, where, left, top, view
):
    height, width = where.shape[:2]
    full_height, full_width = over.shape
    for row in prange(height):
        colour = np.zeros(3, np.float32)
        for column in range(width):
            sx = where[row, column, 0]
            sy = where[row, column, 1]
            if abs(sx - (left + column + 0.5)) + abs(sy - (top + row + 0.5)) < 1e-3:
                continue
            x = min(max(sx - 0.5, 0.0), full_width - 1.0)
            y = min(max(sy - 0.5, 0.0), full_height - 1.0)
            x0 = int(math.floor(x))  # noqa: RUF046 - floor of a float32 is a float here
            y0 = int(math.floor(y))  # noqa: RUF046
            x1 = min(x0 + 1, full_width - 1)
            y1 = min(y0 + 1, full_height - 1)
            fx = x - x0
            fy = y - y0
            head = _mixed(over, x0, y0, x1, y1, fx, fy)
            if head >= 0.999:
                continue
            neck = _mixed(under, x0, y0, x1, y1, fx, fy)
            cloth = _mixed(front, x0, y0, x1, y1, fx, fy)
            here = front[top + row, left + column]
            person = over[top + row, left + column] + under[top + row, left + column] + here
            # Where the head uncovers what it hid, clothes go on; over the background they do not.
            drawn_out = max(min(cloth * min(person, 1.0), 1.0 - head - neck), 0.0)
            share = 1.0 - min(head + neck + drawn_out, 1.0)
            held = (1.0 - min(head, 1.0)) * here
            if held >= 0.999:
                for k in range(3):
                    view[row, column, k] = photo[top + row, left + column, k]
                continue
            _cubic(plate, sx, sy, colour)
            seen = min(head + neck + cloth, 1.0)
            moved = min(head + neck, 1.0)
            gone = max(min(over[top + row, left + column], 1.0) - head, 0.0) if known else 0.0
            # A neck that is drawn out is better than one that is made up; clothes are not.
            gone *= min(cloth / max(1.0 - head, 1e-3), 1.0)
            for k in range(3):
                value = view[row, column, k] - (1.0 - seen) * colour[k]
                # What is not head or neck gives way to what stays.
                value *= moved / max(seen, 1e-3)
                value += drawn_out * clothes[top + row, left + column, k]
                value += share * plate[top + row, left + column, k]
                value += held * (photo[top + row, left + column, k] - value)
                value += gone * (body[top + row, left + column, k] - value)
                view[row, column, k] = min(max(value, 0.0), 1.0)
