"""The window as a whole, with a stand-in engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.document.graph import Graph, NodeInstance, Port
from app.engine.protocol import ErrorReport
from app.export.carried import text_to_carry
from app.export.pictures import write_picture
from app.ui.main_window import MainWindow
from app.ui.session import Session
from app.ui.settings import Preferences
from app.ui.theme import apply_theme
from nodes.sdk.values import Image
from tests.ui.conftest import settle, small_graph
from tests.ui.fakes import FakeEngine, small_registry

Answers = Callable[..., list[str]]


@pytest.fixture
def window(qapp: QApplication, preferences: Preferences) -> Iterator[MainWindow]:
    apply_theme(qapp, "dark")
    made = MainWindow(Session(FakeEngine, small_registry()), preferences)
    made.resize(1280, 800)
    made.show()
    settle()
    yield made
    discard(made)


def discard(window: MainWindow) -> None:
    """Close the window as a user does who wants to keep nothing."""
    window.session.document._saved = window.session.graph
    window.close()
    window.session.deleteLater()
    window.deleteLater()
    settle()


@pytest.fixture
def built(window: MainWindow) -> MainWindow:
    window.session.edit("Build", lambda _: small_graph())
    settle()
    return window


def engine_of(window: MainWindow) -> FakeEngine:
    engine = window.session.engine
    assert isinstance(engine, FakeEngine)
    return engine


def test_every_command_of_the_menus_does_something(window: MainWindow) -> None:
    unbound = [
        action_id
        for action_id in window.keys.ids()
        if action_id not in window.keys._slots and not action_id.startswith("canvas.hold_")
    ]
    assert unbound == []


def test_no_key_means_two_things_in_one_place(window: MainWindow) -> None:
    clashes = {name: window.keys.conflicts(name) for name in window.keys.ids()}
    assert {name: others for name, others in clashes.items() if others} == {}


def test_the_title_tells_of_unsaved_work(built: MainWindow, tmp_path: Path) -> None:
    assert built.isWindowModified()
    built.session.save_as(tmp_path / "face.graph")
    assert not built.isWindowModified()
    assert built.windowTitle().startswith("face.graph")


def test_undo_names_what_it_takes_back(built: MainWindow) -> None:
    assert built.keys["edit.undo"].text() == "Undo build"
    built.keys["edit.undo"].trigger()
    assert not built.session.graph.nodes
    assert built.keys["edit.redo"].text() == "Redo build"
    assert not built.keys["edit.undo"].isEnabled()


def test_the_first_nodes_are_shown_unasked(built: MainWindow) -> None:
    assert built.session.slots[1].node == "export"


def test_closing_asks_and_cancel_keeps_the_window(built: MainWindow, answers: Answers) -> None:
    asked = answers(2)
    assert not built.close()
    assert built.isVisible()
    assert len(asked) == 1


def test_closing_ends_the_engine_and_remembers_the_layout(
    window: MainWindow, preferences: Preferences
) -> None:
    window.docks.by_name["help"].hide()
    engine = engine_of(window)
    window.close()
    assert engine.closed
    assert not preferences.bytes("window/state").isEmpty()


def test_a_dropped_graph_is_opened(window: MainWindow, tmp_path: Path, answers: Answers) -> None:
    window.session.edit("Build", lambda _: small_graph())
    path = tmp_path / "dropped.graph"
    window.session.save_as(path)
    window.session.new()
    drop(window, path)
    assert set(window.session.graph.nodes) == {"photo", "faces", "grade", "export"}


def test_a_dropped_picture_becomes_a_load_node_that_is_shown(window: MainWindow, tmp_path: Path) -> None:
    picture, clip = tmp_path / "me.png", tmp_path / "walk.mp4"
    drop(window, picture, clip)
    kinds = {node.kind: node.parameters["path"] for node in window.session.graph.nodes.values()}
    assert kinds == {"photo": str(picture), "clip": str(clip)}
    assert window.session.slots


def test_a_graph_dropped_right_on_the_canvas_is_opened(window: MainWindow, tmp_path: Path) -> None:
    window.session.edit("Build", lambda _: small_graph())
    path = tmp_path / "dropped.graph"
    window.session.save_as(path)
    window.session.new()
    drop_on_canvas(window, path)
    assert set(window.session.graph.nodes) == {"photo", "faces", "grade", "export"}


def carrying(folder: Path, window: MainWindow) -> Path:
    """A picture that carries a graph of one node called "inside"."""
    graph = Graph().with_node("inside", NodeInstance("photo"))
    path = folder / "made.png"
    text = text_to_carry(graph, window.session.registry, folder)
    write_picture(Image(np.zeros((8, 8, 3), np.float32)), path, carried=text)
    return path


def test_a_dropped_export_is_media_and_its_graph_is_offered(window: MainWindow, tmp_path: Path) -> None:
    path = carrying(tmp_path, window)
    drop_on_canvas(window, path)
    assert [node.kind for node in window.session.graph.nodes.values()] == ["photo"]
    assert "carries the graph" in window.notices.words
    window.notices._button.click()
    settle()
    assert list(window.session.graph.nodes) == ["inside"], "nothing was asked: there was nothing to lose"
    assert window.notices.words == ""


def test_opening_a_dropped_graph_asks_for_what_would_be_lost(
    built: MainWindow, tmp_path: Path, answers: Answers
) -> None:
    drop(built, carrying(tmp_path, built))
    loaded = built.session.graph
    asked = answers(2)
    built.notices._button.click()
    settle()
    assert len(asked) == 1
    assert built.session.graph is loaded, "after a cancel the file is loaded as it was"


def test_the_offer_of_a_graph_can_be_waved_away(window: MainWindow, tmp_path: Path) -> None:
    drop(window, carrying(tmp_path, window))
    window.notices._close.click()
    assert window.notices.words == ""
    assert window.session.graph.nodes


def test_plain_pictures_are_dropped_without_a_word(window: MainWindow, tmp_path: Path) -> None:
    write_picture(Image(np.zeros((8, 8, 3), np.float32)), tmp_path / "plain.png")
    drop_on_canvas(window, tmp_path / "plain.png")
    assert window.notices.words == ""
    assert window.session.graph.nodes


def drop_on_canvas(window: MainWindow, *paths: Path) -> None:
    """As a hand does it: the canvas gets the event, and not the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    viewport = window.canvas.viewport()
    place, copy = viewport.rect().center(), Qt.DropAction.CopyAction
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(viewport, QDragEnterEvent(place, copy, data, button, keys))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(place), copy, data, button, keys))
    settle()


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    middle = window.canvas.mapTo(window, window.canvas.rect().center())
    event = QDropEvent(
        QPointF(middle),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    settle()


def test_what_a_file_lacks_is_told_above_the_graph(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "old.graph"
    path.write_text(
        '{"format": "facewright.graph", "version": 1, "nodes": {"x": {"kind": "from_elsewhere"}}}', "utf-8"
    )
    assert window.files.open(path)
    assert "from_elsewhere" in window.notices.words
    assert "x" in window.session.graph.nodes, "it is kept as a placeholder"


def test_a_finished_export_is_told_and_a_failed_one_too(built: MainWindow, tmp_path: Path) -> None:
    built.show_export()
    dialog = built._export_dialog
    dialog.path.setText(str(tmp_path / "a.mp4"))  # type: ignore[union-attr]
    dialog.start.click()  # type: ignore[union-attr]
    assert built.status.gauge.isVisible()
    engine_of(built).finish(1)
    settle()
    assert built.notices.words == "Exported a.mp4"
    assert not built.status.gauge.isVisible()
    dialog.start.click()  # type: ignore[union-attr]
    engine_of(built).finish(2, error=ErrorReport("export", "the disk is full", "Free some space"))
    settle()
    assert "the disk is full" in built.notices.words


def test_digits_over_the_graph_send_the_selected_node_to_a_viewer(built: MainWindow) -> None:
    built.session.select(["photo"])
    built.canvas.setFocus()
    QTest.keyClick(built.canvas, Qt.Key.Key_2)
    assert built.session.slots[2] == Port("photo", "out")


def test_space_plays_wherever_the_hand_is(built: MainWindow) -> None:
    built.keys["timeline.play"].trigger()
    assert built.timeline.playback.playing
    built.keys["timeline.play"].trigger()
    assert not built.timeline.playback.playing


def test_a_theme_is_remembered(window: MainWindow, preferences: Preferences, qapp: QApplication) -> None:
    window.toggle_theme()
    assert preferences.text("theme") == "light"
    window.toggle_theme()
    assert preferences.text("theme") == "dark"


def test_the_layouts_show_every_panel(window: MainWindow) -> None:
    for arrange in (window.docks.beside, window.docks.above):
        arrange()
        settle()
        assert window.viewer.isVisible()
        assert window.parameters.isVisible()
        assert window.timeline.isVisible()


def test_nothing_is_cut_off_at_1280_by_800(built: MainWindow) -> None:
    assert built.width() == 1280
    assert built.height() == 800
    for panel in (built.viewer, built.canvas, built.parameters, built.timeline):
        corner = panel.mapTo(built, panel.rect().bottomRight())
        assert corner.x() <= 1280
        assert corner.y() <= 800
        assert panel.height() >= 50


def test_the_start_imports_nothing_heavy() -> None:
    heavy = (
        "torch",
        "scipy",
        "numba",
        "cv2",
        "onnxruntime",
        "pyqtgraph",
        "moderngl",
        "av",
        "PIL",
        "networkx",
    )
    script = (
        "import sys; import app.ui.program, nodes.sdk.registry as r; r.default_registry();"
        f"sys.stdout.write(' '.join(m for m in {heavy!r} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_the_tour_has_six_steps_walked_with_keys(built: MainWindow) -> None:
    from app.ui.first_steps import first_steps

    tour = first_steps(built)
    shown = []
    while tour.isVisible():
        shown.append(tour.title.text())
        target = tour._steps[tour.index].target
        assert target.isVisible(), "each step points at something that is there"
        assert tour.rect().contains(tour.card.geometry()), "the card lies inside the window"
        QTest.keyClick(tour, Qt.Key.Key_Return)
    assert len(shown) == 6
    settle()


def test_the_tour_ends_with_escape(built: MainWindow) -> None:
    from app.ui.first_steps import first_steps

    tour = first_steps(built)
    QTest.keyClick(tour, Qt.Key.Key_Escape)
    assert not tour.isVisible()
    settle()


def test_an_opened_graph_is_framed_again_when_its_thumbnails_have_come(
    built: MainWindow, tmp_path: Path, answers: Answers
) -> None:
    answers()
    built.session.save_as(tmp_path / "a.graph")
    framed: list[int] = []
    built.canvas.frame_all = lambda: framed.append(1)  # type: ignore[method-assign]
    for moves in (False, True):
        built.files.open(tmp_path / "a.graph")
        settle()
        framed.clear()
        if moves:
            built.canvas.navigation.pan_by(QPoint(40, 0))
        engine_of(built).answer()
        settle()
        assert framed == ([] if moves else [1])


def test_the_curves_open_with_room_to_work_and_give_it_back(built: MainWindow) -> None:
    viewer = built.docks.by_name["viewer"]
    before = viewer.height()
    built.keys["timeline.curves"].trigger()
    settle()
    assert built.curves.isVisible() and built.curves.height() >= 180
    assert built.canvas.height() > 80
    built.keys["timeline.curves"].trigger()
    settle()
    assert not built.curves.isVisible()
    assert abs(viewer.height() - before) < 12


def test_the_guide_opens_once(built: MainWindow) -> None:
    from app.ui.dialogs.guide import GuideDialog

    built.keys["help.guide"].trigger()
    built.keys["help.guide"].trigger()
    settle()
    guides = built.findChildren(GuideDialog)
    assert len(guides) == 1 and guides[0].isVisible() and not guides[0].isModal()
    guides[0].close()


def test_the_ruler_takes_the_keys_from_the_graph_while_the_cursor_is_over_it(built: MainWindow) -> None:
    enter(built.canvas)
    assert built.focusWidget() is built.canvas, "Home frames the graph"
    enter(built.timeline.ruler)
    assert built.focusWidget() is built.timeline.ruler, "Home goes to the first frame"


def enter(widget: QWidget) -> None:
    """Bring the cursor over a widget."""
    place = QPointF(5, 5)
    QApplication.sendEvent(widget, QEnterEvent(place, place, widget.mapToGlobal(place)))
    settle()
