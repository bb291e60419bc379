"""What the viewers wish for, without any widget."""

from __future__ import annotations

from app.document.commands import save_variant
from app.document.graph import Graph, NodeInstance, Port
from app.engine.protocol import Viewpoint
from app.ui.looks import HAND_SLOT, SHEET_PIXELS, SHEET_SLOT, VARIANT_SLOT, Looks, result_of
from tests.ui.conftest import small_graph
from tests.ui.fakes import small_registry

REGISTRY = small_registry()


def looking_at(*nodes: str) -> Looks:
    looks = Looks()
    looks.slots = {slot: Port(node, "out") for slot, node in enumerate(nodes, 1)}
    return looks


def asked(looks: Looks, graph: Graph) -> dict[int, str]:
    return {view.slot: view.node for view in looks.views(graph)[1]}


def test_the_slot_in_front_and_its_partner_are_asked_for_and_no_others() -> None:
    looks = looking_at("photo", "grade", "export")
    assert asked(looks, small_graph()) == {1: "photo"}
    looks.wipe_slot = 3
    assert asked(looks, small_graph()) == {1: "photo", 3: "export"}


def test_what_lies_over_a_picture_is_asked_for_only_with_a_picture() -> None:
    looks = looking_at()
    looks.extras[HAND_SLOT] = Port("faces", "out")
    assert asked(looks, small_graph()) == {}
    looks.slots[1] = Port("photo", "out")
    assert asked(looks, small_graph()) == {1: "photo", HAND_SLOT: "faces"}


def test_only_what_is_in_front_is_seen_from_the_viewpoint() -> None:
    looks = looking_at("photo", "grade")
    looks.wipe_slot = 2
    looks.viewpoint = Viewpoint((1.0,) * 16, 1.0, 2, 2)
    assert [view.viewpoint is not None for view in looks.views(small_graph())[1]] == [True, False]


def test_compared_and_listed_variants_are_computed_beside_the_graph() -> None:
    graph = save_variant(small_graph(), "soft")
    looks = looking_at("grade")
    looks.compared = "soft"
    both, views = looks.views(graph)
    assert [view.slot for view in views] == [1, VARIANT_SLOT]
    assert views[1].node in both.nodes
    assert views[1].node not in graph.nodes
    looks.compared, looks.sheet = "", ("gone", "soft")
    both, views = looks.views(graph)
    assert [(view.slot, view.limit) for view in views] == [(1, 0), (SHEET_SLOT + 1, SHEET_PIXELS)]


def test_slots_follow_names_and_let_go_of_nodes_that_are_gone() -> None:
    looks = looking_at("photo", "grade")
    assert looks.follow(lambda name: {"photo": "picture", "grade": ""}[name])
    assert looks.slots == {1: Port("picture", "out")}
    assert not looks.follow(lambda name: name)


def test_a_graph_is_for_what_its_writer_writes() -> None:
    graph = small_graph()
    assert result_of(graph, REGISTRY) == Port("grade", "out")
    assert result_of(Graph(), REGISTRY) is None
    assert result_of(graph.with_node("eye", NodeInstance("view")), REGISTRY) == Port("eye", "")
    alone = Graph().with_node("photo", NodeInstance("photo"))
    assert result_of(alone, REGISTRY) == Port("photo", "")
