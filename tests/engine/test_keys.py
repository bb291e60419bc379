"""Keys that are carried over from edit to edit are those that a fresh look would give."""

from __future__ import annotations

from hypothesis import given

from app.document.graph import Graph
from app.engine.failure import NodeFailure
from app.engine.keys import Key, Planner
from tests.engine import kit
from tests.engine.test_snapshot import edited, edits


def all_keys(planner: Planner, graph: Graph, frame: int) -> dict[str, Key | str | None]:
    """Every node's key, or why there is none."""
    found: dict[str, Key | str | None] = {}
    keys = planner.keys(graph)
    for name in graph.nodes:
        try:
            number, _ = keys.plan.locate(name, "")
        except NodeFailure as failure:
            found[name] = failure.what
            continue
        keys.prepare([(number, frame)])
        problem = keys.plan.steps[number].problem
        found[name] = problem.what if problem else keys.of(number, frame)
    return found


@given(edits)
def test_keys_after_any_edits_are_those_of_a_fresh_look(
    steps: list[tuple[str, str, str]],
) -> None:
    registry = kit.registry()
    planner = Planner(registry)
    graph = Graph()
    for number, (what, one, two) in enumerate(steps):
        graph = edited(graph, what, one, two, number)
        assert all_keys(planner, graph, 3) == all_keys(Planner(registry), graph, 3)


def test_keys_do_not_depend_on_names_or_the_order_of_nodes() -> None:
    registry = kit.registry()
    one = kit.graph({"a": "number", "b": "add"}, {"b": {"a": "a"}})
    other = kit.graph({"second": "add", "first": "number"}, {"second": {"a": "first"}})
    assert all_keys(Planner(registry), one, 0)["b"] == all_keys(Planner(registry), other, 0)["second"]


def test_another_version_or_wiring_has_another_key() -> None:
    registry = kit.registry()
    wires = {"x": {"a": "n", "b": "m"}}
    base = kit.graph({"n": "number", "m": ("number", {"value": 2.0}), "x": "add"}, wires)
    swapped = kit.graph(
        {"n": "number", "m": ("number", {"value": 2.0}), "x": "add"}, {"x": {"a": "m", "b": "n"}}
    )
    keys = all_keys(Planner(registry), base, 0)
    assert keys["x"] != all_keys(Planner(registry), swapped, 0)["x"]
    assert len(set(keys.values())) == 3
