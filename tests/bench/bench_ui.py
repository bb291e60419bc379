"""The window: how fast it stands there, follows a slider, and paints pictures."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.table import Row
from tests.bench.timing import settle, usual_milliseconds, wait_until

ROOT = Path(__file__).resolve().parents[2]
FIRST_GRAPH = ROOT / "resources" / "graphs" / "first_face.graph"
STARTS = 5
EDITS = 40
#: Frames that are made ready and then played for so many seconds.
READY, PLAYED = 40, 4.0
MOTION_SECONDS = 60
_BARE = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel
import sys, numpy
app = QApplication([])
label = QLabel("bare")
label.resize(1600, 1000)
label.show()
QTimer.singleShot(0, lambda: (sys.stderr.write("window painted\\n"), sys.stderr.flush(), app.quit()))
app.exec()
"""


def rows() -> list[Row]:
    """The figures of the interface."""
    return [_start(), *_viewer(), *_slider(), _pull()]


# -- starting -------------------------------------------------------------------------------------


def _start() -> Row:
    """From the start of the process until the window stands painted, with the first graph."""
    with tempfile.TemporaryDirectory() as folder:
        # As an installed program starts: with the byte code of an earlier start, wherever this runs.
        environment = os.environ | {
            "FACEWRIGHT_REPORT_PAINT": "1",
            "FACEWRIGHT_DATA": folder,
            "PYTHONPYCACHEPREFIX": str(Path(folder) / "bytecode"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "app", "open", str(FIRST_GRAPH)]
        full = _seconds_to_paint(command, environment)
        bare = _seconds_to_paint([sys.executable, "-c", _BARE], environment)
    return Row(
        "window painted after process start, warm",
        full,
        "s",
        1.0,
        "lower",
        beside=f"an empty window of PySide6 and numpy: {bare:.2f} s",
        note=f"median of {STARTS}, with the byte code of an earlier start",
    )


def _seconds_to_paint(command: list[str], environment: dict[str, str]) -> float:
    seconds = [_one_start(command, environment) for _ in range(STARTS + 1)]
    return statistics.median(seconds[1:])


def _one_start(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    guard = threading.Timer(60.0, process.kill)
    guard.start()
    try:
        for line in process.stderr:
            if "window painted" in line:
                return time.perf_counter() - started
        raise RuntimeError(f"{command[1:4]} ended without a painted window")
    finally:
        guard.cancel()
        process.terminate()
        process.wait(20)
        process.stderr.close()


# -- the viewer -----------------------------------------------------------------------------------


def _viewer() -> list[Row]:
    from PySide6.QtWidgets import QApplication

    from app.ui.theme import apply_theme
    from app.ui.viewers.picture import Picture
    from app.ui.viewers.picture_view import PictureView

    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, "dark")
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (1080, 1920, 4), np.uint8)
    pixels[..., 3] = 255
    view = PictureView()
    view.resize(1280, 800)
    view.show()
    settle(application)

    def arrive() -> None:
        view.show_picture(Picture(pixels))
        view.repaint()

    def pan() -> None:
        view._set_framing(view.framing.panned(1, 0))
        view.repaint()

    arrive()
    arrival, panning = usual_milliseconds(arrive, 20), usual_milliseconds(pan, 40)
    view.close()
    view.deleteLater()
    settle(application)
    return [
        Row("1080p picture arrives and is painted at 1280x800", arrival, "ms", 33.0, "lower"),
        Row("viewer repaints a 1080p picture at 1280x800", panning, "ms", 16.0, "lower"),
    ]


# -- the slider -----------------------------------------------------------------------------------


def _slider() -> list[Row]:
    """From the edit of an expression slider to the picture in the viewer, while it is dragged."""
    from nodes.sdk.models import find

    if not FIRST_GRAPH.is_file() or not all(find(card) for card in ("face_landmarker", "anny_head")):
        return []
    from PySide6.QtWidgets import QApplication

    from app.ui.main_window import MainWindow
    from app.ui.session import Session
    from app.ui.settings import Preferences

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Session(), Preferences(Path(folder) / "preferences.ini"))
        window.resize(1600, 1000)
        window.show()
        session = window.session
        session.open(FIRST_GRAPH)
        arrived: list[float] = []
        session.view_ready.connect(lambda event: arrived.append(time.perf_counter()))
        wait_until(application, lambda: bool(session.seen_frames) and not session.requests.busy)
        name = next(name for name, node in session.graph.nodes.items() if node.kind == "edit_expression")
        proxied, full = [], []
        for number in range(EDITS):
            value = 0.2 + 0.6 * number / EDITS
            settings = {"merge": "drag"} if number % 2 else {}
            arrived.clear()
            started = time.perf_counter()
            session.edit(
                "Drag", lambda graph, value=value: graph.with_parameter(name, "jawOpen", value), **settings
            )
            wait_until(application, lambda: bool(arrived))
            (proxied if number % 2 else full).append(1000 * (arrived[0] - started))
            wait_until(
                application, lambda: not session.requests.busy and not session.requests._rest.isActive()
            )
        playing = _playing(window, application)
        session.document._saved = session.graph
        window.close()
        window.deleteLater()
        session.deleteLater()
        settle(application)
    note = f"median of {EDITS // 2}, fitted photo of 512 px, two-way through the compute process"
    return [
        Row(
            "expression slider to picture while dragging",
            statistics.median(proxied[2:]),
            "ms",
            50.0,
            "lower",
            beside=f"full size at rest: {statistics.median(full[2:]):.0f} ms",
            note=note,
        ),
        playing,
    ]


