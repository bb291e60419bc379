"""The items follow the graph by what changed, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.document.graph import Graph, NodeInstance, Port
from app.engine.protocol import ErrorReport, NodeState, Thumbnail
from app.ui.actions import Actions
from app.ui.canvas import GraphCanvas
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.wiring import Wire
from app.ui.theme import apply_theme
from tests.ui.canvas.fakes import SmallSession, face_graph


def test_edit_of_one_node_touches_no_other_item(
    canvas: GraphCanvas, session: SmallSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = dict(canvas.graph_scene.nodes)
    touched: list[str] = []
    original = NodeItem.show_instance

    def spy(self: NodeItem, *given: object) -> None:
        touched.append(self.name)
        original(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(NodeItem, "show_instance", spy)
    session.edit("set", lambda g: g.with_parameter("edit", "jaw_open", 0.5))
    assert touched == ["edit"]
    assert all(canvas.graph_scene.nodes[name] is item for name, item in items.items())


def test_items_come_and_go_with_undo_and_redo(canvas: GraphCanvas, session: SmallSession) -> None:
    scene = canvas.graph_scene
    before = len(scene.items())
    session.edit("add", lambda g: g.with_node("soft", NodeInstance("blur")))
    session.edit("wire", lambda g: g.with_link(Port("photo", "out"), "soft", "image"))
    assert Wire(Port("photo", "out"), "soft", "image") in scene.wires.wires
    session.undo()
    session.undo()
    assert len(scene.items()) == before
    assert len(scene.wires.wires) == 4
    session.redo()
    session.redo()
    assert "soft" in scene.nodes and len(scene.wires.wires) == 5


def test_a_node_of_another_kind_keeps_a_socket_for_each_wire_that_leaves_it(
    canvas: GraphCanvas, session: SmallSession
) -> None:
    """The wires are the same; what the node declares is not."""
    before = session.graph

    def exchanged(graph: Graph) -> Graph:
        return replace(graph, nodes={**graph.nodes, "head": NodeInstance("not_there")})

    session.edit("exchange", exchanged)
    assert session.graph.wires is before.wires
    assert canvas.graph_scene.nodes["head"].stray == ("out",)
    session.undo()
    assert canvas.graph_scene.nodes["head"].stray == ()


def test_rename_takes_the_wires_along(canvas: GraphCanvas, session: SmallSession) -> None:
    session.edit("rename", lambda g: g.renamed("head", "skull"))
    wires = canvas.graph_scene.wires.wires
    assert Wire(Port("skull", "out"), "edit", "head") in wires
    assert len(wires) == 4


def test_unknown_kind_shows_a_socket_for_each_of_its_wires(
    canvas: GraphCanvas, session: SmallSession
) -> None:
    session.edit("add", lambda g: g.with_node("odd", NodeInstance("splat_wizard", x=300.0, y=300.0)))
    session.edit("wire", lambda g: g.with_link(Port("photo", "out"), "odd", "stuff"))
    session.edit("wire", lambda g: g.with_link(Port("odd", "gold"), "edit", "head"))
    item = canvas.graph_scene.nodes["odd"]
    assert item.spec is None
    assert set(item.layout.inputs) == {"stuff"} and set(item.layout.outputs) == {"gold"}
    assert "not installed" in item.tooltip()


def test_states_show_as_badge_and_tooltip(canvas: GraphCanvas, session: SmallSession) -> None:
    item = canvas.graph_scene.nodes["edit"]
    error = ErrorReport("edit", "the picture has no face", "Choose another", ("head: HeadState",))
    session.node_state.emit(NodeState(1, "edit", "failed", error=error))
    assert item.badge.failed
    assert "the picture has no face" in item.tooltip() and "head: HeadState" in item.tooltip()
    session.node_state.emit(NodeState(2, "edit", "blocked", blocked_by="faces"))
    assert "Waits for 'faces'" in item.tooltip()
    session.node_state.emit(NodeState(3, "edit", "fresh", seconds=0.25, bytes=3_000_000))
    assert item.badge.time == "250 ms"
    assert "2.9 MB" in item.tooltip()


def test_tooltip_escapes_what_it_is_told(canvas: GraphCanvas, session: SmallSession) -> None:
    error = ErrorReport("edit", "<img src='x'>")
    session.node_state.emit(NodeState(1, "edit", "failed", error=error))
    assert "<img" not in canvas.graph_scene.nodes["edit"].tooltip()


def test_thumbnail_is_shown_and_never_larger_than_160(canvas: GraphCanvas, session: SmallSession) -> None:
    item = canvas.graph_scene.nodes["photo"]
    low = item.layout.height
    session.thumbnail.emit(Thumbnail("photo", np.zeros((400, 300, 4), np.uint8)))
    assert item.layout.picture is not None
    assert item.layout.picture[2:] == (120.0, 160.0)
    assert item.layout.height > low + 150
    canvas.commands.toggle_thumbnails()
    assert item.layout.height == low


def test_another_document_starts_afresh(canvas: GraphCanvas, session: SmallSession) -> None:
    session.node_state.emit(NodeState(1, "edit", "failed", error=ErrorReport("edit", "no")))
    before = session.graph
    session.document = Document(session.registry, face_graph())
    session.graph_changed.emit(before, session.graph)
    assert not canvas.graph_scene.nodes["edit"].badge.failed


def test_empty_canvas_says_what_to_do(canvas: GraphCanvas, session: SmallSession) -> None:
    session.edit("clear", lambda _graph: Graph())
    picture = canvas.grab().toImage()
    ground = picture.pixelColor(5, 5)
    middle = {
        picture.pixelColor(x, y).name()
        for x in range(picture.width() // 2 - 100, picture.width() // 2 + 100)
        for y in range(picture.height() // 2 - 20, picture.height() // 2 + 20)
    }
    assert len(middle - {ground.name()}) > 8


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("zoom", [0.1, 0.35, 0.5, 0.7, 1.0, 2.0])
def test_every_level_of_detail_paints(
    canvas: GraphCanvas, session: SmallSession, qapp: QApplication, theme: str, zoom: float
) -> None:
    apply_theme(qapp, theme)
    try:
        canvas.navigation.zoom_by(zoom / canvas.zoom, canvas.viewport().rect().center())
        canvas.navigation.centre_on(QPointF(400, 60))
        with_nodes = canvas.grab().toImage()
        session.edit("clear", lambda _graph: Graph())
        assert with_nodes != canvas.grab().toImage()
    finally:
        apply_theme(qapp, "dark")


def test_closing_a_canvas_leaves_nothing(qtbot: QtBot, session: SmallSession, actions: Actions) -> None:
    import gc
    import weakref

    canvas = GraphCanvas(session, actions)
    canvas.show()
    canvas.open_palette(QPointF(0, 0))
    canvas.palette_popup.hide()  # type: ignore[union-attr]
    scene = weakref.ref(canvas.graph_scene)
    canvas.close()
    canvas.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    actions.unbind(actions.ids("canvas"))
    del canvas
    gc.collect()
    import shiboken6

    left = scene()
    assert left is None or not shiboken6.isValid(left)
