"""Subgraphs in the engine: grouping recomputes nothing, and inner nodes go by their address."""

from __future__ import annotations

import random

import pytest

from app.document import commands
from app.document.curve import Curve, Key
from app.document.graph import Graph, GraphError
from app.document.subgraph import edited_at
from app.engine.evaluate import Evaluator, NodeFailure
from app.engine.protocol import NodeState, View
from tests.engine import kit
from tests.engine.conftest import Engine

REGISTRY = kit.registry()


def sums() -> Graph:
    """1 -> +2 -> +3, and the total of all."""
    return kit.graph(
        {
            "one": ("number", {"value": 1.0}),
            "two": ("add", {"value": 2.0}),
            "three": ("add", {"value": 3.0}),
            "all": "total",
        },
        {"two": {"a": "one"}, "three": {"a": "two"}, "all": {"items": ["one", "two", "three"]}},
    )


def grouped(*names: str) -> Graph:
    return commands.group_nodes(sums(), REGISTRY, names or ("two", "three"))[0]


def test_grouping_recomputes_nothing() -> None:
    evaluator = Evaluator(REGISTRY)
    assert evaluator.value(sums(), "all") == 10.0
    before = dict(kit.RUNS)
    assert evaluator.value(grouped(), "all") == 10.0
    deeper = commands.group_nodes(grouped(), REGISTRY, ["group", "one"], "outer")[0]
    assert evaluator.value(deeper, "all") == 10.0
    assert dict(kit.RUNS) == before
    assert evaluator.key(deeper, "all") == evaluator.key(sums(), "all")
    assert evaluator.key(deeper, "outer.group.two") == evaluator.key(sums(), "two")


@pytest.mark.parametrize("seed", range(12))
def test_any_grouping_has_the_same_keys(seed: int) -> None:
    picked = random.Random(seed)
    graph = kit.chain(12)
    evaluator = Evaluator(REGISTRY)
    wanted = evaluator.key(graph, "n11")
    for number in range(5):
        names = [name for name in graph.nodes if picked.random() < 0.4 and name != "n11"]
        try:
            graph = commands.group_nodes(graph, REGISTRY, names, f"g{number}")[0]
        except GraphError:
            continue
    assert evaluator.key(graph, "n11") == wanted
    assert evaluator.value(graph, "n11") == 12.0


def test_an_edit_inside_recomputes_what_depends_on_it_alone() -> None:
    evaluator = Evaluator(REGISTRY)
    graph = grouped()
    evaluator.value(graph, "all")
    before = kit.RUNS["add"]
    graph = edited_at(graph, ("group",), lambda inner: inner.with_parameter("three", "value", 5.0))
    assert evaluator.value(graph, "all") == 12.0
    assert kit.RUNS["add"] == before + 1


def test_a_promoted_parameter_works_and_can_be_keyframed() -> None:
    graph, alias = commands.promote(grouped(), REGISTRY, ("group",), "two", "value")
    evaluator = Evaluator(REGISTRY)
    graph = commands.set_parameter(graph, REGISTRY, "group", alias, 20.0)
    assert evaluator.value(graph, "group.two") == 21.0
    curve = Curve((Key(0, 0.0, "linear"), Key(10, 10.0)))
    graph = commands.set_parameter(graph, REGISTRY, "group", alias, curve)
    assert [evaluator.value(graph, "group.two", frame=frame) for frame in (0, 5, 10)] == [1.0, 6.0, 11.0]


def test_a_group_gives_what_its_outputs_give() -> None:
    evaluator = Evaluator(REGISTRY)
    graph = grouped()
    assert evaluator.value(graph, "group") in (3.0, 6.0)
    assert {evaluator.value(graph, "group", name) for name in ("number", "number_2")} == {3.0, 6.0}
    with pytest.raises(NodeFailure, match="nothing inside"):
        evaluator.value(
            edited_at(graph, ("group",), lambda inner: inner.without_link(None, "number", "in")),
            "group",
            "number",
        )


def test_the_client_speaks_of_inner_nodes_by_their_address(engine: Engine) -> None:
    graph = grouped()
    (answer,) = engine.look(graph, "group")
    assert answer.node == "group"
    states = engine.states(answer.request)
    assert {"one", "group.two"} <= set(states)
    again = edited_at(graph, ("group",), lambda inner: inner.with_parameter("two", "value", 9.0))
    assert engine.value(again, "group.two") == 10.0
    request = engine.client.look(kit.graph({"bad": "fail"}), (View(0, "bad"),), 0)
    engine.done(request)
    failing = commands.group_nodes(kit.graph({"bad": "fail"}), REGISTRY, ["bad"])[0]
    (failed,) = engine.look(failing, "group")
    assert failed.error.node == "group.bad"  # type: ignore[union-attr]
    assert any(isinstance(event, NodeState) and event.node == "group.bad" for event in engine.events)
