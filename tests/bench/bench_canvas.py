"""The canvas with 600 nodes and 900 wires, beside NodeGraphQt on the same graph when it is installed."""

from __future__ import annotations

import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from app.document.document import Document
from app.document.graph import Graph, NodeInstance, Port
from tests.bench.table import Row

NODES, COLUMNS, WIRES = 600, 30, 900
SIZE = (1280, 800)
REPEATS = 15


def large_graph() -> Graph:
    """600 image nodes in 30 columns, each wired to one or two of the column before."""
    nodes = {}
    rows = NODES // COLUMNS
    for index in range(NODES):
        column, row = divmod(index, rows)
        kind = "blend_images" if column else "load_image"
        nodes[f"node_{index}"] = NodeInstance(kind, x=column * 250.0, y=row * 190.0)
    wires: dict[str, dict[str, tuple[Port, ...]]] = {}
    wanted = WIRES
    spare = wanted - (NODES - rows)
    for index in range(rows, NODES):
        inputs = {"base": (Port(f"node_{index - rows}", "out"),)}
        if spare > 0:
            spare -= 1
            column, row = divmod(index - rows, rows)
            inputs["over"] = (Port(f"node_{column * rows + (row * 7 + 3) % rows}", "out"),)
        wires[f"node_{index}"] = inputs
    return Graph(nodes=nodes, wires=wires)


