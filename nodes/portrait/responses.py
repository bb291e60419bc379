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
from numba import njit

from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray

#: Head levels that are tried; a change of one sign never needs the other's.
_LEVELS = {1: (0.35, 0.75, 1.2, 1.7, 2.4), -1: (-0.5, -1.1)}
#: A coefficient that answers by less than this is not visible to the landmarker.
BLIND = 0.12
#: How many times the asked value a level may be: brows answer weakly, a mouth breaks early, and lips
#: that part or a chin that rises are seen late. The first that fits counts.
_GAIN = {
    "brow": 5.0,
    "eyeSquint": 2.8,
    "eye": 2.0,
    "mouthUpperUp": 3.2,
    "mouthShrug": 3.0,
    "mouthLowerDown": 3.0,
    "mouthLeft": 2.6,
    "mouthRight": 2.6,
}
_USUAL_GAIN = 1.8
_STEPS = 8
#: How dear it is to leave the plain slider value, and to move what was not asked to move.
_HABIT = 0.03
_SPILL = 0.12

#: What a trial returns: the 52 coefficients seen when these 52 changes are made, and what else is
#: seen and wanted to be known, such as a turn.
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
_COUNTS = np.array([len(group) for group in GROUPS])
_MEMBERS = np.array([(group[0], group[-1]) for group in GROUPS])
_MOST_LEVELS = 1 + max(len(levels) for levels in _LEVELS.values())


