"""A few words beside the cursor while something is dragged."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.paints import paints
from app.ui.theme import current_theme


class Hint(QGraphicsItem):
    """Words of one size at any zoom."""

    def __init__(self, scene: QGraphicsScene) -> None:
        super().__init__()
        self._words = ""
        self._refused = False
        self._area = QRectF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(30)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        scene.addItem(self)

    @property
    def words(self) -> str:
        return self._words

    def show_at(self, point: QPointF, words: str, *, refused: bool) -> None:
        """Show words beside a point of the canvas; empty words hide the hint."""
        self.prepareGeometryChange()
        self._words, self._refused = words, refused
        width = paints().label_metrics.horizontalAdvance(words) + 16
        self._area = QRectF(14, 14, width, 22) if words else QRectF()
        self.setPos(point)
        self.update()

    def remove(self) -> None:
        scene = self.scene()
        if scene is not None:
            scene.removeItem(self)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._area.adjusted(-1, -1, 1, 1)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if not self._words:
            return
        theme = current_theme()
        ground = QColor(theme.colour("error_back" if self._refused else "raised"))
        ground.setAlpha(235)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("error" if self._refused else "border"))
        painter.setBrush(ground)
        painter.drawRoundedRect(self._area, 4, 4)
        painter.setPen(theme.colour("text"))
        painter.setFont(paints().label_font)
        painter.drawText(self._area, Qt.AlignmentFlag.AlignCenter, self._words)
