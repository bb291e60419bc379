"""What hands can do to a graph, and what they are told when they cannot."""

from __future__ import annotations

import pytest

from app.document import commands
from app.document.curve import Curve, Key
from app.document.format import read_text
from app.document.graph import Graph, GraphError, NodeInstance, Port
from tests.document.kinds import registry
from tests.document.likeness import contents

REGISTRY = registry()


def build(*kinds: str) -> Graph:
    """Nodes of these kinds; "name:kind" gives a name."""
    graph = Graph()
    for index, entry in enumerate(kinds):
        name, _, kind = entry.rpartition(":")
        graph, _ = commands.add_node(graph, REGISTRY, kind, (index * 100.0, 0.0), name)
    return graph


def wired(graph: Graph, *wires: str) -> Graph:
    """Wires written "a.out > b.image"."""
    for wire in wires:
        source, target = (end.strip().split(".") for end in wire.split(">"))
        graph = commands.connect(graph, REGISTRY, Port(*source), *target)
    return graph


def chain() -> Graph:
    graph = build("photo:picture", "a:grade", "b:grade", "end:write")
    return wired(graph, "photo.out > a.image", "a.out > b.image", "b.out > end.image")


def links(graph: Graph) -> list[str]:
    return sorted(f"{port.node}.{port.output} > {node}.{name}" for port, node, name in graph.links())


# -- nodes -----------------------------------------------------------------------------------------


def test_new_nodes_are_named_after_their_kind_with_a_free_number() -> None:
    assert list(build("grade", "grade", "grade").nodes) == ["grade", "grade_2", "grade_3"]


def test_a_new_node_has_the_version_of_its_kind() -> None:
    assert build("changed").nodes["changed"].version == 2


def test_a_kind_that_is_not_there_cannot_be_added() -> None:
    with pytest.raises(GraphError, match="there is no kind of node 'dream'"):
        commands.add_node(Graph(), REGISTRY, "dream")


def test_deleting_a_node_joins_the_wires_over_the_gap() -> None:
    assert links(commands.delete_nodes(chain(), REGISTRY, ["a"])) == [
        "b.out > end.image",
        "photo.out > b.image",
    ]


def test_deleting_several_nodes_in_a_row_joins_what_is_left() -> None:
    assert links(commands.delete_nodes(chain(), REGISTRY, ["a", "b"])) == ["photo.out > end.image"]


def test_deleting_can_leave_the_gap_open() -> None:
    assert links(commands.delete_nodes(chain(), REGISTRY, ["a"], join=False)) == ["b.out > end.image"]


def test_deleting_a_source_cuts_its_wires() -> None:
    assert links(commands.delete_nodes(chain(), REGISTRY, ["photo"])) == [
        "a.out > b.image",
        "b.out > end.image",
    ]


def test_healing_keeps_the_order_of_an_input_that_takes_many() -> None:
    graph = build("p:picture", "q:picture", "g:grade", "s:stack")
    graph = wired(graph, "p.out > g.image", "q.out > s.layers", "g.out > s.layers")
    graph = wired(graph, "p.out > s.layers")
    healed = commands.delete_nodes(graph, REGISTRY, ["g"])
    assert healed.sources("s", "layers") == (Port("q", "out"), Port("p", "out"))


def test_healing_never_joins_other_types() -> None:
    graph = wired(build("p:picture", "split", "blend"), "p.out > split.image", "split.matte > blend.matte")
    assert links(commands.delete_nodes(graph, REGISTRY, ["split"])) == []


def test_renaming_takes_the_wires_along() -> None:
    graph = commands.rename_node(chain(), "a", "warm")
    assert links(graph) == ["b.out > end.image", "photo.out > warm.image", "warm.out > b.image"]
    assert list(graph.nodes) == ["photo", "warm", "b", "end"]


