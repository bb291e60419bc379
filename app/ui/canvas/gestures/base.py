"""What every gesture has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas


class Gesture:
    """From the press of a button to its release.

    Attributes:
        pans_at_edges: whether the canvas moves when the cursor nears its edge.
        cursor: the cursor's shape, or None to leave it.
        moved: whether the cursor has left the place of the press, so that it is no click.
    """

    pans_at_edges = False
    cursor: Qt.CursorShape | None = None

    def __init__(self, canvas: GraphCanvas, at: QPoint) -> None:
        self.canvas = canvas
        self.scene = canvas.graph_scene
        self.pressed_at = QPoint(at)
        self.start = canvas.mapToScene(at)
        self.moved = False

    def move(self, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        """The cursor is at a point of the viewport now, or the canvas moved under it."""
        if not self.moved and (at - self.pressed_at).manhattanLength() >= self.canvas.drag_distance:
            self.moved = True
            self.begin()
        if self.moved:
            self.drag(self.canvas.mapToScene(at), at, modifiers)

    def begin(self) -> None:
        """The press became a drag."""

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        """One step of the drag, at a point of the canvas and of the viewport."""

    def release(self, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        """The button came up."""
        if self.moved:
            self.drop(self.canvas.mapToScene(at), modifiers)
        else:
            self.click(self.canvas.mapToScene(at), modifiers)
        self.tidy()

    def drop(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The drag ended."""

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The button came up where it went down."""

    def cancel(self) -> None:
        """Esc: everything is as it was."""
        self.tidy()

    def tidy(self) -> None:
        """Remove what the gesture showed."""
