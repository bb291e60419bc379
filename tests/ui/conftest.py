"""A session with a stand-in engine, and a person who answers every question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.document.curve import Curve, Key
from app.document.graph import Graph, NodeInstance, Port
from app.ui.session import Session
from app.ui.settings import Preferences
from app.ui.theme import apply_theme
from nodes.sdk.registry import Registry, default_registry
from tests.ui.fakes import FakeEngine, small_registry


def settle() -> None:
    """Let queued events and requests of this turn pass."""
    for _ in range(4):
        QApplication.processEvents()


def small_graph() -> Graph:
    """photo -> faces, photo -> grade (gain with keys at 0, 10 and 40) -> export."""
    graph = Graph()
    graph = graph.with_node("photo", NodeInstance("photo"))
    graph = graph.with_node("faces", NodeInstance("find_faces", x=240, y=120))
    curve = Curve((Key(0, 1.0), Key(10, 2.0), Key(40, 0.5)))
    graph = graph.with_node("grade", NodeInstance("grade", parameters={"gain": curve}, x=240))
    graph = graph.with_node("export", NodeInstance("write_video", x=480))
    graph = graph.with_link(Port("photo", "out"), "faces", "image")
    graph = graph.with_link(Port("photo", "out"), "grade", "image")
    return graph.with_link(Port("grade", "out"), "export", "image")


@contextmanager
def session_on(
    application: QApplication, graph: Graph, registry: Registry | None = None
) -> Iterator[Session]:
    """A session on a graph; its engine records and answers nothing by itself."""
    apply_theme(application, "dark")
    made = Session(FakeEngine, registry or default_registry())
    made.edit("Build", lambda _: graph)
    settle()
    yield made
    made.close()
    made.deleteLater()
    settle()


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    """A session on a small graph; its engine records and answers nothing by itself."""
    with session_on(qapp, small_graph(), small_registry()) as made:
        yield made


@pytest.fixture
def engine(session: Session) -> FakeEngine:
    engine = session.engine
    assert isinstance(engine, FakeEngine)
    return engine


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "settings" / "preferences.ini")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Call with the answers to come, as numbers; returns the list that the questions are put into."""

    def prepare(*numbers: int) -> list[str]:
        asked: list[str] = []
        left = list(numbers)

        def ask(_parent: object, title: str, _text: str, choices: object, more: str = "") -> int:
            asked.append(title)
            return left.pop(0)

        def tell(_parent: object, error: Exception) -> None:
            asked.append(str(error))

        monkeypatch.setattr("app.ui.dialogs.questions.ask", ask)
        monkeypatch.setattr("app.ui.dialogs.questions.tell", tell)
        return asked

    return prepare
