"""What a landmarker sees when a fitted head moves, and which motion makes it see what was asked for.

A slider of 0.6 on a head model is not a measured 0.6 on a photograph: one face answers strongly,
another hardly. So every group of coefficients is tried on the photograph itself at a few levels,
the answers are kept as curves, and the curves are inverted by bounded least squares (Levenberg 1944).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt

from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray

#: Head levels that are tried; a change of one sign never needs the other's.
_LEVELS = {1: (0.35, 0.75, 1.2, 1.7, 2.4), -1: (-0.5, -1.1)}
#: A coefficient that answers by less than this is not visible to the landmarker.
BLIND = 0.12
#: How many times the asked value a level may be: brows answer weakly, a mouth breaks early.
_GAIN = {"brow": 5.0, "eye": 2.0}
_USUAL_GAIN = 1.8
_STEPS = 8
#: How dear it is to leave the plain slider value, and to move what was not asked to move.
_HABIT = 0.03
_SPILL = 0.12

#: What a trial returns: the 52 coefficients seen when these 52 changes are made.
Trial = Callable[[FloatArray], FloatArray]


def _sides() -> tuple[tuple[tuple[int, ...], ...], npt.NDArray[np.int8]]:
    """Groups of coefficients that are tried together (left with right), and each one's side."""
    alone = ("mouthLeft", "mouthRight", "jawLeft", "jawRight")
    groups: dict[str, list[int]] = {}
    side = np.zeros(52, np.int8)
    for number, name in enumerate(ARKIT_NAMES):
        base = name
        if name not in alone and name.endswith(("Left", "Right")):
            side[number] = 1 if name.endswith("Left") else 2
            base = name.removesuffix("Left").removesuffix("Right")
        groups.setdefault(base, []).append(number)
    return tuple(tuple(group) for group in groups.values()), side


GROUPS, SIDE = _sides()
_GROUP_OF = {number: index for index, group in enumerate(GROUPS) for number in group}


