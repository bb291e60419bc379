"""Every gesture of the canvas, by real events: what it does to the document, as one undo step."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.graph import NodeInstance, Port
from app.ui.actions import Actions
from app.ui.canvas import GraphCanvas
from app.ui.canvas.bends import bends_of
from app.ui.canvas.gestures.wire import DragWire
from app.ui.canvas.wiring import Wire
from tests.ui.canvas.fakes import SmallSession, steps
from tests.ui.canvas.hand import ALT, CTRL, MIDDLE, NONE, RIGHT, SHIFT, Hand

EMPTY = (300.0, 400.0)


def add(session: SmallSession, name: str, kind: str, x: float, y: float) -> None:
    session.edit("add", lambda graph: graph.with_node(name, NodeInstance(kind, x=x, y=y)))


# -- looking ----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["middle", "alt", "space"])
def test_panning_takes_the_canvas_along(canvas: GraphCanvas, hand: Hand, way: str) -> None:
    at = hand.pixel(EMPTY)
    under = canvas.mapToScene(at)
    keys, button = NONE, Qt.MouseButton.LeftButton
    if way == "middle":
        button = MIDDLE
    elif way == "alt":
        keys = ALT
    else:
        QTest.keyPress(canvas, Qt.Key.Key_Space)
    hand.press(EMPTY, button, keys)
    for step in (20, 60, 100):
        canvas.gesture.move(at + QPoint(step, step // 2), keys)
    assert (canvas.mapToScene(at + QPoint(100, 50)) - under).manhattanLength() < 3
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert not canvas.session.selection


def test_wheel_zooms_about_the_cursor(canvas: GraphCanvas, hand: Hand) -> None:
    at = hand.pixel(EMPTY)
    under, zoom = canvas.mapToScene(at), canvas.zoom
    hand.wheel(EMPTY, -240)
    assert canvas.zoom == pytest.approx(zoom / 1.15**2)
    assert (canvas.mapToScene(at) - under).manhattanLength() < 4


def test_zoom_is_clamped(canvas: GraphCanvas, hand: Hand) -> None:
    for _ in range(60):
        hand.wheel(EMPTY, 240)
    highest = canvas.zoom
    for _ in range(120):
        hand.wheel(EMPTY, -240)
    assert 1 < highest <= 3
    assert 0.05 < canvas.zoom < 0.1


def test_f_frames_the_selection_and_a_all(canvas: GraphCanvas, hand: Hand) -> None:
    canvas.select(["photo"])
    hand.key(Qt.Key.Key_F)
    centre = canvas.mapToScene(canvas.viewport().rect().center())
    assert (centre - canvas.graph_scene.bounds(["photo"]).center()).manhattanLength() < 5
    hand.key(Qt.Key.Key_A)
    centre = canvas.mapToScene(canvas.viewport().rect().center())
    assert (centre - canvas.graph_scene.bounds().center()).manhattanLength() < 5


# -- selecting --------------------------------------------------------------------------------


def test_click_selects_one_and_empty_canvas_none(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("faces"))
    assert session.selection == ("faces",)
    hand.click(EMPTY)
    assert session.selection == ()


def test_shift_click_adds_and_ctrl_click_toggles(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("faces"))
    hand.click(hand.title("head"), keys=SHIFT)
    assert set(session.selection) == {"faces", "head"}
    hand.click(hand.title("faces"), keys=CTRL)
    assert session.selection == ("head",)


def test_marquee_selects_what_it_touches(hand: Hand, session: SmallSession) -> None:
    hand.drag((-40, -40), (300, 90))
    assert set(session.selection) == {"photo", "faces"}


def test_marquee_with_shift_adds_and_with_ctrl_toggles(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("edit"))
    hand.drag((-40, -40), (100, 90), keys=SHIFT)
    assert set(session.selection) == {"photo", "edit"}
    hand.drag((-40, -40), (300, 90), keys=CTRL)
    assert set(session.selection) == {"faces", "edit"}


def test_esc_takes_a_marquee_back(canvas: GraphCanvas, hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("edit"))
    hand.press((-40, -40))
    hand.move((300, 90))
    assert canvas.graph_scene.selected == {"photo", "faces"}
    hand.key(Qt.Key.Key_Escape)
    assert canvas.graph_scene.selected == {"edit"}
    assert canvas.gesture is None


# -- moving -----------------------------------------------------------------------------------


def test_drag_moves_the_selection_in_one_step(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("photo"))
    hand.click(hand.title("faces"), keys=SHIFT)
    hand.drag(hand.title("photo"), (60 + 100, 10 + 200), steps=20)
    nodes = session.graph.nodes
    assert (nodes["photo"].x, nodes["photo"].y) == (100, 200)
    assert (nodes["faces"].x, nodes["faces"].y) == (340, 240)
    assert (nodes["head"].x, nodes["head"].y) == (480, 0)
    assert steps(session) == 1


def test_esc_takes_a_move_back(canvas: GraphCanvas, hand: Hand, session: SmallSession) -> None:
    before = session.graph
    hand.press(hand.title("photo"))
    hand.move((200, 300))
    hand.key(Qt.Key.Key_Escape)
    hand.release((200, 300))
    assert session.graph is before
    assert canvas.graph_scene.nodes["photo"].x() == 0


def test_wires_follow_a_drag(canvas: GraphCanvas, hand: Hand) -> None:
    wire = Wire(Port("head", "out"), "edit", "head")
    hand.press(hand.title("edit"))
    hand.move((820, 210))
    end = canvas.graph_scene.wires.wires[wire].points[-1]
    assert end == canvas.graph_scene.nodes["edit"].socket_point("input", "head")
    hand.release((820, 210))


def test_drop_on_a_wire_inserts(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 0, 300)
    # The wire from the photo to the head's image runs level at y = 54.
    hand.drag(hand.title("soft"), (60 + 300, 10 + 20), steps=12)
    graph = session.graph
    assert graph.sources("soft", "image") == (Port("photo", "out"),)
    assert graph.sources("head", "image") == (Port("soft", "out"),)
    assert steps(session) == 2


def test_alt_drag_extracts_and_heals(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 240, -200)
    session.edit("wire", lambda g: g.with_link(Port("photo", "out"), "soft", "image"))
    session.edit("wire", lambda g: g.with_link(Port("soft", "out"), "head", "image"))
    hand.drag(hand.title("soft"), (360, 420), keys=ALT)
    assert session.graph.sources("head", "image") == (Port("photo", "out"),)
    assert session.graph.sources("soft", "image") == ()
    assert session.graph.nodes["soft"].y > 300
    assert steps(session) == 4


def test_shaking_a_node_takes_it_out_of_its_wires(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 240, -200)
    session.edit("wire", lambda g: g.with_link(Port("photo", "out"), "soft", "image"))
    session.edit("wire", lambda g: g.with_link(Port("soft", "out"), "head", "image"))
    x, y = hand.title("soft")
    hand.press((x, y))
    for turn in range(8):
        for step in (20, 40, 60):
            hand.move((x + (step if turn % 2 else 60 - step), y - 100))
    hand.release((x, y - 100))
    assert session.graph.sources("head", "image") == (Port("photo", "out"),)


# -- wires ------------------------------------------------------------------------------------


def test_wire_is_drawn_from_output_to_input(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 240, 300)
    hand.drag(hand.socket("photo", "output", "out"), hand.socket("soft", "input", "image"))
    assert session.graph.sources("soft", "image") == (Port("photo", "out"),)
    assert steps(session) == 2


def test_wire_is_drawn_from_input_to_output_too(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 240, 300)
    hand.drag(hand.socket("soft", "input", "image"), hand.socket("photo", "output", "out"))
    assert session.graph.sources("soft", "image") == (Port("photo", "out"),)


def test_wire_snaps_to_a_socket_nearby(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 240, 300)
    x, y = hand.socket("soft", "input", "image")
    hand.drag(hand.socket("photo", "output", "out"), (x - 20, y + 8))
    assert session.graph.sources("soft", "image") == (Port("photo", "out"),)


def test_wire_dropped_on_a_node_takes_its_first_fitting_input(hand: Hand, session: SmallSession) -> None:
    add(session, "blend", "blend_images", 240, 300)
    hand.drag(hand.socket("photo", "output", "out"), hand.title("blend"))
    hand.drag(hand.socket("photo", "output", "out"), hand.title("blend"))
    assert session.graph.sources("blend", "front") == (Port("photo", "out"),)
    assert session.graph.sources("blend", "back") == (Port("photo", "out"),)


def test_refused_sockets_grey_out_with_the_reason(
    canvas: GraphCanvas, hand: Hand, session: SmallSession
) -> None:
    before = session.graph
    hand.press(hand.socket("photo", "output", "out"))
    target = hand.socket("edit", "input", "head")
    hand.move((300, 300))
    hand.move(target)
    assert isinstance(canvas.gesture, DragWire)
    assert canvas.graph_scene.nodes["edit"]._open_sockets == frozenset()
    assert canvas.gesture._hint.words == "A HeadState socket does not take an Image"
    hand.release(target)
    assert session.graph is before
    assert "does not take" in session.messages[-1]
    assert canvas.graph_scene.nodes["edit"]._open_sockets is None


def test_wire_that_would_close_a_cycle_is_refused(
    canvas: GraphCanvas, hand: Hand, session: SmallSession
) -> None:
    add(session, "one", "blur", 0, 300)
    add(session, "two", "blur", 300, 300)
    session.edit("wire", lambda g: g.with_link(Port("one", "out"), "two", "image"))
    before = session.graph
    hand.drag(hand.socket("two", "output", "out"), hand.socket("one", "input", "image"))
    assert session.graph is before
    assert "cycle" in session.messages[-1]


def test_conversion_is_inserted_visibly(hand: Hand, session: SmallSession) -> None:
    add(session, "blend", "blend_images", 240, 300)
    hand.drag(hand.socket("photo", "output", "out"), hand.socket("blend", "input", "mask"))
    graph = session.graph
    assert graph.sources("blend", "mask") == (Port("mask_from_image", "out"),)
    assert graph.sources("mask_from_image", "image") == (Port("photo", "out"),)
    assert steps(session) == 2


def test_dragging_a_wire_off_its_input_disconnects(hand: Hand, session: SmallSession) -> None:
    hand.drag(hand.socket("edit", "input", "head"), (600, 400))
    assert session.graph.sources("edit", "head") == ()
    assert steps(session) == 1


def test_dragging_a_wire_to_another_input_moves_it(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 240, 300)
    hand.drag(hand.socket("faces", "input", "image"), hand.socket("soft", "input", "image"))
    assert session.graph.sources("faces", "image") == ()
    assert session.graph.sources("soft", "image") == (Port("photo", "out"),)
    assert steps(session) == 2


def test_input_that_takes_many_collects_wires(hand: Hand, session: SmallSession) -> None:
    add(session, "soft", "blur", 0, 300)
    add(session, "all", "collect", 240, 300)
    hand.drag(hand.socket("photo", "output", "out"), hand.socket("all", "input", "images"))
    hand.drag(hand.socket("soft", "output", "out"), hand.socket("all", "input", "images"))
    assert session.graph.sources("all", "images") == (Port("photo", "out"), Port("soft", "out"))


def test_wire_to_empty_opens_the_palette_filtered_and_connects(
    canvas: GraphCanvas, hand: Hand, session: SmallSession
) -> None:
    hand.drag(hand.socket("edit", "output", "out"), (1000, 300))
    assert canvas.palette_popup is not None
    assert [entry.key for entry in canvas.palette_popup.shown()] == ["edit_expression"]
    QTest.keyClick(canvas.palette_popup.field, Qt.Key.Key_Return)
    assert session.graph.sources("edit_expression", "head") == (Port("edit", "out"),)
    assert session.selection == ("edit_expression",)
    assert steps(session) == 1


@pytest.mark.parametrize("way", ["ctrl+right", "x"])
def test_cut_stroke_cuts_every_wire_it_crosses(hand: Hand, session: SmallSession, way: str) -> None:
    stroke = ((440.0, -60.0), (446.0, 160.0))
    if way == "x":
        QTest.keyPress(hand.canvas, Qt.Key.Key_X)
        hand.drag(*stroke)
        QTest.keyRelease(hand.canvas, Qt.Key.Key_X)
    else:
        hand.drag(*stroke, RIGHT, CTRL)
    assert session.graph.sources("head", "image") == ()
    assert session.graph.sources("head", "faces") == ()
    assert session.graph.sources("edit", "head") == (Port("head", "out"),)
    assert steps(session) == 1


def test_ctrl_click_on_a_wire_makes_a_dot_that_can_be_dragged_and_removed(
    hand: Hand, session: SmallSession
) -> None:
    wire = Wire(Port("head", "out"), "edit", "head")
    hand.click((688, 54), keys=CTRL)
    assert len(bends_of(session.graph, wire)) == 1
    hand.drag((688, 54), (690, 200))
    assert bends_of(session.graph, wire) == ((690, 200),)
    hand.click((690, 200), keys=CTRL)
    assert bends_of(session.graph, wire) == ()
    assert steps(session) == 3


# -- adding -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["tab", "shift+a", "double", "right"])
def test_palette_opens_and_adds_at_the_cursor(
    canvas: GraphCanvas, hand: Hand, session: SmallSession, way: str
) -> None:
    hand.move(EMPTY, Qt.MouseButton.NoButton)
    if way == "tab":
        hand.key(Qt.Key.Key_Tab)
    elif way == "shift+a":
        hand.key(Qt.Key.Key_A, SHIFT)
    elif way == "double":
        hand.double_click(EMPTY)
    else:
        hand.click(EMPTY, RIGHT)
    popup = canvas.palette_popup
    assert popup is not None and popup.isVisible()
    QTest.keyClicks(popup.field, "blu")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    node = session.graph.nodes["blur"]
    area = canvas.graph_scene.nodes["blur"].body()
    assert node.kind == "blur"
    assert area.adjusted(-80, -80, 80, 80).contains(QPointF(*EMPTY))
    assert steps(session) == 1


def test_palette_by_key_wires_to_the_selected_node(
    canvas: GraphCanvas, hand: Hand, session: SmallSession
) -> None:
    hand.click(hand.title("photo"))
    for kind, output in (("blur", "photo"), ("fit head", "")):
        hand.key(Qt.Key.Key_Tab)
        assert canvas.palette_popup is not None
        QTest.keyClicks(canvas.palette_popup.field, kind)
        QTest.keyClick(canvas.palette_popup.field, Qt.Key.Key_Return)
        if output:
            assert session.graph.sources("blur", "image") == (Port(output, "out"),)
    assert session.graph.sources("fit_head", "image") == (Port("blur", "out"),)
    assert steps(session) == 2


def test_alt_arrows_walk_the_graph(hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("head"))
    hand.key(Qt.Key.Key_Right, ALT)
    assert session.selection == ("edit",)
    hand.key(Qt.Key.Key_Right, ALT)
    assert session.selection == ("edit",)
    for _ in range(3):
        hand.key(Qt.Key.Key_Left, ALT)
    assert session.selection == ("photo",)


def test_esc_closes_the_palette_without_adding(
    canvas: GraphCanvas, hand: Hand, session: SmallSession
) -> None:
    before = session.graph
    hand.key(Qt.Key.Key_Tab)
    assert canvas.palette_popup is not None
    QTest.keyClick(canvas.palette_popup.field, Qt.Key.Key_Escape)
    assert not canvas.palette_popup.isVisible()
    assert session.graph is before


def drop_files(hand: Hand, *paths: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    left, copy = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    viewport = hand.canvas.viewport()
    QApplication.sendEvent(viewport, QDragEnterEvent(hand.pixel(EMPTY), copy, data, left, NONE))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(hand.pixel(EMPTY)), copy, data, left, NONE))


def test_dropped_files_become_load_nodes_and_the_others_are_named(hand: Hand, session: SmallSession) -> None:
    drop_files(hand, "/pictures/me.png", "/pictures/me.xyz")
    assert session.graph.nodes["load_image"].parameters["path"] == "/pictures/me.png"
    assert "me.xyz" in session.messages[-1]
    assert steps(session) == 1


def test_dropped_graph_is_announced(canvas: GraphCanvas, hand: Hand, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.graph_dropped) as heard:
        drop_files(hand, "/graphs/face.graph")
    assert heard.args == ["/graphs/face.graph"]


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
