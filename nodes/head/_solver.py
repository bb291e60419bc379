"""Compiled loops of the landmark fit: projection errors, normal equations, small solves.

One thread throughout: the systems have about a hundred unknowns, for which threads of a BLAS
library spend longer on waiting for each other than on the sums.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, fastmath=True)
def landmark_places(still, linear, coefficients):  # type: ignore[no-untyped-def]
    """468 x 3 metres in the head's frame.

    Args:
        still: 468 x 3, what does not depend on the coefficients.
        linear: 468 x 3 x C float32. coefficients: C float32.
    """
    out = np.empty((linear.shape[0], 3), np.float64)
    for row in range(linear.shape[0]):
        for axis in range(3):
            total = np.float32(0.0)
            for k in range(coefficients.shape[0]):
                total += linear[row, axis, k] * coefficients[k]
            out[row, axis] = still[row, axis] + total
    return out


@njit(cache=True, fastmath=True)
def projection_errors(places, rotation, translation, focal, seen):  # type: ignore[no-untyped-def]
    """468 x 2 pixels, y up: seen minus projected."""
    out = np.empty((places.shape[0], 2), np.float64)
    for row in range(places.shape[0]):
        x, y, z = translation[0], translation[1], translation[2]
        for k in range(3):
            x += rotation[0, k] * places[row, k]
            y += rotation[1, k] * places[row, k]
            z += rotation[2, k] * places[row, k]
        nearness = -focal / z
        out[row, 0] = seen[row, 0] - x * nearness
        out[row, 1] = seen[row, 1] - y * nearness
    return out


@njit(cache=True, fastmath=True)
def normal_equations(places, linear, rotation, translation, focal, seen, weights):  # type: ignore[no-untyped-def]
    """The Gauss-Newton system of weighted reprojection errors.

    Unknowns: C coefficients, rotation (3, applied on the left), translation (3), log of the focal
    length.

    Returns:
        (C + 7) x (C + 7) and C + 7, float64.
    """
    count = linear.shape[2]
    size = count + 7
    normal = np.zeros((size, size), np.float32)
    gradient = np.zeros(size, np.float64)
    # Rows of four landmarks at a time keep the sums in registers.
    rows = np.zeros((8, size), np.float32)
    error = np.zeros(8, np.float32)
    turn = rotation.astype(np.float32)
    for first in range(0, places.shape[0], 4):
        rows[:] = 0.0
        error[:] = 0.0
        for part in range(min(4, places.shape[0] - first)):
            row = first + part
            px, py, pz = places[row, 0], places[row, 1], places[row, 2]
            x = rotation[0, 0] * px + rotation[0, 1] * py + rotation[0, 2] * pz
            y = rotation[1, 0] * px + rotation[1, 1] * py + rotation[1, 2] * pz
            z = rotation[2, 0] * px + rotation[2, 1] * py + rotation[2, 2] * pz
            nearness = -1.0 / (z + translation[2])
            u = focal * (x + translation[0]) * nearness
            v = focal * (y + translation[1]) * nearness
            weight = weights[row]
            scale = np.float32(weight * focal * nearness)
            across = np.float32(weight * u * nearness)
            along = np.float32(weight * v * nearness)
            ax = scale * turn[0, 0] + across * turn[2, 0]
            bx = scale * turn[0, 1] + across * turn[2, 1]
            cx = scale * turn[0, 2] + across * turn[2, 2]
            ay = scale * turn[1, 0] + along * turn[2, 0]
            by = scale * turn[1, 1] + along * turn[2, 1]
            cy = scale * turn[1, 2] + along * turn[2, 2]
            one, two = 2 * part, 2 * part + 1
            for k in range(count):
                dx, dy, dz = linear[row, 0, k], linear[row, 1, k], linear[row, 2, k]
                rows[one, k] = ax * dx + bx * dy + cx * dz
                rows[two, k] = ay * dx + by * dy + cy * dz
            rows[one, count] = across * y
            rows[one, count + 1] = scale * z - across * x
            rows[one, count + 2] = -scale * y
            rows[two, count] = -scale * z + along * y
            rows[two, count + 1] = -along * x
            rows[two, count + 2] = scale * x
            rows[one, count + 3] = scale
            rows[one, count + 5] = across
            rows[two, count + 4] = scale
            rows[two, count + 5] = along
            rows[one, count + 6] = weight * u
            rows[two, count + 6] = weight * v
            error[one] = weight * (seen[row, 0] - u)
            error[two] = weight * (seen[row, 1] - v)
        for i in range(size):
            a0, a1, a2, a3 = rows[0, i], rows[1, i], rows[2, i], rows[3, i]
            a4, a5, a6, a7 = rows[4, i], rows[5, i], rows[6, i], rows[7, i]
            for j in range(i + 1):
                normal[i, j] += (
                    a0 * rows[0, j]
                    + a1 * rows[1, j]
                    + a2 * rows[2, j]
                    + a3 * rows[3, j]
                    + a4 * rows[4, j]
                    + a5 * rows[5, j]
                    + a6 * rows[6, j]
                    + a7 * rows[7, j]
                )
            total = 0.0
            for k in range(8):
                total += rows[k, i] * error[k]
            gradient[i] += total
    out = np.empty((size, size), np.float64)
    for i in range(size):
        for j in range(i + 1):
            out[i, j] = out[j, i] = normal[i, j]
    return out, gradient


@njit(cache=True, fastmath=True)
def _solved(matrix, right, free):  # type: ignore[no-untyped-def]
    """The solution of a positive definite system in the free unknowns, by Cholesky; others are 0."""
    size = 0
    chosen = np.empty(len(free), np.int64)
    for i in range(len(free)):
        if free[i]:
            chosen[size] = i
            size += 1
    lower = np.empty((size, size), np.float64)
    for i in range(size):
        for j in range(i + 1):
            total = matrix[chosen[i], chosen[j]]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i == j:
                lower[i, i] = math.sqrt(max(total, 1e-30))
            else:
                lower[i, j] = total / lower[j, j]
    out = np.empty(size, np.float64)
    for i in range(size):
        total = right[chosen[i]]
        for k in range(i):
            total -= lower[i, k] * out[k]
        out[i] = total / lower[i, i]
    for i in range(size - 1, -1, -1):
        total = out[i]
        for k in range(i + 1, size):
            total -= lower[k, i] * out[k]
        out[i] = total / lower[i, i]
    whole = np.zeros(len(free), np.float64)
    for i in range(size):
        whole[chosen[i]] = out[i]
    return whole


@njit(cache=True, fastmath=True)
def bounded_step(matrix, gradient, current, bounded):  # type: ignore[no-untyped-def]
    """Solve for the step, holding unknowns that would leave 0..1 at their bound.

    Args:
        matrix: N x N, positive definite. gradient: N.
        current: N, where bounded unknowns stand. bounded: N bool.
    """
    size = len(gradient)
    free = np.ones(size, np.bool_)
    fixed = np.zeros(size, np.float64)
    change = np.zeros(size, np.float64)
    for _ in range(4):
        right = gradient.copy()
        for i in range(size):
            if not free[i] and fixed[i] != 0.0:
                for j in range(size):
                    right[j] -= matrix[j, i] * fixed[i]
        change = _solved(matrix, right, free)
        leaving = False
        for i in range(size):
            if not free[i]:
                change[i] = fixed[i]
            elif bounded[i]:
                moved = current[i] + change[i]
                if moved < -1e-6 or moved > 1.0 + 1e-6:
                    free[i] = False
                    fixed[i] = min(max(moved, 0.0), 1.0) - current[i]
                    leaving = True
        if not leaving:
            break
    return change


@njit(cache=True, fastmath=True)
def inverse(matrix):  # type: ignore[no-untyped-def]
    """The inverse of a positive definite matrix (N x N)."""
    size = len(matrix)
    lower = np.zeros((size, size), np.float64)
    for i in range(size):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = math.sqrt(max(total, 1e-30)) if i == j else total / lower[j, j]
    # the inverse of the triangle by rows, kept transposed so that inner loops run along memory
    across = np.zeros((size, size), np.float64)
    for j in range(size):
        across[j, j] = 1.0 / lower[j, j]
        for i in range(j + 1, size):
            total = 0.0
            for k in range(j, i):
                total += lower[i, k] * across[j, k]
            across[j, i] = -total / lower[i, i]
    out = np.empty((size, size), np.float64)
    for i in range(size):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, size):
                total += across[i, k] * across[j, k]
            out[i, j] = out[j, i] = total
    return out


@njit(cache=True, fastmath=True)
def turn_between(start, end):  # type: ignore[no-untyped-def]
    """3 radians: the rotation vector that takes one rotation matrix to another, below half a turn."""
    turn = end @ start.T
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / 2.0
    sine = math.sqrt((axis**2).sum())
    cosine = (turn[0, 0] + turn[1, 1] + turn[2, 2] - 1.0) / 2.0
    if sine < 1e-9:
        return axis
    return axis * (math.atan2(sine, cosine) / sine)


@njit(cache=True, fastmath=True)
def weighed(values, rows):  # type: ignore[no-untyped-def]
    """Values (N) times rows (N x M): M."""
    out = np.zeros(rows.shape[1], np.float64)
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            out[j] += values[i] * rows[i, j]
    return out
