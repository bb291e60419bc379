"""Keys of several curves, one parameter of several nodes, and values as text."""

from __future__ import annotations

import pytest

from app.document import commands
from app.document.commands import KeyPlace, Track
from app.document.curve import Curve, Key
from app.document.graph import Graph, GraphError, NodeInstance
from nodes.sdk.params import ParameterSpec
from tests.document.kinds import grade, picture, registry

REGISTRY = registry()
GRADE, PICTURE = grade.spec, picture.spec
GAIN, SOFT = Track("a", "gain"), Track("a", "soft")


@pytest.fixture
def graph() -> Graph:
    """Two grades; the first one's gain has keys at 2, 6 and 12, its softness at 0 and 20."""
    gain = Curve((Key(2, 1.0, "linear"), Key(6, 3.0, "constant"), Key(12, 0.5)))
    soft = Curve((Key(0, -0.4), Key(20, 0.4)))
    made = Graph().with_node("a", NodeInstance("grade", parameters={"gain": gain, "soft": soft}))
    return made.with_node("b", NodeInstance("grade", parameters={"gain": 2.0}))


def spec_of(parameter: str) -> ParameterSpec:
    found = GRADE.parameter(parameter)
    assert found is not None
    return found


def keys(graph: Graph, track: Track) -> list[tuple[float, float, str]]:
    setting = graph.nodes[track.node].parameters[track.parameter]
    assert isinstance(setting, Curve)
    return [(key.frame, key.value, key.interpolation) for key in setting.keys]


def places(track: Track, *frames: float) -> list[KeyPlace]:
    return [KeyPlace(track, frame) for frame in frames]


# -- keys of several curves ------------------------------------------------------------------------


def test_curves_are_found_by_their_nodes(graph: Graph) -> None:
    assert list(commands.tracks_of(graph, ["a", "b", "gone"])) == [GAIN, SOFT]


def test_shifted_keys_land_on_whole_frames_and_stay_in_the_range_of_their_slider(graph: Graph) -> None:
    after, now = commands.shift_keys(graph, REGISTRY, places(GAIN, 6), 1.4, 9.0)
    assert keys(after, GAIN)[1] == (7, 4.0, "constant")
    assert now == {KeyPlace(GAIN, 7)}


def test_a_soft_range_does_not_bound_keys(graph: Graph) -> None:
    after, _ = commands.shift_keys(graph, REGISTRY, places(SOFT, 20), 0, 2.0)
    assert keys(after, SOFT)[1][:2] == (20, 2.4)


def test_keys_shifted_before_frame_zero_stop_there_together(graph: Graph) -> None:
    after, now = commands.shift_keys(graph, REGISTRY, places(GAIN, 2, 6), -50, 0.0)
    assert [frame for frame, _, _ in keys(after, GAIN)] == [0, 4, 12]
    assert {place.frame for place in now} == {0, 4}


def test_keys_of_several_curves_move_together_and_replace_what_they_land_on(graph: Graph) -> None:
    chosen = [*places(GAIN, 2), *places(SOFT, 0)]
    after, _ = commands.shift_keys(graph, REGISTRY, chosen, 4, 0.1)
    assert keys(after, GAIN) == [(6, 1.1, "linear"), (12, 0.5, "smooth")]
    assert keys(after, SOFT)[0][:2] == (4, pytest.approx(-0.3))


def test_deleted_keys_leave_the_rest_and_the_last_its_value(graph: Graph) -> None:
    after = commands.delete_keys(graph, REGISTRY, [*places(GAIN, 2, 6), *places(SOFT, 0, 20)])
    assert keys(after, GAIN) == [(12, 0.5, "smooth")]
    assert after.nodes["a"].parameters["soft"] == -0.4


def test_a_curve_deleted_down_to_the_default_is_not_stored(graph: Graph) -> None:
    assert "gain" not in commands.delete_keys(graph, REGISTRY, places(GAIN, 2, 6, 12)).nodes["a"].parameters


def test_shaped_keys_leave_their_frames_as_asked(graph: Graph) -> None:
    after = commands.shape_keys(graph, places(GAIN, 2, 12), "constant")
    assert [shape for _, _, shape in keys(after, GAIN)] == ["constant"] * 3


def test_an_added_key_leaves_as_the_curve_did_there(graph: Graph) -> None:
    after = commands.add_key(graph, REGISTRY, GAIN, 4.2, 2.0)
    assert keys(after, GAIN)[1] == (4, 2.0, "linear")
    assert keys(commands.add_key(graph, REGISTRY, GAIN, 0, 2.0), GAIN)[0] == (0, 2.0, "linear")


