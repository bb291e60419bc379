"""Grouping by hand: in and out of subgraphs, promoted parameters, pinned and forgotten results."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.document.graph import Port
from app.engine.protocol import Thumbnail
from app.ui.canvas import GraphCanvas
from app.ui.panels import ParameterPanel
from tests.ui.canvas.fakes import SmallSession, steps
from tests.ui.canvas.hand import CTRL, NONE, SHIFT, Hand


@pytest.fixture
def panel(session: SmallSession, canvas: GraphCanvas) -> ParameterPanel:
    made = ParameterPanel(session, canvas)
    made.hide()
    return made


def group(hand: Hand, canvas: GraphCanvas, *names: str) -> None:
    canvas.select(names)
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)


def test_a_group_is_one_step_and_selected(hand: Hand, canvas: GraphCanvas, session: SmallSession) -> None:
    group(hand, canvas, "faces", "head")
    assert session.selection == ("group",)
    assert steps(session) == 1
    assert list(canvas.graph_scene.nodes) == ["photo", "edit", "group"]
    hand.key(Qt.Key.Key_G, CTRL | Qt.KeyboardModifier.AltModifier)
    assert set(session.graph.nodes) == {"photo", "faces", "head", "edit"}
    assert set(session.selection) == {"faces", "head"}


def test_double_click_goes_inside_and_escape_out(
    hand: Hand, canvas: GraphCanvas, session: SmallSession
) -> None:
    group(hand, canvas, "faces", "head")
    assert not canvas.breadcrumb.isVisible()
    hand.double_click(hand.body("group"))
    assert session.place.path == ("group",)
    assert set(canvas.graph_scene.nodes) == {"faces", "head", "image", "head_state"}
    assert canvas.breadcrumb.isVisible()
    hand.key(Qt.Key.Key_Escape)
    assert session.place.path == ()
    assert session.selection == ("group",)
    assert not canvas.breadcrumb.isVisible()


def test_edits_inside_are_edits_of_the_document(
    hand: Hand, canvas: GraphCanvas, session: SmallSession, panel: ParameterPanel
) -> None:
    group(hand, canvas, "faces", "head")
    session.enter("group")
    canvas.select(["faces"])
    panel.rows["confidence"].control.edited.emit(0.9)
    panel.rows["confidence"].control.finished.emit()
    assert session.whole.nodes["group.faces"].parameters == {"confidence": 0.9}
    canvas.select(["head"])
    hand.key(Qt.Key.Key_Delete)
    assert "group.head" not in session.whole.nodes
    session.undo()
    assert "head" in canvas.graph_scene.nodes
    session.undo()
    session.undo()
    assert session.place.path == ()
    assert set(canvas.graph_scene.nodes) == {"photo", "faces", "head", "edit"}


def test_a_promoted_parameter_is_shown_outside_and_stored_inside(
    hand: Hand, canvas: GraphCanvas, session: SmallSession, panel: ParameterPanel
) -> None:
    group(hand, canvas, "faces", "head")
    assert not panel.rows
    session.enter("group")
    canvas.select(["faces"])
    panel.toggle_promoted(panel.rows["confidence"].spec)
    session.leave()
    row = panel.rows["confidence"]
    row.control.edited.emit(0.75)
    row.control.finished.emit()
    assert panel.rows["confidence"] is row
    assert session.whole.nodes["group.faces"].parameters == {"confidence": 0.75}
    panel.toggle_key(row.spec)
    assert row.shown is not None and row.shown.key == "key"
    session.enter("group")
    canvas.select(["faces"])
    panel.toggle_promoted(panel.rows["confidence"].spec)
    session.leave()
    assert not panel.rows
    assert "confidence" in session.whole.nodes["group.faces"].parameters


def test_groups_are_copied_into_each_other(hand: Hand, canvas: GraphCanvas, session: SmallSession) -> None:
    QGuiApplication.clipboard().clear()
    group(hand, canvas, "faces", "head")
    hand.key(Qt.Key.Key_C, CTRL)
    session.enter("group")
    hand.key(Qt.Key.Key_V, CTRL)
    assert "group" in session.graph.nodes
    assert "group.group.faces" in session.whole.nodes


def test_a_group_shows_the_picture_of_what_it_gives(
    hand: Hand, canvas: GraphCanvas, session: SmallSession
) -> None:
    group(hand, canvas, "faces", "head")
    session.thumbnail.emit(Thumbnail("group.head", np.zeros((60, 80, 4), np.uint8)))
    assert canvas.graph_scene.nodes["group"].layout.picture is not None
    session.enter("group")
    assert canvas.graph_scene.nodes["head"].layout.picture is not None
    assert canvas.graph_scene.nodes["faces"].layout.picture is None


def test_inner_nodes_are_viewed_by_their_address(
    hand: Hand, canvas: GraphCanvas, session: SmallSession
) -> None:
    group(hand, canvas, "faces", "head")
    session.enter("group")
    canvas.select(["head"])
    hand.key(Qt.Key.Key_2, NONE)
    assert session.slots[2] == Port("group.head", "out")
    canvas.show_node("photo")
    assert session.place.path == () and session.selection == ("photo",)


def test_pins_and_forgetting_go_to_the_selected_nodes(
    hand: Hand, canvas: GraphCanvas, session: SmallSession
) -> None:
    canvas.select(["head"])
    hand.key(Qt.Key.Key_P, SHIFT)
    assert session.pins == {"head"}
    assert canvas.graph_scene.nodes["head"]._pinned
    hand.key(Qt.Key.Key_P, SHIFT)
    assert not canvas.graph_scene.nodes["head"]._pinned
    hand.key(Qt.Key.Key_Delete, SHIFT)
    assert session.engine.purged == ["head"] and "head" in session.graph.nodes
