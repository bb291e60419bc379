"""Five hundred random actions of a hand, as hypothesis draws and shrinks them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.document.format import read_text, write_text
from app.ui.actions import Actions
from app.ui.canvas import GraphCanvas
from app.ui.panels import ParameterPanel
from tests.ui.canvas.fakes import SmallSession, face_graph
from tests.ui.canvas.test_random_actions import RandomUser, check_shown, everything

STEPS = 500


class AnyHand(RuleBasedStateMachine):
    """A canvas and a panel on a small graph; after every action they show the graph."""

    def __init__(self) -> None:
        super().__init__()
        QGuiApplication.clipboard().clear()
        self.session = SmallSession(face_graph())
        self.actions = Actions()
        self.canvas = GraphCanvas(self.session, self.actions)
        self.canvas.resize(1280, 800)
        self.canvas.show()
        self.panel = ParameterPanel(self.session, self.canvas)
        self.panel.hide()
        self.user = RandomUser(self.canvas, self.panel, 0)
        self.start = everything(self.session.document.graph)
        self.items = len(self.canvas.graph_scene.items())

    @rule(choice=st.integers(0, 2**32 - 1))
    def act(self, choice: int) -> None:
        """Do one of the many things a hand can do."""
        self.user.random.seed(choice)
        self.user.act()

    @invariant()
    def the_canvas_shows_the_graph(self) -> None:
        assert self.canvas.gesture is None
        check_shown(self.canvas, self.session.graph)

    def teardown(self) -> None:
        """All can be undone and done again, and is the same in a file."""
        session = self.session
        while session.document.redo_label:
            session.redo()
        end = everything(session.document.graph)
        data = write_text(session.document.graph, session.registry)
        assert write_text(read_text(data, session.registry).graph, session.registry) == data
        while session.document.undo_label:
            session.undo()
        session.go_to(())
        assert everything(session.document.graph) == self.start
        assert len(self.canvas.graph_scene.items()) == self.items
        while session.document.redo_label:
            session.redo()
        assert everything(session.document.graph) == end
        self.canvas.close()
        self.canvas.deleteLater()
        self.actions.deleteLater()
        session.close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.mark.slow
def test_any_five_hundred_actions(qapp: QApplication) -> None:
    before = len(QApplication.allWidgets())
    run_state_machine_as_test(
        AnyHand,
        settings=settings(
            max_examples=4,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert len(QApplication.allWidgets()) <= before
