"""Snapshots on their way to a worker."""

from __future__ import annotations

import pickle
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.document import commands
from app.document.graph import Graph, NodeInstance, Port, Settings
from app.document.unfold import unfolded
from app.engine.snapshot import applied, difference
from tests.engine import kit


def alike(left: Graph, right: Graph) -> bool:
    def bare(graph: Graph) -> tuple[object, ...]:
        nodes = [(n, i.kind, dict(i.parameters), i.disabled) for n, i in graph.nodes.items()]
        wires = {t: {n: tuple(p) for n, p in i.items()} for t, i in graph.wires.items() if i}
        return nodes, wires, graph.settings.fps, graph.settings.first, graph.settings.last

    return bare(left) == bare(right)


def test_an_edit_of_one_parameter_sends_one_node() -> None:
    graph = kit.chain(100)
    edited = graph.with_parameter("n50", "value", 9.0)
    patch = difference(graph, edited)
    assert list(patch.nodes) == ["n50"]
    assert patch.wires == {}
    assert patch.order is None


def test_moving_and_labelling_sends_nothing_and_keeps_the_snapshot() -> None:
    graph = kit.chain(10)
    moved = graph.with_positions({"n3": (5, 5)})
    moved = moved.with_node("n4", replace(moved.nodes["n4"], label="here"))
    patch = difference(graph, moved)
    assert patch.nodes == {}
    far = applied(Graph(), difference(None, graph))
    assert applied(far, patch) is far


def test_what_did_not_change_arrives_as_the_same_objects() -> None:
    graph = kit.chain(10)
    far = applied(Graph(), difference(None, graph))
    then = applied(far, difference(graph, graph.with_parameter("n9", "value", 2.0)))
    assert then.wires is far.wires
    assert then.nodes["n3"] is far.nodes["n3"]
    assert then.nodes["n9"] is not far.nodes["n9"]


names = st.sampled_from("abcdefgh")
edits = st.lists(
    st.tuples(st.sampled_from(["add", "drop", "set", "wire", "cut", "off", "time", "rename"]), names, names),
    max_size=30,
)


@given(edits)
def test_patches_rebuild_any_sequence_of_edits(steps: list[tuple[str, str, str]]) -> None:
    graph = Graph()
    sent: Graph | None = None
    far = Graph()
    for number, (what, one, two) in enumerate(steps):
        graph = edited(graph, what, one, two, number)
        if number % 3 != 1:  # Some snapshots are never sent: a newer one replaced them.
            far = applied(far, pickle.loads(pickle.dumps(difference(sent, graph))))
            sent = graph
            assert alike(far, graph)


def edited(graph: Graph, what: str, one: str, two: str, number: int) -> Graph:
    if what == "time":
        return replace(graph, settings=Settings(last=number))
    if what == "add":
        return graph.with_node(one, NodeInstance("add", parameters={"value": float(number)}))
    if one not in graph.nodes:
        return graph
    if what == "drop":
        return graph.without_nodes([one])
    if what == "set":
        return graph.with_parameter(one, "value", float(number))
    if what == "off":
        return graph.with_node(one, replace(graph.nodes[one], disabled=True))
    if what == "rename":
        return graph if two in graph.nodes else graph.renamed(one, two)
    if what == "cut":
        return graph.without_link(None, one, "a")
    if two in graph.nodes and one < two:
        return graph.with_link(Port(one, "out"), two, "a")
    return graph


def test_a_graph_for_an_export_keeps_its_subgraphs() -> None:
    registry = kit.registry()
    made = commands.group_nodes(kit.chain(4), registry, ["n1", "n2"])[0]
    made, alias = commands.promote(made, registry, ("group",), "n1", "value")
    arrived = applied(Graph(), pickle.loads(pickle.dumps(difference(None, made))))
    inner = arrived.nodes["group"].inner
    assert inner is not None and list(inner.nodes) == list(made.nodes["group"].inner.nodes)  # type: ignore[union-attr]
    assert arrived.nodes["group"].parameters == {alias: 1.0}
    assert dict(unfolded(arrived).wires) == dict(unfolded(made).wires)
