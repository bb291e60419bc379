"""Pan, zoom, framing, and the grid that shows them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen, QTransform, QWheelEvent

from app.ui.canvas.geometry import GRID
from app.ui.theme import current_theme

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

WHEEL_STEP = 1.15
LOWEST, HIGHEST = 0.06, 3.0
#: Framing never zooms in beyond life size.
FRAME_HIGHEST = 1.0
FRAME_MARGIN = 40.0
EXTENT = 1.0e5


class Navigation:
    """How a canvas looks at its scene."""

    def __init__(self, canvas: GraphCanvas) -> None:
        self._canvas = canvas
        # Fixed, so that the scene may be walked in all directions and never jumps.
        canvas.setSceneRect(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)
        self._wanted: QRectF | None = None
        self.centre_on(QPointF(0, 0))

    def centre_on(self, point: QPointF) -> None:
        """Put a point of the canvas into the middle."""
        self._canvas.centerOn(point)

    def pan_by(self, step: QPoint) -> None:
        """Move what is shown by pixels."""
        self._wanted = None
        across, down = self._canvas.horizontalScrollBar(), self._canvas.verticalScrollBar()
        across.setValue(across.value() - step.x())
        down.setValue(down.value() - step.y())

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the cursor."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        if turned:
            self.zoom_by(WHEEL_STEP ** (turned / 120), event.position().toPoint())

    def zoom_by(self, factor: float, at: QPoint) -> None:
        """Zoom by a factor; the canvas under a pixel stays under it."""
        canvas = self._canvas
        zoom = min(max(canvas.zoom * factor, LOWEST), HIGHEST)
        if math.isclose(zoom, canvas.zoom):
            return
        self._wanted = None
        before = canvas.mapToScene(at)
        canvas.setTransform(QTransform.fromScale(zoom, zoom))
        after = canvas.mapFromScene(before)
        across, down = canvas.horizontalScrollBar(), canvas.verticalScrollBar()
        across.setValue(across.value() + after.x() - at.x())
        down.setValue(down.value() + after.y() - at.y())
        canvas.minimap.update()

    def frame(self, area: QRectF) -> None:
        """Bring an area into view, as large as it fits."""
        self._wanted = area
        if area.isEmpty():
            area = QRectF(-200, -150, 400, 300)
        room = self._canvas.viewport().rect()
        area = area.adjusted(-FRAME_MARGIN, -FRAME_MARGIN, FRAME_MARGIN, FRAME_MARGIN)
        zoom = min(room.width() / area.width(), room.height() / area.height(), FRAME_HIGHEST)
        zoom = min(max(zoom, LOWEST), HIGHEST)
        self._canvas.setTransform(QTransform.fromScale(zoom, zoom))
        self._canvas.centerOn(area.center())

    def holds(self, area: QRectF) -> bool:
        """Whether an area was framed and the user has not moved the canvas since."""
        return self._wanted == area

    def on_resize(self) -> None:
        """Keep what was framed framed until the user moves the canvas."""
        if self._wanted is not None:
            self.frame(self._wanted)

    def bring_in(self, area: QRectF) -> None:
        """Move only as far as an area needs to be seen."""
        seen = self.visible()
        if not seen.contains(area):
            self._wanted = None
            if area.width() > seen.width() or area.height() > seen.height():
                self.frame(area)
            else:
                self._canvas.centerOn(area.center())

    def visible(self) -> QRectF:
        """What of the canvas is seen."""
        return self._canvas.mapToScene(self._canvas.viewport().rect()).boundingRect()

    def paint_grid(self, painter: QPainter, area: QRectF) -> None:
        """Paint the ground and a grid that thins out with the zoom."""
        theme = current_theme()
        painter.fillRect(area, theme.colour("canvas"))
        zoom = self._canvas.zoom
        step = GRID
        while step * zoom < 14:
            step *= 5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for spacing, purpose in ((step, "grid"), (step * 5, "grid_major")):
            left = math.floor(area.left() / spacing)
            right = math.ceil(area.right() / spacing)
            top = math.floor(area.top() / spacing)
            bottom = math.ceil(area.bottom() / spacing)
            lines = [
                QLineF(column * spacing, area.top(), column * spacing, area.bottom())
                for column in range(left, right + 1)
            ]
            lines += [
                QLineF(area.left(), row * spacing, area.right(), row * spacing)
                for row in range(top, bottom + 1)
            ]
            painter.setPen(QPen(theme.colour(purpose), 0))
            painter.drawLines(lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
