"""What the matching of two shapes sees of a mesh: its measure, its samples, and closest points on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from scipy.spatial import cKDTree

from nodes.camera._placing import look_at
from nodes.raster.geometry import vertex_normals
from nodes.raster.sampling import sample_texture
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import Mesh
from nodes.sdk.values.arrays import FloatArray, IntArray, host_array

_VIEWS = 40
_VIEW_SIZE = 192
_PLAIN = 0.75


@dataclass(frozen=True, eq=False)
class Spots:
    """Places on a surface.

    Attributes:
        triangle: N. weights: N x 3 barycentric. distance: N, how far away they were found; 0 for samples.
    """

    triangle: IntArray
    weights: FloatArray
    distance: FloatArray

    def of(self, values: FloatArray, triangles: IntArray) -> FloatArray:
        """Vertex values (V x C) at the places, N x C."""
        return np.einsum("nk,nkc->nc", self.weights, values[triangles[self.triangle]])


def triangle_areas(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """Areas, F."""
    corners = vertices[triangles]
    return 0.5 * np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )


def seen_share(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """How openly each triangle is seen from outside, F in 0..1: 0 for the inside of a mouth.

    Drawn from directions spread evenly over the sphere (Fibonacci lattice); a triangle's share is the
    part of its projected area that wins the z-buffer.
    """
    middle = 0.5 * (vertices.max(0) + vertices.min(0))
    radius = float(np.linalg.norm(vertices - middle, axis=1).max()) or 1.0
    local = (vertices - middle) / radius
    seen = np.zeros(len(triangles))
    wanted = np.full(len(triangles), 1e-9)
    scale = 0.49 * _VIEW_SIZE
    for number in range(_VIEWS):
        height = 1 - 2 * (number + 0.5) / _VIEWS
        angle = number * np.pi * (3 - np.sqrt(5))
        across = np.sqrt(1 - height**2)
        direction = [across * np.cos(angle), height, across * np.sin(angle)]
        turned = local @ look_at(direction, (0, 0, 0))[:3, :3].T
        points = np.empty((len(local), 3), np.float32)
        points[:, 0] = _VIEW_SIZE / 2 + scale * turned[:, 0]
        points[:, 1] = _VIEW_SIZE / 2 - scale * turned[:, 1]
        points[:, 2] = 10.0 - turned[:, 2]
        drawn = rasterise(points, triangles, _VIEW_SIZE, _VIEW_SIZE, cull=False)
        seen += np.bincount(drawn.triangle[drawn.triangle >= 0], minlength=len(triangles))
        corners = points[triangles, :2]
        one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        wanted += 0.5 * np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
    return np.clip(2.0 * seen / wanted, 0.0, 1.0).astype(np.float32)


def vertex_measure(vertices: FloatArray, triangles: IntArray, seen: FloatArray) -> FloatArray:
    """The part of the seen area that belongs to each vertex, V; they sum to 1."""
    area = triangle_areas(vertices, triangles) * seen + 1e-12
    found = np.bincount(triangles.ravel(), np.repeat(area / 3, 3), minlength=len(vertices))
    return (found / found.sum()).astype(np.float32)


def spread(vertices: FloatArray, triangles: IntArray, weight: FloatArray, count: int) -> Spots:
    """Samples spread over a surface in proportion to `weight` (F), evenly and always the same ones."""
    share = np.cumsum(weight.astype(np.float64))
    at = (np.arange(count) + 0.5) / count * share[-1]
    triangle = np.minimum(np.searchsorted(share, at), len(triangles) - 1).astype(np.int32)
    # The R2 sequence (Roberts 2018) in the unit square, folded into a triangle.
    number = np.arange(count)
    u = np.sqrt((0.5 + 0.7548776662466927 * number) % 1.0)
    v = (0.5 + 0.5698402909980532 * number) % 1.0
    weights = np.stack([1 - u, u * (1 - v), u * v], axis=1).astype(np.float32)
    return Spots(triangle, weights, np.zeros(count, np.float32))


def colours_at(mesh: Mesh, spots: Spots) -> FloatArray:
    """The mesh's own colour at places, N x 3; an even grey when it has none."""
    if mesh.texture is not None and mesh.uv is not None:
        uv = np.einsum("nk,nkc->nc", spots.weights, mesh.uv[spots.triangle])
        return sample_texture(np.ascontiguousarray(host_array(mesh.texture.pixels)[..., :3]), uv)
    if mesh.colours is not None:
        return spots.of(mesh.colours, mesh.triangles).astype(np.float32)
    return np.full((len(spots.triangle), 3), _PLAIN, np.float32)


