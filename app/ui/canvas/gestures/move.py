"""Moving nodes: onto a wire to insert, with Alt or a shake to take them out of their wires."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from app.document.commands import extract_nodes, insert_on_wire, move_backdrops, move_nodes
from app.document.graph import Graph, GraphError
from app.ui.canvas.bends import bends_of, with_bends
from app.ui.canvas.geometry import WIDTH, snapped
from app.ui.canvas.gestures.base import Gesture
from app.ui.canvas.wiring import Wire

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

SHAKE_TURNS = 4
SHAKE_SECONDS = 0.9
SHAKE_STEP = 14


class MoveNodes(Gesture):
    """Left button on a node: selects it, and drags what is selected."""

    pans_at_edges = True

    def __init__(self, canvas: GraphCanvas, at: QPoint, name: str, modifiers: Qt.KeyboardModifier) -> None:
        super().__init__(canvas, at)
        self._name = name
        self._was_selected = name in self.scene.selected
        adds = modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        self._extracting = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if adds:
            canvas.select(self.scene.selected | {name}, self.scene.selected_backdrops)
        elif not self._was_selected:
            canvas.select([name])

    def begin(self) -> None:
        chosen = set(self.scene.selected)
        graph = self.scene.graph
        self._backdrops = {name: graph.backdrops[name] for name in self.scene.selected_backdrops}
        self._take(chosen)

    def _take(self, chosen: set[str]) -> None:
        graph = self.scene.graph
        self._origin = {name: (graph.nodes[name].x, graph.nodes[name].y) for name in chosen}
        self._places: dict[str, tuple[float, float]] = {}
        wires = {wire for name in chosen for wire in self.scene.wires.of_node(name)}
        self._inner = [w for w in wires if w.source.node in chosen and w.target in chosen]
        self.scene.wires.set_moving(wires)
        self._onto: Wire | None = None
        self._shake = _Shake()

    def drag(self, point: QPointF, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        dx, dy = point.x() - self.start.x(), point.y() - self.start.y()
        lead = self._origin.get(self._name) or next(iter(self._origin.values()), None)
        if lead and not modifiers & Qt.KeyboardModifier.ShiftModifier:
            # The node under the cursor meets the grid, the others keep their distance to it.
            dx, dy = snapped(lead[0] + dx) - lead[0], snapped(lead[1] + dy) - lead[1]
        self._shift = (dx, dy)
        for name, (x, y) in self._origin.items():
            self._places[name] = (x + dx, y + dy)
            self.scene.move_node(name, x + dx, y + dy)
        for name, backdrop in self._backdrops.items():
            self.scene.backdrops[name].setPos(backdrop.x + dx, backdrop.y + dy)
        self._draw_wires(dx, dy)
        if self._shake.step(at) and not self._extracting:
            self._extracting = True
            self.canvas.say("Let go to take it out of its wires")
        self._look_for_wire()

    def _draw_wires(self, dx: float, dy: float) -> None:
        moved_with = set(self._inner)
        for wire in {wire for name in self._origin for wire in self.scene.wires.of_node(name)}:
            bends = bends_of(self.scene.graph, wire)
            if wire in moved_with:
                bends = tuple((x + dx, y + dy) for x, y in bends)
            self.scene.draw_wire(wire, bends)

    def _look_for_wire(self) -> None:
        """Light up the wire that the node would be put into."""
        self._onto = None
        if len(self._origin) == 1 and not self._backdrops:
            item = self.scene.nodes[self._name]
            graph = self._extracted(self.scene.graph) if self._extracting else self.scene.graph
            centre = item.body().center()
            wire = self.scene.wires.nearest(centre, max(item.layout.height / 2, WIDTH / 5))
            if wire is not None and wire in self._wires_of(graph):
                with suppress(GraphError):
                    insert_on_wire(graph, self.scene.registry, self._name, *wire)
                    self._onto = wire
        self.scene.wires.mark([self._onto] if self._onto else [])

    @staticmethod
    def _wires_of(graph: Graph) -> set[Wire]:
        return {Wire(*link) for link in graph.links()}

    def _extracted(self, graph: Graph) -> Graph:
        return extract_nodes(graph, self.scene.registry, self._origin)

    def drop(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        registry, places, onto = self.scene.registry, dict(self._places), self._onto
        extracting, (dx, dy), inner = self._extracting, self._shift, self._inner
        backdrops = {name: (entry.x + dx, entry.y + dy) for name, entry in self._backdrops.items()}

        def apply(graph: Graph) -> Graph:
            if extracting:
                graph = extract_nodes(graph, registry, places)
            graph = move_backdrops(move_nodes(graph, places), backdrops)
            for wire in inner:
                bends = bends_of(graph, wire)
                if bends:
                    graph = with_bends(graph, wire, tuple((x + dx, y + dy) for x, y in bends))
            if onto is not None:
                graph = insert_on_wire(graph, registry, self._name, *onto)
            return graph

        self.scene.wires.set_moving(())
        label = "Insert node" if onto else "Extract" if extracting else "Move"
        if (dx, dy) == (0, 0) and onto is None and not extracting:
            return
        if not self.canvas.session.edit(label, apply):
            self._put_back()

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            if self._was_selected:
                self.canvas.select(self.scene.selected - {self._name}, self.scene.selected_backdrops)
        elif not modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.canvas.select([self._name])

    def cancel(self) -> None:
        if self.moved:
            self._put_back()
        super().cancel()

    def _put_back(self) -> None:
        for name, (x, y) in self._origin.items():
            if name in self.scene.nodes:
                self.scene.move_node(name, x, y)
        for name, backdrop in self._backdrops.items():
            self.scene.backdrops[name].setPos(backdrop.x, backdrop.y)
        self.scene.draw_wires_of(self._origin)

    def tidy(self) -> None:
        if self.moved:
            self.scene.wires.set_moving(())
            self.scene.wires.mark(())


class MoveBackdrop(MoveNodes):
    """Left button on a backdrop's title: drags it and what lies wholly on it; Ctrl only itself."""

    def __init__(self, canvas: GraphCanvas, at: QPoint, name: str, modifiers: Qt.KeyboardModifier) -> None:
        Gesture.__init__(self, canvas, at)
        self._name = name
        self._extracting = False
        self._alone = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._adds = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if name not in self.scene.selected_backdrops:
            nodes = self.scene.selected if self._adds else ()
            framed = self.scene.selected_backdrops if self._adds else frozenset()
            canvas.select(nodes, framed | {name})

    def begin(self) -> None:
        names = set(self.scene.selected_backdrops)
        chosen = set(self.scene.selected)
        if not self._alone:
            for name in list(names):
                area = self.scene.backdrops[name].area()
                chosen |= set(self.scene.nodes_inside(area))
                names |= {other for other, item in self.scene.backdrops.items() if area.contains(item.area())}
        self._backdrops = {name: self.scene.graph.backdrops[name] for name in names}
        self._take(chosen)

    def _look_for_wire(self) -> None:
        self._onto = None

    def click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if not self._adds:
            self.canvas.select((), [self._name])


class _Shake:
    """Notices a cursor that is shaken from side to side."""

    def __init__(self) -> None:
        self._turns: deque[float] = deque(maxlen=SHAKE_TURNS)
        self._turn_at: int | None = None
        self._direction = 0

    def step(self, at: QPoint) -> bool:
        """Take the next place of the cursor; returns whether it has been shaken."""
        if self._turn_at is None:
            self._turn_at = at.x()
        dx = at.x() - self._turn_at
        if self._direction == 0 or dx * self._direction > 0:
            if abs(dx) >= SHAKE_STEP or self._direction:
                self._direction = 1 if dx > 0 else -1
                self._turn_at = at.x() if self._direction else self._turn_at
        elif abs(dx) >= SHAKE_STEP:
            self._direction = -self._direction
            self._turn_at = at.x()
            self._turns.append(time.monotonic())
        full = len(self._turns) == SHAKE_TURNS
        return full and self._turns[-1] - self._turns[0] <= SHAKE_SECONDS
