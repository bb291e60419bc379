"""`check` and `nodes`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from nodes.sdk.registry import default_registry
from tests.cli.conftest import Run


def test_a_good_graph_passes(run: Run, film: Path) -> None:
    outcome = run("check", film)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"{film}: 3 nodes, nothing wrong\n"


def test_every_problem_is_a_line_and_the_last_word_is_on_stderr(
    run: Run, write_graph: Callable[..., Path]
) -> None:
    path = write_graph(
        nodes={
            "dream": {"kind": "dream"},
            "photo": {"kind": "load_image", "parameters": {"path": "gone.png", "mood": 1}},
            "light": {"kind": "grade_image", "parameters": {"exposure": 99}},
        },
        wires=[["photo.out", "light.image"], ["photo.out", "light.nothing"]],
    )
    outcome = run("check", path)
    assert outcome.status == 1
    lines = outcome.out.splitlines()
    assert len(lines) == 5
    assert all(line.startswith(f"{path}: ") for line in lines)
    for words in (
        "no kind of node 'dream'",
        "gone.png is missing",
        "warning: node 'photo': 'load_image' has no parameter 'mood'",
        "warning: node 'light': parameter 'exposure' is 99, out of its range",
        "wire photo.out -> light.nothing: 'light' has no input 'nothing'",
    ):
        assert any(words in line for line in lines), words
    assert outcome.line == f"facewright: error: {path}: 3 problems found. Each is a line above"


def test_warnings_alone_do_not_fail(run: Run, write_graph: Callable[..., Path]) -> None:
    outcome = run("check", write_graph(nodes={"c": {"kind": "checker_image", "parameters": {"mood": 1}}}))
    assert outcome.status == 0
    assert "warning: node 'c'" in outcome.out


def test_a_file_that_cannot_be_read_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cut.graph").write_text('{"format": "facewright.graph", "nodes": {')
    assert "truncated" in run("check", "cut.graph").line
    assert run("check", "none.graph").line == (
        "facewright: error: none.graph: there is no such file. Check the path"
    )


def test_nodes_are_listed_by_category_with_their_first_line(run: Run) -> None:
    outcome = run("nodes")
    assert outcome.status == 0
    assert "\nLoad\n" in f"\n{outcome.out}"
    assert any(line.startswith("  load_image ") for line in outcome.out.splitlines())


def test_nodes_as_json_hold_all_that_a_program_needs(run: Run) -> None:
    entries = json.loads(run("nodes", "--json").out)
    assert [entry["id"] for entry in entries] == [spec.id for spec in default_registry()]
    grade = next(entry for entry in entries if entry["id"] == "grade_image")
    assert grade["inputs"][0] == {"name": "image", "type": "Image", "optional": False, "many": False}
    assert grade["outputs"] == [{"name": "out", "type": "Image"}]
    exposure = next(entry for entry in grade["parameters"] if entry["name"] == "exposure")
    assert {"kind", "default", "low", "high", "unit", "label", "group"} <= set(exposure)
    assert grade["help"].startswith("Correct light")
