"""Cutting wires along a stroke."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from app.document.commands import disconnect
from app.document.graph import Graph
from app.ui.canvas.gestures.base import Gesture
from app.ui.canvas.wiring import Wire
from app.ui.theme import current_theme


class CutWires(Gesture):
    """Ctrl and the right button, or X and the left button."""

    pans_at_edges = True
    cursor = Qt.CursorShape.CrossCursor

    def begin(self) -> None:
        self._wires: dict[Wire, None] = {}
        self._last = self.start
        self._path = QPainterPath(self.start)
        self._line = QGraphicsPathItem()
        self._line.setZValue(20)
        pen = QPen(current_theme().colour("error"), 2, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._line.setPen(pen)
        self.scene.addItem(self._line)

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        self._wires.update(dict.fromkeys(self.scene.wires.crossed_by(self._last, point)))
        self.scene.wires.mark(self._wires)
        self._last = point
        self._path.lineTo(point)
        self._line.setPath(self._path)

    def drop(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        wires = list(self._wires)

        def apply(graph: Graph) -> Graph:
            for wire in wires:
                graph = disconnect(graph, wire.target, wire.input, wire.source)
            return graph

        if wires:
            self.canvas.session.edit("Cut wires", apply)

    def tidy(self) -> None:
        if self.moved:
            self.scene.removeItem(self._line)
            self.scene.wires.mark(())
