"""Meshes drawn from a camera: as they are, lit, or as a view of their shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from nodes.raster.geometry import project, to_camera, vertex_normals
from nodes.raster.sampling import sample_texture
from nodes.raster.zbuffer import Raster, interpolate, interpolate_corners, rasterise
from nodes.sdk.values import Camera, Mesh
from nodes.sdk.values.arrays import FloatArray, host_array

Look: TypeAlias = Literal["as it is", "lit", "clay", "normals", "depth", "wireframe"]

CLAY = np.array([0.74, 0.70, 0.67], np.float32)
_KEY = np.array([0.35, 0.55, 0.76], np.float32)
_FILL = np.array([-0.6, 0.1, 0.8], np.float32)
_WIRE = np.array([0.80, 0.90, 1.0], np.float32)


def draw_meshes(meshes: Sequence[Mesh], camera: Camera, look: Look, fine: int = 2) -> FloatArray:
    """Meshes in one picture, H x W x 4 float32 with straight alpha; nearer ones hide farther ones.

    Both sides of every triangle are seen, since scans are rarely closed.

    Args:
        fine: drawn this many times finer and averaged, for smooth edges.
    """
    mesh = joined(meshes)
    width, height = camera.width * fine, camera.height * fine
    if mesh is None:
        return np.zeros((camera.height, camera.width, 4), np.float32)
    inside = to_camera(camera, mesh.vertices)
    points = project(camera, mesh.vertices)
    points[:, :2] *= fine
    drawn = rasterise(points, mesh.triangles, width, height, cull=False)
    normals = _facing(drawn, mesh, inside)
    alpha = drawn.covered.astype(np.float32)
    if look == "normals":
        colour = normals * 0.5 + 0.5
    elif look == "depth":
        colour = _nearness(drawn)
    elif look == "wireframe":
        colour, alpha = _wires(drawn, mesh, points, normals, alpha)
    elif look == "clay":
        colour = CLAY * _light(normals)
    else:
        colour = surface_colours(mesh, drawn)
        if look == "lit" or (mesh.texture is None and mesh.colours is None):
            colour = colour * _light(normals)
    return averaged(np.clip(colour, 0.0, 1.0), alpha, fine)


def surface_colours(mesh: Mesh, drawn: Raster) -> FloatArray:
    """The mesh's own colour at every pixel, H x W x 3, sRGB."""
    if mesh.texture is not None and mesh.uv is not None:
        pixels = np.ascontiguousarray(host_array(mesh.texture.pixels)[..., :3], np.float32)
        return sample_texture(pixels, interpolate_corners(drawn, mesh.uv))
    if mesh.colours is not None:
        return interpolate(drawn, mesh.triangles, mesh.colours)
    return np.broadcast_to(CLAY, (*drawn.triangle.shape, 3)).astype(np.float32)


def joined(meshes: Sequence[Mesh]) -> Mesh | None:
    """All meshes as one; their textures become one picture. None without any triangle."""
    meshes = [mesh for mesh in meshes if len(mesh.triangles)]
    if len(meshes) <= 1:
        return meshes[0] if meshes else None
    from nodes.mesh._gathering import Piece, mesh_of

    pieces = []
    for mesh in meshes:
        vertices, triangles, uv, picture = host_array(mesh.vertices), mesh.triangles, None, None
        colours = mesh.colours
        if mesh.texture is not None and mesh.uv is not None:
            # One vertex per corner, so that seams survive.
            vertices = vertices[triangles].reshape(-1, 3)
            uv = mesh.uv.reshape(-1, 2)
            triangles = np.arange(len(vertices)).reshape(-1, 3)
            picture, colours = mesh.texture.pixels[..., :3], None
        pieces.append(Piece(vertices, triangles, uv, picture, colours, None))
    return mesh_of(pieces)


def _facing(drawn: Raster, mesh: Mesh, inside: FloatArray) -> FloatArray:
    """Unit normals towards the camera at every pixel, H x W x 3."""
    found = interpolate(drawn, mesh.triangles, vertex_normals(inside, mesh.triangles))
    found /= np.maximum(np.linalg.norm(found, axis=2, keepdims=True), 1e-6)
    corners = inside[mesh.triangles[np.maximum(drawn.triangle, 0)]]
    flat = np.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    behind = np.einsum("hwc,hwc->hw", flat, corners[:, :, 0]) > 0
    return np.where(behind[..., None], -found, found)


def _light(normals: FloatArray) -> FloatArray:
    light = 0.20 + 0.72 * np.clip(normals @ _KEY, 0, 1) + 0.26 * np.clip(normals @ _FILL, 0, 1)
    return light[..., None]


def _nearness(drawn: Raster) -> FloatArray:
    seen = drawn.distance[drawn.covered]
    near, far = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
    grey = np.where(drawn.covered, (far - drawn.distance) / max(far - near, 1e-6), 0.0)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def _wires(drawn, mesh, points, normals, alpha):  # type: ignore[no-untyped-def]
    bary = np.dstack([drawn.weights, 1.0 - drawn.weights.sum(axis=2)])
    corners = points[mesh.triangles[np.maximum(drawn.triangle, 0)], :2]
    lengths = np.linalg.norm(np.roll(corners, -1, axis=2) - np.roll(corners, 1, axis=2), axis=3)
    one, two = corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0]
    area = np.abs(one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0])
    distance = (bary * area[..., None] / np.maximum(lengths, 1e-6)).min(axis=2)
    line = np.clip(1.6 - distance, 0.0, 1.0) * alpha
    return (0.55 + 0.45 * np.clip(normals[..., 2:], 0, 1)) * _WIRE, line.astype(np.float32)


def averaged(colour: FloatArray, alpha: FloatArray, fine: int) -> FloatArray:
    """Colour (H x W x 3) and alpha (H x W) at 1/fine of the size, H x W x 4 straight."""
    height, width = alpha.shape
    both = np.dstack([colour * alpha[..., None], alpha]).astype(np.float32)
    small = both.reshape(height // fine, fine, width // fine, fine, 4).mean(axis=(1, 3))
    small[..., :3] /= np.maximum(small[..., 3:], 1e-6)
    return np.clip(small, 0.0, 1.0)


def over(picture: FloatArray, background: Sequence[float]) -> FloatArray:
    """A picture (H x W x 4) laid over a colour, H x W x 3."""
    alpha = picture[..., 3:]
    return (picture[..., :3] * alpha + (1.0 - alpha) * np.asarray(background, np.float32)).astype(np.float32)
