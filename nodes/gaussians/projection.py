"""Gaussians to ellipses on the picture (EWA splatting), compiled.

Zwicker et al. 2001, "EWA volume splatting", in the form of Kerbl et al. 2023, "3D Gaussian
Splatting": the covariance is carried to the picture by the Jacobian of the perspective at the
centre, then blurred by a fixed 0.3 square pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.gaussians.harmonics import colour_of
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import FloatArray

#: Columns of a record: centre x and y in pixels; the exponent's quadratic form a, b, c, so that the
#: weight at (dx, dy) is opacity * exp(-(a dx dx + b dx dy + c dy dy)); opacity; red, green, blue;
#: depth in metres; and how far the ellipse reaches in x and y, in pixels.
CENTRE_X, CENTRE_Y, FORM_A, FORM_B, FORM_C, OPACITY, RED, GREEN, BLUE, DEPTH, REACH_X, REACH_Y = range(12)
RECORD = 12

#: Variance of the low-pass filter, square pixels (Kerbl et al. 2023).
BLUR = 0.3
#: What is nearer than this, in metres, is not drawn.
NEAR = 0.01
#: A weight below this does not change an 8-bit picture and is left out (Kerbl et al. 2023).
FAINTEST = 1.0 / 255.0
#: Beyond this share of the half field of view the Jacobian is held, as in the reference code.
_GUARD = 1.3


@dataclass(frozen=True, eq=False)
class Projected:
    """Splats as ellipses on a picture.

    Attributes:
        records: N x 12 float32, see the column names of this module.
        visible: N bool; records of the others mean nothing.
    """

    records: FloatArray
    visible: np.ndarray


def view_matrix(camera: Camera) -> np.ndarray:
    """3 x 4 float64: world to x right, y down, z forward, as splat renderers count it."""
    return np.asarray(camera.world_to_camera, np.float64)[:3] * np.array([[1.0], [-1.0], [-1.0]])


def viewpoint(camera: Camera) -> np.ndarray:
    """Where the camera stands in the world, 3 metres, float64."""
    rigid = np.asarray(camera.world_to_camera, np.float64)
    return -rigid[:3, :3].T @ rigid[:3, 3]


def project_splats(splats: Splats, camera: Camera, *, antialias: bool = False, degree: int = 3) -> Projected:
    """Project splats to a camera's picture.

    Args:
        antialias: keep the energy of splats thinner than a pixel (Yu et al. 2024, Mip-Splatting).
        degree: highest degree of the spherical harmonics that is used, 0..3.
    """
    count = len(splats.positions)
    records = np.empty((count, RECORD), np.float32)
    visible = np.empty(count, np.bool_)
    bands = min((degree + 1) ** 2, splats.harmonics.shape[1])
    numbers = np.array(
        [camera.focal, camera.centre_x, camera.centre_y, camera.width, camera.height], np.float32
    )
    _project(
        np.ascontiguousarray(splats.positions, np.float32),
        np.ascontiguousarray(splats.scales, np.float32),
        np.ascontiguousarray(splats.rotations, np.float32),
        np.ascontiguousarray(splats.opacities, np.float32),
        np.ascontiguousarray(splats.harmonics, np.float32),
        bands,
        view_matrix(camera).astype(np.float32),
        viewpoint(camera).astype(np.float32),
        numbers,
        antialias,
        records,
        visible,
    )
    return Projected(records, visible)


@njit(cache=True, fastmath=True, parallel=True, error_model="numpy")
def _project(  # type: ignore[no-untyped-def]
    positions, scales, rotations, opacities, harmonics, bands, view, eye, numbers, antialias, records, visible
):
    one = np.float32(1.0)
    two = np.float32(2.0)
    half = np.float32(0.5)
    blur = np.float32(BLUR)
    focal, centre_x, centre_y, width, height = numbers
    limit_x = np.float32(_GUARD) * half * width / focal
    limit_y = np.float32(_GUARD) * half * height / focal
    for i in prange(positions.shape[0]):
        visible[i] = False
        px, py, pz = positions[i, 0], positions[i, 1], positions[i, 2]
        z = view[2, 0] * px + view[2, 1] * py + view[2, 2] * pz + view[2, 3]
        if not z > np.float32(NEAR):
            continue
        x = view[0, 0] * px + view[0, 1] * py + view[0, 2] * pz + view[0, 3]
        y = view[1, 0] * px + view[1, 1] * py + view[1, 2] * pz + view[1, 3]
        inverse_z = one / z
        mean_x = focal * x * inverse_z + centre_x
        mean_y = focal * y * inverse_z + centre_y
        # Rows of the projection's Jacobian times the world-to-camera rotation.
        tx = min(max(x * inverse_z, -limit_x), limit_x)
        ty = min(max(y * inverse_z, -limit_y), limit_y)
        scale = focal * inverse_z
        j00 = scale * (view[0, 0] - tx * view[2, 0])
        j01 = scale * (view[0, 1] - tx * view[2, 1])
        j02 = scale * (view[0, 2] - tx * view[2, 2])
        j10 = scale * (view[1, 0] - ty * view[2, 0])
        j11 = scale * (view[1, 1] - ty * view[2, 1])
        j12 = scale * (view[1, 2] - ty * view[2, 2])
        w, a, b, c = rotations[i, 0], rotations[i, 1], rotations[i, 2], rotations[i, 3]
        s0, s1, s2 = scales[i, 0], scales[i, 1], scales[i, 2]
        r00 = (one - two * (b * b + c * c)) * s0
        r10 = two * (a * b + w * c) * s0
        r20 = two * (a * c - w * b) * s0
        r01 = two * (a * b - w * c) * s1
        r11 = (one - two * (a * a + c * c)) * s1
        r21 = two * (b * c + w * a) * s1
        r02 = two * (a * c + w * b) * s2
        r12 = two * (b * c - w * a) * s2
        r22 = (one - two * (a * a + b * b)) * s2
        m00 = j00 * r00 + j01 * r10 + j02 * r20
        m01 = j00 * r01 + j01 * r11 + j02 * r21
        m02 = j00 * r02 + j01 * r12 + j02 * r22
        m10 = j10 * r00 + j11 * r10 + j12 * r20
        m11 = j10 * r01 + j11 * r11 + j12 * r21
        m12 = j10 * r02 + j11 * r12 + j12 * r22
        raw_xx = m00 * m00 + m01 * m01 + m02 * m02
        xy = m00 * m10 + m01 * m11 + m02 * m12
        raw_yy = m10 * m10 + m11 * m11 + m12 * m12
        xx = raw_xx + blur
        yy = raw_yy + blur
        determinant = xx * yy - xy * xy
        opacity = opacities[i]
        if antialias:
            sharp = max(raw_xx * raw_yy - xy * xy, np.float32(0.0))
            opacity *= math.sqrt(sharp / determinant)
        exponent = math.log(np.float32(255.0) * opacity)
        if not exponent > np.float32(0.0) or not determinant > np.float32(0.0):
            continue
        reach_x = math.sqrt(two * exponent * xx)
        reach_y = math.sqrt(two * exponent * yy)
        if (
            mean_x + reach_x < np.float32(0.0)
            or mean_y + reach_y < np.float32(0.0)
            or mean_x - reach_x > width
            or mean_y - reach_y > height
        ):
            continue
        inverse = one / determinant
        record = records[i]
        record[CENTRE_X] = mean_x
        record[CENTRE_Y] = mean_y
        record[FORM_A] = half * yy * inverse
        record[FORM_B] = -xy * inverse
        record[FORM_C] = half * xx * inverse
        record[OPACITY] = opacity
        record[DEPTH] = z
        record[REACH_X] = reach_x
        record[REACH_Y] = reach_y
        red, green, blue = colour_of(harmonics[i], bands, px - eye[0], py - eye[1], pz - eye[2])
        record[RED] = red
        record[GREEN] = green
        record[BLUE] = blue
        visible[i] = True
