"""Normals of splats and their blending, for pictures of shape."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from nodes.gaussians.quaternions import matrices
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import FloatArray


def splat_normals(splats: Splats, camera: Camera) -> FloatArray:
    """The thinnest axis of every splat, turned towards the camera: N x 3, in the camera's frame."""
    axes = matrices(splats.rotations)
    thinnest = np.argmin(splats.scales, axis=1)
    normals = np.take_along_axis(axes, thinnest[:, None, None], axis=2)[..., 0]
    rigid = np.asarray(camera.world_to_camera, np.float32)
    local = normals @ rigid[:3, :3].T
    places = splats.positions @ rigid[:3, :3].T + rigid[:3, 3]
    away = np.einsum("nk,nk->n", local, places) > 0
    return np.where(away[:, None], -local, local).astype(np.float32)


def shape_of(depth: FloatArray, normals: FloatArray, alpha: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean depth (H x W) and unit normals (H x W x 3) from their blended sums; 0 where nothing is seen."""
    mean, unit = np.empty(depth.shape, np.float32), np.empty(normals.shape, np.float32)
    _shape_of(depth, normals, alpha, mean, unit)
    return mean, unit


@njit(cache=True, parallel=True, error_model="numpy")
def _shape_of(depth, normals, alpha, mean, unit):  # type: ignore[no-untyped-def]
    height, width = depth.shape
    for row in prange(height):
        for column in range(width):
            cover = alpha[row, column]
            x, y, z = normals[row, column, 0], normals[row, column, 1], normals[row, column, 2]
            length = max(math.sqrt(x * x + y * y + z * z), np.float32(1e-6))
            seen = cover > np.float32(1e-3)
            mean[row, column] = depth[row, column] / cover if seen else np.float32(0.0)
            unit[row, column, 0] = x / length if seen else np.float32(0.0)
            unit[row, column, 1] = y / length if seen else np.float32(0.0)
            unit[row, column, 2] = z / length if seen else np.float32(0.0)
