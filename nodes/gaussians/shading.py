"""Normals of splats and their blending, for pictures of shape."""

from __future__ import annotations

import numpy as np

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
