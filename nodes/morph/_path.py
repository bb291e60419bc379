"""The way of a carrier from one shape to another: rotations turn, stretches grow, nothing tears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from nodes.morph._carrier import Carrier, rotations_between, summed
from nodes.sdk.values.arrays import FloatArray

_HELD = 2e-3


@dataclass(frozen=True, eq=False)
class Moment:
    """A carrier at a moment.

    Attributes:
        places: N x 3. rotations: N x 3 x 3, from rest. growth: N, how much longer edges are than at rest.
    """

    places: FloatArray
    rotations: FloatArray
    growth: FloatArray


class Path:
    """The way of a carrier from rest to `end`, at any t in 0..1.

    Every edge is split into a rotation and a stretch; the rotation is interpolated by its angle, the
    stretch evenly, and the edges are put together by a Poisson equation (Xu et al., "Poisson shape
    interpolation", 2006, on a graph), held to the straight way a little, so that pieces stay in place.
    """

    def __init__(self, carrier: Carrier, end: FloatArray) -> None:
        self.carrier = carrier
        self.end = end
        self._rotations = rotations_between(carrier, end)
        self._vectors = _logarithms(self._rotations)
        before = carrier.rest[carrier.rows] - carrier.rest[carrier.columns]
        after = end[carrier.rows] - end[carrier.columns]
        own = np.einsum("eji,ej->ei", self._rotations[carrier.rows], after)
        other = np.einsum("eji,ej->ei", self._rotations[carrier.columns], after)
        self._before = before
        self._own, self._other = own - before, other - before
        lengths = np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1)
        count = len(carrier.rest)
        sums = [np.bincount(carrier.rows, length, minlength=count) for length in lengths]
        self.growth = np.clip((sums[1] + 1e-12) / (sums[0] + 1e-12), 0.05, 20.0)
        matrix = carrier.laplacian + _HELD * sparse.identity(count)
        self._factor = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def at(self, t: float) -> Moment:
        """The carrier at t; exactly at rest at 0 and at the end at 1."""
        carrier = self.carrier
        growth = self.growth**t
        if t <= 0.0:
            rest = np.broadcast_to(np.eye(3), self._rotations.shape)
            return Moment(carrier.rest, rest, growth)
        if t >= 1.0:
            return Moment(self.end, self._rotations, growth)
        turned = _exponentials(self._vectors * t)
        one = np.einsum("eij,ej->ei", turned[carrier.rows], self._before + t * self._own)
        two = np.einsum("eij,ej->ei", turned[carrier.columns], self._before + t * self._other)
        right = summed(carrier, carrier.stiffness[:, None] * 0.5 * (one + two))
        straight = (1 - t) * carrier.rest + t * self.end
        return Moment(self._factor.solve(right + _HELD * straight), turned, growth)


def _logarithms(rotations: FloatArray) -> FloatArray:
    from scipy.spatial.transform import Rotation

    return Rotation.from_matrix(rotations).as_rotvec()


def _exponentials(vectors: FloatArray) -> FloatArray:
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(vectors).as_matrix()
