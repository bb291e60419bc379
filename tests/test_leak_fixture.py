"""The fixture that fails tests which leave something running does fail them, and only them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PROBES = """
import subprocess, sys, threading, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
kept = []

def test_thread():
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()

def test_process():
    kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5)"]))

def test_timer(qapp):
    kept.append(QTimer())
    kept[-1].start(60_000)

def test_window(qapp):
    kept.append(QWidget())
    kept[-1].show()

def test_nothing(qtbot):
    threading.Thread(target=print).start()
    subprocess.run([sys.executable, "-c", ""])
    widget = QWidget()
    QTimer(widget).start(10)
    qtbot.addWidget(widget)
    widget.show()
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says about the probes, with the fixture's patience cut short."""
    folder = tmp_path_factory.mktemp("probes")
    conftest = (ROOT / "tests" / "conftest.py").read_text("utf-8")
    (folder / "conftest.py").write_text(conftest.replace("GRACE = 3.0", "GRACE = 0.3"), "utf-8")
    (folder / "test_probes.py").write_text(PROBES, "utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", "-p", "no:xvfb", str(folder)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize("kind", ["thread", "process", "timer", "window"])
def test_a_test_that_leaves_something_running_fails(kind: str, outcome: str) -> None:
    assert re.search(rf"ERROR \S+::test_{kind} - .*left behind: {kind} ", outcome), outcome


def test_a_test_that_cleans_up_passes(outcome: str) -> None:
    assert re.search(r"^PASSED \S+::test_nothing$", outcome, re.MULTILINE), outcome
    assert not re.search(r"ERROR \S+::test_nothing", outcome), outcome
