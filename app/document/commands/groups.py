"""Subgraphs: making them of nodes, taking them apart, and what they show of their inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.document.commands.parameters import parameter_spec
from app.document.graph import INLET, OUTLET, SUBGRAPH, Graph, GraphError, NodeInstance, Owner, Port
from app.document.subgraph import (
    END_TYPE,
    INLET_OUTPUT,
    OUTLET_INPUT,
    edited_at,
    ends,
    inner_at,
    promoted,
    require_room,
    with_inner_at,
)
from app.document.wiring import downstream_of, known_spec, upstream_of
from nodes.sdk.registry import Registry

#: Of nodes that feed nothing at all, so many show their output outside.
MOST_LOOSE = 16
#: How far left and right of the nodes the ends stand, and how far apart.
END_GAP, END_STEP = 260.0, 90.0


def group_nodes(
    graph: Graph, registry: Registry, names: Iterable[str], name: str = "group"
) -> tuple[Graph, str]:
    """Put nodes into a new subgraph in their place. Its results are those of the nodes.

    Each output outside that feeds them becomes one input, each of their outputs that feeds others
    one output.

    Returns:
        The graph and the subgraph's name.

    Raises:
        GraphError: when there are none, a node between them would stay outside, or subgraphs would
            be nested too deeply.
    """
    wanted = set(names)
    chosen = [
        each for each, node in graph.nodes.items() if each in wanted and node.kind not in (INLET, OUTLET)
    ]
    if not chosen:
        raise GraphError("there are no nodes to group", hint="Select some first")
    between = (downstream_of(graph, chosen) & upstream_of(graph, chosen)) - set(chosen)
    if between:
        listed = ", ".join(f"'{each}'" for each in sorted(between)[:4])
        raise GraphError("a node between them would stay outside", hint=f"Select {listed} too")
    free = graph.free_name(name)
    piece = _Piece(graph, registry, chosen)
    rest = graph.without_nodes(chosen)
    left, top = min(graph.nodes[each].x for each in chosen), min(graph.nodes[each].y for each in chosen)
    node = NodeInstance(SUBGRAPH, x=left, y=top, inner=piece.inner)
    made = replace(rest.with_node(free, node), wires=piece.outer_wires(rest, free))
    require_room(made)
    return made, free


@dataclass
class _Piece:
    """The inside of a subgraph while it is made of nodes of a graph."""

    graph: Graph
    registry: Registry
    chosen: list[str]
    inner: Graph = field(init=False)
    inlets: dict[Port, str] = field(default_factory=dict)
    outlets: dict[Port, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chosen = set(self.chosen)
        self._nodes = {name: self.graph.nodes[name] for name in self.chosen}
        nodes = [self.graph.nodes[name] for name in self.chosen]
        self._left = min(node.x for node in nodes) - END_GAP
        self._right = max(node.x for node in nodes) + END_GAP
        self._top = min(node.y for node in nodes)
        wires: dict[str, Mapping[str, tuple[Port, ...]]] = {}
        for target in self.chosen:
            inputs = {
                key: tuple(
                    port if port.node in chosen else Port(self._inlet(port, target, key), INLET_OUTPUT)
                    for port in ports
                )
                for key, ports in self.graph.wires.get(target, {}).items()
            }
            if inputs:
                wires[target] = inputs
        for port in self._given(chosen):
            wires[self._outlet(port)] = {OUTLET_INPUT: (port,)}
        self.inner = Graph(self._nodes, wires)

    def _given(self, chosen: set[str]) -> list[Port]:
        """Outputs of the nodes that feed others outside; without any, of those that feed nothing."""
        links = list(self.graph.links())
        feeding = {port.node for port, _, _ in links}
        given = [port for port, target, _ in links if port.node in chosen and target not in chosen]
        for name in () if given else self.chosen[-MOST_LOOSE:]:
            spec = known_spec(self.graph.nodes[name], self.registry)
            if name not in feeding and spec is not None and spec.outputs:
                given.append(Port(name, spec.outputs[0].name))
        return list(dict.fromkeys(given))

    def _inlet(self, port: Port, target: str, input_name: str) -> str:
        if port not in self.inlets:
            spec = known_spec(self.graph.nodes[target], self.registry)
            socket = spec.input(input_name) if spec else None
            carried = socket.type_name if socket else ""
            place = (self._left, self._top + END_STEP * len(self.inlets))
            self.inlets[port] = self._end(INLET, input_name, carried, place)
        return self.inlets[port]

    def _outlet(self, port: Port) -> str:
        spec = known_spec(self.graph.nodes[port.node], self.registry)
        socket = spec.output(port.output) if spec else None
        carried = socket.type_name if socket else ""
        wanted = _spoken(carried) if port.output == INLET_OUTPUT and carried else port.output
        place = (self._right, self._top + END_STEP * len(self.outlets))
        self.outlets[port] = name = self._end(OUTLET, wanted, carried, place)
        return name

    def _end(self, kind: str, wanted: str, carried: str, place: tuple[float, float]) -> str:
        name = Graph(self._nodes).free_name(wanted)
        self._nodes[name] = _end(kind, carried, place)
        return name

    def outer_wires(self, rest: Graph, name: str) -> dict[str, Mapping[str, tuple[Port, ...]]]:
        """The wires of the graph without the nodes, joined to the subgraph."""
        chosen = set(self.chosen)
        wires: dict[str, Mapping[str, tuple[Port, ...]]] = {}
        for target, inputs in self.graph.wires.items():
            if target in rest.nodes:
                wires[target] = {
                    key: tuple(Port(name, self.outlets[p]) if p.node in chosen else p for p in ports)
                    for key, ports in inputs.items()
                }
        if self.inlets:
            wires[name] = {inlet: (port,) for port, inlet in self.inlets.items()}
        return wires


def _spoken(type_name: str) -> str:
    """A type as a name: HeadState is head_state."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower()


