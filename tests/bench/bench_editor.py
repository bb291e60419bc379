"""An hour of a hand in the whole window: ten thousand random actions, and what they leave behind.

The engine is a stand-in that answers at once, so that only the editor's own memory is seen.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.table import Row

ACTIONS = 10_000
#: By then the undo history is full, fonts and styles are loaded and caches have their size.
WARM_UP = 4_000
SAMPLE = 250
MEGABYTE = 2**20


def rows() -> list[Row]:
    """What ten thousand actions cost and leave."""
    figures = measured()
    note = f"{ACTIONS:,} actions at random, {figures['seconds']:.0f} s; history full after {WARM_UP:,}"
    return [
        Row(
            f"memory gained in the last {ACTIONS - WARM_UP:,} of {ACTIONS:,} actions",
            figures["growth"],
            "MB",
            16.0,
            "lower",
            beside=f"{figures['warm']:.0f} MB in all when warm",
            note=note,
        ),
        Row("widgets left behind by them", figures["widgets"], "", 0, "lower", note="after all is undone"),
        Row("threads left behind by them", figures["threads"], "", 0, "lower"),
        Row("an action, drawn and undoable", figures["action"], "ms", 16.0, "lower", note="median"),
    ]


def measured(actions: int = ACTIONS, warm_up: int = WARM_UP) -> dict[str, float]:
    """Do the actions; megabytes, counts and milliseconds by name."""
    import psutil
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    from app.ui.main_window import MainWindow
    from app.ui.session import Session
    from app.ui.settings import Preferences
    from app.ui.theme import apply_theme
    from tests.ui.canvas.fakes import face_graph, small_registry
    from tests.ui.canvas.test_random_actions import RandomUser

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app, "dark")
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        session = Session(_forgetful_engine(), small_registry())
        window = MainWindow(session, Preferences(Path(folder) / "preferences.ini"))
        window.resize(1280, 800)
        window.show()
        session.edit("Build", lambda _: face_graph())
        session.view_node("photo")
        app.processEvents()
        user = RandomUser(window.canvas, window.parameters, 7)

        def tidied() -> tuple[int, int]:
            """Widgets and threads while nothing is selected."""
            session.go_to(())
            session.select(())
            app.processEvents()
            app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            return len(app.allWidgets()), threading.active_count()

        widgets = threads = 0
        resident: list[float] = []
        times: list[float] = []
        started = time.perf_counter()
        for number in range(actions):
            if number == warm_up:
                widgets, threads = tidied()
            before = time.perf_counter()
            user.act()
            app.processEvents()
            app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            times.append((time.perf_counter() - before) * 1000)
            if number >= warm_up and number % SAMPLE == 0:
                gc.collect()
                resident.append(process.memory_info().rss / MEGABYTE)
        seconds = time.perf_counter() - started
        while session.document.undo_label:
            session.undo()
        left, running = tidied()
        third = max(len(resident) // 3, 1)
        figures = {
            "warm": resident[0],
            # Medians of the first and the last third: a passing peak is no leak.
            "growth": max(statistics.median(resident[-third:]) - statistics.median(resident[:third]), 0.0),
            "widgets": float(max(left - widgets, 0)),
            "threads": float(max(running - threads, 0)),
            "action": statistics.median(times),
            "seconds": seconds,
        }
        session.document._saved = session.document.graph  # Nobody is here to be asked.
        window.close()
        window.deleteLater()
        app.processEvents()
    return figures


def _forgetful_engine() -> Any:
    """A stand-in that answers and keeps nothing."""
    from tests.ui.fakes import FakeEngine

    class Forgetful(FakeEngine):
        def look(self, *arguments: Any, **options: Any) -> int:
            number = super().look(*arguments, **options)
            self.answer()
            del self.looks[:-1]
            return number

    return Forgetful
