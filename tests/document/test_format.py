"""What stands in a `.graph` file, and how it is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.document import commands
from app.document.curve import Curve, Key
from app.document.format import load, load_strict, read_text, write_text
from app.document.graph import Graph, Port
from app.document.migrations import up_to_date
from app.document.save import save
from nodes.sdk.errors import FileProblem
from tests.document.kinds import registry
from tests.document.likeness import contents

REGISTRY = registry()


def text(**entries: Any) -> bytes:
    return json.dumps({"format": "facewright.graph", "version": 1, **entries}).encode()


def small() -> Graph:
    graph, _ = commands.add_node(Graph(), REGISTRY, "picture", (0, 0), "photo")
    graph, _ = commands.add_node(graph, REGISTRY, "grade", (200, 10.5))
    return commands.connect(graph, REGISTRY, Port("photo", "out"), "grade", "image")


# -- what is written -------------------------------------------------------------------------------


def test_a_file_can_be_read_by_people_one_node_a_line() -> None:
    graph = commands.set_parameter(small(), REGISTRY, "grade", "gain", 2)
    graph = commands.set_key(graph, REGISTRY, "grade", "soft", 0, 0.5)
    graph = commands.set_key(graph, REGISTRY, "grade", "soft", 12, 1, "linear")
    assert write_text(graph, REGISTRY).decode() == (
        "{\n"
        '  "format": "facewright.graph",\n'
        '  "version": 2,\n'
        '  "nodes": {\n'
        '    "photo": {"kind": "picture", "at": [0, 0]},\n'
        '    "grade": {\n'
        '      "kind": "grade",\n'
        '      "at": [200, 10.5],\n'
        '      "parameters": {"gain": 2.0, "soft": {"keys": [[0, 0.5], [12, 1.0, "linear"]]}}\n'
        "    }\n"
        "  },\n"
        '  "wires": [\n'
        '    ["photo.out", "grade.image"]\n'
        "  ]\n"
        "}\n"
    )


def test_what_equals_the_default_is_not_written() -> None:
    graph = small().with_parameter("grade", "gain", 1.0).with_parameter("grade", "invert", False)
    assert "parameters" not in json.loads(write_text(graph, REGISTRY))["nodes"]["grade"]


def test_the_order_of_edits_does_not_show_in_the_file() -> None:
    one = commands.set_parameter(small(), REGISTRY, "grade", "gain", 2)
    one = commands.set_parameter(one, REGISTRY, "grade", "steps", 3)
    other = commands.set_parameter(small(), REGISTRY, "grade", "steps", 3)
    other = commands.set_parameter(other, REGISTRY, "grade", "gain", 2)
    other = commands.disconnect(other, "grade", "image")
    other = commands.connect(other, REGISTRY, Port("photo", "out"), "grade", "image")
    assert write_text(one, REGISTRY) == write_text(other, REGISTRY)


def test_moving_one_node_changes_one_line() -> None:
    before = write_text(small(), REGISTRY).splitlines()
    after = write_text(commands.move_nodes(small(), {"grade": (9, 9)}), REGISTRY).splitlines()
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


def test_a_file_name_that_is_not_unicode_survives() -> None:
    name = b"/pictures/caf\xe9.png".decode("utf-8", "surrogateescape")
    graph = small().with_parameter("photo", "path", name)
    data = write_text(graph, REGISTRY)
    assert read_text(data, REGISTRY).graph.nodes["photo"].parameters["path"] == name


def test_a_value_that_is_no_number_does_not_keep_the_rest_from_being_saved() -> None:
    graph = small().with_parameter("grade", "gain", float("nan")).with_parameter("grade", "steps", 3)
    graph = graph.with_parameter("grade", "tint", (0.0, float("inf"), 0.0))
    graph = graph.with_positions({"photo": (float("nan"), 5.0)})
    loaded = read_text(write_text(graph, REGISTRY), REGISTRY).graph
    assert dict(loaded.nodes["grade"].parameters) == {"steps": 3}
    assert (loaded.nodes["photo"].x, loaded.nodes["photo"].y) == (0, 5)


# -- paths -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/film/shot/face.png", "face.png"),
        ("/film/shot/takes/1/face.png", "takes/1/face.png"),
        ("/film/stock/face.png", "../stock/face.png"),
        ("/elsewhere/far/away/face.png", "/elsewhere/far/away/face.png"),
        ("demo:astronaut", "demo:astronaut"),
        ("~/face.png", "~/face.png"),
        ("", ""),
        ("/film/shot/demo:face.png", "./demo:face.png"),
    ],
)
def test_paths_are_relative_in_the_file_and_absolute_in_the_program(path: str, written: str) -> None:
    folder = Path("/film/shot")
    graph = small().with_parameter("photo", "path", path)
    data = write_text(graph, REGISTRY, folder)
    assert json.loads(data)["nodes"]["photo"].get("parameters", {}).get("path", "") == written
    assert read_text(data, REGISTRY, folder).graph.nodes["photo"].parameters.get("path", "") == path


def test_a_project_folder_can_be_moved(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    save(small().with_parameter("photo", "path", str(old / "me.png")), old / "a.graph", REGISTRY)
    old.rename(new)
    graph = load(new / "a.graph", REGISTRY).graph
    assert graph.nodes["photo"].parameters["path"] == str(new / "me.png")


def test_paths_are_relative_to_where_a_linked_file_really_lies(tmp_path: Path) -> None:
    project, desk = tmp_path / "project", tmp_path / "desk"
    project.mkdir()
    desk.mkdir()
    (desk / "a.graph").symlink_to(project / "a.graph")
    save(small().with_parameter("photo", "path", str(project / "me.png")), desk / "a.graph", REGISTRY)
    assert json.loads((project / "a.graph").read_text())["nodes"]["photo"]["parameters"]["path"] == "me.png"
    graph = load(desk / "a.graph", REGISTRY).graph
    assert graph.nodes["photo"].parameters["path"] == str(project / "me.png")


# -- what is not known -----------------------------------------------------------------------------


def test_an_unknown_node_survives_a_round_trip_with_its_wires() -> None:
    strange = {
        "kind": "dream",
        "version": 7,
        "at": [1, 2],
        "parameters": {"depth": {"keys": "none"}, "who": [1, {"x": None}]},
        "mood": "blue",
    }
    wires = [["photo.out", "dream.input"], ["dream.vision", "grade.image"]]
    nodes = {
        "photo": {"kind": "picture", "at": [0, 0]},
        "dream": strange,
        "grade": {"kind": "grade", "at": [5, 5]},
    }
    loaded = read_text(text(nodes=nodes, wires=wires), REGISTRY)
    assert [problem.node for problem in loaded.problems] == ["dream"]
    again = json.loads(write_text(loaded.graph, REGISTRY))
    assert again["nodes"]["dream"] == strange
    assert sorted(again["wires"]) == sorted(wires)


def test_a_placeholder_can_be_moved_renamed_and_copied_without_loss() -> None:
    nodes = {"dream": {"kind": "dream", "at": [0, 0], "parameters": {"who": [1]}, "mood": "blue"}}
    graph = read_text(text(nodes=nodes), REGISTRY).graph
    graph = commands.rename_node(commands.move_nodes(graph, {"dream": (5, 5)}), "dream", "vision")
    graph, names = commands.paste_text(graph, REGISTRY, commands.copy_text(graph, REGISTRY, ["vision"]))
    written = json.loads(write_text(graph, REGISTRY))["nodes"]
    for name in ("vision", *names):
        assert written[name]["parameters"] == {"who": [1]}
        assert written[name]["mood"] == "blue"


def test_a_parameter_of_the_wrong_type_is_kept_and_replaced_when_it_is_set() -> None:
    nodes = {"grade": {"kind": "grade", "at": [0, 0], "parameters": {"gain": "much", "steps": 3}}}
    loaded = read_text(text(nodes=nodes), REGISTRY)
    (problem,) = loaded.problems
    assert "gain" in str(problem)
    assert "from 0 to 4" in problem.hint
    assert dict(loaded.graph.nodes["grade"].parameters) == {"steps": 3}
    assert json.loads(write_text(loaded.graph, REGISTRY))["nodes"] == nodes
    mended = commands.set_parameter(loaded.graph, REGISTRY, "grade", "gain", 2.0)
    written = json.loads(write_text(mended, REGISTRY))["nodes"]["grade"]["parameters"]
    assert written == {"gain": 2.0, "steps": 3}


def test_a_bad_wire_is_left_out_when_opened_and_refused_when_rendered(tmp_path: Path) -> None:
    nodes = {
        "photo": {"kind": "picture", "at": [0, 0]},
        "split": {"kind": "split", "at": [0, 0]},
        "blend": {"kind": "blend", "at": [0, 0]},
    }
    wires = [["photo.out", "blend.base"], ["photo.out", "blend.matte"]]
    path = tmp_path / "a.graph"
    path.write_bytes(text(nodes=nodes, wires=wires))
    loaded = load(path, REGISTRY)
    assert [problem.severity for problem in loaded.problems] == ["error"]
    assert list(loaded.graph.links()) == [(Port("photo", "out"), "blend", "base")]
    with pytest.raises(
        FileProblem, match=r"a\.graph: wire photo\.out -> blend\.matte: the input takes a Mask"
    ):
        load_strict(path, REGISTRY)


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        (["nobody.out", "grade.image"], "there is no node 'nobody'"),
        (["photo.out", "nobody.image"], "there is no node 'nobody'"),
        (["photo.nothing", "grade.image"], "'photo' has no output 'nothing'"),
        (["photo.out", "grade.nothing"], "'grade' has no input 'nothing'"),
        (["grade.out", "grade.image"], "'grade' is wired to itself"),
        (["split.matte", "grade.image"], "takes an Image, not a Mask"),
    ],
)
def test_a_wire_that_may_not_be_says_why(wire: list[str], words: str) -> None:
    nodes = {
        "photo": {"kind": "picture"},
        "grade": {"kind": "grade"},
        "split": {"kind": "split"},
    }
    loaded = read_text(text(nodes=nodes, wires=[wire]), REGISTRY)
    (problem,) = loaded.problems
    assert words in str(problem)
    assert f"wire {wire[0]} -> {wire[1]}" in str(problem)
    assert not list(loaded.graph.links())


def test_a_cycle_loses_one_wire_and_says_so() -> None:
    nodes = {name: {"kind": "grade"} for name in ("a", "b", "c")}
    wires = [["a.out", "b.image"], ["b.out", "c.image"], ["c.out", "a.image"]]
    loaded = read_text(text(nodes=nodes, wires=wires), REGISTRY)
    assert "cycle" in str(loaded.problems[0])
    assert len(list(loaded.graph.links())) == 2
    assert all(loaded.graph.upstream(name) for name in loaded.graph.nodes)


def test_a_second_wire_into_an_input_that_takes_one_is_left_out() -> None:
    nodes = {
        "a": {"kind": "picture"},
        "b": {"kind": "picture"},
        "g": {"kind": "grade"},
        "s": {"kind": "stack"},
    }
    into = [["a.out", "g.image"], ["b.out", "g.image"], ["b.out", "s.layers"], ["a.out", "s.layers"]]
    loaded = read_text(text(nodes=nodes, wires=into), REGISTRY)
    assert len(loaded.problems) == 1
    assert loaded.graph.sources("g", "image") == (Port("a", "out"),)
    assert loaded.graph.sources("s", "layers") == (Port("b", "out"), Port("a", "out"))


# -- versions --------------------------------------------------------------------------------------


def test_parameters_of_an_older_node_are_migrated() -> None:
    nodes = {"old": {"kind": "changed", "at": [0, 0], "parameters": {"strength": 0.25}}}
    loaded = read_text(text(nodes=nodes), REGISTRY)
    assert not loaded.problems
    assert dict(loaded.graph.nodes["old"].parameters) == {"percent": 25.0}
    written = json.loads(write_text(loaded.graph, REGISTRY))["nodes"]["old"]
    assert written == {"kind": "changed", "version": 2, "at": [0, 0], "parameters": {"percent": 25.0}}


def test_a_migration_that_fails_keeps_what_was_there() -> None:
    nodes = {"old": {"kind": "changed", "at": [0, 0], "parameters": {"explode": 1}}}
    loaded = read_text(text(nodes=nodes), REGISTRY)
    assert "could not be brought up to version 2" in str(loaded.problems[0])
    assert json.loads(write_text(loaded.graph, REGISTRY))["nodes"] == nodes


def test_a_node_newer_than_its_kind_keeps_its_version_and_all_it_says() -> None:
    nodes = {
        "photo": {"kind": "picture", "at": [0, 0]},
        "new": {"kind": "changed", "version": 3, "at": [0, 0], "parameters": {"percent": 7.0, "mood": 1}},
    }
    wires = [["photo.out", "new.later"]]
    loaded = read_text(text(nodes=nodes, wires=wires), REGISTRY)
    assert {problem.severity for problem in loaded.problems} == {"warning"}
    again = json.loads(write_text(loaded.graph, REGISTRY))
    assert again["nodes"] == nodes
    assert again["wires"] == wires


def test_files_of_older_formats_go_through_every_migration_in_order() -> None:
    steps = {
        1: lambda data: {**data, "trace": [*data["trace"], 1]},
        2: lambda data: {**data, "trace": [*data["trace"], 2]},
    }
    data = {"format": "facewright.graph", "version": 1, "trace": []}
    assert up_to_date(data, migrations=steps, newest=3) == {**data, "version": 3, "trace": [1, 2]}


def test_settings_markers_and_backdrops_come_back() -> None:
    graph = commands.set_settings(small(), fps=29.97, first=5, last=9)
    graph = commands.set_marker(graph, 7, "blink")
    graph, _ = commands.add_backdrop(graph, "Eyes", (-10, -20), (300, 200), "#112233")
    loaded = read_text(write_text(graph, REGISTRY), REGISTRY)
    assert contents(loaded.graph) == contents(graph)


def test_a_curve_in_a_file_may_hold_whole_numbers() -> None:
    keys = [[0, 0], [5, 1, "constant"], [9, 2]]
    nodes = {"g": {"kind": "grade", "parameters": {"gain": {"keys": keys}}}}
    graph = read_text(text(nodes=nodes), REGISTRY).graph
    assert graph.nodes["g"].parameters["gain"] == Curve((Key(0, 0), Key(5, 1, "constant"), Key(9, 2)))
