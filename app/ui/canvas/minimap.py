"""The whole graph in a corner of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

from app.ui.theme import current_theme

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

WIDTH, HEIGHT, INSET = 176, 112, 12
MARGIN = 8
#: With fewer nodes than this everything is in sight anyway.
FEWEST = 8


class Minimap(QWidget):
    """Drawn once for each graph; a press or a drag moves the canvas there."""

    def __init__(self, canvas: GraphCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._drawn: QPixmap | None = None
        self._map = QTransform()
        self.wanted = True
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Press or drag to go there")
        self.place()

    def place(self) -> None:
        """Stand in the lower right corner, if there is room and need."""
        canvas = self._canvas
        self.move(canvas.width() - WIDTH - INSET, canvas.height() - HEIGHT - INSET)
        large = canvas.width() > 3 * WIDTH and canvas.height() > 3 * HEIGHT
        self.setVisible(self.wanted and large and len(canvas.graph.nodes) >= FEWEST)

    def refresh(self) -> None:
        """Draw the graph again."""
        self._drawn = None
        self.place()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        if self._drawn is None:
            self._drawn = self._draw()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        theme = current_theme()
        seen = self._map.mapRect(self._canvas.navigation.visible())
        seen = seen.intersected(QRectF(self.rect()).adjusted(1, 1, -2, -2))
        pen = QPen(theme.colour("text"), 1)
        painter.setPen(pen)
        ground = QColor(theme.colour("text"))
        ground.setAlpha(22)
        painter.setBrush(ground)
        painter.drawRect(seen)
        painter.end()

    def _draw(self) -> QPixmap:
        theme = current_theme()
        scene = self._canvas.graph_scene
        bounds = scene.bounds().adjusted(-60, -60, 60, 60)
        scale = min((WIDTH - 2 * MARGIN) / bounds.width(), (HEIGHT - 2 * MARGIN) / bounds.height())
        self._map = QTransform()
        self._map.translate(WIDTH / 2, HEIGHT / 2)
        self._map.scale(scale, scale)
        self._map.translate(-bounds.center().x(), -bounds.center().y())
        ratio = self.devicePixelRatioF()
        drawn = QPixmap(round(WIDTH * ratio), round(HEIGHT * ratio))
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(theme.colour("panel"))
        ground.setAlpha(225)
        painter.setBrush(ground)
        painter.setPen(theme.colour("line"))
        painter.drawRoundedRect(QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1), 5, 5)
        for backdrop in scene.backdrops.values():
            colour = QColor(backdrop.backdrop.colour)
            colour.setAlpha(120)
            painter.fillRect(self._map.mapRect(backdrop.area()), colour)
        for item in scene.nodes.values():
            colour = theme.category(item.spec.category) if item.spec else theme.colour("error")
            area = self._map.mapRect(item.body())
            area.setSize(area.size().expandedTo(QRectF(0, 0, 3, 2).size()))
            painter.fillRect(area, colour.lighter(130))
        painter.end()
        return drawn

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def _go(self, at: QPointF) -> None:
        back, possible = self._map.inverted()
        if possible:
            self._canvas.navigation.pan_by(
                self._canvas.viewport().rect().center() - self._canvas.mapFromScene(back.map(at))
            )
