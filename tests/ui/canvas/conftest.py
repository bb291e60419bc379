"""A canvas on a small face graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.ui.actions import Actions
from app.ui.canvas import GraphCanvas
from tests.ui.canvas.fakes import SmallSession, face_graph
from tests.ui.canvas.hand import Hand


@pytest.fixture
def session() -> Iterator[SmallSession]:
    made = SmallSession(face_graph())
    yield made
    made.close()


@pytest.fixture
def actions(qapp: object) -> Iterator[Actions]:
    made = Actions()
    yield made
    made.deleteLater()


@pytest.fixture
def canvas(qtbot: QtBot, session: SmallSession, actions: Actions) -> GraphCanvas:
    made = GraphCanvas(session, actions)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    made.frame_all()
    return made


@pytest.fixture
def hand(canvas: GraphCanvas) -> Hand:
    return Hand(canvas)
