"""Fitting splats to calibrated views: Adam on every parameter, coarse to fine, with density control.

Kerbl et al. 2023, "3D Gaussian Splatting", on the CPU: derivatives are analytic and compiled. New
splats go where the picture pulls hardest on the old ones, up to a fixed number; faint ones go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.gaussians.carving import middle_and_reach, start_points
from nodes.gaussians.compositing import composite
from nodes.gaussians.files.checking import logit, sigmoid
from nodes.gaussians.files.points import spacing
from nodes.gaussians.gradients import Gradients, gradients
from nodes.gaussians.harmonics import colour_to_harmonic
from nodes.gaussians.losses import photo_loss
from nodes.gaussians.merging import widened
from nodes.gaussians.projection import project_splats
from nodes.gaussians.quaternions import matrices, normalised
from nodes.gaussians.tiles import tile_lists
from nodes.gaussians.views import View, colour_and_alpha
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import FloatArray

#: Steps of Adam for a parameter, times the scene's reach for positions (Kerbl et al. 2023).
_RATES = {"positions": 4e-4, "scales": 8e-3, "rotations": 2e-3, "opacities": 4e-2, "harmonics": 6e-3}
_LAST_RATE = 0.02
#: Adam's rate for harmonics that change with the direction, times that of the plain colour.
HIGHER = 0.1
BETAS = (0.9, 0.999)
_DENSIFY_EVERY = 100
#: Splats fainter than this are taken away.
FAINT = 0.02
#: Most new splats at a time, as a share of those that are there.
GROWTH = 0.12
#: Splats above the second size, times the scene's reach, are taken away; above the first, split.
LARGE, HUGE = 0.01, 0.5
#: How many times smaller two splats are that one was split into, or doubled to.
SPLIT, DOUBLED = 1.6, 1.15


@dataclass(frozen=True)
class FitSettings:
    """How to fit.

    Attributes:
        steps: of Adam, a view each.
        most: number of splats at most.
        degree: of the harmonics, 0..3.
        coarse: the first steps see pictures this many times smaller.
        seed: of everything random.
    """

    steps: int = 3000
    most: int = 30_000
    degree: int = 1
    coarse: int = 4
    seed: int = 0


@dataclass(frozen=True, eq=False)
class _Level:
    """The views at one size: premultiplied colours, alpha, camera."""

    targets: list[tuple[FloatArray, FloatArray, Camera]]


class SplatFit:
    """A fit under way. `advance` goes on with it; `splats` is how it stands."""

    def __init__(self, views: Sequence[View], settings: FitSettings, start: Splats | None = None) -> None:
        self.settings = settings
        self.done = 0
        self.loss = 0.0
        self._random = np.random.default_rng(settings.seed)
        self._order: list[int] = []
        self._levels = {factor: _level(views, factor) for factor in _factors(settings)}
        _, self._reach = middle_and_reach(views)
        bands = (settings.degree + 1) ** 2
        if start is None:
            places, colours = start_points(views, max(settings.most // 2, 1))
            count = len(places)
            harmonics = widened(colour_to_harmonic(colours)[:, None], bands)
            self._parameters = {
                "positions": places,
                "scales": np.log(np.repeat(spacing(places)[:, None] * 0.8, 3, axis=1)),
                "rotations": np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
                "opacities": np.full((count, 1), logit(np.array([0.4]))[0], np.float32),
                "harmonics": np.ascontiguousarray(harmonics),
            }
        else:
            self._parameters = {
                "positions": start.positions.copy(),
                "scales": np.log(start.scales),
                "rotations": start.rotations.copy(),
                "opacities": logit(start.opacities)[:, None],
                "harmonics": np.ascontiguousarray(widened(start.harmonics, bands)).copy(),
            }
        self._parameters = {
            name: np.ascontiguousarray(values, np.float32) for name, values in self._parameters.items()
        }
        self._first = {name: np.zeros_like(values) for name, values in self._parameters.items()}
        self._second = {name: np.zeros_like(values) for name, values in self._parameters.items()}
        self._pull = np.zeros(len(self._parameters["positions"]), np.float32)
        self._seen = np.zeros_like(self._pull)

    @property
    def splats(self) -> Splats:
        """The splats as they stand."""
        now = self._parameters
        return Splats(
            now["positions"],
            np.exp(np.clip(now["scales"], -16, 4)),
            normalised(now["rotations"]),
            sigmoid(now["opacities"][:, 0]),
            now["harmonics"],
        )

    def state(self) -> dict[str, np.ndarray]:
        """All that it takes to go on later, as arrays by name."""
        order = json.dumps([self.done, self.loss, self._order, self._random.bit_generator.state])
        return {
            **{f"now_{name}": values for name, values in self._parameters.items()},
            **{f"first_{name}": values for name, values in self._first.items()},
            **{f"second_{name}": values for name, values in self._second.items()},
            "pull": self._pull,
            "seen": self._seen,
            "order": np.frombuffer(order.encode(), np.uint8),
        }

    def resume(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave for a fit of the same views and settings.

        Raises:
            ValueError: when it is of another fit, or damaged.
        """
        try:
            done, loss, order, random = json.loads(bytes(state["order"]))
            count = len(state["now_positions"])
            bands = (self.settings.degree + 1) ** 2
            shapes = {
                "positions": (count, 3), "scales": (count, 3), "rotations": (count, 4),
                "opacities": (count, 1), "harmonics": (count, bands, 3),
            }  # fmt: skip
            loaded = [
                {name: _checked(state[f"{kind}_{name}"], shape) for name, shape in shapes.items()}
                for kind in ("now", "first", "second")
            ]
            pull, seen = _checked(state["pull"], (count,)), _checked(state["seen"], (count,))
            self._random.bit_generator.state = random
            views = len(next(iter(self._levels.values())).targets)
            if not 0 <= done <= self.settings.steps or any(not 0 <= row < views for row in order):
                raise ValueError("other settings")
        except (KeyError, TypeError) as error:
            raise ValueError("a stored fit is damaged") from error
        self._parameters, self._first, self._second = loaded
        self._pull, self._seen = pull, seen
        self.done, self.loss, self._order = int(done), float(loss), list(order)

    def advance(self, steps: int, each: Callable[[SplatFit], None] = lambda fit: None) -> None:
        """Take up to `steps` more steps, calling `each` after every one."""
        for _ in range(min(steps, self.settings.steps - self.done)):
            self._step()
            each(self)

    def _next(self) -> tuple[int, int, FloatArray]:
        """What the next step looks at: how many times smaller, which view, before what background."""
        factor = _factor_at(self.settings, self.share)
        if not self._order:
            self._order = self._random.permutation(len(self._levels[factor].targets)).tolist()
        # A background that changes lets splats not stand in for it.
        return factor, self._order.pop(), self._random.random(3).astype(np.float32)

    @property
    def share(self) -> float:
        """How much of all steps is done, 0..1."""
        return self.done / self.settings.steps

    @property
    def _degree(self) -> int:
        """Of the harmonics that the next step uses."""
        return min(self.settings.degree, int(4 * self.share))

    def _rates(self) -> dict[str, float]:
        """Adam's rates for the next step, corrected for how young its means are."""
        time = self.done + 1
        correction = float(np.sqrt(1 - BETAS[1] ** time) / (1 - BETAS[0] ** time))
        fade = _LAST_RATE**self.share
        rates = {name: rate * correction * max(fade, 0.1) for name, rate in _RATES.items()}
        rates["positions"] = _RATES["positions"] * correction * self._reach * fade
        rates["opacities"] = _RATES["opacities"] * correction
        return rates

    def _step(self) -> None:
        factor, row, behind = self._next()
        colour, alpha, camera = self._levels[factor].targets[row]
        splats, degree = self.splats, self._degree
        projected = project_splats(splats, camera, degree=degree)
        lists = tile_lists(projected, camera.width, camera.height)
        picture = composite(projected.records, lists, camera.width, camera.height)
        shown = picture[0] + picture[1][..., None] * behind
        target = colour + (1 - alpha[..., None]) * behind
        self.loss, by_colour = photo_loss(shown, target)
        found = gradients(splats, camera, projected, lists, picture, by_colour, by_colour @ behind, degree)
        self._pull += found.screen * camera.width
        self._seen += projected.visible
        self._adam(found)
        self._count()

    def _count(self) -> None:
        """A step is done: every so many, splats come and go."""
        share = self.share
        self.done += 1
        if self.done % _DENSIFY_EVERY == 0 and 0.03 < share < 0.75:
            self._densify()

    def _adam(self, found: Gradients) -> None:
        by = {
            "positions": found.positions,
            "scales": found.scales,
            "rotations": found.rotations,
            "opacities": found.opacities[:, None],
            "harmonics": found.harmonics,
        }
        by_name = self._rates()
        for name, values in self._parameters.items():
            rates = np.full(values.shape[1:], by_name[name], np.float32)
            if name == "harmonics":
                rates[1:] *= HIGHER
            _adam(
                values.reshape(len(values), -1),
                by[name].reshape(len(values), -1),
                self._first[name].reshape(len(values), -1),
                self._second[name].reshape(len(values), -1),
                rates.ravel(),
            )

    def _densify(self) -> None:
        now = self._parameters
        kept = sigmoid(now["opacities"][:, 0]) > FAINT
        pull = np.where(kept, self._pull / np.maximum(self._seen, 1), 0)
        kept &= now["scales"].max(axis=1) < np.log(HUGE * self._reach)
        room = self.settings.most - int(kept.sum())
        more = min(room, int(GROWTH * kept.sum()))
        rows = np.zeros(0, np.int64)
        if more > 0:
            rows = np.argpartition(-pull, min(more, len(pull) - 1))[:more]
            rows = rows[kept[rows] & (pull[rows] > 0)]
        grown = {name: values[rows].copy() for name, values in now.items()}
        scale = np.exp(grown["scales"])
        offset = self._random.normal(size=scale.shape) * scale
        turn = matrices(normalised(grown["rotations"]))
        grown["positions"] += np.einsum("nij,nj->ni", turn, offset).astype(np.float32)
        # Two halves of a large splat are smaller than it; a small one is doubled.
        large = scale.max(axis=1) > LARGE * self._reach
        smaller = np.where(large, np.log(SPLIT), np.log(DOUBLED)).astype(np.float32)[:, None]
        grown["scales"] -= smaller
        now["scales"][rows] -= smaller
        for state in (self._first, self._second):
            for name, values in state.items():
                state[name] = np.concatenate([values[kept], np.zeros_like(values[rows])])
        for name, values in now.items():
            now[name] = np.ascontiguousarray(np.concatenate([values[kept], grown[name]]))
        self._pull = np.zeros(len(now["positions"]), np.float32)
        self._seen = np.zeros_like(self._pull)


