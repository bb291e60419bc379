"""A program that is killed in the middle of work loses seconds of it, not hours."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.document.document import Document
from app.document.recovery import find_recovery
from tests.ui.fakes import small_registry

ROOT = Path(__file__).resolve().parents[2]
#: Edits every 20 ms and says each number; puts work aside every 100 ms.
SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from app.ui import files
from app.ui.session import Session
from app.ui.settings import Preferences
from tests.ui.fakes import FakeEngine, small_registry
files.AUTOSAVE = 100
app = QApplication([])
session = Session(FakeEngine, small_registry())
keeper = files.Files(session, Preferences(Path(sys.argv[2])), QWidget())
session.open(Path(sys.argv[1]))
count = 0
def work():
    global count
    count += 1
    session.edit("Set", lambda graph: graph.with_parameter("grade", "gain", count / 10000))
    if count % 17 == 0:
        session.save()
    sys.stdout.write(f"{count}\\n")
    sys.stdout.flush()
timer = QTimer()
timer.timeout.connect(work)
timer.start(20)
app.exec()
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("wanted", [23, 40, 61])
def test_after_a_kill_all_but_the_last_moment_is_there(wanted: int, tmp_path: Path) -> None:
    registry = small_registry()
    path = tmp_path / "work.graph"
    document = Document(registry)
    from tests.ui.conftest import small_graph

    document.apply(small_graph(), "Build")
    document.save_as(path)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(path), str(tmp_path / "preferences.ini")],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    last = 0
    deadline = time.monotonic() + 60
    for line in process.stdout:
        last = int(line)
        if last >= wanted or time.monotonic() > deadline:
            break
    process.send_signal(signal.SIGKILL)
    last = max([last, *map(int, re.findall(r"\d+", process.stdout.read()))])
    process.wait(10)
    process.stdout.close()
    recovery = find_recovery(path)
    kept = Document.recovered(recovery, registry) if recovery else Document.open(path, registry)
    gain = kept.graph.nodes["grade"].parameters["gain"]
    assert isinstance(gain, float)
    assert set(kept.graph.nodes) == {"photo", "faces", "grade", "export"}
    assert round(gain * 10000) >= last - 20, "more than the last half second is gone"
