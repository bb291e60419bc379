"""Runs a fit with progress, and keeps the one that was stopped so that it can go on."""

from __future__ import annotations

from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from nodes.gaussians.fitting import FitSettings, SplatFit
from nodes.gaussians.views import read_views
from nodes.sdk import Context, NodeError
from nodes.sdk.values import Splats

_stopped: dict[tuple[Any, ...], SplatFit] = {}
_lock = RLock()


def fitted(
    views: str,
    turn: np.ndarray | None,
    start: Splats | None,
    numbers: tuple[int, int, int, int, int],
    leave_out: int,
    context: Context,
) -> Splats:
    """The splats after all steps.

    Args:
        views: path of the camera file. turn: its axes to ours, or None.
        numbers: steps, most splats, degree, coarse, seed.
        leave_out: every such view is not used; 0 uses all.

    Raises:
        Cancelled: when the run was; the fit is kept and goes on next time.
        NodeError: when fewer than two views are left.
    """
    steps, most, degree, coarse, seed = numbers
    key = (_state(views), None if turn is None else turn.tobytes(), id(start), numbers, leave_out)
    with _lock:
        fit = _stopped.pop(key, None)
    if fit is None:
        found = read_views(
            views, axes=turn, progress=lambda share, doing: context.progress(0.05 * share, doing)
        )
        if leave_out > 1:
            found = [view for number, view in enumerate(found) if number % leave_out]
        if len(found) < 2:
            raise NodeError("at least two views are needed", hint="Lower 'Leave out', or add pictures")
        context.progress(0.05, "carving outlines")
        fit = SplatFit(found, FitSettings(steps, most, degree, coarse, seed), start)

    def each(now: SplatFit) -> None:
        count = len(now.splats.positions) if now.done % 100 == 0 else 0
        words = f"step {now.done} of {steps}, loss {now.loss:.4f}" + (f", {count:,} splats" if count else "")
        context.progress(0.1 + 0.9 * now.done / steps, words)

    try:
        fit.advance(steps, each)
    except BaseException:
        with _lock:
            # One is enough, and it may be large.
            _stopped.clear()
            _stopped[key] = fit
        raise
    return fit.splats


def _state(views: str) -> tuple[str, int]:
    path = Path(views).expanduser()
    return views, path.stat().st_mtime_ns if path.is_file() else 0
