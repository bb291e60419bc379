"""The session: edits, frames, viewer slots, and what they make the engine do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from app.document.commands import group_nodes
from app.document.graph import Graph, GraphError, NodeInstance, Port
from app.document.unfold import unfolded
from app.engine.protocol import ErrorReport, NodeState
from app.ui.looks import OVERLAY_SLOT
from app.ui.place import same_results
from app.ui.session import Session
from nodes.sdk.errors import FileProblem
from tests.ui.conftest import settle, small_graph
from tests.ui.fakes import FakeEngine


def test_an_edit_can_be_undone_and_redone(session: Session) -> None:
    session.edit("Set gain", lambda graph: graph.with_parameter("grade", "gain", 3.0))
    session.undo()
    assert session.graph.nodes["grade"].parameters["gain"] != 3.0
    session.redo()
    assert session.graph.nodes["grade"].parameters["gain"] == 3.0


def test_a_refused_edit_becomes_a_message_and_changes_nothing(session: Session) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    before = session.graph

    def refuse(graph: Graph) -> Graph:
        raise GraphError("that would close a cycle", hint="Cut a wire")

    assert not session.edit("Wire", refuse)
    assert session.graph is before
    assert said == ["that would close a cycle. Cut a wire"]


def test_edits_of_one_turn_become_one_request_for_the_newest_graph(
    session: Session, engine: FakeEngine
) -> None:
    session.view_node("grade")
    settle()
    count = len(engine.looks)
    for gain in (1.0, 2.0, 3.0):
        session.edit("Set gain", lambda graph, gain=gain: graph.with_parameter("grade", "gain", gain))
    settle()
    assert len(engine.looks) == count + 1
    assert engine.looks[-1].graph is session.graph


def test_moving_or_labelling_a_node_asks_the_engine_for_nothing(session: Session, engine: FakeEngine) -> None:
    session.view_node("grade")
    settle()
    count = len(engine.looks)
    session.edit("Move", lambda graph: graph.with_positions({"grade": (9.0, 9.0)}))
    session.edit(
        "Label", lambda graph: graph.with_node("grade", replace(graph.nodes["grade"], label="the light"))
    )
    settle()
    assert len(engine.looks) == count


@pytest.mark.parametrize(
    "change",
    [
        lambda graph: graph.with_parameter("grade", "gain", 2.0),
        lambda graph: graph.without_link(None, "grade", "image"),
        lambda graph: graph.with_node("grade", replace(graph.nodes["grade"], disabled=True)),
        lambda graph: graph.without_nodes(["faces"]),
        lambda graph: replace(graph, settings=replace(graph.settings, fps=30.0)),
    ],
)
def test_whatever_changes_results_is_noticed(change) -> None:
    graph = small_graph()
    assert not same_results(graph, change(graph))


def test_a_new_frame_is_announced_and_asked_for(session: Session, engine: FakeEngine) -> None:
    frames: list[int] = []
    session.frame_changed.connect(frames.append)
    session.view_node("grade")
    settle()
    engine.done()
    session.set_frame(7)
    settle()
    assert frames == [7]
    assert engine.looks[-1].frame == 7


def test_a_frame_below_zero_is_zero(session: Session) -> None:
    session.set_frame(5)
    session.set_frame(-3)
    assert session.frame == 0


def test_viewing_a_node_asks_for_its_first_output(session: Session, engine: FakeEngine) -> None:
    session.view_node("photo", slot=4)
    settle()
    (view,) = engine.looks[-1].views
    assert (view.slot, view.node, view.output) == (4, "photo", "out")


def test_a_wipe_asks_for_both_slots_and_an_overlay_for_its_faces(
    session: Session, engine: FakeEngine
) -> None:
    session.view_node("photo", 2)
    session.view_node("grade", 1)
    session.set_wipe_slot(2)
    session.set_extra(OVERLAY_SLOT, Port("faces", "out"))
    settle()
    assert [view.node for view in engine.looks[-1].views] == ["grade", "photo", "faces"]


def test_viewers_and_selection_follow_a_renamed_node(session: Session) -> None:
    session.view_node("grade")
    session.select(["grade"])
    session.edit("Rename", lambda graph: graph.renamed("grade", "light"))
    assert session.slots[1] == Port("light", "out")
    assert session.selection == ("light",)


def test_viewers_and_selection_let_go_of_a_deleted_node(session: Session) -> None:
    session.view_node("grade")
    session.select(["grade", "photo"])
    session.edit("Delete", lambda graph: graph.without_nodes(["grade"]))
    assert session.slots == {}
    assert session.selection == ("photo",)


def test_events_from_a_thread_arrive_on_the_gui_thread(session: Session, engine: FakeEngine) -> None:
    import threading

    seen: list[bool] = []
    gui = QApplication.instance().thread()
    session.node_state.connect(lambda _: seen.append(QThread.currentThread() is gui))
    state = NodeState(1, "grade", "fresh")
    thread = threading.Thread(target=engine.on_event, args=(state,))
    thread.start()
    thread.join()
    assert seen == [], "the event must not be handled on the client's thread"
    settle()
    assert seen == [True]
    assert session.states["grade"] is state


def test_opening_shows_the_frame_range_start_and_the_result(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "a.graph"
    session.edit("Range", lambda graph: replace(graph, settings=replace(graph.settings, first=12, last=20)))
    session.save_as(file)
    session.new()
    assert not session.graph.nodes
    session.open(file)
    assert session.frame == 12
    assert session.slots[1] == Port("grade", "out"), "the writer's input is what the graph is for"


def test_a_file_that_cannot_be_read_leaves_the_document_as_it_is(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "broken.graph"
    file.write_text('{"format": "facewright.graph", "nodes": {', "utf-8")
    before = session.document
    with pytest.raises(FileProblem):
        session.open(file)
    assert session.document is before


def test_frames_seen_are_forgotten_when_the_results_change(session: Session, engine: FakeEngine) -> None:
    session.view_node("grade")
    settle()
    engine.answer()
    settle()
    assert session.seen_frames == {0}
    session.edit("Move", lambda graph: graph.with_positions({"grade": (5.0, 5.0)}))
    assert session.seen_frames == {0}
    session.edit("Set", lambda graph: graph.with_parameter("grade", "steps", 4))
    assert session.seen_frames == set()


def test_selecting_names_that_are_not_there_selects_the_others(session: Session) -> None:
    session.select(["nobody", "photo"])
    assert session.selection == ("photo",)


def test_adding_a_node_does_not_touch_the_viewers(session: Session) -> None:
    session.view_node("grade")
    session.edit("Add", lambda graph: graph.with_node("other", NodeInstance("photo")))
    assert session.slots[1].node == "grade"


def test_results_that_an_edit_made_old_are_shown_as_stale(session: Session, engine: FakeEngine) -> None:
    for name in ("photo", "grade", "export"):
        engine.on_event(NodeState(1, name, "fresh", seconds=1.0))
    settle()
    session.edit("Set", lambda graph: graph.with_parameter("grade", "gain", 3.0))
    assert {name: state.state for name, state in session.states.items()} == {
        "photo": "fresh",
        "grade": "stale",
        "export": "stale",
    }
    engine.on_event(NodeState(2, "grade", "cached"))
    session.edit("Move", lambda graph: graph.with_positions({"photo": (5.0, 5.0)}))
    assert session.states["photo"].state == "fresh"


def test_a_failure_is_called_off_by_the_edit_that_mends_it(session: Session, engine: FakeEngine) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("grade", "gain", 3.0))
    engine.on_event(NodeState(1, "photo", "fresh"))
    engine.on_event(NodeState(1, "grade", "failed", error=ErrorReport("grade", "too bright")))
    engine.on_event(NodeState(1, "export", "blocked", blocked_by="grade"))
    settle()
    session.undo()
    assert {name: (state.state, state.error, state.blocked_by) for name, state in session.states.items()} == {
        "photo": ("fresh", None, ""),
        "grade": ("stale", None, ""),
        "export": ("stale", None, ""),
    }


def grouped(session: Session) -> None:
    """Put photo and grade into a subgraph."""
    registry = session.registry
    session.edit("Group", lambda graph: group_nodes(graph, registry, ["photo", "grade", "faces"])[0])


def test_viewers_pins_and_states_follow_nodes_into_a_group_and_out(
    session: Session, engine: FakeEngine
) -> None:
    session.view_node("grade")
    session.toggle_pins(["grade"])
    engine.on_event(NodeState(1, "grade", "fresh", seconds=2.0))
    settle()
    grouped(session)
    assert session.slots[1] == Port("group.grade", "out")
    assert engine.pinned == {"group.grade"}
    assert session.states["group.grade"].seconds == 2.0
    session.undo()
    assert session.slots[1] == Port("grade", "out")
    assert engine.pinned == {"grade"}


def test_a_group_shows_what_its_inner_nodes_do(session: Session, engine: FakeEngine) -> None:
    grouped(session)
    told: list[NodeState] = []
    session.node_state.connect(told.append)
    engine.on_event(NodeState(1, "group.photo", "fresh", seconds=1.0, bytes=10))
    engine.on_event(NodeState(1, "group.grade", "computing", seconds=2.0, fraction=0.5))
    settle()
    assert [(state.node, state.state) for state in told] == [("group", "fresh"), ("group", "computing")]
    engine.on_event(NodeState(1, "group.grade", "fresh", seconds=2.0, bytes=5))
    settle()
    assert (told[-1].state, told[-1].seconds, told[-1].bytes) == ("fresh", 3.0, 15)
    session.enter("group")
    engine.on_event(NodeState(1, "export", "fresh"))
    engine.on_event(NodeState(1, "group.grade", "cached"))
    settle()
    assert [state.node for state in told[-2:]] == ["/export", "grade"]


def test_inside_of_a_group_the_engine_still_sees_the_whole_document(
    session: Session, engine: FakeEngine
) -> None:
    grouped(session)
    session.enter("group")
    session.view_node("grade")
    settle()
    assert engine.looks[-1].graph is session.document.graph
    assert engine.looks[-1].views[0].node == "group.grade"
    session.edit("Set", lambda graph: graph.with_parameter("grade", "gain", 3.0))
    settle()
    assert unfolded(engine.looks[-1].graph).nodes["group.grade"].parameters["gain"] == 3.0
    session.purge(["grade"])
    assert engine.purged == ["group.grade"]
    assert session.reveal("export") == "export" and session.place.path == ()
    assert session.reveal("group.nobody") == ""
