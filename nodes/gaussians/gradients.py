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

from nodes.gaussians.compositing import _BATCH, _DARK, _HALF, _PIXELS, MOST_OPAQUE, _place, _weight
from nodes.gaussians.harmonics import weigh
from nodes.gaussians.projection import (
    BLUE,
    CENTRE_X,
    CENTRE_Y,
    FORM_A,
    FORM_B,
    FORM_C,
    GREEN,
    OPACITY,
    REACH_X,
    REACH_Y,
    RED,
    Projected,
    view_matrix,
    viewpoint,
)
from nodes.gaussians.tiles import TILE, TileLists
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
        projected.visible,
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


@njit(cache=True, fastmath=True, parallel=True, error_model="numpy")
def _blend_back(records, starts, members, columns, rows, by_colour, whole, sums):  # type: ignore[no-untyped-def]
    height, width = whole.shape
    parts = sums.shape[0]
    one = np.float32(1.0)
    for part in prange(parts):
        light = np.empty(_PIXELS, np.float32)
        before_it = np.empty(_PIXELS, np.float32)
        total = np.empty(_PIXELS, np.float32)
        red = np.empty(_PIXELS, np.float32)
        green = np.empty(_PIXELS, np.float32)
        blue = np.empty(_PIXELS, np.float32)
        lanes = np.empty(_SUMS * 2 * _HALF, np.float32)
        for tile in range(part, columns * rows, parts):
            left = (tile % columns) * TILE
            top = (tile // columns) * TILE
            light[:] = one
            before_it[:] = np.float32(0.0)
            for y in range(TILE):
                for x in range(TILE):
                    q = _place(y, x)
                    if top + y < height and left + x < width:
                        total[q] = whole[top + y, left + x]
                        red[q] = by_colour[top + y, left + x, 0]
                        green[q] = by_colour[top + y, left + x, 1]
                        blue[q] = by_colour[top + y, left + x, 2]
                    else:
                        total[q] = red[q] = green[q] = blue[q] = np.float32(0.0)
            last = starts[tile + 1]
            for first in range(starts[tile], last, _BATCH):
                for k in range(first, min(first + _BATCH, last)):
                    i = members[k]
                    record = records[i]
                    mean_x = record[CENTRE_X] - np.float32(left) - np.float32(0.5)
                    mean_y = record[CENTRE_Y] - np.float32(top) - np.float32(0.5)
                    a, b, c = record[FORM_A], record[FORM_B], record[FORM_C]
                    opacity = record[OPACITY]
                    r, g, bl = record[RED], record[GREEN], record[BLUE]
                    y0 = max(0, int(np.ceil(mean_y - record[REACH_Y])))
                    y1 = min(TILE - 1, int(np.floor(mean_y + record[REACH_Y])))
                    h0 = max(0, int(np.ceil(mean_x - record[REACH_X]))) // _HALF
                    h1 = min(TILE - 1, int(np.floor(mean_x + record[REACH_X]))) // _HALF
                    lanes[:] = np.float32(0.0)
                    for half in range(h0, h1 + 1):
                        start = np.float32(half * _HALF) - mean_x
                        for y in range(y0 - y0 % 2, y1 + 1, 2):
                            dy = np.float32(y) - mean_y
                            base = np.uint64((half * TILE + y) * _HALF)
                            for lane in range(np.uint64(2 * _HALF)):
                                dx = start + np.float32(lane & np.uint64(_HALF - 1))
                                down = dy + np.float32(lane >> np.uint64(3))
                                q = base + lane
                                alpha = _weight(opacity, (a * dx + b * down) * dx + c * down * down)
                                before = light[q]
                                weight = alpha * before
                                light[q] = before - weight
                                toward = red[q] * r + green[q] * g + blue[q] * bl
                                done = before_it[q] + weight * toward
                                before_it[q] = done
                                by_alpha = before * toward - (total[q] - done) / (one - alpha)
                                # Where a splat is held at its most opaque, its shape changes nothing.
                                free = np.float32(0.0) if alpha >= np.float32(MOST_OPAQUE) else alpha
                                by_power = -by_alpha * free
                                along = by_power * dx
                                across = by_power * down
                                lanes[lane] += weight * red[q]
                                lanes[lane + np.uint64(16)] += weight * green[q]
                                lanes[lane + np.uint64(32)] += weight * blue[q]
                                lanes[lane + np.uint64(48)] += by_power
                                lanes[lane + np.uint64(64)] += along
                                lanes[lane + np.uint64(80)] += across
                                lanes[lane + np.uint64(96)] += along * dx
                                lanes[lane + np.uint64(112)] += along * down
                                lanes[lane + np.uint64(128)] += across * down
                    for column in range(_SUMS):
                        added = np.float32(0.0)
                        for lane in range(2 * _HALF):
                            added += lanes[column * 2 * _HALF + lane]
                        sums[part, i, column] += added
                most = np.float32(0.0)
                for q in range(_PIXELS):
                    most = max(most, light[q])
                if most < np.float32(_DARK):
                    break


@njit(cache=True, fastmath=True, parallel=True, error_model="numpy")
def _project_back(  # type: ignore[no-untyped-def]
    positions, scales, rotations, records, visible, sums, view, eye, focal, bands,
    by_position, by_scale, by_rotation, by_opacity, by_harmonic, screen,
):  # fmt: skip
    one, two = np.float32(1.0), np.float32(2.0)
    for i in prange(positions.shape[0]):
        if not visible[i]:
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
