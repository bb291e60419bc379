"""The canvas moves when a gesture nears its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

#: How near to the edge the canvas starts to move, in pixels, and how far at most at each tick.
EDGE, STEP, TICK_MS = 28, 22, 16


class EdgePan(QObject):
    """Pans a canvas as long as the cursor of a gesture stays near its edge."""

    def __init__(self, canvas: GraphCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._at = QPoint()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._pan)

    @property
    def active(self) -> bool:
        """Whether the canvas moves."""
        return self._timer.isActive()

    def watch(self, at: QPoint) -> None:
        """The cursor of a gesture is at a place of the viewport."""
        self._at = at
        gesture = self._canvas.gesture
        near = self._step() != QPoint(0, 0)
        if near and gesture is not None and gesture.pans_at_edges and gesture.moved:
            if not self.active:
                self._timer.start()
        else:
            self.stop()

    def stop(self) -> None:
        self._timer.stop()

    def _step(self) -> QPoint:
        def push(place: int, size: int) -> int:
            if place < EDGE:
                return round(STEP * min((EDGE - place) / EDGE, 1.0))
            if place > size - EDGE:
                return -round(STEP * min((place - size + EDGE) / EDGE, 1.0))
            return 0

        room = self._canvas.viewport()
        return QPoint(push(self._at.x(), room.width()), push(self._at.y(), room.height()))

    def _pan(self) -> None:
        gesture = self._canvas.gesture
        if gesture is None:
            self.stop()
            return
        self._canvas.pan_by(self._step())
        gesture.move(self._at, QApplication.keyboardModifiers())
