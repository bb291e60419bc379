"""Meshes drawn for splats to stand before or behind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nodes.gaussians.render import Surface
from nodes.raster.geometry import project, to_camera, vertex_normals
from nodes.raster.sampling import sample_texture
from nodes.raster.zbuffer import interpolate, interpolate_corners, rasterise
from nodes.sdk.values import Camera, Mesh
from nodes.sdk.values.arrays import FloatArray

_CLAY = np.array([0.78, 0.74, 0.71], np.float32)
_FAR = np.float32(1e30)


def drawn_meshes(meshes: Sequence[Mesh], camera: Camera, *, lit: bool = False) -> Surface | None:
    """Meshes in one z-buffer, drawn twice as fine and halved for smooth edges; None without any.

    Args:
        lit: shade untextured meshes by a light from above, else show their colours as they are.
    """
    if not meshes:
        return None
    width, height = camera.width * 2, camera.height * 2
    nearest = np.full((height, width), _FAR, np.float32)
    colour = np.zeros((height, width, 3), np.float32)
    normals = np.zeros((height, width, 3), np.float32)
    for mesh in meshes:
        points = project(camera, mesh.vertices)
        points[:, :2] *= 2.0
        drawn = rasterise(points, mesh.triangles, width, height)
        won = drawn.covered & (drawn.distance < nearest)
        nearest[won] = drawn.distance[won]
        facing = interpolate(
            drawn, mesh.triangles, vertex_normals(to_camera(camera, mesh.vertices), mesh.triangles)
        )[won]
        facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-6)
        normals[won] = facing
        colour[won] = _colours(mesh, drawn, won, facing, lit)
    covered = nearest < _FAR
    share = _halved(covered.astype(np.float32)[..., None])[..., 0]
    divided = np.maximum(share, 1e-6)
    distance = _halved(np.where(covered, nearest, 0.0).astype(np.float32)[..., None])[..., 0] / divided
    mixed = _halved(normals)
    mixed /= np.maximum(np.linalg.norm(mixed, axis=2, keepdims=True), 1e-6)
    return Surface(_halved(colour), share, np.where(share > 0, distance, _FAR).astype(np.float32), mixed)


def _colours(mesh: Mesh, drawn, won, facing: FloatArray, lit: bool) -> FloatArray:  # type: ignore[no-untyped-def]
    if mesh.texture is not None and mesh.uv is not None:
        pixels = np.ascontiguousarray(mesh.texture.pixels[..., :3], np.float32)
        return sample_texture(pixels, interpolate_corners(drawn, mesh.uv))[won]
    if mesh.colours is not None:
        found = interpolate(drawn, mesh.triangles, mesh.colours)[won]
    else:
        found = np.broadcast_to(_CLAY, facing.shape)
        lit = True
    if not lit:
        return found
    light = 0.35 + 0.65 * np.clip(facing @ np.array([0.3, 0.5, 0.81], np.float32), 0, 1)
    return found * light[:, None]


def _halved(picture: FloatArray) -> FloatArray:
    height, width, channels = picture.shape
    return picture.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
