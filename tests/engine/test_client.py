"""The compute process as the interface lives with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from app.engine.parcel import PREFIX
from app.engine.protocol import (
    NodeState,
    RequestDone,
    Thumbnail,
    View,
    ViewFailed,
    ViewReady,
    WorkerStatus,
)
from tests.engine import kit
from tests.engine.conftest import Engine

ROOT = Path(__file__).resolve().parents[2]
GRAPH = kit.graph(
    {
        "n": ("number", {"value": 2.0}),
        "x": "add",
        "p": ("picture", {"width": 640, "height": 480}),
        "b": "brighten",
        "clip": "frame_number",
        "slow": "slow",
        "deaf": "deaf",
        "killer": "killer",
        "fail": "fail",
        "behind": "add",
        "proxy": "proxy_number",
    },
    {"x": {"a": "n"}, "b": {"image": "p"}, "behind": {"a": "fail"}},
)


def parcels(owner: int | None = None) -> list[Path]:
    shared = Path("/dev/shm")
    return list(shared.glob(f"{PREFIX}{owner or os.getpid()}-*")) if shared.is_dir() else []


def worker_of(engine: Engine) -> psutil.Process:
    assert engine.client._worker is not None
    return psutil.Process(engine.client._worker.process.pid)


def test_values_and_pictures_come_back(engine: Engine) -> None:
    number, picture = engine.look(GRAPH, "x", "b")
    assert isinstance(number, ViewReady)
    assert isinstance(picture, ViewReady)
    assert number.preview.value == 2.0
    pixels = picture.preview.pixels
    assert pixels is not None
    assert (pixels.shape, pixels.dtype) == ((480, 640, 4), np.uint8)
    assert pixels[0, 0].tolist() == [153, 153, 153, 255]
    assert picture.preview.summary == "640 x 480 RGB, sRGB"


def test_a_view_may_ask_for_fewer_pixels(engine: Engine) -> None:
    (answer,) = engine.look(GRAPH, "b", limit=320)
    assert isinstance(answer, ViewReady)
    assert answer.preview.pixels is not None
    assert answer.preview.pixels.shape == (240, 320, 4)
    assert answer.preview.scale == 2


def test_thumbnails_follow_what_was_computed(engine: Engine) -> None:
    engine.look(GRAPH, "b")
    thumbnail = engine.until(Thumbnail, lambda event: event.node == "p")
    assert thumbnail.pixels.shape == (120, 160, 4)


def test_edits_recompute_only_what_depends_on_them(engine: Engine) -> None:
    engine.look(GRAPH, "x", "b")
    edited = GRAPH.with_parameter("x", "value", 5.0)
    engine.look(edited, "x", "b")
    states = engine.states(2)
    assert {name: state.state for name, state in states.items()} == {
        "n": "cached",
        "x": "fresh",
        "b": "cached",
    }


def test_node_states_tell_seconds_and_bytes(engine: Engine) -> None:
    engine.look(GRAPH, "p")
    state = engine.states(1)["p"]
    assert state.state == "fresh"
    assert state.bytes == 640 * 480 * 3 * 4
    assert state.seconds > 0


def test_a_failure_arrives_with_its_inputs_and_blocks_what_is_behind(engine: Engine) -> None:
    failed, fine = engine.look(GRAPH, "behind", "x")
    assert isinstance(failed, ViewFailed)
    assert isinstance(fine, ViewReady)
    assert failed.error.node == "fail"
    assert failed.error.what == "the picture has no face"
    assert failed.error.inputs == ("a: nothing", "image: nothing")
    states = engine.states(1)
    assert states["fail"].state == "failed"
    assert (states["behind"].state, states["behind"].blocked_by) == ("blocked", "fail")


def test_the_newest_request_wins(engine: Engine) -> None:
    old = engine.start(GRAPH, "slow")
    newer = [engine.client.look(GRAPH, (View(0, "x"),), frame) for frame in range(20)]
    done = engine.done(newer[-1])
    assert not done.cancelled
    assert engine.done(old).cancelled
    assert all(engine.done(number) for number in newer)
    assert sum(event.cancelled for event in engine.of(RequestDone)) >= 10


def test_a_newer_request_does_not_stop_what_it_needs_itself(engine: Engine) -> None:
    graph = kit.graph({"slow": ("slow", {"seconds": 0.5}), "x": "add"}, {"x": {"a": "slow"}})
    first = engine.start(graph, "slow")
    for value in (1.0, 2.0, 3.0):
        last = engine.client.look(graph.with_parameter("x", "value", value), (View(0, "x"),), 0)
        time.sleep(0.05)
    engine.done(last)
    ran = [e for e in engine.of(NodeState) if e.node == "slow" and e.state == "fresh"]
    assert len(ran) == 1
    assert {event.request for event in ran} <= {first, last}


@pytest.mark.parametrize("node", ["slow", "deaf"])
def test_cancel_returns_at_once_also_from_a_native_call_that_does_not_listen(
    engine: Engine, node: str
) -> None:
    request = engine.start(GRAPH, node)
    started = time.monotonic()
    engine.client.cancel()
    assert engine.done(request).cancelled
    assert time.monotonic() - started < 2.0  # The figure is in the benchmark; here it must not hang.
    assert engine.value(GRAPH, "x") == 2.0


def test_a_worker_that_comes_back_soon_after_a_cancel_keeps_its_memory(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "app.engine.client.LIMBO", 30.0
    )  # a busy machine takes its time; soon is for it to say
    graph = kit.graph({"n": "number", "deaf": ("deaf", {"seconds": 0.2})}, {"deaf": {"a": "n"}})
    request = engine.start(graph, "deaf")
    worker = worker_of(engine)
    engine.client.cancel()
    assert engine.done(request).cancelled
    engine.value(graph, "n")
    assert worker_of(engine).pid == worker.pid
    assert engine.states(2)["n"].state == "cached"


def test_a_killed_worker_is_an_error_on_the_node_that_ran_and_the_graph_runs_again(engine: Engine) -> None:
    request = engine.start(GRAPH, "slow")
    worker_of(engine).send_signal(signal.SIGKILL)
    failure = engine.until(ViewFailed)
    assert failure.request == request
    assert failure.error.node == "slow"
    assert "SIGKILL" in failure.error.what
    assert engine.until(WorkerStatus, lambda event: event.state == "died")
    assert engine.states(request)["slow"].state == "failed"
    assert engine.value(GRAPH, "x") == 2.0


def test_a_request_that_only_waited_when_the_worker_died_is_answered(engine: Engine) -> None:
    graph = kit.graph({"deaf": "deaf", "n": ("number", {"value": 2.0})})
    running = engine.start(graph, "deaf")
    waiting = engine.client.look(graph, (View(0, "n"),), 0)
    worker_of(engine).send_signal(signal.SIGKILL)
    assert not engine.done(waiting).cancelled
    assert [event.request for event in engine.of(ViewReady)] == [waiting]
    assert [event.request for event in engine.of(ViewFailed)] == [running]


def test_a_look_right_after_a_crash_is_answered(engine: Engine) -> None:
    for _ in range(3):
        engine.start(GRAPH, "slow")
        heard = len(engine.events)
        worker_of(engine).kill()
        engine.until(ViewFailed, since=heard)
        assert engine.value(GRAPH, "x") == 2.0


def test_a_look_at_a_program_that_cannot_start_is_told_so() -> None:
    engine = Engine(registry="tests.engine.kit:nothing_there")
    try:
        (answer,) = engine.look(GRAPH, "x")
        assert isinstance(answer, ViewFailed)
        assert "does not start" in answer.error.what
    finally:
        engine.client.close()


def test_a_node_that_crashes_the_worker_can_be_looked_at_again_and_again(engine: Engine) -> None:
    for _ in range(4):
        (answer,) = engine.look(GRAPH, "killer")
        assert isinstance(answer, ViewFailed)
        assert answer.error.node == "killer"
    assert engine.value(GRAPH, "x") == 2.0


def test_the_proxy_reaches_nodes_that_read_it(engine: Engine) -> None:
    (coarse,) = engine.look(GRAPH, "proxy", proxy=4)
    assert isinstance(coarse, ViewReady)
    assert (coarse.preview.value, coarse.proxy) == (100.0, 4)
    (full,) = engine.look(GRAPH, "proxy")
    assert isinstance(full, ViewReady)
    assert full.preview.value == 25.0
    (again,) = engine.look(GRAPH, "proxy", proxy=4)
    assert isinstance(again, ViewReady)
    assert again.proxy == 1  # Full size was in memory, so that is what came.


def test_a_proxy_picture_says_how_much_smaller_it_is(engine: Engine) -> None:
    graph = kit.graph({"p": "proxy_picture", "full": "picture"})
    small, same = engine.look(graph, "p", "full", proxy=4)
    assert isinstance(small, ViewReady)
    assert isinstance(same, ViewReady)
    assert small.preview.pixels is not None
    assert (small.preview.pixels.shape[1], small.preview.scale) == (160, 4.0)
    assert same.preview.scale == 1.0


def test_purging_computes_again(engine: Engine) -> None:
    engine.value(GRAPH, "x")
    engine.client.purge("x")
    engine.value(GRAPH, "x")
    assert {name: state.state for name, state in engine.states(2).items()} == {"n": "cached", "x": "fresh"}


def test_pins_outlive_the_worker(engine: Engine) -> None:
    engine.client.pin(frozenset({"x"}))
    engine.look(GRAPH, "killer")
    assert engine.value(GRAPH, "x") == 2.0


def test_nothing_is_left_in_shared_memory(engine: Engine) -> None:
    kept = [engine.look(GRAPH.with_parameter("b", "amount", level), "b") for level in (0.0, 0.1, 0.2)]
    (answer,) = kept[0]
    assert isinstance(answer, ViewReady)
    names = [path.name for folder in parcels() for path in folder.iterdir()]
    assert set(names) <= {"cells"}
    engine.start(GRAPH, "slow")
    worker_of(engine).kill()
    engine.until(WorkerStatus, lambda event: event.state == "died")
    engine.client.close()
    assert parcels() == []
    pixels = answer.preview.pixels
    assert pixels is not None
    assert pixels[0, 0, 0] == 128  # What was received stays readable.


def test_closing_while_a_node_runs_leaves_no_process() -> None:
    engine = Engine()
    engine.start(GRAPH, "deaf")
    worker = worker_of(engine)
    engine.client.close()
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
    engine.client.close()


def test_a_listener_that_fails_does_not_stop_the_engine(caplog: pytest.LogCaptureFixture) -> None:
    class Touchy(Engine):
        def _hear(self, event: object) -> None:
            super()._hear(event)  # type: ignore[arg-type]
            if isinstance(event, ViewReady):
                raise RuntimeError("the panel is gone")

    engine = Touchy()
    try:
        assert engine.value(GRAPH, "x") == 2.0
        assert engine.value(GRAPH, "n") == 2.0
    finally:
        engine.client.close()
    assert "the listener failed" in caplog.text


def test_a_registry_that_does_not_load_is_told_and_not_tried_for_ever() -> None:
    engine = Engine(registry="tests.engine.kit:nothing_there")
    try:
        engine.until(WorkerStatus, lambda event: event.state == "stopped")
        assert len([event for event in engine.of(WorkerStatus) if event.state == "died"]) == 3
    finally:
        engine.client.close()


@pytest.mark.slow
def test_the_worker_ends_when_the_program_is_killed() -> None:
    code = (
        "import sys, time\n"
        "from app.engine.client import EngineClient\n"
        "if __name__ == '__main__':\n"
        "    def say(event):\n"
        "        if getattr(event, 'state', '') == 'ready':\n"
        "            sys.stdout.write(f'{client._worker.process.pid}\\n'); sys.stdout.flush()\n"
        "    client = EngineClient(say, registry='tests.engine.kit:registry', disk=False)\n"
        "    time.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    worker = psutil.Process(int(program.stdout.readline()))
    program.kill()
    program.wait()
    program.stdout.close()
    worker.wait(10)


def test_a_program_that_ends_without_closing_leaves_nothing_and_says_nothing() -> None:
    code = (
        "import os, sys, threading\n"
        "from app.engine.client import EngineClient\n"
        "from app.engine.protocol import RequestDone, View\n"
        "from tests.engine import kit\n"
        "if __name__ == '__main__':\n"
        "    done = threading.Event()\n"
        "    say = lambda event: done.set() if isinstance(event, RequestDone) else None\n"
        "    client = EngineClient(say, registry=kit.REGISTRY_PATH, disk=False)\n"
        "    client.look(kit.graph({'p': 'picture'}), (View(0, 'p'),), 0)\n"
        "    assert done.wait(30)\n"
        "    if 'close' in sys.argv: client.close()\n"
        "    sys.stdout.write(str(os.getpid()))\n"
    )
    for argument in ("close", "leave"):
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, argument],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, "")
        assert parcels(int(ended.stdout)) == []


def test_the_client_imports_nothing_heavy() -> None:
    code = (
        "import sys, app.engine.client, app.engine.protocol\n"
        "heavy = {'torch', 'scipy', 'numba', 'cv2', 'PIL', 'av', 'onnxruntime', 'networkx', 'PySide6'}\n"
        "sys.stdout.write(' '.join(sorted(heavy & set(sys.modules))))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
