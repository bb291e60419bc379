"""Running a network over a picture of any size, piece by piece, in bounded memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from nodes.sdk.values.arrays import FloatArray


def spans(length: int, tile: int, border: int) -> Iterator[tuple[int, int, int, int]]:
    """Pieces of a line: first and last of what is kept, first and last of what is looked at.

    Every place is kept exactly once; what is looked at reaches `border` beyond, where there is any.
    """
    count = max(1, -(-length // tile))
    edges = np.linspace(0, length, count + 1).round().astype(int).tolist()
    for first, last in itertools.pairwise(edges):
        yield first, last, max(first - border, 0), min(last + border, length)


def tiled(
    picture: FloatArray,
    work: Callable[[FloatArray], FloatArray],
    *,
    factor: int,
    tile: int,
    border: int,
    multiple: int = 1,
    on_tile: Callable[[float], None] | None = None,
) -> FloatArray:
    """A picture through a network that enlarges, tile by tile.

    Args:
        picture: H x W x 3. work: takes h x w x 3, returns factor * h x factor * w x 3.
        factor: by how much the network enlarges.
        tile: side of the part of a tile that is kept, in pixels of the picture.
        border: what the network sees around it; as wide as its view reaches, seams cannot be seen.
        multiple: sides of what the network sees are padded to a multiple of this.
        on_tile: called with the share done before each tile.
    """
    height, width = picture.shape[:2]
    result = np.empty((height * factor, width * factor, picture.shape[2]), np.float32)
    rows, columns = list(spans(height, tile, border)), list(spans(width, tile, border))
    for i, (top, bottom, above, below) in enumerate(rows):
        for j, (left, right, before, after) in enumerate(columns):
            if on_tile is not None:
                on_tile((i * len(columns) + j) / (len(rows) * len(columns)))
            part = picture[above:below, before:after]
            down, across = -part.shape[0] % multiple, -part.shape[1] % multiple
            seen = np.pad(part, ((0, down), (0, across), (0, 0)), mode="edge") if down or across else part
            made = work(np.ascontiguousarray(seen))
            y, x = (top - above) * factor, (left - before) * factor
            high, wide = (bottom - top) * factor, (right - left) * factor
            result[top * factor : bottom * factor, left * factor : right * factor] = made[
                y : y + high, x : x + wide
            ]
    return result
