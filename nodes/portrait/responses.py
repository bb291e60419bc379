"""What a landmarker sees when a fitted head moves, and which motion makes it see what was asked for.

A slider of 0.6 on a head model is not a measured 0.6 on a photograph: one face answers strongly,
another hardly. So every group of coefficients is tried on the photograph itself at a few levels,
the answers are kept as curves, and the curves are inverted by bounded least squares.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock

import numpy as np
import numpy.typing as npt

from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray

#: Head levels that are tried; a change of one sign never needs the other's.
_LEVELS = {1: (0.3, 0.6, 0.9, 1.3, 1.8, 2.4), -1: (-0.4, -0.8, -1.2)}
#: A coefficient that answers by less than this is not visible to the landmarker.
BLIND = 0.12
#: How many times the asked value a level may be: brows answer weakly, a mouth breaks early.
_GAIN = {"brow": 5.0, "eye": 2.0}
_USUAL_GAIN = 2.2
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
        seen = self.base.astype(np.float64).copy()
        for index, group in enumerate(GROUPS):
            values = change[list(group)]
            if not values.any():
                continue
            for sign in (1, -1):
                if not (sign * values > 0).any():
                    continue
                levels, answers = self.curve(index, sign)
                strength = np.maximum(sign * values, 0.0)
                by_side = np.full(3, strength.mean())
                if len(group) > 1:
                    by_side[SIDE[list(group)]] = strength
                at = by_side[SIDE]
                seen += _looked_up(levels, answers, at)
        return np.clip(seen, 0.0, 1.0)

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
        from scipy.optimize import least_squares

        result = asked.astype(np.float64).copy()
        moving = [
            n
            for n in np.nonzero(np.abs(asked) > 1e-6)[0].tolist()
            if self.visible(n, 1 if asked[n] > 0 else -1)
        ]
        if not moving:
            return result.astype(np.float32)
        rows = np.array(moving)
        signs = np.where(asked[rows] > 0, 1, -1)
        limits = np.array([min(self.limit(n, s), most) for n, s in zip(rows, signs, strict=True)])
        gains = np.array([_gain(ARKIT_NAMES[n]) for n in rows])
        limits = np.maximum(np.minimum(limits, gains * np.abs(asked[rows])), 2e-3)
        target = np.clip(self.base + asked, 0.0, 1.0)
        quiet = np.setdiff1d(np.arange(52), rows)

        def misses(levels: FloatArray) -> FloatArray:
            change = result.copy()
            change[rows] = signs * levels
            seen = self.answer(change)
            return np.concatenate(
                [
                    seen[rows] - target[rows],
                    _HABIT * (levels - np.abs(asked[rows])),
                    _SPILL * (seen[quiet] - target[quiet]),
                ]
            )

        start = np.clip(np.abs(asked[rows]), 1e-3, limits - 1e-3)
        found = least_squares(
            misses, start, bounds=(np.zeros(len(rows)), limits), max_nfev=25, diff_step=0.02
        )
        result[rows] = signs * found.x
        return result.astype(np.float32)


def _gain(name: str) -> float:
    return next((gain for start, gain in _GAIN.items() if name.startswith(start)), _USUAL_GAIN)


def _looked_up(levels: FloatArray, answers: FloatArray, at: FloatArray) -> FloatArray:
    """52 answers between tried levels, each at its own level; straight lines, flat beyond the last."""
    place = np.clip(np.searchsorted(levels, at, side="right") - 1, 0, len(levels) - 2)
    low, high = levels[place], levels[place + 1]
    share = np.clip((at - low) / (high - low), 0.0, 1.0)
    columns = np.arange(answers.shape[1])
    found: FloatArray = answers[place, columns] * (1.0 - share) + answers[place + 1, columns] * share
    return found
