"""Nodes as text: a small `.graph`, so that it can be pasted into another document, a mail or a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from app.document.format import read_text, write_text
from app.document.graph import Backdrop, Graph, GraphError, NodeInstance, Port, Settings
from app.ui.canvas.wiring import Socket, takes_many, type_of, type_refusal
from nodes.sdk.errors import FacewrightError
from nodes.sdk.registry import Registry

#: Where a copy notes the wires that came from nodes that were not copied.
OUTSIDE = "outside_wires"
MAX_NODES = 20_000


def copied(graph: Graph, registry: Registry, names: Iterable[str], backdrops: Iterable[str] = ()) -> str:
    """Nodes and backdrops as text, the wires among them, and a note of the wires into them."""
    chosen = [name for name in graph.nodes if name in set(names)]
    framed = [name for name in graph.backdrops if name in set(backdrops)]
    part = Graph(
        nodes={name: graph.nodes[name] for name in chosen},
        backdrops={name: graph.backdrops[name] for name in framed},
        settings=Settings(),
    )
    outside: list[list[str]] = []
    for port, target, input_name in graph.links():
        if target not in part.nodes:
            continue
        if port.node in part.nodes:
            part = part.with_link(port, target, input_name, many=True)
        else:
            outside.append([f"{port.node}.{port.output}", f"{target}.{input_name}"])
    if outside:
        part = replace(part, extra={OUTSIDE: outside})
    return write_text(part, registry).decode("utf-8")


def pasted(
    graph: Graph,
    registry: Registry,
    text: str,
    position: tuple[float, float],
    *,
    with_inputs: bool,
) -> tuple[Graph, list[str], list[str]]:
    """A graph with copied nodes put at a position.

    Returns:
        The graph, the names of the new nodes, and of the new backdrops.

    Raises:
        GraphError: when the text holds no nodes.
    """
    if '"facewright.graph"' not in text[:4096]:
        raise GraphError("there are no nodes in the clipboard", hint="Copy some nodes first")
    try:
        part = read_text(text.encode("utf-8", "surrogatepass"), registry).graph
    except FacewrightError as error:
        raise GraphError(f"the clipboard cannot be pasted: {error.what}", hint=error.hint) from error
    if len(part.nodes) > MAX_NODES:
        raise GraphError(f"the clipboard holds {len(part.nodes):,} nodes, too many to paste")
    places: list[NodeInstance | Backdrop] = [*part.nodes.values(), *part.backdrops.values()]
    if not places:
        raise GraphError("there are no nodes in the clipboard", hint="Copy some nodes first")
    dx = position[0] - min(entry.x for entry in places)
    dy = position[1] - min(entry.y for entry in places)
    names: dict[str, str] = {}
    nodes = dict(graph.nodes)
    for name, instance in part.nodes.items():
        names[name] = replace(graph, nodes=nodes).free_name(name)
        nodes[names[name]] = replace(instance, x=instance.x + dx, y=instance.y + dy)
    result = replace(graph, nodes=nodes)
    for port, target, input_name in part.links():
        source = Port(names[port.node], port.output)
        result = result.with_link(source, names[target], input_name, many=True)
    if with_inputs:
        result = _wired_outside(result, registry, part.extra.get(OUTSIDE), names, graph)
    framed: list[str] = []
    backdrops = dict(result.backdrops)
    for backdrop in part.backdrops.values():
        number = 1
        while (new := f"backdrop_{number}") in backdrops:
            number += 1
        backdrops[new] = replace(backdrop, x=backdrop.x + dx, y=backdrop.y + dy)
        framed.append(new)
    return replace(result, backdrops=backdrops), list(names.values()), framed


def _wired_outside(
    graph: Graph, registry: Registry, noted: Any, names: dict[str, str], before: Graph
) -> Graph:
    """Wire pasted nodes to nodes that were there before, where those still fit."""
    for entry in noted if isinstance(noted, list) else ():
        if not (isinstance(entry, list) and len(entry) == 2 and all(isinstance(end, str) for end in entry)):
            continue
        node, _, output = entry[0].partition(".")
        target, _, input_name = entry[1].partition(".")
        if node not in before.nodes or target not in names:
            continue
        from_type = type_of(graph, registry, Socket(node, output, "output"))
        to_type = type_of(graph, registry, Socket(names[target], input_name, "input"))
        if from_type == to_type and type_refusal(registry, from_type, to_type) is None:
            many = takes_many(graph, registry, names[target], input_name)
            graph = graph.with_link(Port(node, output), names[target], input_name, many=many)
    return graph