def _playing(window: Any, application: Any) -> Row:
    """Playing frames that are ready: how many of those that are due are seen."""
    session, timeline = window.session, window.timeline
    rate = session.graph.settings.fps
    last = session.graph.settings.first + READY - 1
    session.edit("Range", lambda graph: replace(graph, settings=replace(graph.settings, last=last)))
    for frame in range(session.graph.settings.first, last + 1):
        session.set_frame(frame)
        wait_until(application, lambda frame=frame: frame in session.seen_frames)
    due: list[int] = []
    shown: list[int] = []
    session.frame_changed.connect(due.append)
    session.view_ready.connect(lambda event: shown.append(event.frame))
    timeline.toggle_play()
    started = time.monotonic()
    while time.monotonic() - started < PLAYED:
        application.processEvents()
        time.sleep(0.0005)
    timeline.stop()
    seconds = time.monotonic() - started
    return Row(
        f"playing frames that are ready at {rate:g} frames a second: shown of those due",
        100 * len(shown) / (rate * seconds),
        "%",
        90.0,
        "higher",
        beside=f"the playhead alone moved {len(due) / seconds:.2f} times a second",
        note="a frame that comes late is dropped, so that sound stays in step",
    )


# -- curves ---------------------------------------------------------------------------------------


def _pull() -> Row:
    """One step of pulling a curve: the edit of the document and the painted plane."""
    from PySide6.QtCore import QPointF
    from PySide6.QtWidgets import QApplication

    from app.document.graph import Graph, NodeInstance
    from app.ui.panels.motion_plot import MotionPlot
    from app.ui.theme import current_theme
    from nodes.sdk.values import ARKIT_NAMES, Motion
    from nodes.voice.editing import OffsetKey, read_offsets, write_offsets
    from tests.ui.canvas.fakes import SmallSession

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    count, rate = MOTION_SECONDS * 60, 60.0
    waves = np.sin(np.arange(count)[:, None] / (20 + np.arange(52)[None, :])) * 0.4 + 0.5
    nothing = np.zeros((count, 3), np.float32)
    motion = Motion(waves.astype(np.float32), nothing, nothing, np.zeros((count, 2, 2), np.float32), rate)
    session = SmallSession(Graph(nodes={"hand": NodeInstance("blur")}))
    plot = MotionPlot(session, None)  # type: ignore[arg-type]
    plot.resize(1280, 300)
    plot.show()
    shown = dict(zip(ARKIT_NAMES[:8], current_theme().curves, strict=True))
    keys = tuple(OffsetKey(2.0 * number, 0.1) for number in range(MOTION_SECONDS // 2))
    offsets = dict.fromkeys(shown, keys)
    plot.show_motion(motion, offsets, 1.0, shown)
    plot.fit()
    plot.offsets_changed.connect(
        lambda _label, changed, _merge: plot.show_motion(
            motion, read_offsets(write_offsets(changed)), 1.0, shown
        )
    )
    name, middle = ARKIT_NAMES[0], MOTION_SECONDS / 2 + 1.0
    plot._mode, plot._start, plot._pulls = "pull", (offsets, frozenset()), (name, middle)
    plot._press = QPointF(600, 150)
    steps = iter(range(10_000))

    def step() -> None:
        plot.go_on(QPointF(600, 160 + next(steps) % 40), application.keyboardModifiers())
        plot.repaint()

    taken = usual_milliseconds(step, EDITS)
    plot.close()
    plot.deleteLater()
    settle(application)
    return Row(
        f"a step of pulling a curve: 8 curves of {MOTION_SECONDS} s at 60 frames a second",
        taken,
        "ms",
        16.0,
        "lower",
        note=f"text written and read, {8 * len(keys)} keys, painted at 1280 x 300",
    )
