"""The benchmark runner: one that fails or hangs does not lose the others."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from tests.bench import run
from tests.bench.run import Result, run_topic
from tests.bench.table import Row

GOOD = 'from tests.bench.table import Row\ndef rows(): return [Row("speed", 2, "ms", 4, "lower")]\n'
BROKEN = 'def rows(): raise ValueError("no such picture")\n'
DEADLY = "import os, signal\ndef rows(): os.kill(os.getpid(), 9)\n"
HANGING = (
    "import subprocess, sys, time\n"
    "def rows():\n"
    "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a module that the runner's processes can import."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(source: str) -> str:
        (tmp_path / "made_up_bench.py").write_text(source)
        return "made_up_bench"

    return write


def test_rows_come_back_from_the_process(module) -> None:
    result = run_topic("good", module(GOOD))
    assert result.rows == (Row("speed", 2.0, "ms", 4, "lower"),)
    assert result.problem == ""


@pytest.mark.parametrize(
    ("source", "problem"), [(BROKEN, "ValueError: no such picture"), (DEADLY, "code -9")]
)
def test_a_failure_is_reported_and_isolated(module, source: str, problem: str) -> None:
    result = run_topic("bad", module(source))
    assert result.rows == ()
    assert problem in result.problem


def test_one_that_hangs_is_ended_with_the_processes_it_started(module) -> None:
    result = run_topic("hanging", module(HANGING), time_limit=1.5)
    assert "longer than" in result.problem
    assert psutil.Process().children(recursive=True) == [] or all(
        "time.sleep(60)" not in " ".join(child.cmdline())
        for child in psutil.Process().children(recursive=True)
    )


def test_results_are_kept_as_markdown_and_json(tmp_path: Path) -> None:
    results = [
        Result("keys", (Row("key pass", 1.0, "ms", 2.0, "lower"),), 3.0),
        Result("broken", (), 1.0, "ValueError: no such picture"),
    ]
    run.save(results, {"cores": "2"}, "today", tmp_path)
    text = (tmp_path / "bench.md").read_text("utf-8")
    assert "- cores: 2" in text
    assert "FAILED: ValueError: no such picture" in text
    assert "1 figures, 1 of 1 limits met, 1 of 2 benchmarks failed." in text
    stored = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert stored["benchmarks"][0]["rows"][0]["ratio"] == 0.5
    assert stored["benchmarks"][1]["problem"]


def test_the_exit_code_tells_a_failure_but_not_a_missed_limit(monkeypatch, tmp_path: Path, capsys) -> None:
    missed = Result("slow", (Row("row", 9.0, "ms", 2.0, "lower"),), 1.0)
    monkeypatch.setattr(run, "topics", lambda: ["slow"])
    monkeypatch.setattr(run, "run_topic", lambda topic, **_: missed)
    monkeypatch.setattr(run, "RESULTS", tmp_path)
    monkeypatch.setattr(run, "save", lambda *_: None)
    assert run.main([]) == 0
    assert "0 of 1 limits met" in capsys.readouterr().out
    monkeypatch.setattr(run, "run_topic", lambda topic, **_: Result("slow", (), 1.0, "it broke"))
    assert run.main([]) == 1


def test_no_benchmark_is_started_after_the_time_is_up_and_the_report_says_which(monkeypatch, capsys) -> None:
    clock = iter(range(0, 600, 40))
    started: list[str] = []

    def took(topic: str, **_: object) -> Result:
        started.append(topic)
        return Result(topic, (Row("row", 1.0, "ms", 2.0, "lower"),), 40.0)

    monkeypatch.setattr(run, "topics", lambda: ["one", "two", "three"])
    monkeypatch.setattr(run, "run_topic", took)
    monkeypatch.setattr(run, "save", lambda *_: None)
    monkeypatch.setattr(run, "machine", dict)
    monkeypatch.setattr(run.time, "monotonic", lambda: float(next(clock)))
    assert run.main(["--minutes", "1.5"]) == 0
    assert started == ["one", "two"]
    assert "Not finished within 1.5 minutes: three." in capsys.readouterr().out


def test_the_machine_is_described() -> None:
    described = run.machine()
    assert described["processor"]
    assert int(described["cores"]) > 0
    assert described["numpy"] != "not installed"
