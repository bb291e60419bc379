"""What every tool of the hand shares: it acts on one node, over the picture in front.

A tool knows pictures, not widgets: points are in full-size pixels of the picture in front, and
`reach` is how many of them the hand may miss a handle by.
"""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from app.document.commands.parameters import set_value, value_at
from app.document.graph import Graph
from app.ui.session import Session
from app.ui.viewers.framing import Framing

Point = tuple[float, float]


class Tool(Protocol):
    """Acts on one node."""

    #: What the footer says about it.
    advice: str

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        """The cursor over a point; None where the tool has nothing to grab."""

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Take hold; whether there was something to take hold of."""

    def move(self, at: Point) -> None: ...

    def release(self) -> None: ...

    def wheel(self, steps: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether the wheel meant the tool."""

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None: ...


class NodeTool:
    """What the tools share: reading and setting parameters of a node at the session's frame."""

    advice = ""

    def __init__(self, session: Session, node: str, size: tuple[float, float]) -> None:
        self.session, self.node = session, node
        #: Width and height of the picture in full-size pixels.
        self.size = size

    def get(self, parameter: str) -> Any:
        session = self.session
        return value_at(session.graph, session.registry, self.node, parameter, session.frame)

    def set(self, label: str, values: dict[str, Any], merge: str = "") -> None:
        session = self.session

        def change(graph: Graph) -> Graph:
            for parameter, value in values.items():
                graph = set_value(graph, session.registry, self.node, parameter, value, session.frame)
            return graph

        session.edit(label, change, merge)

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        return None

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        return False

    def move(self, at: Point) -> None:
        """Nothing follows the hand."""

    def release(self) -> None:
        """Nothing was held."""

    def wheel(self, steps: float, modifiers: Qt.KeyboardModifier) -> bool:
        return False

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None:
        """Nothing to show."""

    def inside(self, at: Point) -> bool:
        return 0 <= at[0] < self.size[0] and 0 <= at[1] < self.size[1]
