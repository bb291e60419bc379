"""Edits that only the canvas makes, of the commands of the document. Knows no Qt."""

from __future__ import annotations

from app.document.commands import add_node, connect
from app.document.graph import Graph, GraphError, Port
from app.ui.canvas.wiring import Draft, Socket
from nodes.sdk.node import NodeSpec
from nodes.sdk.registry import Registry


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
    graph, name = add_node(graph, registry, spec.id, position)
    if fixed.side == "output":
        return connect(graph, registry, Port(fixed.node, fixed.name), name, socket), name
    return connect(graph, registry, Port(name, socket), fixed.node, fixed.name), name
