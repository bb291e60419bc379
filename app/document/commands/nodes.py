"""Adding, removing and labelling nodes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.document.commands.wires import heal
from app.document.graph import Graph, GraphError, NodeInstance
from nodes.sdk.registry import Registry

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def add_node(
    graph: Graph, registry: Registry, kind: str, at: tuple[float, float] = (0.0, 0.0), name: str = ""
) -> tuple[Graph, str]:
    """A new node of a kind.

    Args:
        at: its position on the canvas.
        name: the wanted name; the kind when empty. A number is added when it is taken.

    Returns:
        The graph and the node's name.

    Raises:
        GraphError: when there is no such kind of node, or the name is not allowed.
    """
    spec = registry.get(kind)
    if spec is None:
        raise GraphError(f"there is no kind of node '{kind}'", hint="Is the package it comes from installed?")
    free = graph.free_name(name or kind)
    return graph.with_node(free, NodeInstance(kind, spec.version, x=at[0], y=at[1])), free


def delete_nodes(graph: Graph, registry: Registry, names: Iterable[str], *, join: bool = True) -> Graph:
    """Remove nodes; with `join`, what fed them is wired to what they fed where the types allow it."""
    gone = frozenset(names) & frozenset(graph.nodes)
    if not gone:
        return graph
    return (heal(graph, registry, gone) if join else graph).without_nodes(gone)


def rename_node(graph: Graph, old: str, new: str) -> Graph:
    """Give a node another name. Raises GraphError when it is taken or not allowed."""
    return graph if new == old else graph.renamed(old, new.strip())


def move_nodes(graph: Graph, positions: Mapping[str, tuple[float, float]]) -> Graph:
    """Put nodes at positions. Raises GraphError when one is no number."""
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in positions.values()):
        raise GraphError("a position must be two numbers")
    moved = {name: at for name, at in positions.items() if _at(graph, name) != tuple(at)}
    return graph.with_positions(moved) if moved else graph


def set_disabled(graph: Graph, names: Iterable[str], disabled: bool) -> Graph:
    """Let nodes pass their input through, or work again."""
    return _changed(graph, {name: replace(_instance(graph, name), disabled=disabled) for name in names})


def toggle_disabled(graph: Graph, names: Iterable[str]) -> Graph:
    """Disable nodes when any of them works, else let all work again."""
    chosen = list(names)
    return set_disabled(graph, chosen, any(not _instance(graph, name).disabled for name in chosen))


def set_label(graph: Graph, names: Iterable[str], label: str) -> Graph:
    """Put a remark under the titles of nodes."""
    return _changed(graph, {name: replace(_instance(graph, name), label=label) for name in names})


def set_colour(graph: Graph, names: Iterable[str], colour: str) -> Graph:
    """Colour nodes. Raises GraphError unless it is "#rrggbb" or empty."""
    if colour and not _COLOUR.fullmatch(colour):
        raise GraphError(f"'{colour}' is no colour", hint="Write it as #rrggbb")
    return _changed(graph, {name: replace(_instance(graph, name), colour=colour) for name in names})


def _instance(graph: Graph, name: str) -> NodeInstance:
    found = graph.nodes.get(name)
    if found is None:
        raise GraphError(f"there is no node '{name}'")
    return found


def _at(graph: Graph, name: str) -> tuple[float, float]:
    found = _instance(graph, name)
    return found.x, found.y


def _changed(graph: Graph, instances: Mapping[str, NodeInstance]) -> Graph:
    return replace(graph, nodes={**graph.nodes, **instances}) if instances else graph
