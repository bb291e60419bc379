"""A viewport: circle, pan and dolly about a head, a mesh or a cloud of splats, and turn the light."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRadialGradient,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.engine.protocol import Preview, Viewpoint
from app.ui.theme import current_theme
from app.ui.viewers.light import Light
from app.ui.viewers.orbit import Orbit
from app.ui.viewers.surfaces import Surface, surface_of
from nodes.sdk.errors import FacewrightError
from nodes.sdk.values import Splats

#: Radians for a drag over the whole height of the view.
TURN = math.pi
#: Radians for a step by keys.
STEP = math.radians(15)
BACKDROP = QColor("#1d2024")
#: Milliseconds of stillness after which everything is drawn in full.
REST = 160
#: Seconds that a picture may take while the hand moves; beyond them it is drawn coarser.
FLUENT = 0.020
COARSEST = 4


class SpaceView(QWidget):
    """Left-drag circles, middle or Shift+left pans, wheel and right-drag dolly, Ctrl+left turns the light.

    Heads and meshes are drawn here; splats are drawn by whoever hears `moved`.

    Signals:
        moved: splats are to be drawn from another side; True while the hand still moves.
        light_changed: the light was turned, fixed or let go.
    """

    moved = Signal(bool)
    light_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("3D viewer")
        self.orbit = Orbit()
        self.light = Light()
        self.wireframe = False
        self.problem = ""
        self._surface: Surface | None = None
        self._splats = False
        self._drawn: QImage | None = None
        self._renderer: Any = None
        self._image: QImage | None = None
        self._kind: type | None = None
        self._bounds: tuple[float, float, float, float] | None = None
        self._grabbed: QPointF | None = None
        self._does = ""
        self._moving = False
        self._coarse = 1
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._settle)

    # -- what is shown ------------------------------------------------------------------------

    def show_value(self, value: Any) -> None:
        """Show a value that has a surface; the camera stays unless the kind of thing changed."""
        surface = surface_of(value)
        if surface is None:
            return
        first = self._bounds is None or type(value) is not self._kind
        self._kind = type(value)
        self._splats = isinstance(value, Splats)
        self._show_surface(surface)
        self._bounds = (*(float(part) for part in surface.centre), surface.radius)
        if first:
            self.fit()
        self._redraw()

    def show_splats(self, preview: Preview) -> None:
        """Show splats: as they were drawn, or their places until they are."""
        first = self._kind is not Splats
        self._kind, self._splats = Splats, True
        if preview.bounds is not None:
            self._bounds = preview.bounds
        if preview.pixels is not None:
            pixels = np.ascontiguousarray(preview.pixels)
            height, width = pixels.shape[:2]
            picture = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
            self._drawn = picture.copy()
            self._surface = None
        elif self.wireframe:
            surface = surface_of(preview.value)
            if surface is not None:
                self._show_surface(surface)
            else:
                self._surface = None  # Too many to cross to this process one by one.
        if first and self._bounds is not None:
            self.fit()
        self._redraw()

    def forget_splats(self) -> None:
        """Other splats come: what was drawn does not show them."""
        self._drawn = None

    def _show_surface(self, surface: Surface) -> None:
        self._surface = surface
        renderer = self._open()
        if renderer is not None:
            renderer.show(surface)

    def viewpoint(self) -> Viewpoint | None:
        """Where splats are to be drawn from; None before it is known, and while their places are shown."""
        if self._kind is not Splats or self._bounds is None or self.wireframe:
            return None
        width, height = self._pixels()
        focal = height / 2 * float(self.orbit.projection(width / height)[1, 1])
        matrix = tuple(float(number) for number in self.orbit.view().ravel())
        background = (BACKDROP.redF(), BACKDROP.greenF(), BACKDROP.blueF())
        return Viewpoint(matrix, focal, width, height, background)

    def close_renderer(self) -> None:
        """Give the graphics card back."""
        self._rest.stop()
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    # -- commands -----------------------------------------------------------------------------

    def fit(self) -> None:
        """All of it in view, from the side the camera is at."""
        if self._bounds is not None:
            x, y, z, radius = self._bounds
            centre = np.array([x, y, z], np.float32)
            self.orbit = Orbit.framing(centre, radius, self.orbit.yaw, self.orbit.pitch)
            self._turned(rests=True)

    def zoom_by(self, factor: float) -> None:
        """Move the camera towards what it looks at."""
        self.orbit = self.orbit.nearer(factor)
        self._turned()

    def look_aside(self, right: int, down: int) -> None:
        """Circle the camera by steps to the right and down."""
        self.orbit = self.orbit.turned(-right * STEP, -down * STEP)
        self._turned()

    def front(self) -> None:
        """Look straight into the face."""
        self.orbit = Orbit()
        self.fit()

    def toggle_wireframe(self) -> None:
        """Draw the edges of triangles too, or the places of splats instead of the splats."""
        self.wireframe = not self.wireframe
        self._turned(rests=True)

    def toggle_light(self) -> None:
        """Let the light go with the camera, or stand still in the world; it falls as it fell."""
        fixed = self.light.fixed
        self.set_light(self.light.following(self.orbit) if fixed else self.light.fixed_in_world(self.orbit))

    def set_light(self, light: Light) -> None:
        self.light = light
        self._redraw()
        self.light_changed.emit()

    # -- events -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        keys = event.modifiers()
        self._grabbed = event.position()
        if event.button() == Qt.MouseButton.MiddleButton or keys & Qt.KeyboardModifier.ShiftModifier:
            self._does = "pan"
        elif event.button() == Qt.MouseButton.RightButton:
            self._does = "dolly"
        elif keys & Qt.KeyboardModifier.ControlModifier:
            self._does = "" if self._splats else "light"
        else:
            self._does = "circle"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._grabbed is None or not self._does:
            return
        step = (event.position() - self._grabbed) / max(self.height(), 1)
        self._grabbed = event.position()
        if self._does == "light":
            self._moving = True
            self._rest.start()
            self.set_light(self.light.turned(step.x() * TURN, -step.y() * TURN, self.orbit))
            return
        if self._does == "dolly":
            self.orbit = self.orbit.nearer(math.exp(-2 * step.y()))
        elif self._does == "pan":
            self.orbit = self.orbit.panned(step.x(), step.y())
        else:
            self.orbit = self.orbit.turned(step.x() * TURN, step.y() * TURN)
        self._turned()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed, self._does = None, ""
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.front()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.zoom_by(1.15 ** (event.angleDelta().y() / 120))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._image = None
        if self._splats:
            self.moved.emit(True)
        super().resizeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self._rest.stop()
        self._moving = False
        super().hideEvent(event)

    # -- drawing ------------------------------------------------------------------------------

    def _turned(self, *, rests: bool = False) -> None:
        """The camera moved: draw again, coarsely while it may go on moving."""
        self._moving = not rests
        if rests:
            self._rest.stop()
        else:
            self._rest.start()
        if self._splats:
            self.moved.emit(not rests)
        self._redraw()

    def _settle(self) -> None:
        self._moving = False
        self._redraw()

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

    def _pixels(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)

    def _draw(self) -> QImage | None:
        if self._renderer is None or self._surface is None:
            return None
        width, height = self._pixels()
        background = (BACKDROP.redF(), BACKDROP.greenF(), BACKDROP.blueF())
        coarse = self._coarse if self._moving else 1
        smooth = not self._moving
        width, height = max(width // coarse, 1), max(height // coarse, 1)
        started = time.perf_counter()
        pixels = self._renderer.draw(
            self.orbit,
            width,
            height,
            wireframe=self.wireframe,
            background=background,
            light=self.light,
            smooth=smooth,
        )
        if self._moving:
            self._adapt(time.perf_counter() - started)
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888).copy()

    def _adapt(self, seconds: float) -> None:
        """Coarser when the last picture took too long, finer when there is plenty of time."""
        if seconds > FLUENT and self._coarse < COARSEST:
            self._coarse *= 2
        elif seconds * 4 < FLUENT and self._coarse > 1:
            self._coarse //= 2

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if self._splats and not self.wireframe:
            picture = self._drawn
        else:
            if self._image is None:
                self._image = self._draw()
            picture = self._image
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()), picture, QRectF(picture.rect()))
        else:
            painter.fillRect(self.rect(), BACKDROP)
            painter.setPen(current_theme().colour("text_dim"))
            words = self.problem
            if self._splats and not words:
                many = "There are too many splats to show their places"
                words = many if self.wireframe else "Drawing the splats…"
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, words)
        if self._does == "light":
            self._paint_light(painter)

    def _paint_light(self, painter: QPainter) -> None:
        """A ball that is lit as the scene is, while the light is turned."""
        key, _ = self.light.towards(self.orbit)
        radius = 26.0
        centre = QPointF(16 + radius, self.height() - 16 - radius)
        spot = centre + QPointF(float(key[0]), -float(key[1])) * radius * 0.9
        shine = QRadialGradient(spot, 2.1 * radius)
        behind = key[2] < 0
        shine.setColorAt(0.0, QColor("#6b6558" if behind else "#fff3d0"))
        shine.setColorAt(1.0, QColor("#23262b"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1.5))
        painter.setBrush(shine)
        painter.drawEllipse(centre, radius, radius)
