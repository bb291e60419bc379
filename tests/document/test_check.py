"""What `check` finds in a graph before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.document import commands
from app.document.check import check
from app.document.curve import Curve, Key
from app.document.graph import Graph, NodeInstance, Port
from tests.document.kinds import registry

REGISTRY = registry()


def graph_of(**nodes: NodeInstance) -> Graph:
    return Graph(nodes)


def lines(graph: Graph, node: str | None = None) -> list[str]:
    return [f"{problem.severity}: {problem}" for problem in check(graph, REGISTRY, node=node)]


@pytest.fixture
def photo(tmp_path: Path) -> NodeInstance:
    (tmp_path / "me.png").write_bytes(b"x")
    return NodeInstance("picture", parameters={"path": str(tmp_path / "me.png")})


def test_a_graph_with_nothing_wrong_gives_nothing(photo: NodeInstance) -> None:
    graph = graph_of(photo=photo, grade=NodeInstance("grade"))
    assert lines(graph.with_link(Port("photo", "out"), "grade", "image")) == []


def test_an_unknown_node_is_an_error() -> None:
    assert lines(graph_of(d=NodeInstance("dream"))) == [
        "error: node 'd': there is no kind of node 'dream' here. Install the nodes it comes from"
    ]


def test_an_input_that_nothing_feeds_is_an_error_unless_it_is_optional(photo: NodeInstance) -> None:
    graph = graph_of(photo=photo, blend=NodeInstance("blend"), stack=NodeInstance("stack"))
    graph = graph.with_link(Port("photo", "out"), "blend", "base")
    assert lines(graph) == [
        "error: node 'blend': nothing is wired to the input 'over'. It needs a wire of type Image"
    ]


def test_a_disabled_node_needs_nothing() -> None:
    assert lines(graph_of(grade=NodeInstance("grade", disabled=True))) == []


def test_missing_files_are_errors_and_chosen_ones_are_not(tmp_path: Path, photo: NodeInstance) -> None:
    graph = graph_of(
        photo=photo,
        none=NodeInstance("picture"),
        gone=NodeInstance("picture", parameters={"path": str(tmp_path / "gone.png")}),
        demo=NodeInstance("picture", parameters={"path": "demo:astronaut"}),
    )
    first, second = lines(graph)
    assert first == "error: node 'none': no picture is chosen. Set 'path'"
    assert second.startswith(f"error: node 'gone': the picture {tmp_path / 'gone.png'} is missing")


def test_a_writer_into_a_folder_that_is_not_there_is_an_error(tmp_path: Path, photo: NodeInstance) -> None:
    graph = graph_of(
        photo=photo, end=NodeInstance("write", parameters={"path": str(tmp_path / "no" / "o.png")})
    )
    graph = graph.with_link(Port("photo", "out"), "end", "image")
    (line,) = lines(graph)
    assert f"there is no folder {tmp_path / 'no'}" in line


def test_a_missing_model_is_an_error(photo: NodeInstance) -> None:
    graph = graph_of(photo=photo, needy=NodeInstance("needy"))
    graph = graph.with_link(Port("photo", "out"), "needy", "image")
    assert lines(graph) == ["error: node 'needy': there is no model card 'no_such_card'"]


def test_values_out_of_range_are_warnings_and_wrong_types_errors(photo: NodeInstance) -> None:
    curve = Curve((Key(0, 1), Key(5, 9)))
    parameters = {"gain": curve, "steps": 900, "soft": 7.0, "mode": "cinema"}
    graph = graph_of(photo=photo, g=NodeInstance("grade", parameters=parameters))
    graph = graph.with_link(Port("photo", "out"), "g", "image")
    gain, steps, mode = lines(graph)
    assert gain.startswith("warning: node 'g': parameter 'gain' is 9, out of its range")
    assert steps.startswith("warning: node 'g': parameter 'steps' is 900")
    assert mode.startswith("error: node 'g': parameter 'mode' cannot be 'cinema'")


def test_wires_that_may_not_be_and_loops_are_errors() -> None:
    names = ("a", "b", "m")
    graph = graph_of(a=NodeInstance("grade"), b=NodeInstance("grade"), m=NodeInstance("blend"))
    graph = graph.with_link(Port("a", "out"), "b", "image").with_link(Port("a", "out"), "m", "matte")
    loop = {"a": {"image": (Port("b", "out"),)}, **graph.wires}
    found = lines(Graph(graph.nodes, loop), node=None)
    assert any("cycle" in line for line in found)
    assert any("wire a.out -> m.matte" in line for line in found)
    assert set(graph.nodes) == set(names)


def test_only_what_a_node_depends_on_is_looked_at_when_asked(photo: NodeInstance) -> None:
    graph = graph_of(photo=photo, grade=NodeInstance("grade"), other=NodeInstance("dream"))
    graph = graph.with_link(Port("photo", "out"), "grade", "image")
    assert lines(graph, node="grade") == []
    assert len(lines(graph)) == 1


def test_check_agrees_with_what_the_commands_allow(photo: NodeInstance) -> None:
    graph = graph_of(photo=photo, split=NodeInstance("split"), blend=NodeInstance("blend"))
    graph = commands.connect(graph, REGISTRY, Port("photo", "out"), "split", "image")
    for output, socket in (("picture", "base"), ("matte", "over"), ("matte", "matte")):
        graph = commands.connect(graph, REGISTRY, Port("split", output), "blend", socket)
    assert lines(graph) == []
