"""A parameter panel on a small face graph."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.ui.panels import ParameterPanel
from tests.ui.canvas.fakes import FakeSession, face_graph


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(face_graph())


@pytest.fixture
def panel(qtbot: QtBot, session: FakeSession) -> ParameterPanel:
    made = ParameterPanel(session)
    qtbot.addWidget(made)
    made.resize(360, 700)
    made.show()
    qtbot.waitExposed(made)
    session.select(["edit"])
    return made
