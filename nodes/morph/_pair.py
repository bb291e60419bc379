"""Two meshes matched once, and the mesh between them at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from nodes.morph._blending import Skin, blended, skin_of
from nodes.morph._frames import Frame, frame_of
from nodes.morph._register import Guides, aligned, register, similarity
from nodes.morph._side import Side, smoothed
from nodes.morph._surface import Closest, normals_of
from nodes.raster.ramps import smooth_step
from nodes.sdk.values import Mesh
from nodes.sdk.values.arrays import FloatArray

_SOME = 800
#: The first mesh hands over to the second between these shares of the way.
_EARLIEST, _LATEST = 0.12, 0.88
#: Farther than this from the first mesh the second is over a hole, in sizes of the shape; and the share of
#: its surface below which a hole is left alone.
_HOLE, _SMALLEST_HOLE = 0.06, 0.004


@dataclass(frozen=True)
class Matching:
    """What counts when two shapes are matched.

    Attributes:
        colour, direction, shape: what a difference of colour, of the surface's direction, and of its
            relief costs, in sizes of the shape.
        turn: look for a turn between the two; otherwise they are taken as they stand.
        parts: "all of both", "what both have", or "guess": all of both when both are closed.
        texture: texels a side of blended textures, at most.
    """

    colour: float = 0.1
    direction: float = 0.12
    shape: float = 0.6
    turn: bool = False
    parts: str = "guess"
    texture: int = 1024


class Pair:
    """Two meshes of any topology, matched.

    Until a moment (`handover`) the first mesh moves, from there on the second does, so that both ends are
    the inputs themselves. What one has and the other has not shrinks into the surface before, or grows
    out of it after. The more there is to shrink, and the less to grow, the later that moment: drawing
    back while the rest moves is a shorter way than one after the other.
    """

    def __init__(
        self,
        first: Mesh,
        second: Mesh,
        matching: Matching,
        guides: tuple[FloatArray, FloatArray] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Args: guides: G x 3 places of the first and of the second mesh that belong together."""
        tell = progress or (lambda _share: None)
        self.first = Side(first, matching.colour, matching.shape)
        tell(0.03)
        self.second = Side(second, matching.colour, matching.shape)
        tell(0.06)
        closed = not (self.first.rim.any() or self.second.rim.any())
        self._whole = matching.parts == "all of both" or (matching.parts == "guess" and closed)
        one, two = self.frames = self._frames(matching, guides, tell)
        self.first.enter(one.enter(first.vertices))
        start = self.first.start()
        found = register(
            start,
            self.second.goal(),
            direction=matching.direction,
            whole=self._whole,
            guides=guide_nodes(start.carrier.rest, one, two, guides),
            progress=lambda share: tell(0.2 + 0.5 * share),
        )
        self.first.settle(found)
        self._follow(guides, lambda share: tell(0.7 + 0.15 * share))
        self.handover = self._handover()
        if self._open_holes():
            self.handover = self._handover()
        self._meet()
        self._skins = self._coloured(matching.texture, lambda share: tell(0.85 + 0.15 * share))

    def _frames(self, matching, guides, tell):  # type: ignore[no-untyped-def]
        """Frames in which the two lie upon each other."""
        first, second = self.first, self.second
        two = frame_of(second.mesh.vertices, second.measure)
        second.enter(two.enter(second.mesh.vertices))
        if guides is not None and len(guides[0]) >= 3:
            here = frame_of(guides[0], np.ones(len(guides[0])))
            step = similarity(
                here.enter(guides[0]), two.enter(guides[1]), np.ones(len(guides[0])), turn=matching.turn
            )
            return here.after(step), two
        one = frame_of(first.mesh.vertices, first.measure)
        if self._whole and not matching.turn:
            return one, two
        first.enter(one.enter(first.mesh.vertices))
        some = slice(None, None, max(len(first.samples) // _SOME, 1))
        step = aligned(
            first.samples[some],
            first.sample_normals[some],
            first.sample_features[some],
            second.goal(),
            direction=2.5 * matching.direction,
            turn=matching.turn,
            check=lambda: tell(0.1),
        )
        return one.after(step), two

    def _follow(self, guides, tell):  # type: ignore[no-untyped-def]
        """The second mesh's way to the first, started from the first one's."""
        first, second = self.first, self.second
        arrived = first.carried(1.0)
        start = second.start()
        finder = Closest(arrived, first.mesh.triangles, usable=self._common())
        nodes = start.carrier.rest
        seats = finder(nodes, start.normals_of(nodes))
        trust = np.exp(-((seats.distance / (0.15 if self._whole else 0.05)) ** 2))
        found = register(
            start,
            first.goal(),
            guides=guide_nodes(nodes, *self.frames[::-1], None if guides is None else guides[::-1]),
            whole=self._whole,
            begin=seats.of(first.rest, first.mesh.triangles),
            begin_weights=trust,
            progress=tell,
        )
        second.settle(found)

    def _common(self) -> FloatArray:
        """F: which triangles of the first mesh the second has too."""
        first = self.first
        whole = first.matched[first.mesh.triangles].all(axis=1) & (first.seen > 0.02)
        return whole if whole.any() else np.ones(len(whole), bool)

    def _handover(self) -> float:
        """When the second mesh takes over: in the middle when both lose as much."""
        lost, grown = (float(side.measure[~side.matched].sum()) for side in (self.first, self.second))
        share = 0.5 + 0.5 * (lost - grown) / (lost + grown + 0.02)
        return min(max(share, _EARLIEST), _LATEST)

    def _open_holes(self) -> bool:
        """Find what of the second mesh would close a hole of the first one at once; it grows over instead.

        A ring has nothing where a ball has its poles: there the ball opens, and closes on its way.
        """
        first, second = self.first, self.second
        middle = first.shrunk(self.handover, 1.0).astype(np.float32)
        usable = (first.seen > 0.02) & first.stays(1.0)
        if not usable.any():
            return False
        own = second.shrunk(1.0 - self.handover, 1.0).astype(np.float32)
        near = Closest(middle, first.mesh.triangles, usable=usable)(
            own, normals_of(own, second.mesh.triangles)
        )
        over = (near.distance > _HOLE).astype(np.float64)
        # Single vertices are no hole: most of the neighbours have to be over it, too.
        corners = second.mesh.triangles
        share = over[corners].mean(axis=1)
        count = np.maximum(np.bincount(corners.ravel(), minlength=len(over)), 1)
        around = np.bincount(corners.ravel(), np.repeat(share, 3), minlength=len(over)) / count
        lost = (around > 0.5) & second.matched
        if second.measure[lost].sum() < _SMALLEST_HOLE:
            return False
        second.lose(lost)
        return True

    def _meet(self) -> None:
        """Lay the second mesh onto the first one where it takes over, so that nothing jumps there."""
        first, second = self.first, self.second
        middle = first.shrunk(self.handover, 1.0).astype(np.float32)
        finder = Closest(middle, first.mesh.triangles, usable=first.seen > 0.02)
        own = second.shrunk(1.0 - self.handover, 1.0)
        near = finder(own, normals_of(own.astype(np.float32), second.mesh.triangles))
        gaps = near.of(middle, first.mesh.triangles) - own
        chosen = second.carrier.chosen
        trust = second.matched[chosen] * np.exp(-((near.distance[chosen] / 0.05) ** 2)) + 1e-3
        smooth_gaps = smoothed(second.carrier, gaps[chosen], trust)
        if len(chosen) == len(own):
            self._gaps = smooth_gaps
        else:
            _, nearest = cKDTree(second.carrier.rest).query(second.rest)
            self._gaps = smooth_gaps[nearest]

    def _coloured(self, size: int, tell: Callable[[float], None]) -> tuple[Skin, Skin]:
        first, second = self.first, self.second
        goal = Closest(second.rest, second.mesh.triangles, usable=second.seen > 0.02)
        one = skin_of(first.mesh, first.carried(1.0), second.mesh, goal, size, first.matched, tell)
        here = Closest(first.rest, first.mesh.triangles, usable=first.seen > 0.02)
        two = skin_of(second.mesh, second.carried(1.0), first.mesh, here, size, second.matched, tell)
        return one, two.turned()

    def at(self, t: float) -> Mesh:
        """The mesh at t in 0..1; exactly the first at 0 and the second at 1."""
        if t <= 0.0:
            return self.first.mesh
        if t >= 1.0:
            return self.second.mesh
        frame = self.frames[0].towards(self.frames[1], t)
        if t < self.handover:
            side, skin, rest = self.first, self._skins[0], t / self.handover
            places = side.shrunk(t, rest)
        else:
            side, skin, rest = self.second, self._skins[1], (1.0 - t) / (1.0 - self.handover)
            places = side.shrunk(1.0 - t, rest) + float(smooth_step(rest)) * self._gaps
        return blended(skin, side.mesh, frame.leave(places), t, side.stays(rest))


def guide_nodes(
    rest: FloatArray, own: Frame, other: Frame, guides: tuple[FloatArray, FloatArray] | None
) -> Guides | None:
    """The guides as nodes of a carrier (N x 3) and places of the other shape, in common coordinates."""
    if guides is None or not len(guides[0]):
        return None
    _, nodes = cKDTree(rest).query(own.enter(guides[0]))
    return Guides(np.atleast_1d(nodes).astype(np.int32), other.enter(guides[1]))
