"""What gestures do to a graph, without any widget."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document import commands
from app.document.graph import Backdrop, Graph, GraphError, NodeInstance, Port
from app.document.wiring import downstream_of, upstream_of
from app.export.values import write_value
from app.ui.canvas.arrange import arranged
from app.ui.canvas.bends import bends_of, with_bends
from app.ui.canvas.files import loader_for
from app.ui.canvas.wiring import Draft, Socket, Wire
from nodes.sdk.registry import default_registry
from nodes.sdk.values import Motion
from tests.ui.canvas.fakes import face_graph, small_registry

REGISTRY = small_registry()


def chain(*kinds: str) -> Graph:
    """Nodes n0, n1, ... wired in a row by their first sockets."""
    graph = Graph()
    for index, kind in enumerate(kinds):
        graph = graph.with_node(f"n{index}", NodeInstance(kind, x=200.0 * index))
        if index:
            entry = REGISTRY.get(kind).inputs[0].name  # type: ignore[union-attr]
            graph = graph.with_link(Port(f"n{index - 1}", "out"), f"n{index}", entry)
    return graph


def test_heal_joins_over_several_deleted_nodes() -> None:
    graph = chain("load_image", "blur", "blur", "blur")
    after = commands.delete_nodes(graph, REGISTRY, ["n1", "n2"])
    assert after.sources("n3", "image") == (Port("n0", "out"),)


def test_heal_leaves_an_input_empty_when_the_types_differ() -> None:
    graph = face_graph()
    after = commands.delete_nodes(graph, REGISTRY, ["head"])
    assert after.sources("edit", "head") == ()


def test_heal_keeps_the_order_of_an_input_that_takes_many() -> None:
    graph = chain("load_image", "blur").with_node("all", NodeInstance("collect"))
    graph = graph.with_node("other", NodeInstance("load_image"))
    for port in (Port("n1", "out"), Port("other", "out")):
        graph = graph.with_link(port, "all", "images", many=True)
    after = commands.delete_nodes(graph, REGISTRY, ["n1"])
    assert after.sources("all", "images") == (Port("n0", "out"), Port("other", "out"))


def test_extract_keeps_the_wires_among_the_extracted() -> None:
    graph = chain("load_image", "blur", "blur", "blur")
    after = commands.extract_nodes(graph, REGISTRY, ["n1", "n2"])
    assert after.sources("n2", "image") == (Port("n1", "out"),)
    assert after.sources("n1", "image") == ()
    assert after.sources("n3", "image") == (Port("n0", "out"),)


def test_insert_refuses_what_would_close_a_cycle() -> None:
    graph = chain("load_image", "blur", "blur")
    wire = Wire(Port("n0", "out"), "n1", "image")
    graph = graph.without_link(None, "n2", "image").with_link(Port("n1", "out"), "n2", "image")
    with pytest.raises(GraphError):
        commands.insert_on_wire(graph, REGISTRY, "n2", *wire)


def test_insert_into_one_of_many_wires_keeps_their_order() -> None:
    graph = Graph()
    for name, kind in (("a", "load_image"), ("b", "load_image"), ("all", "collect"), ("soft", "blur")):
        graph = graph.with_node(name, NodeInstance(kind))
    for name in "ab":
        graph = graph.with_link(Port(name, "out"), "all", "images", many=True)
    wire = Wire(Port("a", "out"), "all", "images")
    after = commands.insert_on_wire(graph, REGISTRY, "soft", *wire)
    assert after.sources("all", "images") == (Port("soft", "out"), Port("b", "out"))


def test_swap_exchanges_the_first_two_inputs_of_one_type() -> None:
    graph = chain("load_image", "blend_images").with_node("b", NodeInstance("load_image"))
    graph = graph.with_link(Port("b", "out"), "n1", "back")
    after = commands.swap_inputs(graph, REGISTRY, "n1")
    assert after.sources("n1", "front") == (Port("b", "out"),)
    assert after.sources("n1", "back") == (Port("n0", "out"),)
    with pytest.raises(GraphError):
        commands.swap_inputs(graph, REGISTRY, "n0")


def test_connect_refuses_types_that_do_not_fit() -> None:
    with pytest.raises(GraphError, match="does not take an Image"):
        commands.connect(face_graph(), REGISTRY, Port("photo", "out"), "edit", "head")


def test_connect_through_a_conversion_that_would_close_a_cycle_changes_nothing() -> None:
    graph = chain("load_image", "blend_images")
    with pytest.raises(GraphError, match="wired to itself"):
        commands.connect(graph, REGISTRY, Port("n1", "out"), "n1", "mask")


def test_draft_knows_what_it_may_end_at() -> None:
    draft = Draft.from_socket(face_graph(), REGISTRY, Socket("faces", "faces", "output"))
    assert draft.refusal(Socket("head", "faces", "input")) is None
    assert "takes" not in (draft.refusal(Socket("photo", "out", "output")) or "")
    assert draft.best_socket("head") == Socket("head", "faces", "input")
    assert draft.best_socket("edit") is None
    assert "cycle" in (draft.refusal(Socket("photo", "out", "input")) or "")


def test_upstream_and_downstream() -> None:
    graph = face_graph()
    assert upstream_of(graph, ["head"]) == {"photo", "faces", "head"}
    assert downstream_of(graph, ["faces"]) == {"faces", "head", "edit"}


def test_bends_survive_a_rename_and_damaged_entries() -> None:
    graph = face_graph()
    wire = Wire(Port("head", "out"), "edit", "head")
    graph = with_bends(graph, wire, ((1.0, 2.0), (3.0, 4.0)))
    renamed = graph.renamed("head", "skull")
    assert bends_of(renamed, Wire(Port("skull", "out"), "edit", "head")) == ((1.0, 2.0), (3.0, 4.0))
    odd = NodeInstance("edit_expression", extra={"bends": {"head": [[1, 2], "x", [1], [float("inf"), 0]]}})
    assert bends_of(graph.with_node("edit", odd), wire) == ((1.0, 2.0),)


def test_arrange_leaves_no_two_nodes_on_each_other() -> None:
    graph = face_graph()
    names = list(graph.nodes)
    sizes = {name: (176.0, 90.0 + 10 * index) for index, name in enumerate(names)}
    places = arranged(graph, names, sizes)
    boxes = [(*places[name], *sizes[name]) for name in names]
    for index, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[index + 1 :]:
            apart = x + width <= other_x or other_x + other_width <= x
            assert apart or y + height <= other_y or other_y + other_height <= y


def test_arrange_leads_every_wire_to_the_right_and_puts_sources_next_to_their_use() -> None:
    graph = face_graph()
    places = arranged(graph, list(graph.nodes), dict.fromkeys(graph.nodes, (176.0, 80.0)))
    assert all(places[port.node][0] < places[target][0] for port, target, _ in graph.links())
    late = graph.with_node("curve", NodeInstance("load_motion")).with_link(Port("curve", "out"), "edit", "in")
    places = arranged(late, list(late.nodes), dict.fromkeys(late.nodes, (176.0, 80.0)))
    assert places["curve"][0] == places["head"][0], "not in the first column"


def test_arrange_of_some_nodes_heeds_only_the_wires_among_them() -> None:
    graph = face_graph()
    places = arranged(graph, ["photo", "edit"], dict.fromkeys(graph.nodes, (176.0, 80.0)))
    assert places.keys() == {"photo", "edit"}
    assert places["photo"][0] == places["edit"][0]


def test_arrange_is_stable() -> None:
    graph = face_graph()
    sizes = dict.fromkeys(graph.nodes, (176.0, 80.0))
    once = arranged(graph, list(graph.nodes), sizes)
    assert arranged(graph.with_positions(once), list(graph.nodes), sizes) == once


def test_paste_into_another_document() -> None:
    graph = face_graph().with_parameter("edit", "jaw_open", 0.5)
    graph = replace(graph, backdrops={"frame": Backdrop("Reading", 0, 0, 300, 200)})
    text = commands.copy_text(graph, REGISTRY, ["head", "edit"], ["frame"])
    other, names = commands.paste_text(Graph(), REGISTRY, text, (100.0, 50.0), with_inputs=True)
    assert names == ["head", "edit"] and list(other.backdrops) == ["backdrop_1"]
    assert other.sources("edit", "head") == (Port("head", "out"),)
    assert other.sources("head", "image") == ()
    assert min(node.x for node in [*other.nodes.values(), *other.backdrops.values()]) == 100.0
    assert other.nodes["edit"].parameters["jaw_open"] == 0.5


def test_text_copied_by_an_earlier_version_keeps_its_outer_wires() -> None:
    graph = face_graph()
    plain = json.loads(commands.copy_text(graph, REGISTRY, ["head"]))
    plain["outside_wires"] = plain.pop("inputs")
    after, (name,) = commands.paste_text(graph, REGISTRY, json.dumps(plain), with_inputs=True)
    assert after.sources(name, "image") == graph.sources("head", "image")


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", '{"format": "facewright.graph"', '{"format": "facewright.graph", "nodes": 3}']
)
def test_paste_refuses_what_are_no_nodes(text: str) -> None:
    with pytest.raises(GraphError):
        commands.paste_text(Graph(), REGISTRY, text, (0.0, 0.0), with_inputs=False)


def test_the_simplest_loader_takes_a_file() -> None:
    found = loader_for(REGISTRY, "/photos/me.PNG")
    assert found is not None
    assert (found[0].id, found[1]) == ("load_image", "path")
    assert loader_for(REGISTRY, "/notes.txt") is None


def loader_of(path: Path) -> str:
    found = loader_for(default_registry(), str(path))
    assert found is not None
    return found[0].id


def test_what_stands_in_a_file_says_who_loads_it(tmp_path: Path) -> None:
    ply = tmp_path / "thing.ply"
    ply.write_bytes(
        b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nelement face 1\nend_header\n"
    )
    assert loader_of(ply) == "load_mesh"
    ply.write_bytes(b"ply\nelement vertex 1\nproperty float x\nproperty float f_dc_0\nend_header\n")
    assert loader_of(ply) == "load_splats"
    csv = tmp_path / "take.csv"
    csv.write_text("Timecode,BlendshapeCount,EyeBlinkLeft\n")
    assert loader_of(csv) == "load_motion"
    csv.write_text("x,y,z\n1,2,3\n")
    assert loader_of(csv) == "load_landmarks"


def test_values_of_the_program_go_to_the_node_that_reads_them(tmp_path: Path) -> None:
    zeros = np.zeros((2, 3), np.float32)
    motion = Motion(np.zeros((2, 52), np.float32), zeros, zeros, np.zeros((2, 2, 2), np.float32), 25.0)
    write_value(motion, tmp_path / "a.npz")
    assert loader_of(tmp_path / "a.npz") == "load_motion"
    np.savez(tmp_path / "b.npz", means3d=zeros)
    assert loader_of(tmp_path / "b.npz") == "load_splats"
    (tmp_path / "c.npz").write_bytes(b"no archive")
    assert loader_of(tmp_path / "c.npz") == "head_model", "its node says what is wrong with it"


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Image nodes with random wires that close no cycle."""
    count = draw(st.integers(1, 9))
    graph = Graph()
    for index in range(count):
        kind = draw(st.sampled_from(["load_image", "blur", "blend_images", "collect"]))
        graph = graph.with_node(f"n{index}", NodeInstance(kind, x=float(draw(st.integers(-9, 9)))))
        spec = REGISTRY.get(kind)
        for socket in spec.inputs if spec else ():
            if index and socket.type_name == "Image" and draw(st.booleans()):
                source = draw(st.integers(0, index - 1))
                graph = graph.with_link(Port(f"n{source}", "out"), f"n{index}", socket.name, many=socket.many)
    return graph


