"""Which splats touch which tile of the picture, nearest first, compiled.

Splats are first dealt to tiles in the order in which they are stored, which reads memory in a row;
then each tile's list is sorted by depth where it fits into the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import get_num_threads, njit, prange

from nodes.gaussians.lanes import WIDTH
from nodes.gaussians.projection import DEPTH, TILE, Projected
from nodes.sdk.values.arrays import IntArray

_DIGIT = 8
_BUCKETS = 1 << _DIGIT
_LOW = np.uint64(_BUCKETS - 1)
#: Shorter lists are sorted by insertion.
_FEW = 48


@dataclass(frozen=True, eq=False)
class TileLists:
    """The splats of every tile.

    Attributes:
        starts: T + 1 int64; tile t owns members[starts[t]:starts[t + 1]].
        members: indices of splats, nearest first within a tile; a few zeros follow the last, so that
            sixteen at a time can be read.
        columns, rows: how many tiles the picture has across and down; t = row * columns + column.
    """

    starts: np.ndarray
    members: IntArray
    columns: int
    rows: int


def tile_lists(projected: Projected, width: int, height: int) -> TileLists:
    """Sort projected splats into the tiles of a picture of width x height pixels."""
    columns, rows = -(-width // TILE), -(-height // TILE)
    tiles, parts = columns * rows, get_num_threads()
    # One tile more takes what need not be written, so that writing it asks no question.
    counts = np.zeros((parts, tiles + 1), np.int64)
    _count(projected.boxes, columns, counts)
    ends = np.cumsum(counts[:, :tiles].T.ravel())
    total = int(ends[-1])
    starts = np.concatenate([[0], ends[parts - 1 :: parts]])
    places = np.full((parts, tiles + 1), total, np.int64)
    places[:, :tiles] = (ends - counts[:, :tiles].T.ravel()).reshape(tiles, parts).T
    places[:, tiles] += np.arange(parts)
    entries = np.empty(total + parts, np.uint64)
    _deal(projected.records.view(np.uint32), projected.boxes, columns, places, entries)
    members = np.zeros(total + WIDTH, np.int32)
    _sort(starts, entries, members)
    return TileLists(starts, members, columns, rows)


@njit(cache=True, inline="always")
def _four(box, columns, spare):  # type: ignore[no-untyped-def]
    """The tiles of a box of at most 2 x 2; `spare` stands for those that it has not."""
    first = box[2] * columns + box[0]
    wide, high = box[1] > box[0], box[3] > box[2]
    second = first + 1 if wide else spare
    third = first + columns if high else spare
    fourth = first + columns + 1 if wide and high else spare
    return first, second, third, fourth


@njit(cache=True, parallel=True)
def _count(boxes, columns, counts):  # type: ignore[no-untyped-def]
    parts, spare = counts.shape[0], counts.shape[1] - 1
    number = boxes.shape[0]
    for part in prange(parts):
        mine = counts[part]
        for i in range(part * number // parts, (part + 1) * number // parts):
            box = boxes[i]
            if box[1] < box[0]:
                continue
            if box[1] - box[0] < 2 and box[3] - box[2] < 2:
                for tile in _four(box, columns, spare):
                    mine[tile] += 1
                continue
            for row in range(box[2], box[3] + 1):
                for column in range(box[0], box[1] + 1):
                    mine[row * columns + column] += 1


@njit(cache=True, parallel=True)
def _deal(bits, boxes, columns, places, entries):  # type: ignore[no-untyped-def]
    parts, spare = places.shape[0], places.shape[1] - 1
    number = boxes.shape[0]
    for part in prange(parts):
        mine = places[part]
        for i in range(part * number // parts, (part + 1) * number // parts):
            box = boxes[i]
            if box[1] < box[0]:
                continue
            # Depths are positive, so their bits sort as they do.
            entry = np.uint64(bits[i, DEPTH]) << np.uint64(32) | np.uint64(i)
            if box[1] - box[0] < 2 and box[3] - box[2] < 2:
                for tile in _four(box, columns, spare):
                    entries[mine[tile]] = entry
                    mine[tile] += tile != spare
                continue
            for row in range(box[2], box[3] + 1):
                for column in range(box[0], box[1] + 1):
                    tile = row * columns + column
                    entries[mine[tile]] = entry
                    mine[tile] += 1


@njit(cache=True, parallel=True)
def _sort(starts, entries, members):  # type: ignore[no-untyped-def]
    tiles = starts.shape[0] - 1
    jobs = 64
    longest = 0
    for tile in range(tiles):
        longest = max(longest, starts[tile + 1] - starts[tile])
    for job in prange(jobs):
        spare = np.empty(longest, np.uint64)
        counts = np.empty((3, _BUCKETS), np.int64)
        # Neighbouring tiles go to different jobs, because busy tiles lie together.
        for tile in range(job, tiles, jobs):
            mine = entries[starts[tile] : starts[tile + 1]]
            if len(mine) < _FEW:
                _insertion_sort(mine)
                for k in range(len(mine)):
                    members[starts[tile] + k] = np.int32(mine[k] & np.uint64(0xFFFFFFFF))
            else:
                _radix_sort(mine, spare, counts, members[starts[tile] : starts[tile + 1]])


@njit(cache=True)
def _insertion_sort(entries):  # type: ignore[no-untyped-def]
    for i in range(1, len(entries)):
        entry = entries[i]
        j = i
        while j > 0 and entries[j - 1] > entry:
            entries[j] = entries[j - 1]
            j -= 1
        entries[j] = entry


@njit(cache=True)
def _radix_sort(entries, spare, counts, members):  # type: ignore[no-untyped-def]
    """Sort by the highest 24 bits in which the depths differ; equal ones keep their order."""
    nearest, farthest = entries[0], entries[0]
    for entry in entries:
        nearest, farthest = min(nearest, entry), max(farthest, entry)
    shift = np.uint64(32)
    while (farthest - nearest) >> shift >= np.uint64(1 << (3 * _DIGIT)):
        shift += np.uint64(1)
    nearest = nearest >> np.uint64(32) << np.uint64(32)
    counts[:] = 0
    for entry in entries:
        key = (entry - nearest) >> shift
        counts[0, key & _LOW] += 1
        counts[1, key >> np.uint64(_DIGIT) & _LOW] += 1
        counts[2, key >> np.uint64(2 * _DIGIT) & _LOW] += 1
    for digit in range(3):
        before = 0
        for bucket in range(_BUCKETS):
            step = counts[digit, bucket]
            counts[digit, bucket] = before
            before += step
    for entry in entries:
        bucket = (entry - nearest) >> shift & _LOW
        spare[counts[0, bucket]] = entry
        counts[0, bucket] += 1
    for k in range(len(entries)):
        bucket = (spare[k] - nearest) >> (shift + np.uint64(_DIGIT)) & _LOW
        entries[counts[1, bucket]] = spare[k]
        counts[1, bucket] += 1
    for entry in entries:
        bucket = (entry - nearest) >> (shift + np.uint64(2 * _DIGIT)) & _LOW
        members[counts[2, bucket]] = np.int32(entry & np.uint64(0xFFFFFFFF))
        counts[2, bucket] += 1
