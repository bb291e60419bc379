"""Exports: in a process of their own, stoppable, resumable, in flat memory."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from app.document.graph import Graph
from app.engine.evaluate import Evaluator
from app.engine.exporting import export_node
from app.engine.protocol import ExportDone, ExportProgress
from nodes.sdk import Cancelled
from tests.engine import kit
from tests.engine.conftest import Engine


def video(path: Path | str, kind: str = "moving_picture", **settings: float) -> Graph:
    parameters = {"size": 64} if kind == "moving_picture" else {}
    return kit.graph(
        {"clip": (kind, parameters), "out": ("export_video", {"path": str(path)})},
        {"out": {"image": "clip"}},
        **settings,
    )


def frames_in(path: Path) -> int:
    import av

    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_an_export_writes_the_nodes_file_and_tells_how_far_it_is(engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    job = engine.client.export(video(target), "out", None, 3, 22)
    done = engine.until(ExportDone)
    assert (done.job, done.error, done.cancelled, Path(done.path)) == (job, None, False, target)
    assert frames_in(target) == 20
    progress = engine.of(ExportProgress)
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert progress[-1].done == progress[-1].total == 20
    assert all(event.seconds_left >= 0 for event in progress)
    assert progress[0].done == 0  # Before the first frame is there, it is told which node runs.
    assert progress[0].doing.startswith("clip")


def test_another_file_may_be_given(engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "other.mov"
    engine.client.export(video("unused.mp4"), "out", target, 0, 4)
    assert Path(engine.until(ExportDone).path) == target
    assert frames_in(target) == 5


def test_what_is_no_picture_is_written_as_one_file(engine: Engine, tmp_path: Path) -> None:
    graph = kit.graph({"clip": "frame_number", "around": "window"}, {"around": {"items": "clip"}})
    target = tmp_path / "around.csv"
    engine.client.export(graph, "around", target, 5, 9)
    done = engine.until(ExportDone)
    assert (done.error, Path(done.path)) == (None, target)
    assert "5" in target.read_text("utf-8")
    assert engine.of(ExportProgress)[-1].done == 1


def test_what_fits_no_file_of_that_name_says_which_do(engine: Engine, tmp_path: Path) -> None:
    graph = kit.graph({"clip": "frame_number", "around": "window"}, {"around": {"items": "clip"}})
    engine.client.export(graph, "around", tmp_path / "around.mp4", 0, 0)
    error = engine.until(ExportDone).error
    assert error is not None
    assert ".csv" in f"{error.what} {error.hint}"
    assert not (tmp_path / "around.mp4").exists()


def test_looking_goes_on_while_an_export_runs(engine: Engine, tmp_path: Path) -> None:
    graph = video(tmp_path / "out.mp4", "slow_picture")
    engine.client.export(graph, "out", None, 0, 30)
    engine.until(ExportProgress)
    assert engine.value(kit.graph({"n": ("number", {"value": 4.0})}), "n") == 4.0
    assert not engine.of(ExportDone)
    assert engine.until(ExportDone).error is None


def test_an_export_can_be_cancelled(engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    job = engine.client.export(video(target, "slow_picture"), "out", None, 0, 5000)
    engine.until(ExportProgress)
    engine.client.cancel_export(job)
    done = engine.until(ExportDone)
    assert done.cancelled
    assert done.error is None
    assert not target.exists()


def test_a_failing_node_ends_the_export_with_its_report(engine: Engine, tmp_path: Path) -> None:
    graph = kit.graph(
        {"out": ("export_video", {"path": str(tmp_path / "out.mp4")}), "wrong": "wrong_type"},
        {"out": {"image": "wrong"}},
    )
    engine.client.export(graph, "out", None, 0, 5)
    done = engine.until(ExportDone)
    assert done.error is not None
    assert done.error.node == "wrong"


@pytest.mark.parametrize("path", ["", "no/such/folder/out.mp4", "out.xyz"])
def test_a_file_that_cannot_be_written_is_told(engine: Engine, tmp_path: Path, path: str) -> None:
    target = str(tmp_path / path) if path else ""
    engine.client.export(video(target), "out", None, 0, 5)
    done = engine.until(ExportDone)
    assert done.error is not None
    assert done.error.what


def test_an_export_that_is_killed_is_told(engine: Engine, tmp_path: Path) -> None:
    engine.client.export(video(tmp_path / "out.mp4", "slow_picture"), "out", None, 0, 5000)
    engine.until(ExportProgress)
    (process,) = engine.client._exports.values()
    psutil.Process(process.process.pid).kill()
    done = engine.until(ExportDone)
    assert done.error is not None
    assert "SIGKILL" in done.error.what


def test_closing_ends_exports(tmp_path: Path) -> None:
    engine = Engine()
    engine.client.export(video(tmp_path / "out.mp4", "slow_picture"), "out", None, 0, 5000)
    engine.until(ExportProgress)
    (process,) = engine.client._exports.values()
    engine.client.close()
    assert not process.process.is_alive()


def test_a_stopped_export_goes_on_where_it_stopped(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    graph = video(target, last=299)
    seen: list[int] = []

    def note(done: int, total: int, left: float, doing: str) -> None:
        seen.append(done)

    def evaluator() -> Evaluator:
        return Evaluator(kit.registry(), device="cpu", streaming=True)

    with pytest.raises(Cancelled):
        export_node(
            evaluator(), graph, "out", None, 0, 299, on_progress=note, is_cancelled=lambda: len(seen) > 200
        )
    seen.clear()
    moved = graph.with_positions({"clip": (40, 40)})
    assert export_node(evaluator(), moved, "out", None, 0, 299, on_progress=note) == target
    assert seen[0] > 100
    assert frames_in(target) == 300


@pytest.mark.slow
def test_ten_thousand_frames_export_in_flat_memory(tmp_path: Path) -> None:
    evaluator = Evaluator(kit.registry(), device="cpu", streaming=True)
    graph = kit.graph(
        {"clip": ("moving_picture", {"size": 32}), "b": "brighten"}, {"b": {"image": "clip"}}, last=9999
    )
    resident: dict[int, int] = {}

    def note(done: int, total: int, left: float, doing: str) -> None:
        if done in (1000, 10_000):
            resident[done] = psutil.Process().memory_info().rss

    export_node(evaluator, graph, "b", tmp_path / "out.mp4", 0, 9999, on_progress=note)
    assert resident[10_000] - resident[1000] < 30 * 2**20
