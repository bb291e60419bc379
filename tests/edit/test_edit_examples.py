"""The example graphs of editing are whole and need nothing but what comes with the program."""

from pathlib import Path

import pytest

from app.document.check import check
from app.document.format import load_strict
from nodes.sdk.models import cards
from nodes.sdk.registry import default_registry

GRAPHS = Path(__file__).resolve().parents[2] / "resources" / "graphs"
NAMES = (
    "smile_on_a_portrait", "smile_over_a_clip", "puppeteer_a_portrait", "relight_a_portrait", "swap_a_face",
    "swap_a_head",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_problem_but_models_to_fetch(name):
    graph = load_strict(GRAPHS / f"{name}.graph", default_registry())
    problems = [str(p) for p in check(graph, default_registry()) if "model" not in str(p)]
    assert problems == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_needs_no_model_that_forbids_commercial_use(name):
    registry = {spec.id: spec for spec in default_registry()}
    graph = load_strict(GRAPHS / f"{name}.graph", default_registry())
    used = {card for node in graph.nodes.values() for card in registry[node.kind].models}
    assert all(cards()[card].commercial for card in used)
