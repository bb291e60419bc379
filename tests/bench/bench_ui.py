"""The window: how fast it stands there, follows a slider, and paints pictures."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.table import Row

ROOT = Path(__file__).resolve().parents[2]
FIRST_GRAPH = ROOT / "resources" / "graphs" / "first_face.graph"
STARTS = 5
EDITS = 40
PATIENCE = 60.0
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
    return [_start(), *_viewer(), *_slider()]


# -- starting -------------------------------------------------------------------------------------


def _start() -> Row:
    """From the start of the process until the window stands painted, with the first graph."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"FACEWRIGHT_REPORT_PAINT": "1", "FACEWRIGHT_DATA": folder}
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
        note=f"median of {STARTS}",
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
    guard = threading.Timer(PATIENCE, process.kill)
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
    _settle(application)

    def arrive() -> None:
        view.show_picture(Picture(pixels))
        view.repaint()

    def pan() -> None:
        view._set_framing(view.framing.panned(1, 0))
        view.repaint()

    arrive()
    arrival, panning = _milliseconds(arrive, 20), _milliseconds(pan, 40)
    view.close()
    view.deleteLater()
    _settle(application)
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
        _wait(application, lambda: bool(session.seen_frames) and not session.requests.busy)
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
            _wait(application, lambda: bool(arrived))
            (proxied if number % 2 else full).append(1000 * (arrived[0] - started))
            _wait(application, lambda: not session.requests.busy and not session.requests._rest.isActive())
        session.document._saved = session.graph
        window.close()
        window.deleteLater()
        session.deleteLater()
        _settle(application)
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
        )
    ]


def _milliseconds(work: Callable[[], Any], times: int) -> float:
    work()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def _settle(application: Any) -> None:
    for _ in range(5):
        application.processEvents()


def _wait(application: Any, reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError("the compute process did not answer")
        application.processEvents()
        time.sleep(0.0005)
