"""Dots: bending a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from app.ui.canvas.bends import bends_of, with_bends
from app.ui.canvas.geometry import snapped
from app.ui.canvas.gestures.base import Gesture
from app.ui.canvas.wiring import Wire

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas


class MoveBend(Gesture):
    """Left button on a dot drags it; with Ctrl a click removes it, and on a wire adds one."""

    pans_at_edges = True

    def __init__(self, canvas: GraphCanvas, at: QPoint, wire: Wire, index: int, *, fresh: bool) -> None:
        """Take hold of a dot; a fresh one is not in the graph yet."""
        super().__init__(canvas, at)
        self._wire, self._index, self._fresh = wire, index, fresh
        bends = list(bends_of(self.scene.graph, wire))
        if fresh:
            bends.insert(index, (self.start.x(), self.start.y()))
        self._bends = bends

    def begin(self) -> None:
        self.scene.wires.set_moving([self._wire])

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        self._bends[self._index] = (snapped(point.x()), snapped(point.y()))
        self.scene.draw_wire(self._wire, tuple(self._bends))

    def drop(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._store("Add dot" if self._fresh else "Move dot")

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._fresh:
            self._store("Add dot")
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self._bends.pop(self._index)
            self._store("Remove dot")

    def _store(self, label: str) -> None:
        wire, bends = self._wire, tuple(self._bends)
        self.canvas.session.edit(label, lambda graph: with_bends(graph, wire, bends))

    def cancel(self) -> None:
        self.scene.draw_wire(self._wire)
        super().cancel()

    def tidy(self) -> None:
        self.scene.wires.set_moving(())