def rows() -> list[Row]:
    """Opening, repainting and dragging at 1280 x 800, painted in software."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    peer = _peer(app)
    own = _own(app)
    limits = {"open": 300.0, "repaint, all in view": 16.0, "repaint, life size": 16.0, "drag step": 4.0}
    titles = {
        "open": "canvas: open 600 nodes, 900 wires",
        "repaint, all in view": "canvas: repaint with all 600 nodes in view",
        "repaint, half size": "canvas: repaint at half size",
        "repaint, two thirds size": "canvas: repaint at two thirds of life size",
        "repaint, life size": "canvas: repaint at life size",
        "pan step": "canvas: pan by a step and repaint, all in view",
        "zoom step": "canvas: zoom by a step and repaint",
        "drag step": "canvas: one step of dragging a node",
        "drag step, shown": "canvas: one step of dragging a node, painted",
        "edit": "canvas: follow an edit of one parameter",
    }
    made = []
    for key, title in titles.items():
        beside = ""
        if isinstance(peer, dict):
            beside = f"NodeGraphQt {peer[key]:.3g} ms" if key in peer else ""
        elif key in ("open", "repaint, all in view"):
            beside = peer
        limit = limits.get(key, 4.0 if key == "edit" else 16.0)
        made.append(Row(title, own[key], "ms", limit, "lower", beside, "1280 x 800, software, median"))
    return made


def _median_ms(step: Callable[[int], object], repeats: int = REPEATS) -> float:
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        step(number)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _own(app: Any) -> dict[str, float]:
    from PySide6.QtCore import QPoint, Qt

    from app.engine.protocol import Thumbnail
    from app.ui.actions import Actions
    from app.ui.canvas import GraphCanvas
    from app.ui.canvas.gestures.move import MoveNodes
    from app.ui.theme import apply_theme
    from nodes.sdk.registry import default_registry

    apply_theme(app, "dark")
    graph = large_graph()
    session = _session(Document(default_registry(), graph))
    actions = Actions()
    figures = {}
    # Fonts, styles and code are loaded by a first canvas, as they are when a second file is opened.
    for turn in range(2):
        start = time.perf_counter()
        canvas = GraphCanvas(session, actions)
        canvas.resize(*SIZE)
        canvas.show()
        app.processEvents()
        canvas.viewport().repaint()
        figures["open"] = (time.perf_counter() - start) * 1000
        if turn == 0:
            canvas.close()
            canvas.deleteLater()
    picture = np.full((96, 160, 4), 200, np.uint8)
    for number in range(0, NODES, 3):
        session.thumbnail.emit(Thumbnail(f"node_{number}", picture))
    app.processEvents()
    repaint = canvas.viewport().repaint
    figures["repaint, all in view"] = _median_ms(lambda _number: repaint())

    def pan(number: int) -> None:
        canvas.pan_by(QPoint(9 if number % 2 else -9, 5))
        app.processEvents()

    figures["pan step"] = _median_ms(pan)

    def zoom(number: int) -> None:
        canvas.navigation.zoom_by(1.15 if number % 2 else 1 / 1.15, QPoint(600, 400))
        app.processEvents()

    figures["zoom step"] = _median_ms(zoom)
    start_at = canvas.mapFromScene(canvas.graph_scene.nodes["node_310"].body().center())
    canvas.select(["node_310"])
    drag = MoveNodes(canvas, start_at, "node_310", Qt.KeyboardModifier.NoModifier)
    none = Qt.KeyboardModifier.NoModifier

    def step(number: int) -> None:
        drag.move(start_at + QPoint(10 + 7 * number, 5 * number), none)

    def shown(number: int) -> None:
        step(number)
        app.processEvents()

    figures["drag step"] = _median_ms(step)
    figures["drag step, shown"] = _median_ms(shown)
    drag.cancel()

    def edit(number: int) -> None:
        session.edit("set", lambda before: before.with_parameter("node_310", "opacity", number / 100))

    figures["edit"] = _median_ms(edit)
    for name, scale in (("half", 0.5), ("two thirds", 0.67), ("life", 1.0)):
        canvas.navigation.zoom_by(scale / canvas.zoom, canvas.viewport().rect().center())
        app.processEvents()
        figures[f"repaint, {name} size"] = _median_ms(lambda _number: repaint())
    canvas.close()
    canvas.deleteLater()
    app.processEvents()
    return figures


def _session(document: Document) -> Any:
    from tests.ui.canvas.fakes import SmallSession

    return SmallSession(document.graph, document.registry)


def _peer(app: Any) -> dict[str, float] | str:
    """The same graph in NodeGraphQt, or why it could not be measured."""
    os.environ.setdefault("QT_PREFERRED_BINDING", "PySide6")
    try:
        from NodeGraphQt import BaseNode, NodeGraph
    except ImportError:
        return "NodeGraphQt is not installed"
    logging.getLogger("NodeGraphQt").setLevel(logging.ERROR)

    class Blend(BaseNode):  # type: ignore[misc]
        __identifier__ = "bench"
        NODE_NAME = "Blend"

        def __init__(self) -> None:
            super().__init__()
            for name in ("base", "over", "mask"):
                self.add_input(name)
            self.add_output("out")

    graph = large_graph()
    start = time.perf_counter()
    controller = NodeGraph()
    # Its search for cycles walks every path at each new wire: minutes for a graph like this one.
    controller.set_acyclic(False)
    controller.register_node(Blend)
    made = {
        name: controller.create_node("bench.Blend", name=name, pos=[node.x, node.y], push_undo=False)
        for name, node in graph.nodes.items()
    }
    inputs = ("base", "over", "mask")
    for port, target, input_name in graph.links():
        place = made[target].input(inputs.index(input_name))
        place.connect_to(made[port.node].output(0), push_undo=False, emit_signal=False)
    widget = controller.widget
    widget.resize(*SIZE)
    widget.show()
    viewer = controller.viewer()
    controller.clear_selection()
    controller.fit_to_selection()
    app.processEvents()
    viewer.viewport().repaint()
    figures = {"open": (time.perf_counter() - start) * 1000}
    figures["repaint, all in view"] = _median_ms(lambda _number: viewer.viewport().repaint())
    view = made["node_310"].view
    before = view.pos()

    def step(number: int) -> None:
        view.setPos(before.x() + 7 * number, before.y() + 5 * number)

    def shown(number: int) -> None:
        step(number)
        app.processEvents()

    figures["drag step"] = _median_ms(step)
    figures["drag step, shown"] = _median_ms(shown)
    widget.close()
    controller.deleteLater()
    app.processEvents()
    return figures
