"""Painting a mask on the picture."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from app.ui.session import Session
from app.ui.viewers.framing import Framing
from app.ui.viewers.node_tool import NodeTool, Point, Sight, Tool
from nodes.image._strokes import UNITS, stroke_text

PAINT = QColor(230, 60, 60, 120)
ERASE = QColor(20, 20, 20, 140)


class PaintTool(NodeTool):
    """Paint a mask; each stroke is one step."""

    advice = "Drag to paint, Shift erases, Shift and wheel change the brush"
    parameters = ("strokes",)
    radius = 0.02

    def __init__(self, session: Session, node: str, size: tuple[float, float], *, over: bool) -> None:
        """`over` shows the mask over a picture that is not the mask itself."""
        super().__init__(session, node, size)
        self._over = over
        self._points: list[Point] = []
        self._paints = True

    @classmethod
    def over(cls, session: Session, node: str, sight: Sight) -> Tool | None:
        return cls(session, node, sight.size, over=sight.node != node)

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        return Qt.CursorShape.CrossCursor

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        self._paints = not modifiers & Qt.KeyboardModifier.ShiftModifier
        self._points = [at]
        return True

    def move(self, at: Point) -> None:
        # Points closer than a part of the brush add nothing but length.
        if self._points and math.dist(at, self._points[-1]) > max(0.15 * self.radius * self.size[0], 0.5):
            self._points.append(at)

    def release(self) -> None:
        if not self._points:
            return
        shares = [(x / self.size[0], y / self.size[0]) for x, y in self._points]
        self._points = []
        stroke = stroke_text(self._paints, self.radius, shares)
        before = str(self.get("strokes")).strip().rstrip(";")
        self.set(
            "Paint" if self._paints else "Erase", {"strokes": f"{before};{stroke}" if before else stroke}
        )

    def wheel(self, steps: float, modifiers: Qt.KeyboardModifier) -> bool:
        if not modifiers & Qt.KeyboardModifier.ShiftModifier:
            return False
        # Kept for the next mask too: a hand keeps its brush.
        PaintTool.radius = min(max(PaintTool.radius * 1.15**steps, 0.001), 0.3)
        return True

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None:
        if self._over:
            self._paint_mask(painter, framing)
        width = 2 * self.radius * self.size[0] * framing.zoom
        if self._points:
            seen = [QPointF(*framing.to_view(*point)) for point in self._points]
            _draw_stroke(painter, seen, PAINT if self._paints else ERASE, width)
        if hover is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for colour, thick in ((QColor(0, 0, 0, 150), 3.0), (QColor("#ffffff"), 1.2)):
                painter.setPen(QPen(colour, thick))
                painter.drawEllipse(QPointF(*framing.to_view(*hover)), width / 2, width / 2)

    def _paint_mask(self, painter: QPainter, framing: Framing) -> None:
        """What was painted so far, as a red film."""
        layer = QImage(painter.viewport().size(), QImage.Format.Format_ARGB32_Premultiplied)
        layer.fill(Qt.GlobalColor.transparent)
        brush = QPainter(layer)
        brush.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = self.size[0] / UNITS
        for stroke in filter(None, (part.strip() for part in str(self.get("strokes")).split(";"))):
            try:
                numbers = [float(part) for part in stroke[1:].split()]
            except ValueError:
                continue  # The node itself says what is wrong with it.
            erases = stroke[0] == "-"
            modes = QPainter.CompositionMode
            brush.setCompositionMode(modes.CompositionMode_Clear if erases else modes.CompositionMode_Source)
            points = [
                QPointF(*framing.to_view(x * unit, y * unit))
                for x, y in zip(numbers[1::2], numbers[2::2], strict=False)
            ]
            if points:
                _draw_stroke(brush, points, PAINT, 2 * numbers[0] * unit * framing.zoom)
        brush.end()
        painter.drawImage(0, 0, layer)


def _draw_stroke(painter: QPainter, points: list[QPointF], colour: QColor, width: float) -> None:
    line, cap, join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(colour, width, line, cap, join))
    if len(points) > 1:
        painter.drawPolyline(QPolygonF(points))
    else:
        painter.drawPoint(points[0])
