"""Named values: those that ship fit their node, the user's own are kept as plain text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.curve import Curve, Key
from app.ui.panels import ParameterPanel, presets
from app.ui.panels.presets import Preset
from nodes.sdk.registry import default_registry
from tests.ui.canvas.fakes import SmallSession, face_graph, small_registry, steps


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", sorted(path.stem for path in presets.SHIPPED.glob("*.json")))
def test_shipped_presets_fit_their_node(kind: str) -> None:
    spec = default_registry().get(kind)
    assert spec is not None
    found = presets.presets_of(kind)
    assert len(found) > 5
    groups = {parameter.group for parameter in spec.parameters}
    for preset in found:
        assert preset.groups is not None and preset.groups <= groups
        for name, value in preset.values.items():
            parameter = spec.parameter(name)
            assert parameter is not None and parameter.coerce(value) == value
            assert parameter.group in preset.groups


def test_preset_sets_its_groups_and_leaves_the_others() -> None:
    graph = face_graph().with_parameter("edit", "smile_left", 0.5).with_parameter("edit", "turn", 9.0)
    spec = small_registry().get("edit_expression")
    assert spec is not None
    preset = Preset("Open", {"jaw_open": 0.7}, frozenset({"Mouth"}))
    after = presets.applied(graph, small_registry(), ["edit"], spec, preset, 0.0)
    assert dict(after.nodes["edit"].parameters) == {"jaw_open": 0.7, "turn": 9.0}


def test_animated_parameters_get_a_key() -> None:
    graph = face_graph().with_parameter("edit", "jaw_open", Curve((Key(0, 0.1),)))
    spec = small_registry().get("edit_expression")
    assert spec is not None
    after = presets.applied(graph, small_registry(), ["edit"], spec, Preset("Open", {"jaw_open": 0.7}), 12.0)
    setting = after.nodes["edit"].parameters["jaw_open"]
    assert isinstance(setting, Curve)
    assert [(key.frame, key.value) for key in setting.keys] == [(0, 0.1), (12, 0.7)]


def test_own_preset_is_kept_used_and_forgotten(
    panel: ParameterPanel, session: SmallSession, data: Path
) -> None:
    session.edit("set", lambda g: g.with_parameter("edit", "jaw_open", 0.6))
    panel.keep_preset(" Ah ")
    stored = json.loads((data / "presets" / "edit_expression.json").read_text())
    assert stored["presets"][0]["values"] == {"jaw_open": 0.6}
    own = next(preset for preset in presets.presets_of("edit_expression") if preset.own)
    panel.reset_all()
    panel.apply_preset(own)
    assert session.graph.nodes["edit"].parameters["jaw_open"] == 0.6
    assert steps(session) == 3
    panel.forget_preset("Ah")
    assert not any(preset.own for preset in presets.presets_of("edit_expression"))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"presets": 3}', '{"presets": [{"title": "x", "values": 3}]}']
)
def test_damaged_presets_are_left_out(data: Path, text: str) -> None:
    path = presets.user_file("blur")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert presets.presets_of("blur") == []


def test_values_that_do_not_fit_are_left_out() -> None:
    spec = small_registry().get("edit_expression")
    assert spec is not None
    odd = Preset("Odd", {"jaw_open": "wide", "nothing": 1, "tint": [1, 1], "mirror": True})
    after = presets.applied(face_graph(), small_registry(), ["edit"], spec, odd, 0.0)
    assert dict(after.nodes["edit"].parameters) == {"mirror": True}


def test_every_expression_that_ships_has_its_face() -> None:
    shipped = [preset for preset in presets.presets_of("edit_expression") if not preset.own]
    assert len(shipped) > 10
    for preset in shipped:
        assert presets.picture_of("edit_expression", preset.title).is_file(), preset.title


def test_a_click_on_a_face_sets_its_values_in_one_step(panel: ParameterPanel, session: SmallSession) -> None:
    strip = panel.strip
    assert strip.isVisible() and strip.count() > 10
    said = next(strip.item(row) for row in range(strip.count()) if strip.item(row).text() == "Say ah")
    before = steps(session)
    said.setData(Qt.ItemDataRole.UserRole, Preset("Say ah", {"jaw_open": 0.6}))
    strip.scrollToItem(said)
    place = strip.visualItemRect(said).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.graph.nodes["edit"].parameters["jaw_open"] == 0.6
    assert steps(session) == before + 1


def test_faces_are_chosen_by_the_keyboard(panel: ParameterPanel, session: SmallSession) -> None:
    strip = panel.strip
    strip.setFocus()
    strip.setCurrentRow(0)
    QTest.keyClick(strip, Qt.Key.Key_Right)
    current = strip.currentItem()
    assert current is strip.item(1)
    current.setData(Qt.ItemDataRole.UserRole, Preset("Smile", {"smile_left": 0.5}))
    QTest.keyClick(strip, Qt.Key.Key_Return)
    assert session.graph.nodes["edit"].parameters["smile_left"] == 0.5


def test_nodes_without_pictures_have_no_row_of_them(panel: ParameterPanel, session: SmallSession) -> None:
    session.select(["photo"])
    assert not panel.strip.isVisible()
    session.select([])
    assert not panel.strip.isVisible()