def _with_end(
    inner: Graph, kind: str, wanted: str, carried: str, place: tuple[float, float]
) -> tuple[Graph, str]:
    name = inner.free_name(wanted)
    return inner.with_node(name, _end(kind, carried, place)), name


def _end(kind: str, carried: str, place: tuple[float, float]) -> NodeInstance:
    return NodeInstance(kind, parameters={END_TYPE: carried}, x=place[0], y=place[1])


def ungroup(graph: Graph, name: str) -> tuple[Graph, list[str]]:
    """Put the nodes of a subgraph in its place. What is promoted is theirs already.

    Returns:
        The graph and the names of the nodes.

    Raises:
        GraphError: when it is no subgraph.
    """
    node = graph.nodes.get(name)
    if node is None or node.inner is None:
        raise GraphError(f"'{name}' is no subgraph")
    inner = node.inner
    kept = [each for each, entry in inner.nodes.items() if entry.kind not in (INLET, OUTLET)]
    left = min((inner.nodes[each].x for each in kept), default=0.0)
    top = min((inner.nodes[each].y for each in kept), default=0.0)
    result = graph.without_nodes([name])
    renamed: dict[str, str] = {}
    for each in kept:
        entry = inner.nodes[each]
        renamed[each] = result.free_name(each)
        # The very same object where nothing changes, so that whoever follows it finds it again.
        at = (node.x + entry.x - left, node.y + entry.y - top)
        same = at == (entry.x, entry.y) and not node.disabled
        moved = replace(entry, x=at[0], y=at[1], disabled=entry.disabled or node.disabled)
        result = result.with_node(renamed[each], entry if same else moved)
    sources = {
        inlet: tuple(Port(*port) for port in graph.sources(name, inlet)) for inlet in ends(inner, INLET)
    }

    def outside(ports: Iterable[Port]) -> tuple[Port, ...]:
        found: list[Port] = []
        for port in ports:
            if port.node in renamed:
                found.append(Port(renamed[port.node], port.output))
            else:
                found += sources.get(port.node, ())
        return tuple(found)

    wires = dict(result.wires)
    for target in kept:
        inputs = {key: fed for key, ports in inner.wires.get(target, {}).items() if (fed := outside(ports))}
        if inputs:
            wires[renamed[target]] = inputs
    given = {outlet: outside(inner.sources(outlet, OUTLET_INPUT)) for outlet in ends(inner, OUTLET)}
    for target, before in graph.wires.items():
        if target == name or all(port.node != name for ports in before.values() for port in ports):
            continue
        joined = {
            key: tuple(
                each
                for port in ports
                for each in (given.get(port.output, ()) if port.node == name else (port,))
            )
            for key, ports in before.items()
        }
        wires[target] = {key: ports for key, ports in joined.items() if ports}
    return replace(result, wires={key: each for key, each in wires.items() if each}), list(renamed.values())


def promote(
    graph: Graph, registry: Registry, path: tuple[str, ...], node: str, parameter: str
) -> tuple[Graph, str]:
    """Show a parameter of a node inside of nested subgraphs on the innermost of them.

    Returns:
        The graph, and the parameter's name outside.

    Raises:
        GraphError: when there is no such subgraph, node or parameter.
    """
    parameter_spec(inner_at(graph, path), registry, node, parameter)
    if not path:
        raise GraphError("only parameters inside of a subgraph can be shown outside")
    level, owner = promoted(inner_at(graph, path[:-1]), path[-1], Owner(node, parameter))
    return with_inner_at(graph, path[:-1], level), owner.parameter


def demote(graph: Graph, path: tuple[str, ...], node: str, parameter: str) -> Graph:
    """Show a parameter of a node on its subgraph no longer; its value stays."""

    def apply(level: Graph) -> Graph:
        holder = level.nodes[path[-1]]
        rest = {alias: owner for alias, owner in holder.promoted.items() if owner != (node, parameter)}
        if len(rest) == len(holder.promoted):
            return level
        return level.with_node(path[-1], replace(holder, promoted=rest))

    inner_at(graph, path)
    return edited_at(graph, path[:-1], apply) if path else graph


def expose_sockets(graph: Graph, registry: Registry, names: Iterable[str]) -> Graph:
    """Inside of a subgraph: give nodes' unwired inputs and unused outputs a socket outside."""
    feeding = {port for port, _, _ in graph.links()}
    for name in names:
        node = graph.nodes.get(name)
        spec = known_spec(node, registry) if node is not None else None
        if node is None or spec is None or node.kind in (INLET, OUTLET):
            continue
        for number, socket in enumerate(spec.inputs):
            if not graph.sources(name, socket.name):
                place = (node.x - END_GAP, node.y + END_STEP * number)
                graph, end = _with_end(graph, INLET, socket.name, socket.type_name, place)
                graph = graph.with_link(Port(end, INLET_OUTPUT), name, socket.name)
        for number, socket in enumerate(spec.outputs):
            if Port(name, socket.name) not in feeding:
                place = (node.x + END_GAP, node.y + END_STEP * number)
                wanted = _spoken(socket.type_name) if socket.name == INLET_OUTPUT else socket.name
                graph, end = _with_end(graph, OUTLET, wanted, socket.type_name, place)
                graph = graph.with_link(Port(name, socket.name), end, OUTLET_INPUT)
    return graph
