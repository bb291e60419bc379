"""A parameter panel on a small face graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.ui.panels import ParameterPanel
from tests.ui.canvas.fakes import SmallSession, face_graph


@pytest.fixture
def session() -> Iterator[SmallSession]:
    made = SmallSession(face_graph())
    yield made
    made.close()


@pytest.fixture
def panel(qtbot: QtBot, session: SmallSession) -> ParameterPanel:
    made = ParameterPanel(session)
    qtbot.addWidget(made)
    made.resize(360, 700)
    made.show()
    qtbot.waitExposed(made)
    session.select(["edit"])
    return made