@pytest.mark.parametrize("name", ["b", "", "1a", "a-b", "a.b", "a b"])
def test_a_name_that_is_taken_or_not_allowed_is_refused(name: str) -> None:
    with pytest.raises(GraphError):
        commands.rename_node(chain(), "a", name)


def test_names_of_any_script_are_allowed() -> None:
    assert "лицо" in commands.rename_node(chain(), "a", "лицо").nodes


def test_disabling_toggles_all_together() -> None:
    graph = commands.set_disabled(chain(), ["a"], True)
    graph = commands.toggle_disabled(graph, ["a", "b"])
    assert graph.nodes["a"].disabled and graph.nodes["b"].disabled
    graph = commands.toggle_disabled(graph, ["a", "b"])
    assert not graph.nodes["a"].disabled and not graph.nodes["b"].disabled


def test_a_colour_must_be_one() -> None:
    assert commands.set_colour(chain(), ["a"], "#12aBcd").nodes["a"].colour == "#12aBcd"
    with pytest.raises(GraphError):
        commands.set_colour(chain(), ["a"], "red")


# -- wires -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ("v.out > grade.image", "an Image socket does not take an Audio"),
        ("p.out > blend.matte", "the input takes a Mask, not an Image"),
        ("p.out > grade.none", "'grade' has no input 'none'"),
        ("p.none > grade.image", "'p' has no output 'none'"),
        ("p.out > nobody.image", "there is no node 'nobody'"),
    ],
)
def test_a_wire_that_does_not_fit_is_refused_with_the_reason(wire: str, words: str) -> None:
    graph = build("p:picture", "v:voice", "grade", "blend")
    with pytest.raises(GraphError, match=words):
        wired(graph, wire)


def test_a_second_wire_replaces_the_first_unless_the_input_takes_many() -> None:
    graph = build("p:picture", "q:picture", "grade", "stack")
    graph = wired(graph, "p.out > grade.image", "q.out > grade.image")
    graph = wired(graph, "p.out > stack.layers", "q.out > stack.layers", "p.out > stack.layers")
    assert graph.sources("grade", "image") == (Port("q", "out"),)
    assert graph.sources("stack", "layers") == (Port("p", "out"), Port("q", "out"))


def test_a_wire_that_closes_a_loop_is_refused() -> None:
    with pytest.raises(GraphError, match="a node cannot depend on its own result"):
        wired(chain(), "b.out > a.image")
    with pytest.raises(GraphError, match="wired to itself"):
        wired(chain(), "a.out > a.image")


def test_a_conversion_is_put_between_where_everybody_sees_it() -> None:
    graph = wired(build("p:picture", "split", "grade"), "p.out > split.image", "split.matte > grade.image")
    assert links(graph) == [
        "image_from_mask.out > grade.image",
        "p.out > split.image",
        "split.matte > image_from_mask.mask",
    ]
    middle = graph.nodes["image_from_mask"]
    assert middle.x == (graph.nodes["split"].x + graph.nodes["grade"].x) / 2


def test_a_conversion_of_the_same_value_is_used_again() -> None:
    graph = build("split", "a:grade", "b:grade")
    graph = wired(graph, "split.matte > a.image", "split.matte > b.image")
    assert [name for name, node in graph.nodes.items() if node.kind == "image_from_mask"] == [
        "image_from_mask"
    ]


def test_without_its_conversion_node_a_wire_is_refused() -> None:
    poorer = registry("image_from_mask")
    with pytest.raises(GraphError, match="the input takes an Image, not a Mask"):
        commands.connect(build("split", "grade"), poorer, Port("split", "matte"), "grade", "image")


def test_while_a_wire_is_drawn_every_socket_says_whether_it_takes_it() -> None:
    graph = chain()
    refused = commands.refusals_from(graph, REGISTRY, Port("a", "out"))
    assert refused("b", "image") is None
    assert refused("end", "image") is None
    assert refused("a", "image") is not None
    below = commands.refusals_into(graph, REGISTRY, "a", "image")
    assert below("photo", "out") is None
    assert below("b", "out") == "a node cannot depend on its own result"


