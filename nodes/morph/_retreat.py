"""What only one of two shapes has: it opens at its farthest point and draws back to its rim."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from nodes.sdk.values.arrays import FloatArray, IntArray

_LONGEST = 4_000


class Retreat:
    """The way back along the surface of every vertex that has no counterpart, to the nearest that has."""

    def __init__(self, vertices: FloatArray, triangles: IntArray, matched: np.ndarray) -> None:
        """Args: vertices: V x 3. triangles: F x 3. matched: V bool."""
        self.lost = np.nonzero(~matched)[0]
        self.apart = np.zeros(0, np.int64)
        if not len(self.lost) or not matched.any():
            self.lost = self.lost[:0]
            self._depth = np.zeros(len(vertices))
            return
        depth, parent = _distances(vertices, triangles, matched)
        # Pieces that touch nothing matched shrink straight into the nearest matched vertex.
        self.apart = np.nonzero(np.isinf(depth))[0]
        home = np.nonzero(matched)[0]
        self.refuge = (
            home[cKDTree(vertices[home]).query(vertices[self.apart])[1]] if len(self.apart) else home[:0]
        )
        depth[self.apart] = 0.0
        self._depth = depth
        self._parent = np.where(parent < 0, np.arange(len(vertices)), parent)
        self.lost = np.nonzero(depth > 0)[0]
        self._farthest = float(depth.max(initial=0.0))

    def __call__(self, places: FloatArray, share: float) -> FloatArray:
        """Vertices (V x 3) with a share 0..1 of the way back done; at 1 nothing of them is left."""
        if share <= 0.0 or not (len(self.lost) or len(self.apart)):
            return places
        moved = places.copy()
        if len(self.apart):
            moved[self.apart] += share * (places[self.refuge] - places[self.apart])
        limit = (1.0 - share) * self._farthest
        far = self.lost[self._depth[self.lost] > limit]
        at = far.copy()
        for _ in range(_LONGEST):
            deeper = self._depth[self._parent[at]] > limit
            if not deeper.any():
                break
            at[deeper] = self._parent[at[deeper]]
        before = self._parent[at]
        span = np.maximum(self._depth[at] - self._depth[before], 1e-12)
        part = ((limit - self._depth[before]) / span)[:, None]
        moved[far] = places[before] + np.clip(part, 0.0, 1.0) * (places[at] - places[before])
        return moved

    def stays(self, triangles: IntArray, share: float) -> np.ndarray:
        """F bool: the triangles (F x 3) that are not drawn back altogether; a hole opens where they go."""
        if not len(self.lost):
            return np.ones(len(triangles), bool)
        far = self._depth > (1.0 - share) * self._farthest
        return ~far[triangles].all(axis=1)


def _distances(vertices: FloatArray, triangles: IntArray, matched: np.ndarray) -> tuple[FloatArray, IntArray]:
    """For every vertex the way along edges to the nearest matched one, and the next vertex on it."""
    count = len(vertices)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1) + 1e-9
    graph = sparse.coo_matrix((length, (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
    depth, parent, _ = sparse.csgraph.dijkstra(
        graph, directed=False, indices=np.nonzero(matched)[0], min_only=True, return_predecessors=True
    )
    return depth, parent.astype(np.int64)
