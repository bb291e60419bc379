"""Curves: keys are dragged, added, removed and shaped, each gesture one undo step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.commands import KeyPlace, Track
from app.document.curve import Curve, Key
from app.ui.panels import CurveEditor
from app.ui.panels.curve_plot import CurvePlot
from app.ui.theme import apply_theme
from app.ui.theme.theme import load_theme
from tests.ui.canvas.fakes import SmallSession, face_graph, steps

JAW, SMILE = Track("edit", "jaw_open"), Track("edit", "smile_left")
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session() -> Iterator[SmallSession]:
    graph = face_graph().with_parameter("edit", "jaw_open", Curve((Key(0, 0.0), Key(10, 0.8), Key(20, 0.0))))
    graph = graph.with_parameter("edit", "smile_left", Curve((Key(0, -0.4, "linear"), Key(20, -0.9))))
    made = SmallSession(graph)
    yield made
    made.close()


@pytest.fixture
def editor(qtbot: QtBot, session: SmallSession) -> CurveEditor:
    made = CurveEditor(session)
    qtbot.addWidget(made)
    made.resize(1000, 420)
    made.show()
    qtbot.waitExposed(made)
    session.select(["edit"])
    made.plot.fit()
    return made


def send(
    plot: CurvePlot, kind: QEvent.Type, point: QPointF, keys=NONE, button=Qt.MouseButton.LeftButton
) -> None:
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    place = QPointF(plot.mapToGlobal(point.toPoint()))
    QApplication.sendEvent(plot, QMouseEvent(kind, point, place, button, held, keys))


def drag(plot: CurvePlot, start: QPointF, end: QPointF, keys=NONE) -> None:
    send(plot, QEvent.Type.MouseButtonPress, start, keys)
    for part in (0.3, 0.6, 1.0):
        send(plot, QEvent.Type.MouseMove, start + (end - start) * part, keys)
    send(plot, QEvent.Type.MouseButtonRelease, end, keys)


def keys_of(session: SmallSession, track: Track) -> list[tuple[float, float]]:
    setting = session.graph.nodes[track.node].parameters[track.parameter]
    assert isinstance(setting, Curve)
    return [(key.frame, round(key.value, 2)) for key in setting.keys]


def test_dragged_key_lands_on_whole_frames_in_one_step(editor: CurveEditor, session: SmallSession) -> None:
    plot = editor.plot
    drag(plot, plot.at(10, 0.8), plot.at(13.3, 0.5))
    assert keys_of(session, JAW) == [(0, 0.0), (13, pytest.approx(0.5, abs=0.02)), (20, 0.0)]
    assert plot.selected == {KeyPlace(JAW, 13.0)}
    assert steps(session) == 1


def test_key_that_passes_another_does_not_eat_it(editor: CurveEditor, session: SmallSession) -> None:
    plot = editor.plot
    drag(plot, plot.at(10, 0.8), plot.at(25, 0.8))
    assert [frame for frame, _ in keys_of(session, JAW)] == [0, 20, 25]


def test_key_stays_in_the_range_of_its_slider(editor: CurveEditor, session: SmallSession) -> None:
    plot = editor.plot
    drag(plot, plot.at(10, 0.8), plot.at(10, 0.8) - QPointF(0, 5000))
    assert max(value for _, value in keys_of(session, JAW)) == 1.0


def test_shift_keeps_the_frame(editor: CurveEditor, session: SmallSession) -> None:
    plot = editor.plot
    plot._select(frozenset({KeyPlace(JAW, 10.0)}))
    send(plot, QEvent.Type.MouseButtonPress, plot.at(10, 0.8))
    send(plot, QEvent.Type.MouseMove, plot.at(11, 0.2), Qt.KeyboardModifier.ShiftModifier)
    send(plot, QEvent.Type.MouseButtonRelease, plot.at(11, 0.2))
    assert keys_of(session, JAW)[1] == (10, pytest.approx(0.2, abs=0.02))


def test_marquee_selects_keys_of_several_curves_and_moves_them_together(
    editor: CurveEditor, session: SmallSession
) -> None:
    plot = editor.plot
    drag(plot, plot.at(18, 0.2), plot.at(22, -0.98))
    assert plot.selected == {KeyPlace(JAW, 20.0), KeyPlace(SMILE, 20.0)}
    drag(plot, plot.at(20, 0.0), plot.at(24, 0.0))
    assert keys_of(session, JAW)[-1][0] == 24
    assert keys_of(session, SMILE)[-1][0] == 24
    assert steps(session) == 1


def test_double_click_adds_a_key_on_the_curve(editor: CurveEditor, session: SmallSession) -> None:
    plot = editor.plot
    send(plot, QEvent.Type.MouseButtonDblClick, plot.at(10, -0.65))
    assert keys_of(session, SMILE) == [(0, -0.4), (10, -0.65), (20, -0.9)]


def test_delete_removes_the_selected_and_the_last_leaves_its_value(
    editor: CurveEditor, session: SmallSession
) -> None:
    plot = editor.plot
    plot._select(frozenset({KeyPlace(JAW, 10.0), KeyPlace(SMILE, 0.0), KeyPlace(SMILE, 20.0)}))
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    assert keys_of(session, JAW) == [(0, 0.0), (20, 0.0)]
    assert session.graph.nodes["edit"].parameters["smile_left"] == -0.4
    assert steps(session) == 1


def test_interpolation_of_the_selected(editor: CurveEditor, session: SmallSession) -> None:
    editor.plot._select(frozenset({KeyPlace(JAW, 0.0)}))
    assert editor.buttons["smooth"].isChecked()
    editor.buttons["constant"].click()
    setting = session.graph.nodes["edit"].parameters["jaw_open"]
    assert isinstance(setting, Curve) and setting.keys[0].interpolation == "constant"
    assert editor.buttons["constant"].isChecked()


def test_ruler_moves_the_playhead(editor: CurveEditor, session: SmallSession) -> None:
    plot = editor.plot
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(plot.at(15, 0).x()), 5))
    assert session.frame == 15


def test_unchecked_curves_are_not_drawn_and_nothing_says_so(
    editor: CurveEditor, session: SmallSession
) -> None:
    editor.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert list(editor.plot.curves) == [SMILE]
    session.select(["photo"])
    assert editor.empty.isVisible() and not editor.split.isVisible()


def test_double_click_in_the_list_shows_one_alone_and_all_again(editor: CurveEditor) -> None:
    editor.list.itemDoubleClicked.emit(editor.list.item(1))
    assert list(editor.plot.curves) == [SMILE]
    editor.list.itemDoubleClicked.emit(editor.list.item(1))
    assert list(editor.plot.curves) == [JAW, SMILE]


def test_undo_is_followed(editor: CurveEditor, session: SmallSession) -> None:
    plot = editor.plot
    drag(plot, plot.at(10, 0.8), plot.at(13, 0.5))
    session.undo()
    assert [key.frame for key in plot.curves[JAW].keys] == [0, 10, 20]
    assert plot.selected == frozenset()


def test_keys_are_reached_moved_and_removed_by_the_keyboard(
    editor: CurveEditor, session: SmallSession
) -> None:
    plot, alt = editor.plot, Qt.KeyboardModifier.AltModifier
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_PageDown)
    QTest.keyClick(plot, Qt.Key.Key_PageDown)
    assert plot.selected == {KeyPlace(JAW, 10.0)}
    QTest.keyClick(plot, Qt.Key.Key_Right, alt)
    QTest.keyClick(plot, Qt.Key.Key_Down, alt)
    frame, value = keys_of(session, JAW)[1]
    assert frame == 11 and value < 0.8
    assert steps(session) == 2
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    assert [frame for frame, _ in keys_of(session, JAW)] == [0, 20]
    QTest.keyClick(plot, Qt.Key.Key_PageUp)
    assert len(plot.selected) == 1


def test_curves_take_on_the_hues_of_another_theme(editor: CurveEditor, qapp: QApplication) -> None:
    def off(hue: str) -> int:
        """By how much the first swatch differs; screens of 16 bits round."""
        seen = editor.list.item(0).icon().pixmap(10, 10).toImage().pixelColor(5, 5)
        wanted = QColor(hue)
        parts = zip(seen.getRgb()[:3], wanted.getRgb()[:3], strict=True)
        return max(abs(one - other) for one, other in parts)

    try:
        for name in ("light", "dark"):
            apply_theme(qapp, name)
            assert off(load_theme(name).curve(0)) <= 8
    finally:
        apply_theme(qapp, "dark")
