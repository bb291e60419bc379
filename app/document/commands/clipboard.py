"""Copying: nodes as text that any document, editor or message can carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.document.format import read_text, write_text
from app.document.graph import Graph, GraphError, Port
from app.document.migrations import FORMAT
from app.document.subgraph import require_room
from app.document.wiring import wire_problem
from app.document.writer import flatten_wires
from nodes.sdk.errors import FileProblem
from nodes.sdk.registry import Registry

#: Top-level entry of copied text: wires into the copied nodes from nodes that were not copied.
_INPUTS = "inputs"
#: What earlier versions called it.
_OLD_INPUTS = "outside_wires"


def copy_text(graph: Graph, registry: Registry, names: Iterable[str], backdrops: Iterable[str] = ()) -> str:
    """Nodes, their wires and some backdrops as the text of a small `.graph` file."""
    chosen = dict.fromkeys(name for name in names if name in graph.nodes)
    inner = graph.without_nodes(name for name in graph.nodes if name not in chosen)
    outer = [wire for wire in flatten_wires(graph, chosen) if wire[0].partition(".")[0] not in chosen]
    taken = frozenset(backdrops)
    piece = Graph(
        inner.nodes,
        inner.wires,
        {name: entry for name, entry in graph.backdrops.items() if name in taken},
        extra={_INPUTS: outer} if outer else {},
    )
    return write_text(piece, registry).decode("utf-8")


def paste_text(
    graph: Graph,
    registry: Registry,
    text: str,
    at: tuple[float, float] | None = None,
    *,
    with_inputs: bool = False,
) -> tuple[Graph, list[str]]:
    """Add the nodes of copied text, or of a whole `.graph` file's text.

    Args:
        at: where their top left corner goes; None moves them a little from where they were.
        with_inputs: also wire them to what fed the originals, where nodes of those names are here.

    Returns:
        The graph and the names of the new nodes.

    Raises:
        GraphError: when the text holds no nodes.
    """
    nothing = GraphError("there are no nodes in the clipboard", hint="Copy some nodes first")
    if f'"{FORMAT}"' not in text[:4096]:
        raise nothing
    try:
        piece = read_text(text.encode("utf-8", "replace"), registry).graph
    except FileProblem as error:
        raise GraphError(f"the clipboard cannot be pasted: {error.what}", hint=error.hint) from None
    if not piece.nodes and not piece.backdrops:
        raise nothing
    dx, dy = _offset(piece, at)
    graph, renamed = _added(graph, piece, (dx, dy))
    require_room(graph)
    if with_inputs:
        graph = _with_inputs(graph, registry, piece.extra.get(_INPUTS, piece.extra.get(_OLD_INPUTS)), renamed)
    return graph, list(renamed.values())


def duplicate(
    graph: Graph,
    registry: Registry,
    names: Iterable[str],
    *,
    offset: tuple[float, float] = (40.0, 40.0),
    with_inputs: bool = False,
) -> tuple[Graph, dict[str, str]]:
    """Copies of nodes, wired among themselves.

    Args:
        with_inputs: also wire the copies to what feeds the originals.

    Returns:
        The graph, and the copies' names by those of their originals.
    """
    chosen = dict.fromkeys(name for name in names if name in graph.nodes)
    piece = replace(graph.without_nodes(name for name in graph.nodes if name not in chosen), backdrops={})
    outer = flatten_wires(graph, chosen)
    graph, renamed = _added(graph, piece, offset)
    require_room(graph)
    if with_inputs:
        outer = [wire for wire in outer if wire[0].partition(".")[0] not in chosen]
        graph = _with_inputs(graph, registry, outer, renamed)
    return graph, renamed


def _offset(piece: Graph, at: tuple[float, float] | None) -> tuple[float, float]:
    if at is None:
        return 40.0, 40.0
    places = [(node.x, node.y) for node in piece.nodes.values()]
    places += [(backdrop.x, backdrop.y) for backdrop in piece.backdrops.values()]
    return at[0] - min(x for x, _ in places), at[1] - min(y for _, y in places)


def _added(graph: Graph, piece: Graph, offset: tuple[float, float]) -> tuple[Graph, dict[str, str]]:
    """The graph with the nodes, wires and backdrops of a piece, under free names."""
    renamed: dict[str, str] = {}
    for name, instance in piece.nodes.items():
        renamed[name] = graph.free_name(name)
        moved = replace(instance, x=instance.x + offset[0], y=instance.y + offset[1])
        graph = graph.with_node(renamed[name], moved)
    wires = {
        renamed[target]: {
            input_name: tuple(Port(renamed[port.node], port.output) for port in ports)
            for input_name, ports in inputs.items()
        }
        for target, inputs in piece.wires.items()
    }
    backdrops = dict(graph.backdrops)
    for backdrop in piece.backdrops.values():
        number = 1
        while f"backdrop_{number}" in backdrops:
            number += 1
        backdrops[f"backdrop_{number}"] = replace(
            backdrop, x=backdrop.x + offset[0], y=backdrop.y + offset[1]
        )
    return replace(graph, wires={**graph.wires, **wires}, backdrops=backdrops), renamed


def _with_inputs(graph: Graph, registry: Registry, wires: object, renamed: dict[str, str]) -> Graph:
    """Wire copies to what fed their originals; what does not fit here is left out."""
    if not isinstance(wires, list):
        return graph
    for wire in wires:
        if not (isinstance(wire, list) and len(wire) == 2 and all(isinstance(end, str) for end in wire)):
            continue
        source_node, _, output = wire[0].partition(".")
        original, _, input_name = wire[1].partition(".")
        target = renamed.get(original)
        source = Port(source_node, output)
        if target is None or source_node not in graph.nodes:
            continue
        before = graph.sources(target, input_name)
        if wire_problem(graph.nodes, registry, source, target, input_name, taken=bool(before)) is None:
            graph = graph.with_link(source, target, input_name, many=True)
    return graph
