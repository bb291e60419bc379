"""Fits a head model to 468 landmarks by Gauss-Newton with analytic derivatives.

Maximises the posterior of identity, expression, pose and focal length given the landmarks:
reprojection errors are Gaussian, identity is standard
normal, the expression is normal around what the landmark network says. Landmarks that no face
explains (a hand, a microphone) lose their say by expectation maximisation. The basis of identity is
turned so that its first directions move the landmarks most, and cut where they stop moving them;
with a standard normal prior this leaves the optimum where it was.

What the basis cannot say is then put on top by a bi-Laplacian interpolation of the remaining
errors over the surface (Botsch and Sorkine 2008), which keeps separate lips separate.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass

import numpy as np

from nodes.head._shape import landmark_points, parts_of
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import Camera, HeadModel
from nodes.sdk.values.arrays import FloatArray

_DIRECTIONS = 56
_TOGETHER = 2.0
_USUAL_NOISE = 0.0012  # metres
_OUTLIERS = 0.05  # the share of landmarks expected to be wrong
_EXPRESSION_DEVIATION = 0.12
_FOCAL_DEVIATION = 0.12
_STEPS = 7
#: Points that slide along the outline of the face when the head turns.
OUTLINE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
#: Lids and lips, where errors show most.
_SHARP = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246,
    263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466,
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LandmarkBasis:
    """A head model seen through its landmarks.

    Attributes:
        mean: 468 x 3 metres.
        directions: 468 x 3 x D, the identity directions that move landmarks most.
        turn: K x D; identity = turn @ the coefficients of `directions`.
        expression: 468 x 3 x 52.
        linear: 3 x 468 x (D + 52) float32, both together.
        yaws, shifts, noise: as HeadModel.landmark_yaws, _shifts, _noise.
    """

    mean: FloatArray
    directions: FloatArray
    turn: FloatArray
    expression: FloatArray
    linear: FloatArray
    yaws: FloatArray
    shifts: FloatArray
    noise: FloatArray


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """The result of `fit_landmarks`; the head's pose is in the camera's frame.

    Attributes:
        identity: K. expression: 52. rotation, translation: 3. focal: pixels.
        residuals: 468 x 2 pixels (x, y down), seen minus fitted.
        confidence: 468 in 0..1, low for landmarks that no face explains.
        steps: how many Gauss-Newton steps were taken.
    """

    identity: FloatArray
    expression: FloatArray
    rotation: FloatArray
    translation: FloatArray
    focal: float
    residuals: FloatArray
    confidence: FloatArray
    steps: int


_bases: weakref.WeakKeyDictionary[HeadModel, LandmarkBasis] = weakref.WeakKeyDictionary()
_spreads: weakref.WeakKeyDictionary[HeadModel, FloatArray] = weakref.WeakKeyDictionary()


def landmark_basis(model: HeadModel) -> LandmarkBasis:
    """The model reduced to its landmarks; kept as long as the model lives."""
    basis = _bases.get(model)
    if basis is None:
        identity = np.stack([landmark_points(model, part) for part in model.identity], axis=-1)
        expression = np.stack([landmark_points(model, part) for part in model.expression], axis=-1)
        flat = identity.reshape(-1, identity.shape[-1]).astype(np.float64)
        _, _, rows = np.linalg.svd(flat, full_matrices=False)
        turn = rows[:_DIRECTIONS].T
        directions = identity @ turn
        linear = np.concatenate([directions, expression], axis=2).transpose(1, 0, 2)
        basis = _bases[model] = LandmarkBasis(
            landmark_points(model, model.mean).astype(np.float64),
            directions,
            turn,
            expression,
            np.ascontiguousarray(linear, np.float32),
            model.landmark_yaws,
            model.landmark_shifts,
            model.landmark_noise,
        )
    return basis


def turned_landmarks(basis: LandmarkBasis, rotation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where landmarks of a head turned by `rotation` (3 x 3) are seen, and how surely.

    Returns:
        468 x 3 metres in the head's frame, from their places on the mesh; 468 metres of noise.
    """
    if not len(basis.yaws):
        return np.zeros((468, 3)), _USUAL_NOISE / landmark_weights()
    yaw = float(np.clip(math.atan2(rotation[0, 2], rotation[2, 2]), basis.yaws[0], basis.yaws[-1]))
    left = int(np.clip(np.searchsorted(basis.yaws, yaw) - 1, 0, len(basis.yaws) - 2))
    share = (yaw - basis.yaws[left]) / (basis.yaws[left + 1] - basis.yaws[left])
    shift = (1 - share) * basis.shifts[left] + share * basis.shifts[left + 1]
    noise = (1 - share) * basis.noise[left] + share * basis.noise[left + 1]
    return shift, noise


