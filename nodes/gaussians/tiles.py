"""Which splats touch which tile of the picture, nearest first, compiled.

Splats are first dealt to tiles in the order in which they are stored, which reads memory in a row;
then each tile's list is sorted by depth where it fits into the processor's cache.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import get_num_threads, njit, prange

from nodes.gaussians.projection import (
    CENTRE_X,
    CENTRE_Y,
    DEPTH,
    REACH_X,
    REACH_Y,
    Projected,
)
from nodes.sdk.values.arrays import IntArray

#: Side of a tile in pixels.
TILE = 16

_DIGIT = 11
_BUCKETS = 1 << _DIGIT
#: Shorter lists are sorted by insertion.
_FEW = 48


@dataclass(frozen=True, eq=False)
class TileLists:
    """The splats of every tile.

    Attributes:
        starts: T + 1 int64; tile t owns members[starts[t]:starts[t + 1]].
        members: indices of splats, nearest first within a tile.
        columns, rows: how many tiles the picture has across and down; t = row * columns + column.
    """

    starts: np.ndarray
    members: IntArray
    columns: int
    rows: int


def tile_lists(projected: Projected, width: int, height: int) -> TileLists:
    """Sort projected splats into the tiles of a picture of width x height pixels."""
    columns, rows = -(-width // TILE), -(-height // TILE)
    parts = get_num_threads()
    counts = np.zeros((parts, columns * rows), np.int64)
    _count(projected.records, projected.visible, columns, rows, counts)
    ends = np.cumsum(counts.T.ravel())
    total = int(ends[-1]) if len(ends) else 0
    starts = np.concatenate([[0], ends[parts - 1 :: parts]])
    places = (ends - counts.T.ravel()).reshape(-1, parts).T.copy()
    members = np.empty(total, np.int32)
    keys = np.empty(total, np.float32)
    _deal(projected.records, projected.visible, columns, rows, places, members, keys)
    _sort(starts, members, keys)
    return TileLists(starts, members, columns, rows)


@njit(cache=True, fastmath=True, inline="always")
def tile_box(record, columns, rows):  # type: ignore[no-untyped-def]
    """First and last column and row of the tiles that an ellipse may touch."""
    size = np.float32(1.0 / TILE)
    half = np.float32(0.5)
    left = max(0, math.floor((record[CENTRE_X] - record[REACH_X] - half) * size))
    right = min(columns - 1, math.floor((record[CENTRE_X] + record[REACH_X] + half) * size))
    top = max(0, math.floor((record[CENTRE_Y] - record[REACH_Y] - half) * size))
    bottom = min(rows - 1, math.floor((record[CENTRE_Y] + record[REACH_Y] + half) * size))
    return left, right, top, bottom


@njit(cache=True, fastmath=True, parallel=True)
def _count(records, visible, columns, rows, counts):  # type: ignore[no-untyped-def]
    parts = counts.shape[0]
    number = records.shape[0]
    for part in prange(parts):
        for i in range(part * number // parts, (part + 1) * number // parts):
            if visible[i]:
                left, right, top, bottom = tile_box(records[i], columns, rows)
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        counts[part, row * columns + column] += 1


@njit(cache=True, fastmath=True, parallel=True)
def _deal(records, visible, columns, rows, places, members, keys):  # type: ignore[no-untyped-def]
    parts = places.shape[0]
    number = records.shape[0]
    for part in prange(parts):
        for i in range(part * number // parts, (part + 1) * number // parts):
            if visible[i]:
                left, right, top, bottom = tile_box(records[i], columns, rows)
                depth = records[i, DEPTH]
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        tile = row * columns + column
                        place = places[part, tile]
                        members[place] = i
                        keys[place] = depth
                        places[part, tile] = place + 1


@njit(cache=True, fastmath=True, parallel=True)
def _sort(starts, members, keys):  # type: ignore[no-untyped-def]
    tiles = starts.shape[0] - 1
    jobs = 64
    longest = 0
    for tile in range(tiles):
        longest = max(longest, starts[tile + 1] - starts[tile])
    for job in prange(jobs):
        digits = np.empty(longest, np.uint32)
        spare_digits = np.empty(longest, np.uint32)
        spare = np.empty(longest, np.int32)
        low_counts = np.empty(_BUCKETS, np.int32)
        high_counts = np.empty(_BUCKETS, np.int32)
        # Neighbouring tiles go to different jobs, because busy tiles lie together.
        for tile in range(job, tiles, jobs):
            first, last = starts[tile], starts[tile + 1]
            number = last - first
            if number < _FEW:
                for i in range(first + 1, last):
                    key, member = keys[i], members[i]
                    j = i
                    while j > first and keys[j - 1] > key:
                        keys[j] = keys[j - 1]
                        members[j] = members[j - 1]
                        j -= 1
                    keys[j] = key
                    members[j] = member
                continue
            nearest, farthest = keys[first], keys[first]
            for i in range(first, last):
                nearest = min(nearest, keys[i])
                farthest = max(farthest, keys[i])
            scale = np.float32(_BUCKETS * _BUCKETS - 64) / (farthest - nearest + np.float32(1e-12))
            low_counts[:] = 0
            high_counts[:] = 0
            for i in range(number):
                digit = np.uint32((keys[first + i] - nearest) * scale)
                digits[i] = digit
                low_counts[digit & np.uint32(_BUCKETS - 1)] += 1
                high_counts[digit >> np.uint32(_DIGIT)] += 1
            low, high = 0, 0
            for bucket in range(_BUCKETS):
                step = low_counts[bucket]
                low_counts[bucket] = low
                low += step
                step = high_counts[bucket]
                high_counts[bucket] = high
                high += step
            for i in range(number):
                digit = digits[i]
                bucket = digit & np.uint32(_BUCKETS - 1)
                place = low_counts[bucket]
                low_counts[bucket] = place + 1
                spare_digits[place] = digit >> np.uint32(_DIGIT)
                spare[place] = members[first + i]
            for i in range(number):
                bucket = spare_digits[i]
                place = high_counts[bucket]
                high_counts[bucket] = place + 1
                members[first + place] = spare[i]
