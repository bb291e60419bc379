"""Selecting with a rectangle."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from app.ui.canvas.gestures.base import Gesture
from app.ui.theme import current_theme


class Marquee(Gesture):
    """Left button on empty canvas: replaces the selection; Shift adds to it, Ctrl toggles."""

    pans_at_edges = True

    def begin(self) -> None:
        self._before = self.scene.selected
        self._backdrops = self.scene.selected_backdrops
        self._frame = QGraphicsRectItem()
        self._frame.setZValue(20)
        pen = QPen(current_theme().colour("select"), 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._frame.setPen(pen)
        ground = QColor(current_theme().colour("select"))
        ground.setAlpha(28)
        self._frame.setBrush(ground)
        self.scene.addItem(self._frame)

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        area = QRectF(self.start, point).normalized()
        self._frame.setRect(area)
        inside = frozenset(self.scene.nodes_in(area))
        framed = frozenset(name for name, item in self.scene.backdrops.items() if area.contains(item.area()))
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            inside, framed = self._before | inside, self._backdrops | framed
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            inside, framed = self._before ^ inside, self._backdrops ^ framed
        self.scene.select(inside)
        self.scene.select_backdrops(framed)

    def drop(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.canvas.select(self.scene.selected, self.scene.selected_backdrops)

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if not modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier):
            self.canvas.select(())

    def cancel(self) -> None:
        if self.moved:
            self.scene.select(self._before)
            self.scene.select_backdrops(self._backdrops)
        super().cancel()

    def tidy(self) -> None:
        if self.moved:
            self.scene.removeItem(self._frame)
