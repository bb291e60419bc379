"""The command line as a whole: help, exit status, quick start, clean ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from tests.cli.conftest import Run

ROOT = Path(cli.__file__).resolve().parents[1]
HEAVY = ("torch", "numba", "cv2", "scipy", "onnxruntime", "av", "PySide6", "PIL", "trimesh", "diffusers")


def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )  # type: ignore[call-overload]


def test_help_names_every_command(run: Run) -> None:
    outcome = run("--help")
    assert outcome.status == 0
    for command in ("open", "render", "eval", "check", "nodes", "models", "bench"):
        assert f"\n    {command} " in outcome.out


def test_the_version_is_shown(run: Run) -> None:
    outcome = run("--version")
    assert outcome.status == 0
    assert outcome.out.startswith("facewright ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",),
        ("render",),
        ("eval", "a.graph", "node"),
        ("render", "a.graph", "--fps", "0"),
        ("render", "a.graph", "--frames", "5-"),
        ("render", "a.graph", "--frames", "9-3"),
        ("render", "a.graph", "--device", "toaster"),
        ("eval", "a.graph", ".out", "-o", "x.png"),
        ("models", "eat"),
    ],
)
def test_bad_usage_ends_with_status_2(run: Run, film: Path, arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments)
    assert outcome.status == 2
    assert "facewright" in outcome.err
    assert "Traceback" not in outcome.err


def test_an_internal_fault_is_one_line_and_a_traceback_only_when_asked(
    run: Run, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the moon\nis wrong")

    monkeypatch.setattr("app.document.check.check", broken)
    outcome = run("check", film)
    assert outcome.status == 1
    assert outcome.line.startswith("facewright: error: an internal fault, RuntimeError: the moon is wrong")
    assert "Traceback" in run("check", film, "-v").err
    assert "Traceback" in run("-v", "check", film).err


def test_too_little_memory_is_one_line(run: Run, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("app.document.check.check", greedy)
    assert "not enough memory" in run("check", film).line


@pytest.mark.parametrize("arguments", [("--help",), ("nodes",), ("check", "film")])
def test_small_commands_import_nothing_heavy(film: Path, arguments: tuple[str, ...]) -> None:
    words = [str(film) if word == "film" else word for word in arguments]
    code = (
        "import sys; from app.cli import main; status = main(sys.argv[1:]); "
        f"found = [name for name in {HEAVY!r} if name in sys.modules]; "
        "sys.exit(str(found) if found else status)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_output_into_a_pipe_that_closes_is_no_fault(tmp_path: Path) -> None:
    with start("nodes", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """A shell's background jobs ignore interrupts, and so would what they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupts")
@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_an_interrupt_ends_cleanly_and_leaves_no_broken_file(tmp_path: Path, film: Path) -> None:
    with start("render", film, "--frames", "0-100000", "-o", "long.mp4", cwd=tmp_path) as process:
        deadline = time.monotonic() + 30
        while process.poll() is None and not (tmp_path / "long.mp4.parts").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.splitlines()[-1].startswith("facewright: interrupted")
    assert "Traceback" not in errors
    assert not (tmp_path / "long.mp4").exists()


def test_open_starts_the_editor_with_the_file(run: Run, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    opened: list[object] = []

    def editor(path: Path | None) -> int:
        opened.append(path)
        return 0

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setitem(sys.modules, "app.ui.program", types.SimpleNamespace(run=editor))
    assert run("open", film).status == 0
    assert run("open").status == 0
    assert run().status == 0
    assert opened == [film, None, None]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_open_without_a_display_is_one_line(run: Run, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    outcome = run("open", film)
    assert outcome.status == 1
    assert "there is no display" in outcome.line


def test_bench_says_that_it_needs_the_source(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.commands import bench

    monkeypatch.setattr(bench, "ROOT", tmp_path)
    outcome = run("bench")
    assert outcome.status == 1
    assert "Run it from a checkout" in outcome.line


def test_bench_passes_the_topics_and_the_status_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.commands import bench

    place = tmp_path / "tests" / "bench"
    place.mkdir(parents=True)
    (place / "run.py").write_text("import sys\nsys.stdout.write(' '.join(sys.argv[1:]))\nsys.exit(3)\n")
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    outcome = run("bench", "engine", "document")
    assert (outcome.status, outcome.out) == (3, "engine document")
