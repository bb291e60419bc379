"""What holds for every test: the user's own folders stay untouched, and nothing is left running."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import psutil
import pytest

#: How long a thread or process may take to end after its test, in seconds.
GRACE = 3.0

#: Timers that were started since the first test with Qt; dead ones drop out.
_started: weakref.WeakSet[Any] = weakref.WeakSet()


def pytest_configure(config: pytest.Config) -> None:
    """Let tests see the fetched models, but write to a data folder that goes away."""
    from nodes.sdk.models import search_path

    folder = tempfile.TemporaryDirectory(prefix="facewright-tests-")
    config.add_cleanup(folder.cleanup)
    os.environ["FACEWRIGHT_MODELS"] = os.pathsep.join(str(path) for path in search_path())
    os.environ["FACEWRIGHT_DATA"] = str(Path(folder.name) / "data")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests of the interface where Qt would end the whole run: there is no screen at all."""
    if _has_screen():
        return
    skip = pytest.mark.skip(reason="no screen: neither DISPLAY nor Xvfb is there (apt-get install xvfb)")
    for item in items:
        if {"qtbot", "qapp"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(skip)


def _has_screen() -> bool:
    if not sys.platform.startswith("linux") or shutil.which("Xvfb"):
        return True  # pytest-xvfb starts a virtual screen
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves behind a thread, a process, a running QTimer or an open window.

    What was there before the test, such as a worker of a wider fixture, is not its fault.
    """
    uses_qt = bool({"qtbot", "qapp"} & set(request.fixturenames))
    if uses_qt:
        _watch_timers()
    threads = set(threading.enumerate())
    processes = set(_processes())
    timers = set(_running_timers())
    windows = _windows() if uses_qt else []
    yield
    left = [f"window {window!r}" for window in _new_windows(windows)] if uses_qt else []
    left += [f"timer {timer!r}" for timer in _running_timers() if timer not in timers]
    left += _remaining(threads, processes)
    if left:
        pytest.fail("the test left behind: " + "; ".join(left))


def _remaining(threads: set[threading.Thread], processes: set[psutil.Process]) -> list[str]:
    """Threads and processes that are new and do not end by themselves within GRACE."""
    deadline = time.monotonic() + GRACE
    while True:
        # Threads that Qt or a codec started show up as _DummyThread and never leave the list.
        new_threads = [
            thread
            for thread in threading.enumerate()
            if thread not in threads and not isinstance(thread, threading._DummyThread)
        ]
        new_processes = [process for process in _processes() if process not in processes]
        if not new_threads and not new_processes:
            return []
        if time.monotonic() > deadline:
            return [f"thread {thread.name}" for thread in new_threads] + [
                f"process {process.pid} ({process.name()})" for process in new_processes
            ]
        time.sleep(0.02)


def _processes() -> list[psutil.Process]:
    """Child processes that live, without Python's own resource tracker."""
    tracker = getattr(resource_tracker._resource_tracker, "_pid", None)
    alive = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.pid != tracker and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
        except psutil.NoSuchProcess:
            continue
    return alive


def _windows() -> list[Any]:
    """Top-level widgets, after Qt has deleted those that were to be deleted."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    if not isinstance(QApplication.instance(), QApplication):
        return []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # Qt keeps its tool-tip label for the next tip.
    return [
        widget for widget in QApplication.topLevelWidgets() if widget.metaObject().className() != "QTipLabel"
    ]


def _new_windows(known: list[Any]) -> list[Any]:
    found = [window for window in _windows() if window not in known]
    if found:
        # Perhaps only garbage; collecting it takes long, so not after every test.
        found.clear()
        gc.collect()
        found = [window for window in _windows() if window not in known]
    return found


def _watch_timers() -> None:
    """Remember from now on every timer that Python code starts."""
    from PySide6.QtCore import QTimer

    if getattr(QTimer.start, "watched", False):
        return
    start = QTimer.start

    def watched_start(timer: QTimer, *arguments: int) -> None:
        _started.add(timer)
        start(timer, *arguments)

    watched_start.watched = True  # type: ignore[attr-defined]
    QTimer.start = watched_start  # type: ignore[method-assign]


def _running_timers() -> list[Any]:
    if not _started:
        return []
    import shiboken6

    return [timer for timer in list(_started) if shiboken6.isValid(timer) and timer.isActive()]
