"""Unsaved work after a program that ended in the middle."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.document import recovery, storage
from app.document.document import Document
from app.document.graph import Graph, NodeInstance
from app.document.recovery import find_recovery, find_untitled
from app.document.save import save
from nodes.sdk.errors import FileProblem
from tests.document.kinds import registry

REGISTRY = registry()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test's own."""
    folder = tmp_path / "data"
    monkeypatch.setenv("FACEWRIGHT_DATA", str(folder))
    return folder


def graph_at(x: float) -> Graph:
    return Graph().with_node("g", NodeInstance("grade", x=x))


def saved(tmp_path: Path) -> Document:
    path = tmp_path / "a.graph"
    save(graph_at(1), path, REGISTRY)
    return Document.open(path, REGISTRY)


def test_unsaved_work_is_put_beside_the_file_and_never_over_it(tmp_path: Path) -> None:
    document = saved(tmp_path)
    before = (tmp_path / "a.graph").read_bytes()
    document.apply(graph_at(2), "Move")
    assert document.autosave()
    assert (tmp_path / "a.graph").read_bytes() == before
    found = find_recovery(tmp_path / "a.graph")
    assert found is not None
    assert found.file == tmp_path / "a.graph.recovery"
    assert found.load(REGISTRY).graph.nodes["g"].x == 2


def test_nothing_is_written_when_there_is_nothing_new(tmp_path: Path) -> None:
    document = saved(tmp_path)
    assert not document.autosave()
    document.apply(graph_at(2), "Move")
    assert document.autosave()
    assert not document.autosave()
    document.undo()
    assert not document.autosave()


@pytest.mark.parametrize("end", ["save", "close"])
def test_saving_or_closing_removes_the_recovery_file(tmp_path: Path, end: str) -> None:
    document = saved(tmp_path)
    document.apply(graph_at(2), "Move")
    document.autosave()
    getattr(document, end)()
    assert find_recovery(tmp_path / "a.graph") is None
    assert not list(tmp_path.glob("*.recovery"))


def test_recovered_work_counts_as_unsaved_until_it_is_saved(tmp_path: Path) -> None:
    document = saved(tmp_path)
    document.apply(graph_at(2), "Move")
    document.autosave()
    found = find_recovery(tmp_path / "a.graph")
    assert found is not None
    again = Document.recovered(found, REGISTRY)
    assert again.graph.nodes["g"].x == 2
    assert again.dirty
    assert again.path == tmp_path / "a.graph"
    again.save()
    assert not again.dirty
    assert find_recovery(tmp_path / "a.graph") is None
    assert Document.open(tmp_path / "a.graph", REGISTRY).graph.nodes["g"].x == 2


def test_a_recovery_file_older_than_the_file_is_not_offered(tmp_path: Path) -> None:
    document = saved(tmp_path)
    document.apply(graph_at(2), "Move")
    document.autosave()
    os.utime(tmp_path / "a.graph.recovery", (1, 1))
    assert find_recovery(tmp_path / "a.graph") is None


def test_paths_in_a_recovery_file_are_those_of_the_graph(tmp_path: Path) -> None:
    graph = Graph().with_node("p", NodeInstance("picture", parameters={"path": str(tmp_path / "me.png")}))
    save(Graph(), tmp_path / "a.graph", REGISTRY)
    document = Document.open(tmp_path / "a.graph", REGISTRY)
    document.apply(graph, "Add")
    document.autosave()
    found = find_recovery(tmp_path / "a.graph")
    assert found is not None
    assert '"me.png"' in found.file.read_text()
    assert found.load(REGISTRY).graph.nodes["p"].parameters["path"] == str(tmp_path / "me.png")


def test_work_in_a_folder_that_cannot_be_written_goes_to_the_data_folder(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = saved(tmp_path)
    document.apply(graph_at(2), "Move")
    write = storage._write_and_sync

    def only_data(path: Path, content: bytes) -> None:
        if data not in path.parents:
            raise PermissionError(errno.EACCES, "no")
        write(path, content)

    monkeypatch.setattr(storage, "_write_and_sync", only_data)
    assert document.autosave()
    found = find_recovery(tmp_path / "a.graph")
    assert found is not None
    assert found.file.parent == data / "recovery"
    assert found.load(REGISTRY).graph.nodes["g"].x == 2


def test_a_disk_that_is_full_everywhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = saved(tmp_path)
    document.apply(graph_at(2), "Move")

    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "_write_and_sync", full)
        with pytest.raises(FileProblem, match="the disk is full"):
            document.autosave()
    assert document.autosave()


def test_work_without_a_name_is_found_after_its_program_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document(REGISTRY)
    document.apply(graph_at(5), "Add")
    document.autosave()
    assert find_untitled() == []  # this program still runs
    monkeypatch.setattr(recovery, "_is_running", lambda process: False)
    (found,) = find_untitled()
    again = Document.recovered(found, REGISTRY)
    assert again.graph.nodes["g"].x == 5
    assert again.path is None
    assert again.dirty
    again.save_as(tmp_path / "named.graph")
    assert find_untitled() == []


def test_a_damaged_recovery_file_is_one_clear_line(tmp_path: Path) -> None:
    document = saved(tmp_path)
    document.apply(graph_at(2), "Move")
    document.autosave()
    (tmp_path / "a.graph.recovery").write_bytes(b'{"format": "facewr')
    found = find_recovery(tmp_path / "a.graph")
    assert found is not None
    with pytest.raises(FileProblem, match="truncated"):
        Document.recovered(found, REGISTRY)


_SESSION = """
import sys
from pathlib import Path
from app.document.document import Document
from app.document.graph import Graph, NodeInstance
from tests.document.kinds import registry
path = Path(sys.argv[1])
document = Document(registry())
document.apply(Graph().with_node("g", NodeInstance("grade")), "Add")
document.save_as(path)
for number in range(1_000_000):
    document.edit("Move", lambda graph: graph.with_positions({"g": (number, 0)}))
    document.autosave()
    if number % 7 == 0:
        document.save()
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("lines", [3, 40, 95])
def test_a_kill_at_any_moment_costs_at_most_the_last_edit(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "a.graph"
    command = [sys.executable, "-c", _SESSION, str(path)]
    last = -1
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            last = int(process.stdout.readline())
        process.kill()
        for line in process.stdout:
            last = int(line) if line.endswith("\n") else last
    found = find_recovery(path)
    states = [Document.open(path, REGISTRY).graph.nodes["g"].x]
    if found is not None:
        states.append(found.load(REGISTRY).graph.nodes["g"].x)
    assert max(states) >= last