def test_what_has_no_keys_has_none_to_move(graph: Graph) -> None:
    nothing = Track("b", "gain")
    for edit in (
        lambda: commands.shift_keys(graph, REGISTRY, places(nothing, 0), 1, 1),
        lambda: commands.delete_keys(graph, REGISTRY, places(nothing, 0)),
        lambda: commands.shape_keys(graph, places(nothing, 0), "linear"),
        lambda: commands.add_key(graph, REGISTRY, nothing, 0, 1),
    ):
        with pytest.raises(GraphError, match="has no keys"):
            edit()


def test_the_bounds_of_curves_hold_every_key(graph: Graph) -> None:
    assert commands.key_bounds(commands.tracks_of(graph, ["a"])) == (0, 20, -0.4, 3.0)
    assert commands.key_bounds({}) is None


# -- one parameter of several nodes ----------------------------------------------------------------


def test_what_is_shown_follows_the_frame(graph: Graph) -> None:
    gain = spec_of("gain")
    at_key = commands.shown(graph, ["a"], gain, 2)
    assert (at_key.value, at_key.mixed, at_key.changed, at_key.key) == (1.0, False, True, "key")
    between = commands.shown(graph, ["a"], gain, 4)
    assert (between.value, between.key) == (2.0, "animated")
    both = commands.shown(graph, ["a", "b"], gain, 2)
    assert (both.mixed, both.key) == (True, "animated")


def test_a_stored_value_without_sense_is_shown_as_the_default() -> None:
    node = NodeInstance("grade", parameters={"gain": "loud"})
    assert commands.shown_value(node, spec_of("gain"), 0) == 1.0


def test_a_value_set_on_several_nodes_is_a_key_where_there_are_keys(graph: Graph) -> None:
    after = commands.set_values(graph, REGISTRY, ["a", "b"], spec_of("gain"), 3.5, 8)
    assert (8, 3.5, "constant") in keys(after, GAIN)
    assert after.nodes["b"].parameters["gain"] == 3.5


def test_a_value_of_another_type_is_refused(graph: Graph) -> None:
    with pytest.raises(GraphError):
        commands.set_values(graph, REGISTRY, ["b"], spec_of("gain"), "loud", 0)


def test_reset_parameters_store_nothing(graph: Graph) -> None:
    after = commands.reset_parameters(graph, REGISTRY, ["a", "b"], GRADE.parameters)
    assert not after.nodes["a"].parameters and not after.nodes["b"].parameters


def test_a_key_is_set_on_all_and_then_removed_from_all(graph: Graph) -> None:
    gain = spec_of("gain")
    once = commands.toggle_keys(graph, REGISTRY, ["a", "b"], gain, 4)
    assert (4, 2.0, "linear") in keys(once, GAIN)
    assert keys(once, Track("b", "gain")) == [(4, 2.0, "smooth")]
    twice = commands.toggle_keys(once, REGISTRY, ["a", "b"], gain, 4)
    assert keys(twice, GAIN) == keys(graph, GAIN)
    assert twice.nodes["b"].parameters["gain"] == 2.0


def test_a_value_is_kept_when_its_animation_ends(graph: Graph) -> None:
    after = commands.stop_animating(graph, REGISTRY, ["a", "b"], spec_of("gain"), 4)
    assert after.nodes["a"].parameters["gain"] == 2.0
    assert after.nodes["b"].parameters["gain"] == 2.0


# -- values as text --------------------------------------------------------------------------------


def test_copied_values_come_back_whole_and_return_the_rest_to_its_default(graph: Graph) -> None:
    text = commands.copy_values(GRADE, graph.nodes["a"])
    changed = graph.with_parameter("b", "words", "gone")
    after = commands.paste_values(changed, ["b"], GRADE, text)
    assert after.nodes["b"].parameters == graph.nodes["a"].parameters


@pytest.mark.parametrize(
    "text", ["", "no values", "[]", '{"format": "facewright.values"}', '{"values": {}}', "[" * 100_000]
)
def test_what_holds_no_values_is_told(graph: Graph, text: str) -> None:
    with pytest.raises(GraphError, match="no values in the clipboard"):
        commands.paste_values(graph, ["b"], GRADE, text)


def test_values_of_a_kind_with_nothing_in_common_are_told(graph: Graph) -> None:
    text = commands.copy_values(PICTURE, NodeInstance("picture", parameters={"path": "a.png"}))
    with pytest.raises(GraphError, match="another kind"):
        commands.paste_values(graph, ["b"], GRADE, text)
