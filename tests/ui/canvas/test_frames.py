"""Frames behind nodes: made around a selection, dragged, resized, coloured, deleted, by real events."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.graph import Backdrop
from app.ui.canvas import GraphCanvas
from tests.ui.canvas.fakes import SmallSession, steps
from tests.ui.canvas.hand import CTRL, SHIFT, Hand


def test_frame_around_the_selection(canvas: GraphCanvas, hand: Hand, session: SmallSession) -> None:
    hand.click(hand.title("photo"))
    hand.click(hand.title("faces"), keys=SHIFT)
    hand.key(Qt.Key.Key_G, CTRL)
    assert canvas.text_editor is not None
    canvas.text_editor.setText("Reading")
    QTest.keyClick(canvas.text_editor, Qt.Key.Key_Return)
    (backdrop,) = session.graph.backdrops.values()
    assert backdrop.title == "Reading"
    assert canvas.graph_scene.nodes_inside(canvas.graph_scene.backdrops["backdrop_1"].area()) == [
        "photo",
        "faces",
    ]


def framed(session: SmallSession) -> None:
    backdrop = Backdrop("Reading", -40.0, -60.0, 480.0, 260.0)
    session.edit("frame", lambda graph: replace(graph, backdrops={"frame": backdrop}))


def test_dragging_a_frame_takes_its_nodes_along(hand: Hand, session: SmallSession) -> None:
    framed(session)
    hand.drag((100, -50), (150, 250))
    assert session.graph.backdrops["frame"].y == 240
    assert (session.graph.nodes["photo"].x, session.graph.nodes["photo"].y) == (50, 300)
    assert session.graph.nodes["head"].x == 480
    assert steps(session) == 2


def test_a_frame_is_resized_by_its_corner(hand: Hand, session: SmallSession) -> None:
    framed(session)
    hand.drag((436, 196), (536, 296))
    assert (session.graph.backdrops["frame"].width, session.graph.backdrops["frame"].height) == (580, 360)


def test_a_frame_can_be_coloured_and_deleted(canvas: GraphCanvas, hand: Hand, session: SmallSession) -> None:
    framed(session)
    hand.click((100, -50))
    canvas.commands.naming.set_colour("#7d3c3a")
    assert session.graph.backdrops["frame"].colour == "#7d3c3a"
    hand.key(Qt.Key.Key_Delete)
    assert not session.graph.backdrops
    assert set(session.graph.nodes) == {"photo", "faces", "head", "edit"}
