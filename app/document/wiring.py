"""Which wires may be, and which close a loop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from app.document.graph import EMPTY, Graph, NodeInstance, Port
from app.document.subgraph import spec_of
from nodes.sdk.node import NodeSpec, SocketSpec
from nodes.sdk.registry import Registry
from nodes.sdk.sockets import conversion, refusal, with_article

#: Target node -> input -> its ports in order.
Wires: TypeAlias = Mapping[str, Mapping[str, Collection[Port]]]


def known_spec(instance: NodeInstance, registry: Registry) -> NodeSpec | None:
    """The declaration of a node, or None when its kind is unknown or newer than the one here."""
    spec = spec_of(instance, registry)
    return None if spec is None or instance.version > spec.version else spec


def type_refusal(registry: Registry, from_type: str, to_type: str) -> str | None:
    """Why a wire may not join two types, or None when it may, if need be through a conversion."""
    reason = refusal(from_type, to_type)
    needed = conversion(from_type, to_type)
    if reason is None and needed is not None and needed not in registry:
        return f"the node '{needed}' that turns {from_type} into {to_type} is not installed"
    return reason


def upstream_of(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """The nodes that some nodes depend on, themselves included."""
    return _reached(
        names, lambda name: (port.node for ports in graph.wires.get(name, EMPTY).values() for port in ports)
    )


def downstream_of(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """The nodes that depend on some nodes, themselves included."""
    fed: dict[str, list[str]] = {}
    for port, target, _ in graph.links():
        fed.setdefault(port.node, []).append(target)
    return _reached(names, lambda name: fed.get(name, ()))


def _reached(names: Iterable[str], onward: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Some nodes and all that they lead to, by where each leads."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(onward(name))
    return frozenset(found)


def wire_problem(
    nodes: Mapping[str, NodeInstance],
    registry: Registry,
    source: Port,
    target: str,
    input_name: str,
    taken: bool = False,
) -> tuple[str, str] | None:
    """Why a wire may not be as it is, and what to do about it; None when all is well.

    Sockets of unknown nodes are believed. A pair of types that a conversion node would join is a
    problem here: the node has to stand between them. Loops are found by `loop_closers`.

    Args:
        taken: whether another wire goes into the same input already.
    """
    for name in (source.node, target):
        if name not in nodes:
            return f"there is no node '{name}'", ""
    if source.node == target:
        return f"'{target}' is wired to itself", "A node cannot depend on its own result"
    from_spec = known_spec(nodes[source.node], registry)
    to_spec = known_spec(nodes[target], registry)
    output: SocketSpec | None = None
    if from_spec is not None:
        output = from_spec.output(source.output)
        if output is None:
            names = ", ".join(socket.name for socket in from_spec.outputs)
            return f"'{source.node}' has no output '{source.output}'", f"It has: {names}"
    if to_spec is None:
        return None
    socket = to_spec.input(input_name)
    if socket is None:
        names = ", ".join(socket.name for socket in to_spec.inputs) or "none"
        return f"'{target}' has no input '{input_name}'", f"It has: {names}"
    if output is not None and output.type_name and socket.type_name:
        reason = refusal(output.type_name, socket.type_name)
        if reason is not None:
            return reason, ""
        between = conversion(output.type_name, socket.type_name)
        if between is not None:
            wanted = with_article(socket.type_name)
            return (
                f"the input takes {wanted}, not {with_article(output.type_name)}",
                f"Put '{between}' between them",
            )
    if taken and not socket.many:
        return f"'{target}.{input_name}' takes one wire and has one already", ""
    return None


def loop_closers(
    wires: Wires,
) -> list[tuple[Port, str, str]]:
    """The wires without which the rest has no loop, as (source, target, input).

    Depth-first along the wires against their direction; a wire that leads back into the path
    closes a loop. Linear in nodes and wires.
    """
    closers: list[tuple[Port, str, str]] = []
    on_path: dict[str, bool] = {}
    for start in wires:
        if start in on_path:
            continue
        on_path[start] = True
        stack = [(start, _links(wires, start))]
        while stack:
            node, links = stack[-1]
            if not links:
                on_path[node] = False
                stack.pop()
                continue
            port, input_name = links.pop()
            state = on_path.get(port.node)
            if state is None:
                on_path[port.node] = True
                stack.append((port.node, _links(wires, port.node)))
            elif state:
                closers.append((port, node, input_name))
    return closers


def _links(wires: Wires, node: str) -> list[tuple[Port, str]]:
    inputs = wires.get(node, EMPTY)
    return [(port, name) for name, ports in inputs.items() for port in ports][::-1]