class Responses:
    """The answers of one photograph, tried when they are first needed.

    Attributes:
        base: 52 or more, what is seen in the photograph itself.
    """

    def __init__(self, trial: Trial, base: FloatArray) -> None:
        self._trial = trial
        self.base = base
        self._curves: dict[tuple[int, int], tuple[FloatArray, FloatArray]] = {}
        shape = (len(GROUPS), 2, _MOST_LEVELS)
        self._levels = np.zeros(shape)
        self._lengths = np.zeros(shape[:2], np.int64)
        self._answers = np.zeros((*shape, len(base)))
        self._side = np.zeros(len(base), np.int8)
        self._side[:52] = SIDE
        self._lock = RLock()

    def curve(self, group: int, sign: int) -> tuple[FloatArray, FloatArray]:
        """Levels (L, from 0 outwards, positive) and the change seen at each (L x K).

        K is as many as `base`.

        The curve ends where the group's own answer is strongest: beyond, the face breaks.
        """
        with self._lock:
            found = self._curves.get((group, sign))
            if found is None:
                found = self._curves[group, sign] = self._tried(group, sign)
                levels, answers = found
                place = group, 0 if sign > 0 else 1
                self._levels[place][: len(levels)] = levels
                self._answers[place][: len(levels)] = answers
                self._lengths[place] = len(levels)
            return found

    def _tried(self, group: int, sign: int) -> tuple[FloatArray, FloatArray]:
        members = list(GROUPS[group])
        levels = [0.0]
        answers = [np.zeros(len(self.base), np.float32)]
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
        return np.clip(self.predicted(change)[:52], 0.0, 1.0).astype(np.float32)

    def visible(self, number: int, sign: int) -> bool:
        """Whether the landmarker sees anything of a coefficient at all."""
        _, answers = self.curve(_GROUP_OF[number], sign)
        return float((sign * answers[:, number]).max()) >= BLIND

    def limit(self, number: int, sign: int) -> float:
        """The largest useful level of a coefficient, positive."""
        return float(self.curve(_GROUP_OF[number], sign)[0][-1])

    def solve(
        self, asked: FloatArray, most: float = 2.0, offset: npt.NDArray[np.float64] | None = None
    ) -> FloatArray:
        """The 52 changes of the head that let the landmarker see its photograph changed by `asked`.

        Args:
            asked: 52 changes of what is seen; 0 asks for nothing.
            most: the largest level of any coefficient; above about 2 faces look unlike people.
            offset: 52, by how much what is seen differs from what the curves say, when it was looked
                at: coefficients that move together answer otherwise than one by one.

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
        target = np.clip(self.base[:52] + asked, 0.0, 1.0)
        weights = np.full(52, _SPILL)
        weights[rows] = 1.0
        beside = np.zeros(52) if offset is None else offset

        def misses(levels: npt.NDArray[np.float64]) -> tuple[float, Any, Any]:
            """Cost, misses and their derivatives by the levels."""
            change = result.copy()
            change[rows] = signs * levels
            seen, slopes = (found[:52] for found in self._answer_and_slopes(change))
            miss = np.concatenate([weights * (seen + beside - target), _HABIT * (levels - wanted)])
            slope = np.vstack([weights[:, None] * slopes[:, rows] * signs, _HABIT * np.eye(len(rows))])
            return float(miss @ miss), miss, slope

        # Levenberg's method with the levels kept in their range. Where nothing is seen yet there is no
        # slope to follow: it starts from what each coefficient alone would need, or from the asked.
        alone = [self._alone(n, s, w) for n, s, w in zip(rows.tolist(), signs, wanted, strict=True)]
        starts = [np.minimum(start, limits) for start in (wanted, np.array(alone))]
        levels, (cost, miss, slope) = min(
            ((start, misses(start)) for start in starts), key=lambda found: found[1][0]
        )
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

    def _alone(self, number: int, sign: float, wanted: float) -> float:
        """The first level at which a coefficient by itself is seen changed by `wanted`."""
        levels, answers = self.curve(_GROUP_OF[number], 1 if sign > 0 else -1)
        own = np.maximum.accumulate(sign * answers[:, number])
        last = int(np.argmax(own)) + 1
        return float(np.interp(wanted, own[:last], levels[:last]))

    def predicted(self, change: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """What the curves say will be seen after a change of 52, as many as `base`, not held to 0..1."""
        return self._answer_and_slopes(change.astype(np.float64))[0]

    def _answer_and_slopes(
        self, change: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """As many answers as `base`, and as many x 52 derivatives by the changes."""
        for number in np.nonzero(change)[0].tolist():
            self.curve(_GROUP_OF[number], 1 if change[number] > 0 else -1)
        with self._lock:
            seen, slopes = _summed(
                change, _MEMBERS, _COUNTS, self._side, self._levels, self._lengths, self._answers
            )
        return seen + self.base, slopes


def _gain(name: str) -> float:
    return next((gain for start, gain in _GAIN.items() if name.startswith(start)), _USUAL_GAIN)


@njit(cache=True)
def _summed(change, members, counts, side, levels, lengths, answers):  # type: ignore[no-untyped-def]
    """What all groups add (K), and its slopes by every coefficient (K x 52).

    Args:
        change: 52. members: G x 2 numbers, counts: G, how many of them. side: K.
        levels: G x 2 x L tried levels of every group and sign (+, -), lengths: how many.
        answers: G x 2 x L x K. Between levels answers are interpolated; beyond the last they are flat.
    """
    seen = np.zeros(len(side))
    slopes = np.zeros((len(side), 52))
    at_side = np.zeros(3)
    for group in range(len(counts)):
        count = counts[group]
        for which in range(2):
            sign = 1.0 if which == 0 else -1.0
            mean = 0.0
            for m in range(count):
                mean += max(sign * change[members[group, m]], 0.0) / count
            if mean <= 0.0:
                continue
            at_side[:] = mean
            if count > 1:
                for m in range(count):
                    number = members[group, m]
                    at_side[side[number]] = max(sign * change[number], 0.0)
            length = lengths[group, which]
            for k in range(len(side)):
                at = at_side[side[k]]
                place = 0
                while place < length - 2 and levels[group, which, place + 1] <= at:
                    place += 1
                low = levels[group, which, place]
                high = levels[group, which, place + 1]
                share = min(max((at - low) / (high - low), 0.0), 1.0)
                before = answers[group, which, place, k]
                rise = answers[group, which, place + 1, k] - before
                seen[k] += before + share * rise
                for m in range(count):
                    number = members[group, m]
                    # A level of 0 may grow either way; its slope counts for the sign it is asked in.
                    if sign * change[number] > 0.0:
                        part = 1.0
                        if count > 1 and side[k] == 0:
                            part = 1.0 / count
                        elif count > 1 and side[k] != side[number]:
                            part = 0.0
                        slopes[k, number] = sign * rise / (high - low) * part
    return seen, slopes
