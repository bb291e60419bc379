"""A textured surface as splats: flat discs that cover it."""

from __future__ import annotations

import numpy as np

from nodes.gaussians.harmonics import colour_to_harmonic
from nodes.gaussians.quaternions import from_matrices
from nodes.raster.sampling import sample_texture
from nodes.sdk.values import Mesh, Splats
from nodes.sdk.values.arrays import FloatArray, host_array

#: Standard deviation of a disc in distances between discs; and its thickness in the same.
_WIDTH, _THICK = 0.75, 0.12
_PLAIN = 0.75


def mesh_splats(mesh: Mesh, count: int) -> Splats:
    """About `count` splats spread evenly over a mesh, in its colours.

    Args:
        mesh: with at least one triangle that has an area.

    Raises:
        ValueError: when it has none.
    """
    vertices = host_array(mesh.vertices).astype(np.float64)
    triangles = host_array(mesh.triangles)
    corners = vertices[triangles]
    edge, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    cross = np.cross(edge, other)
    area = 0.5 * np.linalg.norm(cross, axis=1)
    if not np.isfinite(area).all() or not area.sum() > 0:
        raise ValueError("the mesh has no area")
    # Evenly along the summed areas, and within a triangle by the R2 sequence (Roberts 2018).
    share = np.cumsum(area)
    at = (np.arange(count) + 0.5) / count * share[-1]
    chosen = np.minimum(np.searchsorted(share, at), len(triangles) - 1)
    number = np.arange(count)
    u = np.sqrt((0.5 + 0.7548776662466927 * number) % 1.0)
    v = (0.5 + 0.5698402909980532 * number) % 1.0
    weights = np.stack([1 - u, u * (1 - v), u * v], axis=1)
    places = np.einsum("nk,nkc->nc", weights, corners[chosen])
    normal = cross[chosen] / np.maximum(2 * area[chosen], 1e-30)[:, None]
    first = edge[chosen] / np.maximum(np.linalg.norm(edge[chosen], axis=1, keepdims=True), 1e-30)
    axes = np.stack([first, np.cross(normal, first), normal], axis=2)
    spacing = float(np.sqrt(area.sum() / count))
    size = np.array([_WIDTH, _WIDTH, _THICK], np.float32) * np.float32(spacing)
    return Splats(
        places.astype(np.float32),
        np.broadcast_to(size, (count, 3)).astype(np.float32),
        from_matrices(axes),
        np.full(count, 0.97, np.float32),
        colour_to_harmonic(_colours(mesh, chosen, weights.astype(np.float32)))[:, None],
    )


def _colours(mesh: Mesh, chosen: np.ndarray, weights: FloatArray) -> FloatArray:
    if mesh.texture is not None and mesh.uv is not None:
        uv = np.einsum("nk,nkc->nc", weights, host_array(mesh.uv)[chosen]).astype(np.float32)
        pixels = np.ascontiguousarray(host_array(mesh.texture.pixels)[..., :3], np.float32)
        return sample_texture(pixels, uv)
    if mesh.colours is not None:
        own = host_array(mesh.colours)[host_array(mesh.triangles)[chosen]]
        return np.einsum("nk,nkc->nc", weights, own).astype(np.float32)
    return np.full((len(chosen), 3), _PLAIN, np.float32)
