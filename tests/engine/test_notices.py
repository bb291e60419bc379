"""What a node says about its result, short of failing, reaches whoever uses the result."""

from __future__ import annotations

from pathlib import Path

from app.engine.cache import Cache, Result
from app.engine.disk import DiskCache
from app.engine.evaluate import Evaluator
from app.engine.protocol import NodeState
from nodes.sdk import Context
from nodes.sdk.context import LONGEST_NOTICE, MOST_NOTICES
from tests.engine import kit

KEY = bytes(range(16))


def said(evaluator: Evaluator, words: str = "nothing was found") -> list[tuple[str, str]]:
    states: list[NodeState] = []
    graph = kit.graph({"a": ("remark", {"words": words}), "b": "add"}, {"b": {"a": "a"}})
    evaluator.value(graph, "b", on_state=states.append)
    return [
        (state.state, state.notice) for state in states if state.node == "a" and state.state != "computing"
    ]


def test_a_notice_comes_with_the_result_and_again_with_the_remembered_one() -> None:
    evaluator = Evaluator(kit.registry(), device="cpu")
    assert said(evaluator) == [("fresh", "nothing was found")]
    graph = kit.graph({"a": "remark", "b": ("add", {"value": 3.0})}, {"b": {"a": "a"}})
    states: list[NodeState] = []
    evaluator.value(graph, "b", on_state=states.append)
    assert ("a", "cached", "nothing was found") in [(s.node, s.state, s.notice) for s in states]


def test_a_notice_of_an_earlier_result_is_not_said_of_another() -> None:
    evaluator = Evaluator(kit.registry(), device="cpu")
    said(evaluator, "first")
    assert said(evaluator, "second") == [("fresh", "second")]


def test_a_notice_survives_on_disk(tmp_path: Path) -> None:
    DiskCache(tmp_path).put(KEY, Result((1.0,), None, 2.0, notices=("no face was found",)))
    back = Cache(disk=DiskCache(tmp_path)).fetch(KEY, "a")
    assert back is not None
    assert back.notices == ("no face was found",)


def test_notices_are_few_and_short() -> None:
    context = Context()
    for number in range(20):
        context.notice(f"{number} " * 500)
    assert len(context.notices) == MOST_NOTICES
    assert max(map(len, context.notices)) <= LONGEST_NOTICE
