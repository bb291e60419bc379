"""Colours of skin that no photograph shows: mirrored from the other side, else carried on smoothly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from nodes.gaussians.hair import Coverage
from nodes.head._shape import parts_of, to_world
from nodes.raster.geometry import project, to_camera, vertex_normals
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import Raster
from nodes.sdk.values import Camera, HeadState
from nodes.sdk.values.arrays import FloatArray

#: A mirrored place counts this much beside one that is seen.
_MIRRORED = 0.2
#: How strongly what is seen holds the smooth colours.
_HELD = 4.0
#: Pixels nearer than this to what is no skin may be mixed with it, metres.
_MARGIN = 0.004

Look = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], FloatArray]


def completed(fit: HeadState, local: FloatArray, grid: Camera, drawn: Raster, cover: Coverage) -> Look:
    """Gives for places on the skin (N x 3 in the head's frame, their N x 3 unit normals, triangles N
    and weights N x 3) colours N x 3.

    Where the mirror image of a place is seen well it has that colour; else one that goes on smoothly over
    the surface from what is seen (the harmonic function on the mesh).

    Args:
        local: V x 3, the model's vertices in the head's frame.
    """
    import cv2

    pixel = float(np.median(drawn.distance[drawn.covered])) / grid.focal if drawn.covered.any() else 0.001
    size = 2 * max(round(_MARGIN / pixel), 1) + 1
    sure = cv2.erode(cover.skin.astype(np.uint8), np.ones((size, size), np.uint8)).astype(np.float32)
    flip = np.array([-1.0, 1.0, 1.0])

    def look(places: np.ndarray, normals: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """Colours of the photograph, and how well it shows the places, N in 0..1."""
        pixels = project(grid, to_world(fit, places.astype(np.float32)))
        column, row = np.floor(pixels[:, :2]).astype(int).T
        inside = (column >= 0) & (row >= 0) & (column < grid.width) & (row < grid.height)
        column, row = np.clip(column, 0, grid.width - 1), np.clip(row, 0, grid.height - 1)
        near = pixels[:, 2] <= drawn.distance[row, column] + 0.004
        view = to_camera(grid, to_world(fit, places.astype(np.float32)))
        origin = to_camera(grid, to_world(fit, np.zeros((1, 3), np.float32)))
        turned = to_camera(grid, to_world(fit, normals.astype(np.float32))) - origin
        cosine = -np.einsum("nk,nk->n", turned, view) / np.maximum(np.linalg.norm(view, axis=1), 1e-9)
        t = np.clip((cosine - 0.25) / 0.3, 0, 1)
        weight = inside * near * sure[row, column] * t
        return sample_bilinear(cover.colour, pixels[:, :2]), weight.astype(np.float32)

    smooth = _harmonic(fit, local, look, flip)

    def colours(
        places: np.ndarray, normals: np.ndarray, triangles: np.ndarray, weights: np.ndarray
    ) -> FloatArray:
        even = np.einsum("nk,nkc->nc", weights, smooth[fit.model.triangles[triangles]])
        found, trust = look(places * flip, normals * flip)
        # Light comes from one side: what is mirrored keeps its detail and takes the side's own tone.
        return (even + trust[:, None] * (found - even)).astype(np.float32)

    return colours


def _harmonic(
    fit: HeadState,
    local: FloatArray,
    look: Callable[[np.ndarray, np.ndarray], tuple[FloatArray, FloatArray]],
    flip: np.ndarray,
) -> FloatArray:
    """V x 3 colours on the model's vertices, smooth where no photograph tells."""
    rows = parts_of(fit.model).skin_triangles
    triangles = fit.model.triangles[rows]
    normals = vertex_normals(local, triangles)
    own, weight = look(local, normals)
    other, mirrored = look(local * flip, normals * flip)
    mirrored = _MIRRORED * mirrored * (1 - weight)
    held = (weight + mirrored).astype(np.float64)
    count = len(local)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    ones = np.ones(len(edges))
    graph = sparse.coo_matrix((ones, (edges[:, 0], edges[:, 1])), (count, count))
    graph = ((graph + graph.T) > 0).astype(np.float64)
    laplacian = sparse.diags(np.asarray(graph.sum(axis=1)).ravel()) - graph
    used = np.zeros(count, bool)
    used[triangles] = True
    if held.sum() < 20:
        seen = own[weight > 0] if (weight > 0).any() else own
        return np.broadcast_to(np.median(seen, axis=0), local.shape).astype(np.float32)
    usual = np.average(own, axis=0, weights=weight + 1e-9)
    # A trace of the usual tone for pieces that hang together with nothing that is seen.
    matrix = laplacian + sparse.diags(_HELD * held + 1e-5 + (~used))
    right = _HELD * (weight[:, None] * own + mirrored[:, None] * other) + 1e-5 * usual
    return np.clip(splu(matrix.tocsc()).solve(right.astype(np.float64)), 0, 1).astype(np.float32)
