"""Filling a hole in a picture with what surrounds it, patch by patch.

Source: completion by a coherent set of patches, coarse to fine (Wexler, Shechtman and Irani 2007,
"Space-time completion of video"), its patches found by PatchMatch (Barnes et al. 2009).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from nodes.head._texture import smooth_fill
from nodes.raster.grain import grain_of, with_grain
from nodes.raster.grids import laplacian
from nodes.raster.ramps import smooth_step
from nodes.sdk.values.arrays import FloatArray, IntArray

_RADIUS = 3
_COARSEST = 28
#: Rounds at the coarsest level and at the finest.
_ROUNDS = (20, 2)
#: How sharply better patches count for more in a pixel; how far patches are smoothed to be compared.
_SPREAD = 0.25
_CALM = 1.0
#: What a patch from higher or lower must be better by (squared colour, per share of the picture's
#: height), and how much higher or lower is still level.
_HOMELY = 0.01
_LEVEL = 0.015
#: How much of the slow changes patches are compared by, and what counts as slow, in 96ths of a side.
_SLOW = 0.3
_SLOW_REACH = 4.0

#: Scales in pixels between which surroundings are looked at for being plain, and differences there that
#: are nothing and too much.
_PLAIN_SCALES = (2.0, 6.0)
_BUSY = (0.006, 0.018)


def filled(picture: FloatArray, hole: np.ndarray, allowed: np.ndarray | None = None) -> FloatArray:
    """The picture with its hole filled; pixels outside the hole are its own, bit for bit.

    Args:
        picture: H x W x 3, 0..1.
        hole: H x W bool, what is to be filled.
        allowed: H x W bool, where patches may be taken from; everywhere outside the hole when None.

    Deterministic. Without a place to take patches from, the hole is filled smoothly.
    """
    if not hole.any():
        return picture
    known = ~hole if allowed is None else allowed & ~hole
    if not known.any():
        return np.where(hole[..., None], picture.mean(axis=(0, 1)), picture).astype(np.float32)
    box = _around(hole, known)
    result = picture.astype(np.float32, copy=True)
    part = np.ascontiguousarray(picture[box], np.float32)
    gap, usable = np.ascontiguousarray(hole[box]), np.ascontiguousarray(known[box])
    # Patches that overlap are averaged, and grain with them.
    made = _completed(part, gap, usable)
    plain = plainness(part, gap, usable)[..., None]
    made = made + plain * (smooth_fill(part, usable.astype(np.float32)) - made)
    made = with_grain(made, gap.astype(np.float32), grain_of(made, usable))
    result[box] = np.where(gap[..., None], made, part)
    return result


def plainness(picture: FloatArray, hole: np.ndarray, usable: np.ndarray) -> FloatArray:
    """H x W in 0..1: how plain what surrounds a hole is there, as a wall in soft light.

    Plain surroundings are continued smoothly: patches of a slow gradient never quite fit each other.
    Grain is finer than what is counted, shapes and textures are not.
    """
    import cv2

    inside = usable.astype(np.float32)
    levels = []
    for sigma in _PLAIN_SCALES:
        both: Any = cv2.GaussianBlur(np.dstack([picture * inside[..., None], inside]), (0, 0), sigma)
        levels.append(both[..., :3] / np.maximum(both[..., 3:], 1e-3))
    busy = np.abs(levels[0] - levels[1]).max(axis=2, keepdims=True)
    # a border between two walls is busy on its way into the hole as well
    busy = cv2.dilate(np.ascontiguousarray(busy[..., 0] * inside), np.ones((9, 9), np.uint8))[..., None]
    carried = smooth_fill(np.repeat(busy, 3, axis=2), inside)[..., 0]
    found: FloatArray = smooth_step((_BUSY[1] - carried) / (_BUSY[1] - _BUSY[0])).astype(np.float32)
    return found


def _around(hole: np.ndarray, known: np.ndarray) -> tuple[slice, slice]:
    """The part of a picture that holds a hole and enough around it to fill it from."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    reach = round(0.4 * max(rows[-1] - rows[0], columns[-1] - columns[0])) + 16
    while True:
        box = (
            slice(max(rows[0] - reach, 0), rows[-1] + reach + 1),
            slice(max(columns[0] - reach, 0), columns[-1] + reach + 1),
        )
        enough = known[box].sum() >= min(hole.sum(), 0.5 * known.sum())
        if enough or reach > max(hole.shape):
            return box
        reach *= 2