def test_live_refusals_agree_with_what_connect_does() -> None:
    graph = wired(
        build("p:picture", "split", "blend", "stack", "g:grade"), "p.out > split.image", "g.out > blend.over"
    )
    for name, instance in graph.nodes.items():
        for output in REGISTRY.get(instance.kind).outputs:
            refused = commands.refusals_from(graph, REGISTRY, Port(name, output.name))
            for other, below in graph.nodes.items():
                for socket in REGISTRY.get(below.kind).inputs:
                    reason = refused(other, socket.name)
                    into = commands.refusals_into(graph, REGISTRY, other, socket.name)
                    assert into(name, output.name) == reason
                    try:
                        commands.connect(graph, REGISTRY, Port(name, output.name), other, socket.name)
                    except GraphError as error:
                        assert reason == error.what
                    else:
                        assert reason is None


def test_cutting_a_wire_that_is_not_there_changes_nothing() -> None:
    graph = chain()
    assert commands.disconnect(graph, "a", "image", Port("b", "out")) is graph
    assert commands.disconnect(graph, "photo", "image") is graph


def test_a_node_dropped_on_a_wire_is_put_into_it() -> None:
    graph, name = commands.add_node(chain(), REGISTRY, "grade", name="new")
    graph = commands.insert_on_wire(graph, REGISTRY, name, Port("a", "out"), "b", "image")
    assert "a.out > new.image" in links(graph)
    assert "new.out > b.image" in links(graph)
    assert "a.out > b.image" not in links(graph)


def test_a_node_that_does_not_fit_a_wire_is_refused() -> None:
    graph, name = commands.add_node(chain(), REGISTRY, "picture")
    with pytest.raises(GraphError, match="'Picture' does not fit into a wire of type Image"):
        commands.insert_on_wire(graph, REGISTRY, name, Port("a", "out"), "b", "image")
    with pytest.raises(GraphError, match="not there any more"):
        commands.insert_on_wire(graph, REGISTRY, name, Port("photo", "out"), "b", "image")


def test_a_node_cannot_be_put_into_a_wire_above_itself() -> None:
    graph = build("p:picture", "a:grade", "b:grade", "m:blend")
    graph = wired(graph, "p.out > a.image", "a.out > b.image", "b.out > m.base")
    with pytest.raises(GraphError, match="depend on its own result"):
        commands.insert_on_wire(graph, REGISTRY, "m", Port("p", "out"), "a", "image")


def test_nodes_taken_out_keep_the_wires_among_them() -> None:
    graph = commands.extract_nodes(chain(), REGISTRY, ["a", "b"])
    assert links(graph) == ["a.out > b.image", "photo.out > end.image"]


def test_inputs_of_one_type_can_be_swapped() -> None:
    graph = wired(build("p:picture", "q:picture", "blend"), "p.out > blend.base", "q.out > blend.over")
    assert links(commands.swap_inputs(graph, REGISTRY, "blend")) == [
        "p.out > blend.over",
        "q.out > blend.base",
    ]
    with pytest.raises(GraphError):
        commands.swap_inputs(chain(), REGISTRY, "a")


# -- parameters ------------------------------------------------------------------------------------


def test_values_are_brought_into_their_range_and_type() -> None:
    graph = commands.set_parameter(chain(), REGISTRY, "a", "gain", 99)
    graph = commands.set_parameter(graph, REGISTRY, "a", "steps", 3.4)
    graph = commands.set_parameter(graph, REGISTRY, "a", "soft", 5)
    assert dict(graph.nodes["a"].parameters) == {"gain": 4.0, "steps": 3, "soft": 5.0}


