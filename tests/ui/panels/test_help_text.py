"""What a tool tip takes from a node's help."""

from __future__ import annotations

import pytest

from app.document.graph import Graph, NodeInstance
from app.ui.panels import ParameterPanel
from app.ui.panels.help_text import about, tip
from nodes.sdk.node import NodeSpec
from nodes.sdk.registry import default_registry
from tests.ui.canvas.fakes import SmallSession


def spec_of(kind: str) -> NodeSpec:
    found = default_registry().get(kind)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "parameter", "words"),
    [
        ("face_landmarks", "confidence", "how sure the detector must be. Lower it for dark or half-hidden"),
        ("apply_motion", "gaze", "how much of each is taken"),
        ("smooth_motion", "mouth", ""),
        ("grade_image", "tint", ""),
    ],
)
def test_the_point_about_a_parameter_is_found(kind: str, parameter: str, words: str) -> None:
    spec = spec_of(kind)
    found = next(each for each in spec.parameters if each.name == parameter)
    said = about(spec, found)
    assert said.startswith(words) if words else said == ""
    assert "*" not in said and "`" not in said


def test_a_point_that_goes_over_several_lines_is_whole() -> None:
    spec = spec_of("face_landmarks")
    found = next(each for each in spec.parameters if each.name == "orientation")
    assert about(spec, found).endswith("unsure or tilted.")


def test_tool_tips_name_the_range_with_its_unit() -> None:
    spec = spec_of("edit_expression")
    yaw = next(each for each in spec.parameters if each.name == "yaw")
    assert "degrees" in tip(spec, yaw) and "60" in tip(spec, yaw)


def test_the_field_has_the_tip_of_its_name(qtbot) -> None:
    session = SmallSession(Graph(nodes={"it": NodeInstance("face_landmarks")}), default_registry())
    panel = ParameterPanel(session)
    qtbot.addWidget(panel)
    session.select(["it"])
    row = panel.rows["confidence"]
    assert "how sure" in row.control.toolTip() and "how sure" in row.label.toolTip()
