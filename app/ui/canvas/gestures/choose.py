"""Which gesture a press begins: by button, modifiers, held key and what lies under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from app.ui.canvas.gestures.base import Gesture
from app.ui.canvas.gestures.bend import MoveBend
from app.ui.canvas.gestures.cut import CutWires
from app.ui.canvas.gestures.marquee import Marquee
from app.ui.canvas.gestures.move import MoveBackdrop, MoveNodes
from app.ui.canvas.gestures.pan import Pan
from app.ui.canvas.gestures.resize import ResizeBackdrop
from app.ui.canvas.gestures.wire import DragWire
from app.ui.canvas.menu import open_menu

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

#: How near a press must be, in pixels on the screen.
SOCKET_REACH, WIRE_REACH, BEND_REACH = 11.0, 8.0, 9.0

ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class ContextClick(Gesture):
    """Right button without a drag: the menu of a node, the palette on empty canvas."""

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        canvas = self.canvas
        item = self.scene.node_at(point)
        backdrop = self.scene.backdrop_at(point)
        at = canvas.viewport().mapToGlobal(self.pressed_at)
        if item is not None:
            if item.name not in self.scene.selected:
                canvas.select([item.name])
            open_menu(canvas, at)
        elif backdrop is not None:
            canvas.select((), [backdrop.name])
            open_menu(canvas, at)
        else:
            canvas.open_palette(point)


class ViewClick(Gesture):
    """Ctrl and Shift with the left button: show a node in the viewer."""

    def __init__(self, canvas: GraphCanvas, at: QPoint, name: str) -> None:
        super().__init__(canvas, at)
        self._name = name

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.canvas.select([self._name])
        self.canvas.commands.view(getattr(self.canvas.session, "slot", 1), [self._name])


def gesture_for(
    canvas: GraphCanvas,
    at: QPoint,
    button: Qt.MouseButton,
    modifiers: Qt.KeyboardModifier,
    held: str,
) -> Gesture | None:
    """The gesture that a press begins, or None.

    Args:
        canvas: where it was pressed.
        at: the place in the viewport.
        button, modifiers: what was pressed.
        held: "pan" or "cut" while their keys are down, else empty.
    """
    if button == Qt.MouseButton.MiddleButton:
        return Pan(canvas, at)
    if button == Qt.MouseButton.RightButton:
        return CutWires(canvas, at) if modifiers & CTRL else ContextClick(canvas, at)
    if button != Qt.MouseButton.LeftButton:
        return None
    if held:
        return Pan(canvas, at) if held == "pan" else CutWires(canvas, at)
    return _left(canvas, at, modifiers)


def _left(canvas: GraphCanvas, at: QPoint, modifiers: Qt.KeyboardModifier) -> Gesture:
    scene, point, zoom = canvas.graph_scene, canvas.mapToScene(at), canvas.zoom
    item = scene.node_at(point)
    if item is not None and modifiers & CTRL and modifiers & SHIFT:
        return ViewClick(canvas, at, item.name)
    if not modifiers & (ALT | CTRL | SHIFT):
        socket = scene.socket_near(point, min(SOCKET_REACH / zoom, 14.0))
        if socket is not None:
            return DragWire(canvas, at, socket)
    if item is not None:
        return MoveNodes(canvas, at, item.name, modifiers)
    if modifiers & ALT:
        return Pan(canvas, at)
    bend = scene.wires.bend_near(point, BEND_REACH / zoom)
    if bend is not None:
        return MoveBend(canvas, at, *bend, fresh=False)
    if modifiers & CTRL and not modifiers & SHIFT:
        wire = scene.wires.nearest(point, WIRE_REACH / zoom)
        if wire is not None:
            place = scene.wires.slot_for_bend(wire, point)
            return MoveBend(canvas, at, wire, place, fresh=True)
    backdrop = scene.backdrop_at(point)
    if backdrop is not None and backdrop.in_handle(point):
        return ResizeBackdrop(canvas, at, backdrop.name)
    if backdrop is not None:
        return MoveBackdrop(canvas, at, backdrop.name, modifiers)
    return Marquee(canvas, at)
