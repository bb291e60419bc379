"""What is computed, when, and what is said when it cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.document.curve import Curve, Key
from app.document.graph import Graph, Port
from app.engine.evaluate import Evaluator, NodeFailure
from app.engine.protocol import NodeState, View
from nodes.sdk import Cancelled
from tests.engine import kit


@pytest.fixture
def evaluator() -> Evaluator:
    kit.RUNS.clear()
    return Evaluator(kit.registry(), device="cpu")


def computed(evaluator: Evaluator, graph: Graph, node: str, frame: int = 0) -> list[str]:
    """The nodes that were computed to have a value."""
    states: list[NodeState] = []
    evaluator.value(graph, node, frame=frame, on_state=states.append)
    return [state.node for state in states if state.state == "fresh"]


def test_a_chain_adds_up(evaluator: Evaluator) -> None:
    assert evaluator.value(kit.chain(1000), "n999") == 1000


def test_changing_a_label_or_position_does_not_recompute(evaluator: Evaluator) -> None:
    graph = kit.chain(5)
    assert len(computed(evaluator, graph, "n4")) == 5
    moved = graph.with_positions({"n1": (50, 60)})
    moved = moved.with_node("n2", replace(moved.nodes["n2"], label="hello", colour="#ff0000"))
    assert computed(evaluator, moved, "n4") == []


def test_changing_a_parameter_recomputes_exactly_what_depends_on_it(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"a": "number", "b": ("number", {"value": 1.0}), "x": "add", "y": "add", "end": "total"},
        {"x": {"a": "a"}, "y": {"a": "b"}, "end": {"items": ["x", "y"]}},
    )
    assert sorted(computed(evaluator, graph, "end")) == ["a", "b", "end", "x", "y"]
    assert computed(evaluator, graph.with_parameter("x", "value", 2.0), "end") == ["x", "end"]
    assert computed(evaluator, graph, "end") == []


def test_editing_the_last_node_of_a_long_chain_recomputes_one_node(evaluator: Evaluator) -> None:
    graph = kit.chain(1000)
    evaluator.value(graph, "n999")
    assert computed(evaluator, graph.with_parameter("n999", "value", 7.0), "n999") == ["n999"]


def test_two_identical_branches_are_computed_once(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"a": "number", "x": "add", "y": "add", "end": "total"},
        {"x": {"a": "a"}, "y": {"a": "a"}, "end": {"items": ["x", "y"]}},
    )
    states: list[NodeState] = []
    evaluator.value(graph, "end", on_state=states.append)
    assert kit.RUNS["add"] == 1
    assert {state.state for state in states if state.node in "xy"} == {"computing", "fresh", "cached"}


def test_a_switch_never_evaluates_its_dead_branch(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"dead": "fail", "live": ("number", {"value": 3.0}), "pick": ("switch_number", {"use": "b"})},
        {"pick": {"a": "dead", "b": "live"}},
    )
    assert evaluator.value(graph, "pick") == 3.0
    assert kit.RUNS["fail"] == 0
    key = evaluator.key(graph, "pick")
    other_dead_branch = graph.with_link(Port("live", "out"), "dead", "a")
    assert evaluator.key(other_dead_branch, "pick") == key


def test_a_keyframed_switch_follows_its_curve(evaluator: Evaluator) -> None:
    amount = Curve((Key(0, 0.0, "constant"), Key(5, 1.0, "constant")))
    graph = kit.graph(
        {
            "a": ("number", {"value": 1.0}),
            "b": ("number", {"value": 2.0}),
            "pick": ("moving_switch", {"amount": amount}),
        },
        {"pick": {"a": "a", "b": "b"}},
    )
    assert evaluator.value(graph, "pick", frame=2) == 1.0
    assert kit.RUNS["number"] == 1
    assert evaluator.value(graph, "pick", frame=7) == 2.0


def test_a_still_is_computed_once_for_many_frames(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"still": "number", "clip": "frame_number", "sum": "total"}, {"sum": {"items": ["still", "clip"]}}
    )
    assert [evaluator.value(graph, "sum", frame=f) for f in range(10)] == list(range(10))
    assert kit.RUNS["number"] == 1
    assert kit.RUNS["frame_number"] == 10


def test_a_constant_stretch_of_a_curve_is_computed_once(evaluator: Evaluator) -> None:
    curve = Curve((Key(10, 1.0, "linear"), Key(20, 2.0)))
    graph = kit.graph({"a": ("number", {"value": curve})})
    assert [evaluator.value(graph, "a", frame=f) for f in (0, 5, 10, 15, 20, 25)] == [1, 1, 1, 1.5, 2, 2]
    assert kit.RUNS["number"] == 3


def test_a_default_written_out_is_the_same_as_the_default(evaluator: Evaluator) -> None:
    graph = kit.graph({"a": "number"})
    assert evaluator.key(graph, "a") == evaluator.key(graph.with_parameter("a", "value", 0.0), "a")


def test_a_disabled_node_passes_through_and_vanishes_from_keys(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"a": ("number", {"value": 4.0}), "x": "add", "y": "add"}, {"x": {"a": "a"}, "y": {"a": "x"}}
    )
    off = graph.with_node("x", replace(graph.nodes["x"], parameters={"value": 9.0}, disabled=True))
    assert evaluator.value(off, "y") == 4.0
    assert evaluator.value(off, "x") == 4.0
    direct = kit.graph({"a": ("number", {"value": 4.0}), "y": "add"}, {"y": {"a": "a"}})
    assert evaluator.key(off, "y") == evaluator.key(direct, "y")


def test_a_disabled_source_leaves_an_optional_input_unwired(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"a": "number", "b": ("number", {"value": 5.0}), "x": "add"}, {"x": {"a": "a", "b": "b"}}
    )
    off = graph.with_node("b", replace(graph.nodes["b"], disabled=True))
    assert evaluator.value(graph, "x") == 5.0
    assert evaluator.value(off, "x") == 0.0
    with pytest.raises(NodeFailure, match="nothing to pass through"):
        evaluator.value(off, "b")


def test_a_window_gets_its_frames_held_at_the_ends_of_the_range(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"clip": "frame_number", "five": "window"}, {"five": {"items": "clip"}}, first=0, last=9
    )
    rows = [[cell for (cell,) in evaluator.value(graph, "five", frame=f).rows] for f in (0, 5, 9)]
    assert rows == [[0, 0, 0, 1, 2], [3, 4, 5, 6, 7], [7, 8, 9, 9, 9]]


def test_a_window_over_frames_computes_each_frame_once(evaluator: Evaluator) -> None:
    graph = kit.graph({"clip": "frame_number", "five": "window"}, {"five": {"items": "clip"}}, last=99)
    for frame in range(10, 20):
        evaluator.value(graph, "five", frame=frame)
    assert kit.RUNS["frame_number"] == 14


def test_a_sequential_node_is_evaluated_in_frame_order(evaluator: Evaluator) -> None:
    graph = kit.graph({"clip": "frame_number", "sum": "accumulate"}, {"sum": {"a": "clip"}}, first=0, last=99)
    assert evaluator.value(graph, "sum", frame=10) == sum(range(11))
    assert kit.RUNS["accumulate"] == 11


def test_playing_forward_costs_a_sequential_node_one_step_a_frame(evaluator: Evaluator) -> None:
    graph = kit.graph({"clip": "frame_number", "sum": "accumulate"}, {"sum": {"a": "clip"}}, last=99)
    for frame in range(50):
        evaluator.value(graph, "sum", frame=frame)
    assert kit.RUNS["accumulate"] == 50


def test_scrubbing_a_sequential_node_starts_at_a_checkpoint(evaluator: Evaluator) -> None:
    graph = kit.graph({"clip": "frame_number", "sum": "accumulate"}, {"sum": {"a": "clip"}}, last=199)
    evaluator.value(graph, "sum", frame=150)
    for key, entry in list(evaluator.cache._entries.items()):
        if entry.result.outputs:  # Whole results made room for others; the small states stayed.
            evaluator.cache._drop(key)
    kit.RUNS.clear()
    assert evaluator.value(graph, "sum", frame=140) == sum(range(141))
    assert kit.RUNS["accumulate"] <= 16
    assert kit.RUNS["frame_number"] <= 16


def test_a_changed_file_is_read_again(evaluator: Evaluator, tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("before", "utf-8")
    graph = kit.graph({"words": ("read_file", {"path": str(path)})})
    assert evaluator.value(graph, "words") == "before"
    assert evaluator.value(graph, "words") == "before"
    assert kit.RUNS["read_file"] == 1
    path.write_text("afterwards", "utf-8")
    assert evaluator.value(graph, "words") == "afterwards"


def test_a_file_that_comes_back_is_read(evaluator: Evaluator, tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    graph = kit.graph({"words": ("read_file", {"path": str(path)})})
    with pytest.raises(NodeFailure):
        evaluator.value(graph, "words")
    path.write_text("here", "utf-8")
    assert evaluator.value(graph, "words") == "here"


def test_proxy_and_frame_rate_matter_only_to_nodes_that_read_them(evaluator: Evaluator) -> None:
    graph = kit.graph({"p": "proxy_number", "n": "number"}, fps=30.0)
    assert evaluator.value(graph, "p", proxy=4) == 120.0
    assert evaluator.key(graph, "p", proxy=4) != evaluator.key(graph, "p")
    assert evaluator.key(graph, "n", proxy=4) == evaluator.key(graph, "n")


def test_several_outputs_come_from_one_run(evaluator: Evaluator) -> None:
    graph = kit.graph({"p": "picture", "two": "two_outputs"}, {"two": {"image": "p"}})
    assert evaluator.value(graph, "two", "mask").alpha.shape == (48, 64)
    assert evaluator.value(graph, "two").pixels.shape == (48, 64, 3)
    assert kit.RUNS["two_outputs"] == 1


# -- failures ---------------------------------------------------------------------------------


def test_a_failure_names_its_node_and_sums_up_the_inputs(evaluator: Evaluator) -> None:
    graph = kit.graph({"p": "picture", "f": "fail", "x": "add"}, {"f": {"image": "p"}, "x": {"a": "f"}})
    with pytest.raises(NodeFailure) as caught:
        evaluator.value(graph, "x")
    failure = caught.value
    assert (failure.where, failure.what, failure.hint) == (
        "f",
        "the picture has no face",
        "Choose another picture",
    )
    assert failure.inputs == ("a: nothing", "image: Image 64 x 48 RGB, sRGB")
    assert failure.details == ""
    assert str(failure) == "f: the picture has no face. Choose another picture"


def test_independent_branches_go_on_and_the_rest_says_who_blocks_it(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"f": "fail", "ok": "number", "behind": "add", "end": "total"},
        {"behind": {"a": "f"}, "end": {"items": ["behind", "ok"]}},
    )
    states: list[NodeState] = []
    seen = {}
    evaluator.look(
        graph,
        (View(0, "end"), View(1, "ok")),
        0,
        on_view=lambda view, value: seen.update({view.slot: value}),
        on_state=states.append,
    )
    assert isinstance(seen[0], NodeFailure)
    assert seen[1] == 0.0
    final = {state.node: state for state in states}
    assert final["f"].state == "failed"
    assert final["f"].error is not None
    assert (final["behind"].state, final["behind"].blocked_by) == ("blocked", "f")
    assert (final["end"].state, final["end"].blocked_by) == ("blocked", "f")
    assert final["ok"].state == "fresh"


def test_a_fault_of_a_node_is_told_with_its_traceback(evaluator: Evaluator) -> None:
    with pytest.raises(NodeFailure, match="KeyError") as caught:
        evaluator.value(kit.graph({"b": "broken"}), "b")
    assert "nonsense" in caught.value.details


@pytest.mark.parametrize(
    ("graph", "where", "what"),
    [
        (kit.graph({"x": "add"}), "x", "'a' is not wired"),
        (kit.graph({"x": "not_there"}), "x", "'not_there' is not known"),
        (kit.graph({"p": "picture", "x": "add"}, {"x": {"a": "p"}}), "x", "a Number, but 'p' gives an Image"),
        (kit.graph({"x": "add", "y": "add"}, {"x": {"a": "y"}, "y": {"a": "x"}}), "", "cycle"),
        (kit.graph({"x": "add"}, {"x": {"a": "ghost"}}), "x", "'ghost' that is not there"),
        (kit.graph({"n": "number", "x": "add"}, {"x": {"a": "n.nope"}}), "x", "'nope'"),
        (kit.graph({"x": ("number", {"value": float("nan")})}), "x", "cannot be nan"),
        (kit.graph({"x": ("number", {"value": "words"})}), "x", "cannot be 'words'"),
        (kit.graph({"n": "number", "x": "add"}, {"x": {"a": ["n", "n"]}}), "x", "takes one wire"),
        (kit.graph({"x": "wrong_type"}), "x", "should be an Image, but the node returned a Number"),
        (kit.graph({"x": "liar"}), "x", "without declaring it"),
    ],
)  # fmt: skip
def test_what_cannot_run_says_why(evaluator: Evaluator, graph: Graph, where: str, what: str) -> None:
    with pytest.raises(NodeFailure) as caught:
        evaluator.value(graph, "x")
    assert caught.value.where == where or not where
    assert what in caught.value.what


def test_behind_a_cycle_the_cycle_is_named(evaluator: Evaluator) -> None:
    graph = kit.graph(
        {"x": "add", "y": "add", "z": "add"}, {"x": {"a": "y"}, "y": {"a": "x"}, "z": {"a": "y"}}
    )
    states: list[NodeState] = []
    with pytest.raises(NodeFailure, match="cycle") as caught:
        evaluator.value(graph, "z", on_state=states.append)
    assert caught.value.where == "y"
    assert [state.blocked_by for state in states if state.node == "z"] == ["y"]


def test_a_node_between_two_cycles_is_not_accused_of_one(evaluator: Evaluator) -> None:
    wires = {"a": {"a": "b"}, "b": {"a": "a"}, "c": {"a": "d", "b": "m"}, "d": {"a": "c"}, "m": {"a": "a"}}
    graph = kit.graph(dict.fromkeys("abcdm", "add"), wires)
    for name in "abcd":
        with pytest.raises(NodeFailure, match=f"cycle through '{name}'"):
            evaluator.value(graph, name)
    with pytest.raises(NodeFailure, match="cycle through 'a'") as caught:
        evaluator.value(graph, "m")
    assert caught.value.where == "a"


def test_a_problem_at_an_earlier_frame_stops_a_sequential_node(evaluator: Evaluator) -> None:
    amount = Curve((Key(0, 0.0, "constant"), Key(5, 1.0, "constant")))
    graph = kit.graph(
        {
            "bad": "not_there",
            "b": "number",
            "pick": ("moving_switch", {"amount": amount}),
            "sum": "accumulate",
        },
        {"pick": {"a": "bad", "b": "b"}, "sum": {"a": "pick"}},
    )
    assert evaluator.value(graph, "pick", frame=7) == 0.0
    with pytest.raises(NodeFailure, match="not known"):
        evaluator.value(graph, "sum", frame=7)


def test_unknown_nodes_and_outputs_are_named(evaluator: Evaluator) -> None:
    with pytest.raises(NodeFailure, match="there is no node 'b'"):
        evaluator.value(kit.graph({"a": "number"}), "b")
    with pytest.raises(NodeFailure, match="there is no output 'b'"):
        evaluator.value(kit.graph({"a": "number"}), "a", "b")


def test_a_node_that_found_too_little_memory_is_tried_again_when_some_is_free(evaluator: Evaluator) -> None:
    graph = kit.graph({"n": "number", "g": "greedy"}, {"g": {"a": "n"}})
    assert evaluator.value(graph, "g") == 0.0
    assert kit.RUNS["greedy"] == 2


def test_the_checked_mode_catches_a_node_that_modifies_its_input() -> None:
    graph = kit.graph({"p": "picture", "v": "vandal"}, {"v": {"image": "p"}})
    Evaluator(kit.registry(), device="cpu", checked=False).value(graph, "v")
    with pytest.raises(NodeFailure, match="modifies its inputs") as caught:
        Evaluator(kit.registry(), device="cpu", checked=True).value(graph, "v")
    assert caught.value.where == "v"


def test_a_cancelled_evaluation_keeps_what_was_finished(evaluator: Evaluator) -> None:
    graph = kit.graph({"a": "number", "s": "slow"}, {"s": {"a": "a"}})
    with pytest.raises(Cancelled):
        evaluator.value(graph, "s", is_cancelled=lambda: kit.RUNS["slow"] > 0)
    assert computed(evaluator, graph.with_parameter("s", "seconds", 0.0), "s") == ["s"]


def test_progress_is_told_with_the_time_left(evaluator: Evaluator) -> None:
    states: list[NodeState] = []
    evaluator.value(kit.graph({"s": ("slow", {"seconds": 0.1})}), "s", on_state=states.append)
    running = [state for state in states if state.state == "computing"]
    assert [state.fraction for state in running] == sorted(state.fraction for state in running)
    assert 0 < running[-1].seconds_left < 0.1
    assert running[-1].doing == "waiting"


# -- memory -----------------------------------------------------------------------------------


def test_streaming_keeps_memory_flat_over_many_frames() -> None:
    evaluator = Evaluator(kit.registry(), device="cpu", streaming=True)
    graph = kit.graph(
        {"clip": ("moving_picture", {"size": 64}), "b": "brighten"}, {"b": {"image": "clip"}}, last=9999
    )
    used = []
    for frame in range(300):
        evaluator.value(graph, "b", frame=frame)
        used.append(evaluator.cache.used[0])
    assert max(used[10:]) == min(used[10:])


def test_snapshots_that_nobody_holds_are_forgotten(evaluator: Evaluator) -> None:
    import gc
    import weakref

    graph = kit.chain(10)
    evaluator.value(graph, "n9")
    gone = weakref.ref(graph)
    evaluator.value(graph.with_parameter("n9", "value", 3.0), "n9")
    del graph
    gc.collect()
    assert gone() is None


def test_a_range_key_stands_for_all_frames(evaluator: Evaluator) -> None:
    curve = Curve((Key(0, 0.0, "linear"), Key(20, 1.0)))
    graph = kit.graph({"a": ("number", {"value": curve})})
    key = evaluator.range_key(graph, "a", "", 0, 10)
    assert key == evaluator.range_key(graph.with_positions({"a": (1, 2)}), "a", "", 0, 10)
    assert key != evaluator.range_key(graph, "a", "", 0, 11)
    later = graph.with_parameter("a", "value", curve.with_key(Key(9, 0.9)))
    assert key != evaluator.range_key(later, "a", "", 0, 10)
