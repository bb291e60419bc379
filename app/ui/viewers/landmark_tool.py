"""Landmarks of faces that are dragged to where they belong."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui.session import Session
from app.ui.viewers.framing import Framing
from app.ui.viewers.node_tool import LINE, NodeTool, Point, Sight, Tool
from nodes.face._landmark_moves import (
    Moves,
    called,
    from_pixels,
    moved_faces,
    moves_text,
    read_moves,
)
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Faces
from nodes.sdk.values.arrays import FloatArray

DOT, EDGE = QColor("#7ef0c0"), QColor(0, 0, 0, 120)
#: How far from a point of the face it is still grabbed, in the reach of handles.
GRAB = 0.9
#: A picture of another shape than the one with the faces has nothing to hold on to.
SHAPE = 0.02
FAINTEST = 0.05


class LandmarkTool(NodeTool):
    """Drag landmarks, and put them back; each drag is one step."""

    advice = "Drag a landmark to move it, Shift and a click puts it back"
    parameters = ("moves",)
    faces_from = "faces"

    def __init__(self, session: Session, node: str, size: tuple[float, float], faces: Faces) -> None:
        """`faces` are those the node is given; they may have been seen in another size."""
        super().__init__(session, node, size)
        self._faces = faces
        self._scale = np.array([size[0] / faces.width, size[1] / faces.height])
        self._held: tuple[int, int] | None = None
        self._offset = np.zeros(2)
        self._merge = ""
        self._known: tuple[tuple[str, float, float], list[FloatArray]] | None = None

    @classmethod
    def over(cls, session: Session, node: str, sight: Sight) -> Tool | None:
        faces = sight.faces
        if faces is None or not faces.width or not faces.height or not sight.size[1]:
            return None
        ratio = (sight.size[0] / sight.size[1]) / (faces.width / faces.height)
        return cls(session, node, sight.size, faces) if abs(ratio - 1) < SHAPE else None

    # -- the points ---------------------------------------------------------------------------

    def _moves(self) -> Moves | None:
        """What was moved; None when the text is no moves, which the node itself complains of."""
        try:
            return read_moves(str(self.get("moves")))
        except NodeError:
            return None

    def _strength(self) -> float:
        return max(float(self.get("strength")), 0.0)

    def _points(self) -> list[FloatArray]:
        """The landmarks of each face as they are after the moves, in picture pixels: N x 2 each."""
        state = (str(self.get("moves")), float(self.get("spread")), self._strength())
        if self._known is None or self._known[0] != state:
            moved = moved_faces(self._faces, self._moves() or {}, state[1], state[2])
            self._known = (state, [np.asarray(face.landmarks[:, :2]) * self._scale for face in moved])
        return self._known[1]

    def _nearest(self, at: Point, reach: float) -> tuple[int, int] | None:
        best, found = GRAB * reach, None
        for number, points in enumerate(self._points()):
            if not len(points):
                continue
            gaps = np.linalg.norm(points - at, axis=1)
            nearest = int(gaps.argmin())
            if gaps[nearest] < best:
                best, found = float(gaps[nearest]), (number, nearest)
        return found

    # -- the hand -----------------------------------------------------------------------------

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        return Qt.CursorShape.SizeAllCursor if self._nearest(at, reach) is not None else None

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        moves, found = self._moves(), self._nearest(at, reach)
        if moves is None or found is None:
            return False
        number, landmark = found
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            moved = moves.get(called(self._faces, number), {})
            if moved.pop(landmark, None) is not None:
                self.set("Put landmark back", {"moves": moves_text(moves)})
            return True
        self._held = found
        self._offset = self._points()[number][landmark] - at
        self._merge = self.new_gesture()
        return True

    def move(self, at: Point) -> None:
        moves = self._moves()
        if self._held is None or moves is None:
            return
        number, landmark = self._held
        face = self._faces[number]
        strength = self._strength()
        place = (np.asarray(at) + self._offset) / self._scale
        right, down = (place - face.landmarks[landmark, :2]) / (strength if strength >= FAINTEST else 1.0)
        step = from_pixels(face, (float(right), float(down)))
        moves.setdefault(called(self._faces, number), {})[landmark] = step
        self.set("Move landmark", {"moves": moves_text(moves)}, self._merge)

    def release(self) -> None:
        self._held = None

    # -- painting -----------------------------------------------------------------------------

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None:
        moves = self._moves() or {}
        near = self._held
        if near is None and hover is not None:
            near = self._nearest(hover, 8.0 / framing.zoom)
        origin = np.array([framing.left, framing.top])
        for number, (face, points) in enumerate(zip(self._faces, self._points(), strict=True)):
            if not len(points):
                continue
            seen = points * framing.zoom + origin
            width = min(max(face.size * self._scale[0] * framing.zoom / 110, 2.0), 6.0)
            dots = QPolygonF([QPointF(x, y) for x, y in seen])
            for colour, thick in ((EDGE, width + 1.6), (DOT, width)):
                painter.setPen(QPen(colour, thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPoints(dots)
            for landmark in moves.get(called(self._faces, number), {}):
                if landmark < len(seen):
                    before = face.landmarks[landmark, :2] * self._scale * framing.zoom + origin
                    self._paint_moved(painter, QPointF(*before), QPointF(*seen[landmark]), width)
            if near is not None and near[0] == number:
                self._paint_near(painter, QPointF(*seen[near[1]]), near[1])

    def _paint_moved(self, painter: QPainter, before: QPointF, now: QPointF, width: float) -> None:
        for colour, thick in ((QColor(0, 0, 0, 130), 3.0), (LINE, 1.2)):
            painter.setPen(QPen(colour, thick))
            painter.drawLine(before, now)
        painter.setPen(QPen(QColor(0, 0, 0, 180), 1))
        painter.setBrush(LINE)
        painter.drawEllipse(now, width / 2 + 1.5, width / 2 + 1.5)

    def _paint_near(self, painter: QPainter, at: QPointF, landmark: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, thick in ((QColor(0, 0, 0, 160), 3.5), (QColor("#ffffff"), 1.6)):
            painter.setPen(QPen(colour, thick))
            painter.drawEllipse(at, 7, 7)
        words = str(landmark)
        width = painter.fontMetrics().horizontalAdvance(words) + 10
        plate = QRectF(at.x() + 11, at.y() - 9, math.ceil(width), 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(10, 20, 30, 200))
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
