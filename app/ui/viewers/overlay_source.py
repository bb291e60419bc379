"""What belongs over a picture: faces, masks and heads that are nearest upstream of it."""

from __future__ import annotations

from app.document.graph import Graph, GraphError, Port
from nodes.sdk.registry import Registry


def ports_behind(graph: Graph, registry: Registry, viewed: str, carried: str) -> list[Port]:
    """Every output of a type that `viewed` depends on, itself and the nearest first.

    Args:
        carried: the type, such as "Faces", "Mask" or "HeadState".
    """
    try:
        order = graph.upstream(viewed)
    except GraphError:
        return []
    found = []
    for name in reversed(order):
        instance = graph.nodes.get(name)
        spec = registry.get(instance.kind) if instance else None
        if spec is not None:
            found += [Port(name, socket.name) for socket in spec.outputs if socket.type_name == carried]
    return found


def picture_behind(graph: Graph, registry: Registry, viewed: str) -> Port | None:
    """The picture that a node's faces were found in: the nearest one wired into it, or into what gives
    it its faces.
    """
    waiting, seen = [viewed], {viewed}
    while waiting:
        further = []
        for ports in graph.wires.get(waiting.pop(0), {}).values():
            for port in ports:
                kind = _type_of(graph, registry, port)
                if kind == "Image":
                    return port
                if kind == "Faces" and port.node not in seen:
                    seen.add(port.node)
                    further.append(port.node)
        waiting += further
    return None


def _type_of(graph: Graph, registry: Registry, port: Port) -> str:
    instance = graph.nodes.get(port.node)
    spec = registry.get(instance.kind) if instance else None
    socket = spec.output(port.output) if spec else None
    return socket.type_name if socket is not None else ""