@settings(max_examples=80, deadline=None)
@given(graphs(), st.data())
def test_no_edit_makes_a_graph_invalid(graph: Graph, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(graph.nodes)), unique=True, min_size=1))
    for after in (
        commands.delete_nodes(graph, REGISTRY, names),
        commands.extract_nodes(graph, REGISTRY, names),
        commands.duplicate(graph, REGISTRY, names, with_inputs=True)[0],
        commands.paste_text(
            graph, REGISTRY, commands.copy_text(graph, REGISTRY, names), (0.0, 0.0), with_inputs=True
        )[0],
    ):
        for port, target, input_name in after.links():
            assert port.node in after.nodes and target in after.nodes
            spec = REGISTRY.get(after.nodes[target].kind)
            assert spec is not None and spec.input(input_name) is not None
        for name in after.nodes:
            after.upstream(name)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_copy_and_paste_of_everything_is_the_same_graph(graph: Graph) -> None:
    left = min(node.x for node in graph.nodes.values())
    top = min(node.y for node in graph.nodes.values())
    text = commands.copy_text(graph, REGISTRY, graph.nodes)
    again, names = commands.paste_text(Graph(), REGISTRY, text, (left, top), with_inputs=False)
    assert names == list(graph.nodes)
    assert {name: dict(inputs) for name, inputs in again.wires.items()} == graph.wires
    assert {n: (i.kind, i.x, i.y) for n, i in again.nodes.items()} == {
        n: (i.kind, i.x, i.y) for n, i in graph.nodes.items()
    }
