"""Finding where every place of one shape goes on another, with no correspondences asked.

Transport proposes (position, direction of the surface, colour), a carrier as rigid as possible
follows, and closest points bring it home: "Accurate point cloud registration with robust optimal
transport" (Shen et al. 2021) in spirit, on our own solver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from nodes.morph._carrier import Carrier, RigidSolver
from nodes.sdk.values.arrays import FloatArray, IntArray
from nodes.transport.sinkhorn import solve

#: Samples of the goal for transport.
SAMPLES = 8_000
#: Fuzziness and reach of transport while the shapes are laid upon each other.
_LAYING = ((0.1, 0.3),) * 6 + ((0.05, 0.15),) * 4
#: Fuzziness, reach, and stiffness of the carrier, coarse to fine, in sizes of the shape.
_ROUNDS = ((0.04, 0.3, 20.0), (0.025, 0.2, 8.0), (0.012, 0.12, 3.0))
#: The same when all of one shape shall go to all of the other.
_WHOLE = ((0.05, None, 10.0), (0.025, 0.4, 5.0), (0.012, 0.2, 2.0))
#: Stiffness of the carrier while closest points pull.
_HOMING = (2.0, 1.0, 0.5, 0.25, 0.12, 0.06, 0.03)
#: Farther than this from the goal nothing is matched any more, in sizes of the shape.
TOO_FAR = 0.04
_TOO_FAR_OF_WHOLE = 0.15


@dataclass(frozen=True, eq=False)
class Goal:
    """The shape to be reached, as samples.

    Attributes:
        points, normals: M x 3 (normals may be 0 where unknown).
        features: M x C, whatever else tells places apart, in units of cost.
        weights: M, summing to 1.
        closest: finds for points and normals (N x 3 each) the closest places: positions N x 3,
            distances N, and whether each is a counterpart (N bool): not the rim of a hole, and not
            a side that faces the other way.
    """

    points: FloatArray
    normals: FloatArray
    features: FloatArray
    weights: FloatArray
    closest: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Start:
    """The shape that moves, as its carrier's nodes.

    Attributes:
        normals_of: unit normals (N x 3) of the nodes at moved places (N x 3).
        features: N x C, as those of the goal. weights: N, summing to 1; near 0 for what is never seen.
    """

    carrier: Carrier
    normals_of: Callable[[FloatArray], FloatArray]
    features: FloatArray
    weights: FloatArray


@dataclass(frozen=True, eq=False)
class Guides:
    """Places of the start that shall come to places of the goal.

    Attributes:
        nodes: G, the carrier's nodes nearest to the places. targets: G x 3.
    """

    nodes: IntArray
    targets: FloatArray


@dataclass(frozen=True, eq=False)
class Found:
    """Where the nodes end up.

    Attributes:
        places: N x 3. matched: N bool, False where the goal has nothing for a node.
    """

    places: FloatArray
    matched: np.ndarray


def register(
    start: Start,
    goal: Goal,
    *,
    direction: float = 0.12,
    whole: bool = False,
    guides: Guides | None = None,
    begin: FloatArray | None = None,
    begin_weights: FloatArray | None = None,
    progress: Callable[[float], None] | None = None,
) -> Found:
    """Move a carrier onto a goal of the same size and place (both about 1 in diameter).

    Args:
        direction: what a full difference of the surface's direction costs, in sizes of the shape.
        whole: all of the one goes to all of the other; else only what both have.
        begin: N x 3, where the nodes are known to go roughly; transport is not asked then.
        begin_weights: N in 0..1, how far that is to be trusted.
        progress: called with 0..1, may raise.
    """
    tell = progress or (lambda _share: None)
    carrier = start.carrier
    moved = carrier.rest.copy()
    held = np.clip(start.weights * len(start.weights), 0.0, 4.0)
    if begin is not None and begin_weights is not None:
        for stiffness in (4.0, 1.0):
            moved = _pulled(carrier, moved, begin, held * begin_weights, stiffness, guides)
    else:
        rounds = _WHOLE if whole else _ROUNDS
        moved = _proposed(
            start, goal, moved, held, direction, rounds, guides, lambda share: tell(0.7 * share)
        )
    limit = _TOO_FAR_OF_WHOLE if whole else TOO_FAR
    for number, stiffness in enumerate(_HOMING):
        tell(0.7 + 0.3 * number / len(_HOMING))
        places, distance, fits = goal.closest(moved, start.normals_of(moved))
        fits &= distance < max(limit, 0.12 * 0.6**number)
        moved = _pulled(carrier, moved, places, np.maximum(held, 0.02) * fits, stiffness, guides)
    places, distance, fits = goal.closest(moved, start.normals_of(moved))
    fits &= distance < limit
    # The last bit home: what is matched lies on the goal itself.
    return Found(np.where(fits[:, None], places, moved), fits)


def _proposed(start, goal, moved, held, direction, rounds, guides, tell):  # type: ignore[no-untyped-def]
    """The nodes after transport has pulled them, in rounds of less and less fuzziness."""
    target_features = np.hstack([goal.points, direction * goal.normals, goal.features])
    if guides is not None:
        moved = _guided(start.carrier, moved, guides)
    for number, (blur, reach, stiffness) in enumerate(rounds):
        share = number / len(rounds)
        tell(share)
        features = np.hstack([moved, direction * start.normals_of(moved), start.features])
        plan = solve(
            features,
            target_features,
            start.weights + 1e-9,
            goal.weights,
            blur=blur,
            reach=reach,
            begin=None if reach is None else 0.3,
            check=lambda share=share: tell(share),
        )
        targets, sent = plan.carry(goal.points)
        pull = targets + (moved - plan_shrinkage(moved, blur))
        weights = held * np.clip(sent, 0.0, 1.0)
        moved = _pulled(start.carrier, moved, pull, weights, stiffness, guides)
    return moved


@dataclass(frozen=True, eq=False)
class Similarity:
    """q = scale * rotation @ p + shift."""

    scale: float
    rotation: FloatArray
    shift: FloatArray

    def __call__(self, points: FloatArray) -> FloatArray:
        return self.scale * points @ self.rotation.T + self.shift


def similarity(first: FloatArray, second: FloatArray, weights: FloatArray, *, turn: bool) -> Similarity:
    """The weighted least-squares similarity from N x 3 to N x 3 points (Umeyama 1991).

    Args:
        turn: False keeps the rotation out.
    """
    share = weights / weights.sum()
    mean_a, mean_b = share @ first, share @ second
    a, b = first - mean_a, second - mean_b
    rotation = np.eye(3)
    if turn:
        u, _, vt = np.linalg.svd((b * share[:, None]).T @ a)
        mirror = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(u @ vt)))])
        rotation = u @ mirror @ vt
    turned = a @ rotation.T
    scale = float(np.sum(share[:, None] * turned * b) / max(np.sum(share[:, None] * turned**2), 1e-30))
    scale = min(max(scale, 0.1), 10.0)
    return Similarity(scale, rotation, mean_b - scale * rotation @ mean_a)


def aligned(
    start: FloatArray,
    start_normals: FloatArray,
    start_features: FloatArray,
    goal: Goal,
    *,
    direction: float,
    turn: bool,
    check: Callable[[], None],
) -> Similarity:
    """The similarity that lays a point set (N x 3) on the goal where the two are alike."""
    total = Similarity(1.0, np.eye(3), np.zeros(3))
    some = slice(None, None, max(len(goal.points) // len(start), 1))
    points = goal.points[some]
    target_features = np.hstack([points, direction * goal.normals[some], goal.features[some]])
    even = np.full(len(start), 1.0 / len(start), np.float32)
    for blur, reach in _LAYING:
        moved = total(start)
        features = np.hstack([moved, direction * start_normals @ total.rotation.T, start_features])
        plan = solve(features, target_features, even, blur=blur, reach=reach, begin=0.4, check=check)
        targets, sent = plan.carry(points)
        step = similarity(moved, targets, np.clip(sent, 0.0, 2.0) ** 2 + 1e-9, turn=turn)
        total = Similarity(
            step.scale * total.scale, step.rotation @ total.rotation, step(total.shift[None])[0]
        )
    return total


def plan_shrinkage(points: FloatArray, blur: float) -> FloatArray:
    """Where transport onto itself would take each point: the inward pull of the entropy, N x 3."""
    near = cKDTree(points).query(points, k=min(24, len(points)), workers=2)
    distance, rows = near[0].reshape(len(points), -1), near[1].reshape(len(points), -1)
    weights = np.exp(-((distance / (1.5 * blur)) ** 2))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.einsum("nk,nkc->nc", weights, points[rows])


def _pulled(carrier, moved, targets, weights, stiffness, guides):  # type: ignore[no-untyped-def]
    weights = weights.astype(np.float64).copy()
    targets = np.array(targets, np.float64)
    if guides is not None:
        weights[guides.nodes] = 20.0
        targets[guides.nodes] = guides.targets
    return RigidSolver(carrier, weights, stiffness)(moved, targets)


def _guided(carrier: Carrier, moved: FloatArray, guides: Guides) -> FloatArray:
    """The carrier after a smooth warp that takes the guides home (radial basis functions)."""
    from scipy.interpolate import RBFInterpolator

    sources = carrier.rest[guides.nodes]
    _, first = np.unique(np.round(sources, 6), axis=0, return_index=True)
    if len(first) < 4:
        return moved + (guides.targets[first] - sources[first]).mean(axis=0)
    warp = RBFInterpolator(
        sources[first], (guides.targets - sources)[first], kernel="linear", smoothing=1e-3, degree=1
    )
    return moved + warp(moved)
