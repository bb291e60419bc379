"""Two sets of splats matched once, and the splats between them at any moment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from nodes.gaussians.harmonics import harmonic_to_colour
from nodes.gaussians.merging import merged, widened
from nodes.gaussians.quaternions import from_matrices, product
from nodes.morph._carrier import carrier_of, riders_of, spaced
from nodes.morph._frames import Frame, frame_of
from nodes.morph._pair import Matching, guide_nodes
from nodes.morph._path import Path
from nodes.morph._register import SAMPLES, Goal, Start, aligned, register
from nodes.morph._surface import told_apart
from nodes.raster.ramps import smooth_step
from nodes.sdk.values import Splats
from nodes.sdk.values.arrays import FloatArray, host_array

_SOME = 800
_SEEN = 0.05


class Cloud:
    """Splats as a weighted cloud."""

    def __init__(self, splats: Splats) -> None:
        self.splats = splats
        self.positions = host_array(splats.positions).astype(np.float64)
        scales = np.sort(host_array(splats.scales), axis=1)
        opacity = host_array(splats.opacities)
        # What a splat covers from its broad side, so that a few large ones count like many small.
        cover = opacity * np.minimum(scales[:, 1] * scales[:, 2], np.percentile(scales, 90) ** 2)
        self.weights = np.where(opacity > _SEEN, cover, 0.0) + 1e-12 * cover.max(initial=1.0)
        self.colours = np.clip(harmonic_to_colour(host_array(splats.harmonics)[:, 0]), 0, 1)

    def features(self, chosen: np.ndarray, colour: float) -> FloatArray:
        """Features of cost of some splats, N x 5; relief is not known of a cloud."""
        flat = np.zeros((len(chosen), 2))
        return told_apart(self.colours[chosen], flat, colour, 0.0)


class CloudPair:
    """Two sets of splats, matched: both ride on one carrier, and one fades into the other."""

    def __init__(
        self,
        first: Splats,
        second: Splats,
        matching: Matching,
        progress: Callable[[float], None],
        guides: tuple[FloatArray, FloatArray] | None = None,
    ) -> None:
        """Args: guides: G x 3 places of the first and of the second set that belong together."""
        self.first, self.second = Cloud(first), Cloud(second)
        one = frame_of(self.first.positions, self.first.weights)
        two = frame_of(self.second.positions, self.second.weights)
        goal_points = two.enter(self.second.positions)
        goal = self._goal(goal_points, matching.colour)
        self.frames: tuple[Frame, Frame] = one, two
        if matching.turn:
            self.frames = one.after(self._turned(one, goal, matching, progress)), two
        own = self.frames[0].enter(self.first.positions)
        carrier = carrier_of(own, None)
        near = cKDTree(carrier.rest).query(own)[1]
        weights = np.bincount(near, self.first.weights, minlength=len(carrier.rest)) + 1e-12
        start = Start(
            carrier,
            np.zeros_like,
            self.first.features(carrier.chosen, matching.colour),
            (weights / weights.sum()).astype(np.float32),
        )
        found = register(
            start,
            goal,
            direction=0.0,
            whole=matching.parts != "what both have",
            guides=guide_nodes(carrier.rest, *self.frames, guides),
            progress=lambda share: progress(0.2 + 0.7 * share),
        )
        self.path = Path(carrier, found.places)
        self._own, self._goal_points = own, goal_points
        self._riders = riders_of(own, carrier.rest), riders_of(goal_points, found.places)
        progress(1.0)

    def _turned(self, one, goal, matching, progress):  # type: ignore[no-untyped-def]
        places = one.enter(self.first.positions)
        some = spaced(places, 4 * _SOME)[::4]
        features = self.first.features(some, matching.colour)
        flat = np.zeros((len(some), 3))
        return aligned(
            places[some], flat, features, goal, direction=0.0, turn=True, check=lambda: progress(0.1)
        )

    def _goal(self, points: FloatArray, colour: float) -> Goal:
        chosen = spaced(points, SAMPLES)
        tree = cKDTree(points[chosen])
        _, near = tree.query(points)
        weights = np.bincount(near, self.second.weights, minlength=len(chosen)) + 1e-12
        places = points[chosen]

        def closest(wanted: FloatArray, _normals: FloatArray) -> tuple[FloatArray, FloatArray, np.ndarray]:
            distance, found = tree.query(wanted, workers=2)
            return places[found], distance, np.ones(len(wanted), bool)

        return Goal(
            places,
            np.zeros_like(places),
            self.second.features(chosen, colour),
            (weights / weights.sum()).astype(np.float32),
            closest,
        )

    def at(self, t: float) -> Splats:
        """The splats at t in 0..1; exactly the first at 0 and the second at 1."""
        if t <= 0.0:
            return self.first.splats
        if t >= 1.0:
            return self.second.splats
        now, end = self.path.at(t), self.path.at(1.0)
        frame = self.frames[0].towards(self.frames[1], t)
        back = np.einsum("nij,nkj->nik", now.rotations, end.rotations)
        gone = float(smooth_step(t))
        places = self._riders[0].moved(self._own, self.path.carrier.rest, now.places, now.rotations)
        leaving = self._moved(0, places, now.rotations, now.growth, frame, 1.0 - gone)
        places = self._riders[1].moved(self._goal_points, end.places, now.places, back)
        coming = self._moved(1, places, back, now.growth / end.growth, frame, gone)
        bands = max(leaving.harmonics.shape[1], coming.harmonics.shape[1])
        if bands > min(leaving.harmonics.shape[1], coming.harmonics.shape[1]):
            leaving, coming = _widened(leaving, bands), _widened(coming, bands)
        return merged([leaving, coming])

    def _moved(self, side, places, rotations, growth, frame, share):  # type: ignore[no-untyped-def]
        """One set's splats at places of the common frame, `share` (0..1) of them to be seen."""
        splats = (self.first, self.second)[side].splats
        nearest = self._riders[side].nodes[:, 0]
        own = self.frames[side]
        turns = frame.rotation @ rotations[nearest] @ own.rotation.T
        scale = (growth[nearest] * frame.size / own.size)[:, None]
        opacity = 1.0 - (1.0 - np.clip(host_array(splats.opacities), 0.0, 1.0 - 1e-6)) ** share
        return Splats(
            frame.leave(places).astype(np.float32),
            (host_array(splats.scales) * scale).astype(np.float32),
            product(from_matrices(turns), host_array(splats.rotations)),
            opacity.astype(np.float32),
            host_array(splats.harmonics),
        )


def _widened(splats: Splats, bands: int) -> Splats:
    return Splats(
        splats.positions,
        splats.scales,
        splats.rotations,
        splats.opacities,
        widened(splats.harmonics, bands),
    )
