"""A backdrop: a labelled rectangle behind nodes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from app.document.graph import Backdrop
from app.ui.canvas.paints import LABELS_FROM, paints

TITLE = 28.0
HANDLE = 16.0
SMALLEST = (120.0, 80.0)


class BackdropItem(QGraphicsRectItem):
    """Paints a backdrop."""

    def __init__(self, name: str, backdrop: Backdrop) -> None:
        super().__init__()
        self.name = name
        self._selected = False
        self.setZValue(-3)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.show_backdrop(backdrop)

    def show_backdrop(self, backdrop: Backdrop) -> None:
        self.backdrop = backdrop
        self.setPos(backdrop.x, backdrop.y)
        self.setRect(0, 0, backdrop.width, backdrop.height)
        self.update()

    def set_selected(self, selected: bool) -> None:
        if selected != self._selected:
            self._selected = selected
            self.update()

    def area(self) -> QRectF:
        """The rectangle in canvas units."""
        return self.rect().translated(self.pos())

    def in_title(self, point: QPointF) -> bool:
        """Whether a point on the canvas lies in the bar by which the backdrop is moved."""
        area = self.area()
        return QRectF(area.left(), area.top(), area.width(), TITLE).contains(point)

    def in_handle(self, point: QPointF) -> bool:
        """Whether a point lies in the corner by which the backdrop is resized."""
        corner = self.area().bottomRight()
        return QRectF(corner.x() - HANDLE, corner.y() - HANDLE, HANDLE, HANDLE).contains(point)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        kit = paints()
        ground = QColor(self.backdrop.colour)
        if not ground.isValid():
            ground = QColor("#3a4a5a")
        area = self.rect()
        body = QColor(ground)
        body.setAlpha(110)
        painter.fillRect(area, body)
        bar = QColor(ground)
        bar.setAlpha(200)
        painter.fillRect(QRectF(0, 0, area.width(), TITLE), bar)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(kit.selected if self._selected else QPen(ground.lighter(125), 1))
        painter.drawRect(area)
        zoom = painter.worldTransform().m11()
        # The title stays readable when the canvas is zoomed out: that is what backdrops are for.
        font = kit.title_font
        if zoom < 1:
            font = type(font)(font)
            font.setPixelSize(round(min(12 / max(zoom, 0.05), 12 * 6)))
        painter.setFont(font)
        light = ground.lightnessF() > 0.6
        painter.setPen(QColor("#202022") if light else QColor("#f0f0f0"))
        height = max(TITLE, font.pixelSize() * 1.4)
        painter.drawText(
            QRectF(9, 0, max(area.width() - 18, 1), height),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self.backdrop.title,
        )
        if zoom >= LABELS_FROM:
            corner = area.bottomRight()
            painter.setPen(QPen(ground.lighter(160), 1.4))
            for step in (5, 9, 13):
                painter.drawLine(corner - QPointF(step, 2), corner - QPointF(2, step))
