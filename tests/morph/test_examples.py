"""The example graphs of the morph nodes are whole."""

from pathlib import Path

import pytest

from app.document.check import check
from app.document.format import load_strict
from nodes.sdk.registry import default_registry

GRAPHS = Path(__file__).resolve().parents[2] / "resources" / "graphs"


@pytest.mark.parametrize("name", ["morph_heads", "morph_shapes"])
def test_an_example_has_no_problem_but_models_to_fetch(name):
    graph = load_strict(GRAPHS / f"{name}.graph", default_registry())
    problems = [str(problem) for problem in check(graph, default_registry()) if "model" not in str(problem)]
    assert problems == []
