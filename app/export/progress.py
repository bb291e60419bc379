"""How far an export is, and how long it will still take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

#: The rate is taken over the latest frames: the first ones load models and say little.
_WINDOW = 32


@dataclass(frozen=True)
class ExportProgress:
    """A report on a running export.

    Attributes:
        done: frames that are finished, those of an earlier, stopped run included.
        total: frames in all.
        seconds_left: an estimate, or None as long as there is nothing to go by.
        doing: what happens now: "rendering" or "joining".
    """

    done: int
    total: int
    seconds_left: float | None
    doing: str = "rendering"

    @property
    def fraction(self) -> float:
        return self.done / max(self.total, 1)


OnProgress: TypeAlias = Callable[[ExportProgress], None]


class Clock:
    """Estimates the time left from how fast the latest frames came."""

    def __init__(self, total: int, now: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._now = now
        self._times: deque[float] = deque([now()], maxlen=_WINDOW + 1)

    def report(self, done: int) -> ExportProgress:
        """Note that one more frame is finished; `done` counts all of them."""
        self._times.append(self._now())
        took = (self._times[-1] - self._times[0]) / (len(self._times) - 1)
        return ExportProgress(done, self._total, took * (self._total - done))


def duration(seconds: float) -> str:
    """Seconds as a person says them: "8 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
