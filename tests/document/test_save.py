"""Saving: whole or not at all, with copies of what was there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from app.document import backups, storage, text
from app.document.document import Document
from app.document.format import load
from app.document.graph import Graph, NodeInstance
from app.document.save import ChangedOnDisk, mark_of, save
from app.document.storage import write_atomically
from nodes.sdk.errors import FileProblem
from tests.document.kinds import registry

REGISTRY = registry()


def graph_at(x: float) -> Graph:
    return Graph().with_node("g", NodeInstance("grade", x=x))


def x_of(path: Path) -> float:
    return load(path, REGISTRY).graph.nodes["g"].x


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def break_writing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let every write fail at its very end, when some of the data is on the disk already."""
    write = storage._write_and_sync

    def failing(path: Path, data: bytes) -> None:
        write(path, data[: len(data) // 2])
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(storage, "_write_and_sync", failing)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "your share of the disk is full"),
        (errno.EROFS, "cannot be written to"),
        (errno.EIO, "it cannot be written (input/output error)"),
    ],
)
def test_a_save_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    path = tmp_path / "a.graph"
    save(graph_at(1), path, REGISTRY)
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        break_writing(patched, number)
        with pytest.raises(FileProblem) as caught:
            save(graph_at(2), path, REGISTRY)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".a.graph.backups", "a.graph"]


def test_a_full_disk_leaves_the_document_unsaved_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document(REGISTRY)
    document.apply(graph_at(1), "Add")
    document.save_as(tmp_path / "a.graph")
    document.apply(graph_at(2), "Move")
    with monkeypatch.context() as patched:
        break_writing(patched, errno.ENOSPC)
        with pytest.raises(FileProblem):
            document.save()
        with pytest.raises(FileProblem):
            document.save_as(tmp_path / "b.graph")
    assert document.dirty
    assert document.path == tmp_path / "a.graph"
    document.save()
    assert x_of(tmp_path / "a.graph") == 2
    assert visible(tmp_path) == ["a.graph"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=f"there is no folder {tmp_path / 'none'}"):
        save(graph_at(1), tmp_path / "none" / "a.graph", REGISTRY)


def test_a_folder_that_takes_no_files_is_not_called_missing(tmp_path: Path) -> None:
    error = FileNotFoundError(errno.ENOENT, "No such file or directory")
    assert "its folder takes no files" in str(storage.explained(error, tmp_path / "a.graph", "write"))
    assert "there is no such file" in str(storage.explained(error, tmp_path / "a.graph", "read"))


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="it is a folder"):
        save(graph_at(1), tmp_path, REGISTRY)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_a_file_that_is_read_only_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    save(graph_at(1), path, REGISTRY)
    path.chmod(0o444)
    with pytest.raises(FileProblem, match="you have no right to write it"):
        save(graph_at(2), path, REGISTRY)
    assert x_of(path) == 1


def test_the_permissions_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    save(graph_at(1), path, REGISTRY)
    path.chmod(0o640)
    save(graph_at(2), path, REGISTRY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "a.graph"
    link = tmp_path / "link.graph"
    link.symlink_to(target)
    save(graph_at(1), link, REGISTRY)
    save(graph_at(2), link, REGISTRY)
    assert link.is_symlink()
    assert x_of(target) == 2
    assert backups.newest_backup(link) == backups.newest_backup(target)


def test_the_last_ten_saves_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    for number in range(14):
        save(graph_at(number), path, REGISTRY)
    kept = backups.backups(path)
    assert [x_of(backup) for backup in kept] == list(range(13, 3, -1))


def test_backups_of_graphs_side_by_side_do_not_mix(tmp_path: Path) -> None:
    for name in ("a.graph", "a.b.graph", "[a].graph"):
        for number in range(12):
            save(graph_at(number), tmp_path / name, REGISTRY)
    for name in ("a.graph", "a.b.graph", "[a].graph"):
        assert len(backups.backups(tmp_path / name)) == 10


def test_backups_stay_in_order_when_the_clock_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.graph"
    folder = backups.backup_folder(path)
    save(graph_at(1), path, REGISTRY)
    (only,) = backups.backups(path)
    only.rename(folder / "a.2999-01-01_00-00-00.000.graph")
    save(graph_at(2), path, REGISTRY)
    newest = backups.newest_backup(path)
    assert newest is not None
    assert x_of(newest) == 2


def test_a_save_succeeds_even_when_its_backup_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    backups.backup_folder(path).write_text("in the way")
    save(graph_at(1), path, REGISTRY)
    assert x_of(path) == 1


def test_a_file_changed_by_another_program_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    save(graph_at(1), path, REGISTRY)
    ours = Document.open(path, REGISTRY)
    save(graph_at(200), path, REGISTRY)
    ours.apply(graph_at(3), "Move")
    with pytest.raises(ChangedOnDisk):
        ours.save()
    assert x_of(path) == 200
    ours.save(overwrite=True)
    assert x_of(path) == 3
    assert 200 in [x_of(backup) for backup in backups.backups(path)]


def test_a_file_that_was_only_touched_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    save(graph_at(1), path, REGISTRY)
    document = Document.open(path, REGISTRY)
    os.utime(path, (1, 1))
    document.apply(graph_at(2), "Move")
    document.save()
    assert x_of(path) == 2


def test_what_another_program_wrote_is_kept_before_it_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.graph"
    foreign = b'{"format": "facewright.graph", "version": 1, "nodes": {"g": {"kind": "grade", "at": [7, 0]}}}'
    path.write_bytes(foreign)
    save(graph_at(1), path, REGISTRY)
    assert [x_of(backup) for backup in backups.backups(path)] == [1, 7]


def test_a_graph_that_could_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.graph"
    monkeypatch.setattr(text, "MAX_BYTES", 2**20)
    with pytest.raises(FileProblem, match="larger than the 1 MB"):
        save(graph_at(1).with_parameter("g", "words", "x" * 2**20), path, REGISTRY)
    assert not path.exists()


def test_the_mark_of_a_file_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert mark_of(path) is None
    write_atomically(path, b"one")
    first = mark_of(path)
    write_atomically(path, b"two")
    assert mark_of(path) not in (None, first)
