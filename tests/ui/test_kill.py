"""A program that is killed in the middle of work loses seconds of it, not hours."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.document.backups import backups
from app.document.document import Document
from app.document.recovery import find_recovery
from nodes.sdk.registry import Registry
from tests.ui.conftest import small_graph
from tests.ui.fakes import small_registry
from tests.ui.killed_session import ASIDE, DIGITS, PACE, digest

ROOT = Path(__file__).resolve().parents[2]
#: The actions that may be gone: as many as fit between two saves of unsaved work, and one on either
#: side. Counted, not timed: a busy machine slows the actions and the saves alike.
LOST = ASIDE // PACE + 2
pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")


def killed(path: Path, folder: Path, seed: int, seconds: float) -> list[str]:
    """Let a scripted session work on a file, kill it; what the document was after each of its actions."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ui.killed_session", str(path), str(folder), str(seed)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "FACEWRIGHT_DATA": str(folder / "data")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, "the session did not begin"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    lines = [first, *process.stdout.read().splitlines()]
    process.wait(10)
    process.stdout.close()
    # The last line may be cut off in its middle.
    return [text for line in lines if len(text := line.strip()) == DIGITS]


def reopened(path: Path, registry: Registry) -> Document:
    """The document as the program offers it after the kill."""
    recovery = find_recovery(path)
    return Document.recovered(recovery, registry) if recovery else Document.open(path, registry)


def check_kill(folder: Path, seed: int, seconds: float) -> None:
    registry = small_registry()
    path = folder / "work.graph"
    document = Document(registry)
    document.apply(small_graph(), "Build")
    document.save_as(path)
    steps = killed(path, folder, seed, seconds)
    found = digest(reopened(path, registry).graph, registry)
    moments = [moment for moment, text in enumerate(steps) if text == found]
    assert moments, f"seed {seed}, killed after {seconds:.3f} s: this is no moment of the session"
    gone = len(steps) - 1 - moments[-1]
    assert gone <= LOST, f"seed {seed}, killed after {seconds:.3f} s: the last {gone} actions are gone"
    # Whatever was being written, the saved file and every earlier save can be read too.
    Document.open(path, registry)
    for backup in backups(path):
        Document.open(backup, registry)


@pytest.mark.parametrize("seed", range(3))
def test_after_a_kill_at_any_moment_all_but_the_last_is_there(seed: int, tmp_path: Path) -> None:
    check_kill(tmp_path, seed, random.uniform(0.0, 1.2))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 125))
def test_many_kills_at_random_moments(seed: int, tmp_path: Path) -> None:
    check_kill(tmp_path, seed, random.uniform(0.0, 2.5))
