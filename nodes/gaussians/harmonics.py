"""Real spherical harmonics to degree 3, in the order and with the signs of Kerbl et al. 2023."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from nodes.sdk.values.arrays import FloatArray

#: The constant harmonic: a splat's colour is 0.5 + C0 times its first coefficient.
C0 = 0.28209479177387814
C1 = 0.4886025119029199
C2 = (1.0925484305920792, -1.0925484305920792, 0.31539156525252005, -1.0925484305920792, 0.5462742152960396)
C3 = (
    -0.5900435899266435,
    2.890611442640554,
    -0.4570457994644658,
    0.3731763325901154,
    -0.4570457994644658,
    1.445305721320277,
    -0.5900435899266435,
)


def colour_to_harmonic(colour: FloatArray) -> FloatArray:
    """The constant coefficient of colours in 0..1."""
    return ((np.asarray(colour) - 0.5) / C0).astype(np.float32)


def harmonic_to_colour(coefficient: FloatArray) -> FloatArray:
    """The colour seen from nowhere in particular, not clipped."""
    return np.asarray(coefficient) * C0 + 0.5


def basis(directions: np.ndarray) -> np.ndarray:
    """The 16 harmonics in unit directions (N x 3): N x 16 float64."""
    x, y, z = np.asarray(directions, np.float64).T
    xx, yy, zz = x * x, y * y, z * z
    return np.stack(
        [
            np.full_like(x, C0),
            -C1 * y,
            C1 * z,
            -C1 * x,
            C2[0] * x * y,
            C2[1] * y * z,
            C2[2] * (2 * zz - xx - yy),
            C2[3] * x * z,
            C2[4] * (xx - yy),
            C3[0] * y * (3 * xx - yy),
            C3[1] * x * y * z,
            C3[2] * y * (4 * zz - xx - yy),
            C3[3] * z * (2 * zz - 3 * xx - 3 * yy),
            C3[4] * x * (4 * zz - xx - yy),
            C3[5] * z * (xx - yy),
            C3[6] * x * (xx - 3 * yy),
        ],
        axis=1,
    )


def rotated(harmonics: FloatArray, rotation: np.ndarray) -> FloatArray:
    """Coefficients (N x B x 3) of splats that were turned by a 3 x 3 rotation.

    Each degree turns within itself; its matrix is found from the harmonics at fixed directions,
    which is exact because they span the degree.
    """
    bands = harmonics.shape[1]
    if bands == 1:
        return harmonics
    directions = np.random.default_rng(7).normal(size=(64, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    here, there = basis(directions), basis(directions @ np.asarray(rotation, np.float64))
    turned = harmonics.copy()
    for degree in range(1, math.isqrt(bands)):
        rows = slice(degree * degree, (degree + 1) ** 2)
        matrix = np.linalg.lstsq(here[:, rows], there[:, rows], rcond=None)[0]
        turned[:, rows] = np.einsum("ij,njc->nic", matrix.astype(np.float32), harmonics[:, rows])
    return turned


@njit(cache=True, fastmath=True, inline="always")
def weigh(bands, x, y, z, out):  # type: ignore[no-untyped-def]
    """The first `bands` harmonics in the direction (x, y, z), of any length, into `out`."""
    length = np.float32(1.0) / math.sqrt(x * x + y * y + z * z + np.float32(1e-20))
    x *= length
    y *= length
    z *= length
    out[0] = np.float32(C0)
    if bands > 1:
        out[1] = np.float32(-C1) * y
        out[2] = np.float32(C1) * z
        out[3] = np.float32(-C1) * x
    if bands > 4:
        xx, yy, zz = x * x, y * y, z * z
        out[4] = np.float32(C2[0]) * x * y
        out[5] = np.float32(C2[1]) * y * z
        out[6] = np.float32(C2[2]) * (np.float32(2.0) * zz - xx - yy)
        out[7] = np.float32(C2[3]) * x * z
        out[8] = np.float32(C2[4]) * (xx - yy)
        if bands > 9:
            four, three = np.float32(4.0), np.float32(3.0)
            out[9] = np.float32(C3[0]) * y * (three * xx - yy)
            out[10] = np.float32(C3[1]) * x * y * z
            out[11] = np.float32(C3[2]) * y * (four * zz - xx - yy)
            out[12] = np.float32(C3[3]) * z * (np.float32(2.0) * zz - three * (xx + yy))
            out[13] = np.float32(C3[4]) * x * (four * zz - xx - yy)
            out[14] = np.float32(C3[5]) * z * (xx - yy)
            out[15] = np.float32(C3[6]) * x * (xx - three * yy)


@njit(cache=True, fastmath=True)
def colour_of(harmonics, bands, x, y, z):  # type: ignore[no-untyped-def]
    """Red, green and blue of coefficients (B x 3) seen along (x, y, z), not below 0."""
    half, nothing = np.float32(0.5), np.float32(0.0)
    if bands == 1:
        c0 = np.float32(C0)
        return (
            max(half + c0 * harmonics[0, 0], nothing),
            max(half + c0 * harmonics[0, 1], nothing),
            max(half + c0 * harmonics[0, 2], nothing),
        )
    weights = np.empty(16, np.float32)
    weigh(bands, x, y, z, weights)
    red, green, blue = half, half, half
    for band in range(bands):
        red += weights[band] * harmonics[band, 0]
        green += weights[band] * harmonics[band, 1]
        blue += weights[band] * harmonics[band, 2]
    return max(red, nothing), max(green, nothing), max(blue, nothing)
