"""Runs every benchmark and writes one table: `python -m tests.bench.run [TOPIC ...]`.

Each `tests/bench/bench_TOPIC.py` has a function `rows() -> list[Row]`. It runs in a process of its
own, so that one that fails, or eats memory, does not spoil the others. The tables go to the folder
bench-results, as Markdown and as JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from app.processors import wait_politely
from tests.bench.table import Row, markdown

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
RESULTS = ROOT / "bench-results"
#: Longest time for one benchmark file, in seconds.
TIME_LIMIT = 1500.0
PACKAGES = (
    "numpy",
    "numba",
    "torch",
    "onnxruntime",
    "ai-edge-litert",
    "opencv-python-headless",
    "PySide6-Essentials",
    "av",
)


@dataclass(frozen=True)
class Result:
    """What one benchmark file gave.

    Attributes:
        topic: the file's name without `bench_`.
        rows: its rows; empty when it failed.
        seconds: how long it ran.
        problem: why it failed, or empty.
    """

    topic: str
    rows: tuple[Row, ...]
    seconds: float
    problem: str = ""


def topics(folder: Path = HERE) -> list[str]:
    """The topics for which there is a benchmark file."""
    return sorted(path.stem.removeprefix("bench_") for path in folder.glob("bench_*.py"))


def run_topic(topic: str, module: str = "", time_limit: float = TIME_LIMIT) -> Result:
    """Run one benchmark in a process of its own.

    Args:
        topic: the topic.
        module: the module that has `rows`; by default that of the topic.
        time_limit: seconds after which it is ended and counts as failed.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "rows.json"
        command = [sys.executable, "-m", "tests.bench.run", "--child", module or f"tests.bench.bench_{topic}"]
        process = subprocess.Popen(
            [*command, str(output)], cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        problem = ""
        try:
            _, errors = process.communicate(timeout=time_limit)
        except subprocess.TimeoutExpired:
            _end(process)
            _, errors = process.communicate()
            problem = f"took longer than {time_limit:.0f} s"
        sys.stderr.write(errors)
        if not problem and process.returncode != 0:
            lines = [line for line in errors.splitlines() if line.strip()]
            problem = lines[-1].strip() if lines else f"ended with code {process.returncode}"
        rows = () if problem else tuple(Row(**entry) for entry in json.loads(output.read_text("utf-8")))
    return Result(topic, rows, time.monotonic() - started, problem)


def _end(process: subprocess.Popen[str]) -> None:
    """End a benchmark and the processes that it started."""
    for child in [*psutil.Process(process.pid).children(recursive=True), process]:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue


def _child(module: str, output: str) -> None:
    rows = importlib.import_module(module).rows()
    entries = [dataclasses.asdict(row) | {"value": float(row.value)} for row in rows]
    Path(output).write_text(json.dumps(entries), "utf-8")


@contextmanager
def screen() -> Iterator[None]:
    """A virtual screen for benchmarks that open windows, where there is no screen but an Xvfb."""
    if os.environ.get("DISPLAY") or sys.platform != "linux" or shutil.which("Xvfb") is None:
        yield
        return
    from pyvirtualdisplay.display import Display

    with Display(visible=False, size=(1600, 1000), color_depth=24):
        yield


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    described = {
        "processor": _processor(),
        "cores": f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "gpu": _gpu(),
        "load before": f"{psutil.getloadavg()[0]:.1f}",
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    for name in PACKAGES:
        try:
            described[name] = version(name)
        except PackageNotFoundError:
            described[name] = "not installed"
    return described


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _gpu() -> str:
    try:
        asked = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "none"
    return (
        asked.stdout.strip().replace("\n", ", ") if asked.returncode == 0 and asked.stdout.strip() else "none"
    )


def report(results: list[Result], described: dict[str, str], when: str) -> str:
    """The whole report as Markdown."""
    parts = [f"# Benchmarks, {when}", "\n".join(f"- {name}: {value}" for name, value in described.items())]
    for result in results:
        parts.append(f"## {result.topic} ({result.seconds:.0f} s)")
        parts.append(f"FAILED: {result.problem}" if result.problem else markdown(result.rows))
    rows = [row for result in results for row in result.rows]
    limited = [row for row in rows if row.met is not None]
    failed = sum(1 for result in results if result.problem)
    parts.append(
        f"{len(rows)} figures, {sum(1 for row in limited if row.met)} of {len(limited)} limits met, "
        f"{failed} of {len(results)} benchmarks failed."
    )
    return "\n\n".join(parts) + "\n"


def save(results: list[Result], described: dict[str, str], when: str, folder: Path = RESULTS) -> None:
    """Write the report as Markdown and as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "when": when,
        "machine": described,
        "benchmarks": [
            {
                "topic": result.topic,
                "seconds": round(result.seconds, 2),
                "problem": result.problem,
                "rows": [
                    dataclasses.asdict(row) | {"ratio": row.ratio, "met": row.met} for row in result.rows
                ],
            }
            for result in results
        ],
    }
    (folder / "bench.md").write_text(report(results, described, when), "utf-8")
    (folder / "bench.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks.

    Returns:
        0 when all ran through, 1 when one failed; a limit that is not met is reported, not a failure.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.bench.run", description="Run the benchmarks.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of: {', '.join(topics())}")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="start no further benchmark after this time; 0: no limit"
    )
    parser.add_argument("--child", nargs=2, metavar=("MODULE", "OUTPUT"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        # as the program's own processes do
        wait_politely()
        _child(*options.child)
        return 0
    unknown = sorted(set(options.topics) - set(topics()))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    described = machine()
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    results = []
    left_out = []
    deadline = time.monotonic() + options.minutes * 60 if options.minutes > 0 else float("inf")
    with screen():
        for topic in options.topics or topics():
            left = deadline - time.monotonic()
            if left <= 0:
                left_out.append(topic)
                continue
            sys.stderr.write(f"{topic} ...\n")
            result = run_topic(topic, time_limit=min(TIME_LIMIT, left))
            if result.problem and time.monotonic() >= deadline:
                left_out.append(topic)
            else:
                results.append(result)
    sys.stdout.write(report(results, described, when))
    if left_out:
        sys.stdout.write(f"\nNot finished within {options.minutes:g} minutes: {', '.join(left_out)}.\n")
    save(results, described, when)
    return 1 if any(result.problem for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
