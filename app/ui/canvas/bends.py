"""Dots: bends in a wire that keep a graph readable and change nothing in its result.

They are kept in `extra["bends"]` of the node that the wire ends at, by input; where an input takes
several wires, by input and source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.document.graph import Graph
from app.ui.canvas.wiring import Wire

ENTRY = "bends"
MAX_BENDS = 64

Point = tuple[float, float]


def bends_of(graph: Graph, wire: Wire) -> tuple[Point, ...]:
    """The points that a wire runs through, in order from its source."""
    instance = graph.nodes.get(wire.target)
    if instance is None or not instance.extra:
        return ()
    stored = instance.extra.get(ENTRY)
    if not isinstance(stored, Mapping):
        return ()
    return _points(stored.get(_key(graph, wire)))


def with_bends(graph: Graph, wire: Wire, points: tuple[Point, ...]) -> Graph:
    """Let a wire run through points."""
    instance = graph.nodes[wire.target]
    stored = instance.extra.get(ENTRY)
    entries: dict[str, Any] = dict(stored) if isinstance(stored, Mapping) else {}
    entries.pop(_key(graph, wire), None)
    if points:
        entries[_key(graph, wire)] = [[round(x, 1), round(y, 1)] for x, y in points[:MAX_BENDS]]
    extra = {key: entry for key, entry in instance.extra.items() if key != ENTRY}
    if entries:
        extra[ENTRY] = entries
    return graph.with_node(wire.target, replace(instance, extra=extra))


def _key(graph: Graph, wire: Wire) -> str:
    if len(graph.sources(wire.target, wire.input)) < 2:
        return wire.input
    return f"{wire.input} {wire.source.node}.{wire.source.output}"


def _points(stored: Any) -> tuple[Point, ...]:
    """Points as a file holds them; whatever is not a point is left out."""
    if not isinstance(stored, list | tuple):
        return ()
    points = []
    for entry in stored[:MAX_BENDS]:
        if isinstance(entry, list | tuple) and len(entry) == 2:
            x, y = entry
            if all(isinstance(part, int | float) and math.isfinite(part) for part in (x, y)):
                points.append((float(x), float(y)))
    return tuple(points)
