"""Opening, saving and recovering: nothing is lost without a question."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from app.document.recovery import find_recovery
from app.export.carried import text_to_carry
from app.export.pictures import write_picture
from app.ui.files import Files
from app.ui.session import Session
from app.ui.settings import RECENT_COUNT, Preferences
from nodes.sdk.values import Image

Answers = Callable[..., list[str]]


@pytest.fixture
def files(session: Session, preferences: Preferences, qtbot) -> Iterator[Files]:
    window = QWidget()
    qtbot.addWidget(window)
    made = Files(session, preferences, window)
    yield made
    made.stop()


@pytest.fixture
def saved(session: Session, tmp_path: Path) -> Path:
    path = tmp_path / "face.graph"
    session.save_as(path)
    return path


def change(session: Session, steps: int = 7) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("grade", "steps", steps))


def test_closing_a_saved_document_asks_nothing(files: Files, saved: Path, answers: Answers) -> None:
    asked = answers()
    assert files.may_close()
    assert asked == []


def test_closing_with_unsaved_work_asks_and_cancel_keeps_it(
    files: Files, session: Session, saved: Path, answers: Answers
) -> None:
    change(session)
    asked = answers(2)
    assert not files.may_close()
    assert asked == ["Save the changes to face.graph?"]


def test_the_answer_save_saves(files: Files, session: Session, saved: Path, answers: Answers) -> None:
    change(session)
    answers(0)
    assert files.may_close()
    assert not session.document.dirty
    assert '"steps": 7' in saved.read_text("utf-8")


def test_a_file_that_is_not_what_its_name_says_is_one_clear_line(
    files: Files, session: Session, tmp_path: Path, answers: Answers
) -> None:
    wrong = tmp_path / "photo.graph"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    graph = session.graph
    told = answers(1)
    assert not files.open(wrong)
    assert session.graph is graph
    assert len(told) == 2
    assert "\n" not in told[1]


def test_a_missing_file_is_told_and_not_remembered(
    files: Files, preferences: Preferences, tmp_path: Path, saved: Path, answers: Answers
) -> None:
    told = answers()
    assert not files.open(tmp_path / "gone.graph")
    assert "no such file" in told[0]
    assert preferences.recent() == []


def test_unsaved_work_goes_to_a_recovery_file_and_is_offered_again(
    files: Files, session: Session, saved: Path, answers: Answers
) -> None:
    change(session, 9)
    files.autosave()
    assert '"steps": 9' not in saved.read_text("utf-8"), "autosave never writes over the file"
    assert find_recovery(saved) is not None
    asked = answers(1, 0)  # the program ends without a word: discard what is open, then recover
    document = session.document
    document._saved = document.graph
    assert files.open(saved)
    assert asked == ["Recover unsaved changes to face.graph?"]


def test_recovered_work_counts_as_unsaved(
    files: Files, session: Session, saved: Path, answers: Answers
) -> None:
    change(session, 9)
    files.autosave()
    answers(0)
    assert files.open(saved, asked=True)
    assert session.graph.nodes["grade"].parameters["steps"] == 9
    assert session.document.dirty
    assert session.document.path == saved


def test_saving_removes_the_recovery_file(files: Files, session: Session, saved: Path) -> None:
    change(session)
    files.autosave()
    assert files.save()
    assert find_recovery(saved) is None


def test_a_file_changed_by_another_program_is_not_overwritten_unasked(
    files: Files, session: Session, saved: Path, answers: Answers
) -> None:
    text = saved.read_text("utf-8") + "\n"
    saved.write_text(text, "utf-8")
    os.utime(saved, ns=(10**18, 10**18))
    change(session)
    asked = answers(2)
    assert not files.save()
    assert asked == ["Another program has changed this file"]
    assert saved.read_text("utf-8") == text
    answers(1)
    assert files.save()
    assert '"steps": 7' in saved.read_text("utf-8")


def test_a_place_without_rights_is_told_and_the_work_stays(
    files: Files, session: Session, saved: Path, tmp_path: Path, answers: Answers
) -> None:
    change(session)
    told = answers()
    assert not files.save_as(tmp_path / "no such folder" / "a.graph")
    assert "no folder" in told[0]
    assert session.document.dirty
    assert session.document.path == saved


def test_recent_files_are_newest_first_and_bounded(preferences: Preferences, tmp_path: Path) -> None:
    for number in range(RECENT_COUNT + 3):
        path = tmp_path / f"{number}.graph"
        path.write_text("{}", "utf-8")
        preferences.remember(path)
    recent = preferences.recent()
    assert len(recent) == RECENT_COUNT
    assert recent[0].name == f"{RECENT_COUNT + 2}.graph"
    recent[0].unlink()
    assert recent[0] not in preferences.recent(), "files that are gone are not offered"


def test_an_earlier_save_can_be_gone_back_to(
    files: Files, session: Session, saved: Path, answers: Answers
) -> None:
    from app.document.backups import backups

    change(session, 3)
    files.save()
    change(session, 4)
    files.save()
    oldest = backups(saved)[-1]
    answers()
    files.open_backup(oldest)
    assert session.graph.nodes["grade"].parameters.get("steps") != 4
    assert session.document.dirty
    assert '"steps": 4' in saved.read_text("utf-8"), "the file changes with the next save only"


def test_an_example_is_a_new_graph_and_is_never_written_to(
    files: Files, session: Session, saved: Path, answers: Answers
) -> None:
    answers()
    before = saved.read_bytes()
    files.open_example(saved)
    assert session.graph.nodes
    assert session.document.path is None
    assert not session.document.dirty
    change(session)
    files.autosave()
    assert saved.read_bytes() == before
    assert find_recovery(saved) is None


def test_a_graph_opens_from_a_picture_that_carries_it(
    files: Files, session: Session, tmp_path: Path, answers: Answers
) -> None:
    text = text_to_carry(session.graph, session.registry, tmp_path)
    picture = tmp_path / "face.png"
    write_picture(Image(np.zeros((8, 8, 3), np.float32)), picture, carried=text)
    nodes = list(session.graph.nodes)
    answers(1, 1)
    files.new()
    assert not session.graph.nodes
    assert files.open(picture)
    assert list(session.graph.nodes) == nodes
    assert session.document.path is None  # Saving must not write over the picture.


def test_a_picture_without_a_graph_says_so(
    files: Files, session: Session, tmp_path: Path, answers: Answers
) -> None:
    write_picture(Image(np.zeros((8, 8, 3), np.float32)), tmp_path / "plain.png")
    graph = session.graph
    told = answers(1)
    assert not files.open(tmp_path / "plain.png")
    assert "carries no graph" in told[-1]
    assert session.graph is graph
