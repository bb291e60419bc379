"""Handles on the picture: what can be done to the selected node by hand, over what is viewed."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui.session import Session
from app.ui.viewers.framing import Framing
from app.ui.viewers.node_tool import LINE, NodeTool, Point, Sight, Tool, source_of

SHADE = QColor(0, 0, 0, 120)
HANDLE = 4.5


class PickTool(NodeTool):
    """Click a face to pick it."""

    advice = "Click a face to pick it"
    parameters = ("by", "x", "y")

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        return Qt.CursorShape.PointingHandCursor if self.inside(at) else None

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        if not self.inside(at):
            return False
        x, y = at[0] / self.size[0], at[1] / self.size[1]
        self.set("Pick face", {"by": "point", "x": round(x, 4), "y": round(y, 4)})
        return True

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None:
        if self.get("by") != "point":
            return
        centre = QPointF(*framing.to_view(self.get("x") * self.size[0], self.get("y") * self.size[1]))
        for colour, width in ((QColor(0, 0, 0, 160), 4.0), (LINE, 2.0)):
            painter.setPen(QPen(colour, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, 9, 9)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(centre + QPointF(5 * x, 5 * y), centre + QPointF(14 * x, 14 * y))


class CropTool(NodeTool):
    """The frame of a crop, over the picture that is cropped; applied when it is let go."""

    advice = "Drag the corners, the edges or the inside of the frame"
    parameters = ("left", "top", "width", "height")

    def __init__(self, session: Session, node: str, size: tuple[float, float], origin: Point) -> None:
        """`origin` is where the shown picture begins in the picture that is cropped."""
        super().__init__(session, node, size)
        self._origin = origin
        self._held: tuple[int, int] | None = None
        self._from: Point = (0.0, 0.0)
        self._rectangle = self._stored()

    @classmethod
    def over(cls, session: Session, node: str, sight: Sight) -> Tool | None:
        if sight.node == node:
            seen = NodeTool(session, node, sight.size)
            return cls(session, node, sight.size, (float(seen.get("left")), float(seen.get("top"))))
        wired = source_of(session, node, "image") == sight.node
        return cls(session, node, sight.size, (0.0, 0.0)) if wired else None

    def _stored(self) -> QRectF:
        left, top = float(self.get("left")), float(self.get("top"))
        whole = self.size[0] + self._origin[0], self.size[1] + self._origin[1]
        width, height = float(self.get("width")), float(self.get("height"))
        width, height = width or max(whole[0] - left, 1.0), height or max(whole[1] - top, 1.0)
        return QRectF(left - self._origin[0], top - self._origin[1], width, height)

    def _target(self, at: Point, reach: float) -> tuple[int, int] | None:
        """Which edges a point grabs: -1, 0 or 1 along x and y; (0, 0) is the inside."""
        box = self._rectangle
        grown = box.adjusted(-reach, -reach, reach, reach)
        if not grown.contains(QPointF(*at)):
            return None
        across = -1 if at[0] - box.left() < reach else 1 if box.right() - at[0] < reach else 0
        down = -1 if at[1] - box.top() < reach else 1 if box.bottom() - at[1] < reach else 0
        return across, down

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        target = self._target(at, reach)
        if target is None:
            return None
        across, down = target
        if across and down:
            falling = across == down
            return Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor
        if across:
            return Qt.CursorShape.SizeHorCursor
        return Qt.CursorShape.SizeVerCursor if down else Qt.CursorShape.SizeAllCursor

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        self._held, self._from = self._target(at, reach), at
        return self._held is not None

    def move(self, at: Point) -> None:
        if self._held is None:
            return
        x, y = at[0] - self._from[0], at[1] - self._from[1]
        self._from = at
        across, down = self._held
        if not across and not down:
            self._rectangle.translate(x, y)
            return
        box = QRectF(self._rectangle)
        box.adjust(x * (across < 0), y * (down < 0), x * (across > 0), y * (down > 0))
        if box.width() >= 1 and box.height() >= 1:
            self._rectangle = box

    def release(self) -> None:
        if self._held is None:
            return
        self._held = None
        box = self._rectangle
        left, top = round(box.left() + self._origin[0]), round(box.top() + self._origin[1])
        size = {"width": max(round(box.width()), 1), "height": max(round(box.height()), 1)}
        self.set("Crop", {"left": left, "top": top, **size})

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None:
        box = self._rectangle
        seen = QRectF(
            QPointF(*framing.to_view(box.left(), box.top())),
            QPointF(*framing.to_view(box.right(), box.bottom())),
        )
        whole = QRectF(QPointF(*framing.to_view(0, 0)), QPointF(*framing.to_view(*self.size)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(SHADE)
        outer = QPolygonF(whole)
        painter.drawPolygon(outer.subtracted(QPolygonF(seen)))
        _draw_box(
            painter, QPolygonF([seen.topLeft(), seen.topRight(), seen.bottomRight(), seen.bottomLeft()])
        )
        words = f"{round(box.width())} x {round(box.height())}"
        painter.drawText(seen.topLeft() + QPointF(6, -6 if seen.top() > 18 else 16), words)


class TransformTool(NodeTool):
    """Move inside the frame, scale at its corners, turn outside of it."""

    advice = "Drag inside to move, a corner to scale, outside to turn; Shift turns by 15 degrees"
    parameters = ("move_x", "move_y", "rotate", "scale")

    def __init__(self, session: Session, node: str, size: tuple[float, float]) -> None:
        super().__init__(session, node, size)
        self._held = ""
        self._from: Point = (0.0, 0.0)
        self._before: dict[str, float] = {}
        self._steps = False
        self._merge = ""

    @classmethod
    def over(cls, session: Session, node: str, sight: Sight) -> Tool | None:
        return cls(session, node, sight.size) if sight.node == node else None

    @property
    def _middle(self) -> Point:
        x, y = (side / 2 for side in self.size)
        return x + float(self.get("move_x")), y + float(self.get("move_y"))

    def _corners(self) -> list[Point]:
        angle, scale = math.radians(self.get("rotate")), float(self.get("scale"))
        middle_x, middle_y = self._middle
        corners = []
        for across, down in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            x, y = across * self.size[0] / 2 * scale, down * self.size[1] / 2 * scale
            turned = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
            corners.append((middle_x + turned[0], middle_y + turned[1]))
        return corners

    def _target(self, at: Point, reach: float) -> str:
        corners = self._corners()
        if any(math.dist(at, corner) < 1.5 * reach for corner in corners):
            return "scale"
        outline = QPolygonF([QPointF(*corner) for corner in corners])
        if outline.containsPoint(QPointF(*at), Qt.FillRule.OddEvenFill):
            return "move"
        around = outline.boundingRect().adjusted(-6 * reach, -6 * reach, 6 * reach, 6 * reach)
        return "turn" if around.contains(QPointF(*at)) else ""

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        shapes = {
            "move": Qt.CursorShape.SizeAllCursor,
            "scale": Qt.CursorShape.SizeFDiagCursor,
            "turn": Qt.CursorShape.PointingHandCursor,
        }
        return shapes.get(self._target(at, reach))

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        self._held, self._from = self._target(at, reach), at
        self._merge = self.new_gesture()
        self._steps = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        self._before = {name: float(self.get(name)) for name in ("move_x", "move_y", "rotate", "scale")}
        return bool(self._held)

    def move(self, at: Point) -> None:
        before = self._before
        middle = self.size[0] / 2 + before["move_x"], self.size[1] / 2 + before["move_y"]
        if self._held == "move":
            x, y = at[0] - self._from[0], at[1] - self._from[1]
            self.set(
                "Move picture",
                {"move_x": round(before["move_x"] + x, 1), "move_y": round(before["move_y"] + y, 1)},
                self._merge,
            )
        elif self._held == "scale":
            ratio = math.dist(at, middle) / max(math.dist(self._from, middle), 1e-6)
            self.set("Scale picture", {"scale": round(before["scale"] * ratio, 4)}, self._merge)
        elif self._held == "turn":
            first, now = (math.atan2(middle[1] - y, x - middle[0]) for x, y in (self._from, at))
            angle = before["rotate"] + math.degrees(now - first)
            angle = (angle + 180) % 360 - 180
            turned = round(angle / 15) * 15.0 if self._steps else round(angle, 2)
            self.set("Turn picture", {"rotate": turned}, self._merge)

    def release(self) -> None:
        self._held = ""

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None:
        _draw_box(painter, QPolygonF([QPointF(*framing.to_view(*corner)) for corner in self._corners()]))


def _draw_box(painter: QPainter, outline: QPolygonF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 150), 3.0), (LINE, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawPolygon(outline)
    painter.setBrush(LINE)
    painter.setPen(QPen(QColor(0, 0, 0, 180), 1))
    for number in range(4):
        corner = outline.at(number)
        painter.drawRect(QRectF(corner.x() - HANDLE, corner.y() - HANDLE, 2 * HANDLE, 2 * HANDLE))
    painter.setPen(LINE)
