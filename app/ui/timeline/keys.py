"""Where the keys of nodes are."""

from __future__ import annotations

from collections.abc import Iterable

from app.document.curve import Curve
from app.document.graph import Graph


def key_frames(graph: Graph, names: Iterable[str]) -> list[float]:
    """The frames at which any parameter of these nodes has a key, in order."""
    frames: set[float] = set()
    for name in names:
        instance = graph.nodes.get(name)
        for setting in instance.parameters.values() if instance else ():
            if isinstance(setting, Curve):
                frames.update(key.frame for key in setting.keys)
    return sorted(frames)


def neighbour(frames: Iterable[float], frame: float, direction: int) -> float | None:
    """The nearest of `frames` after (direction 1) or before (-1) a frame."""
    if direction > 0:
        return min((item for item in frames if item > frame), default=None)
    return max((item for item in frames if item < frame), default=None)