def vertex_colours(mesh: Mesh) -> FloatArray:
    """A colour for every vertex, V x 3."""
    if mesh.texture is None or mesh.uv is None:
        return mesh.colours if mesh.colours is not None else np.full(mesh.vertices.shape, _PLAIN, np.float32)
    found = sample_texture(np.ascontiguousarray(host_array(mesh.texture.pixels)[..., :3]), mesh.uv)
    sums = np.zeros((len(mesh.vertices), 3), np.float32)
    np.add.at(sums, mesh.triangles.ravel(), found.reshape(-1, 3))
    count = np.bincount(mesh.triangles.ravel(), minlength=len(sums))
    return sums / np.maximum(count, 1)[:, None]


class Closest:
    """Finds the closest places of a surface, preferring sides that face the same way."""

    def __init__(
        self, vertices: FloatArray, triangles: IntArray, *, usable: FloatArray | None = None
    ) -> None:
        """Args: usable: F, triangles at 0 are not found; None finds all."""
        self.vertices = np.ascontiguousarray(vertices, np.float32)
        self.triangles = np.ascontiguousarray(triangles, np.int32)
        area = triangle_areas(self.vertices, self.triangles)
        flat = np.cross(
            self.vertices[triangles[:, 1]] - self.vertices[triangles[:, 0]],
            self.vertices[triangles[:, 2]] - self.vertices[triangles[:, 0]],
        )
        self.facing = (flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-20)).astype(
            np.float32
        )
        weight = area if usable is None else area * (usable > 0)
        if not weight.sum() > 0:
            weight = np.ones(len(triangles))
        # Every triangle gets a sample of its own; large ones get more.
        own = np.nonzero(weight > 0)[0].astype(np.int32)
        thirds = np.full((len(own), 3), 1 / 3, np.float32)
        more = spread(self.vertices, self.triangles, weight, 3 * len(own) + 2000)
        self._triangle = np.concatenate([own, more.triangle])
        self._weights = np.concatenate([thirds, more.weights])
        points = np.einsum("nk,nkc->nc", self._weights, self.vertices[self.triangles[self._triangle]])
        self._tree = cKDTree(points)

    def __call__(self, points: FloatArray, normals: FloatArray | None = None, tries: int = 6) -> Spots:
        """The closest place to each point (N x 3). Those whose side faces away from `normals` cost more."""
        wanted = np.ascontiguousarray(points, np.float32)
        _, found = self._tree.query(wanted, k=min(tries, len(self._triangle)), workers=2)
        candidates = np.ascontiguousarray(self._triangle[found.reshape(len(wanted), -1)], np.int32)
        directions = np.zeros_like(wanted) if normals is None else np.ascontiguousarray(normals, np.float32)
        triangle, weights, distance = _nearest(
            wanted, directions, candidates, self.vertices, self.triangles, self.facing
        )
        return Spots(triangle, weights, distance)


