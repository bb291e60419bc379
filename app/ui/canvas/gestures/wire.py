"""Drawing a wire from socket to socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QGraphicsPathItem

from app.document.commands import connect, disconnect
from app.document.graph import Graph, Port
from app.ui.canvas.gestures.base import Gesture
from app.ui.canvas.hint import Hint
from app.ui.canvas.paints import paints, socket_style
from app.ui.canvas.wire_layer import curve_through
from app.ui.canvas.wiring import Draft, Side, Socket, Wire

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

#: Pixels on the screen within which a wire jumps to a socket.
SNAP = 30.0


class DragWire(Gesture):
    """Left button on a socket. From a wired input it picks up the wire that ends there."""

    pans_at_edges = True
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: GraphCanvas, at: QPoint, socket: Socket) -> None:
        super().__init__(canvas, at)
        self._pressed = socket
        self._lifted: Wire | None = None
        self._snap: Socket | None = None

    def begin(self) -> None:
        graph, fixed = self.scene.graph, self._pressed
        if fixed.side == "input":
            sources = graph.sources(fixed.node, fixed.name)
            if sources:
                self._lifted = Wire(sources[-1], fixed.node, fixed.name)
                graph = graph.without_link(sources[-1], fixed.node, fixed.name)
                fixed = Socket(sources[-1].node, sources[-1].output, "output")
        self._fixed = fixed
        self.draft = Draft.from_socket(graph, self.scene.registry, fixed)
        self._line = QGraphicsPathItem()
        self._line.setZValue(10)
        self._line.setPen(paints().wire(socket_style(self.draft.type_name).colour, 2.5))
        self.scene.addItem(self._line)
        self._hint = Hint(self.scene)
        self.scene.wires.hide_wire(self._lifted)
        self._open: dict[str, frozenset[tuple[Side, str]]] = {}
        for name, item in self.scene.nodes.items():
            places = [("input", spec.name) for spec in item.sockets.inputs]
            places += [("output", output) for output in item.layout.outputs]
            self._open[name] = frozenset(
                (side, socket)  # type: ignore[misc]
                for side, socket in places
                if self.draft.refusal(Socket(name, socket, side)) is None  # type: ignore[arg-type]
            )
            item.set_open_sockets(
                self._open[name] | ({(fixed.side, fixed.name)} if name == fixed.node else set())
            )

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        reach = SNAP / self.canvas.zoom
        snap, reason = self._target(point, reach)
        if snap != self._snap:
            for socket in (self._snap, snap):
                if socket is not None:
                    lit = (socket.side, socket.name) if socket is snap else None
                    self.scene.nodes[socket.node].set_open_sockets(self._open[socket.node], lit)
            self._snap = snap
        end = self.scene.nodes[snap.node].socket_point(snap.side, snap.name) if snap else point
        start = self.scene.nodes[self._fixed.node].socket_point(self._fixed.side, self._fixed.name)
        ends = [start, end] if self._fixed.side == "output" else [end, start]
        self._line.setPath(curve_through(ends))
        self._hint.show_at(point, self._words(snap, reason), refused=snap is None and bool(reason))

    def _target(self, point: QPointF, reach: float) -> tuple[Socket | None, str]:
        """The socket the wire would end at, or why there is none."""
        reason = ""
        for _, socket in self.scene.sockets_near(point, reach):
            if socket == self._fixed:
                continue
            refused = self.draft.refusal(socket)
            if refused is None:
                return socket, ""
            reason = reason or refused
        item = self.scene.node_at(point)
        if item is not None and item.name != self._fixed.node:
            best = self.draft.best_socket(item.name)
            if best is not None:
                return best, ""
            reason = reason or self._reason_for_node(item.name)
        return None, reason

    def _reason_for_node(self, name: str) -> str:
        if name in self.draft.forbidden:
            return "the wire would close a cycle"
        ends = "an input" if self._fixed.side == "output" else "an output"
        return f"'{name}' has not {ends} for {self.draft.type_name}"

    def _words(self, snap: Socket | None, reason: str) -> str:
        if snap is None:
            return reason[:1].upper() + reason[1:]
        needed = self._conversion(snap)
        return f"{snap.node} · {snap.name.replace('_', ' ')}" + (f" through '{needed}'" if needed else "")

    def _conversion(self, snap: Socket) -> str | None:
        from app.ui.canvas.wiring import type_of
        from nodes.sdk.sockets import conversion

        other = type_of(self.scene.graph, self.scene.registry, snap)
        if self._fixed.side == "output":
            return conversion(self.draft.type_name, other)
        return conversion(other, self.draft.type_name)

    def drop(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        snap, reason = self._target(point, SNAP / self.canvas.zoom)
        lifted, fixed, registry = self._lifted, self._fixed, self.scene.registry
        self.tidy()
        self.moved = False
        if snap is not None:
            if lifted == self._wire_to(snap):
                return

            def apply(graph: Graph) -> Graph:
                if lifted is not None:
                    graph = disconnect(graph, lifted.target, lifted.input, lifted.source)
                wire = self._wire_to(snap)
                return connect(graph, registry, wire.source, wire.target, wire.input)

            self.canvas.session.edit("Connect", apply)
        elif reason:
            self.canvas.say(reason[:1].upper() + reason[1:])
        elif lifted is not None:
            self.canvas.session.edit(
                "Disconnect", lambda graph: disconnect(graph, lifted.target, lifted.input, lifted.source)
            )
        else:
            self.canvas.open_palette(point, fixed)

    def _wire_to(self, snap: Socket) -> Wire:
        if self._fixed.side == "output":
            return Wire(Port(self._fixed.node, self._fixed.name), snap.node, snap.name)
        return Wire(Port(snap.node, snap.name), self._fixed.node, self._fixed.name)

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.canvas.select([self._pressed.node])

    def tidy(self) -> None:
        if not self.moved:
            return
        self.scene.removeItem(self._line)
        self._hint.remove()
        self.scene.wires.hide_wire(None)
        for item in self.scene.nodes.values():
            item.set_open_sockets(None)
