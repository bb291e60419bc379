"""What the gestures of the canvas do to a graph, as functions from graph to graph. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.document.graph import Backdrop, Graph, GraphError, NodeInstance, Port
from app.ui.canvas.wiring import Draft, Socket, Wire, connect, takes_many, targets_of, type_of
from nodes.sdk.node import NodeSpec
from nodes.sdk.registry import Registry


def add_node(
    graph: Graph, spec: NodeSpec, position: tuple[float, float], name: str = ""
) -> tuple[Graph, str]:
    """A graph with a new node of a kind, and the node's name."""
    name = graph.free_name(name or spec.id)
    instance = NodeInstance(spec.id, spec.version, x=position[0], y=position[1])
    return graph.with_node(name, instance), name


def add_wired(
    graph: Graph, registry: Registry, spec: NodeSpec, position: tuple[float, float], fixed: Socket
) -> tuple[Graph, str]:
    """A new node that is wired at once to the socket a draft hangs from.

    Raises:
        GraphError: when no socket of that kind fits.
    """
    socket = Draft.from_socket(graph, registry, fixed).accepts_kind(spec)
    if socket is None:
        raise GraphError(f"'{spec.title}' has no socket that fits")
    graph, name = add_node(graph, spec, position)
    if fixed.side == "output":
        return connect(graph, registry, Port(fixed.node, fixed.name), name, socket), name
    return connect(graph, registry, Port(name, socket), fixed.node, fixed.name), name


def pass_through(graph: Graph, registry: Registry, name: str) -> dict[str, Port]:
    """For each output of a node, the port that feeds its first wired input of the same type."""
    spec = registry.get(graph.nodes[name].kind)
    found: dict[str, Port] = {}
    if spec is None:
        return found
    for output in spec.outputs:
        for socket in spec.inputs:
            sources = graph.sources(name, socket.name)
            if socket.type_name == output.type_name and sources:
                found[output.name] = sources[0]
                break
    return found


def heal(graph: Graph, registry: Registry, names: Iterable[str]) -> Graph:
    """Join the wires over the gap that some nodes would leave; the nodes lose their outer wires."""
    for name in names:
        through = pass_through(graph, registry, name)
        for wire in targets_of(graph).get(name, []):
            many = takes_many(graph, registry, wire.target, wire.input)
            source = through.get(wire.source.output)
            if source is None:
                graph = graph.without_link(wire.source, wire.target, wire.input)
            elif many:
                graph = _replace_source(graph, wire, source)
            else:
                graph = graph.with_link(source, wire.target, wire.input)
        for input_name in list(graph.wires.get(name, {})):
            graph = graph.without_link(None, name, input_name)
    return graph


def _replace_source(graph: Graph, wire: Wire, source: Port) -> Graph:
    """Put another port in a wire's place, keeping the order of an input that takes many."""
    ports = dict.fromkeys(
        source if port == wire.source else port for port in graph.sources(wire.target, wire.input)
    )
    inputs = {**graph.wires[wire.target], wire.input: tuple(ports)}
    return replace(graph, wires={**graph.wires, wire.target: inputs})


def delete(graph: Graph, registry: Registry, names: Iterable[str], backdrops: Iterable[str] = ()) -> Graph:
    """Remove nodes and join the wires over the gaps; remove backdrops."""
    gone = [name for name in names if name in graph.nodes]
    graph = heal(graph, registry, gone).without_nodes(gone)
    removed = set(backdrops)
    if removed:
        rest = {name: entry for name, entry in graph.backdrops.items() if name not in removed}
        graph = replace(graph, backdrops=rest)
    return graph


def extract(graph: Graph, registry: Registry, names: list[str]) -> Graph:
    """Take nodes out of their outer wires, keep the wires among them, join the rest over the gap."""
    inner = [Wire(*link) for link in graph.links() if link[0].node in names and link[1] in names]
    healed = heal(graph, registry, names)
    for wire in inner:
        many = takes_many(healed, registry, wire.target, wire.input)
        healed = healed.with_link(wire.source, wire.target, wire.input, many=many)
    return healed


