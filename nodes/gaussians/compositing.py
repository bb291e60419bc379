"""Blending sorted splats into a picture, compiled.

A tile's splats are taken in batches, nearest first. For a batch it is worked out at once, sixteen splats
side by side, which of the tile's 4 x 4 blocks of pixels each ellipse touches; then every block blends
its own splats, its sixteen pixels side by side and their light and colour in registers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.gaussians.lanes import (
    WIDTH,
    bits_within,
    choose,
    inverse,
    lanes,
    larger,
    largest,
    lowest_bit,
    read,
    read_all,
    read_rows,
    root,
    smaller,
    write,
)
from nodes.gaussians.projection import (
    BLUE,
    CENTRE_X,
    CENTRE_Y,
    DEPTH,
    FAINTEST,
    FORM_A,
    FORM_B,
    FORM_C,
    GREEN,
    LOG_OPACITY,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    RED,
    TILE,
)
from nodes.gaussians.tiles import TileLists
from nodes.sdk.values.arrays import FloatArray

#: No splat hides what is behind it wholly (Kerbl et al. 2023).
MOST_OPAQUE = 0.99
#: A block is finished when less than this share of light comes through anywhere in it.
DARK = 5e-4

#: Side of a block of pixels, and how many a tile has across and in all.
SIDE = 4
ACROSS = TILE // SIDE
BLOCKS = ACROSS * ACROSS
#: Splats of a batch: a bit each in a word.
BATCH = 64
#: Rows of a staged batch. The exponent at a pixel x, y from the tile's middle, an eighth of it, is
#: S_ONE + S_X x + S_Y y + S_XX x x + S_XY x y + S_YY y y; the opacity is in it.
S_ONE, S_X, S_Y, S_XX, S_XY, S_YY, S_RED, S_GREEN, S_BLUE, S_DEPTH, S_NX, S_NY, S_NZ = range(13)
STAGED = 13
#: exp(-8 u) = polynomial(u) ** 8 for u in 0..0.7: minimax, relative error below 3e-6 before the power.
_E0, _E1, _E2, _E3, _E4 = np.array([0.99999728, -0.99982469, 0.49810510, -0.15923836, 0.02921247], np.float32)
_EIGHTH = np.float32(0.125)
_LOG_FAINTEST = np.float32(np.log(FAINTEST))
_FARTHEST = np.float32(-np.log(FAINTEST) / 8)
_MIDDLE = np.float32(TILE / 2 - 0.5)


@dataclass(frozen=True, eq=False)
class Veil:
    """What hangs among the splats and hides those behind it, wholly or in part.

    Attributes:
        distance: H x W metres.
        clear: H x W in 0..1, the share of what is behind that shines through.
        light: H x W, takes the share of light that comes through the splats before it.
    """

    distance: FloatArray
    clear: FloatArray
    light: FloatArray


def composite(
    records: FloatArray,
    lists: TileLists,
    width: int,
    height: int,
    veil: Veil | None = None,
    shape: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Blend splats front to back.

    Args:
        records: N x 16, see `nodes.gaussians.projection`.
        lists: the splats of each tile.
        veil: dims what lies behind it, or None.
        shape: H x W x 4, takes the blended depth and normals, or None.

    Returns:
        H x W x 3 blended colours, premultiplied, and H x W, the share of light that comes through all
        splats.
    """
    out = np.empty((height, width, 3), np.float32)
    through = np.empty((height, width), np.float32)
    hung = None if veil is None else np.stack([veil.distance, veil.clear], axis=2).astype(np.float32)
    light = None if veil is None else veil.light
    _composite(
        records, lists.starts, lists.members, lists.columns, lists.rows, hung, out, through, light, shape
    )
    return out, through