def landmark_weights() -> FloatArray:
    """How much each of the 468 landmarks counts, for models that do not say how surely they are seen."""
    weights = np.ones(468)
    weights[list(OUTLINE)] = 0.35
    weights[list(_SHARP)] = 1.5
    return weights


def eye_distance(landmarks: FloatArray) -> float:
    """Pixels between the middles of the two eyes."""
    right = landmarks[[33, 133], :2].mean(axis=0)
    left = landmarks[[263, 362], :2].mean(axis=0)
    return float(np.linalg.norm(left - right))


def fit_landmarks(
    model: HeadModel,
    landmarks: FloatArray,
    coefficients: FloatArray,
    *,
    centre: tuple[float, float],
    focal: float,
    focal_known: bool = False,
    identity_freedom: float = 1.0,
    identity_mean: FloatArray | None = None,
    visibility: FloatArray | None = None,
) -> LandmarkFit:
    """Fit identity, expression, pose and focal length.

    Args:
        model: the head model.
        landmarks: 468 or more x 3 pixels as in Face.landmarks; their depths only start the pose.
        coefficients: 52, what the landmark network says about the expression.
        centre: the principal point in pixels.
        focal: a guess of the focal length in pixels, or its value.
        focal_known: keep the focal length.
        identity_freedom: standard deviation of the identity coefficients; below 1 stays nearer to
            the average head, or to `identity_mean`.
        identity_mean: K, a head already known; None for the average.
        visibility: 468 or more in 0..1; hidden points count less.
    """
    basis = landmark_basis(model)
    scale = eye_distance(landmarks)
    weight = np.ones(468)
    if visibility is not None and len(visibility) >= 468:
        weight = weight * (0.15 + 0.85 * visibility[:468])
    count = basis.directions.shape[-1]
    mean = np.zeros(count) if identity_mean is None else basis.turn.T @ identity_mean
    problem = _Problem(
        basis,
        seen=np.column_stack([landmarks[:468, 0] - centre[0], centre[1] - landmarks[:468, 1]]).astype(float),
        weight=weight,
        scale=scale,
        means=np.concatenate([mean, np.clip(coefficients, 0.0, 1.0), [math.log(focal)]]),
        deviations=np.concatenate(
            [
                np.full(count, identity_freedom),
                np.full(52, _EXPRESSION_DEVIATION),
                [1e-4 if focal_known else _FOCAL_DEVIATION],
            ]
        ),
    )
    depth = -landmarks[:468, 2].astype(np.float64)
    state = problem.start(depth, focal)
    cost = problem.look(state)
    steps = 0
    while steps < _STEPS:
        steps += 1
        change = problem.step(state)
        # Far from the solution a full step may overshoot; half of it, or a quarter, does not.
        for shrink in (1.0, 0.5, 0.25, 0.1):
            tried = problem.moved(state, change * shrink)
            tried_cost = problem.cost(tried)
            if tried_cost < cost:
                break
        else:
            break
        done = cost - tried_cost < 1e-3 * cost
        state, cost = tried, tried_cost
        if done:
            break
        if steps >= 2:
            problem.doubt(state, scale)
        cost = problem.look(state)
    residuals = problem.errors(state) * [1.0, -1.0]
    return LandmarkFit(
        identity=_whole_identity(basis, state.shape, identity_mean),
        expression=state.expression.astype(np.float32),
        rotation=rotation_vector(state.rotation).astype(np.float32),
        translation=state.translation.astype(np.float32),
        focal=math.exp(state.log_focal),
        residuals=residuals.astype(np.float32),
        confidence=problem.confidence.astype(np.float32),
        steps=steps,
    )


@dataclass(frozen=True, eq=False)
class _State:
    """Where the search stands: D and 52 coefficients, the pose (3 x 3 and 3), the log of the focal length."""

    shape: FloatArray
    expression: FloatArray
    rotation: FloatArray
    translation: FloatArray
    log_focal: float