def _completed(picture: FloatArray, hole: np.ndarray, known: np.ndarray) -> FloatArray:
    """`filled` in a box of its picture."""
    import cv2

    # Light that changes slowly is continued by itself; patches carry what is finer.
    slow = _membrane(picture, hole, known)
    work = (picture - (1.0 - _SLOW) * slow).astype(np.float32)
    levels = _pyramid(work, hole, known)
    result: FloatArray | None = None
    field: IntArray | None = None
    for number, (pixels, gap, usable) in enumerate(reversed(levels)):
        height, width = gap.shape
        sources = _patch_centres(usable)
        if result is None:
            result = _membrane(pixels, gap, usable) if usable.any() else pixels
        else:
            result = _doubled(result, height, width)
        result = np.ascontiguousarray(np.where(gap[..., None], result, pixels), np.float32)
        if not sources.any():
            field = None
            continue
        places = np.argwhere(_grown(gap, _RADIUS)).astype(np.int32)
        candidates = np.argwhere(sources).astype(np.int32)
        field = _start(field, places, candidates, sources, height, width)
        share = number / max(len(levels) - 1, 1)
        rounds = round(_ROUNDS[0] + share * (_ROUNDS[1] - _ROUNDS[0]))
        gaps = np.argwhere(gap).astype(np.int32)
        if number:
            # What was found so far, copied sharply: patches are compared with grain, not with a blur of it.
            _vote(result, field, _even_costs(places, height, width), gap, gaps, _SPREAD)
        for turn in range(rounds):
            costs = np.full((height, width), np.inf, np.float32)
            # Grain answers best to no grain: what is compared has none, what is copied does.
            calm = cv2.GaussianBlur(result, (0, 0), _CALM) if number else result
            _search(calm, field, costs, places, candidates, sources, turn + 97 * number)
            _vote(result, field, costs, gap, gaps, _SPREAD)
    assert result is not None
    result = np.clip(result + (1.0 - _SLOW) * slow, 0.0, 1.0)
    return np.where(hole[..., None], result, picture).astype(np.float32)


def _even_costs(places: IntArray, height: int, width: int) -> FloatArray:
    """H x W, the same at every place and endless elsewhere."""
    costs = np.full((height, width), np.inf, np.float32)
    costs[places[:, 0], places[:, 1]] = 1e-3
    return costs


