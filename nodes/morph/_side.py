"""One of two matched meshes: how it moves onto the other, and what of it the other does not have."""

from __future__ import annotations

import numpy as np
from scipy.sparse import diags
from scipy.sparse.linalg import splu

from nodes.morph._carrier import Carrier, carrier_of, riders_of
from nodes.morph._path import Path
from nodes.morph._register import SAMPLES, Found, Goal, Start
from nodes.morph._retreat import Retreat
from nodes.morph._surface import (
    Closest,
    boundary_vertices,
    colours_at,
    normals_of,
    relief,
    seen_share,
    spread,
    told_apart,
    triangle_areas,
    vertex_colours,
    vertex_measure,
)
from nodes.sdk.values import Mesh
from nodes.sdk.values.arrays import FloatArray

_HIDDEN = 0.02


class Side:
    """A mesh in common coordinates, ready to be matched; `settle` gives it its way."""

    def __init__(self, mesh: Mesh, colour: float, shape: float) -> None:
        self.mesh = mesh
        self._colour, self._shape = colour, shape
        self.seen = seen_share(mesh.vertices, mesh.triangles)
        self.measure = vertex_measure(mesh.vertices, mesh.triangles, self.seen)
        area = triangle_areas(mesh.vertices, mesh.triangles) * self.seen + 1e-15
        self.spots = spread(mesh.vertices, mesh.triangles, area, SAMPLES)
        self.rim = boundary_vertices(mesh.triangles, len(mesh.vertices))

    def enter(self, vertices: FloatArray) -> None:
        """Take the vertices in common coordinates (V x 3)."""
        triangles = self.mesh.triangles
        self.rest = vertices
        self.normals = normals_of(vertices.astype(np.float32), triangles)
        self.samples = self.spots.of(vertices, triangles)
        self.sample_normals = self.spots.of(self.normals, triangles)
        self.finder = Closest(vertices, triangles, usable=self.seen > _HIDDEN)
        bulges = relief(self.samples, self.sample_normals, self.samples)
        self.sample_features = told_apart(
            colours_at(self.mesh, self.spots), bulges, self._colour, self._shape
        )

    def start(self) -> Start:
        """This mesh as what moves."""
        triangles = self.mesh.triangles
        carrier = self.carrier = carrier_of(self.rest, triangles)
        chosen = carrier.chosen
        self._riders = None if len(chosen) == len(self.rest) else riders_of(self.rest, carrier.rest)
        riders, rest = self._riders, self.rest

        def normals(nodes: FloatArray) -> FloatArray:
            if riders is None:
                return normals_of(nodes.astype(np.float32), triangles)
            # Moved without turning: good enough for the direction of a surface.
            moved = rest + np.einsum("pk,pkc->pc", riders.weights, (nodes - carrier.rest)[riders.nodes])
            return normals_of(moved.astype(np.float32), triangles)[chosen]

        weights = self.measure
        if riders is not None:
            weights = np.bincount(riders.nodes[:, 0], self.measure, minlength=len(chosen))
        bulges = relief(rest, self.normals, self.samples)[chosen]
        features = told_apart(vertex_colours(self.mesh)[chosen], bulges, self._colour, self._shape)
        return Start(carrier, normals, features, (weights / weights.sum()).astype(np.float32))

    def goal(self) -> Goal:
        """This mesh as what is reached."""
        triangles = self.mesh.triangles

        def closest(points: FloatArray, normals: FloatArray) -> tuple[FloatArray, FloatArray, np.ndarray]:
            near = self.finder(points, normals)
            corners = self.rim[triangles[near.triangle]]
            on_rim = ((near.weights > 0.02) & ~corners).sum(axis=1) == 0
            agrees = np.einsum("nc,nc->n", normals, self.finder.facing[near.triangle]) > -0.2
            fits = agrees & ~(on_rim & (near.distance > 0.01))
            return near.of(self.rest, triangles), near.distance, fits

        weights = np.full(SAMPLES, 1.0 / SAMPLES, np.float32)
        return Goal(self.samples, self.sample_normals, self.sample_features, weights, closest)

    def settle(self, found: Found) -> None:
        """Take the way to where the nodes were found to go."""
        self.path = Path(self.carrier, found.places)
        matched = found.matched
        if self._riders is not None:
            matched = np.einsum("pk,pk->p", self._riders.weights, matched[self._riders.nodes]) > 0.5
        self.matched = matched
        self._retreat = Retreat(self.rest, self.mesh.triangles, matched)

    def lose(self, rows: np.ndarray) -> None:
        """Some vertices (V bool) have no counterpart after all."""
        if rows.any() and not rows.all():
            self.matched = self.matched & ~rows
            self._retreat = Retreat(self.rest, self.mesh.triangles, self.matched)

    def carried(self, t: float) -> FloatArray:
        """The vertices (V x 3) at t of the way; nothing shrinks."""
        moment = self.path.at(t)
        if self._riders is None:
            return moment.places
        return self._riders.moved(self.rest, self.carrier.rest, moment.places, moment.rotations)

    def shrunk(self, t: float, share: float) -> FloatArray:
        """The same, with what the other does not have drawn back by `share` into what it has."""
        return self._retreat(self.carried(t), share)

    def stays(self, share: float) -> np.ndarray:
        """F bool: the triangles that are left when a share is drawn back."""
        return self._retreat.stays(self.mesh.triangles, share)


def smoothed(carrier: Carrier, gaps: FloatArray, trust: FloatArray) -> FloatArray:
    """Values of a carrier's nodes (N x 3), trusted by `trust` (N), smoothed over its edges."""
    matrix = 2.0 * carrier.laplacian + diags(trust.astype(np.float64) + 1e-6)
    return splu(matrix.tocsc()).solve(trust[:, None] * gaps)
