"""Graphs without subgraphs, for whoever computes, checks or renders them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from app.document.graph import EMPTY, INLET, OUTLET, SUBGRAPH, Graph, NodeInstance, Port
from app.document.subgraph import BUILTIN, INLET_OUTPUT, OUTLET_INPUT, end_type, ends

#: Stands in an unfolded graph for a subgraph or an end: what it gives is what is wired into it.
STAND_IN = NodeInstance(SUBGRAPH)


class Unfolder:
    """Unfolds one snapshot after the other; what did not change stays the very same objects."""

    def __init__(self) -> None:
        self._done: WeakKeyDictionary[Graph, Graph] = WeakKeyDictionary()
        self._newest = Graph()

    def __call__(self, graph: Graph) -> Graph:
        """The graph without subgraphs: inner nodes are called "subgraph.node".

        In place of each subgraph and each end there is a STAND_IN: a wire into it, by the name of
        the output, says what it gives. No node is wired to a stand-in.
        """
        if not any(node.kind in BUILTIN for node in graph.nodes.values()):
            return graph
        known = self._done.get(graph)
        if known is None:
            known = self._done[graph] = self._newest = self._unfolded(graph)
        return known

    def _unfolded(self, graph: Graph) -> Graph:
        nodes: dict[str, NodeInstance] = {}
        wires: dict[str, Mapping[str, tuple[Port, ...]]] = {}
        _Level(graph, "", None, "").unfold_into(nodes, wires)
        before = self._newest.wires
        for target, inputs in wires.items():
            if before.get(target) == inputs:
                wires[target] = before[target]
        same = len(wires) == len(before) and all(before.get(name) is inputs for name, inputs in wires.items())
        return Graph(nodes, before if same else wires, settings=graph.settings)


def unfolded(graph: Graph) -> Graph:
    """A graph without subgraphs, see `Unfolder`."""
    return Unfolder()(graph)


def given_by(graph: Graph, node: str, output: str) -> Port | None:
    """What stands behind an output in an unfolded graph: itself, unless it is a stand-in's."""
    for _ in range(len(graph.nodes)):
        instance = graph.nodes.get(node)
        if instance is None or instance.kind != SUBGRAPH:
            return Port(node, output)
        inputs: Mapping[str, tuple[Port, ...]] = graph.wires.get(node, EMPTY)
        ports = inputs.get(output) or (next(iter(inputs.values()), ()) if not output else ())
        if not ports:
            return None
        node, output = ports[0]
    return None


@dataclass
class _Level:
    """A graph while it is unfolded: how its nodes are called, and what feeds its inlets."""

    graph: Graph
    prefix: str
    outside: _Level | None
    name: str

    def __post_init__(self) -> None:
        self._within: dict[str, _Level] = {}
        self._asked: set[Port] = set()

    def within(self, name: str) -> _Level:
        level = self._within.get(name)
        if level is None:
            inner = self.graph.nodes[name].inner
            level = self._within[name] = _Level(inner or Graph(), f"{self.prefix}{name}.", self, name)
        return level

    def unfold_into(
        self, nodes: dict[str, NodeInstance], wires: dict[str, Mapping[str, tuple[Port, ...]]]
    ) -> None:
        for name, node in self.graph.nodes.items():
            full = self.prefix + name
            if node.kind not in BUILTIN or (node.kind == SUBGRAPH and node.inner is None):
                nodes[full] = node
                inputs = self._inputs(name)
            else:
                nodes[full] = STAND_IN
                if node.inner is not None:
                    self.within(name).unfold_into(nodes, wires)
                    wanted = [(each, Port(name, each)) for each in ends(node.inner, OUTLET)]
                elif node.kind == INLET:
                    wanted = [(INLET_OUTPUT, Port(name, INLET_OUTPUT))]
                else:
                    wanted = [(OUTLET_INPUT, port) for port in self.graph.sources(name, OUTLET_INPUT)]
                inputs = {key: (port,) for key, each in wanted if (port := self.resolved(each)) is not None}
            if inputs:
                wires[full] = inputs

    def _inputs(self, name: str) -> Mapping[str, tuple[Port, ...]]:
        inputs: Mapping[str, tuple[Port, ...]] = self.graph.wires.get(name, EMPTY)
        found = {
            key: fed
            for key, ports in inputs.items()
            if (fed := tuple(port for each in ports if (port := self.resolved(each)) is not None))
        }
        return inputs if found == inputs else found

    def resolved(self, port: Port) -> Port | None:
        """The output of a plain node behind an output; None when nothing is wired there."""
        node = self.graph.nodes.get(port.node)
        if node is None or node.kind not in BUILTIN or (node.kind == SUBGRAPH and node.inner is None):
            return Port(self.prefix + port.node, port.output)
        if port in self._asked:
            return None  # a loop through disabled subgraphs
        self._asked.add(port)
        try:
            if node.kind == INLET:
                return self._from_outside(port.node)
            return self._passed(port, node) if node.disabled else self._from_inside(port, node)
        finally:
            self._asked.discard(port)

    def _from_outside(self, inlet: str) -> Port | None:
        if self.outside is None:
            return None
        ports = self.outside.graph.sources(self.name, inlet)
        return self.outside.resolved(ports[0]) if ports else None

    def _from_inside(self, port: Port, node: NodeInstance) -> Port | None:
        if node.inner is None:
            return None
        ports = node.inner.sources(port.output, OUTLET_INPUT)
        return self.within(port.node).resolved(ports[0]) if ports else None

    def _passed(self, port: Port, node: NodeInstance) -> Port | None:
        """A disabled subgraph passes its first wired input of the output's type through."""
        inner = node.inner
        if inner is None or port.output not in inner.nodes:
            return None
        carried = end_type(inner, port.output)
        for inlet in ends(inner, INLET):
            ports = self.graph.sources(port.node, inlet)
            if ports and end_type(inner, inlet) == carried:
                return self.resolved(ports[0])
        return None
