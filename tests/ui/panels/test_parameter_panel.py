"""The parameter panel: what a hand does to it, and what it then says of the graph."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.document.curve import Curve, Key
from app.document.graph import Graph, NodeInstance
from app.engine.protocol import ErrorReport, NodeState
from app.ui.panels import HelpPanel, ParameterPanel
from app.ui.panels.controls import ChoiceControl, ColourControl, FileControl, NumberControl, TextControl
from app.ui.panels.number_field import NumberField
from app.ui.theme import apply_theme
from nodes.sdk.models import cards
from nodes.sdk.registry import default_registry
from tests.ui.canvas.fakes import SmallSession, steps

NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
LEFT = Qt.MouseButton.LeftButton


def number(panel: ParameterPanel, name: str) -> NumberField:
    control = panel.rows[name].control
    assert isinstance(control, NumberControl)
    return control.field


def send(widget: QWidget, kind: QEvent.Type, x: float, buttons=LEFT, keys=NONE) -> None:
    place = QPointF(x, widget.height() / 2)
    event = QMouseEvent(kind, place, QPointF(widget.mapToGlobal(place.toPoint())), LEFT, buttons, keys)
    QApplication.sendEvent(widget, event)


def scrub(field: NumberField, pixels: float, keys=NONE, count: int = 5) -> None:
    send(field, QEvent.Type.MouseButtonPress, 50, keys=keys)
    send(field, QEvent.Type.MouseMove, 54, keys=keys)
    for step in range(1, count + 1):
        send(field, QEvent.Type.MouseMove, 54 + pixels * step / count, keys=keys)
    send(field, QEvent.Type.MouseButtonRelease, 54 + pixels, Qt.MouseButton.NoButton, keys)


def typed(field: NumberField, text: str) -> None:
    field.open_editor()
    assert field.editor is not None
    field.editor.selectAll()
    QTest.keyClicks(field.editor, text)
    QTest.keyClick(field.editor, Qt.Key.Key_Return)


def value(session: SmallSession, name: str, node: str = "edit") -> object:
    return session.graph.nodes[node].parameters.get(name)


# -- numbers ----------------------------------------------------------------------------------


def test_dragging_a_number_is_one_undo_step(panel: ParameterPanel, session: SmallSession) -> None:
    field = number(panel, "jaw_open")
    scrub(field, field.width() / 4)
    assert value(session, "jaw_open") == pytest.approx(0.5, abs=0.02)
    assert steps(session) == 1
    scrub(field, field.width() / 4)
    assert steps(session) == 2


def test_shift_drags_finely_and_ctrl_coarsely(panel: ParameterPanel, session: SmallSession) -> None:
    field = number(panel, "jaw_open")
    scrub(field, field.width() / 4, SHIFT)
    assert value(session, "jaw_open") == pytest.approx(0.05, abs=0.005)
    scrub(field, field.width() / 40, CTRL)
    assert value(session, "jaw_open") == pytest.approx(0.55, abs=0.03)


def test_drag_stops_at_a_hard_range_and_widens_a_soft_one(
    panel: ParameterPanel, session: SmallSession
) -> None:
    scrub(number(panel, "jaw_open"), 3000)
    assert value(session, "jaw_open") == 1.0
    typed(number(panel, "turn"), "80")
    assert value(session, "turn") == 80.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.25", 0.25), ("+0.5", 0.7), ("*2", 0.4), ("-0.5", -0.5), ("1/4", 0.25), ("7", 1.0)],
)
def test_typed_numbers_and_sums(
    panel: ParameterPanel, session: SmallSession, text: str, expected: float
) -> None:
    session.edit("set", lambda g: g.with_parameter("edit", "jaw_open", 0.2))
    typed(number(panel, "jaw_open"), text)
    assert value(session, "jaw_open") == pytest.approx(expected)
    assert steps(session) == 2


def test_nonsense_is_not_taken(panel: ParameterPanel, session: SmallSession) -> None:
    before = session.graph
    typed(number(panel, "jaw_open"), "much")
    assert session.graph is before
    assert "no number" in number(panel, "jaw_open").toolTip()


def test_click_types_and_double_click_resets(panel: ParameterPanel, session: SmallSession) -> None:
    session.edit("set", lambda g: g.with_parameter("edit", "jaw_open", 0.2))
    field = number(panel, "jaw_open")
    send(field, QEvent.Type.MouseButtonPress, 50)
    send(field, QEvent.Type.MouseButtonRelease, 50, Qt.MouseButton.NoButton)
    assert field.editor is not None
    # The second press of the double click meets the editor that the first one opened.
    send(field.editor, QEvent.Type.MouseButtonDblClick, 50)
    assert field.editor is None
    assert value(session, "jaw_open") is None


def test_tab_goes_on_to_the_next_number(panel: ParameterPanel) -> None:
    first = number(panel, "jaw_open")
    first.open_editor()
    QTest.keyClick(first.editor, Qt.Key.Key_Tab)
    assert first.editor is None
    assert number(panel, "smile_left").editor is not None


def test_whole_numbers_stay_whole(panel: ParameterPanel, session: SmallSession) -> None:
    typed(number(panel, "steps"), "4.6")
    assert value(session, "steps") == 5
    assert isinstance(value(session, "steps"), int)


def test_default_is_not_stored(panel: ParameterPanel, session: SmallSession) -> None:
    typed(number(panel, "jaw_open"), "0.5")
    typed(number(panel, "jaw_open"), "0")
    assert value(session, "jaw_open") is None


# -- keys -------------------------------------------------------------------------------------


def test_diamond_sets_and_removes_a_key_at_the_playhead(panel: ParameterPanel, session: SmallSession) -> None:
    session.edit("set", lambda g: g.with_parameter("edit", "jaw_open", 0.5))
    session.set_frame(12)
    key = panel.rows["jaw_open"].key
    assert key is not None and key.state == "none"
    QTest.mouseClick(key, LEFT)
    assert value(session, "jaw_open") == Curve((Key(12.0, 0.5),))
    assert key.state == "key"
    session.set_frame(13)
    assert key.state == "animated"
    session.set_frame(12)
    QTest.mouseClick(key, LEFT)
    assert value(session, "jaw_open") == 0.5


def test_panel_follows_the_playhead(panel: ParameterPanel, session: SmallSession) -> None:
    curve = Curve((Key(0, 0.0, "linear"), Key(10, 1.0)))
    session.edit("keys", lambda g: g.with_parameter("edit", "jaw_open", curve))
    field = number(panel, "jaw_open")
    session.set_frame(5)
    assert field.value == pytest.approx(0.5)
    session.set_frame(10)
    assert field.value == pytest.approx(1.0)


def test_editing_an_animated_value_sets_a_key(panel: ParameterPanel, session: SmallSession) -> None:
    curve = Curve((Key(0, 0.0, "linear"), Key(10, 1.0)))
    session.edit("keys", lambda g: g.with_parameter("edit", "jaw_open", curve))
    session.set_frame(5)
    typed(number(panel, "jaw_open"), "0.9")
    stored = value(session, "jaw_open")
    assert isinstance(stored, Curve)
    assert [(key.frame, key.value) for key in stored.keys] == [(0, 0.0), (5, 0.9), (10, 1.0)]
    assert stored.keys[1].interpolation == "linear"


def test_reset_removes_the_keys(panel: ParameterPanel, session: SmallSession) -> None:
    session.edit("keys", lambda g: g.with_parameter("edit", "jaw_open", Curve((Key(0, 0.3),))))
    panel.reset(panel.rows["jaw_open"].spec)
    assert value(session, "jaw_open") is None


# -- several nodes, other kinds ---------------------------------------------------------------


def two_edits(session: SmallSession) -> None:
    session.edit("add", lambda g: g.with_node("more", NodeInstance("edit_expression")))
    session.edit("set", lambda g: g.with_parameter("more", "jaw_open", 0.5))
    session.select(["edit", "more"])


def test_several_nodes_are_edited_together(panel: ParameterPanel, session: SmallSession) -> None:
    two_edits(session)
    field = number(panel, "jaw_open")
    assert field.text() == "mixed"
    typed(field, "0.25")
    assert value(session, "jaw_open", "edit") == value(session, "jaw_open", "more") == 0.25
    assert steps(session) == 3


def test_selection_of_another_kind_shows_its_parameters(panel: ParameterPanel, session: SmallSession) -> None:
    session.select(["faces"])
    assert list(panel.rows) == ["confidence", "count"]
    assert "research licence" in panel.head.notes.text()
    session.select([])
    assert panel.empty.isVisible()


def test_unknown_kind_is_shown_with_what_is_kept(panel: ParameterPanel, session: SmallSession) -> None:
    node = NodeInstance("splat_wizard", parameters={"sparkle": 3})
    session.edit("add", lambda g: g.with_node("odd", node))
    session.select(["odd"])
    assert "not installed" in panel.head.notes.text()
    assert not panel.rows


def test_error_of_the_node_is_shown_and_goes_away(panel: ParameterPanel, session: SmallSession) -> None:
    error = ErrorReport("edit", "the picture has no face", "Choose another picture")
    session.node_state.emit(NodeState(1, "edit", "failed", error=error))
    assert "The picture has no face" in panel.head.error.text()
    assert panel.head.error.isVisible()
    session.node_state.emit(NodeState(2, "edit", "fresh"))
    assert not panel.head.error.isVisible()


def test_what_a_node_says_about_its_result_is_shown_and_goes_away(
    panel: ParameterPanel, session: SmallSession
) -> None:
    session.node_state.emit(NodeState(1, "edit", "fresh", notice="no face was found"))
    assert panel.head.notice.isVisible() and panel.head.notice.text() == "No face was found"
    session.node_state.emit(NodeState(2, "edit", "fresh"))
    assert not panel.head.notice.isVisible()


def test_values_are_copied_and_pasted_as_text(panel: ParameterPanel, session: SmallSession) -> None:
    two_edits(session)
    session.edit("keys", lambda g: g.with_parameter("more", "turn", Curve((Key(0, 3.0),))))
    session.select(["more"])
    panel.copy_values()
    session.select(["edit"])
    panel.paste_values()
    assert value(session, "jaw_open") == 0.5
    assert value(session, "turn") == Curve((Key(0, 3.0),))
    QGuiApplication.clipboard().setText("something else")
    panel.paste_values()
    assert "no values" in session.messages[-1]


def test_reset_all_is_one_step(panel: ParameterPanel, session: SmallSession) -> None:
    typed(number(panel, "jaw_open"), "0.5")
    typed(number(panel, "turn"), "5")
    panel.reset_all()
    assert not session.graph.nodes["edit"].parameters
    assert steps(session) == 3


def test_rename_and_disable_in_the_head(panel: ParameterPanel, session: SmallSession) -> None:
    panel.head.name.setText("grin")
    QTest.keyClick(panel.head.name, Qt.Key.Key_Return)
    assert "grin" in session.graph.nodes
    session.select(["grin"])
    QTest.mouseClick(panel.head.power, LEFT)
    assert session.graph.nodes["grin"].disabled


def test_filter_leaves_what_matches(panel: ParameterPanel) -> None:
    panel.filter.setText("smile")
    shown = [name for name, row in panel.rows.items() if row.control.isVisible()]
    assert shown == ["smile_left", "smile_right"]


def test_undo_is_followed(panel: ParameterPanel, session: SmallSession) -> None:
    typed(number(panel, "jaw_open"), "0.5")
    session.undo()
    assert number(panel, "jaw_open").value == 0.0


# -- the other controls -----------------------------------------------------------------------


def test_choice(panel: ParameterPanel, session: SmallSession) -> None:
    session.edit("add", lambda g: g.with_node("blend", NodeInstance("blend_images")))
    session.select(["blend"])
    control = panel.rows["mode"].control
    assert isinstance(control, ChoiceControl) and control.combo is not None
    control.combo.setFocus()
    QTest.keyClick(control.combo, Qt.Key.Key_Down)
    assert value(session, "mode", "blend") == "add"


def test_toggle_colour_and_text(panel: ParameterPanel, session: SmallSession) -> None:
    mirror = panel.rows["mirror"].control
    QTest.mouseClick(mirror.focusProxy(), LEFT, pos=QPoint(8, mirror.focusProxy().height() // 2))
    assert value(session, "mirror") is True
    tint = panel.rows["tint"].control
    assert isinstance(tint, ColourControl)
    tint.code.setText("#336699")
    QTest.keyClick(tint.code, Qt.Key.Key_Return)
    assert value(session, "tint") == pytest.approx((0.2, 0.4, 0.6), abs=1e-3)
    remark = panel.rows["remark"].control
    assert isinstance(remark, TextControl) and remark.box is not None
    before = steps(session)
    remark.box.setFocus()
    QTest.keyClicks(remark.box, "hello")
    assert value(session, "remark") == "hello"
    assert steps(session) == before + 1


def test_line_of_text_is_one_step_while_it_is_typed(panel: ParameterPanel, session: SmallSession) -> None:
    session.edit("add", lambda g: g.with_node("sign", NodeInstance("write_words")))
    session.select(["sign"])
    control = panel.rows["words"].control
    assert isinstance(control, TextControl) and control.line is not None
    QTest.keyClicks(control.line, "hello")
    QTest.keyClick(control.line, Qt.Key.Key_Return)
    assert value(session, "words", "sign") == "hello"
    assert steps(session) == 2


@pytest.mark.parametrize("kind", [spec.id for spec in default_registry()])
def test_every_kind_of_node_that_ships_is_shown(qtbot: QtBot, qapp: QApplication, kind: str) -> None:
    apply_theme(qapp, "dark")
    session = SmallSession(Graph(nodes={"it": NodeInstance(kind)}), default_registry())
    panel, page = ParameterPanel(session), HelpPanel(session)
    qtbot.addWidget(panel)
    qtbot.addWidget(page)
    session.select(["it"])
    spec = default_registry().get(kind)
    assert spec is not None and list(panel.rows) == [parameter.name for parameter in spec.parameters]
    assert spec.title in page.browser.toPlainText()
    assert "*" not in page.browser.toPlainText(), "no mark of the docstring is left over"
    assert panel.body is not None
    room = panel.minimumWidth() - panel.scroll_area.verticalScrollBar().sizeHint().width()
    assert panel.body.minimumSizeHint().width() <= room, "no row is cut off at the side"
    licences = [cards()[name].licence for name in spec.models]
    assert all(f"({licence})" in panel.head.licences.text() for licence in licences)
    assert bool(panel.head.licences.text()) == bool(licences)


def test_file_is_typed(panel: ParameterPanel, session: SmallSession) -> None:
    session.select(["photo"])
    control = panel.rows["path"].control
    assert isinstance(control, FileControl)
    control.line.setText("demo:astronaut")
    QTest.keyClick(control.line, Qt.Key.Key_Return)
    assert value(session, "path", "photo") == "demo:astronaut"
    assert steps(session) == 1


def test_rows_are_kept_while_the_kind_stays(panel: ParameterPanel, session: SmallSession) -> None:
    two_edits(session)
    row = panel.rows["jaw_open"]
    session.select(["more"])
    assert panel.rows["jaw_open"] is row
    assert number(panel, "jaw_open").value == 0.5


def test_old_rows_are_deleted_with_their_kind(
    panel: ParameterPanel, session: SmallSession, qtbot: QtBot
) -> None:
    def count() -> int:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return len(panel.findChildren(QWidget))

    session.select(["faces"])
    few = count()
    for _ in range(5):
        session.select(["edit"])
        session.select(["faces"])
    assert count() == few


# -- help -------------------------------------------------------------------------------------


def test_help_page_of_the_selected_node(qtbot: QtBot, session: SmallSession) -> None:
    panel = HelpPanel(session)
    qtbot.addWidget(panel)
    session.select(["edit"])
    words = panel.browser.toPlainText()
    assert "Offset the expression" in words
    assert "-45 to 45 degrees" in words
    assert "HeadState" in words


def test_the_menu_of_a_parameter_opens_over_its_field_too(
    panel: ParameterPanel, session: SmallSession
) -> None:
    field = number(panel, "jaw_open")
    at = field.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, field.mapToGlobal(at))
    QApplication.sendEvent(field, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert "Set key" in [action.text() for action in menu.actions()]
    menu.close()


def test_names_of_files_are_told_as_they_are(panel: ParameterPanel, session: SmallSession) -> None:
    for what, shown in (("holiday.png is not a picture", "holiday.png is"), ("no face was found", "No face")):
        report = ErrorReport("edit", what)
        panel.head.show_state(NodeState(1, "edit", "failed", error=report))
        assert shown in panel.head.error.text()
