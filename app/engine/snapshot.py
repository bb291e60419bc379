"""Graphs on their way to a worker: only what changed since the last one, and only what computes.

Positions, labels and backdrops stay behind. What did not change arrives as the very same objects, so
that plans and keys of the snapshot before are reused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.document.graph import EMPTY, Graph, NodeInstance, Owner, Port, Settings

_Wires = dict[str, dict[str, tuple[tuple[str, str], ...]]]


@dataclass(frozen=True)
class Patch:
    """What makes one snapshot of another.

    Attributes:
        order: all names, when nodes came, went or moved in order; else None.
        nodes: new and changed nodes: (kind, version, parameters, disabled).
        folded: what is inside of those that are subgraphs, as it is.
        wires: the wires into nodes whose wires changed; empty for cut ones.
        timing: frames a second, first and last frame.
    """

    order: tuple[str, ...] | None
    nodes: dict[str, tuple[str, int, dict[str, Any], bool]] = field(default_factory=dict)
    wires: _Wires = field(default_factory=dict)
    folded: dict[str, tuple[Graph, Mapping[str, Owner]]] = field(default_factory=dict)
    timing: tuple[float, int, int] = (25.0, 0, 0)


def difference(old: Graph | None, new: Graph) -> Patch:
    """The patch that turns `old` into `new`; all of `new` when there is no old one."""
    before = old or Graph()
    nodes = {
        name: (instance.kind, instance.version, dict(instance.parameters), instance.disabled)
        for name, instance in new.nodes.items()
        if not _computes_alike(before.nodes.get(name), instance)
    }
    same_names = old is not None and list(before.nodes) == list(new.nodes)
    wires: _Wires = {}
    if before.wires is not new.wires:
        for target in {**before.wires, **new.wires}:
            inputs = new.wires.get(target, EMPTY)
            if inputs is not before.wires.get(target, EMPTY) or target in nodes:
                wires[target] = {
                    name: tuple((port.node, port.output) for port in ports) for name, ports in inputs.items()
                }
    settings = new.settings
    timing = (settings.fps, settings.first, settings.last)
    folded: dict[str, tuple[Graph, Mapping[str, Owner]]] = {
        name: (inner, dict(new.nodes[name].promoted))
        for name in nodes
        if (inner := new.nodes[name].inner) is not None
    }
    return Patch(None if same_names else tuple(new.nodes), nodes, wires, folded, timing)


def applied(graph: Graph, patch: Patch) -> Graph:
    """The patched snapshot; what the patch does not name is shared with `graph`."""
    nodes: Mapping[str, NodeInstance] = graph.nodes
    if patch.nodes or patch.order is not None:
        made = {
            name: NodeInstance(
                kind, version, parameters, disabled=disabled, **_inside(patch.folded.get(name))
            )
            for name, (kind, version, parameters, disabled) in patch.nodes.items()
        }
        order = graph.nodes if patch.order is None else patch.order
        nodes = {name: made[name] if name in made else graph.nodes[name] for name in order}
    wires = graph.wires
    if patch.wires:
        changed = {
            target: {name: tuple(Port(*port) for port in ports) for name, ports in inputs.items()}
            for target, inputs in patch.wires.items()
        }
        merged = {**wires, **changed}
        wires = {target: inputs for target, inputs in merged.items() if inputs}
    fps, first, last = patch.timing
    if (graph.settings.fps, graph.settings.first, graph.settings.last) == patch.timing:
        settings = graph.settings
    else:
        settings = Settings(fps, first, last)
    if nodes is graph.nodes and wires is graph.wires and settings is graph.settings:
        return graph
    return Graph(nodes, wires, settings=settings)


def _inside(folded: tuple[Graph, Mapping[str, Owner]] | None) -> dict[str, Any]:
    return {"inner": folded[0], "promoted": folded[1]} if folded is not None else {}


def _computes_alike(old: NodeInstance | None, new: NodeInstance) -> bool:
    if old is new:
        return True
    return (
        old is not None
        and old.kind == new.kind
        and old.version == new.version
        and old.disabled == new.disabled
        and old.inner is new.inner
        and (old.parameters is new.parameters or old.parameters == new.parameters)
    )
