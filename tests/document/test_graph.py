"""The immutable graph and its curves."""

from __future__ import annotations

from itertools import pairwise
from multiprocessing import Pipe

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.curve import Curve, Key
from app.document.diff import Difference, diff
from app.document.graph import Backdrop, Graph, GraphError, NodeInstance, Port, Settings


def nodes(*names: str) -> Graph:
    graph = Graph()
    for name in names:
        graph = graph.with_node(name, NodeInstance("grade"))
    return graph


def test_upstream_gives_every_node_once_sources_first() -> None:
    graph = nodes("a", "b", "c", "d", "other")
    for source, target in (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("b", "c")):
        graph = graph.with_link(Port(source, "out"), target, f"from_{source}")
    assert graph.upstream("d") == ["a", "b", "c", "d"]


def test_upstream_of_a_long_chain_needs_no_deep_stack() -> None:
    names = [f"n{number}" for number in range(20_000)]
    wires = {below: {"image": (Port(above, "out"),)} for above, below in pairwise(names)}
    graph = Graph(dict.fromkeys(names, NodeInstance("grade")), wires)
    assert graph.upstream(names[-1]) == names


def test_a_loop_is_refused_however_long() -> None:
    graph = nodes("a", "b", "c").with_link(Port("a", "out"), "b", "x").with_link(Port("b", "out"), "c", "x")
    with pytest.raises(GraphError, match="cycle"):
        graph.with_link(Port("c", "out"), "a", "x")
    looped = Graph(graph.nodes, {**graph.wires, "a": {"x": (Port("c", "out"),)}})
    with pytest.raises(GraphError, match="cycle"):
        looped.upstream("a")


def test_a_graph_can_be_sent_to_another_process() -> None:
    graph = nodes("a", "b").with_link(Port("a", "out"), "b", "x")
    here, there = Pipe()
    with here, there:
        here.send(graph)
        again = there.recv()
    assert list(again.links()) == list(graph.links())


def test_the_difference_of_a_snapshot_to_itself_is_nothing() -> None:
    graph = nodes("a")
    assert not diff(graph, graph)
    assert not diff(nodes(), nodes())


def test_the_difference_names_each_thing_apart() -> None:
    before = nodes("a", "b", "c").with_link(Port("a", "out"), "b", "x")
    after = before.without_nodes(["c"]).with_node("d", NodeInstance("grade"))
    after = after.with_positions({"a": (1, 1)}).with_link(Port("d", "out"), "b", "x")
    after = Graph(after.nodes, after.wires, {"frame": Backdrop("Eyes", 0, 0, 1, 1)}, Settings(fps=30))
    assert diff(before, after) == Difference(
        added=("d",),
        removed=("c",),
        changed=("a",),
        wires_added=((Port("d", "out"), "b", "x"),),
        wires_removed=((Port("a", "out"), "b", "x"),),
        backdrops_added=("frame",),
        settings=True,
    )


def test_another_order_of_wires_is_a_difference() -> None:
    graph = nodes("a", "b", "s")
    one = graph.with_link(Port("a", "out"), "s", "x", many=True).with_link(
        Port("b", "out"), "s", "x", many=True
    )
    two = graph.with_link(Port("b", "out"), "s", "x", many=True).with_link(
        Port("a", "out"), "s", "x", many=True
    )
    found = diff(one, two)
    assert len(found.wires_added) == len(found.wires_removed) == 2


# -- curves ----------------------------------------------------------------------------------------

keys = st.lists(
    st.builds(
        Key, st.integers(-1000, 1000), st.floats(-100, 100), st.sampled_from(["smooth", "linear", "constant"])
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda key: key.frame,
).map(lambda drawn: Curve(tuple(sorted(drawn, key=lambda key: key.frame))))


@given(keys)
def test_a_curve_goes_through_its_keys(curve: Curve) -> None:
    for key in curve.keys:
        assert curve.at(key.frame) == pytest.approx(key.value, abs=1e-9)


@given(keys, st.floats(-2000, 2000))
def test_a_curve_never_leaves_the_range_of_the_keys_it_joins(curve: Curve, frame: float) -> None:
    around = [key for key in curve.keys if key.frame <= frame][-1:] + [
        key for key in curve.keys if key.frame > frame
    ][:1]
    low, high = min(key.value for key in around), max(key.value for key in around)
    margin = 1e-9 * (1 + abs(low) + abs(high))
    assert low - margin <= curve.at(frame) <= high + margin


def test_constant_holds_linear_goes_straight_and_smooth_eases() -> None:
    def middle(interpolation: str) -> float:
        return Curve((Key(0, 0, interpolation), Key(10, 1))).at(2.5)  # type: ignore[arg-type]

    assert middle("constant") == 0
    assert middle("linear") == 0.25
    assert 0 < middle("smooth") < 0.25


def test_keys_are_added_replaced_and_removed() -> None:
    curve = Curve((Key(0, 0), Key(10, 1)))
    assert [key.frame for key in curve.with_key(Key(5, 9)).keys] == [0, 5, 10]
    assert curve.with_key(Key(10, 2)).keys[-1].value == 2
    assert curve.without_key(0) == Curve((Key(10, 1),))
    assert Curve((Key(0, 0),)).without_key(0) is None


@pytest.mark.parametrize(
    "wrong",
    [(), (Key(1, 0), Key(1, 1)), (Key(2, 0), Key(1, 1)), (Key(0, float("nan")),), (Key(float("inf"), 0),)],
)
def test_a_curve_that_makes_no_sense_is_refused(wrong: tuple[Key, ...]) -> None:
    with pytest.raises(ValueError, match="key"):
        Curve(wrong)
