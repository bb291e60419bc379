"""A client with a listener that tests can wait on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from app.document.graph import Graph
from app.engine.client import EngineClient
from app.engine.protocol import (
    Event,
    NodeState,
    RequestDone,
    View,
    ViewFailed,
    ViewReady,
    WorkerStatus,
)
from tests.engine import kit

E = TypeVar("E")

#: Seconds that anything may take on a busy machine.
PATIENCE = 30.0


class Engine:
    """A client and all that it said."""

    def __init__(self, **options: Any) -> None:
        self.events: list[Event] = []
        self._heard = threading.Condition()
        chosen = {"registry": kit.REGISTRY_PATH, "device": "cpu", "disk": False, **options}
        self.client = EngineClient(self._hear, **chosen)

    def _hear(self, event: Event) -> None:
        with self._heard:
            self.events.append(event)
            self._heard.notify_all()

    def until(self, kind: type[E], fits: Callable[[E], bool] = lambda event: True, *, since: int = 0) -> E:
        """The first event of a kind that fits, waited for."""
        end = time.monotonic() + PATIENCE
        with self._heard:
            while True:
                found = next((e for e in self.events[since:] if isinstance(e, kind) and fits(e)), None)
                if found is not None:
                    return found
                if not self._heard.wait(end - time.monotonic()):
                    raise TimeoutError(f"no {kind.__name__} came; there were {self.events}")

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def done(self, request: int) -> RequestDone:
        return self.until(RequestDone, lambda event: event.request == request)

    def look(self, graph: Graph, *nodes: str, frame: int = 0, **options: Any) -> list[ViewReady | ViewFailed]:
        """Look at nodes and wait for the answers, in the order of the nodes."""
        views = tuple(View(slot, node, limit=options.pop("limit", 0)) for slot, node in enumerate(nodes))
        request = self.client.look(graph, views, frame, **options)
        self.done(request)
        answers = [e for e in self.events if isinstance(e, ViewReady | ViewFailed) and e.request == request]
        return sorted(answers, key=lambda answer: answer.slot)

    def value(self, graph: Graph, node: str, frame: int = 0) -> Any:
        (answer,) = self.look(graph, node, frame=frame)
        assert isinstance(answer, ViewReady), answer
        return answer.preview.value

    def states(self, request: int) -> dict[str, NodeState]:
        return {event.node: event for event in self.of(NodeState) if event.request == request}

    def start(self, graph: Graph, node: str) -> int:
        """Look, and come back when the node runs."""
        request = self.client.look(graph, (View(0, node),), 0)
        self.until(NodeState, lambda e: e.request == request and e.node == node and e.state == "computing")
        return request

    def ready(self) -> WorkerStatus:
        return self.until(WorkerStatus, lambda event: event.state == "ready")


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.client.close()
