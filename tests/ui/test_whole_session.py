"""A person's whole session: open, add, wire, edit, look, undo, save, reopen, export; for real.

The compute process is the real one. A picture of the window is written after each step, into the
folder named by FACEWRIGHT_SCREENS or a temporary one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document.graph import Graph, NodeInstance, Port, Settings
from app.ui.dialogs.export_dialog import ExportDialog
from app.ui.main_window import MainWindow
from app.ui.panels.controls import NumberControl
from app.ui.session import Session
from app.ui.settings import Preferences
from app.ui.theme import apply_theme
from nodes.sdk.registry import default_registry
from tests.ui.canvas.hand import Hand
from tests.ui.conftest import settle

#: Generous: the machine may be busy, and a process has to start.
PATIENCE = 60_000
Answers = Callable[..., list[str]]


class Person:
    """Opens windows, waits for pictures, and takes a photo of the screen now and then."""

    def __init__(self, qtbot, application: QApplication, preferences: Preferences, screens: Path) -> None:
        self._qtbot = qtbot
        self._preferences = preferences
        self._screens = screens
        self._count = 0
        self.window: MainWindow
        apply_theme(application, "dark")

    def start(self) -> MainWindow:
        self.window = MainWindow(Session(), self._preferences)
        self.window.resize(1600, 1000)
        self.window.show()
        self._qtbot.waitExposed(self.window)
        return self.window

    def quit(self) -> None:
        session = self.window.session
        self.window.close()
        self.window.deleteLater()
        session.deleteLater()
        settle()

    def wait(self, reached: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(reached, timeout=PATIENCE)

    def wait_for_picture(self) -> np.ndarray:
        """The newest picture of the viewer, once nothing is computed any more."""
        session = self.window.session
        settle()
        self.wait(lambda: not session.requests.busy and session.slot in self.window.viewer._pictures)
        settle()
        return self.window.viewer._pictures[session.slot].pixels

    def look(self, name: str) -> QImage:
        settle()
        self._count += 1
        picture = self.window.grab()
        picture.save(str(self._screens / f"{self._count:02d}-{name}.png"))
        return picture.toImage()


@pytest.fixture
def person(qtbot, qapp: QApplication, preferences: Preferences, tmp_path: Path) -> Iterator[Person]:
    screens = Path(os.environ.get("FACEWRIGHT_SCREENS") or tmp_path / "screens")
    screens.mkdir(parents=True, exist_ok=True)
    made = Person(qtbot, qapp, preferences, screens)
    yield made


@pytest.fixture
def graph_file(tmp_path: Path) -> Path:
    """A picture of half grey, a view of it, and a writer that nothing is wired to yet."""
    from app.document.document import Document

    pixels = np.full((96, 128, 3), 128, np.uint8)
    pixels[:, 64:] = (160, 90, 60)
    PillowImage.fromarray(pixels).save(tmp_path / "photo.png")
    graph = Graph(settings=Settings(fps=10, first=0, last=7))
    graph = graph.with_node(
        "photo", NodeInstance("load_image", parameters={"path": str(tmp_path / "photo.png")})
    )
    graph = graph.with_node("movie", NodeInstance("export_video", x=720))
    graph = graph.with_link(Port("photo", "out"), "movie", "image")
    path = tmp_path / "session.graph"
    Document(default_registry(), graph).save_as(path)
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    import av

    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_whole_session(person: Person, graph_file: Path, tmp_path: Path, answers: Answers) -> None:
    answers()  # nothing may be asked
    window = person.start()
    session, hand = window.session, Hand(window.canvas)
    person.look("empty")

    # open: the picture comes
    window.files.open(graph_file)
    assert person.wait_for_picture()[48, 20, 0] == 128
    person.look("opened")

    # add by the palette
    window.canvas.setFocus()
    hand.key(Qt.Key.Key_Tab)
    palette = window.canvas.palette_popup
    assert palette is not None
    QTest.keyClicks(QApplication.focusWidget() or palette, "grade im")
    person.look("palette")
    QTest.keyClick(QApplication.focusWidget() or palette, Qt.Key.Key_Return)
    assert "grade_image" in session.graph.nodes
    session.edit("Move", lambda graph: graph.with_positions({"grade_image": (340.0, 200.0)}))
    window.canvas.frame_all()
    settle()

    # wire
    hand.drag(hand.socket("photo", "output", "out"), hand.socket("grade_image", "input", "image"))
    hand.drag(hand.socket("grade_image", "output", "out"), hand.socket("movie", "input", "image"))
    assert session.graph.sources("grade_image", "image") == (Port("photo", "out"),)
    assert session.graph.sources("movie", "image") == (Port("grade_image", "out"),)
    hand.click(hand.title("grade_image"))
    hand.key(Qt.Key.Key_1)
    person.wait_for_picture()
    person.look("wired")

    # edit: the picture follows
    control = window.parameters.rows["exposure"].control
    assert isinstance(control, NumberControl)
    control.field.open_editor()
    editor = control.field.editor
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "1")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    person.wait(lambda: person.wait_for_picture()[48, 20, 0] > 140)
    person.look("edited")

    # undo and redo
    window.keys["edit.undo"].trigger()
    person.wait(lambda: person.wait_for_picture()[48, 20, 0] == 128)
    window.keys["edit.redo"].trigger()
    person.wait(lambda: person.wait_for_picture()[48, 20, 0] > 140)

    # save, quit, reopen
    window.keys["file.save"].trigger()
    assert not session.document.dirty
    nodes = {name: dict(node.parameters) for name, node in session.graph.nodes.items()}
    person.quit()
    window = person.start()
    window.files.open(graph_file)
    session = window.session
    assert {name: dict(node.parameters) for name, node in session.graph.nodes.items()} == nodes
    person.wait_for_picture()
    person.look("reopened")

    # export
    window.keys["file.export"].trigger()
    dialog = window._export_dialog
    assert isinstance(dialog, ExportDialog)
    dialog.path.setText(str(tmp_path / "out.mp4"))
    dialog.start.click()
    person.look("exporting")
    person.wait(lambda: window.exports.items[0].state != "running")
    assert window.exports.items[0].state == "done", window.exports.items[0].error
    person.look("exported")
    frames = frames_of(tmp_path / "out.mp4")
    assert len(frames) == 8
    assert frames[0].shape == (96, 128, 3)
    assert frames[0][48, 20, 0] > 140, "the file holds the edit"
    person.quit()


def test_the_work_survives_a_killed_compute_process(
    person: Person, graph_file: Path, answers: Answers
) -> None:
    import psutil

    answers()
    window = person.start()
    window.files.open(graph_file)
    person.wait_for_picture()
    graph = window.session.graph
    before = len(window.session.seen_frames)
    assert before == 1
    for process in psutil.Process().children(recursive=True):
        if "spawn_main" in " ".join(process.cmdline()):
            process.kill()
    person.wait(lambda: "stopped" in window.viewer.announcer.banner.words)
    person.look("restarted")
    assert window.session.graph is graph
    window.viewer.announcer.banner._button.click()
    window.session.set_frame(3)
    person.wait(lambda: 3 in window.session.seen_frames)
    assert window.viewer.announcer.banner.words == ""
    person.quit()


def test_bad_files_are_told_on_the_node_and_mended_by_another_choice(
    person: Person, graph_file: Path, tmp_path: Path, answers: Answers
) -> None:
    answers()
    window = person.start()
    window.files.open(graph_file)
    person.wait_for_picture()
    session = window.session
    wrong = tmp_path / "notes.png"
    wrong.write_text("no picture at all", "utf-8")
    for path in (wrong, tmp_path / "gone.png"):
        session.edit("Path", lambda graph, path=path: graph.with_parameter("photo", "path", str(path)))
        person.wait(lambda: window.viewer.announcer.banner.words.startswith("photo: "))
        assert session.states["photo"].state == "failed"
        person.look(path.stem)
        window.keys["edit.undo"].trigger()
        person.wait(lambda: window.viewer.announcer.banner.words == "")
    session.document._saved = session.graph
    person.quit()
