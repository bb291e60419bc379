"""What keys do to the graph on the canvas, and that keys are the user's."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.graph import Port
from app.ui.actions import Actions
from app.ui.canvas import GraphCanvas
from tests.ui.canvas.fakes import SmallSession, add, steps
from tests.ui.canvas.hand import CTRL, EMPTY, SHIFT, Hand

# -- keys -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_heals(hand: Hand, session: SmallSession, key: Qt.Key) -> None:
    add(session, "more", "edit_expression", 960, 0)
    session.edit("wire", lambda g: g.with_link(Port("edit", "out"), "more", "head"))
    hand.click(hand.title("edit"))
    hand.key(key)
    assert "edit" not in session.graph.nodes
    assert session.graph.sources("more", "head") == (Port("head", "out"),)
    assert steps(session) == 3


@pytest.mark.parametrize("key", [Qt.Key.Key_D, Qt.Key.Key_M])
def test_disable_toggles(hand: Hand, session: SmallSession, key: Qt.Key) -> None:
    hand.click(hand.title("edit"))
    hand.key(key)
    assert session.graph.nodes["edit"].disabled
    hand.key(key)
    assert not session.graph.nodes["edit"].disabled


def test_duplicate_without_and_with_inputs(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("head"))
    hand.click(hand.title("edit"), keys=SHIFT)
    hand.key(Qt.Key.Key_D, CTRL)
    assert set(session.selection) == {"head_2", "edit_2"}
    assert session.graph.sources("edit_2", "head") == (Port("head_2", "out"),)
    assert session.graph.sources("head_2", "image") == ()
    hand.key(Qt.Key.Key_Delete)
    hand.click(hand.title("head"))
    hand.key(Qt.Key.Key_D, SHIFT)
    assert session.graph.sources("head_2", "image") == (Port("photo", "out"),)


def test_copy_and_paste_go_through_text(hand: Hand, session: SmallSession) -> None:
    session.edit("set", lambda g: g.with_parameter("edit", "jaw_open", 0.5))
    hand.click(hand.title("head"))
    hand.click(hand.title("edit"), keys=SHIFT)
    hand.key(Qt.Key.Key_C, CTRL)
    assert '"jaw_open": 0.5' in QGuiApplication.clipboard().text()
    hand.key(Qt.Key.Key_V, CTRL)
    assert session.graph.nodes["edit_2"].parameters["jaw_open"] == 0.5
    assert session.graph.sources("edit_2", "head") == (Port("head_2", "out"),)
    assert session.graph.sources("head_2", "image") == ()
    hand.key(Qt.Key.Key_V, CTRL | SHIFT)
    assert session.graph.sources("head_3", "image") == (Port("photo", "out"),)
    assert set(session.selection) == {"head_3", "edit_3"}
    assert steps(session) == 3


def test_cut_puts_nodes_into_the_clipboard_and_takes_them_away(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("edit"))
    hand.key(Qt.Key.Key_X, CTRL)
    assert "edit" not in session.graph.nodes
    hand.key(Qt.Key.Key_V, CTRL)
    assert session.graph.nodes["edit"].kind == "edit_expression"


def test_pasting_something_else_says_so(hand: Hand, session: SmallSession) -> None:
    QGuiApplication.clipboard().setText("a shopping list")
    before = session.graph
    hand.key(Qt.Key.Key_V, CTRL)
    assert session.graph is before
    assert "no nodes in the clipboard" in session.messages[-1]


def test_digits_send_the_selected_node_to_a_viewer(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("edit"))
    hand.key(Qt.Key.Key_3)
    assert session.slots[3].node == "edit"


def test_ctrl_shift_click_shows_a_node_in_the_viewer(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("faces"), keys=CTRL | SHIFT)
    assert session.slots[1].node == "faces"


def test_double_click_on_a_body_shows_it_in_the_viewer(hand: Hand, session: SmallSession) -> None:
    hand.double_click(hand.body("edit"))
    assert session.slots[1].node == "edit"


def test_arrange_puts_sources_left_of_what_uses_them(hand: Hand, session: SmallSession) -> None:
    session.edit("mess", lambda g: g.with_positions({"edit": (0.0, 0.0), "photo": (900.0, 50.0)}))
    hand.key(Qt.Key.Key_L)
    nodes = session.graph.nodes
    assert nodes["photo"].x < nodes["faces"].x < nodes["head"].x < nodes["edit"].x
    assert steps(session) == 2


@pytest.mark.parametrize("way", ["f2", "double"])
def test_rename_in_place(canvas: GraphCanvas, hand: Hand, session: SmallSession, way: str) -> None:
    if way == "f2":
        hand.click(hand.title("edit"))
        hand.key(Qt.Key.Key_F2)
    else:
        hand.double_click(hand.title("edit"))
    editor = canvas.text_editor
    assert editor is not None and editor.text() == "edit"
    editor.selectAll()
    QTest.keyClicks(editor, "grin")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert "grin" in session.graph.nodes and "edit" not in session.graph.nodes
    assert session.graph.sources("grin", "head") == (Port("head", "out"),)


def test_rename_to_a_taken_name_is_refused_with_a_message(
    canvas: GraphCanvas, hand: Hand, session: SmallSession
) -> None:
    hand.click(hand.title("edit"))
    hand.key(Qt.Key.Key_F2)
    assert canvas.text_editor is not None
    canvas.text_editor.setText("photo")
    QTest.keyClick(canvas.text_editor, Qt.Key.Key_Return)
    assert "already" in session.messages[-1]


# -- the keys are the user's ------------------------------------------------------------------


def test_changed_key_works_at_once(hand: Hand, session: SmallSession, actions: Actions) -> None:
    actions.set_keys("canvas.disable", ["Q"])
    hand.click(hand.title("edit"))
    hand.key(Qt.Key.Key_D)
    assert not session.graph.nodes["edit"].disabled
    hand.key(Qt.Key.Key_Q)
    assert session.graph.nodes["edit"].disabled


def test_tapped_space_plays_and_a_drag_with_it_does_not(
    canvas: GraphCanvas, hand: Hand, actions: Actions
) -> None:
    played: list[bool] = []
    actions.bind("timeline.play", lambda: played.append(True))
    hand.key(Qt.Key.Key_Space)
    assert len(played) == 1
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    hand.drag(EMPTY, (350, 430))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert len(played) == 1


def test_undo_during_a_drag_ends_the_drag(canvas: GraphCanvas, hand: Hand, session: SmallSession) -> None:
    session.edit("set", lambda g: g.with_parameter("edit", "jaw_open", 0.5))
    hand.press(hand.title("photo"))
    hand.move((200, 300))
    session.undo()
    assert canvas.gesture is None
    assert canvas.graph_scene.nodes["photo"].x() == 0


def test_edge_of_the_canvas_pans_while_dragging(canvas: GraphCanvas, hand: Hand, qtbot: QtBot) -> None:
    corner = canvas.mapToScene(4, 400)
    left = canvas.mapToScene(0, 0).x()
    hand.press(hand.title("photo"))
    hand.move((corner.x(), corner.y()))
    qtbot.waitUntil(lambda: canvas.mapToScene(0, 0).x() < left - 50, timeout=2000)
    hand.key(Qt.Key.Key_Escape)
    assert not canvas._edge.active
