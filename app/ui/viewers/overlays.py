"""What is drawn over a picture: boxes, landmarks, identities and head axes of faces; masks and heads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from app.ui.viewers.framing import Framing
from nodes.sdk.values import Face, Faces

BOX = QColor("#56b4e9")
POINT = QColor("#7ef0c0")
IRIS = QColor("#ffd166")
AXES = (QColor("#ff6b6b"), QColor("#6bd968"), QColor("#5aa2ff"))
IRISES = slice(468, 478)


@dataclass(frozen=True)
class Overlays:
    """Which kinds are switched on."""

    boxes: bool = True
    landmarks: bool = True
    axes: bool = False
    labels: bool = True
    mask: bool = False
    mesh: bool = False

    def switched(self, name: str, on: bool) -> Overlays:
        return replace(self, **{name: on})

    @property
    def any_of_faces(self) -> bool:
        return self.boxes or self.landmarks or self.axes or self.labels


OVERLAY_TITLES = {
    "boxes": "Face boxes",
    "landmarks": "Landmarks",
    "axes": "Head direction",
    "labels": "Number and confidence",
    "mask": "Mask",
    "mesh": "Head as a wireframe",
}


def draw_faces(
    painter: QPainter, faces: Faces, size: tuple[float, float], framing: Framing, overlays: Overlays
) -> None:
    """Draw faces over the picture of `size` (full-size pixels), which may be scaled from theirs."""
    if not faces.width or not faces.height:
        return
    scale = np.array([size[0] / faces.width, size[1] / faces.height]) * framing.zoom
    origin = np.array([framing.left, framing.top])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number, face in enumerate(faces):
        box = np.asarray(face.box, np.float64).reshape(2, 2) * scale + origin
        rectangle = QRectF(QPointF(*box[0]), QPointF(*box[1]))
        if overlays.landmarks:
            _draw_landmarks(painter, face, scale, origin)
        if overlays.boxes:
            _draw_box(painter, rectangle)
        if overlays.axes:
            _draw_axes(painter, face, rectangle)
        if overlays.labels:
            _draw_label(painter, face, number, rectangle)
    painter.restore()


def _draw_landmarks(painter: QPainter, face: Face, scale: np.ndarray, origin: np.ndarray) -> None:
    source = face.landmarks[:, :2] if len(face.landmarks) else face.key_points
    points = np.asarray(source, np.float64) * scale + origin
    width = min(max(face.size * float(scale[0]) / 160, 1.2), 4.0)
    for chosen, colour in ((points[:468], POINT), (points[IRISES], IRIS)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in chosen]))


def _draw_box(painter: QPainter, box: QRectF) -> None:
    """A thin frame with strong corners: it marks without hiding."""
    painter.setPen(QPen(QColor(BOX.red(), BOX.green(), BOX.blue(), 110), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    painter.setPen(QPen(BOX, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    reach = min(box.width(), box.height()) * 0.12
    for corner, x, y in (
        (box.topLeft(), 1, 1),
        (box.topRight(), -1, 1),
        (box.bottomLeft(), 1, -1),
        (box.bottomRight(), -1, -1),
    ):
        painter.drawLine(QLineF(corner, corner + QPointF(reach * x, 0)))
        painter.drawLine(QLineF(corner, corner + QPointF(0, reach * y)))


def _draw_axes(painter: QPainter, face: Face, box: QRectF) -> None:
    """Right, up and forward of the head, from the nose; the camera's y points up, the view's down."""
    nose = face.key_points[2]
    left, top, right, bottom = face.box
    along = QPointF(
        box.left() + box.width() * float((nose[0] - left) / max(right - left, 1e-6)),
        box.top() + box.height() * float((nose[1] - top) / max(bottom - top, 1e-6)),
    )
    reach = box.height() * 0.35
    for axis, colour in enumerate(AXES):
        direction = face.rotation[:, axis]
        painter.setPen(QPen(colour, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        end = along + QPointF(float(direction[0]) * reach, -float(direction[1]) * reach)
        painter.drawLine(QLineF(along, end))


def _draw_label(painter: QPainter, face: Face, number: int, box: QRectF) -> None:
    identity = face.name or (f"#{face.identity}" if face.identity >= 0 else f"{number + 1}")
    words = f"{identity}   {face.score:.0%}"
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(words) + 12
    plate = QRectF(box.left(), max(box.top() - 20, 0.0), width, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(10, 20, 30, 190))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setPen(QColor("#e8f4fc"))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
