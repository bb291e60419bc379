"""Writes the pictures of the editor that the README shows: `python packaging/screenshots.py`.

Opens the first example graph in the real editor with the real compute process, on the screen that is
there or, without one, on none. The models the graph needs must have been fetched. The pictures of the
guide are made by `first_session.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from camera import ROOT, Camera

SIZE, SMALL = (1600, 1000), (1280, 800)
TALKING_FRAME = 75

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


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
        _take_all(window, Camera(application, folder, "webp"))
        window.close()
    return 0


def _take_all(window: MainWindow, camera: Camera) -> None:
    session = window.session

    def calm() -> bool:
        ready = window.viewer._ready.get(session.slot)
        there = ready is not None and ready.frame == session.frame
        return there and not session.requests.busy and not session.requests._rest.isActive()

    camera.wait(calm)
    nodes = session.graph.nodes
    session.select([name for name, node in nodes.items() if node.kind == "edit_expression"])
    session.set_frame(TALKING_FRAME)
    camera.wait(calm)
    window.canvas.frame_all()
    camera.wait(calm)
    camera.take("editor", window)

    window.resize(*SMALL)
    window.set_theme("light")
    window.docks.share_room()
    camera.wait(calm)
    window.canvas.frame_all()
    camera.wait(calm)
    camera.take("editor_light", window)


if __name__ == "__main__":
    sys.exit(main())
