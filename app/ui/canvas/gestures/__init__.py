"""What a press of a mouse button on the canvas may become. One gesture is one undo step."""

from app.ui.canvas.gestures.base import Gesture

__all__ = ["Gesture"]
