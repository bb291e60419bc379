"""Many random actions: the items always show the graph, and everything can be undone and redone."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.document.graph import Graph
from app.ui.canvas import GraphCanvas
from app.ui.canvas.wiring import Wire
from app.ui.panels import ParameterPanel
from tests.ui.canvas.fakes import KINDS, SmallSession
from tests.ui.canvas.hand import ALT, CTRL, NONE, RIGHT, SHIFT, Hand

ACTIONS = 200


def everything(graph: Graph) -> tuple[object, ...]:
    """A graph as something that can be compared."""
    nodes = {
        name: (
            (node.kind, dict(node.parameters), node.x, node.y, node.label, node.disabled, node.extra),
            everything(node.inner) if node.inner is not None else None,
            dict(node.promoted),
        )
        for name, node in graph.nodes.items()
    }
    wires = {name: dict(inputs) for name, inputs in graph.wires.items() if inputs}
    return nodes, wires, dict(graph.backdrops)


def check_shown(canvas: GraphCanvas, graph: Graph) -> None:
    """Every node and wire of the graph is shown where it is, and nothing else."""
    scene = canvas.graph_scene
    assert scene.graph is graph
    assert scene.nodes.keys() == graph.nodes.keys()
    assert scene.wires.wires.keys() == {Wire(*link) for link in graph.links()}
    assert scene.backdrops.keys() == graph.backdrops.keys()
    for name, node in graph.nodes.items():
        item = scene.nodes[name]
        assert item.instance is node
        # As Qt compares points: it does not move an item by less than what it tells apart.
        assert item.pos() == QPointF(node.x, node.y)
    for wire, drawn in scene.wires.wires.items():
        assert drawn.points[0] == scene.nodes[wire.source.node].socket_point("output", wire.source.output)
        assert drawn.points[-1] == scene.nodes[wire.target].socket_point("input", wire.input)
    assert scene.selected == frozenset(canvas.session.selection)


class RandomUser:
    """Does one of many things at a time."""

    def __init__(self, canvas: GraphCanvas, panel: ParameterPanel, seed: int) -> None:
        self.canvas, self.panel, self.hand = canvas, panel, Hand(canvas)
        self.random = random.Random(seed)
        self.session: SmallSession = canvas.session

    def act(self) -> str:
        """Do something; returns what it was."""
        acts: list[Callable[[], None]] = [
            self.add,
            self.add,
            self.drag_node,
            self.drag_node,
            self.drag_wire,
            self.drag_wire,
            self.drag_wire,
            self.marquee,
            self.cut,
            self.press_key,
            self.press_key,
            self.press_key,
            self.scrub,
            self.scrub,
            self.toggle_key,
            self.go_inside,
            self.promote,
            self.undo_some,
        ]
        chosen = self.random.choice(acts)
        chosen()
        return chosen.__name__

    def point(self) -> tuple[float, float]:
        at = self.canvas.viewport().rect()
        pixel = (self.random.randint(40, at.width() - 40), self.random.randint(40, at.height() - 40))
        point = self.canvas.mapToScene(*pixel)
        return point.x(), point.y()

    def node(self) -> str | None:
        names = list(self.session.graph.nodes)
        return self.random.choice(names) if names else None

    def add(self) -> None:
        kind = self.random.choice(KINDS)
        self.canvas.commands.add(kind.spec.id, QPointF(*self.point()))  # type: ignore[attr-defined]

    def drag_node(self) -> None:
        name = self.node()
        if name is not None:
            keys = self.random.choice([NONE, NONE, SHIFT, CTRL, ALT])
            self.hand.drag(self.hand.title(name), self.point(), keys=keys, steps=3)

    def drag_wire(self) -> None:
        start, end = self.node(), self.node()
        if start is None or end is None:
            return
        outputs = list(self.canvas.graph_scene.nodes[start].layout.outputs)
        inputs = list(self.canvas.graph_scene.nodes[end].layout.inputs)
        if outputs and inputs:
            first = self.hand.socket(start, "output", self.random.choice(outputs))
            last = self.hand.socket(end, "input", self.random.choice(inputs))
            if self.random.random() < 0.3:
                first, last = last, self.point()
            self.hand.drag(first, last, steps=3)
            if self.canvas.palette_popup is not None:
                self.canvas.palette_popup.hide()

    def marquee(self) -> None:
        self.hand.drag(self.point(), self.point(), keys=self.random.choice([NONE, SHIFT, CTRL]), steps=3)

    def cut(self) -> None:
        self.hand.drag(self.point(), self.point(), RIGHT, CTRL, steps=3)

    def press_key(self) -> None:
        keys = [
            (Qt.Key.Key_Delete, NONE),
            (Qt.Key.Key_D, NONE),
            (Qt.Key.Key_D, CTRL),
            (Qt.Key.Key_D, SHIFT),
            (Qt.Key.Key_L, NONE),
            (Qt.Key.Key_F, NONE),
            (Qt.Key.Key_A, NONE),
            (Qt.Key.Key_A, CTRL),
            (Qt.Key.Key_C, CTRL),
            (Qt.Key.Key_V, CTRL),
            (Qt.Key.Key_V, CTRL | SHIFT),
            (Qt.Key.Key_X, CTRL),
            (Qt.Key.Key_X, CTRL | SHIFT),
            (Qt.Key.Key_X, SHIFT),
            (Qt.Key.Key_G, CTRL),
            (Qt.Key.Key_G, CTRL | SHIFT),
            (Qt.Key.Key_G, CTRL | ALT),
            (Qt.Key.Key_Return, NONE),
            (Qt.Key.Key_Escape, NONE),
            (Qt.Key.Key_P, SHIFT),
            (Qt.Key.Key_Up, CTRL),
            (Qt.Key.Key_Period, NONE),
            (Qt.Key.Key_2, NONE),
        ]
        if self.session.whole.size > 60:
            keys = keys[:1]
        self.hand.key(*self.random.choice(keys))
        if self.canvas.text_editor is not None:
            self.canvas.text_editor.finish(keep=True)

    def scrub(self) -> None:
        names = list(self.panel.rows)
        if self.panel.names and names:
            row = self.panel.rows[self.random.choice(names)]
            if row.key is not None:
                for _ in range(3):
                    row.control.edited.emit(self.random.uniform(0.1, 0.9))
                row.control.finished.emit()

    def toggle_key(self) -> None:
        self.session.set_frame(self.random.randint(0, 20))
        keyed = [row.spec for row in self.panel.rows.values() if row.key is not None]
        if self.panel.names and keyed:
            self.panel.toggle_key(self.random.choice(keyed))

    def go_inside(self) -> None:
        inside = [name for name, node in self.session.graph.nodes.items() if node.inner is not None]
        if inside and self.random.random() < 0.5:
            self.session.enter(self.random.choice(inside))
        else:
            self.session.leave()

    def promote(self) -> None:
        if self.session.place.path and len(self.panel.names) == 1 and self.panel.rows:
            self.panel.toggle_promoted(self.random.choice(list(self.panel.rows.values())).spec)

    def undo_some(self) -> None:
        for _ in range(self.random.randint(0, 3)):
            self.session.undo()
        for _ in range(self.random.randint(0, 2)):
            self.session.redo()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_actions_are_shown_undone_and_redone(
    canvas: GraphCanvas, session: SmallSession, qapp: QApplication, seed: int
) -> None:
    QGuiApplication.clipboard().clear()
    panel = ParameterPanel(session, canvas)
    panel.hide()
    user = RandomUser(canvas, panel, seed)
    start = everything(session.document.graph)
    items = len(canvas.graph_scene.items())
    for number in range(ACTIONS):
        done = user.act()
        assert canvas.gesture is None, f"action {number} ({done}) left a gesture"
        check_shown(canvas, session.graph)
    while session.document.redo_label:
        session.redo()
    end = everything(session.document.graph)
    while session.document.undo_label:
        session.undo()
    session.go_to(())
    assert everything(session.document.graph) == start
    check_shown(canvas, session.graph)
    assert len(canvas.graph_scene.items()) == items
    while session.document.redo_label:
        session.redo()
    assert everything(session.document.graph) == end
    check_shown(canvas, session.graph)
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
