"""Subgraphs: grouping, promoting, going in and out, files, and graphs without them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.document import commands
from app.document.check import check
from app.document.curve import Curve, Key
from app.document.document import Document
from app.document.format import read_text, write_text
from app.document.graph import INLET, OUTLET, Graph, GraphError, NodeInstance, Port
from app.document.subgraph import MAX_DEPTH, edited_at, ends, inner_at, spec_of, with_inner_at
from app.document.unfold import Unfolder, given_by, unfolded
from nodes.sdk.errors import FileProblem
from tests.document.likeness import contents
from tests.document.strategies import REGISTRY, Edit, edits, graphs, started

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def row() -> Graph:
    """picture -> first -> second -> third, in a row."""
    graph = Graph()
    for index, (name, kind) in enumerate(
        [("photo", "picture"), ("first", "grade"), ("second", "grade"), ("third", "grade")]
    ):
        graph = graph.with_node(name, NodeInstance(kind, x=200.0 * index))
    for source, target in (("photo", "first"), ("first", "second"), ("second", "third")):
        graph = graph.with_link(Port(source, "out"), target, "image")
    return graph.with_parameter("first", "gain", 2.0)


def grouped(*names: str) -> Graph:
    return commands.group_nodes(row(), REGISTRY, names)[0]


def plain(graph: Graph) -> tuple[dict[str, object], set[object]]:
    """The nodes of a graph and its wires, whatever their order; the places of stand-ins left out."""
    whole = unfolded(graph)
    nodes = {
        name.rpartition(".")[2]: (node.kind, dict(node.parameters), node.disabled)
        for name, node in whole.nodes.items()
        if node.kind != "subgraph"
    }
    wires = {
        (port.node.rpartition(".")[2], port.output, target.rpartition(".")[2], entry)
        for port, target, entry in whole.links()
        if whole.nodes[target].kind != "subgraph"
    }
    return nodes, wires


def test_a_group_stands_in_the_stream_where_its_nodes_stood() -> None:
    graph = grouped("first", "second")
    assert list(graph.nodes) == ["photo", "third", "group"]
    assert graph.sources("group", "image") == (Port("photo", "out"),)
    assert graph.sources("third", "image") == (Port("group", "image_2"),)
    assert plain(graph) == plain(row())


def test_a_group_declares_what_its_ends_say() -> None:
    spec = spec_of(grouped("first", "second").nodes["group"], REGISTRY)
    assert spec is not None
    assert [(socket.name, socket.type_name, socket.optional) for socket in spec.inputs] == [
        ("image", "Image", False)
    ]
    assert [(socket.name, socket.type_name) for socket in spec.outputs] == [("image_2", "Image")]


def test_a_node_between_the_grouped_would_close_a_cycle() -> None:
    with pytest.raises(GraphError, match="between them") as caught:
        commands.group_nodes(row(), REGISTRY, ["first", "third"])
    assert "'second'" in caught.value.hint


def test_ungrouping_gives_the_graph_back() -> None:
    graph, names = commands.ungroup(grouped("first", "second"), "group")
    assert names == ["first", "second"]
    before = row()
    assert contents(replace(graph, nodes={name: graph.nodes[name] for name in before.nodes})) == contents(
        before
    )


def test_a_promoted_parameter_is_the_inner_one() -> None:
    graph, alias = commands.promote(grouped("first", "second"), REGISTRY, ("group",), "first", "gain")
    assert graph.nodes["group"].parameters == {"gain": 2.0}
    graph = commands.set_parameter(graph, REGISTRY, "group", alias, 3.0)
    assert inner_at(graph, ("group",)).nodes["first"].parameters == {"gain": 3.0}
    graph = edited_at(
        graph, ("group",), lambda inner: commands.reset_parameter(inner, REGISTRY, "first", "gain")
    )
    assert graph.nodes["group"].parameters == {}
    curve = Curve((Key(0, 1.0), Key(8, 2.0)))
    graph = commands.set_parameter(graph, REGISTRY, "group", alias, curve)
    assert commands.value_at(graph, REGISTRY, "group", alias, 8) == 2.0
    assert commands.demote(graph, ("group",), "first", "gain").nodes["group"].parameters == {}


def test_two_promoted_parameters_of_one_name_get_two_names() -> None:
    graph, first = commands.promote(grouped("first", "second"), REGISTRY, ("group",), "first", "gain")
    graph, again = commands.promote(graph, REGISTRY, ("group",), "first", "gain")
    graph, second = commands.promote(graph, REGISTRY, ("group",), "second", "gain")
    assert (first, again, second) == ("gain", "gain", "second_gain")


def test_promoted_parameters_follow_renamed_grouped_and_ungrouped_owners() -> None:
    graph, alias = commands.promote(grouped("first", "second"), REGISTRY, ("group",), "first", "gain")
    for edit in (
        lambda inner: commands.rename_node(inner, "first", "start"),
        lambda inner: commands.group_nodes(inner, REGISTRY, ["start", "second"], "deeper")[0],
        lambda inner: commands.ungroup(inner, "deeper")[0],
    ):
        graph = edited_at(graph, ("group",), edit)
        assert graph.nodes["group"].parameters == {alias: 2.0}
    graph = edited_at(graph, ("group",), lambda inner: inner.without_nodes(["start"]))
    assert graph.nodes["group"].promoted == {}


def test_wires_outside_follow_renamed_and_removed_ends() -> None:
    graph = edited_at(
        grouped("first", "second"),
        ("group",),
        lambda inner: inner.renamed("image", "plate").renamed("image_2", "film"),
    )
    assert graph.sources("group", "plate") == (Port("photo", "out"),)
    assert graph.sources("third", "image") == (Port("group", "film"),)
    graph = edited_at(graph, ("group",), lambda inner: inner.without_nodes(["plate", "film"]))
    assert not graph.wires.get("group") and graph.sources("third", "image") == ()


def test_exposed_sockets_can_be_wired_outside() -> None:
    graph = commands.add_node(Graph(), REGISTRY, "blend")[0]
    graph, name = commands.group_nodes(graph, REGISTRY, ["blend"])
    graph = edited_at(graph, (name,), lambda inner: commands.expose_sockets(inner, REGISTRY, ["blend"]))
    inner = inner_at(graph, (name,))
    assert {inner.nodes[end].parameters["type"] for end in ends(inner, INLET)} == {"Image", "Mask"}
    assert len(ends(inner, OUTLET)) == 1
    graph = graph.with_node("photo", NodeInstance("picture"))
    graph = commands.connect(graph, REGISTRY, Port("photo", "out"), name, "base")
    with pytest.raises(GraphError):
        commands.connect(graph, REGISTRY, Port("photo", "out"), name, "no such input")


def test_the_settings_inside_are_the_project_s() -> None:
    graph = commands.set_settings(grouped("first"), fps=50)
    assert inner_at(graph, ("group",)).settings.fps == 50
    graph = edited_at(graph, ("group",), lambda inner: commands.set_marker(inner, 3, "here"))
    assert graph.settings.markers == ((3, "here"),)


def test_a_disabled_group_passes_through() -> None:
    graph = commands.set_disabled(grouped("first", "second"), ["group"], True)
    assert unfolded(graph).sources("third", "image") == (Port("photo", "out"),)


def test_unfolding_keeps_what_an_edit_of_parameters_leaves_alone() -> None:
    unfolder = Unfolder()
    graph = grouped("first", "second")
    before = unfolder(graph)
    after = unfolder(edited_at(graph, ("group",), lambda inner: inner.with_parameter("second", "gain", 0.5)))
    assert after.wires is before.wires
    assert after.nodes["group.first"] is before.nodes["group.first"]
    assert after.nodes["group.second"] is not before.nodes["group.second"]
    flat = row()
    assert unfolder(flat) is flat


def test_a_look_at_a_group_is_a_look_at_what_it_gives() -> None:
    whole = unfolded(grouped("first", "second"))
    assert given_by(whole, "group", "image_2") == Port("group.second", "out")
    assert given_by(whole, "group", "") == Port("group.second", "out")
    assert given_by(whole, "group.image", "out") == Port("photo", "out")
    assert given_by(whole, "group", "nothing") is None


def test_inner_problems_are_named_by_their_address() -> None:
    graph = grouped("first", "second").without_link(None, "group", "image")
    (problem,) = [each for each in check(graph, REGISTRY) if each.node == "group.first"]
    assert "image" in problem.what


def test_inner_nodes_are_migrated_and_placeholders_kept() -> None:
    inner = {
        "nodes": {
            "old": {"kind": "changed", "parameters": {"strength": 0.25}},
            "alien": {"kind": "from_elsewhere", "parameters": {"depth": 3}, "colour": "#112233"},
        },
        "mood": "kept",
    }
    data = {
        "format": "facewright.graph",
        "version": 1,
        "nodes": {"group": {"kind": "subgraph", "graph": inner, "promoted": {"amount": "old.percent"}}},
    }
    loaded = read_text(json.dumps(data).encode(), REGISTRY)
    assert [problem.node for problem in loaded.problems] == ["group.alien"]
    assert loaded.graph.nodes["group"].parameters == {"amount": 25.0}
    again = json.loads(write_text(loaded.graph, REGISTRY))["nodes"]["group"]["graph"]
    assert again["mood"] == "kept" and again["nodes"]["alien"]["parameters"] == {"depth": 3}


def test_files_nested_too_deeply_or_with_too_many_inner_nodes_are_refused() -> None:
    def nested(depth: int, nodes: int = 0) -> bytes:
        level = {"nodes": {f"n{index}": {"kind": "grade"} for index in range(nodes)}}
        for _ in range(depth):
            level = {"nodes": {"a": {"kind": "subgraph", "graph": level}}}
        return json.dumps({"format": "facewright.graph", "version": 1, **level}).encode()

    assert read_text(nested(MAX_DEPTH), REGISTRY).graph.depth == MAX_DEPTH
    with pytest.raises(FileProblem, match="nested more than"):
        read_text(nested(MAX_DEPTH + 1), REGISTRY)
    with pytest.raises(FileProblem, match="more than the 20,000"):
        read_text(nested(2, 20_000), REGISTRY)


def test_nothing_can_be_made_that_could_not_be_opened_again() -> None:
    graph = row()
    for _ in range(MAX_DEPTH):
        graph, _name = commands.group_nodes(graph, REGISTRY, graph.nodes)
    with pytest.raises(GraphError, match="nested"):
        commands.group_nodes(graph, REGISTRY, graph.nodes)
    many = Graph({f"n{index}": NodeInstance("grade") for index in range(10_500)})
    full, name = commands.group_nodes(many, REGISTRY, many.nodes)
    with pytest.raises(GraphError, match="more than"):
        commands.duplicate(full, REGISTRY, [name])


def test_a_group_is_copied_with_all_it_holds() -> None:
    graph, alias = commands.promote(grouped("first", "second"), REGISTRY, ("group",), "first", "gain")
    text = commands.copy_text(graph, REGISTRY, ["group"])
    pasted, (name,) = commands.paste_text(graph, REGISTRY, text, with_inputs=True)
    assert pasted.sources(name, "image") == (Port("photo", "out"),)
    pasted = commands.set_parameter(pasted, REGISTRY, name, alias, 4.0)
    assert pasted.nodes["group"].parameters == {alias: 2.0}
    assert pasted.nodes[name].parameters == {alias: 4.0}


def test_grouping_is_one_step() -> None:
    document = Document(REGISTRY, row())
    start = document.graph
    document.edit("Group", lambda graph: commands.group_nodes(graph, REGISTRY, ["first", "second"])[0])
    document.undo()
    assert document.graph is start


@QUICK
@given(graphs(), st.integers(0, 255))
def test_grouping_and_ungrouping_change_nothing_that_is_computed(graph: Graph, number: int) -> None:
    chosen = [name for index, name in enumerate(graph.nodes) if number >> (index % 8) & 1]
    try:
        made, name = commands.group_nodes(graph, REGISTRY, chosen)
    except GraphError:
        return
    assert made.size > graph.size
    assert _computed(made) == _computed(graph)
    assert _computed(commands.ungroup(made, name)[0]) == _computed(graph)


def _computed(graph: Graph) -> list[object]:
    """All plain nodes as what they and everything above them is, whatever they are called."""
    whole = unfolded(graph)
    known: dict[str, object] = {}

    def of(name: str) -> object:
        if name not in known:
            node = whole.nodes[name]
            above = [
                (key, [(of(port.node), port.output) for port in ports])
                for key, ports in sorted(whole.wires.get(name, {}).items())
            ]
            known[name] = repr((node.kind, sorted(node.parameters.items()), node.disabled, above))
        return known[name]

    return sorted(str(of(name)) for name, node in whole.nodes.items() if node.kind != "subgraph")


@QUICK
@given(started(), st.lists(edits(), max_size=30))
def test_no_edit_elsewhere_loses_a_value_inside(start: Graph, steps: list[Edit]) -> None:
    start = start.with_node("kept", NodeInstance("grade", parameters={"gain": 3.25, "words": "inside"}))
    graph, name = commands.group_nodes(start, REGISTRY, ["kept"], "treasure")
    for step in steps:
        if step.what in ("delete", "set", "key", "remove key", "inside", "copy", "duplicate"):
            continue
        graph = step(graph)
        graph = read_text(write_text(graph, REGISTRY), REGISTRY).graph
    held = [node for node in unfolded(graph).nodes.values() if node.parameters.get("gain") == 3.25]
    assert any(node.parameters.get("words") == "inside" for node in held)
    assert name


def test_going_nowhere_says_so() -> None:
    with pytest.raises(GraphError, match="no subgraph 'first'"):
        inner_at(row(), ("first",))
    with pytest.raises(GraphError):
        with_inner_at(row(), ("nobody",), Graph())
    with pytest.raises(GraphError, match="is no subgraph"):
        commands.ungroup(row(), "first")
