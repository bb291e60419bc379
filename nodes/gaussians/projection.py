"""Gaussians to ellipses on the picture (EWA splatting), compiled.

Zwicker et al. 2001, "EWA volume splatting", in the form of Kerbl et al. 2023, "3D Gaussian
Splatting": the covariance is carried to the picture by the Jacobian of the perspective at the
centre, then blurred by a fixed 0.3 square pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.gaussians.harmonics import C0, colour_of
from nodes.gaussians.lanes import (
    WIDTH,
    bits_within,
    choose,
    floor,
    inverse,
    lanes,
    larger,
    logarithm,
    read,
    read_fours,
    read_threes,
    root,
    smaller,
    write,
    write_rows,
)
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import FloatArray

#: Columns of a record: centre x and y in pixels; the exponent's quadratic form a, b, c, so that the
#: weight at (dx, dy) is opacity * exp(-(a dx dx + b dx dy + c dy dy)); opacity; red, green, blue;
#: depth in metres; and the opacity's natural logarithm.
CENTRE_X, CENTRE_Y, FORM_A, FORM_B, FORM_C, OPACITY, RED, GREEN, BLUE, DEPTH, LOG_OPACITY = range(11)
NORMAL_X, NORMAL_Y, NORMAL_Z = range(11, 14)
#: Room of a record: one line of the processor's cache.
RECORD = 16
#: Side of a tile in pixels.
TILE = 16

#: Variance of the low-pass filter, square pixels (Kerbl et al. 2023).
BLUR = 0.3
#: What is nearer than this, in metres, is not drawn.
NEAR = 0.01
#: A weight below this does not change an 8-bit picture and is left out (Kerbl et al. 2023).
FAINTEST = 1.0 / 255.0
#: Beyond this share of the half field of view the Jacobian is held, as in the reference code.
_GUARD = 1.3
_LOG_FAINTEST = np.float32(np.log(FAINTEST))
#: Splats that one thread projects before it takes the next.
_SHARE = 4096


@dataclass(frozen=True, eq=False)
class Projected:
    """Splats as ellipses on a picture.

    Attributes:
        records: N x 16 float32, see the column names of this module.
        boxes: N x 4 int16: first and last column and first and last row of the tiles that the ellipse's
            bounding box touches; the last come before the first where a splat is not visible, and its
            record means nothing.
    """

    records: FloatArray
    boxes: np.ndarray

    @property
    def visible(self) -> np.ndarray:
        """N bool: which splats are on the picture."""
        return self.boxes[:, 0] <= self.boxes[:, 1]


def view_matrix(camera: Camera) -> np.ndarray:
    """3 x 4 float64: world to x right, y down, z forward, as splat renderers count it."""
    return np.asarray(camera.world_to_camera, np.float64)[:3] * np.array([[1.0], [-1.0], [-1.0]])


def viewpoint(camera: Camera) -> np.ndarray:
    """Where the camera stands in the world, 3 metres, float64."""
    rigid = np.asarray(camera.world_to_camera, np.float64)
    return -rigid[:3, :3].T @ rigid[:3, 3]


def project_splats(
    splats: Splats, camera: Camera, *, antialias: bool = False, degree: int = 3, normals: bool = False
) -> Projected:
    """Project splats to a camera's picture.

    Args:
        antialias: keep the energy of splats thinner than a pixel (Yu et al. 2024, Mip-Splatting).
        degree: highest degree of the spherical harmonics that is used, 0..3.
        normals: also work out the normals.
    """
    count = len(splats.positions)
    bands = min((degree + 1) ** 2, splats.harmonics.shape[1])
    given = [splats.positions, splats.scales, splats.rotations, splats.opacities, splats.harmonics[:, :bands]]
    whole = max(count, WIDTH)
    room = np.empty((whole + 1) * RECORD, np.float32)
    ahead = -room.ctypes.data // room.itemsize % RECORD
    records = room[ahead : ahead + whole * RECORD].reshape(whole, RECORD)
    boxes = np.empty((whole, 4), np.int16)
    _project(
        *(_padded(array, whole) for array in given),
        view_matrix(camera).astype(np.float32),
        viewpoint(camera).astype(np.float32),
        np.array([camera.focal, camera.centre_x, camera.centre_y, camera.width, camera.height], np.float32),
        antialias,
        normals,
        records,
        boxes,
    )
    return Projected(records[:count], boxes[:count])


def _padded(array: np.ndarray, count: int) -> FloatArray:
    """An array as contiguous float32, with rows of zeros where it has fewer than `count`."""
    if len(array) < count:
        array = np.concatenate([array, np.zeros((count - len(array), *array.shape[1:]))])
    return np.ascontiguousarray(array, np.float32)


@njit(cache=True, parallel=True)
def _project(  # type: ignore[no-untyped-def]
    positions, scales, rotations, opacities, harmonics, view, eye, numbers, antialias, normals, records, boxes
):
    count, bands = harmonics.shape[:2]
    for part in prange(-(-count // _SHARE)):
        corners = np.empty(4 * WIDTH, np.float32)
        for begin in range(part * _SHARE, min((part + 1) * _SHARE, count), WIDTH):
            # The last sixteen overlap those before them, and come out the same again.
            first = min(begin, count - WIDTH)
            seen = _sixteen(
                positions, scales, rotations, opacities, harmonics, view, numbers, antialias, normals,
                first, records, corners,
            )  # fmt: skip
            for k in range(WIDTH):
                i = first + k
                if (seen >> np.uint64(k)) & np.uint64(1):
                    for edge in range(4):
                        boxes[i, edge] = np.int16(corners[edge * WIDTH + k])
                    if bands > 1:
                        x, y, z = positions[i, 0] - eye[0], positions[i, 1] - eye[1], positions[i, 2] - eye[2]
                        colour = colour_of(harmonics[i], bands, x, y, z)
                        records[i, RED], records[i, GREEN], records[i, BLUE] = colour
                else:
                    boxes[i, 0] = boxes[i, 2] = 0
                    boxes[i, 1] = boxes[i, 3] = -1


@njit(cache=True)
def _sixteen(  # type: ignore[no-untyped-def]
    positions, scales, rotations, opacities, harmonics, view, numbers, antialias, normals,
    first, records, corners,
):  # fmt: skip
    """Work out the records of the splats from `first` on, but for their colours, and their tiles.

    Returns:
        A word whose bit k tells whether splat k is visible.
    """
    one, two, half, nothing = np.float32(1.0), np.float32(2.0), np.float32(0.5), lanes(np.float32(0.0))
    focal, centre_x, centre_y, width, height = numbers
    limit_x = lanes(np.float32(_GUARD) * half * width / focal)
    limit_y = lanes(np.float32(_GUARD) * half * height / focal)
    px, py, pz = read_threes(positions, first)
    z = view[2, 0] * px + view[2, 1] * py + view[2, 2] * pz + view[2, 3]
    x = view[0, 0] * px + view[0, 1] * py + view[0, 2] * pz + view[0, 3]
    y = view[1, 0] * px + view[1, 1] * py + view[1, 2] * pz + view[1, 3]
    inverse_z = inverse(z)
    x, y = x * inverse_z, y * inverse_z
    mean_x, mean_y = focal * x + centre_x, focal * y + centre_y
    # Rows of the projection's Jacobian times the world-to-camera rotation.
    tx = smaller(larger(x, nothing - limit_x), limit_x)
    ty = smaller(larger(y, nothing - limit_y), limit_y)
    scale = focal * inverse_z
    j00 = scale * (view[0, 0] - tx * view[2, 0])
    j01 = scale * (view[0, 1] - tx * view[2, 1])
    j02 = scale * (view[0, 2] - tx * view[2, 2])
    j10 = scale * (view[1, 0] - ty * view[2, 0])
    j11 = scale * (view[1, 1] - ty * view[2, 1])
    j12 = scale * (view[1, 2] - ty * view[2, 2])
    w, a, b, c = read_fours(rotations, first)
    s0, s1, s2 = read_threes(scales, first)
    r00, r10, r20 = one - two * (b * b + c * c), two * (a * b + w * c), two * (a * c - w * b)
    r01, r11, r21 = two * (a * b - w * c), one - two * (a * a + c * c), two * (b * c + w * a)
    r02, r12, r22 = two * (a * c + w * b), two * (b * c - w * a), one - two * (a * a + b * b)
    m00 = (j00 * r00 + j01 * r10 + j02 * r20) * s0
    m01 = (j00 * r01 + j01 * r11 + j02 * r21) * s1
    m02 = (j00 * r02 + j01 * r12 + j02 * r22) * s2
    m10 = (j10 * r00 + j11 * r10 + j12 * r20) * s0
    m11 = (j10 * r01 + j11 * r11 + j12 * r21) * s1
    m12 = (j10 * r02 + j11 * r12 + j12 * r22) * s2
    raw_xx = m00 * m00 + m01 * m01 + m02 * m02
    xy = m00 * m10 + m01 * m11 + m02 * m12
    raw_yy = m10 * m10 + m11 * m11 + m12 * m12
    xx, yy = raw_xx + np.float32(BLUR), raw_yy + np.float32(BLUR)
    determinant = xx * yy - xy * xy
    inverse_determinant = inverse(determinant)
    opacity = read(opacities, first)
    if antialias:
        opacity = opacity * root(larger(raw_xx * raw_yy - xy * xy, nothing) * inverse_determinant)
    log_opacity = logarithm(opacity)
    exponent = two * (log_opacity - _LOG_FAINTEST)
    reach_x, reach_y = root(exponent * xx), root(exponent * yy)
    form_a, form_c = half * yy * inverse_determinant, half * xx * inverse_determinant
    form_b = nothing - xy * inverse_determinant
    red, green, blue = nothing, nothing, nothing
    if harmonics.shape[1] == 1:
        red, green, blue = read_threes(harmonics, first)
        red = larger(half + np.float32(C0) * red, nothing)
        green = larger(half + np.float32(C0) * green, nothing)
        blue = larger(half + np.float32(C0) * blue, nothing)
    normal_x, normal_y, normal_z = nothing, nothing, nothing
    if normals:
        thinner = smaller(s1, s2)
        nx = choose(s0, thinner, r00, choose(s1, s2, r01, r02))
        ny = choose(s0, thinner, r10, choose(s1, s2, r11, r12))
        nz = choose(s0, thinner, r20, choose(s1, s2, r21, r22))
        normal_x = view[0, 0] * nx + view[0, 1] * ny + view[0, 2] * nz
        normal_y = view[1, 0] * nx + view[1, 1] * ny + view[1, 2] * nz
        normal_z = view[2, 0] * nx + view[2, 1] * ny + view[2, 2] * nz
        # Towards the camera, and in its frame: y up, z back.
        away = normal_x * x + normal_y * y + normal_z
        turn = choose(away, nothing, lanes(one), lanes(-one))
        normal_x, normal_y, normal_z = turn * normal_x, nothing - turn * normal_y, nothing - turn * normal_z
    write_rows(
        records,
        first,
        (
            mean_x, mean_y, form_a, form_b, form_c, opacity, red, green, blue, z, log_opacity,
            normal_x, normal_y, normal_z, nothing, nothing,
        ),
    )  # fmt: skip
    # The first and last pixels whose centres lie in the bounding box, and their tiles.
    tile, last_x, last_y = np.float32(1 / TILE), lanes(width - one), lanes(height - one)
    left, right = nothing - floor(half + reach_x - mean_x), floor(mean_x + reach_x - half)
    top, bottom = nothing - floor(half + reach_y - mean_y), floor(mean_y + reach_y - half)
    write(corners, 0 * WIDTH, floor(larger(left, nothing) * tile))
    write(corners, 1 * WIDTH, floor(smaller(right, last_x) * tile))
    write(corners, 2 * WIDTH, floor(larger(top, nothing) * tile))
    write(corners, 3 * WIDTH, floor(smaller(bottom, last_y) * tile))
    # A comparison with what is not a number fails, so that damaged splats are not visible.
    return (
        bits_within(lanes(np.float32(NEAR)), z)
        & bits_within(lanes(np.float32(FAINTEST)), opacity)
        & bits_within(lanes(np.float32(1e-30)), determinant)
        & bits_within(nothing, right)
        & bits_within(nothing, bottom)
        & bits_within(left, smaller(right, last_x))
        & bits_within(top, smaller(bottom, last_y))
    )
