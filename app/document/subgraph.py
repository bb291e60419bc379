"""Subgraphs: graphs inside of nodes, the sockets they show, and the way in and back.

A subgraph shows one input for each inner node of kind INLET and one output for each of kind OUTLET,
under the names of these nodes. A promoted parameter is a name outside for a parameter inside: there
is one stored value, and the inner node owns it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from app.document.graph import (
    INLET,
    OUTLET,
    SUBGRAPH,
    Graph,
    GraphError,
    NodeInstance,
    Owner,
    Port,
    Settings,
)
from nodes.sdk.node import NodeSpec, SocketSpec
from nodes.sdk.params import ParameterSpec
from nodes.sdk.registry import Registry

#: How deep subgraphs may be nested, and how many nodes a graph may have, inner ones counted.
MAX_DEPTH = 8
MAX_NODES = 20_000

#: The sockets of the ends, and the parameter that says what they carry.
INLET_OUTPUT, OUTLET_INPUT, END_TYPE = "out", "in", "type"

_INNER_SETTINGS = Settings()
_KEPT_SHAPES = 512
_CATEGORY = "Subgraph"
_HELPS = {
    SUBGRAPH: "A graph inside of a node.\n\nDouble-click it to go inside, press Esc to come back. "
    "Parameters of inner nodes are shown here when they are promoted: right-click one inside.",
    INLET: "What comes into the subgraph from outside.\n\nIts name is the name of the input outside.",
    OUTLET: "What the subgraph gives to the outside.\n\nIts name is the name of the output outside.",
}
_TITLES = {SUBGRAPH: "Subgraph", INLET: "Input", OUTLET: "Output"}

#: The kinds that no registry holds.
BUILTIN = frozenset(_TITLES)

_known: WeakKeyDictionary[NodeInstance, tuple[Registry, NodeSpec]] = WeakKeyDictionary()
_shapes: dict[tuple[object, ...], NodeSpec] = {}


def spec_of(instance: NodeInstance, registry: Registry) -> NodeSpec | None:
    """What a node declares; of a subgraph what it shows of its inside. None for an unknown kind."""
    if instance.kind not in BUILTIN:
        return registry.get(instance.kind)
    if instance.kind == SUBGRAPH and instance.inner is None:
        return None
    found = _known.get(instance)
    if found is None or found[0] is not registry:
        found = _known[instance] = (registry, _shaped(instance, registry))
    return found[1]


def _shaped(instance: NodeInstance, registry: Registry) -> NodeSpec:
    """Subgraphs that look alike from outside share one declaration, so that it can be told by `is`."""
    carried = str(instance.parameters.get(END_TYPE, ""))
    inputs: tuple[SocketSpec, ...] = ()
    outputs: tuple[SocketSpec, ...] = ()
    shown: tuple[ParameterSpec, ...] = ()
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if instance.kind == INLET:
        outputs = (SocketSpec(INLET_OUTPUT, carried),)
    elif instance.kind == OUTLET:
        inputs = (SocketSpec(OUTLET_INPUT, carried, optional=True),)
    elif instance.inner is not None:
        inner = instance.inner
        inputs = tuple(
            SocketSpec(name, end_type(inner, name), optional=_may_stay_open(inner, registry, name))
            for name in ends(inner, INLET)
        )
        outputs = tuple(SocketSpec(name, end_type(inner, name)) for name in ends(inner, OUTLET))
        shown = tuple(_promoted_specs(instance, inner, registry))
        specs = [spec for node in inner.nodes.values() if (spec := spec_of(node, registry)) is not None]
        models = tuple(dict.fromkeys(model for spec in specs for model in spec.models))
        notes = tuple(dict.fromkeys(spec.note for spec in specs if spec.note))
    shape = (instance.kind, inputs, outputs, shown, models, notes)
    if shape not in _shapes:
        if len(_shapes) >= _KEPT_SHAPES:
            _shapes.clear()
        _shapes[shape] = NodeSpec(
            id=instance.kind,
            title=_TITLES[instance.kind],
            category=_CATEGORY,
            version=1,
            help=_HELPS[instance.kind],
            inputs=inputs,
            parameters=shown,
            outputs=outputs,
            function=_never_run,
            models=models,
            note=", ".join(notes),
        )
    return _shapes[shape]


def _never_run(*_inputs: Any) -> None:
    raise NotImplementedError("the plan unfolds subgraphs")


def _promoted_specs(instance: NodeInstance, inner: Graph, registry: Registry) -> list[ParameterSpec]:
    """The declarations of promoted parameters, under the inner node's name where they have no group."""
    found = []
    for name, owner in instance.promoted.items():
        node = inner.nodes.get(owner.node)
        spec = spec_of(node, registry) if node is not None else None
        parameter = spec.parameter(owner.parameter) if spec is not None else None
        if parameter is not None:
            control = replace(parameter.control, group=owner.node, label=parameter.label)
            found.append(replace(parameter, name=name, control=control))
    return found


