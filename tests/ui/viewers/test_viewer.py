"""The viewer: pictures, tables, wipe, overlays, and what it says about itself."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document.commands import rename_node
from app.document.graph import NodeInstance, Port
from app.engine.protocol import ErrorReport, NodeState, Preview
from app.ui.actions import Actions
from app.ui.looks import BACKING_SLOT, MASK_SLOT, OVERLAY_SLOT
from app.ui.session import Session
from app.ui.viewers.viewer import Viewer
from nodes.sdk import node
from nodes.sdk.values import Faces, Image, Mask, Table
from tests.ui.conftest import settle
from tests.ui.fakes import FakeEngine, picture
from tests.ui.viewers.test_describe import a_face


@node(title="Find mask", category="Face")
def find_mask(image: Image) -> Mask:
    """Stands in for a node that gives a mask."""
    raise NotImplementedError


@pytest.fixture
def viewer(session: Session, qtbot) -> Viewer:
    made = Viewer(session, Actions(None, session))
    qtbot.addWidget(made)
    made.resize(640, 480)
    made.show()
    session.view_node("grade")
    settle()
    return made


def solid(red: int, green: int, blue: int) -> np.ndarray:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[...] = (red, green, blue, 255)
    return pixels


def seen(viewer: Viewer, x: float, y: float) -> tuple[int, int, int]:
    """The colour on the screen at a share of the picture view's size."""
    view = viewer.picture_view
    image = view.grab().toImage()
    colour = QColor(image.pixel(int(x * (image.width() - 1)), int(y * (image.height() - 1))))
    return colour.red(), colour.green(), colour.blue()


def test_an_answer_is_painted(viewer: Viewer, engine: FakeEngine) -> None:
    engine.answer(solid(200, 30, 40))
    settle()
    assert seen(viewer, 0.5, 0.5) == (200, 30, 40)
    assert viewer.summary.text() == "48 x 32 RGB"


