"""Which sockets a node shows, which wires may be drawn between them, and drawing them. Knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from app.document.graph import Graph, GraphError, NodeInstance, Port
from nodes.sdk.node import NodeSpec, SocketSpec
from nodes.sdk.registry import Registry
from nodes.sdk.sockets import conversion, refusal

Side = Literal["input", "output"]

#: The type of a socket that is known only because a wire ends there.
UNKNOWN_TYPE = "?"


class Wire(NamedTuple):
    """A wire by its two ends."""

    source: Port
    target: str
    input: str


class Socket(NamedTuple):
    """A socket of a node in the graph."""

    node: str
    name: str
    side: Side


class Sockets(NamedTuple):
    """What a node shows on its left and on its right."""

    inputs: tuple[SocketSpec, ...]
    outputs: tuple[SocketSpec, ...]


def sockets_of(graph: Graph, spec: NodeSpec | None, name: str) -> Sockets:
    """The declared sockets, and one for each wire that ends at a socket that is not declared."""
    inputs = spec.inputs if spec else ()
    known = {socket.name for socket in inputs}
    stray = [entry for entry in graph.wires.get(name, {}) if entry not in known]
    inputs += tuple(SocketSpec(entry, UNKNOWN_TYPE, optional=True) for entry in stray)
    return Sockets(inputs, spec.outputs if spec else ())


def stray_outputs(graph: Graph, registry: Registry) -> dict[str, tuple[str, ...]]:
    """Outputs that wires start from but that the node's kind does not declare, by node."""
    found: dict[str, dict[str, None]] = {}
    for port, _, _ in graph.links():
        instance = graph.nodes.get(port.node)
        if instance is None:
            continue
        spec = registry.get(instance.kind)
        if spec is None or spec.output(port.output) is None:
            found.setdefault(port.node, {})[port.output] = None
    return {name: tuple(outputs) for name, outputs in found.items()}


def type_of(graph: Graph, registry: Registry, socket: Socket) -> str:
    """The type of a socket; UNKNOWN_TYPE when the node or the socket is not declared."""
    instance = graph.nodes.get(socket.node)
    spec = registry.get(instance.kind) if instance else None
    if spec is None:
        return UNKNOWN_TYPE
    found = spec.input(socket.name) if socket.side == "input" else spec.output(socket.name)
    return found.type_name if found else UNKNOWN_TYPE


def type_refusal(registry: Registry, from_type: str, to_type: str) -> str | None:
    """Why a wire may not join two types, or None when it may (directly or by a conversion)."""
    if UNKNOWN_TYPE in (from_type, to_type):
        return None
    reason = refusal(from_type, to_type)
    needed = conversion(from_type, to_type)
    if reason is None and needed is not None and needed not in registry:
        return f"the node '{needed}' that turns {from_type} into {to_type} is not installed"
    return reason


