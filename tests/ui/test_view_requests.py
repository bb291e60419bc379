"""When the engine is asked, and at what size."""

from __future__ import annotations

from app.ui.session import Session
from app.ui.view_requests import FLUENT
from tests.ui.conftest import settle
from tests.ui.fakes import FakeEngine


def drag(session: Session, gain: float) -> None:
    session.edit("Set gain", lambda graph: graph.with_parameter("grade", "gain", gain), merge="gain")
    settle()


def looking(session: Session, engine: FakeEngine, seconds: float) -> None:
    session.view_node("grade")
    settle()
    engine.answer(seconds=seconds)
    settle()


def test_a_fast_graph_is_dragged_at_full_size(session: Session, engine: FakeEngine) -> None:
    looking(session, engine, FLUENT / 3)
    drag(session, 1.1)
    assert engine.looks[-1].proxy == 1


def test_a_slow_graph_is_dragged_as_a_proxy_and_full_size_follows_at_rest(
    session: Session, engine: FakeEngine, qtbot
) -> None:
    looking(session, engine, 1.0)
    drag(session, 1.1)
    session.edit("", lambda graph: graph)
    drag(session, 1.2)
    engine.answer(seconds=1.0)
    settle()
    drag(session, 1.3)
    assert engine.looks[-1].proxy > 1
    engine.answer()
    qtbot.waitUntil(lambda: engine.looks[-1].proxy == 1, timeout=2000)
    assert engine.looks[-1].graph is session.graph


def test_while_dragging_only_one_request_is_under_way_and_the_newest_follows(
    session: Session, engine: FakeEngine
) -> None:
    looking(session, engine, 0.01)
    drag(session, 1.1)
    count = len(engine.looks)
    drag(session, 1.2)
    drag(session, 1.3)
    assert len(engine.looks) == count, "what is under way is not thrown away for each small step"
    engine.answer()
    settle()
    assert len(engine.looks) == count + 1
    assert engine.looks[-1].graph.nodes["grade"].parameters["gain"] == 1.3


def test_a_step_that_is_no_drag_goes_out_at_once(session: Session, engine: FakeEngine) -> None:
    looking(session, engine, 0.01)
    drag(session, 1.1)
    count = len(engine.looks)
    session.edit("Set", lambda graph: graph.with_parameter("grade", "steps", 5))
    settle()
    assert len(engine.looks) == count + 1
    assert engine.looks[-1].proxy == 1


def test_paused_nothing_is_asked_and_resuming_asks_for_the_newest(
    session: Session, engine: FakeEngine
) -> None:
    looking(session, engine, 0.01)
    session.requests.set_paused(True)
    count = len(engine.looks)
    drag(session, 1.1)
    assert len(engine.looks) == count
    session.requests.set_paused(False)
    settle()
    assert len(engine.looks) == count + 1


def test_a_dead_compute_process_does_not_hold_back_the_next_request(
    session: Session, engine: FakeEngine
) -> None:
    looking(session, engine, 0.01)
    drag(session, 1.1)
    engine.status("died")
    settle()
    assert not session.requests.busy
    drag(session, 1.2)
    assert engine.looks[-1].graph is session.graph


def test_nothing_is_asked_while_no_viewer_shows_anything(session: Session, engine: FakeEngine) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("grade", "steps", 5))
    settle()
    assert engine.looks == []


def test_a_drag_returns_to_full_size_when_proxies_come_fast(session: Session, engine: FakeEngine) -> None:
    looking(session, engine, 1.0)
    proxies = []
    for step in range(4):
        drag(session, 1.0 + step / 10)
        proxies.append(engine.looks[-1].proxy)
        engine.answer(seconds=FLUENT / 10)
        settle()
    assert proxies[0] > 1
    assert proxies[-1] == 1
