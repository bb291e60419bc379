"""The surface bent onto the landmarks: what the basis cannot say (Botsch and Sorkine 2008).

A bi-Laplacian interpolation of the remaining errors over the surface keeps separate lips separate.
"""

from __future__ import annotations

import numpy as np

from nodes.head._fit import LandmarkFit
from nodes.head._keep import once_per_model
from nodes.head._landmarks import OUTLINE, landmark_basis
from nodes.head._shape import landmark_points, parts_of
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray


@once_per_model
def spread_matrix(model: HeadModel) -> FloatArray:
    """S x 468: how the surface follows displacements of its landmarks (S as in Parts.surface).

    The surface bends as little as possible (its Laplacian changes least) and all but meets the
    landmarks; kept as long as the model lives.
    """
    from scipy import sparse
    from scipy.sparse.linalg import splu

    parts = parts_of(model)
    count = len(parts.surface)
    local = np.full(len(model.mean), -1)
    local[parts.surface] = np.arange(count)
    triangles = local[model.triangles[parts.surface_triangles]]
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    place = model.mean[parts.surface]
    length = np.linalg.norm(place[edges[:, 0]] - place[edges[:, 1]], axis=1)
    adjacency = sparse.csr_matrix(
        (1.0 / np.maximum(length, 1e-5), (edges[:, 0], edges[:, 1])), (count, count)
    )
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    laplacian = sparse.eye(count) - sparse.diags(1.0 / np.maximum(degree, 1e-9)) @ adjacency
    landmarks = sparse.csr_matrix(
        (
            model.landmark_weights.ravel(),
            (np.repeat(np.arange(468), 3), local[model.landmark_triangles].ravel()),
        ),
        (468, count),
    )
    pull = 0.15
    system = laplacian.T @ laplacian + pull * landmarks.T @ landmarks + 1e-5 * sparse.eye(count)
    return splu(system.tocsc()).solve((pull * landmarks.T).toarray()).astype(np.float32)


def surface_offsets(model: HeadModel, fit: LandmarkFit) -> FloatArray:
    """V x 3 metres on the neutral head that bring the landmarks where they were seen."""
    parts = parts_of(model)
    basis = landmark_basis(model)
    rotation = rotation_matrix(fit.rotation)
    points = basis.mean + basis.directions @ (basis.turn.T @ fit.identity) + basis.expression @ fit.expression
    distance = -(points @ rotation.T + fit.translation)[:, 2]
    wanted = np.zeros((468, 3))
    wanted[:, 0] = fit.residuals[:, 0] * distance / fit.focal
    wanted[:, 1] = -fit.residuals[:, 1] * distance / fit.focal
    # Damped: the outline slides, it is no fixed place of the skin.
    wanted *= np.where(np.isin(np.arange(468), OUTLINE), 0.8, 1.0)[:, None]
    spread = spread_matrix(model)
    moved = np.zeros((len(model.mean), 3), np.float32)
    remaining = wanted.copy()
    for _ in range(3):
        moved[parts.surface] += (spread @ remaining).astype(np.float32)
        remaining = wanted - landmark_points(model, moved)
    for eye, corners in zip(parts.eyes, ((362, 263, 386, 374), (133, 33, 159, 145)), strict=True):
        moved[eye] = landmark_points(model, moved)[list(corners)].mean(axis=0)
    offsets = moved @ rotation
    neutral = model.mean + np.tensordot(fit.identity, model.identity, 1) + offsets
    _place_teeth(model, neutral, offsets)
    return offsets.astype(np.float32)


def _place_teeth(model: HeadModel, neutral: FloatArray, offsets: FloatArray) -> None:
    """Move teeth and tongue to where the person's own lips would show them, in `offsets`.

    The upper row ends 2.5 mm below the edge of the upper lip at rest, the lower just under it.
    """
    parts = parts_of(model)
    lip = landmark_points(model, neutral)[13]
    level = lip[1] - 0.0025
    shift = np.zeros(3)
    for row, edge, behind in ((parts.teeth_upper, np.min, 0.009), (parts.teeth_lower, np.max, 0.013)):
        if not len(row):
            continue
        front = row[neutral[row, 2] > np.quantile(neutral[row, 2], 0.8)]
        # The roots of the lower row would come through the chin if it stood farther forward.
        ahead = lip[2] - behind - neutral[front, 2].max()
        shift = np.array([0.0, level - edge(neutral[front, 1]), min(ahead, 0.001)])
        offsets[row] += shift
        level -= 0.0005
    offsets[parts.tongue] += shift