def relief(points: FloatArray, normals: FloatArray, samples: FloatArray) -> FloatArray:
    """How much the surface bulges about each point at two scales, N x 2, about -1..1.

    The mean height of the nearest `samples` (even ones, M x 3) over the tangent plane, by their mean
    distance: a nose is below 0, a socket above. It does not change with size or turning.
    """
    tree = cKDTree(samples)
    out = []
    for share in (150, 40):
        count = max(min(len(samples) // share, 256), 4)
        _, near = tree.query(points, k=count, workers=2)
        away = samples[near] - points[:, None]
        height = np.einsum("nkc,nc->n", away, normals) / count
        out.append(height / np.maximum(np.linalg.norm(away, axis=2).mean(axis=1), 1e-12))
    return np.stack(out, axis=1)


def told_apart(colours: FloatArray, bulges: FloatArray, colour: float, shape: float) -> FloatArray:
    """Features of cost from colours (N x 3) and relief (N x 2): their contrast, not their level."""
    spread_ = float(colours.std()) + 0.05
    even = (colours - colours.mean(axis=0)) / spread_
    return np.hstack([0.4 * colour * even, shape * bulges]).astype(np.float32)


def normals_of(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """Unit normals per vertex, V x 3."""
    return vertex_normals(vertices, triangles)


def boundary_vertices(triangles: IntArray, count: int) -> np.ndarray:
    """V bool: vertices on an edge that has only one triangle."""
    edges = np.sort(
        np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1
    )
    _, first, times = np.unique(
        edges[:, 0].astype(np.int64) * count + edges[:, 1], return_index=True, return_counts=True
    )
    out = np.zeros(count, bool)
    out[edges[first[times == 1]].ravel()] = True
    return out


@njit(cache=True, parallel=True)
def _nearest(points, normals, candidates, vertices, triangles, facing):  # type: ignore[no-untyped-def]
    count = len(points)
    triangle = np.empty(count, np.int32)
    weights = np.empty((count, 3), np.float32)
    distance = np.empty(count, np.float32)
    for i in prange(count):
        best = 1e30
        for c in range(candidates.shape[1]):
            t = candidates[i, c]
            a, b, d = vertices[triangles[t, 0]], vertices[triangles[t, 1]], vertices[triangles[t, 2]]
            u, v, w = _barycentric_of_closest(points[i], a, b, d)
            gap = 0.0
            for k in range(3):
                gap += (points[i, k] - (u * a[k] + v * b[k] + w * d[k])) ** 2
            side = 0.0
            for k in range(3):
                side += normals[i, k] * facing[t, k]
            score = gap * (1.0 if side >= 0.0 else 1.0 - 3.0 * side)
            if score < best:
                best = score
                triangle[i] = t
                weights[i, 0], weights[i, 1], weights[i, 2] = u, v, w
                distance[i] = np.sqrt(gap)
    return triangle, weights, distance


@njit(cache=True)
def _barycentric_of_closest(p, a, b, c):  # type: ignore[no-untyped-def]
    """The closest point of a triangle (Ericson, Real-Time Collision Detection, 5.1.5)."""
    d1 = d2 = d3 = d4 = d5 = d6 = 0.0
    for k in range(3):
        ab = b[k] - a[k]
        ac = c[k] - a[k]
        d1 += ab * (p[k] - a[k])
        d2 += ac * (p[k] - a[k])
        d3 += ab * (p[k] - b[k])
        d4 += ac * (p[k] - b[k])
        d5 += ab * (p[k] - c[k])
        d6 += ac * (p[k] - c[k])
    if d1 <= 0 and d2 <= 0:
        return 1.0, 0.0, 0.0
    if d3 >= 0 and d4 <= d3:
        return 0.0, 1.0, 0.0
    vc = d1 * d4 - d3 * d2
    if vc <= 0 and d1 >= 0 and d3 <= 0:
        v = d1 / max(d1 - d3, 1e-30)
        return 1.0 - v, v, 0.0
    if d6 >= 0 and d5 <= d6:
        return 0.0, 0.0, 1.0
    vb = d5 * d2 - d1 * d6
    if vb <= 0 and d2 >= 0 and d6 <= 0:
        w = d2 / max(d2 - d6, 1e-30)
        return 1.0 - w, 0.0, w
    va = d3 * d6 - d5 * d4
    if va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        w = (d4 - d3) / max(d4 - d3 + d5 - d6, 1e-30)
        return 0.0, 1.0 - w, w
    total = va + vb + vc
    return va / total, vb / total, vc / total
