"""Resizing a backdrop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from app.document.commands import set_backdrop
from app.ui.canvas.backdrop_item import SMALLEST
from app.ui.canvas.geometry import snapped
from app.ui.canvas.gestures.base import Gesture

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas


class ResizeBackdrop(Gesture):
    """Left button on a backdrop's lower right corner."""

    pans_at_edges = True
    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, canvas: GraphCanvas, at: QPoint, name: str) -> None:
        super().__init__(canvas, at)
        self._name = name
        self._before = self._backdrop = self.scene.graph.backdrops[name]
        canvas.select((), [name])

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        before = self._before
        width = snapped(before.width + point.x() - self.start.x())
        height = snapped(before.height + point.y() - self.start.y())
        self._backdrop = replace(before, width=max(width, SMALLEST[0]), height=max(height, SMALLEST[1]))
        self.scene.backdrops[self._name].show_backdrop(self._backdrop)

    def drop(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        name, width, height = self._name, self._backdrop.width, self._backdrop.height
        self.canvas.session.edit(
            "Resize backdrop", lambda graph: set_backdrop(graph, name, width=width, height=height)
        )

    def cancel(self) -> None:
        self.scene.backdrops[self._name].show_backdrop(self._before)
        super().cancel()
