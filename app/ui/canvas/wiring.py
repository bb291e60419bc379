"""Which sockets a node shows, and which wires may be drawn between them. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from app.document.graph import Graph, Port
from app.document.wiring import downstream_of, known_spec, type_refusal, upstream_of
from nodes.sdk.node import NodeSpec, SocketSpec
from nodes.sdk.registry import Registry

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
        spec = known_spec(instance, registry)
        if spec is None or spec.output(port.output) is None:
            found.setdefault(port.node, {})[port.output] = None
    return {name: tuple(outputs) for name, outputs in found.items()}


def type_of(graph: Graph, registry: Registry, socket: Socket) -> str:
    """The type of a socket; UNKNOWN_TYPE when the node or the socket is not declared."""
    instance = graph.nodes.get(socket.node)
    spec = known_spec(instance, registry) if instance else None
    if spec is None:
        return UNKNOWN_TYPE
    found = spec.input(socket.name) if socket.side == "input" else spec.output(socket.name)
    return found.type_name if found else UNKNOWN_TYPE


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
        reach = upstream_of if fixed.side == "output" else downstream_of
        return cls(graph, registry, fixed, type_of(graph, registry, fixed), reach(graph, [fixed.node]))

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
        sockets = sockets_of(self.graph, known_spec(instance, self.registry), node)
        side: Side = "input" if self.fixed.side == "output" else "output"
        candidates = sockets.inputs if side == "input" else sockets.outputs
        fitting = [spec for spec in candidates if self.refusal(Socket(node, spec.name, side)) is None]

        def rank(spec: SocketSpec) -> tuple[bool, bool]:
            taken = side == "input" and not spec.many and bool(self.graph.sources(node, spec.name))
            return spec.type_name != self.type_name, taken

        best = min(fitting, key=rank, default=None)
        return Socket(node, best.name, side) if best else None

    def _type_refusal(self, other_type: str) -> str | None:
        if UNKNOWN_TYPE in (self.type_name, other_type):
            return None
        if self.fixed.side == "output":
            return type_refusal(self.registry, self.type_name, other_type)
        return type_refusal(self.registry, other_type, self.type_name)
