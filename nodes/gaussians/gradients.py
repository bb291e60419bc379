"""Derivatives of the rendered picture with respect to every parameter of every splat, compiled.

The blending formula is walked front to back a second time. With g the loss's derivative by a pixel's
colour, the light that reaches splat i is T_i, and what lies behind it contributes the rest R_i of the
pixel: dL/dalpha_i = T_i g.c_i - R_i / (1 - alpha_i). So neither the order of the walk has to be turned
round nor anything be stored for each splat and pixel. Then by the chain rule to the ellipse, its
covariance, and position, size and rotation (Kerbl et al. 2023, appendix A).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import get_num_threads, njit, prange

from nodes.gaussians.compositing import (
    BATCH,
    BLOCKS,
    DARK,
    MOST_OPAQUE,
    S_BLUE,
    S_GREEN,
    S_RED,
    STAGED,
    cover,
    eighth_of_power,
    place_in_tile,
    places_in_blocks,
    stage,
)
from nodes.gaussians.harmonics import weigh
from nodes.gaussians.lanes import (
    WIDTH,
    choose,
    inverse,
    lanes,
    largest,
    lowest_bit,
    read,
    read_all,
    totals,
    write,
)
from nodes.gaussians.projection import (
    CENTRE_X,
    CENTRE_Y,
    FORM_A,
    FORM_B,
    FORM_C,
    OPACITY,
    RED,
    TILE,
    Projected,
    view_matrix,
    viewpoint,
)
from nodes.gaussians.tiles import TileLists
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import FloatArray

#: Columns of the derivatives by an ellipse: colour, exponent, and the exponent's moments.
_RED, _GREEN, _BLUE, _SUM, _X, _Y, _XX, _XY, _YY = range(9)
_SUMS = 9


@dataclass(frozen=True, eq=False)
class Gradients:
    """Derivatives of a loss.

    Attributes:
        positions: N x 3. scales: N x 3, by the logarithm. rotations: N x 4, by the raw quaternion.
        opacities: N, by the logit. harmonics: N x B x 3.
        screen: N, length of the derivative by the centre in pixels: how much a splat is pulled.
    """

    positions: FloatArray
    scales: FloatArray
    rotations: FloatArray
    opacities: FloatArray
    harmonics: FloatArray
    screen: FloatArray


def gradients(
    splats: Splats,
    camera: Camera,
    projected: Projected,
    lists: TileLists,
    picture: tuple[FloatArray, FloatArray],
    by_colour: FloatArray,
    by_light: FloatArray,
    degree: int,
) -> Gradients:
    """Carry the derivatives of a loss from the picture back to the splats.

    Args:
        projected, lists: as they were made for the picture.
        picture: what `composite` returned.
        by_colour: H x W x 3, the loss's derivative by the blended colour.
        by_light: H x W, its derivative by the light let through.
        degree: of the harmonics that were used.
    """
    records = projected.records
    count = len(records)
    sums = np.zeros((get_num_threads(), count, _SUMS), np.float32)
    colour, through = picture
    whole = np.einsum("hwc,hwc->hw", by_colour, colour) + by_light * through
    _blend_back(
        records,
        lists.starts,
        lists.members,
        lists.columns,
        lists.rows,
        np.ascontiguousarray(by_colour, np.float32),
        np.ascontiguousarray(whole, np.float32),
        sums,
    )
    bands = min((degree + 1) ** 2, splats.harmonics.shape[1])
    out = Gradients(
        np.zeros((count, 3), np.float32),
        np.zeros((count, 3), np.float32),
        np.zeros((count, 4), np.float32),
        np.zeros(count, np.float32),
        np.zeros_like(splats.harmonics, dtype=np.float32),
        np.zeros(count, np.float32),
    )
    _project_back(
        splats.positions,
        splats.scales,
        splats.rotations,
        records,
        projected.boxes,
        sums,
        view_matrix(camera).astype(np.float32),
        viewpoint(camera).astype(np.float32),
        np.float32(camera.focal),
        bands,
        out.positions,
        out.scales,
        out.rotations,
        out.opacities,
        out.harmonics,
        out.screen,
    )
    return out


@njit(cache=True, parallel=True)
def _blend_back(records, starts, members, columns, rows, by_colour, whole, sums):  # type: ignore[no-untyped-def]
    height, width = whole.shape
    parts = sums.shape[0]
    places = places_in_blocks()
    for part in prange(parts):
        # Of the tile's pixels, in the order of its blocks: light, what is blended so far of the derivative
        # by it, that in all, and the derivative by the three colours.
        pixels = np.empty(6 * BLOCKS * WIDTH, np.float32)
        staged = np.empty(STAGED * BATCH, np.float32)
        words = np.empty(BLOCKS, np.uint64)
        for tile in range(part, columns * rows, parts):
            left, top = tile % columns * TILE, tile // columns * TILE
            for y in range(TILE):
                for x in range(TILE):
                    place = place_in_tile(y, x)
                    at = place // WIDTH * 6 * WIDTH + place % WIDTH
                    for row in range(6):
                        pixels[at + row * WIDTH] = np.float32(row == 0)
                    if top + y < height and left + x < width:
                        pixels[at + 2 * WIDTH] = whole[top + y, left + x]
                        for channel in range(3):
                            pixels[at + (3 + channel) * WIDTH] = by_colour[top + y, left + x, channel]
            first, last = starts[tile], starts[tile + 1]
            _blend_tile_back(
                records, members, first, last, left, top, places, pixels, staged, words, sums[part]
            )


@njit(cache=True)
def _blend_tile_back(  # type: ignore[no-untyped-def]
    records, members, first, last, left, top, places, pixels, staged, words, sums
):
    one, nothing = np.float32(1.0), lanes(np.float32(0.0))
    found = np.empty(WIDTH, np.float32)
    open_blocks = np.uint64((1 << BLOCKS) - 1)
    for begin in range(first, last, BATCH):
        number = min(BATCH, last - begin)
        stage(records, members, begin, number, left, top, staged, words)
        for k in range(number):
            r, g = read_all(staged, S_RED * BATCH + k), read_all(staged, S_GREEN * BATCH + k)
            b = read_all(staged, S_BLUE * BATCH + k)
            by_red = by_green = by_blue = by_one = by_x = by_y = by_xx = by_xy = by_yy = nothing
            touched = np.uint64(0)
            for block in range(BLOCKS):
                touched |= ((words[block] >> np.uint64(k)) & np.uint64(1)) << np.uint64(block)
            touched &= open_blocks
            if not touched:
                continue
            while touched:
                block = lowest_bit(touched)
                touched &= touched - np.uint64(1)
                at = block * 5 * WIDTH
                x, y, xx = read(places, at), read(places, at + WIDTH), read(places, at + 2 * WIDTH)
                xy, yy = read(places, at + 3 * WIDTH), read(places, at + 4 * WIDTH)
                alpha = cover(eighth_of_power(staged, k, x, y, xx, xy, yy))
                at = block * 6 * WIDTH
                light, total = read(pixels, at), read(pixels, at + 2 * WIDTH)
                red, green = read(pixels, at + 3 * WIDTH), read(pixels, at + 4 * WIDTH)
                blue = read(pixels, at + 5 * WIDTH)
                weight = alpha * light
                write(pixels, at, light - weight)
                toward = red * r + green * g + blue * b
                done = read(pixels, at + WIDTH) + weight * toward
                write(pixels, at + WIDTH, done)
                by_alpha = light * toward - (total - done) * inverse(one - alpha)
                # Where a splat is held at its most opaque, its shape changes nothing.
                free = choose(lanes(np.float32(MOST_OPAQUE)), alpha, nothing, alpha)
                by_power = nothing - by_alpha * free
                by_red, by_green = by_red + weight * red, by_green + weight * green
                by_blue = by_blue + weight * blue
                by_one, by_x, by_y = by_one + by_power, by_x + by_power * x, by_y + by_power * y
                by_xx, by_xy, by_yy = by_xx + by_power * xx, by_xy + by_power * xy, by_yy + by_power * yy
            added = (
                by_red, by_green, by_blue, by_one, by_x, by_y, by_xx, by_xy, by_yy,
                nothing, nothing, nothing, nothing, nothing, nothing, nothing,
            )  # fmt: skip
            write(found, 0, totals(added))
            i = members[begin + k]
            _shift(found, records[i, CENTRE_X] - (left + TILE // 2), records[i, CENTRE_Y] - (top + TILE // 2))
            for column in range(_SUMS):
                sums[i, column] += found[column]
        for block in range(BLOCKS):
            if largest(read(pixels, block * 6 * WIDTH)) < np.float32(DARK):
                open_blocks &= ~(np.uint64(1) << np.uint64(block))
        if not open_blocks:
            break


@njit(cache=True)
def _shift(found, x, y):  # type: ignore[no-untyped-def]
    """Move the exponent's moments from the tile's middle to (x, y)."""
    x, y = np.float32(x), np.float32(y)
    two = np.float32(2.0)
    found[_XX] += x * (x * found[_SUM] - two * found[_X])
    found[_XY] += x * y * found[_SUM] - x * found[_Y] - y * found[_X]
    found[_YY] += y * (y * found[_SUM] - two * found[_Y])
    found[_X] -= x * found[_SUM]
    found[_Y] -= y * found[_SUM]


@njit(cache=True, fastmath=True, parallel=True, error_model="numpy")
def _project_back(  # type: ignore[no-untyped-def]
    positions, scales, rotations, records, boxes, sums, view, eye, focal, bands,
    by_position, by_scale, by_rotation, by_opacity, by_harmonic, screen,
):  # fmt: skip
    one, two = np.float32(1.0), np.float32(2.0)
    for i in prange(positions.shape[0]):
        if boxes[i, 1] < boxes[i, 0]:
            continue
        total = np.zeros(_SUMS, np.float32)
        for part in range(sums.shape[0]):
            for column in range(_SUMS):
                total[column] += sums[part, i, column]
        record = records[i]
        opacity = record[OPACITY]
        by_opacity[i] = -total[_SUM] * (one - opacity)
        # Colour.
        px, py, pz = positions[i, 0], positions[i, 1], positions[i, 2]
        weights = np.empty(16, np.float32)
        weigh(bands, px - eye[0], py - eye[1], pz - eye[2], weights)
        for channel in range(3):
            if record[RED + channel] > np.float32(0.0):
                for band in range(bands):
                    by_harmonic[i, band, channel] = weights[band] * total[_RED + channel]
        # Centre on the picture.
        a, b, c = record[FORM_A], record[FORM_B], record[FORM_C]
        by_x = -(two * a * total[_X] + b * total[_Y])
        by_y = -(b * total[_X] + two * c * total[_Y])
        screen[i] = math.sqrt(by_x * by_x + by_y * by_y)
        # Inverse covariance K = [[2a, b], [b, 2c]]; by the covariance it is -K G K.
        g00, g01, g11 = (
            total[_XX] * np.float32(0.5),
            total[_XY] * np.float32(0.5),
            total[_YY] * np.float32(0.5),
        )
        k00, k01, k11 = two * a, b, two * c
        t00, t01 = g00 * k00 + g01 * k01, g00 * k01 + g01 * k11
        t10, t11 = g01 * k00 + g11 * k01, g01 * k01 + g11 * k11
        v00 = -(k00 * t00 + k01 * t10)
        v01 = -(k00 * t01 + k01 * t11)
        v11 = -(k01 * t01 + k11 * t11)
        # The factor M = T (R S) of the covariance M M^T.
        x = view[0, 0] * px + view[0, 1] * py + view[0, 2] * pz + view[0, 3]
        y = view[1, 0] * px + view[1, 1] * py + view[1, 2] * pz + view[1, 3]
        z = view[2, 0] * px + view[2, 1] * py + view[2, 2] * pz + view[2, 3]
        iz = one / z
        jx, j02, j12 = focal * iz, -focal * x * iz * iz, -focal * y * iz * iz
        w, p, q, r = rotations[i, 0], rotations[i, 1], rotations[i, 2], rotations[i, 3]
        turn = np.empty((3, 3), np.float32)
        turn[0, 0] = one - two * (q * q + r * r)
        turn[1, 0] = two * (p * q + w * r)
        turn[2, 0] = two * (p * r - w * q)
        turn[0, 1] = two * (p * q - w * r)
        turn[1, 1] = one - two * (p * p + r * r)
        turn[2, 1] = two * (q * r + w * p)
        turn[0, 2] = two * (p * r + w * q)
        turn[1, 2] = two * (q * r - w * p)
        turn[2, 2] = one - two * (p * p + q * q)
        to_x = np.empty(3, np.float32)
        to_y = np.empty(3, np.float32)
        for k in range(3):
            to_x[k] = jx * view[0, k] + j02 * view[2, k]
            to_y[k] = jx * view[1, k] + j12 * view[2, k]
        by_to_x = np.zeros(3, np.float32)
        by_to_y = np.zeros(3, np.float32)
        by_turn = np.empty((3, 3), np.float32)
        for k in range(3):
            size = scales[i, k]
            m0 = (to_x[0] * turn[0, k] + to_x[1] * turn[1, k] + to_x[2] * turn[2, k]) * size
            m1 = (to_y[0] * turn[0, k] + to_y[1] * turn[1, k] + to_y[2] * turn[2, k]) * size
            by_m0 = two * (v00 * m0 + v01 * m1)
            by_m1 = two * (v01 * m0 + v11 * m1)
            by_scale[i, k] = by_m0 * m0 + by_m1 * m1
            for row in range(3):
                by_to_x[row] += by_m0 * turn[row, k] * size
                by_to_y[row] += by_m1 * turn[row, k] * size
                by_turn[row, k] = (to_x[row] * by_m0 + to_y[row] * by_m1) * size
        by_rotation[i, 0] = two * (
            r * (by_turn[1, 0] - by_turn[0, 1])
            + q * (by_turn[0, 2] - by_turn[2, 0])
            + p * (by_turn[2, 1] - by_turn[1, 2])
        )
        by_rotation[i, 1] = two * (
            q * (by_turn[1, 0] + by_turn[0, 1])
            + r * (by_turn[2, 0] + by_turn[0, 2])
            + w * (by_turn[2, 1] - by_turn[1, 2])
            - two * p * (by_turn[1, 1] + by_turn[2, 2])
        )
        by_rotation[i, 2] = two * (
            p * (by_turn[1, 0] + by_turn[0, 1])
            + r * (by_turn[2, 1] + by_turn[1, 2])
            + w * (by_turn[0, 2] - by_turn[2, 0])
            - two * q * (by_turn[0, 0] + by_turn[2, 2])
        )
        by_rotation[i, 3] = two * (
            p * (by_turn[2, 0] + by_turn[0, 2])
            + q * (by_turn[2, 1] + by_turn[1, 2])
            + w * (by_turn[1, 0] - by_turn[0, 1])
            - two * r * (by_turn[0, 0] + by_turn[1, 1])
        )
        # By the point in the camera's frame: through its picture and through the Jacobian.
        by_jx = np.float32(0.0)
        by_j02 = np.float32(0.0)
        by_j12 = np.float32(0.0)
        for k in range(3):
            by_jx += by_to_x[k] * view[0, k] + by_to_y[k] * view[1, k]
            by_j02 += by_to_x[k] * view[2, k]
            by_j12 += by_to_y[k] * view[2, k]
        local_x = by_x * jx - by_j02 * focal * iz * iz
        local_y = by_y * jx - by_j12 * focal * iz * iz
        local_z = by_x * j02 + by_y * j12 - by_jx * focal * iz * iz - two * (by_j02 * j02 + by_j12 * j12) * iz
        for k in range(3):
            by_position[i, k] = local_x * view[0, k] + local_y * view[1, k] + local_z * view[2, k]
