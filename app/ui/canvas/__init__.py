"""The canvas: one graphics item per node over the Qt-free document."""

from app.ui.canvas.view import GraphCanvas

__all__ = ["GraphCanvas"]
