"""Handles on the picture, worked with the mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.document.graph import NodeInstance, Port
from app.ui.session import Session
from app.ui.viewers.paint_tool import PaintTool
from app.ui.viewers.viewer import Viewer
from tests.ui.conftest import session_on
from tests.ui.viewers.conftest import drag_across, graph_of_tools, look_at


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    graph = graph_of_tools(crop="crop_image", turned="transform_image", mask="paint_mask")
    graph = graph.with_node("picked", NodeInstance("pick_face"))
    graph = graph.with_link(Port("faces", "out"), "picked", "faces")
    with session_on(qapp, graph) as made:
        yield made


def values(session: Session, node: str) -> dict[str, object]:
    return dict(session.graph.nodes[node].parameters)


def test_a_click_picks_the_face_there(viewer: Viewer, session: Session) -> None:
    look_at(viewer, "photo", "picked")
    drag_across(viewer, (50, 75))
    found = values(session, "picked")
    assert found["by"] == "point"
    assert found["x"] == pytest.approx(0.25, abs=0.01)
    assert found["y"] == pytest.approx(0.75, abs=0.01)


def test_a_corner_of_the_crop_is_dragged_in_one_step(viewer: Viewer, session: Session) -> None:
    look_at(viewer, "photo", "crop")
    before = session.graph
    drag_across(viewer, (0, 0), (20, 10), (40, 20))
    found = values(session, "crop")
    assert (found["left"], found["top"]) == pytest.approx((40, 20), abs=1)
    assert (found["width"], found["height"]) == pytest.approx((160, 80), abs=1)
    session.undo()
    assert session.graph is before


def test_the_frame_moves_by_its_inside(viewer: Viewer, session: Session) -> None:
    crop = {"left": 20, "top": 20, "width": 100, "height": 50}
    for name, value in crop.items():
        session.edit("Set", lambda graph, name=name, value=value: graph.with_parameter("crop", name, value))
    look_at(viewer, "photo", "crop")
    drag_across(viewer, (70, 45), (80, 50), (90, 55))
    found = values(session, "crop")
    assert (found["left"], found["top"]) == pytest.approx((40, 30), abs=1)
    assert (found["width"], found["height"]) == (100, 50)


def test_the_viewed_crop_can_be_moved_too(viewer: Viewer, session: Session) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("crop", "left", 30))
    look_at(viewer, "crop", "crop")
    drag_across(viewer, (0, 50), (10, 50))
    assert values(session, "crop")["left"] == pytest.approx(40, abs=1)


def test_the_crop_has_no_handles_over_other_pictures(viewer: Viewer, session: Session) -> None:
    look_at(viewer, "turned", "crop")
    assert viewer.picture_view.tool is None


def test_a_picture_is_moved_scaled_and_turned_by_hand(viewer: Viewer, session: Session) -> None:
    look_at(viewer, "turned", "turned")
    drag_across(viewer, (100, 50), (110, 55), (120, 60))
    found = values(session, "turned")
    assert (found["move_x"], found["move_y"]) == pytest.approx((20, 10), abs=1)
    session.undo()
    assert values(session, "turned") == {}
    drag_across(viewer, (200, 100), (175, 87.5), (150, 75))
    assert values(session, "turned")["scale"] == pytest.approx(0.5, abs=0.02)
    session.undo()
    drag_across(viewer, (204, 50), (150, -10), (100, -54), shift=True)
    assert values(session, "turned")["rotate"] == pytest.approx(90)


def test_two_drags_are_two_steps(viewer: Viewer, session: Session) -> None:
    look_at(viewer, "turned", "turned")
    drag_across(viewer, (100, 50), (120, 50))
    drag_across(viewer, (100, 50), (120, 50))
    session.undo()
    assert values(session, "turned")["move_x"] == pytest.approx(20, abs=1)


def test_strokes_paint_and_erase_each_as_one_step(viewer: Viewer, session: Session) -> None:
    look_at(viewer, "photo", "mask")
    drag_across(viewer, (50, 50), (60, 50), (100, 50))
    drag_across(viewer, (100, 50), (100, 60), shift=True)
    strokes = str(values(session, "mask")["strokes"]).split(";")
    assert [stroke[0] for stroke in strokes] == ["+", "-"]
    first = [int(number) for number in strokes[0][1:].split()]
    assert first[1:3] == pytest.approx([2500, 2500], abs=60)
    assert first[-2:] == pytest.approx([5000, 2500], abs=60)
    session.undo()
    assert str(values(session, "mask")["strokes"]) == strokes[0]


def test_shift_and_the_wheel_change_the_brush_and_not_the_zoom(viewer: Viewer) -> None:
    look_at(viewer, "photo", "mask")
    view, before = viewer.picture_view, PaintTool.radius
    zoom = view.framing.zoom
    place = QPointF(100, 100)
    turn = QWheelEvent(
        place,
        view.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    try:
        QApplication.sendEvent(view, turn)
        assert PaintTool.radius > before
        assert view.framing.zoom == zoom
    finally:
        PaintTool.radius = before