class Responses:
    """The answers of one photograph, tried when they are first needed.

    Attributes:
        base: 52, what is seen in the photograph itself.
    """

    def __init__(self, trial: Trial, base: FloatArray) -> None:
        self._trial = trial
        self.base = base
        self._curves: dict[tuple[int, int], tuple[FloatArray, FloatArray]] = {}
        self._lock = RLock()

    def curve(self, group: int, sign: int) -> tuple[FloatArray, FloatArray]:
        """Levels (L, from 0 outwards, positive) and the change seen at each (L x 52).

        The curve ends where the group's own answer is strongest: beyond, the face breaks.
        """
        with self._lock:
            found = self._curves.get((group, sign))
            if found is None:
                found = self._curves[group, sign] = self._tried(group, sign)
            return found

    def _tried(self, group: int, sign: int) -> tuple[FloatArray, FloatArray]:
        members = list(GROUPS[group])
        levels = [0.0]
        answers = [np.zeros(52, np.float32)]
        for level in _LEVELS[sign]:
            change = np.zeros(52, np.float32)
            change[members] = level
            answers.append(self._trial(change) - self.base)
            levels.append(abs(level))
            own = [sign * float(answer[members].mean()) for answer in answers]
            if len(own) > 2 and own[-1] < own[-2] - 0.03:
                break
            if own[-1] > 0.9:
                break
        own = [sign * float(answer[members].mean()) for answer in answers]
        last = max(int(np.argmax(own)), 1) + 1
        if max(own) < BLIND:
            last = 2
        return np.array(levels[:last], np.float32), np.array(answers[:last], np.float32)

    def answer(self, change: npt.NDArray[np.floating]) -> FloatArray:
        """52, what will be seen after a change of 52 head coefficients, by the curves."""
        seen, _ = self._answer_and_slopes(change.astype(np.float64))
        return np.clip(seen, 0.0, 1.0).astype(np.float32)

    def visible(self, number: int, sign: int) -> bool:
        """Whether the landmarker sees anything of a coefficient at all."""
        _, answers = self.curve(_GROUP_OF[number], sign)
        return float((sign * answers[:, number]).max()) >= BLIND

    def limit(self, number: int, sign: int) -> float:
        """The largest useful level of a coefficient, positive."""
        return float(self.curve(_GROUP_OF[number], sign)[0][-1])

    def solve(self, asked: FloatArray, most: float = 2.0) -> FloatArray:
        """The 52 changes of the head that let the landmarker see its photograph changed by `asked`.

        Args:
            asked: 52 changes of what is seen; 0 asks for nothing.
            most: the largest level of any coefficient; above about 2 faces look unlike people.

        What the landmarker cannot see is handed on as it was asked for.
        """
        result = asked.astype(np.float64).copy()
        moving = [
            n
            for n in np.nonzero(np.abs(asked) > 1e-6)[0].tolist()
            if self.visible(n, 1 if asked[n] > 0 else -1)
        ]
        if not moving:
            return result.astype(np.float32)
        rows = np.array(moving)
        signs = np.where(asked[rows] > 0, 1.0, -1.0)
        limits = np.array([min(self.limit(n, int(s)), most) for n, s in zip(rows, signs, strict=True)])
        gains = np.array([_gain(ARKIT_NAMES[n]) for n in rows])
        wanted = np.abs(asked[rows]).astype(np.float64)
        limits = np.minimum(limits, gains * wanted)
        target = np.clip(self.base + asked, 0.0, 1.0)
        weights = np.full(52, _SPILL)
        weights[rows] = 1.0

        def misses(levels: npt.NDArray[np.float64]) -> tuple[float, Any, Any]:
            """Cost, misses and their derivatives by the levels."""
            change = result.copy()
            change[rows] = signs * levels
            seen, slopes = self._answer_and_slopes(change)
            miss = np.concatenate([weights * (seen - target), _HABIT * (levels - wanted)])
            slope = np.vstack([weights[:, None] * slopes[:, rows] * signs, _HABIT * np.eye(len(rows))])
            return float(miss @ miss), miss, slope

        # Levenberg's method with the levels kept in their range.
        levels = np.minimum(wanted, limits)
        cost, miss, slope = misses(levels)
        damping = 1e-3
        for _ in range(_STEPS):
            system = slope.T @ slope
            step = np.linalg.solve(system + damping * np.eye(len(rows)), slope.T @ miss)
            tried = np.clip(levels - step, 0.0, limits)
            new = misses(tried)
            if new[0] < cost:
                done = cost - new[0] < 1e-6
                levels, (cost, miss, slope), damping = tried, new, damping * 0.3
                if done:
                    break
            else:
                damping *= 6.0
        result[rows] = signs * levels
        return result.astype(np.float32)

    def _answer_and_slopes(
        self, change: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """52 answers, and 52 x 52 derivatives by the changes."""
        seen = self.base.astype(np.float64).copy()
        slopes = np.zeros((52, 52))
        for index, group in enumerate(GROUPS):
            members = list(group)
            values = change[members]
            if not values.any():
                continue
            for sign in (1, -1):
                strength = np.maximum(sign * values, 0.0)
                if not strength.any():
                    continue
                levels, answers = self.curve(index, sign)
                by_side = np.full(3, strength.mean())
                if len(members) > 1:
                    by_side[SIDE[members]] = strength
                found, slope = _looked_up(levels, answers, by_side[SIDE])
                seen += found
                for member, value in zip(members, values, strict=True):
                    # A level of 0 may grow either way; its slope counts for the sign it is asked in.
                    if sign * value > 0.0:
                        share = 1.0 / len(members)
                        side = np.where(SIDE == 0, share, np.equal(SIDE, SIDE[member]).astype(np.float64))
                        slopes[:, member] = sign * slope * (1.0 if len(members) == 1 else side)
        return seen, slopes


def _gain(name: str) -> float:
    return next((gain for start, gain in _GAIN.items() if name.startswith(start)), _USUAL_GAIN)


def _looked_up(
    levels: FloatArray, answers: FloatArray, at: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """52 answers between tried levels, each at its own level, and their slopes; flat beyond the last."""
    place = np.clip(np.searchsorted(levels, at, side="right") - 1, 0, len(levels) - 2)
    low, high = levels[place], levels[place + 1]
    share = np.clip((at - low) / (high - low), 0.0, 1.0)
    columns = np.arange(answers.shape[1])
    before, after = answers[place, columns], answers[place + 1, columns]
    return before + share * (after - before), (after - before) / (high - low)
