"""Colours of skin that the first photograph does not show.

From the other photographs, else mirrored from the other side, else carried on smoothly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from nodes.gaussians.shots import Shot
from nodes.head._shape import parts_of
from nodes.raster.geometry import vertex_normals
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray, IntArray

#: A mirrored place counts this much beside one that is seen.
_MIRRORED = 0.2
#: How strongly what is seen holds the smooth colours.
_HELD = 4.0

_FLIP = np.array([-1.0, 1.0, 1.0])

Colours = Callable[[IntArray, FloatArray], FloatArray]


def completed(shots: Sequence[Shot]) -> Colours:
    """Gives for places on the skin (N triangles and N x 3 barycentric weights) colours, N x 3.

    What several photographs show is their mean, weighted by how squarely they look at it; then come the
    mirror images; and elsewhere a colour that goes on smoothly over the surface (the harmonic function
    on the mesh).
    """
    smooth = _harmonic(shots)
    model = shots[0].fit.model

    def colours(triangles: IntArray, weights: FloatArray) -> FloatArray:
        corners = model.triangles[triangles]
        even = np.einsum("nk,nkc->nc", weights, smooth[corners])
        seen, trust = blend(shots, corners, weights, mirrored=False)
        other, likely = blend(shots, corners, weights, mirrored=True)
        below = even + likely[:, None] * (other - even)
        return (below + trust[:, None] * (seen - below)).astype(np.float32)

    return colours


def blend(
    shots: Sequence[Shot], corners: IntArray, weights: FloatArray, *, mirrored: bool
) -> tuple[FloatArray, FloatArray]:
    """Mean colours (N x 3) of places in all photographs, and how well the best shows each (N, 0..1)."""
    total = np.zeros((len(corners), 3), np.float32)
    sums = np.full(len(corners), 1e-9, np.float32)
    best = np.zeros(len(corners), np.float32)
    flip = _FLIP if mirrored else np.ones(3)
    for shot in shots:
        normals = vertex_normals(shot.local, shot.fit.model.triangles)
        place = np.einsum("nk,nkc->nc", weights, shot.local[corners])
        normal = np.einsum("nk,nkc->nc", weights, normals[corners])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        colour, trust = shot.look(place * flip, normal * flip)
        share = trust**2
        total += share[:, None] * colour
        sums += share
        best = np.maximum(best, trust)
    return total / sums[:, None], best


def _harmonic(shots: Sequence[Shot]) -> FloatArray:
    """V x 3 colours on the model's vertices, smooth where no photograph tells."""
    model = shots[0].fit.model
    vertices = np.arange(len(model.mean), dtype=np.int32)
    corners, weights = (
        np.stack([vertices] * 3, axis=1),
        np.tile(np.array([1, 0, 0], np.float32), (len(vertices), 1)),
    )
    own, weight = blend(shots, corners, weights, mirrored=False)
    other, mirrored = blend(shots, corners, weights, mirrored=True)
    mirrored = _MIRRORED * mirrored * (1 - weight)
    held = (weight + mirrored).astype(np.float64)
    if held.sum() < 20:
        seen = own[weight > 0] if (weight > 0).any() else np.full((1, 3), 0.6, np.float32)
        return np.broadcast_to(np.median(seen, axis=0), own.shape).astype(np.float32)
    laplacian, used = _laplacian(model)
    usual = np.average(own, axis=0, weights=weight + 1e-9)
    # A trace of the usual tone for pieces that hang together with nothing that is seen.
    matrix = laplacian + sparse.diags(_HELD * held + 1e-5 + (~used))
    right = _HELD * (weight[:, None] * own + mirrored[:, None] * other) + 1e-5 * usual
    return np.clip(splu(matrix.tocsc()).solve(right.astype(np.float64)), 0, 1).astype(np.float32)


def _laplacian(model: HeadModel) -> tuple[sparse.spmatrix, np.ndarray]:
    """The graph Laplacian of the skin's edges, and which vertices are on it."""
    triangles = model.triangles[parts_of(model).skin_triangles]
    count = len(model.mean)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    graph = sparse.coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count))
    graph = ((graph + graph.T) > 0).astype(np.float64)
    used = np.zeros(count, bool)
    used[triangles] = True
    return sparse.diags(np.asarray(graph.sum(axis=1)).ravel()) - graph, used