def _checked(values: np.ndarray, shape: tuple[int, ...]) -> FloatArray:
    if values.shape != shape or values.dtype != np.float32 or not np.isfinite(values).all():
        raise ValueError("a stored fit is damaged")
    return np.ascontiguousarray(values).copy()


def _factors(settings: FitSettings) -> list[int]:
    factors = [1]
    while factors[-1] * 2 <= settings.coarse:
        factors.append(factors[-1] * 2)
    return factors[::-1]


def _factor_at(settings: FitSettings, share: float) -> int:
    """How many times smaller the pictures are after this share of the steps."""
    factors = _factors(settings)
    # The smaller sizes share the first 60 % of the steps.
    place = int(share / 0.6 * (len(factors) - 1)) if len(factors) > 1 else 0
    return factors[min(place, len(factors) - 1)]


def _level(views: Sequence[View], factor: int) -> _Level:
    import cv2

    targets = []
    for view in views:
        colour, alpha = colour_and_alpha(view.image)
        width, height = max(view.camera.width // factor, 1), max(view.camera.height // factor, 1)
        both = np.concatenate([colour, alpha[..., None]], axis=2)
        small = cv2.resize(both, (width, height), interpolation=cv2.INTER_AREA) if factor > 1 else both
        camera = view.camera.resized(width, height)
        targets.append((np.ascontiguousarray(small[..., :3]), np.ascontiguousarray(small[..., 3]), camera))
    return _Level(targets)


@njit(cache=True, fastmath=True, parallel=True)
def _adam(values, by, first, second, rates):  # type: ignore[no-untyped-def]
    keep, spare = np.float32(BETAS[0]), np.float32(1 - BETAS[0])
    keep2, spare2 = np.float32(BETAS[1]), np.float32(1 - BETAS[1])
    for i in prange(values.shape[0]):
        for k in range(values.shape[1]):
            gradient = by[i, k]
            mean = keep * first[i, k] + spare * gradient
            square = keep2 * second[i, k] + spare2 * gradient * gradient
            first[i, k] = mean
            second[i, k] = square
            values[i, k] -= rates[k] * mean / (np.sqrt(square) + np.float32(1e-15))
