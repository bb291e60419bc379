"""The curves of a motion: pulled, keyed and shaped by hand, each gesture one undo step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.commands import group_nodes
from app.document.graph import Graph, NodeInstance, Port
from app.engine.protocol import Preview, View
from app.ui.panels import CurvesPanel
from app.ui.panels.motion_editor import MOTION_SLOT, NAME
from app.ui.panels.motion_plot import Picked
from app.ui.session import Session
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.voice.editing import read_offsets
from tests.ui.conftest import session_on, settle
from tests.ui.fakes import FakeEngine

NONE = Qt.KeyboardModifier.NoModifier
FPS = 25.0


def motion() -> Motion:
    """Two seconds at the project's rate; the jaw rises from 0.2 to 0.4, the rest stands still."""
    count = 50
    coefficients = np.zeros((count, 52), np.float32)
    coefficients[:, ARKIT_NAMES.index("jawOpen")] = np.linspace(0.2, 0.4, count)
    nothing = np.zeros((count, 3), np.float32)
    return Motion(coefficients, nothing, nothing, np.zeros((count, 2, 2), np.float32), FPS)


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    graph = Graph().with_node("voice", NodeInstance("load_motion"))
    graph = graph.with_node("hand", NodeInstance("edit_motion"))
    graph = graph.with_node("idle", NodeInstance("edit_motion"))
    with session_on(qapp, graph.with_link(Port("voice", "out"), "hand", "motion")) as made:
        made.view_node("hand")
        settle()
        yield made


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> CurvesPanel:
    made = CurvesPanel(session)
    qtbot.addWidget(made)
    made.resize(1000, 420)
    made.show()
    qtbot.waitExposed(made)
    session.select(["hand"])
    settle()
    answer(session)
    return made


def answer(session: Session) -> None:
    engine = session.engine
    assert isinstance(engine, FakeEngine)
    preview = Preview("Motion", "50 frames", value=motion())
    engine.show(View(MOTION_SLOT, "voice", "out"), preview)
    settle()


def send(panel: CurvesPanel, kind: QEvent.Type, point: QPointF, keys=NONE) -> None:
    plot = panel.motion.plot
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    place = QPointF(plot.mapToGlobal(point.toPoint()))
    QApplication.sendEvent(plot, QMouseEvent(kind, point, place, Qt.MouseButton.LeftButton, held, keys))


def drag(panel: CurvesPanel, start: QPointF, end: QPointF, keys=NONE) -> None:
    send(panel, QEvent.Type.MouseButtonPress, start, keys)
    for part in (0.3, 0.6, 1.0):
        send(panel, QEvent.Type.MouseMove, start + (end - start) * part, keys)
    send(panel, QEvent.Type.MouseButtonRelease, end, keys)


def jaw(panel: CurvesPanel, seconds: float) -> QPointF:
    return panel.motion.plot.place_of(Picked("jawOpen", seconds))


def keys_of(session: Session) -> list[tuple[float, float]]:
    text = session.graph.nodes["hand"].parameters.get("curves", "")
    assert isinstance(text, str)
    return [(key.seconds, round(key.value, 2)) for key in read_offsets(text).get("jawOpen", ())]


def test_the_selection_decides_whether_keys_or_a_motion_are_shown(
    panel: CurvesPanel, session: Session
) -> None:
    assert panel.currentWidget() is panel.motion and panel.motion.split.isVisible()
    session.select(["voice"])
    assert panel.currentWidget() is panel.keys


def test_the_motion_is_asked_for_once_and_again_when_it_got_old(panel: CurvesPanel, session: Session) -> None:
    assert MOTION_SLOT not in session.extras
    drag(panel, jaw(panel, 1.0), jaw(panel, 1.0) - QPointF(0, 40))
    assert MOTION_SLOT not in session.extras, "a change laid over the motion does not make it anew"
    session.edit("Set", lambda graph: graph.with_parameter("voice", "path", "other.csv"))
    assert session.extras[MOTION_SLOT] == Port("voice", "out")


def test_nothing_is_asked_for_while_nobody_looks(panel: CurvesPanel, session: Session) -> None:
    panel.hide()
    session.edit("Set", lambda graph: graph.with_parameter("voice", "path", "other.csv"))
    assert MOTION_SLOT not in session.extras
    panel.show()
    settle()
    assert MOTION_SLOT in session.extras


def test_a_pulled_curve_is_changed_within_its_reach_in_one_step(panel: CurvesPanel, session: Session) -> None:
    panel.motion.reach.setValue(0.2)
    drag(panel, jaw(panel, 1.0), panel.motion.plot.at(FPS, 0.6))
    assert keys_of(session) == [(0.8, 0.0), (1.0, pytest.approx(0.3, abs=0.02)), (1.2, 0.0)]
    assert panel.motion.plot.value_of("jawOpen", 1.0) == pytest.approx(0.6, abs=0.02)
    assert panel.motion.plot.value_of("jawOpen", 0.5) == pytest.approx(0.25, abs=0.02)
    assert panel.motion.plot.selected == {Picked("jawOpen", 1.0)}
    session.undo()
    assert keys_of(session) == []
    assert session.document.undo_label == "Build"


