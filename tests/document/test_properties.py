"""What holds for every graph that hands can make, and for every file that the world can send."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.document.assets import absolute, stored
from app.document.check import check
from app.document.diff import diff
from app.document.document import Document
from app.document.format import read_text, write_text
from app.document.graph import Graph
from nodes.sdk.errors import FileProblem
from tests.document.kinds import registry
from tests.document.likeness import contents
from tests.document.strategies import REGISTRY, Edit, edits, graphs, started

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FOLDER = Path("/projects/film")

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e9, 1e9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@QUICK
@given(graphs())
def test_any_graph_comes_back_from_its_file_as_it_was(graph: Graph) -> None:
    data = write_text(graph, REGISTRY)
    loaded = read_text(data, REGISTRY)
    assert not loaded.problems
    assert contents(loaded.graph) == contents(graph)
    assert write_text(loaded.graph, REGISTRY) == data


@QUICK
@given(st.lists(st.from_regex(r"[\w~:. -]{1,8}", fullmatch=True), min_size=1, max_size=5))
def test_any_path_means_the_same_file_after_a_round_trip(parts: list[str]) -> None:
    path = os.path.normpath("/" + "/".join(parts))
    for folder in (FOLDER, FOLDER.parent, Path("/"), Path(path).parent):
        written = stored(path, folder)
        assert absolute(written, folder) == path


@QUICK
@given(graphs())
def test_a_program_without_the_nodes_loses_nothing_of_a_graph(graph: Graph) -> None:
    data = write_text(graph, REGISTRY, FOLDER)
    poorer = registry("grade", "stack", "split")
    again = write_text(read_text(data, poorer, FOLDER).graph, poorer, FOLDER)
    assert json.loads(again) == json.loads(data)


@QUICK
@given(graphs())
def test_no_edit_makes_a_graph_whose_wires_are_wrong(graph: Graph) -> None:
    wrong = [problem for problem in check(graph, REGISTRY) if problem.place.startswith("wire")]
    assert not wrong
    for name in graph.nodes:
        assert graph.upstream(name)[-1] == name


@QUICK
@given(started(), st.lists(edits(), max_size=40))
def test_undo_to_the_start_and_redo_to_the_end_give_the_same_document(
    start: Graph, steps: list[Edit]
) -> None:
    document = Document(REGISTRY, start)
    for number, step in enumerate(steps):
        document.edit(step.what, step, merge="drag" if number % 3 == 0 else "")
    end = document.graph
    while document.undo():
        pass
    assert document.graph is start
    assert not document.dirty
    while document.redo():
        pass
    assert document.graph is end


@settings(QUICK, max_examples=8)
@given(st.lists(edits(), min_size=120, max_size=160))
def test_a_long_session_can_be_undone_saved_and_opened_at_any_point(steps: list[Edit]) -> None:
    document = Document(REGISTRY)
    seen = [document.graph]
    leave = document.subscribe(lambda before, after, label: seen.append(after))
    for step in steps:
        document.edit(step.what, step)
    leave()
    for graph in reversed(seen[:-1]):
        assert document.undo()
        assert document.graph is graph
    for graph in seen[1:]:
        assert document.redo()
        assert document.graph is graph
    for graph in seen[:: len(seen) // 5 + 1]:
        assert contents(read_text(write_text(graph, REGISTRY), REGISTRY).graph) == contents(graph)


@QUICK
@given(graphs(12), edits())
def test_the_difference_names_everything_that_an_edit_changed(before: Graph, edit: Edit) -> None:
    after = edit(before)
    found = diff(before, after)
    nodes = {**before.nodes, **{name: after.nodes[name] for name in found.added + found.changed}}
    for name in found.removed:
        del nodes[name]
    assert nodes == dict(after.nodes)
    removed = list(found.wires_removed)
    links = [link for link in before.links() if link not in removed] + list(found.wires_added)
    assert sorted(links) == sorted(after.links())
    assert found.settings == (before.settings != after.settings)
    order_apart = {**contents(before), "nodes": sorted(before.nodes)} != {
        **contents(after),
        "nodes": sorted(after.nodes),
    }
    assert found or not order_apart


@QUICK
@given(graphs(8), st.dictionaries(st.text(min_size=1, max_size=8), plain, min_size=1, max_size=3))
def test_entries_that_are_not_known_are_written_again(graph: Graph, entries: dict[str, Any]) -> None:
    data = json.loads(write_text(graph, REGISTRY))
    for place in [data, data.setdefault("settings", {}), *data["nodes"].values()]:
        for name, entry in entries.items():
            place.setdefault(f"x-{name}", entry)
    for node in data["nodes"].values():
        node.setdefault("parameters", {})["x-unknown"] = entries
    loaded = read_text(json.dumps(data).encode(), REGISTRY)
    assert json.loads(write_text(loaded.graph, REGISTRY)) == {
        **data,
        "nodes": {name: {"at": [0, 0], **node} for name, node in data["nodes"].items()},
    }


def _read(data: bytes) -> None:
    """Read it, or refuse it with one line; anything else is a fault of the reader."""
    try:
        loaded = read_text(data, REGISTRY, FOLDER)
    except FileProblem as problem:
        assert "\n" not in str(problem)
        assert len(str(problem)) < 400
    else:
        again = write_text(loaded.graph, REGISTRY, FOLDER)
        read_text(again, REGISTRY, FOLDER)
        check(loaded.graph, REGISTRY)


@QUICK
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    _read(data)


@QUICK
@given(graphs(12), st.data())
def test_no_damage_to_a_file_makes_the_reader_fail(graph: Graph, choose: st.DataObject) -> None:
    data = bytearray(write_text(graph, REGISTRY))
    for _ in range(choose.draw(st.integers(1, 4))):
        at = choose.draw(st.integers(0, max(len(data) - 1, 0)))
        end = choose.draw(st.integers(at, min(at + 30, len(data))))
        data[at:end] = choose.draw(
            st.binary(max_size=6) | st.sampled_from([b"{", b"]", b"1e999", b"null", b'"'])
        )
    _read(bytes(data))


@QUICK
@given(graphs(12), plain, st.data())
def test_no_wrong_value_in_a_file_makes_the_reader_fail(
    graph: Graph, value: Any, choose: st.DataObject
) -> None:
    data = json.loads(write_text(graph, REGISTRY))
    data.setdefault("settings", {"fps": 25})
    place: Any = data
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = choose.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or choose.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    _read(json.dumps(data).encode())
