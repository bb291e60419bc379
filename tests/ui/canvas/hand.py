"""A hand on the canvas: real mouse and key events, aimed in canvas units."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.canvas import GraphCanvas

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
#: A point of the canvas below the small face graph, where nothing lies.
EMPTY = (300.0, 400.0)


class Hand:
    """Presses, drags and releases; points are (x, y) in canvas units."""

    def __init__(self, canvas: GraphCanvas) -> None:
        self.canvas = canvas

    def pixel(self, point: tuple[float, float]) -> QPoint:
        return self.canvas.mapFromScene(QPointF(*point))

    def title(self, name: str) -> tuple[float, float]:
        item = self.canvas.graph_scene.nodes[name]
        return item.x() + 60, item.y() + 10

    def body(self, name: str) -> tuple[float, float]:
        item = self.canvas.graph_scene.nodes[name]
        return item.x() + 88, item.y() + item.layout.height - 6

    def socket(self, name: str, side: str, socket: str) -> tuple[float, float]:
        point = self.canvas.graph_scene.nodes[name].socket_point(side, socket)  # type: ignore[arg-type]
        return point.x(), point.y()

    def press(self, at: tuple[float, float], button: Qt.MouseButton = LEFT, keys=NONE) -> None:
        self._send(QEvent.Type.MouseButtonPress, self.pixel(at), button, button, keys)

    def move(self, at: tuple[float, float], button: Qt.MouseButton = LEFT, keys=NONE) -> None:
        self._send(QEvent.Type.MouseMove, self.pixel(at), Qt.MouseButton.NoButton, button, keys)

    def release(self, at: tuple[float, float], button: Qt.MouseButton = LEFT, keys=NONE) -> None:
        self._send(QEvent.Type.MouseButtonRelease, self.pixel(at), button, Qt.MouseButton.NoButton, keys)

    def click(self, at: tuple[float, float], button: Qt.MouseButton = LEFT, keys=NONE) -> None:
        self.press(at, button, keys)
        self.release(at, button, keys)

    def double_click(self, at: tuple[float, float]) -> None:
        self.click(at)
        self._send(QEvent.Type.MouseButtonDblClick, self.pixel(at), LEFT, LEFT, NONE)
        self.release(at)

    def drag(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        button: Qt.MouseButton = LEFT,
        keys=NONE,
        *,
        steps: int = 6,
    ) -> None:
        """Press at one point and release at another, with steps between."""
        self.press(start, button, keys)
        for step in range(1, steps + 1):
            part = step / steps
            self.move(
                (start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part), button, keys
            )
        self.release(end, button, keys)

    def wheel(self, at: tuple[float, float], turned: int) -> None:
        pixel = QPointF(self.pixel(at))
        event = QWheelEvent(
            pixel,
            QPointF(self.canvas.viewport().mapToGlobal(pixel.toPoint())),
            QPoint(0, 0),
            QPoint(0, turned),
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.canvas.viewport(), event)

    def key(self, key: Qt.Key, keys=NONE) -> None:
        QTest.keyClick(self.canvas, key, keys)

    def _send(self, kind: QEvent.Type, at: QPoint, button, buttons, keys) -> None:
        viewport = self.canvas.viewport()
        place = QPointF(viewport.mapToGlobal(at))
        QApplication.sendEvent(viewport, QMouseEvent(kind, QPointF(at), place, button, buttons, keys))
