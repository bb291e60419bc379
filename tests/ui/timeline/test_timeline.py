"""The timeline: scrubbing, range, keys, markers, playback."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.document.curve import Curve
from app.ui.actions import Actions
from app.ui.session import Session
from app.ui.timeline.keys import key_frames, neighbour
from app.ui.timeline.ruler import KEYS
from app.ui.timeline.timeline import Timeline
from tests.ui.conftest import settle, small_graph
from tests.ui.fakes import FakeEngine


@pytest.fixture
def timeline(session: Session, qtbot) -> Timeline:
    made = Timeline(session, Actions(None, session))
    qtbot.addWidget(made)
    made.resize(1200, 60)
    made.show()
    settle()
    return made


def at(timeline: Timeline, frame: float, y: float = 30) -> QPoint:
    return QPoint(round(timeline.ruler.scale().x(frame)), round(y))


def test_dragging_over_the_ruler_scrubs(timeline: Timeline, session: Session) -> None:
    ruler = timeline.ruler
    QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=at(timeline, 20))
    assert session.frame == 20
    QTest.mouseMove(ruler, at(timeline, 64))
    QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=at(timeline, 64))
    assert session.frame == 64
    assert timeline.frame_field.value() == 64


def test_scrubbing_over_many_frames_asks_for_few(
    timeline: Timeline, session: Session, engine: FakeEngine
) -> None:
    session.view_node("grade")
    settle()
    engine.answer()
    settle()
    count = len(engine.looks)
    for frame in range(1, 50):
        timeline.ruler.scrubbed.emit(frame)
        settle()
    assert len(engine.looks) == count + 1, "the first is still under way"
    engine.answer()
    settle()
    assert engine.looks[-1].frame == 49


def test_the_ends_of_the_range_are_dragged_as_one_undo_step(timeline: Timeline, session: Session) -> None:
    session.set_frame(50)
    ruler = timeline.ruler
    QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=at(timeline, 124, 8))
    for frame in (110, 100, 90):
        QTest.mouseMove(ruler, at(timeline, frame, 8))
    QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=at(timeline, 90, 8))
    settings = session.graph.settings
    assert settings.first == 0
    assert 80 <= settings.last <= 95
    session.undo()
    assert session.graph.settings.last == 124


def test_typed_range_never_turns_over(timeline: Timeline, session: Session) -> None:
    timeline.first_field.setValue(200)
    assert (session.graph.settings.first, session.graph.settings.last) == (200, 200)


def test_keys_of_the_selected_nodes_are_shown(timeline: Timeline, session: Session) -> None:
    assert timeline.ruler.keys == []
    session.select(["grade"])
    assert timeline.ruler.keys == [0, 10, 40]
    session.select(["photo"])
    assert timeline.ruler.keys == []


def test_a_dragged_key_moves_when_it_is_let_go(timeline: Timeline, session: Session) -> None:
    session.select(["grade"])
    ruler = timeline.ruler
    QTest.mouseMove(ruler, at(timeline, 10, KEYS))
    QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=at(timeline, 10, KEYS))
    QTest.mouseMove(ruler, at(timeline, 25, KEYS))
    assert timeline.ruler.keys == [0, 10, 40]
    QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=at(timeline, 25, KEYS))
    assert timeline.ruler.keys == [0, 25, 40]
    curve = session.graph.nodes["grade"].parameters["gain"]
    assert isinstance(curve, Curve)
    assert curve.at(25) == 2.0
    session.undo()
    assert timeline.ruler.keys == [0, 10, 40]


def test_removing_the_last_key_keeps_its_value(timeline: Timeline, session: Session) -> None:
    session.select(["grade"])
    for frame in (0, 10, 40):
        timeline.ruler.key_removed.emit(float(frame))
    assert session.graph.nodes["grade"].parameters["gain"] == 0.5


def test_keys_are_walked_through(timeline: Timeline, session: Session) -> None:
    session.select(["grade"])
    session.set_frame(5)
    timeline._actions["timeline.next_key"].trigger()
    assert session.frame == 10
    timeline._actions["timeline.previous_key"].trigger()
    assert session.frame == 0
    said: list[str] = []
    session.message.connect(said.append)
    timeline._actions["timeline.previous_key"].trigger()
    assert session.frame == 0
    assert said


def test_steps_and_ends(timeline: Timeline, session: Session) -> None:
    actions = timeline._actions
    actions["timeline.last"].trigger()
    assert session.frame == 124
    actions["timeline.back"].trigger()
    assert session.frame == 123
    actions["timeline.back_ten"].trigger()
    assert session.frame == 113
    actions["timeline.first"].trigger()
    assert session.frame == 0


def test_playing_moves_the_frame_and_scrubbing_stops_it(timeline: Timeline, session: Session, qtbot) -> None:
    timeline.toggle_play()
    qtbot.waitUntil(lambda: session.frame >= 2, timeout=3000)
    timeline.ruler.scrubbed.emit(80)
    assert not timeline.playback.playing
    assert session.frame == 80


def test_playing_without_a_loop_ends_on_the_last_frame(timeline: Timeline, session: Session, qtbot) -> None:
    timeline.playback.loop = False
    session.set_frame(121)
    timeline.toggle_play()
    qtbot.waitUntil(lambda: not timeline.playback.playing, timeout=3000)
    assert session.frame == 124


def test_markers_are_kept_in_the_document(timeline: Timeline, session: Session) -> None:
    session.set_frame(33)
    timeline.add_marker("smile")
    assert session.graph.settings.markers == ((33, "smile"),)
    timeline.ruler.marker_removed.emit(33)
    assert session.graph.settings.markers == ()


def test_markers_are_reached_and_removed_by_keys(timeline: Timeline, session: Session) -> None:
    actions = timeline._actions
    for frame, words in ((10, "in"), (40, "smile"), (80, "out")):
        session.set_frame(frame)
        timeline.add_marker(words)
    actions["timeline.previous_marker"].trigger()
    assert session.frame == 40
    actions["timeline.unmark"].trigger()
    assert session.graph.settings.markers == ((10, "in"), (80, "out"))
    actions["timeline.next_marker"].trigger()
    assert session.frame == 80


def test_removing_a_marker_where_there_is_none_says_so(timeline: Timeline, session: Session) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    timeline.add_marker("smile")
    session.set_frame(7)
    timeline._actions["timeline.unmark"].trigger()
    timeline._actions["timeline.next_marker"].trigger()
    assert session.graph.settings.markers == ((0, "smile"),)
    assert said == ["There is no marker at frame 7", "There is no marker in that direction"]


def test_frames_that_were_answered_are_marked(
    timeline: Timeline, session: Session, engine: FakeEngine
) -> None:
    session.view_node("grade")
    settle()
    engine.answer()
    settle()
    assert timeline.ruler.seen == {0}


def test_neighbours_of_a_frame() -> None:
    frames = key_frames(small_graph(), ["grade", "photo", "nobody"])
    assert frames == [0, 10, 40]
    assert neighbour(frames, 10, 1) == 40
    assert neighbour(frames, 10, -1) == 0
    assert neighbour(frames, 40, 1) is None
