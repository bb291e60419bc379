"""Teeth of a photographed smile: they hang on the upper jaw, also where the model shows its gums."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from nodes.gaussians.binding import SurfaceSplats
from nodes.head._shape import landmark_points, parts_of
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray

#: What is at least this light beside the teeth is taken for teeth.
_LIGHT = 0.5
_INSIDE = ("mouth", "tongue")
#: Half the width and height of the inside of lips and cheeks about the middle of the mouth, and how far
#: behind the lips it begins, metres.
_BOX, _BEHIND = (0.034, 0.024), 0.004
#: Teeth reach this far from their edge to the gums; and how fast it gets dark behind the front ones, metres.
_CROWN, _DARK = 0.0065, 0.03
#: Metres that teeth stand before what they were seen on.
BEFORE = 0.002


def behind_lips(model: HeadModel, local: FloatArray, places: np.ndarray) -> np.ndarray:
    """N bool: which places of the head's frame (N x 3) are flesh inside of the mouth."""
    middle = landmark_points(model, local)[[13, 14]].mean(axis=0)
    away = places - middle
    inside = (np.abs(away[:, :2]) < _BOX).all(axis=1)
    result: np.ndarray = inside & (away[:, 2] < -_BEHIND) & (away[:, 2] > -0.05)
    return result


def inside_mouth(model: HeadModel, triangles: np.ndarray) -> np.ndarray:
    """N bool: which triangles (N rows of the model's) are the tongue or line the mouth."""
    names = [model.part_names.index(name) for name in _INSIDE if name in model.part_names]
    result: np.ndarray = np.isin(model.parts[triangles], names)
    return result


def mouth_light(model: HeadModel, local: FloatArray, places: np.ndarray) -> FloatArray:
    """How much light reaches places (N x 3) inside of the mouth, 0.4..1: less the farther back they are."""
    lips = landmark_points(model, local)[[13, 14], 2].mean()
    return np.clip(1.0 - (lips - places[:, 2] - 0.012) / _DARK, 0.4, 1.0).astype(np.float32)


def gums(model: HeadModel, local: FloatArray, triangles: np.ndarray, places: np.ndarray) -> np.ndarray:
    """N bool: which places (N x 3, on N triangles) of the rows of teeth are their roots and gums."""
    found = np.zeros(len(places), bool)
    for name, up in (("teeth_upper", 1.0), ("teeth_lower", -1.0)):
        if name not in model.part_names:
            continue
        part = model.part_names.index(name)
        vertices = np.unique(model.triangles[model.parts == part])
        if not len(vertices):
            continue
        row = local[vertices]
        edge = up * np.quantile(up * row[:, 1], 0.08)
        mine = model.parts[triangles] == part
        found |= mine & (up * (places[:, 1] - edge) > _CROWN)
    return found


def with_teeth_above(
    model: HeadModel, local: FloatArray, splats: SurfaceSplats, teeth: FloatArray
) -> SurfaceSplats:
    """Splats of teeth on the inside of the mouth hung on the upper row, so that they stay when it opens.

    Args:
        local: V x 3, the model's vertices when the photograph was taken. teeth: 3, their colour.
    """
    if not len(parts_of(model).teeth_upper):
        return splats
    inside = inside_mouth(model, splats.triangles)
    rows = np.nonzero(inside & (splats.colours.mean(axis=1) > _LIGHT * float(teeth.mean())))[0]
    if not len(rows):
        return splats
    upper = np.nonzero(model.parts == model.part_names.index("teeth_upper"))[0]
    corners = local[model.triangles].astype(np.float64)
    own = corners[splats.triangles[rows]]
    weights = np.column_stack([splats.weights[rows], 1 - splats.weights[rows].sum(axis=1)])
    # A little before the mouth's own surface, which would show through.
    places = np.einsum("nk,nkc->nc", weights, own)
    places[:, 2] += BEFORE
    spans = np.einsum("nij,njc->nic", splats.tangents[rows], own[:, 1:] - own[:, :1])
    chosen = upper[cKDTree(corners[upper].mean(axis=1)).query(places)[1]]
    first = corners[chosen, 0]
    edges = corners[chosen, 1:] - first[:, None]
    normal = np.cross(edges[:, 0], edges[:, 1])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-14)
    away = places - first
    # Both in the triangle's plane: what is left over is the distance from it.
    gram = np.einsum("nic,njc->nij", edges, edges) + 1e-16 * np.eye(2)
    within = np.linalg.solve(gram, np.einsum("nic,nc->ni", edges, away)[..., None])[..., 0]
    tangents = np.linalg.solve(gram[:, None], np.einsum("nic,njc->nji", edges, spans)[..., None])[..., 0]
    triangles, new_weights = splats.triangles.copy(), splats.weights.copy()
    new_tangents, lift = splats.tangents.copy(), splats.lift.copy()
    triangles[rows] = chosen
    new_weights[rows] = np.column_stack([1 - within.sum(axis=1), within[:, 0]])
    new_tangents[rows] = tangents
    lift[rows] = np.einsum("nc,nc->n", away, normal)
    return SurfaceSplats(
        triangles, new_weights, new_tangents, lift, splats.thickness, splats.colours, splats.opacities
    )
