"""Looking, selecting, moving and adding by real events: each gesture one undo step."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.graph import Port
from app.ui.canvas import GraphCanvas
from app.ui.canvas.wiring import Wire
from tests.ui.canvas.fakes import SmallSession, add, steps
from tests.ui.canvas.hand import ALT, CTRL, EMPTY, MIDDLE, NONE, RIGHT, SHIFT, Hand

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
