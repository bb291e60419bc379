"""Files that are no graphs, broken, hostile or out of reach: one clear line each."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path

import pytest

from app.document.format import load, load_strict, read_text
from app.document.graph import Graph, NodeInstance
from app.document.save import save
from nodes.sdk.errors import FileProblem
from tests.document.kinds import registry

REGISTRY = registry()
HEAD = '{"format": "facewright.graph", "version": 1, '


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "it is empty"),
        ("   \n", "it is empty"),
        (HEAD + '"nodes": {"a": {"kind": "gra', "it is truncated: it ends in the middle of line 1"),
        (HEAD + '"nodes": {"a": {"kind": "grade"},\n', "it is truncated: it ends in the middle of line 1"),
        (HEAD + '"nodes": oops}', "not valid JSON at line 1, column 55"),
        ("\x89PNG\r\n", "line 1 is not UTF-8 text"),
        ("[]", "it must be an object"),
        ('{"nodes": {}}', 'it does not say "format": "facewright.graph"'),
        ('{"format": "facewright.graph"}', "does not say its format version"),
        ('{"format": "facewright.graph", "version": 99}', "saved by a newer Facewright (format version 99"),
        (
            HEAD + '"nodes": {"a": {"kind": "grade"}, "a": {"kind": "grade"}}}',
            "the name 'a' is there twice",
        ),
        (HEAD + '"nodes": {"a b": {"kind": "grade"}}}', "'a b' cannot be a node's name"),
        (HEAD + '"nodes": {"a": {"kind": 3}}}', "node 'a', 'kind': it must be text"),
        (HEAD + '"nodes": {"a": 3}}', "node 'a': it must be an object"),
        (HEAD + '"nodes": {"a": {"kind": "grade", "at": [1]}}}', "node 'a', 'at': it must be two numbers"),
        (HEAD + '"nodes": {"a": {"kind": "grade", "version": 0}}}', "node 'a', 'version'"),
        (HEAD + '"nodes": {"a": {"kind": "grade", "disabled": 1}}}', "node 'a', 'disabled'"),
        (HEAD + '"wires": {}}', "'wires' must be a list"),
        (HEAD + '"wires": [["a.out", "b.image"], ["a"]]}', "wire 2 must be written"),
        (HEAD + '"settings": {"fps": 0}}', "'fps': it must be a number above 0"),
        (HEAD + '"settings": {"first": 9, "last": 3}}', "'last' lies before 'first'"),
        (HEAD + '"settings": {"last": 1000000000}}', "at most 10,000,000"),
        (HEAD + '"settings": {"first": 1.5}}', "'first': it must be a whole number"),
        (HEAD + '"backdrops": {"b": {"at": [0, 0]}}}', "backdrop 'b', 'size'"),
        (HEAD + '"x": NaN}', "it holds NaN"),
        (HEAD + '"x": -Infinity}', "it holds -Infinity"),
        (HEAD + '"x": 1e999}', "'1e999' is too large"),
        (HEAD + '"x": ' + "9" * 5000 + "}", "has too many digits"),
        ("[" * 100_000, "nested too deeply"),
        (HEAD + '"x": ' + "[" * 60 + "]" * 60 + "}", "nested too deeply"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_with_its_name(tmp_path: Path, data: str, words: str) -> None:
    path = tmp_path / "bad.graph"
    path.write_bytes(data.encode("latin-1"))
    with pytest.raises(FileProblem) as caught:
        load(path, REGISTRY)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert words in line
    assert "\n" not in line
    assert len(line) < 300


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(FileProblem, match="line 2 is not UTF-8"):
        read_text(b"{\n\xff\xfe}", REGISTRY)


def test_a_million_nodes_are_refused_before_they_fill_the_memory() -> None:
    nodes = ",".join(f'"n{number}":{{"kind":"grade"}}' for number in range(1_000_000))
    bomb = (HEAD + '"nodes":{' + nodes + "}}").encode()
    tracemalloc.start()
    try:
        with pytest.raises(FileProblem, match=r"about 1,000,002 nodes and other objects"):
            read_text(bomb, REGISTRY)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_more_nodes_than_a_graph_may_have_are_refused() -> None:
    nodes = {f"n{number}": {"kind": "grade"} for number in range(20_001)}
    data = json.dumps({"format": "facewright.graph", "version": 1, "nodes": nodes}).encode()
    with pytest.raises(FileProblem, match="20,001 nodes, more than the 20,000"):
        read_text(data, REGISTRY)


def test_a_file_without_end_is_read_no_further_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "huge.graph"
    with path.open("wb") as stream:
        stream.truncate(10 * 2**30)
    with pytest.raises(FileProblem, match="larger than the 32 MB"):
        load(path, REGISTRY)


def test_many_wires_into_one_input_do_not_take_long() -> None:
    nodes = {"s": {"kind": "stack"}} | {f"n{number}": {"kind": "picture"} for number in range(10_000)}
    wires = [[f"n{number}.out", "s.layers"] for number in range(10_000)]
    data = json.dumps({"format": "facewright.graph", "version": 1, "nodes": nodes, "wires": wires}).encode()
    assert len(read_text(data, REGISTRY).graph.sources("s", "layers")) == 10_000


def test_a_missing_file_a_folder_and_a_pipe_are_told_apart(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.graph"
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
    for path, words in [
        (tmp_path / "none.graph", "there is no such file"),
        (tmp_path, "it is a folder"),
        (pipe, "it is not an ordinary file" if pipe.exists() else "no such file"),
        (tmp_path / ("x" * 400), "its name is too long"),
        (Path("/proc/self/mem\0"), "it cannot be read"),
    ]:
        with pytest.raises(FileProblem, match=words):
            load(path, REGISTRY)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read everything")
def test_a_file_one_may_not_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "secret.graph"
    path.write_bytes(b"{}")
    path.chmod(0)
    with pytest.raises(FileProblem, match="you have no right to read it"):
        load(path, REGISTRY)


def test_a_truncated_file_names_its_newest_backup(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    graph = Graph().with_node("g", NodeInstance("grade"))
    save(graph, path, REGISTRY)
    save(graph.with_positions({"g": (1, 1)}), path, REGISTRY)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FileProblem, match="truncated") as caught:
        load_strict(path, REGISTRY)
    named = Path(caught.value.hint.removeprefix("Its newest backup is "))
    assert load(named, REGISTRY).graph.nodes["g"].x == 1


def test_a_truncated_file_without_backups_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    path.write_bytes(b'{"format": ')
    with pytest.raises(FileProblem, match="There is no backup of it"):
        load(path, REGISTRY)