class _Problem:
    """Reprojection errors and priors, and the Gauss-Newton step that lowers them.

    Attributes:
        confidence: 468 in 0..1, the probability that a landmark is where the face is.
    """

    def __init__(
        self,
        basis: LandmarkBasis,
        *,
        seen: FloatArray,
        weight: FloatArray,
        scale: float,
        means: FloatArray,
        deviations: FloatArray,
    ) -> None:
        self._basis = basis
        self._seen = seen
        self._trust = weight
        self._scale = scale
        self._weight = weight
        self._shift = np.zeros((468, 3))
        self._means = means
        self._precision = 1.0 / deviations**2
        self.confidence = np.ones(468)
        self._count = basis.directions.shape[-1]

    def start(self, depth: FloatArray, focal: float) -> _State:
        """The average head with the expected expression, aligned with the landmarks."""
        shape, expression = self._means[: self._count].copy(), self._means[self._count : -1].copy()
        centred = depth - depth.mean()
        rotation, translation = _first_pose(self._basis, shape, expression, self._seen, centred, focal)
        return _State(shape, expression, rotation, translation, math.log(focal))

    def _points(self, state: _State) -> FloatArray:
        basis = self._basis
        return basis.mean + self._shift + basis.directions @ state.shape + basis.expression @ state.expression

    def errors(self, state: _State) -> FloatArray:
        """468 x 2 pixels, y up: seen minus fitted."""
        placed = self._points(state) @ state.rotation.T + state.translation
        return self._seen - math.exp(state.log_focal) * placed[:, :2] / -placed[:, 2:]

    def _from_means(self, state: _State) -> FloatArray:
        return self._means - np.concatenate([state.shape, state.expression, [state.log_focal]])

    def look(self, state: _State) -> float:
        """Take up what is known of landmarks of heads turned as this one; returns the new cost."""
        self._shift, noise = turned_landmarks(self._basis, state.rotation)
        # An eye distance is 6 cm; errors of neighbours go together, so that each counts for less.
        sigma = _TOGETHER * noise * (self._scale / 0.06)
        self._weight = self._trust * np.sqrt(np.maximum(self.confidence, 0.02)) / sigma
        return self.cost(state)

    def cost(self, state: _State) -> float:
        """Minus the log of the posterior, up to a constant."""
        weighted = self.errors(state) * self._weight[:, None]
        return float((weighted**2).sum() + (self._precision * self._from_means(state) ** 2).sum())

    def doubt(self, state: _State, scale: float) -> None:
        """Give landmarks that no face explains less weight: one step of expectation maximisation.

        Errors of good landmarks are Gaussian, those of the others anywhere within an eye distance.
        """
        size = np.linalg.norm(self.errors(state), axis=1) / scale
        # the spread of the good ones: the median of a Rayleigh distribution is 1.18 sigma
        sigma = max(float(np.median(size)) / 1.18, 0.008)
        good = (1 - _OUTLIERS) * size / sigma**2 * np.exp(-0.5 * (size / sigma) ** 2)
        bad = _OUTLIERS * 2.0 * size
        self.confidence = good / np.maximum(good + bad, 1e-12)
        self.confidence[size < sigma] = 1.0

    def step(self, state: _State) -> FloatArray:
        """The change of (shape, expression, rotation, translation, log focal): D + 59."""
        count = self._count
        points = self._points(state)
        turned = points @ state.rotation.T
        placed = turned + state.translation
        length = math.exp(state.log_focal)
        nearness = (-1.0 / placed[:, 2]).astype(np.float32)
        projected = (length * placed[:, :2] * nearness[:, None]).astype(np.float32)
        weight = self._weight.astype(np.float32)
        scale = weight * np.float32(length) * nearness
        slope = weight[:, None] * projected * nearness[:, None]
        # rows: x of all landmarks, then y
        jacobian = np.empty((2, 468, count + 59), np.float32)
        rotation = state.rotation.astype(np.float32)
        linear = (rotation @ self._basis.linear.reshape(3, -1)).reshape(self._basis.linear.shape)
        x, y, z = turned.astype(np.float32).T
        zero = np.zeros_like(x)
        spin = (np.stack([zero, z, -y], 1), np.stack([-z, zero, x], 1), np.stack([y, -x, zero], 1))
        for axis in (0, 1):
            rows = jacobian[axis]
            np.multiply(scale[:, None], linear[axis], out=rows[:, : count + 52])
            rows[:, : count + 52] += slope[:, axis, None] * linear[2]
            rows[:, count + 52 : count + 55] = scale[:, None] * spin[axis] + slope[:, axis, None] * spin[2]
            rows[:, count + 55 : count + 58] = 0.0
            rows[:, count + 55 + axis] = scale
            rows[:, count + 57] = slope[:, axis]
            rows[:, count + 58] = weight * projected[:, axis]
        flat = jacobian.reshape(936, -1)
        error = ((self._seen - projected) * weight[:, None]).T.reshape(-1).astype(np.float32)
        normal = (flat.T @ flat).astype(np.float64)
        gradient = (flat.T @ error).astype(np.float64)
        known = np.r_[0 : count + 52, count + 58]
        normal[known, known] += self._precision
        normal[np.diag_indices_from(normal)] += 1e-6
        gradient[known] += self._precision * self._from_means(state)
        return _bounded_step(normal, gradient, state.expression, count)

    def moved(self, state: _State, change: FloatArray) -> _State:
        """The state after a change, its expression kept in 0..1."""
        count = self._count
        return _State(
            state.shape + change[:count],
            np.clip(state.expression + change[count : count + 52], 0.0, 1.0),
            rotation_matrix(change[count + 52 : count + 55]) @ state.rotation,
            state.translation + change[count + 55 : count + 58],
            state.log_focal + float(np.clip(change[-1], -0.3, 0.3)),
        )


