"""A plane of values over frames: panned, zoomed, with a grid, a ruler and the playhead."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import current_theme

#: Pixels around a key or a curve that count as it, and the height of the ruler.
REACH, RULER = 8.0, 20
#: Share of the values in view by which an arrow key moves keys.
NUDGE = 0.01


class Plane(QWidget):
    """Middle- or Alt-drag pans, the wheel zooms (Shift: values only, Ctrl: frames only), a drag on the
    ruler moves the playhead. Page keys walk from key to key, Alt and arrows move the selected ones,
    Delete removes them. What else is pressed and dragged is a matter of the planes made from it.
    """

    def __init__(self, session: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self._left, self._frames = -5.0, 60.0
        self._bottom, self._span = -0.2, 1.4
        self._press: QPointF | None = None
        self._last = QPointF()
        self._mode = ""
        self._marquee: QRectF | None = None
        self.setMinimumSize(200, 100)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # -- places -------------------------------------------------------------------------------

    def show_area(self, first: float, last: float, low: float, high: float, *, least: float = 0.1) -> None:
        """Bring frames and values into view, with some room around them."""
        self._frames = max(last - first, 10.0) * 1.16
        self._left = first - (self._frames - (last - first)) / 2
        self._span = max(high - low, least) * 1.4
        self._bottom = (low + high) / 2 - self._span / 2
        self.update()

    def at(self, frame: float, value: float) -> QPointF:
        """The pixel of a frame and a value."""
        x = (frame - self._left) / self._frames * self.width()
        y = RULER + (1 - (value - self._bottom) / self._span) * (self.height() - RULER)
        return QPointF(x, y)

    def read(self, point: QPointF) -> tuple[float, float]:
        """The frame and the value of a pixel."""
        frame = self._left + point.x() / max(self.width(), 1) * self._frames
        part = (point.y() - RULER) / max(self.height() - RULER, 1)
        return frame, self._bottom + (1 - part) * self._span

    def way(self, step: QPointF) -> tuple[float, float]:
        """The frames and the amount that a way in pixels stands for."""
        frames = step.x() / max(self.width(), 1) * self._frames
        return frames, -step.y() / max(self.height() - RULER, 1) * self._span

    # -- hands --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        point = event.position()
        self._press = self._last = point
        keys = event.modifiers()
        if event.button() == Qt.MouseButton.MiddleButton or keys & Qt.KeyboardModifier.AltModifier:
            self._mode = "pan"
        elif event.button() != Qt.MouseButton.LeftButton:
            self._press = None
        elif point.y() < RULER:
            self._mode = "playhead"
            self._move_playhead(point)
        else:
            self._mode = self.begin(point, keys)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        point = event.position()
        if self._press is None:
            self.hover(point)
            return
        if self._mode == "pan":
            frames, amount = self.way(point - self._last)
            self._left -= frames
            self._bottom -= amount
            self.update()
        elif self._mode == "playhead":
            self._move_playhead(point)
        elif self._mode == "marquee":
            self._marquee = QRectF(self._press, point).normalized()
            self.choose_inside(self._marquee)
            self.update()
        elif self._mode:
            self.go_on(point, event.modifiers())
        self._last = point

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self._mode not in ("", "pan", "playhead", "marquee"):
            self.session.document.finish_gesture()
        self._press, self._mode, self._marquee = None, "", None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        turned = event.angleDelta().y() or event.angleDelta().x()
        factor = 1.15 ** (-turned / 120)
        frame, value = self.read(event.position())
        keys = event.modifiers()
        if not keys & Qt.KeyboardModifier.ShiftModifier:
            frames = min(max(self._frames * factor, 4.0), 1e6)
            self._left = frame - (frame - self._left) * frames / self._frames
            self._frames = frames
        if not keys & Qt.KeyboardModifier.ControlModifier:
            span = min(max(self._span * factor, 1e-3), 1e6)
            self._bottom = value - (value - self._bottom) * span / self._span
            self._span = span
        self.update()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        keys, coarse = Qt.Key, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps = {keys.Key_Left: (-1, 0), keys.Key_Right: (1, 0), keys.Key_Up: (0, 1), keys.Key_Down: (0, -1)}
        if event.key() in steps and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            across, up = steps[keys(event.key())]
            far = 10 if coarse else 1
            self.nudge(across * far, up * far * self._span * NUDGE)
        elif event.key() in (keys.Key_PageDown, keys.Key_PageUp):
            self.walk(1 if event.key() == keys.Key_PageDown else -1)
        elif event.key() in (keys.Key_Delete, keys.Key_Backspace):
            self.delete_selected()
        elif event.key() == keys.Key_F:
            self.fit()
        else:
            super().keyPressEvent(event)

    def fit(self) -> None:
        """Bring everything into view."""

    def nudge(self, frames: int, amount: float) -> None:
        """Move the selected keys, as one undo step."""

    def walk(self, direction: int) -> None:
        """Select the next key (1) or the one before (-1)."""

    def delete_selected(self) -> None:
        """Remove the selected keys."""

    def _move_playhead(self, point: QPointF) -> None:
        self.session.set_frame(max(round(self.read(point)[0]), 0))

    def begin(self, point: QPointF, keys: Qt.KeyboardModifier) -> str:
        """A press on the plane; what the drag is called: "marquee", another word, or "" for none."""
        return ""

    def go_on(self, point: QPointF, keys: Qt.KeyboardModifier) -> None:
        """A drag that `begin` named goes on."""

    def hover(self, point: QPointF) -> None:
        """The mouse moves, nothing is pressed."""

    def choose_inside(self, area: QRectF) -> None:
        """A marquee was drawn around something."""

    # -- painting -----------------------------------------------------------------------------

    def paint_ground(self, painter: QPainter) -> None:
        """The grid, with frames above and values at the left."""
        theme = current_theme()
        painter.fillRect(self.rect(), theme.colour("canvas"))
        painter.fillRect(QRectF(0, 0, self.width(), RULER), theme.colour("panel"))
        frame_step = max(_step(self._frames / max(self.width() / 70, 1)), 1.0)
        value_step = _step(self._span / max((self.height() - RULER) / 34, 1))
        frame = math.ceil(self._left / frame_step) * frame_step
        while frame <= self._left + self._frames:
            x = self.at(frame, 0).x()
            painter.setPen(theme.colour("grid_major"))
            painter.drawLine(QPointF(x, RULER), QPointF(x, self.height()))
            painter.setPen(theme.colour("text_dim"))
            painter.drawText(QRectF(x - 30, 0, 60, RULER), Qt.AlignmentFlag.AlignCenter, f"{frame:g}")
            frame += frame_step
        value = math.ceil(self._bottom / value_step) * value_step
        while value <= self._bottom + self._span:
            y = self.at(0, value).y()
            if y > RULER:
                zero = abs(value) < value_step / 2
                painter.setPen(theme.colour("line" if zero else "grid_major"))
                painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
                painter.setPen(theme.colour("text_dim"))
                below = y - 14 < RULER
                painter.drawText(QPointF(4, y + 12 if below else y - 3), f"{0.0 if zero else value:g}")
            value += value_step

    def paint_over(self, painter: QPainter) -> None:
        """The marquee and the playhead."""
        theme = current_theme()
        if self._marquee is not None:
            ground = QColor(theme.colour("select"))
            ground.setAlpha(28)
            painter.setPen(QPen(theme.colour("select"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(ground)
            painter.drawRect(self._marquee)
        x = self.at(self.session.frame, 0).x()
        painter.setPen(QPen(theme.colour("select"), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def paint_key(self, painter: QPainter, place: QPointF, shape: str, colour: QColor, chosen: bool) -> None:
        """A key: round when smooth, square when constant, a diamond when linear."""
        theme = current_theme()
        size = 5.7 if chosen else 4.5
        painter.setPen(QPen(theme.colour("text" if chosen else "canvas"), 1.4))
        painter.setBrush(theme.colour("select") if chosen else colour)
        if shape == "smooth":
            painter.drawEllipse(place, size - 0.4, size - 0.4)
        elif shape == "constant":
            painter.drawRect(QRectF(place.x() - size, place.y() - size, 2 * size, 2 * size))
        else:
            corners = [QPointF(0, -size), QPointF(size, 0), QPointF(0, size), QPointF(-size, 0)]
            painter.drawPolygon([place + corner for corner in corners])


def _step(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... above a number."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= least), 10 * power)
