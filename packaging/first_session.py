"""Drives the editor through a whole session and takes a picture at each step.

`python packaging/first_session.py` writes the pictures of the help page `resources/docs/first-session.md`;
`--theme light`, `--size 1600x1000` and another folder show the same session in other clothes. The
screen that is there is used or, without one, none. The models of the first example must have been fetched.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from camera import ROOT, Camera

SIZE = "1280x800"
#: Frames at which the face of the first example has an open mouth, and one between its keys.
TALKING, RANGE = 75, (40, 79)

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "resources" / "docs" / "first-session")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--size", default=SIZE)
    chosen = parser.parse_args()
    folder: Path = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "linux" and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.path.insert(0, str(ROOT))
    from PySide6.QtWidgets import QApplication

    from app.ui.theme import apply_theme
    from nodes.sdk.models import data_folder

    # Models are those of the user; recovery files and renders of this session are nobody else's.
    os.environ["FACEWRIGHT_MODELS"] = str(data_folder() / "models")
    application = QApplication(sys.argv[:1])
    apply_theme(application, chosen.theme)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["FACEWRIGHT_DATA"] = scratch
        width, height = map(int, chosen.size.split("x"))
        # So that pictures show names of files and no folders of this machine.
        os.chdir(scratch)
        FirstSession(Camera(application, folder, "webp"), Path(scratch), (width, height)).play()
        os.chdir(ROOT)
    return 0


class FirstSession:
    """One method a step; each ends with a picture."""

    def __init__(self, camera: Camera, scratch: Path, size: tuple[int, int]) -> None:
        self.camera, self.scratch, self.size = camera, scratch, size
        self.file = scratch / "portrait.graph"
        self.window: MainWindow

    def play(self) -> None:
        steps: tuple[Callable[[], None], ...] = (
            self.start_empty,
            self.choose_from_the_gallery,
            self.take_the_tour,
            self.pull_a_motion,
            self.open_an_example,
            self.add_a_node,
            self.wire_it,
            self.scrub_a_slider,
            self.click_an_expression,
            self.set_keys,
            self.compare_variants,
            self.play_the_timeline,
            self.wipe,
            self.look_at_the_head,
            self.show_landmarks,
            self.read_an_error,
            self.see_the_models,
            self.queue_exports,
            self.recover_after_a_kill,
        )
        for step in steps:
            step()
        self.window.session.document._saved = self.window.session.document.graph
        self.window.close()
        self.camera.settle()

    # -- helpers ------------------------------------------------------------------------------

    def look(self, name: str) -> None:
        self.camera.settle(0.1)
        self.camera.take(name, self.window)

    def open_window(self) -> None:
        from app.ui.main_window import MainWindow
        from app.ui.session import Session
        from app.ui.settings import Preferences

        self.window = MainWindow(Session(), Preferences(self.scratch / "preferences.ini"))
        self.window.resize(*self.size)
        self.window.move(0, 0)
        self.window.show()
        self.camera.wait(lambda: self.window.session.status.state == "ready")

    def calm(self) -> None:
        """Wait until everything that is shown is of now."""
        window, session = self.window, self.window.session

        def reached() -> bool:
            wanted = [slot for slot in (session.slot, session.wipe_slot) if slot is not None]
            ready = [window.viewer._ready.get(slot) for slot in wanted]
            there = all(entry is not None and entry.frame == session.frame for entry in ready)
            return there and not session.requests.busy and not session.requests._rest.isActive()

        self.camera.wait(reached)

    def node(self, kind: str) -> str:
        """The name of the node of a kind."""
        nodes = self.window.session.graph.nodes
        return next(name for name, node in nodes.items() if node.kind == kind)

    def during(self, question: Callable[[], object], name: str) -> None:
        """Take the picture of a window that waits for an answer, and leave it by Escape."""
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            if dialog is None:
                QTimer.singleShot(50, answer)
                return
            self.look(name)
            dialog.close()

        QTimer.singleShot(300, answer)
        question()

    # -- the steps ----------------------------------------------------------------------------

    def start_empty(self) -> None:
        self.open_window()
        self.look("empty")

    def choose_from_the_gallery(self) -> None:
        from PySide6.QtWidgets import QDialog

        self.window.keys["file.gallery"].trigger()
        self.look("gallery")
        for dialog in self.window.findChildren(QDialog):
            dialog.close()

    def take_the_tour(self) -> None:
        from app.ui.first_steps import first_steps

        tour = first_steps(self.window)
        self.calm()
        tour.next()
        tour.next()
        self.look("tour")
        tour.end()
        self.camera.settle()

    def open_example(self, name: str) -> None:
        self.window.session.document._saved = self.window.session.document.graph
        self.window.files.open_example(ROOT / "resources" / "graphs" / f"{name}.graph")
        self.calm()

    def pull_a_motion(self) -> None:
        """In another example: the curves of a voice's motion."""
        from PySide6.QtCore import QPointF, Qt
        from PySide6.QtTest import QTest

        from app.document.commands import add_node, connect
        from app.document.graph import Graph, Port

        self.open_example("talking_portrait")
        window, session = self.window, self.window.session
        registry = session.registry
        life, talking = self.node("add_life"), self.node("apply_motion")

        def insert(graph: Graph) -> Graph:
            graph, name = add_node(graph, registry, "edit_motion", (680.0, 200.0))
            graph = connect(graph, registry, Port(life, "out"), name, "motion")
            return connect(graph, registry, Port(name, "out"), talking, "motion")

        session.edit("Insert", insert)
        session.set_frame(46)
        session.select([self.node("edit_motion")])
        window.keys["timeline.curves"].trigger()
        motion = window.curves.motion
        self.camera.wait(lambda: motion.plot.motion is not None)
        self.calm()
        motion.show_curves(["jawOpen", "mouthSmileLeft", "browInnerUp"])
        motion.reach.setValue(0.5)
        plot, left = motion.plot, Qt.MouseButton.LeftButton
        fps = session.graph.settings.fps
        for name, seconds, rise in (("browInnerUp", 1.6, 0.35), ("jawOpen", 4.0, 0.3)):
            start = plot.at(seconds * fps, plot.value_of(name, seconds))
            end = start + plot.at(0, rise) - plot.at(0, 0)
            QTest.mousePress(plot, left, pos=start.toPoint())
            for part in (0.3, 0.7, 1.0):
                QTest.mouseMove(plot, (start + QPointF(end - start) * part).toPoint())
                self.camera.settle(0.02)
            QTest.mouseRelease(plot, left, pos=end.toPoint())
        window.canvas.frame_all()
        self.calm()
        self.look("motion")
        window.keys["timeline.curves"].trigger()

    def open_an_example(self) -> None:
        window = self.window
        self.open_example("first_face")
        window.session.set_frame(TALKING)
        self.calm()
        window.canvas.frame_all()
        self.look("opened")

    def add_a_node(self) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        window = self.window
        window.session.select([])
        window.canvas.setFocus()
        top = window.canvas.mapToScene(QPoint(330, 16))
        window.canvas.open_palette(top)
        palette = window.canvas.palette_popup
        assert palette is not None
        QTest.keyClicks(QApplication.focusWidget() or palette, "ima")
        self.look("palette")
        palette.field.clear()
        QTest.keyClicks(QApplication.focusWidget() or palette, "image gra")
        assert palette.shown()[0].key == "grade_image"
        QTest.keyClick(QApplication.focusWidget() or palette, Qt.Key.Key_Return)
        self.camera.settle()

    def wire_it(self) -> None:
        """Half way: sockets that do not fit are grey."""
        from tests.ui.canvas.hand import Hand

        window = self.window
        session, hand = window.session, Hand(window.canvas)
        grade, render, movie = self.node("grade_image"), self.node("render_head"), self.node("export_video")
        place = session.graph.nodes[render]
        session.edit("Move", lambda graph: graph.with_positions({grade: (place.x + 40, place.y - 220.0)}))
        window.canvas.frame_all()
        self.camera.settle()
        start, end = hand.socket(render, "output", "out"), hand.socket(grade, "input", "image")
        hand.press(start)
        wrong = hand.socket(self.node("fit_head"), "input", "faces")
        for part in (0.3, 0.6, 1.0):
            hand.move(tuple(a + (b - a) * part for a, b in zip(start, wrong, strict=True)))
        self.look("wiring")
        hand.move(end)
        hand.release(end)
        hand.drag(hand.socket(grade, "output", "out"), hand.socket(movie, "input", "image"))
        end_at = session.graph.nodes[movie]
        session.edit(
            "Move",
            lambda graph: graph.with_positions(
                {grade: (end_at.x, end_at.y), movie: (end_at.x + 260.0, end_at.y)}
            ),
        )
        session.select([grade])
        session.view_node(grade)
        window.canvas.frame_all()
        self.calm()

    def scrub_a_slider(self) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        window = self.window
        field = window.parameters.rows["exposure"].control.field
        left, at = Qt.MouseButton.LeftButton, QPoint(field.width() // 2, field.height() // 2)
        QTest.mousePress(field, left, pos=at)
        for step in range(1, 9):
            QTest.mouseMove(field, at + QPoint(step, 0))
            self.camera.settle(0.02)
        self.camera.wait(lambda: not window.session.requests.busy)
        self.look("slider")
        QTest.mouseRelease(field, left, pos=at + QPoint(8, 0))
        self.calm()

    def click_an_expression(self) -> None:
        window = self.window
        window.session.set_frame(0)
        window.session.select([self.node("edit_expression")])
        self.calm()
        strip = window.parameters.strip
        laugh = next(strip.item(row) for row in range(strip.count()) if strip.item(row).text() == "Laugh")
        strip.setCurrentItem(laugh)
        strip.itemClicked.emit(laugh)
        self.calm()
        self.look("expression")
        window.session.undo()

    def set_keys(self) -> None:
        window, session = self.window, self.window.session
        session.set_frame(TALKING)
        window.keys["timeline.curves"].trigger()
        self.calm()
        editor = window.curves.keys
        for row in range(editor.list.count()):
            item = editor.list.item(row)
            if item.text() == "jawOpen":
                editor.list.itemDoubleClicked.emit(item)
        plot = editor.plot
        track, curve = next(iter(plot.curves.items()))
        from app.document.commands import KeyPlace

        plot._select(frozenset({KeyPlace(track, curve.keys[4].frame)}))
        self.calm()
        self.look("curves")
        window.keys["timeline.curves"].trigger()

    def compare_variants(self) -> None:
        window, session = self.window, self.window.session
        grade = self.node("grade_image")
        panel = window.variants
        window.docks.bring("variants")
        self.camera.settle()
        session.edit("Set", lambda graph: graph.with_parameter(grade, "exposure", 0.0))
        panel.save("As photographed")
        session.edit("Set", lambda graph: graph.with_parameter(grade, "exposure", 0.9))
        panel.save("Bright")
        session.edit("Set", lambda graph: graph.with_parameter(grade, "saturation", 0.0))
        panel.save("Black and white")
        self.calm()
        self.camera.wait(lambda: len(panel._pictures) == len(panel.session.document.graph.settings.variants))
        panel._choose("As photographed")
        panel.compare.click()
        self.calm()
        self.look("variants")
        panel.compare.click()
        panel.switch("As photographed")
        window.docks.bring("parameters")
        self.calm()

    def play_the_timeline(self) -> None:
        from dataclasses import replace

        window, session = self.window, self.window.session
        settings = replace(
            session.graph.settings, first=RANGE[0], last=RANGE[1], markers=((58, "oh"), (71, "ah"))
        )
        session.edit("Range", lambda graph: replace(graph, settings=settings))
        for frame in range(RANGE[0], RANGE[1] + 1, 1):
            session.set_frame(frame)
            self.camera.wait(lambda: not session.requests.busy)
        session.set_frame(RANGE[0] + 4)
        window.timeline.toggle_play()
        self.camera.settle(0.6)
        self.look("playback")
        window.timeline.stop()
        session.undo()
        session.set_frame(TALKING)
        self.calm()

    def wipe(self) -> None:
        window, session = self.window, self.window.session
        session.view_node(self.node("load_image"), 2)
        self.calm()
        session.show_slot(1)
        session.set_wipe_slot(2)
        self.calm()
        view = window.viewer.picture_view
        view.set_zoom(2.2)
        view._set_framing(view.framing.panned(35, view.height() * 0.62))
        self.look("wipe")
        session.set_wipe_slot(None)
        window.viewer.pages.fit()

    def look_at_the_head(self) -> None:
        window, session = self.window, self.window.session
        session.view_node(self.node("edit_expression"), 3)
        self.calm()
        space = window.viewer.pages.space
        space.orbit = space.orbit.turned(0.5, 0.1)
        space._redraw()
        self.look("head")

    def show_landmarks(self) -> None:
        session = self.window.session
        session.view_node(self.node("face_landmarks"), 4)
        session.select([self.node("face_landmarks")])
        self.window.docks.bring("help")
        self.calm()
        self.look("landmarks")
        self.window.docks.bring("parameters")

    def read_an_error(self) -> None:
        window, session = self.window, self.window.session
        photo = self.node("load_image")
        session.show_slot(1)
        session.select([photo])
        (self.scratch / "holiday.png").write_text("no picture at all", "utf-8")
        session.edit("Set path", lambda graph: graph.with_parameter(photo, "path", "holiday.png"))
        self.camera.wait(lambda: window.viewer.announcer.banner.words.startswith(f"{photo}: "))
        self.look("error")
        session.undo()
        self.calm()

    def see_the_models(self) -> None:
        self.during(self.window.show_models, "models")

    def queue_exports(self) -> None:
        window, session = self.window, self.window.session
        session.select([self.node("export_video")])
        window.keys["file.export"].trigger()
        dialog = window._export_dialog
        for name in ("portrait.mp4", "portrait_wide.mp4", "portrait_bright.mp4"):
            dialog.path.setText(name)
            dialog.start.click()
        self.camera.wait(lambda: window.exports.items[0].done > 30)
        self.look("export")
        self.camera.wait(lambda: not any(item.open for item in window.exports.items))
        dialog.close()

    def recover_after_a_kill(self) -> None:
        """Another program works on the saved file and is killed; this one opens the file."""
        window, session = self.window, self.window.session
        window.notices.hide()
        session.save_as(self.file)
        window.statusBar().clearMessage()
        work = subprocess.Popen(
            [sys.executable, "-c", EDITS, str(self.file)],
            cwd=ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
        )
        assert work.stdout is not None
        work.stdout.readline()
        work.send_signal(signal.SIGKILL)
        work.wait()
        self.during(lambda: window.files.open(self.file), "recovery")


#: Edits a graph file, puts the work aside, says so, and waits for its end.
EDITS = """
import sys, time
from pathlib import Path
from app.document.document import Document
from nodes.sdk.registry import default_registry
document = Document.open(Path(sys.argv[1]), default_registry())
name = next(iter(document.graph.nodes))
document.edit("Rename", lambda graph: graph.renamed(name, "another_name"))
document.autosave()
sys.stdout.write("aside\\n")
sys.stdout.flush()
time.sleep(60)
"""


if __name__ == "__main__":
    sys.exit(main())
