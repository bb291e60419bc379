"""Two variants looked at together: what they share is computed once."""

from __future__ import annotations

from app.document import commands
from app.document.graph import Port
from app.document.variants import beside
from app.engine.evaluate import Evaluator
from app.engine.protocol import View, ViewReady
from tests.engine import kit
from tests.engine.conftest import Engine

REGISTRY = kit.registry()


def test_a_comparison_computes_what_differs_and_nothing_twice() -> None:
    graph = commands.save_variant(kit.chain(6), "low")
    graph = graph.with_parameter("n4", "value", 10.0)
    found = beside(graph, "low", Port("n5", "out"))
    assert found is not None
    both, port = found
    evaluator = Evaluator(REGISTRY)
    before = kit.RUNS["add"]
    values: dict[str, float] = {}
    evaluator.look(
        both,
        (View(1, "n5", "out"), View(2, port.node, port.output)),
        0,
        on_view=lambda view, value: values.__setitem__(view.node, value),
    )
    assert values == {"n5": 15.0, port.node: 6.0}
    assert kit.RUNS["add"] - before == 3 + 2 + 2


def test_the_client_answers_for_both(engine: Engine) -> None:
    graph = commands.save_variant(kit.chain(3), "low").with_parameter("n1", "value", 4.0)
    found = beside(graph, "low", Port("n2", "out"))
    assert found is not None
    answers = engine.look(found[0], "n2", found[1].node)
    assert [each.preview.value for each in answers if isinstance(each, ViewReady)] == [6.0, 3.0]