def ends(inner: Graph, kind: str) -> list[str]:
    """The names of a subgraph's inputs (INLET) or outputs (OUTLET), top to bottom."""
    found = [name for name, node in inner.nodes.items() if node.kind == kind]
    return sorted(found, key=lambda name: inner.nodes[name].y)


def end_type(inner: Graph, name: str) -> str:
    """What an end carries."""
    return str(inner.nodes[name].parameters.get(END_TYPE, ""))


def _may_stay_open(inner: Graph, registry: Registry, inlet: str) -> bool:
    """Whether all that an inlet feeds can do without it."""
    for port, target, input_name in inner.links():
        if port.node != inlet:
            continue
        spec = spec_of(inner.nodes[target], registry) if target in inner.nodes else None
        socket = spec.input(input_name) if spec is not None else None
        if socket is not None and not socket.optional and not socket.many:
            return False
    return True


# -- in and out -----------------------------------------------------------------------------------


def inner_at(graph: Graph, path: tuple[str, ...]) -> Graph:
    """The graph inside of nested subgraphs, with the project's settings.

    Raises:
        GraphError: when there is no such subgraph.
    """
    found = graph
    for name in path:
        node = found.nodes.get(name)
        if node is None or node.inner is None:
            raise GraphError(f"there is no subgraph '{name}'")
        found = node.inner
    return replace(found, settings=graph.settings) if path else graph


def with_inner_at(graph: Graph, path: tuple[str, ...], inner: Graph) -> Graph:
    """Put another graph inside of nested subgraphs; the sockets and promoted names outside follow.

    The settings of `inner` become the project's.

    Raises:
        GraphError: when there is no such subgraph, or subgraphs would be nested too deeply.
    """
    if not path:
        return inner
    if len(path) + inner.depth > MAX_DEPTH:
        raise too_deep()
    outside = with_inner(inner_at(graph, path[:-1]), path[-1], replace(inner, settings=_INNER_SETTINGS))
    whole = with_inner_at(graph, path[:-1], replace(outside, settings=inner.settings))
    if len(path) == 1 and inner.size > 1000:
        require_room(whole)
    return whole


def too_deep() -> GraphError:
    """What is said of subgraphs that are nested too deeply."""
    return GraphError(f"subgraphs can be nested {MAX_DEPTH} deep at most", hint="Ungroup one of them")


def require_room(graph: Graph) -> None:
    """Raise GraphError when a graph holds more than a file may: it could not be opened again."""
    if graph.size > MAX_NODES:
        raise GraphError(
            f"the graph would hold {graph.size:,} nodes, more than the {MAX_NODES:,} that it may have"
        )
    if graph.depth > MAX_DEPTH:
        raise too_deep()


def edited_at(graph: Graph, path: tuple[str, ...], function: Callable[[Graph], Graph]) -> Graph:
    """Edit a graph inside of nested subgraphs; the very same graph when nothing changes."""
    inner = inner_at(graph, path)
    after = function(inner)
    return graph if after is inner else with_inner_at(graph, path, after)