def _whole_identity(basis: LandmarkBasis, shape: FloatArray, known: FloatArray | None) -> FloatArray:
    """K coefficients: those that landmarks tell, and from a known head those that they do not."""
    identity = basis.turn @ shape
    if known is not None:
        identity = identity + known - basis.turn @ (basis.turn.T @ known)
    return identity.astype(np.float32)


def _first_pose(
    basis: LandmarkBasis,
    shape: FloatArray,
    expression: FloatArray,
    seen: FloatArray,
    depth: FloatArray,
    focal: float,
) -> tuple[FloatArray, FloatArray]:
    """Rotation (3 x 3) and translation by similarity alignment (Umeyama 1991) of the average head."""
    points = basis.mean + basis.directions @ shape + basis.expression @ expression
    target = np.column_stack([seen, depth])
    from_centre = points - points.mean(axis=0)
    to_centre = target - target.mean(axis=0)
    left, values, right = np.linalg.svd(to_centre.T @ from_centre)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left @ np.diag(signs) @ right
    scale = float((values * signs).sum() / (from_centre**2).sum())
    distance = focal / scale
    middle = np.array([*(seen.mean(axis=0) / scale), -distance])
    return rotation, middle - rotation @ points.mean(axis=0)


def _bounded_step(normal: FloatArray, gradient: FloatArray, expression: FloatArray, count: int) -> FloatArray:
    """Solve for the step, holding expression coefficients that would leave 0..1 at their bound."""
    held = np.zeros(len(gradient), bool)
    fixed = np.zeros(len(gradient))
    change = np.zeros(len(gradient))
    for _ in range(4):
        free = ~held
        right = gradient[free] - normal[np.ix_(free, held)] @ fixed[held]
        change = fixed.copy()
        change[free] = np.linalg.solve(normal[np.ix_(free, free)], right)
        moved = expression + change[count : count + 52]
        below, above = moved < -1e-6, moved > 1 + 1e-6
        leaving = (below | above) & ~held[count : count + 52]
        if not leaving.any():
            break
        target = np.clip(moved, 0.0, 1.0) - expression
        held[count : count + 52] |= leaving
        fixed[count : count + 52][leaving] = target[leaving]
    return change


def spread_matrix(model: HeadModel) -> FloatArray:
    """S x 468: how the surface follows displacements of its landmarks (S as in Parts.surface).

    The surface bends as little as possible (its Laplacian changes least) and all but meets the
    landmarks; kept as long as the model lives.
    """
    found = _spreads.get(model)
    if found is None:
        found = _spreads[model] = _solve_spread(model)
    return found


def _solve_spread(model: HeadModel) -> FloatArray:
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


def gaze_of(
    camera: Camera, rotation: FloatArray, translation: FloatArray, centres: FloatArray, irises: FloatArray
) -> FloatArray:
    """(pitch, yaw) radians of the left and right eye from where their irises are seen.

    The ray through the middle of an iris meets the sphere on which irises lie.

    Args:
        rotation: 3 x 3. translation: 3. centres: 2 x 3 metres, left and right, in the head's frame.
        irises: 2 x 2 pixels, the middle of the left and the right iris.
    """
    radius = 0.0136
    gaze = np.zeros((2, 2), np.float32)
    for side in range(2):
        x, y = irises[side]
        ray = np.array([(x - camera.centre_x) / camera.focal, (camera.centre_y - y) / camera.focal, -1.0])
        ray /= np.linalg.norm(ray)
        centre = rotation @ centres[side] + translation
        along = float(ray @ centre)
        nearest = ray * along - centre
        gap = float(nearest @ nearest)
        meeting = nearest - ray * math.sqrt(radius**2 - gap) if gap < radius**2 else nearest
        x, y, z = rotation.T @ meeting
        gaze[side] = (math.atan2(y, math.hypot(x, z)), math.atan2(x, z))
    return gaze
