"""The example graphs of the face nodes are whole, and every face node appears in one."""

import json
from pathlib import Path

import pytest

from app.document.check import check
from app.document.format import load_strict
from nodes.sdk.registry import default_registry

GRAPHS = Path(__file__).resolve().parents[2] / "resources" / "graphs"
NAMES = (
    "analyse_a_photo", "crop_change_and_paste_back", "faces_in_a_photo", "follow_a_face", "parse_a_face",
    "people_of_a_folder", "who_is_it",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_problem_but_models_to_fetch(name):
    graph = load_strict(GRAPHS / f"{name}.graph", default_registry())
    problems = [str(p) for p in check(graph, default_registry()) if "model" not in str(p)]
    assert problems == []


def test_every_face_node_has_an_example():
    registry = default_registry()
    shown = set()
    for name in NAMES:
        shown |= {node.kind for node in load_strict(GRAPHS / f"{name}.graph", registry).nodes.values()}
    ours = {spec.id for spec in registry if spec.function.__module__.startswith("nodes.face.")}
    assert ours <= shown


@pytest.mark.models
def test_faces_are_evaluated_from_the_command_line_by_what_they_are(tmp_path):
    from app.cli import main
    from tests.samples import model

    model("face_detector"), model("face_landmarker")
    out = tmp_path / "faces.json"
    assert main(["eval", str(GRAPHS / "faces_in_a_photo.graph"), "landmarks.faces", "-o", str(out)]) == 0
    (face,) = json.loads(out.read_text())["faces"]
    assert len(face["landmarks"]) == 478
