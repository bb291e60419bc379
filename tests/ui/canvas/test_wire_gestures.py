"""Wires drawn, moved, cut and bent by real events: each gesture one undo step."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.graph import Port
from app.ui.canvas import GraphCanvas
from app.ui.canvas.bends import bends_of
from app.ui.canvas.gestures.wire import DragWire
from app.ui.canvas.wiring import Wire
from tests.ui.canvas.fakes import SmallSession, add, steps
from tests.ui.canvas.hand import CTRL, RIGHT, Hand


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
