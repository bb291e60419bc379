"""A viewport: circle, pan and dolly about a head, a mesh or a cloud of splats."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import current_theme
from app.ui.viewers.orbit import Orbit
from app.ui.viewers.surfaces import Surface, surface_of
from nodes.sdk.errors import FacewrightError

#: Radians for a drag over the whole height of the view.
TURN = math.pi
BACKDROP = QColor("#1d2024")


class SpaceView(QWidget):
    """Left-drag circles, middle or Shift+left pans, wheel and right-drag dolly, F frames, Z wires."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("3D viewer")
        self.orbit = Orbit()
        self.wireframe = False
        self.problem = ""
        self._surface: Surface | None = None
        self._renderer: Any = None
        self._image: QImage | None = None
        self._kind: type | None = None
        self._grabbed: QPointF | None = None
        self._pans = self._dollies = False

    def show_value(self, value: Any) -> None:
        """Show a value that has a surface; the camera stays unless the kind of thing changed."""
        surface = surface_of(value)
        if surface is None:
            return
        first = self._surface is None or type(value) is not self._kind
        self._kind = type(value)
        self._surface = surface
        renderer = self._open()
        if renderer is not None:
            renderer.show(surface)
        if first:
            self.fit()
        self._redraw()

    def fit(self) -> None:
        """All of it in view, from the side the camera is at."""
        if self._surface is not None:
            surface = self._surface
            self.orbit = Orbit.framing(surface.centre, surface.radius, self.orbit.yaw, self.orbit.pitch)
            self._redraw()

    def front(self) -> None:
        """Look straight into the face."""
        self.orbit = Orbit()
        self.fit()

    def toggle_wireframe(self) -> None:
        self.wireframe = not self.wireframe
        self._redraw()

    def close_renderer(self) -> None:
        """Give the graphics card back."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    # -- events -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._grabbed = event.position()
        self._pans = event.button() == Qt.MouseButton.MiddleButton or shift
        self._dollies = event.button() == Qt.MouseButton.RightButton

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._grabbed is None:
            return
        moved = (event.position() - self._grabbed) / max(self.height(), 1)
        self._grabbed = event.position()
        if self._dollies:
            self.orbit = self.orbit.nearer(math.exp(-2 * moved.y()))
        elif self._pans:
            self.orbit = self.orbit.panned(moved.x(), moved.y())
        else:
            self.orbit = self.orbit.turned(moved.x() * TURN, moved.y() * TURN)
        self._redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.front()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.orbit = self.orbit.nearer(1.15 ** (event.angleDelta().y() / 120))
        self._redraw()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._image = None
        super().resizeEvent(event)

    # -- drawing ------------------------------------------------------------------------------

    def _open(self) -> Any:
        if self._renderer is None and not self.problem:
            from app.ui.viewers.surface_renderer import SurfaceRenderer

            try:
                self._renderer = SurfaceRenderer()
            except FacewrightError as error:
                self.problem = str(error)
        return self._renderer

    def _redraw(self) -> None:
        self._image = None
        self.update()

    def _draw(self) -> QImage | None:
        if self._renderer is None or self._surface is None:
            return None
        ratio = self.devicePixelRatioF()
        width, height = max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)
        background = (BACKDROP.redF(), BACKDROP.greenF(), BACKDROP.blueF())
        pixels = self._renderer.draw(
            self.orbit, width, height, wireframe=self.wireframe, background=background
        )
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._image is None:
            self._image = self._draw()
        painter = QPainter(self)
        if self._image is not None:
            painter.drawImage(0, 0, self._image)
        else:
            painter.fillRect(self.rect(), BACKDROP)
            painter.setPen(current_theme().colour("text_dim"))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self.problem)
