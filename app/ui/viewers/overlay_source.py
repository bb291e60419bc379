"""What belongs over a picture: faces, masks and heads that are nearest upstream of it."""

from __future__ import annotations

from app.document.graph import Graph, GraphError, Port
from nodes.sdk.registry import Registry


def ports_behind(graph: Graph, registry: Registry, viewed: str, *carried: str) -> dict[str, list[Port]]:
    """The outputs of some types that `viewed` depends on, itself and the nearest first.

    Args:
        carried: the types, such as "Faces", "Mask" or "HeadState".

    Returns:
        The outputs by their type.
    """
    found: dict[str, list[Port]] = {name: [] for name in carried}
    try:
        order = graph.upstream(viewed)
    except GraphError:
        return found
    for name in reversed(order):
        instance = graph.nodes.get(name)
        spec = registry.get(instance.kind) if instance else None
        for socket in spec.outputs if spec is not None else ():
            if socket.type_name in found:
                found[socket.type_name].append(Port(name, socket.name))
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
