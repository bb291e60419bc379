"""Takes pictures of the running editor, windows and popups over it included."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 180.0
QUALITY = 84
#: Of the frame that a window manager would draw around a dialog.
TITLE, FONT = 28, 12

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter, QPixmap
    from PySide6.QtWidgets import QApplication, QWidget


def _belongs(window: QWidget, to: QWidget) -> bool:
    """Whether a window was opened by another one."""
    above = window.parentWidget()
    while above is not None and above is not to:
        above = above.parentWidget()
    return above is to


class Camera:
    """Waits until a window shows what it should, and takes its picture into a folder."""

    def __init__(self, application: QApplication, folder: Path, ending: str = "png") -> None:
        self._application, self._folder, self._ending = application, folder, ending

    def wait(self, reached: Callable[[], bool]) -> None:
        """Let the program run until something is reached. Raises TimeoutError when it never is."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError("the editor does not show what it should")
            self._application.processEvents()
            time.sleep(0.01)
        self.settle()

    def settle(self, seconds: float = 0.0) -> None:
        """Let the program run for a moment."""
        end = time.monotonic() + seconds
        for _ in range(10):
            self._application.processEvents()
        while time.monotonic() < end:
            self._application.processEvents()
            time.sleep(0.005)

    def take(self, name: str, widget: QWidget) -> None:
        """Write the picture of a widget, with the windows that lie over it."""
        picture = widget.grab()
        self._add_windows(picture, widget)
        path = self._folder / f"{name}.{self._ending}"
        picture.toImage().save(str(path), quality=QUALITY if self._ending == "webp" else -1)
        sys.stdout.write(f"wrote {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}\n")

    def _add_windows(self, picture: QPixmap, widget: QWidget) -> None:
        from PySide6.QtCore import QPoint
        from PySide6.QtGui import QPainter
        from PySide6.QtWidgets import QApplication, QDialog

        if not widget.isWindow():
            return
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for other in QApplication.topLevelWidgets():
            if not other.isVisible() or not _belongs(other, widget):
                continue
            if isinstance(other, QDialog):
                # Over the middle, where a window manager would put it.
                at = widget.rect().center() - other.rect().center() + QPoint(0, TITLE // 2)
                at.setY(max(at.y(), TITLE + 4))
                self._frame(painter, other, at)
            else:
                at = other.mapToGlobal(QPoint(0, 0)) - widget.mapToGlobal(QPoint(0, 0))
            painter.drawPixmap(at, other.grab())
        painter.end()

    def _frame(self, painter: QPainter, window: QWidget, at) -> None:
        from PySide6.QtCore import QRectF, Qt
        from PySide6.QtGui import QColor, QPen

        from app.ui.theme import current_theme

        theme = current_theme()
        around = QRectF(at.x() - 1, at.y() - TITLE, window.width() + 2, window.height() + TITLE + 1)
        for reach in range(14, 0, -2):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 16))
            painter.drawRoundedRect(around.adjusted(-reach, -reach + 4, reach, reach + 4), 8, 8)
        painter.setBrush(theme.colour("raised"))
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.drawRoundedRect(around, 4, 4)
        painter.setPen(theme.colour("text"))
        bar = QRectF(around.left(), around.top(), around.width(), TITLE)
        painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, window.windowTitle())