def test_the_default_is_not_stored_and_the_same_value_is_no_change() -> None:
    graph = commands.set_parameter(chain(), REGISTRY, "a", "gain", 2.0)
    assert commands.set_parameter(graph, REGISTRY, "a", "gain", 2) is graph
    assert not commands.set_parameter(graph, REGISTRY, "a", "gain", 1.0).nodes["a"].parameters
    assert not commands.reset_parameter(graph, REGISTRY, "a", "gain").nodes["a"].parameters


@pytest.mark.parametrize(
    ("parameter", "value", "words"),
    [
        ("gain", "much", "It takes a number from 0 to 4"),
        ("gain", float("nan"), "It takes a number from 0 to 4"),
        ("mode", "cinema", "It takes one of film, video"),
        ("tint", (1, 2), "It takes three numbers"),
        ("invert", "maybe", "It takes true or false"),
        ("none", 1, "'a' has no parameter 'none'. There is gain, steps"),
        ("mode", Curve((Key(0, 1),)), "cannot be keyframed"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_does(
    parameter: str, value: object, words: str
) -> None:
    with pytest.raises(GraphError, match=words):
        commands.set_parameter(chain(), REGISTRY, "a", parameter, value)  # type: ignore[arg-type]


def test_a_placeholder_cannot_be_set() -> None:
    graph = Graph().with_node("d", NodeInstance("dream"))
    with pytest.raises(GraphError, match="'d' is a placeholder"):
        commands.set_parameter(graph, REGISTRY, "d", "depth", 1)


def test_the_first_key_holds_the_value_that_was_there() -> None:
    graph = commands.set_parameter(chain(), REGISTRY, "a", "gain", 3)
    graph = commands.set_key(graph, REGISTRY, "a", "gain", 10)
    assert graph.nodes["a"].parameters["gain"] == Curve((Key(10, 3.0),))


def test_a_slider_moved_on_a_keyed_parameter_sets_a_key_at_the_frame() -> None:
    graph = commands.set_key(chain(), REGISTRY, "a", "gain", 0, 0, "linear")
    graph = commands.set_value(graph, REGISTRY, "a", "gain", 2, 10)
    assert commands.value_at(graph, REGISTRY, "a", "gain", 5) == 1.0
    graph = commands.set_value(graph, REGISTRY, "a", "steps", 4, 10)
    assert graph.nodes["a"].parameters["steps"] == 4


def test_keys_of_whole_numbers_give_whole_numbers_between_them() -> None:
    graph = commands.set_key(chain(), REGISTRY, "a", "steps", 0, 1, "linear")
    graph = commands.set_key(graph, REGISTRY, "a", "steps", 9, 10)
    assert [commands.value_at(graph, REGISTRY, "a", "steps", frame) for frame in (0, 1, 4.4)] == [1, 2, 5]


def test_the_last_key_removed_leaves_its_value() -> None:
    graph = commands.set_key(chain(), REGISTRY, "a", "gain", 3, 2)
    graph = commands.set_key(graph, REGISTRY, "a", "gain", 8, 4)
    graph = commands.remove_key(graph, REGISTRY, "a", "gain", 8)
    assert commands.remove_key(graph, REGISTRY, "a", "gain", 99) is graph
    graph = commands.remove_key(graph, REGISTRY, "a", "gain", 3)
    assert graph.nodes["a"].parameters["gain"] == 2.0


def test_clearing_keys_leaves_the_value_of_the_frame() -> None:
    graph = commands.set_key(chain(), REGISTRY, "a", "gain", 0, 0, "linear")
    graph = commands.set_key(graph, REGISTRY, "a", "gain", 10, 4)
    assert commands.clear_keys(graph, REGISTRY, "a", "gain", 5).nodes["a"].parameters["gain"] == 2.0


def test_keys_can_be_moved_onto_one_another() -> None:
    graph = chain()
    for frame in (0, 5, 10):
        graph = commands.set_key(graph, REGISTRY, "a", "gain", frame, frame / 5)
    graph = commands.move_keys(graph, REGISTRY, "a", "gain", {0: (5, 1.5), 10: (20, 9)})
    assert graph.nodes["a"].parameters["gain"] == Curve((Key(5, 1.5), Key(20, 4.0)))


# -- copies ----------------------------------------------------------------------------------------


def test_nodes_copied_as_text_arrive_in_another_document_with_their_wires() -> None:
    graph = commands.set_parameter(chain(), REGISTRY, "a", "gain", 2)
    text = commands.copy_text(graph, REGISTRY, ["a", "b"])
    other, names = commands.paste_text(build("a:picture"), REGISTRY, text, (500, 50))
    assert names == ["a_2", "b"]
    assert links(other) == ["a_2.out > b.image"]
    assert other.nodes["a_2"].parameters["gain"] == 2.0
    assert (other.nodes["a_2"].x, other.nodes["a_2"].y) == (500, 50)
    assert other.nodes["b"].x == 600


def test_copied_text_is_a_graph_that_can_be_opened() -> None:
    text = commands.copy_text(chain(), REGISTRY, ["photo", "a"])
    assert links(read_text(text.encode(), REGISTRY).graph) == ["photo.out > a.image"]


def test_a_paste_with_inputs_takes_the_wires_from_outside() -> None:
    text = commands.copy_text(chain(), REGISTRY, ["a"])
    graph, (name,) = commands.paste_text(chain(), REGISTRY, text, with_inputs=True)
    assert graph.sources(name, "image") == (Port("photo", "out"),)
    graph, (name,) = commands.paste_text(chain(), REGISTRY, text)
    assert graph.sources(name, "image") == ()
    graph, (name,) = commands.paste_text(Graph(), REGISTRY, text, with_inputs=True)
    assert graph.sources(name, "image") == ()


@pytest.mark.parametrize("text", ["", "hello", "{}", '{"format": "facewright.graph", "version": 1}'])
def test_text_that_holds_no_nodes_is_not_pasted(text: str) -> None:
    with pytest.raises(GraphError, match="no nodes in the clipboard"):
        commands.paste_text(Graph(), REGISTRY, text)


def test_duplicates_are_wired_among_themselves_and_if_wanted_to_the_inputs() -> None:
    graph, names = commands.duplicate(chain(), REGISTRY, ["a", "b"])
    assert names == {"a": "a_2", "b": "b_2"}
    assert graph.sources("b_2", "image") == (Port("a_2", "out"),)
    assert graph.sources("a_2", "image") == ()
    graph, names = commands.duplicate(chain(), REGISTRY, ["a", "b"], with_inputs=True)
    assert graph.sources("a_2", "image") == (Port("photo", "out"),)
    assert links(graph)[: len(links(chain()))] != []
    assert set(links(chain())) <= set(links(graph))


# -- project ---------------------------------------------------------------------------------------


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"fps": 0}, {"fps": float("inf")}, {"first": 9, "last": 3}, {"last": 10**9}):
        with pytest.raises(GraphError):
            commands.set_settings(Graph(), **wrong)  # type: ignore[arg-type]


def test_markers_stay_in_order_one_a_frame() -> None:
    graph = commands.set_marker(commands.set_marker(Graph(), 9, "nine"), 3, "three")
    graph = commands.set_marker(graph, 9, "smile")
    assert graph.settings.markers == ((3, "three"), (9, "smile"))
    assert commands.remove_marker(graph, 3).settings.markers == ((9, "smile"),)
    assert commands.remove_marker(graph, 4) is graph


def test_backdrops_come_change_and_go() -> None:
    graph, name = commands.add_backdrop(chain(), "Eyes", (0, 0), (10, 10))
    graph = commands.set_backdrop(graph, name, title="Mouth", x=5.0)
    assert (graph.backdrops[name].title, graph.backdrops[name].x) == ("Mouth", 5.0)
    assert contents(commands.remove_backdrops(graph, [name])) == contents(chain())