def with_inner(graph: Graph, name: str, inner: Graph) -> Graph:
    """Put another graph inside of a subgraph; its wires and promoted names follow renamed nodes."""
    node = graph.nodes.get(name)
    if node is None or node.inner is None:
        raise GraphError(f"there is no subgraph '{name}'")
    before = node.inner
    moves = renamed_nodes(before, inner)
    promoted: dict[str, Owner] = {}
    for alias, owner in node.promoted.items():
        inner, followed = _followed(owner, before, inner, moves)
        if followed is not None:
            promoted[alias] = followed
    graph = graph.with_node(name, replace(node, inner=inner, promoted=promoted))
    gone = {old: new for old, new in moves.items() if before.nodes[old].kind in (INLET, OUTLET)}
    return _with_sockets(graph, name, gone) if gone else graph


def renamed_nodes(before: Graph, after: Graph) -> dict[str, str]:
    """What nodes that are gone are called now, by what they were called; "" for removed ones."""
    gone = [name for name in before.nodes if name not in after.nodes]
    if not gone:
        return {}
    fresh = {id(node): name for name, node in after.nodes.items() if name not in before.nodes}
    # A node that was also moved or labelled is another object, but its settings are the same one.
    settled = {id(after.nodes[name].parameters): name for name in fresh.values()}
    return {
        name: fresh.get(id(node := before.nodes[name])) or settled.get(id(node.parameters), "")
        for name in gone
    }


def _followed(
    owner: Owner, before: Graph, after: Graph, moves: Mapping[str, str]
) -> tuple[Graph, Owner | None]:
    """Where a promoted parameter's owner is after an edit: renamed, grouped, ungrouped or removed."""
    if owner.node not in moves:
        return after, owner if owner.node in after.nodes else None
    if moves[owner.node]:
        return after, owner._replace(node=moves[owner.node])
    old = before.nodes[owner.node]
    for name, node in after.nodes.items():
        within = node.inner
        if within is None or name in before.nodes:
            continue
        for inner_name, inner_node in within.nodes.items():
            if inner_node is old:
                return promoted(after, name, Owner(inner_name, owner.parameter))
    if old.inner is not None and owner.parameter in old.promoted:
        deeper = old.promoted[owner.parameter]
        kept = old.inner.nodes.get(deeper.node)
        for name, node in after.nodes.items():
            if node is kept:
                return after, Owner(name, deeper.parameter)
    return after, None


def promoted(graph: Graph, name: str, owner: Owner) -> tuple[Graph, Owner]:
    """Show a parameter of an inner node on its subgraph.

    Returns:
        The graph, and where it is shown: the subgraph and the parameter's name there.

    Raises:
        GraphError: when there is no such subgraph or inner node.
    """
    node = graph.nodes.get(name)
    if node is None or node.inner is None or owner.node not in node.inner.nodes:
        raise GraphError(f"there is no node '{name}.{owner.node}'")
    for alias, known in node.promoted.items():
        if known == owner:
            return graph, Owner(name, alias)
    alias = owner.parameter
    if alias in node.promoted:
        alias = f"{owner.node}_{owner.parameter}"
    number = 2
    while alias in node.promoted:
        alias = f"{owner.node}_{owner.parameter}_{number}"
        number += 1
    shown = replace(node, promoted={**node.promoted, alias: owner})
    return graph.with_node(name, shown), Owner(name, alias)


def _with_sockets(graph: Graph, name: str, moves: Mapping[str, str]) -> Graph:
    """The wires of a subgraph after its ends were renamed or removed ("")."""
    wires: dict[str, Mapping[str, tuple[Port, ...]]] = {}
    for target, inputs in graph.wires.items():
        kept: dict[str, tuple[Port, ...]] = {}
        for input_name, ports in inputs.items():
            wanted = moves.get(input_name, input_name) if target == name else input_name
            fed = tuple(
                port._replace(output=moves.get(port.output, port.output)) if port.node == name else port
                for port in ports
            )
            fed = tuple(port for port in fed if port.output)
            if wanted and fed:
                kept[wanted] = fed
        if kept:
            wires[target] = inputs if kept == inputs else kept
    return replace(graph, wires=wires)
