"""A node that works long shows how its result stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.engine.evaluate import Evaluator
from app.engine.protocol import Thumbnail, View, ViewReady
from nodes.sdk import Context
from nodes.sdk.context import PREVIEW_INTERVAL
from nodes.sdk.values import Image
from tests.engine import kit
from tests.engine.conftest import Engine

GRAPH = kit.graph({"p": "patient", "b": "brighten"}, {"b": {"image": "p"}})


def test_previews_come_with_the_name_of_the_node_that_works() -> None:
    shown: list[tuple[str, Any]] = []
    Evaluator(kit.registry(), device="cpu").look(
        GRAPH,
        (View(0, "b"),),
        0,
        on_view=lambda view, value: None,
        on_preview=lambda node, value: shown.append((node, value)),
    )
    assert [node for node, _ in shown] == ["p"]
    assert isinstance(shown[0][1], Image)


def test_viewers_that_wait_show_the_preview_and_then_the_result(engine: Engine) -> None:
    request = engine.client.look(GRAPH, (View(0, "b"), View(1, "p")), 0)
    engine.done(request)
    for slot in (0, 1):
        answers = [event for event in engine.of(ViewReady) if event.slot == slot]
        assert len(answers) == 2
        first, last = answers
        assert first.proxy > 1 and last.proxy == 1
        assert first.preview.pixels is not None and last.preview.pixels is not None
        assert not np.array_equal(first.preview.pixels, last.preview.pixels)
    assert engine.until(Thumbnail, lambda event: event.node == "p")


def test_previews_are_shown_now_and_then_only() -> None:
    shown: list[Any] = []
    context = Context(on_preview=shown.append)
    for _ in range(50):
        context.preview(1.0)
    assert len(shown) == 1 and not context.wants_preview and PREVIEW_INTERVAL > 0
    assert not Context().wants_preview
