"""What every tool of the hand shares: it acts on one node, over the picture in front.

A tool knows pictures, not widgets: points are in full-size pixels of the picture in front, and
`reach` is how many of them the hand may miss a handle by.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from app.document.commands.parameters import set_value, value_at
from app.document.graph import Graph
from app.document.subgraph import edited_at, inner_at
from app.ui.session import Session
from app.ui.viewers.framing import Framing
from nodes.sdk.values import Faces

Point = tuple[float, float]

#: What handles are drawn in.
LINE = QColor("#ffd166")

_GESTURES = itertools.count()


@dataclass(frozen=True)
class Sight:
    """What the hand works over.

    Attributes:
        node: the address of the node whose picture is in front.
        size: width and height of that picture, full-size pixels.
        faces: those the tool's node works on, where it asked for them.
    """

    node: str
    size: tuple[float, float]
    faces: Faces | None = None


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
    """What the tools share: reading and setting parameters of a node at the session's frame.

    The node is called by its address, so that it may lie inside of subgraphs.
    """

    advice = ""
    #: What the tool sets; where all of them are shown on a subgraph, it can be worked from there.
    parameters: ClassVar[tuple[str, ...]] = ()
    #: The input whose faces the tool needs, if any.
    faces_from: ClassVar[str] = ""

    def __init__(self, session: Session, node: str, size: tuple[float, float]) -> None:
        self.session, self.node = session, node
        #: Width and height of the picture in full-size pixels.
        self.size = size
        *path, self._name = node.split(".")
        self._path = tuple(path)

    @classmethod
    def over(cls, session: Session, node: str, sight: Sight) -> Tool | None:
        """The tool for a node over a picture; None where it makes no sense."""
        return cls(session, node, sight.size)

    def get(self, parameter: str) -> Any:
        session = self.session
        graph = inner_at(session.document.graph, self._path)
        return value_at(graph, session.registry, self._name, parameter, session.frame)

    def set(self, label: str, values: dict[str, Any], merge: str = "") -> None:
        session = self.session

        def change(graph: Graph) -> Graph:
            for parameter, value in values.items():
                graph = set_value(graph, session.registry, self._name, parameter, value, session.frame)
            return graph

        session.edit_document(label, lambda whole: edited_at(whole, self._path, change), merge)

    def new_gesture(self) -> str:
        """What marks the edits of one drag: another drag is another step of the history."""
        return f"hand {next(_GESTURES)}"

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


def source_of(session: Session, node: str, input_name: str) -> str:
    """The address of the node behind an input; "" when nothing is wired there."""
    ports = session.whole.sources(node, input_name)
    return ports[0].node if ports else ""
