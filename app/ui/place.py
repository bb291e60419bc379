"""Which level of a document is shown, and how its nodes are called there and from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from app.document.graph import Graph, GraphError, NodeInstance
from app.document.subgraph import inner_at, renamed_nodes
from app.document.unfold import STAND_IN, Unfolder
from app.document.wiring import downstream_of
from app.engine.protocol import NodeState

#: Of the states of a subgraph's inner nodes the first of these that occurs is its own.
_LOUDEST = ("computing", "failed", "blocked", "stale", "fresh", "disk", "cached")


class Place:
    """The way into nested subgraphs. Addresses are names with the subgraphs before them: "group.node".

    Attributes:
        path: the subgraphs that were entered, outermost first.
        shown: the graph there.
        whole: all of the document, subgraphs unfolded: its nodes are called by their address.
    """

    def __init__(self, graph: Graph) -> None:
        self.path: tuple[str, ...] = ()
        self._unfold = Unfolder()
        self.follow(graph)

    def follow(self, graph: Graph) -> bool:
        """Show another snapshot; returns whether the way had to be cut short."""
        self._root = graph
        before = self.path
        while True:
            try:
                self.shown = inner_at(graph, self.path)
                break
            except GraphError:
                self.path = self.path[:-1]
        self.whole = self._unfold(graph)
        return self.path != before

    def go_to(self, path: tuple[str, ...]) -> None:
        """Enter subgraphs, or leave them. Raises GraphError when there is none of that name."""
        self.shown = inner_at(self._root, path)
        self.path = path

    def address(self, name: str) -> str:
        """How a node of the shown graph is called from outside."""
        return ".".join((*self.path, name))

    def local(self, address: str) -> str:
        """The node of the shown graph that an address leads to or into; "" when it leads elsewhere."""
        parts = address.split(".")
        depth = len(self.path)
        if len(parts) <= depth or tuple(parts[:depth]) != self.path:
            return ""
        return parts[depth]

    def instance(self, address: str) -> NodeInstance | None:
        """The node at an address."""
        *path, name = address.split(".")
        try:
            return inner_at(self._root, tuple(path)).nodes.get(name)
        except GraphError:
            return None

    def inner_addresses(self, addresses: Iterable[str]) -> frozenset[str]:
        """The nodes that compute something at these addresses, and inside of them."""
        wanted = tuple(addresses)
        inside = tuple(f"{address}." for address in wanted)
        return frozenset(
            name
            for name, node in self.whole.nodes.items()
            if node is not STAND_IN and (name in wanted or name.startswith(inside))
        )

    def same_results_as(self, before: Graph) -> bool:
        """Whether an earlier snapshot computes the same."""
        return same_results(self._unfold(before), self.whole)

    def stale_since(self, before: Graph) -> frozenset[str]:
        """The addresses of nodes that compute something else than in an earlier snapshot."""
        old, new = self._unfold(before), self.whole
        changed = [name for name, node in new.nodes.items() if not computes_alike(old.nodes.get(name), node)]
        if old.wires is not new.wires:
            ends = new.wires.keys() | old.wires.keys()
            changed += [name for name in ends if new.wires.get(name) != old.wires.get(name)]
        return downstream_of(new, changed) if changed else frozenset()

    def moves_from(self, before: Graph) -> Callable[[str], str]:
        """What addresses of an earlier snapshot are now; "" for nodes that are gone."""
        old = self._unfold(before)
        moves = renamed_nodes(old, self.whole)

        def moved(address: str) -> str:
            if address in self.whole.nodes and address not in moves:
                return address
            if old.nodes.get(address) is not STAND_IN:
                return moves.get(address, "")
            *path, name = address.split(".")
            try:
                level = renamed_nodes(inner_at(before, tuple(path)), inner_at(self._root, tuple(path)))
            except GraphError:
                return ""
            return ".".join((*path, level[name])) if level.get(name) else ""

        return moved

    def state_of(self, name: str, states: Mapping[str, NodeState]) -> NodeState | None:
        """The state of a node of the shown graph; of a subgraph what its inner nodes come to."""
        address = self.address(name)
        node = self.shown.nodes.get(name)
        if node is None or node.inner is None:
            return states.get(address)
        inside = [state for each, state in states.items() if each.startswith(f"{address}.")]
        if not inside:
            return None
        loudest = min(inside, key=lambda state: _LOUDEST.index(state.state))
        return replace(
            loudest,
            node=address,
            seconds=sum(state.seconds for state in inside),
            bytes=sum(state.bytes for state in inside),
        )


def same_results(before: Graph, after: Graph) -> bool:
    """Whether two unfolded snapshots compute the same: they differ in looks and places at most."""
    if before.wires is not after.wires or before.settings.fps != after.settings.fps:
        return False
    if before.nodes is after.nodes:
        return True
    if before.nodes.keys() != after.nodes.keys():
        return False
    return all(computes_alike(before.nodes[name], node) for name, node in after.nodes.items())


def computes_alike(old: NodeInstance | None, new: NodeInstance) -> bool:
    """Whether a node computes the same in two snapshots, its wires apart."""
    return new is old or (
        old is not None
        and new.kind == old.kind
        and new.parameters is old.parameters
        and new.disabled == old.disabled
    )
