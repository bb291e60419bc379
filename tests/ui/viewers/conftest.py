"""A viewer over a graph of real nodes, and a hand that drags on the picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.document.graph import Graph, NodeInstance, Port
from app.ui.actions import Actions
from app.ui.session import Session
from app.ui.viewers.viewer import Viewer
from tests.ui.conftest import settle
from tests.ui.fakes import FakeEngine

SIZE = (200, 100)

Drag = Callable[..., None]


def graph_of_tools(**kinds: str) -> Graph:
    """A photo, nodes of these kinds on it by their names, and "faces", its landmarks."""
    graph = Graph().with_node("photo", NodeInstance("load_image"))
    for name, kind in {**kinds, "faces": "face_landmarks"}.items():
        graph = graph.with_node(name, NodeInstance(kind)).with_link(Port("photo", "out"), name, "image")
    return graph


def look_at(viewer: Viewer, node: str, selected: str, output: str = "") -> None:
    """Show a node's picture in front and select a node of the shown graph."""
    session = viewer.session
    session.view_address(node, 1, output)
    settle()
    engine = session.engine
    assert isinstance(engine, FakeEngine)
    engine.answer(np.full((SIZE[1], SIZE[0], 4), 128, np.uint8))
    session.select((selected,))
    settle()


def at(viewer: Viewer, x: float, y: float) -> QPoint:
    return QPointF(*viewer.picture_view.framing.to_view(x, y)).toPoint()


def drag_across(viewer: Viewer, *points: tuple[float, float], shift: bool = False) -> None:
    """Press on the first point of the picture, move over the others, and let go on the last."""
    view = viewer.picture_view
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mousePress(view, Qt.MouseButton.LeftButton, keys, at(viewer, *points[0]))
    for point in points[1:]:
        QTest.mouseMove(view, at(viewer, *point))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, keys, at(viewer, *points[-1]))
    settle()


@pytest.fixture
def viewer(session: Session, qtbot) -> Viewer:
    made = Viewer(session, Actions(None, session))
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


@pytest.fixture
def drag() -> Drag:
    return drag_across
