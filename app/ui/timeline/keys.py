"""The keys of nodes, and edits of several at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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


def with_keys_moved(graph: Graph, names: Iterable[str], start: float, end: float) -> Graph:
    """Move every key of these nodes at frame `start` to `end`; a key already there gives way."""
    if start == end:
        return graph
    for name in names:
        for parameter, setting in graph.nodes[name].parameters.items():
            if not isinstance(setting, Curve):
                continue
            moved = next((key for key in setting.keys if key.frame == start), None)
            if moved is not None:
                rest = setting.without_key(start)
                key = replace(moved, frame=end)
                graph = graph.with_parameter(name, parameter, rest.with_key(key) if rest else Curve((key,)))
    return graph


def without_keys(graph: Graph, names: Iterable[str], frame: float) -> Graph:
    """Remove every key of these nodes at a frame; a curve left empty keeps its last value."""
    for name in names:
        for parameter, setting in graph.nodes[name].parameters.items():
            if isinstance(setting, Curve) and any(key.frame == frame for key in setting.keys):
                rest = setting.without_key(frame)
                graph = graph.with_parameter(name, parameter, rest or setting.at(frame))
    return graph


def neighbour(frames: Iterable[float], frame: float, direction: int) -> float | None:
    """The nearest of `frames` after (direction 1) or before (-1) a frame."""
    if direction > 0:
        return min((item for item in frames if item > frame), default=None)
    return max((item for item in frames if item < frame), default=None)
