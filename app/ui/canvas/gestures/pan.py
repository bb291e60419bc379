"""Moving the canvas under the cursor."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from app.ui.canvas.gestures.base import Gesture


class Pan(Gesture):
    """Middle button; Alt on empty canvas, or Space, with the left button."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def begin(self) -> None:
        self._last = self.pressed_at

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        self.canvas.pan_by(at - self._last)
        self._last = QPoint(at)
