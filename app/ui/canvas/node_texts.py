"""The words and the socket marks of a node, laid out once and painted many times."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QPainterPath, QStaticText

from app.document.graph import NodeInstance
from app.document.subgraph import BUILTIN
from app.ui.canvas.geometry import WIDTH, NodeLayout
from app.ui.canvas.paints import Paints, socket_path, socket_style
from app.ui.canvas.wiring import UNKNOWN_TYPE, Side, Sockets
from nodes.sdk.node import NodeSpec

INSET = 12.0


class DrawnSocket(NamedTuple):
    """A socket of a node and where it stands."""

    side: Side
    name: str
    place: QPointF
    type_name: str
    many: bool


class Label(NamedTuple):
    """The words beside a socket; `quiet` for one that may stay unwired."""

    place: QPointF
    text: QStaticText
    quiet: bool


class NodeTexts:
    """What is written on a node, elided to fit.

    Attributes:
        title, name, remark, note: the lines.
        labels: beside the sockets.
        marks: the outlines of all sockets of a type.
    """

    def __init__(
        self,
        kit: Paints,
        name: str,
        instance: NodeInstance,
        spec: NodeSpec | None,
        layout: NodeLayout,
        sockets: list[DrawnSocket],
    ) -> None:
        self.kit = kit
        title = spec.title if spec else instance.kind
        # Subgraphs and their ends are told apart by their names alone.
        first, second = (name, title) if spec and spec.id in BUILTIN else (title, name)
        self.title = _fitted(first, kit.title_metrics, WIDTH - 34)
        self.name = _fitted(second, kit.small_metrics, WIDTH - 62)
        self.remark = _fitted(instance.label, kit.label_metrics, WIDTH + 16)
        self.note = _fitted(spec.note if spec else "", kit.small_metrics, WIDTH - 20)
        lefts = {y for _, y in layout.inputs.values()}
        rights = {y for _, y in layout.outputs.values()}
        half = kit.label_metrics.height() / 2
        self.labels: list[Label] = []
        self.marks: dict[str, QPainterPath] = {}
        optional = {socket.name for socket in spec.inputs if socket.optional} if spec else set()
        for socket in sockets:
            y = socket.place.y()
            shared = y in lefts and y in rights
            words = _elided(_words(socket), kit.label_metrics, WIDTH / 2 - 16 if shared else WIDTH - 28)
            left = INSET
            if socket.side == "output":
                left = WIDTH - INSET - kit.label_metrics.horizontalAdvance(words)
            quiet = socket.side == "input" and socket.name in optional
            self.labels.append(Label(QPointF(left, y - half), _text(words), quiet))
            path = self.marks.setdefault(socket.type_name, QPainterPath())
            shape = socket_path(socket_style(socket.type_name).shape)
            if socket.many:
                path.addPath(shape.translated(socket.place - QPointF(3, 0)))
            path.addPath(shape.translated(socket.place))


def placed(layout: NodeLayout, sockets: Sockets) -> list[DrawnSocket]:
    """The sockets of a node with their places."""
    found = [
        DrawnSocket("input", spec.name, QPointF(*layout.inputs[spec.name]), spec.type_name, spec.many)
        for spec in sockets.inputs
    ]
    declared = {spec.name: spec.type_name for spec in sockets.outputs}
    found += [
        DrawnSocket("output", name, QPointF(*place), declared.get(name, UNKNOWN_TYPE), False)
        for name, place in layout.outputs.items()
    ]
    return found


def _words(socket: DrawnSocket) -> str:
    """A single output is named by its type, everything else by its name."""
    if socket.side == "output" and socket.name == "out" and socket.type_name != UNKNOWN_TYPE:
        return socket.type_name
    return socket.name.replace("_", " ")


def _elided(words: str, metrics: QFontMetricsF, room: float) -> str:
    return metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)


def _fitted(words: str, metrics: QFontMetricsF, room: float) -> QStaticText:
    return _text(_elided(words, metrics, room))


def _text(words: str) -> QStaticText:
    text = QStaticText(words)
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    return text
