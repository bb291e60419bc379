"""How long something takes, and how to let a window catch up."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any


def taken(work: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each of several runs, after one that does not count."""
    work()
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - started))
    return found


def usual_milliseconds(work: Callable[[], object], times: int = 9) -> float:
    """The median of several runs."""
    return statistics.median(taken(work, times))


def best_milliseconds(work: Callable[[], object], times: int = 15) -> float:
    """The fastest of several runs."""
    return min(taken(work, times))


def settle(application: Any) -> None:
    """Let the window do what is due."""
    for _ in range(5):
        application.processEvents()


def wait_until(application: Any, reached: Callable[[], bool], seconds: float = 60.0) -> None:
    """Let the window work until something is reached. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError("the compute process did not answer")
        application.processEvents()
        time.sleep(0.0005)
