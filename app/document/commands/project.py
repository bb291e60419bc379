"""Backdrops, settings and markers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.document.consent import MAX_RECORDS, Consent
from app.document.graph import Backdrop, Graph, GraphError, Settings
from app.document.reader import MAX_FRAME, MAX_RATE


def add_backdrop(
    graph: Graph,
    title: str,
    at: tuple[float, float],
    size: tuple[float, float],
    colour: str = Backdrop.colour,
) -> tuple[Graph, str]:
    """Put a labelled rectangle behind nodes.

    Returns:
        The graph and the backdrop's name.
    """
    number = 1
    while f"backdrop_{number}" in graph.backdrops:
        number += 1
    name = f"backdrop_{number}"
    backdrop = Backdrop(title, *at, *size, colour)
    return replace(graph, backdrops={**graph.backdrops, name: backdrop}), name


def set_backdrop(graph: Graph, name: str, **changes: Any) -> Graph:
    """Change a backdrop's title, x, y, width, height or colour."""
    if name not in graph.backdrops:
        raise GraphError(f"there is no backdrop '{name}'")
    return replace(graph, backdrops={**graph.backdrops, name: replace(graph.backdrops[name], **changes)})


def move_backdrops(graph: Graph, positions: Mapping[str, tuple[float, float]]) -> Graph:
    """Put the top left corners of backdrops at positions."""
    for name, (x, y) in positions.items():
        graph = set_backdrop(graph, name, x=x, y=y)
    return graph


def remove_backdrops(graph: Graph, names: Iterable[str]) -> Graph:
    """Remove backdrops; the nodes on them stay."""
    gone = frozenset(names) & frozenset(graph.backdrops)
    if not gone:
        return graph
    rest = {name: entry for name, entry in graph.backdrops.items() if name not in gone}
    return replace(graph, backdrops=rest)


def set_settings(
    graph: Graph,
    *,
    fps: float | None = None,
    first: int | None = None,
    last: int | None = None,
) -> Graph:
    """Change what concerns the whole project; None leaves as it is.

    Raises:
        GraphError: when the rate is not above 0 and at most MAX_RATE, or the range is empty or
            lies outside +-MAX_FRAME.
    """
    given = {"fps": fps, "first": first, "last": last}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings: Settings = replace(graph.settings, **changes)
    if not (math.isfinite(settings.fps) and 0 < settings.fps <= MAX_RATE):
        raise GraphError(
            f"{settings.fps:g} frames a second is not possible", hint=f"From above 0 to {MAX_RATE}"
        )
    if not -MAX_FRAME <= settings.first <= settings.last <= MAX_FRAME:
        raise GraphError(f"frames {settings.first} to {settings.last} are no range")
    return graph if settings == graph.settings else replace(graph, settings=settings)


def set_consent(graph: Graph, records: Iterable[Consent]) -> Graph:
    """Replace what is written down about consent; records that say nothing are left out.

    Raises:
        GraphError: when there are too many, or a record holds what the file could not.
    """
    kept = tuple(record for record in records if not record.is_empty)
    if len(kept) > MAX_RECORDS:
        raise GraphError(f"there are {len(kept)} records of consent", hint=f"At most {MAX_RECORDS}")
    for record in kept:
        problem = record.problem()
        if problem:
            raise GraphError(f"the consent of {record.person or 'a person'} cannot be kept: {problem}")
    if kept == graph.settings.consent:
        return graph
    return replace(graph, settings=replace(graph.settings, consent=kept))


def set_marker(graph: Graph, frame: int, words: str) -> Graph:
    """Put a marker on the timeline, or change the words of the one there."""
    others = [marker for marker in graph.settings.markers if marker[0] != frame]
    markers = tuple(sorted([*others, (frame, words)]))
    return replace(graph, settings=replace(graph.settings, markers=markers))


def remove_marker(graph: Graph, frame: int) -> Graph:
    """Remove the marker at a frame."""
    markers = tuple(marker for marker in graph.settings.markers if marker[0] != frame)
    if markers == graph.settings.markers:
        return graph
    return replace(graph, settings=replace(graph.settings, markers=markers))
