"""Fits a head model to 468 landmarks by Gauss-Newton with analytic derivatives.

Maximises the posterior of identity, expression, pose and focal length given the landmarks of one
or several pictures of a person: reprojection errors are Gaussian, identity is standard normal, the
expression is normal around what the landmark network says. Where a regressor for the head model is
there, what it learned of the landmarker's habits takes the place of these priors. Landmarks that
no face explains (a hand, a microphone) lose their say by expectation maximisation. The basis of
identity is turned so that its first directions move the landmarks most, and cut where they stop
moving them; with a standard normal prior this leaves the optimum where it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nodes.head._correction import Belief, Correction, Fitted, correction_for, towards
from nodes.head._landmarks import OUTLINE as OUTLINE
from nodes.head._landmarks import LandmarkBasis, landmark_basis, turned_landmarks
from nodes.head._landmarks import eye_distance as eye_distance
from nodes.head._picture_belief import PictureBelief
from nodes.head._solver import (
    bounded_step,
    inverse,
    landmark_places,
    normal_equations,
    projection_errors,
    turn_between,
    weighed,
)
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray

_TOGETHER = 2.0
#: The correction has used the landmarks already: they count for less a second time.
_TOGETHER_AGAIN = 8.0
#: And hardly at all after the pixels were looked at, but for expression and place in the end.
_TOGETHER_SEEN = 12.0
_TOGETHER_LAST = 2.4
#: How many times as sure rotation and expression are by then: landmarks would pull them back.
_TURN_SURER, _EXPRESSION_SURER = 10.0, 2.0
_KEPT = 1e6
_OUTLIERS = 0.05  # the share of landmarks expected to be wrong
_EXPRESSION_DEVIATION = 0.12
_FOCAL_DEVIATION = 0.12
_READING = 0.5  # pixels
_STEPS = 7
_STEPS_AGAIN = 2
_STEPS_LAST = 4


@dataclass(frozen=True, eq=False)
class Sight:
    """What is seen of the head in one picture.

    Attributes:
        landmarks: 468 or more x 3 pixels as in Face.landmarks; their depths only start the pose.
        coefficients: 52, what the landmark network says about the expression.
        centre: the principal point in pixels.
        focal: a guess of the focal length in pixels, or its value.
        focal_known: keep the focal length.
        visibility: 468 or more in 0..1, hidden points count less; None when all are seen.
    """

    landmarks: FloatArray
    coefficients: FloatArray
    centre: tuple[float, float]
    focal: float
    focal_known: bool = False
    visibility: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """The result of `fit_landmarks`; the head's pose is in the camera's frame.

    Attributes:
        identity: K. expression: 52. rotation, translation: 3. focal: pixels.
        residuals: 468 x 2 pixels (x, y down), seen minus fitted.
        confidence: 468 in 0..1, low for landmarks that no face explains.
        steps: how many Gauss-Newton steps were taken.
        spread: D x D, the covariance of the identity in the basis's directions.
        curvature: the normal matrix of all pictures together: D of the identity in the basis's
            directions, then for each picture expression, rotation, translation and log focal (59).
    """

    identity: FloatArray
    expression: FloatArray
    rotation: FloatArray
    translation: FloatArray
    focal: float
    residuals: FloatArray
    confidence: FloatArray
    steps: int
    spread: FloatArray
    curvature: FloatArray


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
    """Fit identity, expression, pose and focal length to one picture.

    Args:
        model: the head model.
        landmarks, coefficients, centre, focal, focal_known, visibility: as in `Sight`.
        identity_freedom: standard deviation of the identity coefficients; below 1 stays nearer to
            the average head, or to `identity_mean`.
        identity_mean: K, a head already known; None for the average.
    """
    sight = Sight(landmarks, coefficients, centre, focal, focal_known, visibility)
    return fit_sights(model, [sight], identity_freedom=identity_freedom, identity_mean=identity_mean)[0]


def fit_sights(
    model: HeadModel,
    sights: Sequence[Sight],
    *,
    identity_freedom: float = 1.0,
    identity_mean: FloatArray | None = None,
    beliefs: Sequence[PictureBelief | None] = (),
) -> list[LandmarkFit]:
    """Fit one identity to several pictures of a person, each with its own expression, pose and lens.

    Args:
        beliefs: what the pixels of each picture tell, in place of the learned habits of landmarks.
    """
    basis = landmark_basis(model)
    correction = correction_for(model.name, len(model.identity))
    count = basis.directions.shape[-1]
    known = np.zeros(count) if identity_mean is None else basis.turn.T @ identity_mean
    precision = np.eye(count) / identity_freedom**2
    if correction is None:
        views = [_View(basis, sight) for sight in sights]
        problem = _Problem(views, precision, known)
        steps = problem.solve(_STEPS)
    else:
        views, steps = [], 0
        pull = known / identity_freedom**2
        # each view's posterior over the standard prior that it was trained with
        gain = correction.shape_precision - np.eye(count)
        for number, sight in enumerate(sights):
            view = _View(basis, sight)
            views.append(view)
            seen = beliefs[number] if number < len(beliefs) else None
            if seen is not None:
                view.take(seen)
                told = (seen.shape_precision - np.eye(count)) / view.looseness()
                precision = precision + told
                pull = pull + weighed(seen.shape, np.eye(count) + told)
                continue
            alone = _Problem([view], np.eye(count), np.zeros(count))
            steps += alone.solve(_STEPS)
            belief = view.believe(correction, alone.shape)
            doubt = view.looseness()
            precision = precision + gain / doubt
            pull = pull + weighed(belief.shape, np.eye(count) + gain / doubt)
        problem = _Problem(views, precision, weighed(pull, inverse(precision)))
        steps += problem.solve(_STEPS_AGAIN)
    curvature = problem.curvature
    spread = inverse(curvature)[:count, :count]
    if any(view.believes for view in views):
        # who it is, and how the head is held, was told by the pixels; where it is, and some of what
        # it does, landmarks show best
        for view in views:
            view.follow_landmarks()
        kept = _KEPT * np.eye(count)
        last = _Problem(views, kept, problem.shape)
        steps += last.solve(_STEPS_LAST)
        curvature = last.curvature.copy()
        curvature[:count, :count] += precision - kept
    identity = basis.turn @ problem.shape
    if identity_mean is not None:
        # what the landmarks do not tell stays as it is known
        identity = identity + identity_mean - basis.turn @ (basis.turn.T @ identity_mean)
    whole = identity.astype(np.float32)
    return [view.result(problem.shape, whole, steps, spread, curvature) for view in views]


class _View:
    """One picture: its landmarks, its priors, and where the search stands in it."""

    def __init__(self, basis: LandmarkBasis, sight: Sight) -> None:
        self._basis = basis
        self._sight = sight
        self.scale = eye_distance(sight.landmarks)
        self.seen = np.column_stack(
            [sight.landmarks[:468, 0] - sight.centre[0], sight.centre[1] - sight.landmarks[:468, 1]]
        ).astype(np.float64)
        self._trust = np.ones(468)
        if sight.visibility is not None and len(sight.visibility) >= 468:
            self._trust = 0.15 + 0.85 * np.asarray(sight.visibility[:468], np.float64)
        self._together = _TOGETHER
        self.believes = False
        # A landmark is not read better than to a part of a pixel: on small faces that is millimetres.
        self.resolution = 0.06 * _READING / max(self.scale, 1.0)
        self.confidence = np.ones(468)
        self.focal_mean = math.log(sight.focal)
        self.focal_precision = 1e8 if sight.focal_known else 1.0 / _FOCAL_DEVIATION**2
        self.log_focal = self.focal_mean
        self.expression_mean = np.clip(sight.coefficients, 0.0, 1.0).astype(np.float64)
        self.expression_precision = np.full(52, 1.0 / _EXPRESSION_DEVIATION**2)
        self.expression = self.expression_mean.copy()
        self.rotation_mean: FloatArray | None = None
        self.rotation_precision = np.zeros(3)
        depth = -sight.landmarks[:468, 2].astype(np.float64)
        points = basis.mean + basis.expression @ self.expression
        self.rotation, self.translation = _first_pose(points, self.seen, depth - depth.mean(), sight.focal)

    def believe(self, correction: Correction, shape: FloatArray) -> Belief:
        """Take what a fit of this picture alone really tells for the prior, and start there again."""
        middle = self._sight.landmarks[:468, :2].mean(axis=0)
        ray = towards(self._sight.centre, self._sight.focal, middle)
        fit = Fitted(shape, self.expression, ray.T @ self.rotation, self.errors(shape) / self.scale)
        belief = correction.believed(fit, np.asarray(self._sight.coefficients, np.float64))
        self.expression_mean = belief.expression
        self.expression = belief.expression.copy()
        self.expression_precision = 1.0 / np.maximum(correction.expression_spread, 0.02) ** 2
        self.rotation = self.rotation_mean = ray @ belief.rotation
        self.rotation_precision = 1.0 / correction.rotation_spread**2
        self._together = _TOGETHER_AGAIN
        self.look()
        self.translation = self._place(belief.shape)
        return belief

    def take(self, belief: PictureBelief) -> None:
        """Take what the pixels tell for the prior, and start there."""
        self.expression_mean = belief.expression
        self.expression = belief.expression.copy()
        self.expression_precision = 1.0 / np.maximum(belief.expression_spread, 0.02) ** 2
        middle = self._sight.landmarks[:468, :2].mean(axis=0)
        if not self._sight.focal_known:
            self.log_focal = self.focal_mean = belief.log_focal
            self.focal_precision = 1.0 / belief.focal_spread**2
        ray = towards(self._sight.centre, math.exp(self.log_focal), middle)
        self.rotation = self.rotation_mean = ray @ belief.rotation
        self.rotation_precision = 1.0 / belief.rotation_spread**2
        self._together = _TOGETHER_SEEN
        self.believes = True
        self.look()
        self.translation = self._place(belief.shape)

    def follow_landmarks(self) -> None:
        """Let landmarks count again as much as they are sure, but less for rotation and expression."""
        self._together = _TOGETHER_LAST
        self.expression_precision = self.expression_precision * _EXPRESSION_SURER
        self.rotation_precision = self.rotation_precision * _TURN_SURER

    def looseness(self) -> float:
        """How many times the usual variance a belief has: 1 for large faces that look ahead."""
        yaw = math.degrees(abs(math.atan2(self.rotation[0, 2], self.rotation[2, 2])))
        return 1.0 + (self.resolution / 0.0012) ** 2 + (max(yaw - 45.0, 0.0) / 25.0) ** 2

    def _place(self, shape: FloatArray) -> FloatArray:
        """The translation (3) that projects a shape nearest to the landmarks, by least squares."""
        coefficients = np.concatenate([shape, self.expression]).astype(np.float32)
        places = landmark_places(self._still, self._basis.linear, coefficients)
        x, y, z = (places @ self.rotation.T).T
        focal = math.exp(self.log_focal)
        u, v = self.seen.T
        zero, one = np.zeros(468), np.full(468, focal)
        rows = np.concatenate([np.stack([one, zero, u], 1), np.stack([zero, one, v], 1)])
        right = np.concatenate([-focal * x - u * z, -focal * y - v * z])
        rows, right = (
            part * np.tile(self._weight, 2).reshape(-1, *[1] * (part.ndim - 1)) for part in (rows, right)
        )
        return inverse(np.einsum("nk,nl->kl", rows, rows)) @ np.einsum("nk,n->k", rows, right)

    def look(self) -> None:
        """Take up what is known of landmarks of heads turned as this one."""
        shift, noise = turned_landmarks(self._basis, self.rotation)
        self._still = self._basis.mean + shift
        # An eye distance is 6 cm; errors of neighbours go together, so that each counts for less.
        sigma = self._together * np.hypot(noise, self.resolution) * (self.scale / 0.06)
        self._weight = self._trust * np.sqrt(np.maximum(self.confidence, 0.02)) / sigma

    def errors(self, shape: FloatArray) -> FloatArray:
        """468 x 2 pixels, y up: seen minus fitted."""
        coefficients = np.concatenate([shape, self.expression]).astype(np.float32)
        places = landmark_places(self._still, self._basis.linear, coefficients)
        return projection_errors(places, self.rotation, self.translation, math.exp(self.log_focal), self.seen)

    def _turned_away(self) -> FloatArray:
        """3 radians from where the rotation stands to where it was expected, in the camera's frame."""
        if self.rotation_mean is None:
            return np.zeros(3)
        return turn_between(self.rotation, self.rotation_mean)

    def cost(self, shape: FloatArray) -> float:
        """Minus the log of this picture's part of the posterior, up to a constant."""
        weighted = self.errors(shape) * self._weight[:, None]
        away = self._turned_away()
        return float(
            (weighted**2).sum()
            + (self.expression_precision * (self.expression_mean - self.expression) ** 2).sum()
            + self.focal_precision * (self.focal_mean - self.log_focal) ** 2
            + (self.rotation_precision * away**2).sum()
        )

    def system(self, shape: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The normal matrix and gradient of (shape, expression, rotation, translation, log focal)."""
        coefficients = np.concatenate([shape, self.expression]).astype(np.float32)
        places = landmark_places(self._still, self._basis.linear, coefficients)
        focal = math.exp(self.log_focal)
        normal, gradient = normal_equations(
            places, self._basis.linear, self.rotation, self.translation, focal, self.seen, self._weight
        )
        count = len(shape)
        # translations have no prior
        precision, wanted = np.zeros(len(gradient)), np.zeros(len(gradient))
        precision[count : count + 52] = self.expression_precision
        precision[count + 52 : count + 55] = self.rotation_precision
        precision[-1] = self.focal_precision
        wanted[count : count + 52] = self.expression_mean - self.expression
        wanted[count + 52 : count + 55] = self._turned_away()
        wanted[-1] = self.focal_mean - self.log_focal
        normal.ravel()[:: len(normal) + 1] += precision
        gradient += precision * wanted
        return normal, gradient

    def move(self, change: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Apply a change of (expression, rotation, translation, log focal); returns the place before."""
        before = (self.expression, self.rotation, self.translation, self.log_focal)
        self.expression = np.clip(self.expression + change[:52], 0.0, 1.0)
        self.rotation = rotation_matrix(change[52:55]) @ self.rotation
        self.translation = self.translation + change[55:58]
        self.log_focal = self.log_focal + float(np.clip(change[58], -0.3, 0.3))
        return before

    def back(self, before: tuple[FloatArray, FloatArray, FloatArray, float]) -> None:
        """Undo a change."""
        self.expression, self.rotation, self.translation, self.log_focal = before

    def doubt(self, shape: FloatArray) -> None:
        """Give landmarks that no face explains less weight: one step of expectation maximisation.

        Errors of good landmarks are Gaussian, those of the others anywhere within an eye distance.
        """
        size = np.linalg.norm(self.errors(shape), axis=1) / self.scale
        # the spread of the good ones: the median of a Rayleigh distribution is 1.18 sigma
        sigma = max(float(np.median(size)) / 1.18, 0.008)
        good = (1 - _OUTLIERS) * size / sigma**2 * np.exp(-0.5 * (size / sigma) ** 2)
        bad = _OUTLIERS * 2.0 * size
        self.confidence = good / np.maximum(good + bad, 1e-12)
        self.confidence[size < sigma] = 1.0

    def result(
        self,
        shape: FloatArray,
        identity: FloatArray,
        steps: int,
        spread: FloatArray,
        curvature: FloatArray,
    ) -> LandmarkFit:
        """The fit in this picture."""
        return LandmarkFit(
            identity=identity,
            expression=self.expression.astype(np.float32),
            rotation=rotation_vector(self.rotation).astype(np.float32),
            translation=self.translation.astype(np.float32),
            focal=math.exp(self.log_focal),
            residuals=(self.errors(shape) * [1.0, -1.0]).astype(np.float32),
            confidence=self.confidence.astype(np.float32),
            steps=steps,
            spread=spread,
            curvature=curvature,
        )


class _Problem:
    """All pictures of a person, and the Gauss-Newton steps that lower the sum of their errors.

    Attributes:
        shape: D, the identity in the basis's directions.
        curvature: the normal matrix of the last step; its first D rows are the identity's.
    """

    def __init__(self, views: list[_View], precision: FloatArray, mean: FloatArray) -> None:
        self._views = views
        self._precision = precision
        self._mean = mean
        self.shape = mean.copy()
        self.curvature = precision

    def solve(self, most: int) -> int:
        """Step until the cost stops falling, `most` times at most; returns the number of steps."""
        for view in self._views:
            view.look()
        cost = self._cost(self.shape)
        steps = 0
        while steps < most:
            steps += 1
            change = self._step()
            reached = self._try(change, cost)
            if reached is None:
                break
            done = cost - reached < 1e-2 * cost
            if done:
                break
            for view in self._views:
                if steps >= 2:
                    view.doubt(self.shape)
                view.look()
            cost = self._cost(self.shape)
        return steps

    def _cost(self, shape: FloatArray) -> float:
        off = self._mean - shape
        return float((weighed(off, self._precision) * off).sum()) + sum(
            view.cost(shape) for view in self._views
        )

    def _step(self) -> FloatArray:
        count = len(self.shape)
        size = count + 59 * len(self._views)
        normal, gradient = np.zeros((size, size)), np.zeros(size)
        normal[:count, :count] = self._precision
        gradient[:count] = weighed(self._mean - self.shape, self._precision)
        current = np.zeros(size)
        bounded = np.zeros(size, np.bool_)
        for number, view in enumerate(self._views):
            own, slope = view.system(self.shape)
            first = count + 59 * number
            mine = slice(first, first + 59)
            normal[:count, :count] += own[:count, :count]
            normal[:count, mine] = own[:count, count:]
            normal[mine, :count] = own[count:, :count]
            normal[mine, mine] = own[count:, count:]
            gradient[:count] += slope[:count]
            gradient[mine] = slope[count:]
            current[first : first + 52] = view.expression
            bounded[first : first + 52] = True
        normal.ravel()[:: size + 1] += 1e-6
        self.curvature = normal
        return bounded_step(normal, gradient, current, bounded)

    def _try(self, change: FloatArray, cost: float) -> float | None:
        """Move by a change, or part of it, that lowers the cost; None when none does."""
        count = len(self.shape)
        # Far from the solution a full step may overshoot; half of it, or a quarter, does not.
        for shrink in (1.0, 0.5, 0.25, 0.1):
            part = change * shrink
            shape = self.shape + part[:count]
            places = [
                view.move(part[count + 59 * number : count + 59 * (number + 1)])
                for number, view in enumerate(self._views)
            ]
            reached = self._cost(shape)
            if reached < cost:
                self.shape = shape
                return reached
            for view, before in zip(self._views, places, strict=True):
                view.back(before)
        return None


def _first_pose(
    points: FloatArray, seen: FloatArray, depth: FloatArray, focal: float
) -> tuple[FloatArray, FloatArray]:
    """Rotation (3 x 3) and translation by similarity alignment (Umeyama 1991) of points of a head."""
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
