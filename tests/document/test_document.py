"""Undo, redo, gestures and listeners of the open document."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.document import commands
from app.document.document import HISTORY, Document
from app.document.graph import Graph, GraphError, NodeInstance
from tests.document.kinds import registry

REGISTRY = registry()


def move(x: float):  # type: ignore[no-untyped-def]
    return lambda graph: graph.with_positions({"g": (x, 0)})


@pytest.fixture
def document() -> Document:
    return Document(REGISTRY, Graph().with_node("g", NodeInstance("grade")))


def test_a_step_can_be_undone_and_done_again(document: Document) -> None:
    before = document.graph
    assert document.edit("Move", move(1))
    after = document.graph
    assert document.undo_label == "Move"
    assert document.undo()
    assert document.graph is before
    assert document.redo_label == "Move"
    assert document.redo()
    assert document.graph is after
    assert not document.redo()


def test_a_new_edit_forgets_what_was_undone(document: Document) -> None:
    document.edit("Move", move(1))
    document.undo()
    document.edit("Move", move(2))
    assert not document.redo()


def test_an_edit_that_changes_nothing_is_no_step(document: Document) -> None:
    assert not document.edit("Rename", lambda graph: commands.rename_node(graph, "g", "g"))
    assert not document.undo()


def test_an_edit_that_is_refused_leaves_everything_as_it_was(document: Document) -> None:
    before = document.graph
    with pytest.raises(GraphError):
        document.edit("Rename", lambda graph: commands.rename_node(graph, "g", "no name"))
    assert document.graph is before
    assert not document.undo()


def test_one_drag_is_one_step(document: Document) -> None:
    before = document.graph
    for x in range(50):
        document.edit("Move", move(x), merge="drag g")
    document.undo()
    assert document.graph is before
    assert not document.undo()


def test_two_drags_are_two_steps(document: Document) -> None:
    document.edit("Move", move(1), merge="drag g")
    document.finish_gesture()
    middle = document.graph
    document.edit("Move", move(2), merge="drag g")
    document.undo()
    assert document.graph is middle


def test_a_drag_after_an_undo_does_not_join_an_older_one(document: Document) -> None:
    document.edit("Move", move(1), merge="drag g")
    older = document.graph
    document.edit("Label", lambda graph: commands.set_label(graph, ["g"], "x"))
    document.undo()
    document.edit("Move", move(2), merge="drag g")
    document.undo()
    assert document.graph is older


def test_a_drag_after_a_save_is_a_step_of_its_own(document: Document, tmp_path: Path) -> None:
    document.edit("Move", move(1), merge="drag g")
    document.save_as(tmp_path / "a.graph")
    document.edit("Move", move(2), merge="drag g")
    document.undo()
    assert not document.dirty


def test_a_gesture_of_several_edits_is_one_step(document: Document) -> None:
    before = document.graph
    with document.gesture("Build"):
        document.edit("Move", move(1))
        with document.gesture("Inner"):
            document.edit("Label", lambda graph: commands.set_label(graph, ["g"], "x"))
    assert document.undo_label == "Build"
    document.undo()
    assert document.graph is before


def test_a_gesture_that_fails_did_not_happen(document: Document) -> None:
    document.edit("Move", move(1))
    document.edit("Move", move(2))
    document.undo()
    before = document.graph
    with pytest.raises(GraphError), document.gesture("Build"):
        document.edit("Label", lambda graph: commands.set_label(graph, ["g"], "x"))
        document.edit("Rename", lambda graph: commands.rename_node(graph, "g", "no name"))
    assert document.graph is before
    assert document.undo_label == "Move"
    assert document.redo()


def test_listeners_hear_of_every_change_until_they_leave(document: Document) -> None:
    heard: list[tuple[Graph, Graph, str]] = []
    leave = document.subscribe(lambda *change: heard.append(change))
    before = document.graph
    document.edit("Move", move(1))
    after = document.graph
    document.undo()
    leave()
    document.redo()
    assert heard == [(before, after, "Move"), (after, before, "Move")]


def test_a_document_is_clean_again_when_undo_leads_back_to_what_was_saved(
    document: Document, tmp_path: Path
) -> None:
    document.edit("Move", move(1))
    document.save_as(tmp_path / "a.graph")
    assert not document.dirty
    document.edit("Move", move(2))
    assert document.dirty
    document.undo()
    assert not document.dirty
    document.undo()
    assert document.dirty


def test_the_history_is_bounded(document: Document) -> None:
    for x in range(HISTORY + 50):
        document.edit("Move", move(x + 1))
    steps = 0
    while document.undo():
        steps += 1
    assert steps == HISTORY


def test_a_document_knows_what_was_wrong_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    path.write_text('{"format": "facewright.graph", "version": 1, "nodes": {"d": {"kind": "dream"}}}')
    document = Document.open(path, REGISTRY)
    assert [problem.node for problem in document.problems] == ["d"]
    assert not document.dirty
    assert document.name == "a.graph"


def test_editing_shares_what_did_not_change(document: Document) -> None:
    document.edit("Add", lambda graph: commands.add_node(graph, REGISTRY, "picture")[0])
    before = document.graph
    document.edit("Move", move(3))
    assert document.graph.nodes["picture"] is before.nodes["picture"]
    assert document.graph.wires is before.wires
    assert document.graph.settings is before.settings