def test_a_double_click_sets_a_key_without_a_change(panel: CurvesPanel, session: Session) -> None:
    send(panel, QEvent.Type.MouseButtonDblClick, jaw(panel, 0.4))
    assert keys_of(session) == [(0.4, 0.0)]


def test_keys_are_dragged_in_time_and_value_and_removed(panel: CurvesPanel, session: Session) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("hand", "curves", "jawOpen: 0.4 0, 1 0.3, 1.6 0"))
    plot = panel.motion.plot
    plot.fit()
    drag(panel, jaw(panel, 1.0), jaw(panel, 1.0) + plot.at(5, 0) - plot.at(0, 0))
    assert [seconds for seconds, _ in keys_of(session)] == [0.4, 1.2, 1.6]
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    assert [seconds for seconds, _ in keys_of(session)] == [0.4, 1.6]


def test_selected_keys_are_shaped(panel: CurvesPanel, session: Session) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("hand", "curves", "jawOpen: 0.4 0, 1 0.3, 1.6 0"))
    panel.motion.plot.fit()
    drag(panel, panel.motion.plot.at(-3, -3), panel.motion.plot.at(60, 3))
    assert len(panel.motion.plot.selected) == 3
    panel.motion.buttons["linear"].click()
    text = session.graph.nodes["hand"].parameters["curves"]
    assert text == "jawOpen: 0.4 0 linear, 1 0.3 linear, 1.6 0 linear"
    assert panel.motion.buttons["linear"].isChecked()


def test_the_liveliest_curve_is_shown_first_and_others_by_a_tick(
    panel: CurvesPanel, session: Session
) -> None:
    names = panel.motion.list
    ticked = [
        names.item(row).data(NAME)
        for row in range(names.count())
        if names.item(row).checkState() == Qt.CheckState.Checked
    ]
    assert "jawOpen" in ticked and len(ticked) == 3
    row = next(row for row in range(names.count()) if names.item(row).data(NAME) == "headYaw")
    names.item(row).setCheckState(Qt.CheckState.Checked)
    assert "headYaw" in panel.motion.plot._after


def test_a_text_that_cannot_be_read_hides_no_motion(panel: CurvesPanel, session: Session) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("hand", "curves", "elbow: 1 2"))
    assert panel.motion.offsets == {} and panel.motion.split.isVisible()


def test_without_a_wire_it_says_what_to_do(panel: CurvesPanel, session: Session) -> None:
    session.select(["idle"])
    settle()
    assert panel.motion.empty.isVisible() and "Wire a motion" in panel.motion.empty.text()


def test_two_nodes_do_not_share_their_changes(panel: CurvesPanel, session: Session) -> None:
    drag(panel, jaw(panel, 1.0), jaw(panel, 1.0) - QPointF(0, 40))
    assert "curves" not in session.graph.nodes["idle"].parameters


def test_keys_are_reached_and_moved_by_the_keyboard(panel: CurvesPanel, session: Session) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("hand", "curves", "jawOpen: 0.4 0, 1 0.3, 1.6 0"))
    plot, alt = panel.motion.plot, Qt.KeyboardModifier.AltModifier
    plot.setFocus()
    for _ in range(2):
        QTest.keyClick(plot, Qt.Key.Key_PageDown)
    assert plot.selected == {Picked("jawOpen", 1.0)}
    QTest.keyClick(plot, Qt.Key.Key_Left, alt)
    QTest.keyClick(plot, Qt.Key.Key_Up, alt | Qt.KeyboardModifier.ShiftModifier)
    assert keys_of(session)[1][0] == pytest.approx(1 - 1 / FPS)
    assert keys_of(session)[1][1] > 0.3
    session.undo()
    assert keys_of(session)[1] == (pytest.approx(1 - 1 / FPS), 0.3), "each press is a step"


def test_a_motion_that_comes_from_outside_of_a_group_is_found(panel: CurvesPanel, session: Session) -> None:
    registry = session.registry
    session.edit("Group", lambda graph: group_nodes(graph, registry, ["hand"])[0])
    session.enter("group")
    session.select(["hand"])
    settle()
    assert session.extras.get(MOTION_SLOT) == Port("voice", "out") or panel.motion.plot.motion is not None
    answer(session)
    drag(panel, jaw(panel, 1.0), jaw(panel, 1.0) - QPointF(0, 40))
    inner = session.graph.nodes["hand"].parameters
    assert "jawOpen" in str(inner["curves"])
