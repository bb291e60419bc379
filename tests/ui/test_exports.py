"""The render queue and the export window."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.protocol import ErrorReport, ExportDone
from app.export.remembered import Render, RenderStore
from app.ui.dialogs.export_dialog import ExportDialog
from app.ui.dialogs.export_row import ExportRow
from app.ui.exports import Export, ExportQueue
from app.ui.session import Session
from app.ui.settings import Preferences
from tests.ui.conftest import settle
from tests.ui.fakes import FakeEngine


@pytest.fixture
def queue(session: Session, engine: FakeEngine) -> ExportQueue:
    return ExportQueue(engine, session.export_event, session)


@pytest.fixture
def dialog(
    session: Session, queue: ExportQueue, preferences: Preferences, tmp_path: Path, qtbot
) -> ExportDialog:
    made = ExportDialog(session, queue, preferences)
    qtbot.addWidget(made)
    made.show()
    made.path.setText(str(tmp_path / "out.mp4"))
    return made


def an_export(session: Session, name: str) -> Export:
    return Export(session.graph, "export", Path(name), 0, 9)


def test_exports_run_one_after_the_other(session: Session, engine: FakeEngine, queue: ExportQueue) -> None:
    first, second = queue.add(an_export(session, "a.mp4")), queue.add(an_export(session, "b.mp4"))
    assert (first.state, second.state) == ("running", "waiting")
    engine.progress(1, 4, 10, 3.0)
    settle()
    assert (first.done, first.seconds_left) == (4, 3.0)
    engine.finish(1)
    settle()
    assert (first.state, second.state) == ("done", "running")


def test_a_failed_export_tells_why_and_the_next_one_starts(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    first, second = queue.add(an_export(session, "a.mp4")), queue.add(an_export(session, "b.mp4"))
    engine.finish(1, error=ErrorReport("export", "the disk is full", "Free some space"))
    settle()
    assert first.state == "failed"
    assert first.error is not None
    assert second.state == "running"


def test_a_running_export_is_cancelled_by_the_engine_and_a_waiting_one_is_dropped(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    first, second = queue.add(an_export(session, "a.mp4")), queue.add(an_export(session, "b.mp4"))
    queue.cancel(second)
    assert second.state == "cancelled"
    queue.cancel(first)
    assert engine.cancelled_exports == [1]
    engine.finish(1, cancelled=True)
    settle()
    assert first.state == "cancelled"
    queue.again(first)
    assert first.state == "running"


def test_a_held_queue_starts_nothing_new(session: Session, engine: FakeEngine, queue: ExportQueue) -> None:
    queue.set_paused(True)
    export = queue.add(an_export(session, "a.mp4"))
    assert export.state == "waiting"
    queue.set_paused(False)
    assert export.state == "running"


def test_a_paused_export_stops_and_goes_on_before_the_others(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    ended: list[Export] = []
    queue.finished.connect(ended.append)
    first, second = (queue.add(an_export(session, name)) for name in ("a.mp4", "b.mp4"))
    queue.set_paused(True)
    assert engine.cancelled_exports == [1] and first.doing == "Pausing"
    engine.finish(1, cancelled=True)
    settle()
    assert (first.state, second.state) == ("waiting", "waiting")
    assert ended == [], "it has not ended"
    queue.set_paused(False)
    assert (first.state, second.state) == ("running", "waiting")
    assert engine.exports[-1][2] == first.path


def test_an_export_that_ends_while_it_is_paused_has_ended(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    export = queue.add(an_export(session, "a.mp4"))
    queue.set_paused(True)
    engine.finish(1)
    settle()
    assert export.state == "done"


def test_a_paused_export_can_be_cancelled_for_good(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    export = queue.add(an_export(session, "a.mp4"))
    queue.set_paused(True)
    queue.cancel(export)
    engine.finish(1, cancelled=True)
    settle()
    assert export.state == "cancelled"


def test_pausing_and_going_on_at_once_loses_nothing(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    export = queue.add(an_export(session, "a.mp4"))
    queue.set_paused(True)
    queue.set_paused(False)
    engine.finish(1, cancelled=True)
    settle()
    assert export.state == "running" and len(engine.exports) == 2


def test_the_order_of_waiting_exports_can_be_changed(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    _, second, third = (queue.add(an_export(session, name)) for name in ("a.mp4", "b.mp4", "c.mp4"))
    queue.move(third, -1)
    engine.finish(1)
    settle()
    assert (second.state, third.state) == ("waiting", "running")


def test_an_export_moves_only_among_those_that_wait(session: Session, queue: ExportQueue) -> None:
    first, second, third = (queue.add(an_export(session, name)) for name in ("a.mp4", "b.mp4", "c.mp4"))
    queue.move(third, -5)
    assert queue.items == [first, third, second]
    queue.move(first, 1)
    assert queue.items == [first, third, second], "what runs stays where it is"


def test_the_rows_move_waiting_exports_earlier_and_later(
    session: Session, queue: ExportQueue, dialog: ExportDialog
) -> None:
    first, second, third = (queue.add(an_export(session, name)) for name in ("a.mp4", "b.mp4", "c.mp4"))
    rows = {name: dialog._rows[id(item)] for name, item in zip("abc", (first, second, third), strict=True)}
    assert rows["a"].later.isHidden() and not rows["b"].later.isHidden()
    assert (rows["b"].earlier.isEnabled(), rows["c"].later.isEnabled()) == (False, False)
    rows["b"].later.click()
    assert queue.items == [first, third, second]
    assert (rows["b"].later.isEnabled(), rows["c"].later.isEnabled()) == (False, True)
    assert [dialog._list.indexOf(rows[name]) for name in "acb"] == [0, 1, 2]


def test_the_window_offers_the_writers_and_starts_an_export(
    dialog: ExportDialog, session: Session, engine: FakeEngine, tmp_path: Path
) -> None:
    assert dialog.writer.currentData() == "export"
    dialog.first.setValue(3)
    dialog.last.setValue(8)
    dialog.start.click()
    assert engine.exports == [(1, "export", tmp_path / "out.mp4", 3, 8)]


def test_the_export_takes_the_graph_as_it_was(
    dialog: ExportDialog, session: Session, queue: ExportQueue
) -> None:
    dialog.start.click()
    asked = session.graph
    session.edit("Set", lambda graph: graph.with_parameter("grade", "steps", 9))
    assert queue.items[0].graph is asked


@pytest.mark.parametrize(
    ("path", "words"),
    [("", "Name the file"), ("/no/such/folder/out.mp4", "no folder"), (".", "folder")],
)
def test_a_file_that_cannot_be_written_is_refused_before_work_begins(
    dialog: ExportDialog, path: str, words: str
) -> None:
    dialog.path.setText(path)
    assert not dialog.start.isEnabled()
    assert words in dialog.problem.text()


def test_a_graph_without_a_writer_says_what_to_add(dialog: ExportDialog, session: Session) -> None:
    session.edit("Delete", lambda graph: graph.without_nodes(["export"]))
    assert not dialog.start.isEnabled()
    assert "Output" in dialog.problem.text()


def test_a_name_without_an_ending_is_refused_before_the_queue(
    dialog: ExportDialog, queue: ExportQueue, tmp_path: Path
) -> None:
    dialog.path.setText(str(tmp_path / "film"))
    assert not dialog.start.isEnabled()
    assert "let the name end in .mp4" in dialog.problem.text()
    dialog.path.setText(str(tmp_path / "film.mp4"))
    assert dialog.start.isEnabled()


def test_progress_shows_frames_and_time_left(
    dialog: ExportDialog, engine: FakeEngine, queue: ExportQueue
) -> None:
    dialog.start.click()
    engine.progress(1, 25, 125, 200.0)
    settle()
    row = dialog._rows[id(queue.items[0])]
    assert "25 of 125 frames" in row.state.text()
    assert "3 min 20 s left" in row.state.text()
    assert row.bar.value() == 200
    row.stop.click()
    assert engine.cancelled_exports == [1]


def test_closing_the_window_does_not_stop_an_export(
    dialog: ExportDialog, engine: FakeEngine, queue: ExportQueue
) -> None:
    dialog.start.click()
    dialog.close()
    assert engine.cancelled_exports == []
    assert queue.running is not None


def test_the_writer_s_own_file_is_suggested(
    session: Session, queue: ExportQueue, preferences: Preferences, tmp_path: Path, qtbot
) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("export", "path", str(tmp_path / "mine.mov")))
    made = ExportDialog(session, queue, preferences)
    qtbot.addWidget(made)
    assert made.path.text() == str(tmp_path / "mine.mov")


def test_what_is_open_is_remembered_and_gone_on_with(
    session: Session, engine: FakeEngine, tmp_path: Path
) -> None:
    store = RenderStore(session.registry, tmp_path)
    queue = ExportQueue(engine, session.export_event, session, store)
    queue.add(an_export(session, "a.mp4"))
    queue.add(an_export(session, "b.mp4"))
    kept = store.file.read_text("utf-8")
    assert "a.mp4" in kept and "b.mp4" in kept
    engine.finish(1)
    settle()
    kept = store.file.read_text("utf-8")
    assert "a.mp4" not in kept and "b.mp4" in kept
    queue.stop()
    engine.finish(2, cancelled=True)
    settle()
    assert store.file.is_file()  # The program ends: what it stops is to be gone on with.


def test_renders_of_an_earlier_run_run_again(
    session: Session, engine: FakeEngine, queue: ExportQueue
) -> None:
    queue.go_on([Render(session.graph, "export", Path("/far/c.mp4"), 2, 5, embed=False, credentials=False)])
    assert engine.exports == [(1, "export", Path("/far/c.mp4"), 2, 5)]
    assert queue.items[0].embed is False
    assert queue.items[0].credentials is False


def test_a_queue_that_cannot_be_kept_says_so_once(
    session: Session, engine: FakeEngine, tmp_path: Path, qtbot
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    queue = ExportQueue(engine, session.export_event, session, RenderStore(session.registry, blocked))
    troubles: list[str] = []
    queue.trouble.connect(troubles.append)
    queue.add(an_export(session, "a.mp4"))
    queue.add(an_export(session, "b.mp4"))
    assert len(troubles) == 1
    assert queue.items[0].state == "running"


def test_the_switch_for_the_graph_is_kept(
    session: Session, queue: ExportQueue, preferences: Preferences, dialog: ExportDialog
) -> None:
    assert dialog.embed.isChecked()
    dialog.embed.setChecked(False)
    dialog.begin()
    assert queue.items[-1].embed is False
    assert not ExportDialog(session, queue, preferences, dialog).embed.isChecked()


def test_credentials_are_on_until_switched_off_and_the_choice_is_kept(
    session: Session, queue: ExportQueue, preferences: Preferences, dialog: ExportDialog
) -> None:
    dialog.begin()
    assert queue.items[-1].credentials is True
    dialog.credentials.setChecked(False)
    dialog.begin()
    assert queue.items[-1].credentials is False
    assert not ExportDialog(session, queue, preferences, dialog).credentials.isChecked()


def test_a_remark_on_a_written_file_stands_in_its_row(session: Session, queue: ExportQueue) -> None:
    queue.add(an_export(session, "a.mkv"))
    queue.on_event(ExportDone(1, "a.mkv", remark="written without content credentials: no .mkv"))
    row = ExportRow(queue.items[0], queue)
    assert "Written without content credentials" in row.state.text()
