"""Projection, normals and rotations of meshes."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from nodes.sdk.values import Camera
from nodes.sdk.values.arrays import FloatArray, IntArray


def to_camera(camera: Camera, points: FloatArray) -> FloatArray:
    """World points (V x 3 metres) in the camera's frame (x right, y up, z towards the viewer)."""
    rigid = np.asarray(camera.world_to_camera, np.float32)
    return np.asarray(points, np.float32) @ rigid[:3, :3].T + rigid[:3, 3]


def project(camera: Camera, points: FloatArray) -> FloatArray:
    """World points (V x 3 metres) as V x 3: x and y in pixels, and the distance in metres.

    Points behind the camera get a distance of 0 or less; their pixels mean nothing.
    """
    return project_from_camera(camera, to_camera(camera, points))


def project_from_camera(camera: Camera, points: FloatArray) -> FloatArray:
    """The same for points that are in the camera's frame already."""
    distance = -points[:, 2]
    scale = camera.focal / np.where(np.abs(distance) < 1e-9, 1e-9, distance)
    out = np.empty((len(points), 3), np.float32)
    out[:, 0] = camera.centre_x + scale * points[:, 0]
    out[:, 1] = camera.centre_y - scale * points[:, 1]
    out[:, 2] = distance
    return out


def rotation_matrix(vector: FloatArray) -> FloatArray:
    """The 3 x 3 matrix of a rotation vector in radians (Rodrigues' formula), float64."""
    x, y, z = (float(part) for part in vector)
    angle = math.sqrt(x * x + y * y + z * z)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    if angle < 1e-8:
        return np.eye(3) + cross
    cross /= angle
    return np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross


def rotation_vector(matrix: FloatArray) -> FloatArray:
    """The rotation vector (3 radians, float64) of a 3 x 3 rotation matrix."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_matrix(np.asarray(matrix, np.float64)).as_rotvec()


def vertex_normals(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """Unit normals per vertex, V x 3 float32; faces weigh by their area."""
    return _vertex_normals(
        np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(triangles, np.int32)
    )


@njit(cache=True, fastmath=True)
def _vertex_normals(vertices, triangles):  # type: ignore[no-untyped-def]
    out = np.zeros_like(vertices)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux = vertices[b, 0] - vertices[a, 0]
        uy = vertices[b, 1] - vertices[a, 1]
        uz = vertices[b, 2] - vertices[a, 2]
        vx = vertices[c, 0] - vertices[a, 0]
        vy = vertices[c, 1] - vertices[a, 1]
        vz = vertices[c, 2] - vertices[a, 2]
        nx = uy * vz - uz * vy
        ny = uz * vx - ux * vz
        nz = ux * vy - uy * vx
        for corner in (a, b, c):
            out[corner, 0] += nx
            out[corner, 1] += ny
            out[corner, 2] += nz
    for v in range(out.shape[0]):
        length = math.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2) + 1e-20
        out[v] /= length
    return out
