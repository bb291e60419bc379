"""Wiring: what may be joined, joining it, and keeping streams whole when nodes come and go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import TypeAlias

from app.document.graph import EMPTY, Graph, GraphError, NodeInstance, Port
from app.document.wiring import downstream_of, known_spec, wire_problem
from nodes.sdk.node import NodeSpec, SocketSpec
from nodes.sdk.registry import Registry
from nodes.sdk.sockets import conversion

#: Why a wire may not go to (or come from) a socket of a node; None when it may.
Refusals: TypeAlias = Callable[[str, str], str | None]


def wire_refusal(graph: Graph, registry: Registry, source: Port, target: str, input_name: str) -> str | None:
    """Why `connect` would refuse a wire; None when it would not."""
    return refusals_from(graph, registry, source)(target, input_name)


def refusals_from(graph: Graph, registry: Registry, source: Port) -> Refusals:
    """For a wire that is drawn from an output: (node, input) -> why it may not go there."""
    above = frozenset(graph.upstream(source.node)) if source.node in graph.nodes else frozenset()
    return lambda target, input_name: _refusal(graph, registry, source, target, input_name, target in above)


def refusals_into(graph: Graph, registry: Registry, target: str, input_name: str) -> Refusals:
    """For a wire that is drawn from an input: (node, output) -> why it may not come from there."""
    below = downstream_of(graph, [target])
    return lambda node, output: _refusal(
        graph, registry, Port(node, output), target, input_name, node in below
    )


def _refusal(
    graph: Graph, registry: Registry, source: Port, target: str, input_name: str, closes_cycle: bool
) -> str | None:
    if not closes_cycle and _between(graph, registry, source, target, input_name):
        return None
    problem = wire_problem(graph.nodes, registry, source, target, input_name)
    if problem is not None:
        return problem[0]
    return "a node cannot depend on its own result" if closes_cycle else None


def _between(graph: Graph, registry: Registry, source: Port, target: str, input_name: str) -> NodeSpec | None:
    """The kind of node that has to stand between two sockets and can."""
    output, socket = _sockets(graph, registry, source, target, input_name)
    kind = conversion(output.type_name, socket.type_name) if output and socket else None
    spec = registry.get(kind) if kind else None
    return spec if spec is not None and spec.inputs and spec.outputs else None


def _sockets(
    graph: Graph, registry: Registry, source: Port, target: str, input_name: str
) -> tuple[SocketSpec | None, SocketSpec | None]:
    from_spec = _spec(graph, registry, source.node)
    to_spec = _spec(graph, registry, target)
    return (
        from_spec.output(source.output) if from_spec else None,
        to_spec.input(input_name) if to_spec else None,
    )


def _spec(graph: Graph, registry: Registry, name: str) -> NodeSpec | None:
    instance = graph.nodes.get(name)
    return known_spec(instance, registry) if instance else None


def connect(graph: Graph, registry: Registry, source: Port, target: str, input_name: str) -> Graph:
    """Wire an output to an input; replaces the wire there unless the input takes many.

    Types that a conversion joins get its node between them, where everybody sees it; one that
    converts this output already is used again.

    Raises:
        GraphError: with the reason, when the wire is not possible.
    """
    reason = wire_refusal(graph, registry, source, target, input_name)
    if reason is not None:
        raise GraphError(reason)
    many = takes_many(graph, registry, target, input_name)
    between = _between(graph, registry, source, target, input_name)
    if between is None:
        return graph.with_link(source, target, input_name, many=many)
    entry = between.inputs[0].name
    name = _converter(graph, between, entry, source)
    if name is None:
        name = graph.free_name(between.id)
        before, after = graph.nodes[source.node], graph.nodes[target]
        x, y = (before.x + after.x) / 2, (before.y + after.y) / 2
        graph = graph.with_node(name, NodeInstance(between.id, between.version, x=x, y=y))
        graph = graph.with_link(source, name, entry)
    return graph.with_link(Port(name, between.outputs[0].name), target, input_name, many=many)


def _converter(graph: Graph, spec: NodeSpec, entry: str, source: Port) -> str | None:
    """A conversion node of default settings that is fed by this port already."""
    for name, inputs in graph.wires.items():
        instance = graph.nodes[name]
        fits = instance.kind == spec.id and not instance.parameters and not instance.disabled
        if fits and inputs.get(entry) == (source,):
            return name
    return None


def takes_many(graph: Graph, registry: Registry, target: str, input_name: str) -> bool:
    """Whether an input takes any number of wires; believed of unknown nodes that have several."""
    spec = _spec(graph, registry, target)
    if spec is None:
        return len(graph.sources(target, input_name)) > 1
    socket = spec.input(input_name)
    return socket is not None and socket.many


def disconnect(graph: Graph, target: str, input_name: str, source: Port | None = None) -> Graph:
    """Cut a wire, or all wires of an input."""
    ports = graph.sources(target, input_name)
    if not ports or (source is not None and source not in ports):
        return graph
    return graph.without_link(source, target, input_name)


def passed_through(graph: Graph, registry: Registry, port: Port) -> Port | None:
    """What an output passes on when its node does nothing: its first wired input of that type."""
    spec = _spec(graph, registry, port.node)
    output = spec.output(port.output) if spec else None
    if spec is None or output is None:
        return None
    for socket in spec.inputs:
        sources = graph.sources(port.node, socket.name)
        if sources and socket.type_name == output.type_name:
            return sources[0]
    return None


def heal(graph: Graph, registry: Registry, names: Collection[str]) -> Graph:
    """Wire what fed some nodes to what they fed, past them; wires that find no source are cut."""
    for port, target, input_name in list(graph.links()):
        if port.node not in names or target in names:
            continue
        source: Port | None = port
        while source is not None and source.node in names:
            source = passed_through(graph, registry, source)
        graph = _with_source(graph, port, source, target, input_name)
    return graph


def _with_source(graph: Graph, old: Port, new: Port | None, target: str, input_name: str) -> Graph:
    """Put another port in the place of a wire, or cut it; the order of the others stays."""
    if new is None:
        return graph.without_link(old, target, input_name)
    ports = dict.fromkeys(new if port == old else port for port in graph.sources(target, input_name))
    inputs = {**graph.wires.get(target, EMPTY), input_name: tuple(ports)}
    return replace(graph, wires={**graph.wires, target: inputs})


def extract_nodes(graph: Graph, registry: Registry, names: Iterable[str]) -> Graph:
    """Take nodes out of the streams they stand in, which are joined past them.

    Wires among the nodes stay.
    """
    chosen = frozenset(names)
    graph = heal(graph, registry, chosen)
    for port, target, input_name in list(graph.links()):
        if target in chosen and port.node not in chosen:
            graph = graph.without_link(port, target, input_name)
    return graph


def insert_on_wire(
    graph: Graph, registry: Registry, node: str, source: Port, target: str, input_name: str
) -> Graph:
    """Put a node into a wire: by its first free input and its first output that fit.

    Raises:
        GraphError: when there is no such wire, nothing fits, or a cycle would close.
    """
    if source not in graph.sources(target, input_name):
        raise GraphError("the wire is not there any more")
    if node in (source.node, target):
        raise GraphError(f"'{node}' is an end of the wire")
    spec = _spec(graph, registry, node)
    output, socket = _sockets(graph, registry, source, target, input_name)
    if spec is None or output is None or socket is None:
        raise GraphError("a placeholder cannot be wired by itself", hint="Wire it by hand")
    entry = next(
        (
            each.name
            for each in spec.inputs
            if each.type_name == output.type_name and not graph.sources(node, each.name)
        ),
        None,
    )
    leave = next((each.name for each in spec.outputs if each.type_name == socket.type_name), None)
    if entry is None or leave is None:
        raise GraphError(f"'{spec.title}' does not fit into a wire of type {output.type_name}")
    if target in graph.upstream(node):
        raise GraphError("a node cannot depend on its own result")
    return _with_source(graph.with_link(source, node, entry), source, Port(node, leave), target, input_name)


def swap_inputs(graph: Graph, registry: Registry, node: str) -> Graph:
    """Exchange what is wired to a node's first two inputs of one type.

    Raises:
        GraphError: when it has no two such inputs.
    """
    spec = _spec(graph, registry, node)
    for index, first in enumerate(spec.inputs if spec else ()):
        for second in spec.inputs[index + 1 :] if spec else ():
            if (first.type_name, first.many) != (second.type_name, second.many):
                continue
            inputs = dict(graph.wires.get(node, EMPTY))
            one, two = inputs.pop(first.name, ()), inputs.pop(second.name, ())
            inputs.update({name: ports for name, ports in ((first.name, two), (second.name, one)) if ports})
            wires = {**graph.wires, node: inputs}
            return replace(graph, wires=wires) if one or two else graph
    raise GraphError(f"'{node}' has no two inputs of one type")
