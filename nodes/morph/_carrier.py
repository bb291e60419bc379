"""A graph of nodes that carries a shape: it deforms as rigidly as it may, and everything else rides on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from nodes.sdk.values.arrays import FloatArray, IntArray

#: A mesh with more vertices is carried by this many of them.
MOST_NODES = 9_000
_JOIN = 0.15
_RIDE = 5


@dataclass(frozen=True, eq=False)
class Carrier:
    """Nodes and the edges between them.

    Attributes:
        rest: N x 3, where the nodes stand at first.
        rows, columns, stiffness: E directed edges (each pair both ways) and their weights.
        chosen: N, which vertices the nodes are.
    """

    rest: FloatArray
    rows: IntArray
    columns: IntArray
    stiffness: FloatArray
    chosen: IntArray

    @property
    def laplacian(self) -> sparse.csc_matrix:
        """The weighted graph Laplacian, N x N."""
        count = len(self.rest)
        weights = sparse.coo_matrix((self.stiffness, (self.rows, self.columns)), (count, count)).tocsc()
        return (sparse.diags(np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsc()


def carrier_of(vertices: FloatArray, triangles: IntArray | None) -> Carrier:
    """The carrier of a mesh, or with no triangles of a point cloud.

    Separate pieces (eyeballs, teeth) are tied to what lies next to them.
    """
    count = len(vertices)
    if triangles is not None and count <= MOST_NODES:
        chosen = np.arange(count, dtype=np.int32)
        pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    else:
        chosen = spaced(vertices, MOST_NODES)
        _, near = cKDTree(vertices[chosen]).query(vertices[chosen], k=min(9, len(chosen)), workers=2)
        near = near.reshape(len(chosen), -1)
        pairs = np.column_stack([np.repeat(np.arange(len(chosen)), near.shape[1]), near.ravel()])
    rest = vertices[chosen].astype(np.float64)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    ties = _ties(rest, pairs)
    every = np.unique(np.sort(np.concatenate([pairs, ties]), axis=1), axis=0)
    tied = np.zeros(len(every), bool)
    if len(ties):
        known = np.unique(np.sort(pairs, axis=1), axis=0)
        tied = ~np.isin(every[:, 0] * len(rest) + every[:, 1], known[:, 0] * len(rest) + known[:, 1])
    stiffness = np.where(tied, _JOIN, 1.0)
    rows = np.concatenate([every[:, 0], every[:, 1]]).astype(np.int32)
    columns = np.concatenate([every[:, 1], every[:, 0]]).astype(np.int32)
    return Carrier(rest, rows, columns, np.concatenate([stiffness, stiffness]), chosen)


def spaced(points: FloatArray, most: int) -> IntArray:
    """Indices of at most `most` points, spread over all of them (one of every cell of a grid)."""
    if len(points) <= most:
        return np.arange(len(points), dtype=np.int32)
    low = points.min(axis=0)
    size = float(np.ptp(points, axis=0).max()) or 1.0
    small, large = size / 2000, size
    best = np.arange(1)
    for _ in range(24):
        cell = np.sqrt(small * large)
        cells = np.floor((points - low) / cell).astype(np.int64)
        key = (cells[:, 0] * 4_000_037 + cells[:, 1]) * 4_000_037 + cells[:, 2]
        _, first = np.unique(key, return_index=True)
        if len(first) > most:
            small = cell
        else:
            best, large = first, cell
    return np.sort(best).astype(np.int32)


def _ties(rest: FloatArray, pairs: np.ndarray) -> np.ndarray:
    """Pairs that tie every separate piece to its surroundings."""
    count = len(rest)
    graph = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count))
    pieces, label = sparse.csgraph.connected_components(graph, directed=False)
    if pieces == 1:
        return np.zeros((0, 2), np.int64)
    sizes = np.bincount(label)
    out = []
    for piece in np.argsort(sizes)[:-1]:
        inside = np.nonzero(label == piece)[0]
        outside = np.nonzero(sizes[label] > sizes[piece])[0]
        if not len(outside):
            outside = np.nonzero(label > piece)[0]
            if not len(outside):
                continue
        _, near = cKDTree(rest[outside]).query(rest[inside], k=min(2, len(outside)), workers=2)
        near = near.reshape(len(inside), -1)
        out.append(np.column_stack([np.repeat(inside, near.shape[1]), outside[near.ravel()]]))
    return np.concatenate(out) if out else np.zeros((0, 2), np.int64)


def rotations_between(carrier: Carrier, moved: FloatArray) -> FloatArray:
    """The rotation about each node that best turns its edges into the moved ones, N x 3 x 3."""
    before = carrier.rest[carrier.columns] - carrier.rest[carrier.rows]
    after = moved[carrier.columns] - moved[carrier.rows]
    products = (before[:, :, None] * after[:, None, :] * carrier.stiffness[:, None, None]).reshape(-1, 9)
    count = len(carrier.rest)
    gather = sparse.csr_matrix(
        (np.ones(len(products)), (carrier.rows, np.arange(len(products)))), (count, len(products))
    )
    covariance = (gather @ products).reshape(count, 3, 3)
    # A little of the neighbours' makes flat and thin places turn steadily.
    u, _, vt = np.linalg.svd(covariance + 1e-12 * np.eye(3))
    sign = np.linalg.det(np.einsum("nji,nkj->nik", vt, u))
    vt = vt.copy()
    vt[:, 2] *= np.where(sign < 0, -1.0, 1.0)[:, None]
    return np.einsum("nji,nkj->nik", vt, u)


class RigidSolver:
    """Fits a carrier to targets while keeping it as rigid as possible (Sorkine and Alexa 2007)."""

    def __init__(self, carrier: Carrier, weights: FloatArray, stiffness: float) -> None:
        """Args: weights: N, how much each node is held to its target. stiffness: of the edges."""
        self._carrier = carrier
        self._weights = weights.astype(np.float64)
        self._stiffness = stiffness
        matrix = stiffness * carrier.laplacian + sparse.diags(self._weights + 1e-9)
        self._factor = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def __call__(self, start: FloatArray, targets: FloatArray, rounds: int = 3) -> FloatArray:
        """The nodes pulled to targets (N x 3), from `start` (N x 3)."""
        moved = start
        for _ in range(rounds):
            turned = edge_sums(self._carrier, rotations_between(self._carrier, moved))
            right = self._stiffness * turned + self._weights[:, None] * targets + 1e-9 * moved
            moved = self._factor.solve(right)
        return moved


def edge_sums(carrier: Carrier, rotations: FloatArray) -> FloatArray:
    """The right-hand side of the as-rigid-as-possible equations, N x 3."""
    edges = carrier.rest[carrier.rows] - carrier.rest[carrier.columns]
    both = 0.5 * (rotations[carrier.rows] + rotations[carrier.columns])
    turned = carrier.stiffness[:, None] * np.einsum("eij,ej->ei", both, edges)
    return summed(carrier, turned)


def summed(carrier: Carrier, per_edge: FloatArray) -> FloatArray:
    """Edge values (E x 3) added up at the node each starts from, N x 3."""
    count = len(carrier.rest)
    return np.stack(
        [np.bincount(carrier.rows, per_edge[:, axis], minlength=count) for axis in range(3)], axis=1
    )


@dataclass(frozen=True, eq=False)
class Riders:
    """How points ride on a carrier's nodes.

    Attributes:
        nodes: P x K. weights: P x K, summing to 1.
    """

    nodes: IntArray
    weights: FloatArray

    def moved(
        self, points: FloatArray, rest: FloatArray, now: FloatArray, rotations: FloatArray
    ) -> FloatArray:
        """Points (P x 3, placed for nodes at `rest`) with the nodes at `now` (Sumner et al. 2007)."""
        away = points[:, None] - rest[self.nodes]
        turned = np.einsum("pkij,pkj->pki", rotations[self.nodes], away) + now[self.nodes]
        return np.einsum("pk,pki->pi", self.weights, turned)


def riders_of(points: FloatArray, nodes: FloatArray) -> Riders:
    """The nearest nodes of each point with smoothly falling weights."""
    count = min(_RIDE + 1, len(nodes))
    distance, near = cKDTree(nodes).query(points, k=count, workers=2)
    distance, near = distance.reshape(len(points), -1), near.reshape(len(points), -1)
    if count > 1:
        far = distance[:, -1:] + 1e-12
        weights = (1.0 - distance[:, :-1] / far) ** 2 + 1e-9
        near = near[:, :-1]
    else:
        weights = np.ones_like(distance)
    return Riders(near.astype(np.int32), weights / weights.sum(axis=1, keepdims=True))
