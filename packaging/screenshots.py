"""Writes the pictures of the editor that the documentation shows: `python packaging/screenshots.py`.

Opens the first example graph in the real editor with the real compute process, on the screen that is
there or, without one, on none. The models the graph needs must have been fetched.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
SIZE = (1600, 1000)
SMALL = (1280, 800)
TALKING_FRAME = 75
PATIENCE = 180.0

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget


class Photographer:
    """Waits until the window shows what it should, and takes its picture."""

    def __init__(self, application: QApplication, folder: Path) -> None:
        self._application, self._folder = application, folder

    def wait(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError("the editor does not show the picture")
            self._application.processEvents()
            time.sleep(0.01)
        for _ in range(10):
            self._application.processEvents()

    def take(self, name: str, widget: QWidget) -> None:
        path = self._folder / f"{name}.png"
        widget.grab().save(str(path))
        sys.stdout.write(f"wrote {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "resources" / "docs")
    folder: Path = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "linux" and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.path.insert(0, str(ROOT))
    from PySide6.QtWidgets import QApplication

    from app.ui.main_window import MainWindow
    from app.ui.session import Session
    from app.ui.settings import Preferences
    from app.ui.theme import apply_theme

    application = QApplication(sys.argv[:1])
    apply_theme(application, "dark")
    with tempfile.TemporaryDirectory() as scratch:
        window = MainWindow(Session(), Preferences(Path(scratch) / "preferences.ini"))
        window.resize(*SIZE)
        window.show()
        window.start(ROOT / "resources" / "graphs" / "first_face.graph")
        _take_all(window, Photographer(application, folder))
        window.close()
    return 0


def _take_all(window, photographer: Photographer) -> None:
    session = window.session

    def calm() -> bool:
        ready = window.viewer._ready.get(session.slot)
        return ready is not None and ready.frame == session.frame and not session.requests.busy

    photographer.wait(calm)
    nodes = session.graph.nodes
    by_kind = {node.kind: name for name, node in nodes.items()}
    session.select([by_kind["edit_expression"]])
    session.set_frame(TALKING_FRAME)
    photographer.wait(calm)
    photographer.wait(lambda: not session.requests._rest.isActive())
    window.canvas.frame_all()
    photographer.wait(calm)
    photographer.take("editor", window)

    front = session.slot
    session.view_node(by_kind["load_image"], 2)
    photographer.wait(calm)
    session.show_slot(front)
    session.set_wipe_slot(2)
    photographer.wait(calm)
    window.viewer.picture_view.set_zoom(2.2)
    view = window.viewer.picture_view
    view._set_framing(view.framing.panned(35, view.height() * 0.62))
    photographer.take("wipe", window.viewer)
    session.set_wipe_slot(None)
    window.viewer.pages.fit()

    session.view_node(by_kind["face_landmarks"], 2)
    photographer.wait(calm)
    photographer.take("landmarks", window.viewer)

    session.view_node(by_kind["edit_expression"], 2)
    photographer.wait(calm)
    space = window.viewer.pages.space
    space.orbit = space.orbit.turned(0.5, 0.1)
    space._redraw()
    photographer.take("head", window.viewer)

    session.show_slot(front)
    window.resize(*SMALL)
    window.set_theme("light")
    window.docks.share_room()
    photographer.wait(calm)
    window.canvas.frame_all()
    photographer.take("editor_light", window)


if __name__ == "__main__":
    sys.exit(main())
