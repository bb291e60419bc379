"""Variants: kept, switched to, compared, followed through edits, and stored."""

from __future__ import annotations

import json

import pytest

from app.document import commands
from app.document.curve import Curve, Key
from app.document.document import Document
from app.document.format import read_text, write_text
from app.document.graph import Graph, GraphError, Port
from app.document.unfold import unfolded
from app.document.variants import BESIDE, beside, current, is_current
from nodes.sdk.errors import FileProblem
from tests.document.kinds import registry
from tests.document.strategies import REGISTRY
from tests.document.test_subgraphs import row


def two() -> Graph:
    """A row with a dark and a bright variant; it is bright now."""
    graph = commands.save_variant(row(), "dark")
    graph = commands.set_parameter(graph, REGISTRY, "first", "gain", 4.0)
    graph = commands.set_parameter(graph, REGISTRY, "third", "gain", Curve((Key(0, 1.0), Key(9, 2.0))))
    return commands.save_variant(graph, "bright")


def test_switching_sets_every_value_of_a_variant_and_no_other() -> None:
    graph = two()
    assert is_current(graph, "bright") and not is_current(graph, "dark")
    graph = commands.add_node(graph, REGISTRY, "grade", name="later")[0].with_parameter("later", "gain", 3.0)
    dark = commands.switch_variant(graph, "dark")
    assert dark.nodes["first"].parameters == {"gain": 2.0}
    assert dark.nodes["third"].parameters == {}
    assert dark.nodes["later"].parameters == {"gain": 3.0}
    assert dark.nodes["photo"] is graph.nodes["photo"]
    assert commands.switch_variant(dark, "dark") is dark


def test_variants_reach_into_subgraphs_and_follow_nodes() -> None:
    document = Document(REGISTRY, two())
    document.edit("Group", lambda graph: commands.group_nodes(graph, REGISTRY, ["first", "second"])[0])
    document.edit("Rename", lambda graph: commands.rename_node(graph, "third", "end"))
    assert set(document.graph.settings.variants["dark"]) == {"photo", "group.first", "group.second", "end"}
    document.edit("Switch", lambda graph: commands.switch_variant(graph, "dark"))
    assert unfolded(document.graph).nodes["group.first"].parameters == {"gain": 2.0}
    document.undo()
    assert unfolded(document.graph).nodes["group.first"].parameters == {"gain": 4.0}
    document.edit("Move", lambda graph: commands.move_nodes(graph, {"group": (999.0, 5.0)}))
    document.edit("Ungroup", lambda graph: commands.ungroup(graph, "group")[0])
    assert set(document.graph.settings.variants["dark"]) == {"photo", "first", "second", "end"}


def test_variants_come_back_from_their_file() -> None:
    document = Document(REGISTRY, two())
    document.edit("Group", lambda graph: commands.group_nodes(graph, REGISTRY, ["third"])[0])
    graph = commands.save_variant(document.graph, "grouped")
    loaded = read_text(write_text(graph, REGISTRY), REGISTRY)
    assert loaded.graph.settings.variants == graph.settings.variants
    assert write_text(loaded.graph, REGISTRY) == write_text(graph, REGISTRY)


def test_a_program_without_the_nodes_keeps_their_variants() -> None:
    data = write_text(two(), REGISTRY)
    poorer = registry("grade")
    again = write_text(read_text(data, poorer).graph, poorer)
    assert json.loads(again)["settings"]["variants"] == json.loads(data)["settings"]["variants"]


def test_damaged_variants_are_refused() -> None:
    for damaged in ([], {"a": 3}, {"a": {"first": 2}}):
        data = {"format": "facewright.graph", "version": 1, "settings": {"variants": damaged}}
        with pytest.raises(FileProblem, match="variants"):
            read_text(json.dumps(data).encode(), REGISTRY)


def test_a_comparison_holds_both() -> None:
    graph = two()
    found = beside(graph, "dark", Port("third", "out"))
    assert found is not None
    both, port = found
    assert port == Port(f"{BESIDE}third", "out")
    assert both.nodes[f"{BESIDE}first"].parameters == {"gain": 2.0}
    assert both.nodes["first"].parameters == {"gain": 4.0}
    assert both.sources(f"{BESIDE}third", "image") == (Port(f"{BESIDE}second", "out"),)


def test_variants_are_renamed_and_removed() -> None:
    graph = commands.rename_variant(two(), "dark", "night")
    assert list(graph.settings.variants) == ["night", "bright"]
    with pytest.raises(GraphError):
        commands.rename_variant(graph, "night", "bright")
    graph = commands.remove_variant(graph, "night")
    assert list(graph.settings.variants) == ["bright"]
    for refused in (
        lambda: commands.switch_variant(graph, "night"),
        lambda: commands.save_variant(graph, "  "),
    ):
        with pytest.raises(GraphError):
            refused()
    assert current(graph) == graph.settings.variants["bright"]


def test_a_file_with_variants_of_nodes_that_are_gone_is_written_as_it_was_read() -> None:
    graph = commands.delete_nodes(two(), REGISTRY, ["first"])
    text = write_text(graph, REGISTRY)
    assert b"first" in text, "undo in another session is not possible, but the values are not thrown away"
    assert write_text(read_text(text, REGISTRY).graph, REGISTRY) == text