@njit(cache=True, inline="always")
def place_in_tile(y, x):  # type: ignore[no-untyped-def]
    """Where a tile's pixel comes in the order of its blocks."""
    return (y // SIDE * ACROSS + x // SIDE) * WIDTH + y % SIDE * SIDE + x % SIDE


@njit(cache=True)
def places_in_blocks():  # type: ignore[no-untyped-def]
    """x, y, xx, xy and yy of the pixels of every block, from the tile's middle, sixteen each."""
    found = np.empty((BLOCKS, 5, WIDTH), np.float32)
    for block in range(BLOCKS):
        for lane in range(WIDTH):
            x = np.float32(block % ACROSS * SIDE + lane % SIDE) - _MIDDLE
            y = np.float32(block // ACROSS * SIDE + lane // SIDE) - _MIDDLE
            found[block, 0, lane], found[block, 1, lane] = x, y
            found[block, 2, lane], found[block, 3, lane], found[block, 4, lane] = x * x, x * y, y * y
    return found.ravel()


@njit(cache=True)
def stage(records, members, first, number, left, top, staged, words):  # type: ignore[no-untyped-def]
    """Bring a batch of up to 64 splats into the form that blocks blend.

    Args:
        left, top: the tile's first pixel.
        staged: STAGED x BATCH, flat; written.
        words: 16 words; bit k of word b tells whether splat k touches block b; written.
    """
    nothing, half, two = lanes(np.float32(0.0)), np.float32(0.5), np.float32(2.0)
    middle_x, middle_y = np.float32(left + TILE // 2), np.float32(top + TILE // 2)
    words[:] = np.uint64(0)
    for begin in range(0, number, WIDTH):
        row = read_rows(records, members, first + begin)
        mean_x, mean_y = row[CENTRE_X] - middle_x, row[CENTRE_Y] - middle_y
        a, b, c, log_opacity = row[FORM_A], row[FORM_B], row[FORM_C], row[LOG_OPACITY]
        ax, by, cy = a * mean_x, b * mean_y, c * mean_y
        write(staged, S_ONE * BATCH + begin, _EIGHTH * ((ax + by) * mean_x + cy * mean_y - log_opacity))
        write(staged, S_X * BATCH + begin, _EIGHTH * (nothing - two * ax - by))
        write(staged, S_Y * BATCH + begin, _EIGHTH * (nothing - two * cy - b * mean_x))
        write(staged, S_XX * BATCH + begin, _EIGHTH * a)
        write(staged, S_XY * BATCH + begin, _EIGHTH * b)
        write(staged, S_YY * BATCH + begin, _EIGHTH * c)
        write(staged, S_RED * BATCH + begin, row[RED])
        write(staged, S_GREEN * BATCH + begin, row[GREEN])
        write(staged, S_BLUE * BATCH + begin, row[BLUE])
        write(staged, S_DEPTH * BATCH + begin, row[DEPTH])
        write(staged, S_NX * BATCH + begin, row[NORMAL_X])
        write(staged, S_NY * BATCH + begin, row[NORMAL_Y])
        write(staged, S_NZ * BATCH + begin, row[NORMAL_Z])
        # At height y the ellipse a xx + b xy + c yy = power spans x = lean y -+ root(wide - bend yy).
        power = log_opacity - _LOG_FAINTEST
        inverse_a = inverse(a)
        wide, lean = power * inverse_a, nothing - half * b * inverse_a
        bend = (c - np.float32(0.25) * b * b * inverse_a) * inverse_a
        # It reaches farthest to the right at this height, and to the left at its opposite.
        highest = lean * root(larger(power * inverse(c * bend), nothing))
        for row in range(ACROSS):
            upper = lanes(np.float32(row * SIDE) - _MIDDLE) - mean_y
            lower = upper + np.float32(SIDE - 1)
            y_right = smaller(larger(highest, upper), lower)
            y_left = smaller(larger(nothing - highest, upper), lower)
            room_right, room_left = wide - bend * y_right * y_right, wide - bend * y_left * y_left
            right = mean_x + lean * y_right + root(larger(room_right, nothing))
            start = mean_x + lean * y_left - root(larger(room_left, nothing))
            touched = bits_within(nothing, smaller(room_right, room_left))
            for column in range(ACROSS):
                x = np.float32(column * SIDE) - _MIDDLE
                found = bits_within(lanes(x), right) & bits_within(start, lanes(x + np.float32(SIDE - 1)))
                words[row * ACROSS + column] |= (touched & found) << np.uint64(begin)
    if number < BATCH:
        for block in range(BLOCKS):
            words[block] &= (np.uint64(1) << np.uint64(number)) - np.uint64(1)


@njit(cache=True, inline="always")
def eighth_of_power(staged, k, x, y, xx, xy, yy):  # type: ignore[no-untyped-def]
    """An eighth of the exponent of staged splat k at a block's pixels."""
    u = read_all(staged, S_ONE * BATCH + k) + read_all(staged, S_X * BATCH + k) * x
    u = u + read_all(staged, S_Y * BATCH + k) * y + read_all(staged, S_XX * BATCH + k) * xx
    return u + read_all(staged, S_XY * BATCH + k) * xy + read_all(staged, S_YY * BATCH + k) * yy


@njit(cache=True, inline="always")
def cover(u):  # type: ignore[no-untyped-def]
    """How much of a pixel a splat covers; 0 when it is too faint to count."""
    e = _E3 + _E4 * u
    e = _E2 + e * u
    e = _E1 + e * u
    e = _E0 + e * u
    e = e * e
    e = e * e
    e = smaller(e * e, lanes(np.float32(MOST_OPAQUE)))
    return choose(u, lanes(_FARTHEST), e, lanes(np.float32(0.0)))


@njit(cache=True)
def _blend(  # type: ignore[no-untyped-def]
    records, members, first, last, left, top, places, veil, hung, shape, staged, words, light, sums
):
    """Blend a tile's splats members[first:last] into its blocks' light and sums.

    Of the veil, `hung` holds a block's distances, what it lets through, and the light before it.
    """
    nothing = lanes(np.float32(0.0))
    for block in range(BLOCKS):
        write(light, block * WIDTH, lanes(np.float32(1.0)))
    sums[:] = np.float32(0.0)
    channels = 3 if shape is None else 7
    open_blocks = np.uint64((1 << BLOCKS) - 1)
    for begin in range(first, last, BATCH):
        stage(records, members, begin, min(BATCH, last - begin), left, top, staged, words)
        waiting = open_blocks
        while waiting:
            block = lowest_bit(waiting)
            waiting &= waiting - np.uint64(1)
            word = words[block]
            if not word:
                continue
            at = block * 5 * WIDTH
            x, y, xx = read(places, at), read(places, at + WIDTH), read(places, at + 2 * WIDTH)
            xy, yy = read(places, at + 3 * WIDTH), read(places, at + 4 * WIDTH)
            mine = block * channels * WIDTH
            bright = read(light, block * WIDTH)
            red, green, blue = read(sums, mine), read(sums, mine + WIDTH), read(sums, mine + 2 * WIDTH)
            if veil is not None:
                behind = block * 3 * WIDTH
                distance, clear = read(hung, behind), read(hung, behind + WIDTH)
                before = read(hung, behind + 2 * WIDTH)
            if shape is not None:
                depth = read(sums, mine + 3 * WIDTH)
                normal_x, normal_y = read(sums, mine + 4 * WIDTH), read(sums, mine + 5 * WIDTH)
                normal_z = read(sums, mine + 6 * WIDTH)
            else:
                depth = normal_x = normal_y = normal_z = nothing
            while word:
                k = lowest_bit(word)
                word &= word - np.uint64(1)
                alpha = cover(eighth_of_power(staged, k, x, y, xx, xy, yy))
                weight = alpha * bright
                bright = bright - weight
                if veil is not None:
                    deep = read_all(staged, S_DEPTH * BATCH + k)
                    before = choose(deep, distance, before - alpha * before, before)
                    weight = choose(deep, distance, weight, weight * clear)
                red = red + weight * read_all(staged, S_RED * BATCH + k)
                green = green + weight * read_all(staged, S_GREEN * BATCH + k)
                blue = blue + weight * read_all(staged, S_BLUE * BATCH + k)
                if shape is not None:
                    depth = depth + weight * read_all(staged, S_DEPTH * BATCH + k)
                    normal_x = normal_x + weight * read_all(staged, S_NX * BATCH + k)
                    normal_y = normal_y + weight * read_all(staged, S_NY * BATCH + k)
                    normal_z = normal_z + weight * read_all(staged, S_NZ * BATCH + k)
            write(light, block * WIDTH, bright)
            if veil is not None:
                write(hung, behind + 2 * WIDTH, before)
            write(sums, mine, red)
            write(sums, mine + WIDTH, green)
            write(sums, mine + 2 * WIDTH, blue)
            if shape is not None:
                write(sums, mine + 3 * WIDTH, depth)
                write(sums, mine + 4 * WIDTH, normal_x)
                write(sums, mine + 5 * WIDTH, normal_y)
                write(sums, mine + 6 * WIDTH, normal_z)
            if largest(bright) < np.float32(DARK):
                open_blocks &= ~(np.uint64(1) << np.uint64(block))
        if not open_blocks:
            break


@njit(cache=True, parallel=True)
def _composite(  # type: ignore[no-untyped-def]
    records, starts, members, columns, rows, veil, out, through, before, shape
):
    height, width = through.shape
    jobs = 64
    channels = 3 if shape is None else 7
    places = places_in_blocks()
    for job in prange(jobs):
        light = np.empty(BLOCKS * WIDTH, np.float32)
        sums = np.empty(BLOCKS * WIDTH * channels, np.float32)
        staged = np.empty(STAGED * BATCH, np.float32)
        words = np.empty(BLOCKS, np.uint64)
        hung = np.empty(3 * BLOCKS * WIDTH, np.float32)
        for tile in range(job, columns * rows, jobs):
            left, top = tile % columns * TILE, tile // columns * TILE
            if veil is not None:
                for y in range(TILE):
                    for x in range(TILE):
                        row, column = min(top + y, height - 1), min(left + x, width - 1)
                        place = place_in_tile(y, x)
                        at = place // WIDTH * 3 * WIDTH + place % WIDTH
                        hung[at], hung[at + WIDTH] = veil[row, column, 0], veil[row, column, 1]
                        hung[at + 2 * WIDTH] = np.float32(1.0)
            _blend(
                records, members, starts[tile], starts[tile + 1], left, top, places, veil, hung, shape,
                staged, words, light, sums,
            )  # fmt: skip
            for y in range(min(TILE, height - top)):
                for x in range(min(TILE, width - left)):
                    place = place_in_tile(y, x)
                    at = place // WIDTH * channels * WIDTH + place % WIDTH
                    through[top + y, left + x] = light[place]
                    if veil is not None:
                        value = hung[place // WIDTH * 3 * WIDTH + place % WIDTH + 2 * WIDTH]
                        before[top + y, left + x] = value
                    for channel in range(3):
                        out[top + y, left + x, channel] = sums[at + channel * WIDTH]
                    if shape is not None:
                        for channel in range(4):
                            shape[top + y, left + x, channel] = sums[at + (3 + channel) * WIDTH]