def test_an_answer_for_another_slot_does_not_take_the_front(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    session.view_node("photo", 2)
    session.show_slot(1)
    settle()
    engine.answer(solid(10, 200, 10))
    settle()
    session.show_slot(2)
    settle()
    engine.answer(solid(200, 10, 10))
    settle()
    session.show_slot(1)
    assert seen(viewer, 0.5, 0.5) == (10, 200, 10)


def test_the_wipe_shows_one_slot_at_each_side(viewer: Viewer, session: Session, engine: FakeEngine) -> None:
    session.view_node("photo", 2)
    session.show_slot(1)
    viewer.toggle_wipe()
    settle()
    look = engine.looks[-1]
    for view in look.views:
        shown = solid(250, 0, 0) if view.node == "grade" else solid(0, 0, 250)
        engine.show(view, Preview("Image", "", pixels=shown))
    settle()
    assert seen(viewer, 0.4, 0.3) == (250, 0, 0)
    assert seen(viewer, 0.6, 0.3) == (0, 0, 250)


def test_the_wipe_line_is_dragged(viewer: Viewer, session: Session, engine: FakeEngine) -> None:
    session.view_node("photo", 2)
    session.show_slot(1)
    viewer.toggle_wipe()
    settle()
    engine.answer()
    settle()
    view = viewer.picture_view
    start = QPoint(view.width() // 2, 50)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, QPoint(view.width() // 4, 50))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() // 4, 50))
    assert view.wipe == pytest.approx(0.25, abs=0.01)


def test_a_wipe_without_a_second_picture_says_what_to_do(viewer: Viewer, session: Session) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    viewer.toggle_wipe()
    assert session.wipe_slot is None
    assert "press 2" in said[0]


def test_swapping_a_wipe_exchanges_its_sides(viewer: Viewer, session: Session) -> None:
    session.view_node("photo", 2)
    session.show_slot(1)
    viewer.toggle_wipe()
    viewer.swap()
    assert (session.slot, session.wipe_slot) == (2, 1)


def test_the_wheel_zooms_about_the_cursor(viewer: Viewer, engine: FakeEngine) -> None:
    engine.answer()
    settle()
    view = viewer.picture_view
    cursor = QPointF(100, 80)
    before = view.framing.to_picture(100, 80)
    QApplication.sendEvent(
        view,
        QWheelEvent(
            cursor,
            view.mapToGlobal(cursor),
            QPoint(),
            QPoint(0, 240),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )
    assert view.framing.to_picture(100, 80) == pytest.approx(before)


def test_keys_choose_a_channel_and_again_all(viewer: Viewer) -> None:
    view = viewer.picture_view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_G)
    assert view.channel == "green"
    QTest.keyClick(view, Qt.Key.Key_G)
    assert view.channel == "rgb"


def test_keys_zoom_and_move_the_picture(viewer: Viewer, engine: FakeEngine) -> None:
    engine.answer(solid(0, 0, 0))
    settle()
    view, before = viewer.picture_view, viewer.picture_view.framing
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.framing.zoom > before.zoom
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.framing.zoom == pytest.approx(before.zoom)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert view.framing.left < before.left
    QTest.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert view.framing.left == pytest.approx(before.left)
    assert view.framing.top < before.top


def test_the_probe_reads_the_pixel_under_the_cursor(viewer: Viewer, engine: FakeEngine, qtbot) -> None:
    engine.answer(solid(255, 128, 0))
    settle()
    # From elsewhere: a pointer that already is at the centre would send no move.
    for spot in (QPoint(5, 5), viewer.picture_view.rect().center()):
        QTest.mouseMove(viewer.picture_view, spot)
        qtbot.wait(20)
    assert "R 1.000  G 0.502  B 0.000" in viewer.probe.text()
    assert "#ff8000" in viewer.probe.text()


def test_a_table_is_listed(viewer: Viewer, session: Session, engine: FakeEngine) -> None:
    engine.show(engine.looks[-1].views[0], Preview("Table", "1 row", value=Table(("a",), (("b",),))))
    settle()
    assert viewer.pages.currentWidget() is viewer.pages.table
    assert viewer.pages.table.model.rows == [("b",)]
    engine.answer()
    settle()
    assert viewer.pages.currentWidget() is viewer.picture_view


def test_faces_are_drawn_over_the_picture_they_were_found_in(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    session.view_node("faces", 1)
    settle()
    views = {view.slot: view for view in engine.looks[-1].views}
    assert views[BACKING_SLOT].node == "photo"
    engine.show(views[BACKING_SLOT], Preview("Image", "", pixels=solid(0, 0, 0)))
    engine.show(
        views[1],
        Preview("Faces", "1 face", value=Faces((a_face(box=np.array([8, 8, 56, 56], np.float32)),), 64, 64)),
    )
    settle()
    assert viewer.pages.currentWidget() is viewer.picture_view
    image = viewer.picture_view.grab().toImage()
    colours = {image.pixel(x, image.height() // 2) for x in range(image.width())}
    assert len(colours) > 2, "something is drawn over the black picture"


def test_overlays_are_asked_for_only_when_switched_on(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    session.edit(
        "Feed the faces on",
        lambda graph: graph.with_link(graph.sources("grade", "image")[0], "faces", "image"),
    )
    session.view_node("faces", 2)
    settle()
    assert OVERLAY_SLOT not in session.extras
    viewer.overlays.toggle()
    assert session.extras[OVERLAY_SLOT].node == "faces"
    viewer.overlays.toggle()
    assert OVERLAY_SLOT not in session.extras


def test_a_mask_lies_over_the_picture_only_while_it_is_switched_on(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    graph = session.graph.with_node("cut", NodeInstance("find_mask"))
    session.registry.add(find_mask.spec)  # type: ignore[attr-defined]
    graph = graph.with_link(Port("photo", "out"), "cut", "image").with_link(
        Port("cut", "out"), "grade", "mask"
    )
    session.edit("Mask", lambda _: graph)
    settle()
    engine.answer(solid(0, 0, 0))
    settle()
    assert "mask" in viewer.overlays.available
    assert MASK_SLOT not in session.extras
    viewer.overlays.set_kinds(viewer.overlays.kinds.switched("mask", True))
    settle()
    asked = {view.slot: view for view in engine.looks[-1].views}
    assert asked[MASK_SLOT].node == "cut"
    half = solid(0, 0, 0)
    half[:, 32:, :3] = 255
    engine.show(asked[MASK_SLOT], Preview("Mask", "", pixels=half))
    settle()
    assert seen(viewer, 0.4, 0.5) == (0, 0, 0)
    red, green, _ = seen(viewer, 0.6, 0.5)
    assert red > 90 > green
    viewer.overlays.toggle()
    assert seen(viewer, 0.6, 0.5) == (0, 0, 0)


def test_a_failure_names_the_node_and_the_way_out(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    engine.fail("the picture has no face", "Choose another picture", at="faces")
    settle()
    assert viewer.announcer.banner.words == "faces: the picture has no face"
    assert "Choose another picture" in viewer.announcer.banner._hint.text()
    viewer.announcer.banner._button.click()
    assert session.selection == ("faces",)


def test_the_banner_goes_when_the_failure_is_mended(viewer: Viewer, engine: FakeEngine) -> None:
    engine.fail("the picture has no face")
    settle()
    engine.answer()
    settle()
    assert viewer.announcer.banner.words == ""


def test_a_viewer_without_a_picture_says_why_and_not_that_it_works_on_one(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    assert viewer._empty_text()[0].startswith("Working")
    engine.fail("the file is missing", "Choose another", at="photo")
    settle()
    assert viewer.announcer.banner.words == "photo: the file is missing"
    # Nothing is computed anew, so nobody says it again.
    session.edit("Rename", lambda graph: rename_node(graph, "faces", "people"))
    settle()
    assert viewer.announcer.banner.words == "photo: the file is missing"
    viewer.announcer.toggle_pause()
    assert viewer._empty_text() == ("photo: the file is missing", "Choose another")


def test_what_a_failure_blocks_says_whose_failure_it_is(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    error = ErrorReport("photo", "the file is missing", "Choose another")
    engine.on_event(NodeState(1, "photo", "failed", error=error))
    engine.on_event(NodeState(1, "grade", "blocked", blocked_by="photo"))
    settle()
    session.view_node("grade", 3)
    assert viewer._empty_text() == ("photo: the file is missing", "Choose another")


def test_a_viewer_that_was_stopped_does_not_claim_to_work(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    engine.status("ready")
    session.cancel()
    engine.done(cancelled=True)
    settle()
    assert "no picture" in viewer._empty_text()[0]


def test_a_paused_viewer_says_so_until_it_is_resumed(viewer: Viewer, session: Session) -> None:
    viewer.announcer.toggle_pause()
    assert viewer.announcer.banner.words.startswith("Paused")
    viewer.announcer.banner._button.click()
    assert viewer.announcer.banner.words == ""
    assert not session.requests.paused


def test_a_dead_compute_process_is_told_and_the_next_answer_clears_it(
    viewer: Viewer, engine: FakeEngine
) -> None:
    engine.status("died", "out of memory")
    settle()
    assert "stopped" in viewer.announcer.banner.words
    engine.answer()
    settle()
    assert viewer.announcer.banner.words == ""


def test_long_work_is_announced_with_its_node(
    viewer: Viewer, session: Session, engine: FakeEngine, qtbot
) -> None:
    engine.status("ready")
    engine.on_event(NodeState(engine.looks[-1].number, "grade", "computing", fraction=0.4, doing="grading"))
    qtbot.waitUntil(lambda: viewer.announcer.activity.isVisible(), timeout=2000)
    assert "grade: grading" in viewer.announcer.activity._label.text()
    engine.answer()
    settle()
    assert not viewer.announcer.activity.isVisible()


def test_a_proxy_is_labelled(viewer: Viewer, engine: FakeEngine) -> None:
    engine.show(engine.looks[-1].views[0], Preview("Image", "", pixels=picture(), scale=4.0))
    settle()
    assert viewer.size_chip.isVisible()
    assert viewer.size_chip.text() == "1/4 size"


def test_an_empty_viewer_says_what_to_do(viewer: Viewer, session: Session) -> None:
    session.show_slot(5)
    title, advice = viewer._empty_text()
    assert "empty" in title
    assert "press 5" in advice
    session.new()
    assert "photo" in viewer._empty_text()[0]


def test_digits_over_the_viewer_bring_slots_to_the_front(session: Session, viewer: Viewer) -> None:
    actions = viewer._actions
    session.view_node("photo", 1)
    session.view_node("grade", 2)
    said: list[str] = []
    session.message.connect(said.append)
    actions["viewer.slot_1"].trigger()
    assert session.slot == 1
    actions["viewer.slot_2"].trigger()
    assert session.slot == 2
    actions["viewer.slot_7"].trigger()
    assert session.slot == 2
    assert "empty" in said[-1]