def _membrane(picture: FloatArray, hole: np.ndarray, known: np.ndarray) -> FloatArray:
    """The picture's slow changes, continued over the hole as a stretched skin would: H x W x 3."""
    import cv2
    from scipy.sparse.linalg import splu

    height, width = hole.shape
    coarser = max(1, round(min(height, width) / 96))
    size = (max(2, width // coarser), max(2, height // coarser))
    weight = known.astype(np.float32)
    both: Any = cv2.resize(
        np.dstack([picture * weight[..., None], weight]), size, interpolation=cv2.INTER_AREA
    )
    seen = (both[..., 3] > 0.3).ravel()
    both = cv2.GaussianBlur(both, (0, 0), _SLOW_REACH)
    slow = (both[..., :3] / np.maximum(both[..., 3:], 1e-6)).reshape(-1, 3)
    if not seen.any():
        slow[:] = picture[known].mean(axis=0)
    elif not seen.all():
        rows = laplacian(size[1], size[0]).tocsr()[~seen]
        inner = splu(rows[:, ~seen].tocsc(), permc_spec="MMD_AT_PLUS_A")
        slow[~seen] = inner.solve(np.asarray(-(rows[:, seen] @ slow[seen]), np.float64))
    smooth = slow.reshape(size[1], size[0], 3).astype(np.float32)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _pyramid(
    picture: FloatArray, hole: np.ndarray, known: np.ndarray
) -> list[tuple[FloatArray, np.ndarray, np.ndarray]]:
    """Picture, hole and usable pixels at every size, the finest first."""
    import cv2

    levels = [(np.ascontiguousarray(picture, np.float32), hole, known)]
    while min(levels[-1][1].shape) > 2 * _COARSEST:
        pixels, gap, usable = levels[-1]
        size = (gap.shape[1] // 2, gap.shape[0] // 2)
        weight = (~gap).astype(np.float32)
        both: Any = np.dstack([pixels * weight[..., None], weight])
        small = cv2.resize(both, size, interpolation=cv2.INTER_AREA)
        least = cv2.resize(usable.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        colour = small[..., :3] / np.maximum(small[..., 3:], 1e-4)
        levels.append((colour.astype(np.float32), small[..., 3] < 0.5, least > 0.6))
    return levels


def _doubled(result: FloatArray, height: int, width: int) -> FloatArray:
    import cv2

    return np.asarray(cv2.resize(result, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _patch_centres(usable: np.ndarray) -> np.ndarray:
    """Where a whole patch lies on usable pixels."""
    import cv2

    side = 2 * _RADIUS + 1
    inner = usable.astype(np.uint8)
    inner[:_RADIUS] = inner[-_RADIUS:] = 0
    inner[:, :_RADIUS] = inner[:, -_RADIUS:] = 0
    return np.asarray(cv2.erode(inner, np.ones((side, side), np.uint8)), np.uint8) > 0


def _grown(gap: np.ndarray, reach: int) -> np.ndarray:
    import cv2

    side = 2 * reach + 1
    return np.asarray(cv2.dilate(gap.astype(np.uint8), np.ones((side, side), np.uint8)), np.uint8) > 0


def _start(
    field: IntArray | None,
    places: IntArray,
    candidates: IntArray,
    sources: np.ndarray,
    height: int,
    width: int,
) -> IntArray:
    """The first guess of where every place's patch comes from: H x W x 2, row and column."""
    out = np.zeros((height, width, 2), np.int32)
    draw = np.random.default_rng(0).integers(0, len(candidates), len(places))
    guess = candidates[draw]
    if field is not None:
        rows = np.minimum(places[:, 0] // 2, field.shape[0] - 1)
        columns = np.minimum(places[:, 1] // 2, field.shape[1] - 1)
        before = 2 * field[rows, columns] + places % 2
        inside = (before[:, 0] < height) & (before[:, 1] < width)
        before = np.where(inside[:, None], before, 0)
        good = inside & sources[before[:, 0], before[:, 1]]
        guess = np.where(good[:, None], before, guess)
    out[places[:, 0], places[:, 1]] = guess
    return out


@njit(cache=True, fastmath=True, inline="always")
def _distance(picture, row, column, other_row, other_column, limit):  # type: ignore[no-untyped-def]
    """Mean squared difference of two patches; stops early beyond `limit`."""
    height, width = picture.shape[:2]
    total = 0.0
    count = 0
    for down in range(-_RADIUS, _RADIUS + 1):
        y = row + down
        if y < 0 or y >= height:
            continue
        for across in range(-_RADIUS, _RADIUS + 1):
            x = column + across
            if x < 0 or x >= width:
                continue
            for k in range(3):
                gap = picture[y, x, k] - picture[other_row + down, other_column + across, k]
                total += gap * gap
            count += 1
        if total > limit * 3.0 * (2 * _RADIUS + 1) ** 2:
            return np.inf
    # Places lie in layers, ground below and sky above: what is level with a patch is at home there.
    away = max(abs(row - other_row) / height - _LEVEL, 0.0)
    return total / (3.0 * count) + _HOMELY * away


@njit(cache=True)
def _random(state):  # type: ignore[no-untyped-def]
    """The next state of a 32-bit xorshift generator (Marsaglia 2003)."""
    state ^= (state << 13) & 0xFFFFFFFF
    state ^= state >> 17
    state ^= (state << 5) & 0xFFFFFFFF
    return state


@njit(cache=True)
def _offered(sources, row, column):  # type: ignore[no-untyped-def]
    """Whether a patch about a place may be taken."""
    height, width = sources.shape
    return 0 <= row < height and 0 <= column < width and sources[row, column]


@njit(cache=True, fastmath=True)
def _search(  # type: ignore[no-untyped-def]
    picture, field, costs, places, candidates, sources, seed
):
    """One round of PatchMatch: neighbours' patches shifted along, then random ones ever nearer."""
    height, width = sources.shape
    count = places.shape[0]
    forward = seed % 2 == 0
    step = 1 if forward else -1
    state = 2463534242 + 7919 * seed
    for i in range(count):
        row, column = places[i]
        costs[row, column] = _distance(
            picture, row, column, field[row, column, 0], field[row, column, 1], np.inf
        )
    for n in range(count):
        i = n if forward else count - 1 - n
        row, column = places[i]
        best = costs[row, column]
        best_row, best_column = field[row, column]
        for way in range(2):
            y = row - step if way == 0 else row
            x = column if way == 0 else column - step
            if y < 0 or x < 0 or y >= height or x >= width or costs[y, x] == np.inf:
                continue
            other_row = field[y, x, 0] + row - y
            other_column = field[y, x, 1] + column - x
            if not _offered(sources, other_row, other_column):
                continue
            cost = _distance(picture, row, column, other_row, other_column, best)
            if cost < best:
                best, best_row, best_column = cost, other_row, other_column
        state = _random(state)
        pick = candidates[state % candidates.shape[0]]
        cost = _distance(picture, row, column, pick[0], pick[1], best)
        if cost < best:
            best, best_row, best_column = cost, pick[0], pick[1]
        reach = max(height, width) // 2
        while reach >= 1:
            state = _random(state)
            other_row = best_row + state % (2 * reach + 1) - reach
            state = _random(state)
            other_column = best_column + state % (2 * reach + 1) - reach
            reach //= 2
            if not _offered(sources, other_row, other_column):
                continue
            cost = _distance(picture, row, column, other_row, other_column, best)
            if cost < best:
                best, best_row, best_column = cost, other_row, other_column
        costs[row, column] = best
        field[row, column, 0] = best_row
        field[row, column, 1] = best_column


@njit(cache=True, fastmath=True, parallel=True)
def _vote(picture, field, costs, gap, places, share):  # type: ignore[no-untyped-def]
    """Every pixel of the hole becomes the mean of what the patches over it say, good ones first."""
    height, width = gap.shape
    result = np.empty((places.shape[0], 3), np.float32)
    for i in prange(places.shape[0]):
        row, column = places[i]
        red = 0.0
        green = 0.0
        blue = 0.0
        total = 0.0
        least = np.inf
        for down in range(-_RADIUS, _RADIUS + 1):
            for across in range(-_RADIUS, _RADIUS + 1):
                y = row + down
                x = column + across
                if 0 <= y < height and 0 <= x < width and costs[y, x] < least:
                    least = costs[y, x]
        spread = share * (least + 4e-5)
        for down in range(-_RADIUS, _RADIUS + 1):
            for across in range(-_RADIUS, _RADIUS + 1):
                y = row + down
                x = column + across
                if y < 0 or x < 0 or y >= height or x >= width or costs[y, x] == np.inf:
                    continue
                weight = np.exp(-(costs[y, x] - least) / spread) + 1e-6
                other_row = field[y, x, 0] - down
                other_column = field[y, x, 1] - across
                red += weight * picture[other_row, other_column, 0]
                green += weight * picture[other_row, other_column, 1]
                blue += weight * picture[other_row, other_column, 2]
                total += weight
        if total > 0.0:
            result[i, 0] = red / total
            result[i, 1] = green / total
            result[i, 2] = blue / total
        else:
            for k in range(3):
                result[i, k] = picture[row, column, k]
    for i in range(places.shape[0]):
        for k in range(3):
            picture[places[i, 0], places[i, 1], k] = result[i, k]
