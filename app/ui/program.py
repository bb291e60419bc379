"""Starts the editor."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.main_window import MainWindow
from app.ui.session import Session
from app.ui.settings import Preferences
from app.ui.theme import THEMES, apply_theme

logger = logging.getLogger(__name__)

REPORT_PAINT = "FACEWRIGHT_REPORT_PAINT"
DEFAULT_SIZE = (1600, 1000)


def run(path: Path | None) -> int:
    """Show the editor until it is closed.

    Args:
        path: a graph file to open, or None.

    Returns:
        The exit status.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Facewright")
    application.setDesktopFileName("facewright")
    preferences = Preferences()
    theme = preferences.text("theme", "dark")
    apply_theme(application, theme if theme in THEMES else "dark")
    session = Session()
    window = MainWindow(session, preferences)
    _place(window, preferences)
    if os.environ.get(REPORT_PAINT):
        window.installEventFilter(_PaintReport(window))
    window.show()
    QTimer.singleShot(0, window, lambda: _begin(window, path))
    # Ctrl+C in the terminal closes the window as a click on its cross would.
    signal.signal(signal.SIGINT, lambda _number, _frame: QTimer.singleShot(0, window.close))
    status = application.exec()
    window.deleteLater()
    return status


def _begin(window: MainWindow, path: Path | None) -> None:
    window.start(path)
    window.greet()


def _place(window: QWidget, preferences: Preferences) -> None:
    """Where the window was last time, else as large as the screen allows."""
    geometry = preferences.bytes("window/geometry")
    if not geometry.isEmpty() and window.restoreGeometry(geometry):
        return
    screen = window.screen().availableGeometry()
    width, height = (min(DEFAULT_SIZE[0], screen.width()), min(DEFAULT_SIZE[1], screen.height()))
    window.resize(width, height)
    window.move(screen.center() - window.rect().center())


class _PaintReport(QObject):
    """Logs a line once the window stands painted on the screen; a benchmark waits for it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        # Heard whatever the program's own log leaves out.
        logger.addHandler(logging.StreamHandler())
        logger.setLevel(logging.INFO)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, lambda: logger.info("window painted"))
        return False