@dataclass(frozen=True)
class Draft:
    """A wire that hangs from one socket and looks for the other.

    Attributes:
        fixed: the socket it hangs from.
        type_name: that socket's type.
        forbidden: nodes that would close a cycle.
    """

    graph: Graph
    registry: Registry
    fixed: Socket
    type_name: str
    forbidden: frozenset[str]

    @classmethod
    def from_socket(cls, graph: Graph, registry: Registry, fixed: Socket) -> Draft:
        """A draft of the wire that hangs from a socket."""
        nodes = upstream(graph, [fixed.node]) if fixed.side == "output" else downstream(graph, [fixed.node])
        return cls(graph, registry, fixed, type_of(graph, registry, fixed), frozenset(nodes))

    def refusal(self, other: Socket) -> str | None:
        """Why the wire may not end at another socket, or None when it may."""
        if other.side == self.fixed.side:
            return f"a wire joins an output to an input, not two {other.side}s"
        if other.node == self.fixed.node:
            return "a node cannot depend on its own result"
        if other.node in self.forbidden:
            return "the wire would close a cycle"
        return self._type_refusal(type_of(self.graph, self.registry, other))

    def accepts_kind(self, spec: NodeSpec) -> str | None:
        """The socket of a new node of this kind that the wire would end at, or None."""
        sockets = spec.inputs if self.fixed.side == "output" else spec.outputs
        exact = [socket for socket in sockets if socket.type_name == self.type_name]
        fitting = [socket for socket in sockets if self._type_refusal(socket.type_name) is None]
        return next((socket.name for socket in [*exact, *fitting]), None)

    def best_socket(self, node: str) -> Socket | None:
        """The socket of a node that the wire fits best: of the same type, and free, before others."""
        instance = self.graph.nodes[node]
        sockets = sockets_of(self.graph, self.registry.get(instance.kind), node)
        side: Side = "input" if self.fixed.side == "output" else "output"
        candidates = sockets.inputs if side == "input" else sockets.outputs
        fitting = [spec for spec in candidates if self.refusal(Socket(node, spec.name, side)) is None]

        def rank(spec: SocketSpec) -> tuple[bool, bool]:
            taken = side == "input" and not spec.many and bool(self.graph.sources(node, spec.name))
            return spec.type_name != self.type_name, taken

        best = min(fitting, key=rank, default=None)
        return Socket(node, best.name, side) if best else None

    def _type_refusal(self, other_type: str) -> str | None:
        if self.fixed.side == "output":
            return type_refusal(self.registry, self.type_name, other_type)
        return type_refusal(self.registry, other_type, self.type_name)


def connect(graph: Graph, registry: Registry, source: Port, target: str, input_name: str) -> Graph:
    """Wire an output to an input; where their types need it, by a conversion node between them.

    Raises:
        GraphError: when the types do not fit or the wire would close a cycle.
    """
    from_type = type_of(graph, registry, Socket(source.node, source.output, "output"))
    to_type = type_of(graph, registry, Socket(target, input_name, "input"))
    reason = type_refusal(registry, from_type, to_type)
    if reason is not None:
        raise GraphError(reason, hint="Look for a node that makes one from the other")
    between = None if UNKNOWN_TYPE in (from_type, to_type) else conversion(from_type, to_type)
    if between is not None:
        start, end = graph.nodes[source.node], graph.nodes[target]
        spec = registry.get(between)
        if spec is None:
            raise GraphError(f"the node '{between}' is not installed")
        # Prove that the wire itself is allowed before a node is put into it.
        graph.with_link(source, target, input_name)
        name = graph.free_name(between)
        middle = NodeInstance(between, spec.version, x=(start.x + end.x) / 2, y=(start.y + end.y) / 2 + 40)
        graph = graph.with_node(name, middle)
        graph = graph.with_link(source, name, spec.inputs[0].name)
        source = Port(name, spec.outputs[0].name)
    return graph.with_link(source, target, input_name, many=takes_many(graph, registry, target, input_name))


def takes_many(graph: Graph, registry: Registry, node: str, input_name: str) -> bool:
    """Whether an input takes any number of wires."""
    spec = registry.get(graph.nodes[node].kind)
    socket = spec.input(input_name) if spec else None
    return bool(socket and socket.many)


def upstream(graph: Graph, names: list[str]) -> set[str]:
    """The nodes that some nodes depend on, themselves included."""
    found: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name in found:
            continue
        found.add(name)
        for ports in graph.wires.get(name, {}).values():
            stack.extend(port.node for port in ports)
    return found


def downstream(graph: Graph, names: list[str]) -> set[str]:
    """The nodes that depend on some nodes, themselves included."""
    users = targets_of(graph)
    found: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(wire.target for wire in users.get(name, ()))
    return found


def targets_of(graph: Graph) -> Mapping[str, list[Wire]]:
    """The wires that leave each node."""
    users: dict[str, list[Wire]] = {}
    for port, target, input_name in graph.links():
        users.setdefault(port.node, []).append(Wire(port, target, input_name))
    return users