def insertion(graph: Graph, registry: Registry, name: str, wire: Wire) -> tuple[str, str] | None:
    """The input and the output by which a node fits into a wire, or None when it does not."""
    instance = graph.nodes.get(name)
    spec = registry.get(instance.kind) if instance else None
    if spec is None or name in (wire.source.node, wire.target):
        return None
    carried = type_of(graph, registry, Socket(wire.source.node, wire.source.output, "output"))
    wanted = type_of(graph, registry, Socket(wire.target, wire.input, "input"))
    free = [socket for socket in spec.inputs if not graph.sources(name, socket.name)]
    entry = next((socket.name for socket in free if socket.type_name == carried), None)
    leave = next((socket.name for socket in spec.outputs if socket.type_name == wanted), None)
    if entry is None or leave is None:
        return None
    try:
        insert(graph, registry, name, wire, (entry, leave))
    except GraphError:
        return None
    return entry, leave


def insert(graph: Graph, registry: Registry, name: str, wire: Wire, through: tuple[str, str]) -> Graph:
    """Put a node into a wire. Raises GraphError when that would close a cycle."""
    entry, leave = through
    many = takes_many(graph, registry, wire.target, wire.input)
    # Both ends are proved before the wire is replaced.
    graph.with_link(Port(name, leave), wire.target, wire.input, many=many)
    if many:
        graph = _replace_source(graph, wire, Port(name, leave))
    else:
        graph = graph.with_link(Port(name, leave), wire.target, wire.input)
    return graph.with_link(wire.source, name, entry)


def duplicate(
    graph: Graph,
    registry: Registry,
    names: list[str],
    *,
    with_inputs: bool,
    offset: tuple[float, float] = (40.0, 40.0),
) -> tuple[Graph, list[str]]:
    """Copies of nodes, wired among themselves; with their inputs also to what fed the originals."""
    renamed: dict[str, str] = {}
    result = graph
    for name in names:
        original = graph.nodes[name]
        copy = result.free_name(name)
        renamed[name] = copy
        moved = replace(original, x=original.x + offset[0], y=original.y + offset[1])
        result = result.with_node(copy, moved)
    for port, target, input_name in graph.links():
        if target not in renamed:
            continue
        source = Port(renamed[port.node], port.output) if port.node in renamed else port
        if port.node in renamed or with_inputs:
            many = takes_many(graph, registry, target, input_name)
            result = result.with_link(source, renamed[target], input_name, many=many)
    return result, list(renamed.values())


def swap_inputs(graph: Graph, registry: Registry, name: str) -> Graph:
    """Exchange what is wired to a node's first two inputs of one type."""
    spec = registry.get(graph.nodes[name].kind)
    for index, first in enumerate(spec.inputs if spec else ()):
        for second in spec.inputs[index + 1 :] if spec else ():
            if first.type_name == second.type_name and first.many == second.many:
                inputs = dict(graph.wires.get(name, {}))
                one, two = inputs.pop(first.name, ()), inputs.pop(second.name, ())
                inputs.update({key: ports for key, ports in ((first.name, two), (second.name, one)) if ports})
                return replace(graph, wires={**graph.wires, name: inputs})
    raise GraphError(f"'{name}' has no two inputs of one type")


def set_disabled(graph: Graph, names: Iterable[str], disabled: bool) -> Graph:
    """Let nodes pass their input through, or work again."""
    for name in names:
        graph = graph.with_node(name, replace(graph.nodes[name], disabled=disabled))
    return graph


def with_instance(graph: Graph, names: Iterable[str], **changes: str) -> Graph:
    """Change the label or the colour of nodes."""
    for name in names:
        graph = graph.with_node(name, replace(graph.nodes[name], **changes))  # type: ignore[arg-type]
    return graph


def cut(graph: Graph, wires: Iterable[Wire]) -> Graph:
    """Remove wires."""
    for wire in wires:
        graph = graph.without_link(wire.source, wire.target, wire.input)
    return graph


def with_backdrop(graph: Graph, name: str, backdrop: Backdrop) -> Graph:
    """Add a backdrop or replace the one of that name."""
    return replace(graph, backdrops={**graph.backdrops, name: backdrop})


def free_backdrop_name(graph: Graph) -> str:
    """A name that no backdrop has."""
    number = 1
    while f"backdrop_{number}" in graph.backdrops:
        number += 1
    return f"backdrop_{number}"


def moved(
    graph: Graph,
    positions: Mapping[str, tuple[float, float]],
    backdrops: Mapping[str, tuple[float, float]],
) -> Graph:
    """Move nodes and backdrops."""
    graph = graph.with_positions(positions)
    if backdrops:
        places = dict(graph.backdrops)
        for name, (x, y) in backdrops.items():
            places[name] = replace(places[name], x=x, y=y)
        graph = replace(graph, backdrops=places)
    return graph
