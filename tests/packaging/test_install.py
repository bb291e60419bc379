"""The set-up script: what it does once, what it does again, and what it says when it cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

NO_NETWORK = """Collecting numpy
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('...')'
ERROR: No matching distribution found for numpy
"""


@pytest.fixture
def steps(setup: ModuleType, libraries: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands the set-up runs; none of them is really run, all succeed."""
    commands: list[list[str]] = []

    def make(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        if "venv" in command:
            setup.program_path("python").parent.mkdir(parents=True)
            setup.program_path("python").touch()
            version = ".".join(map(str, sys.version_info[:3]))
            text = f"home = somewhere\nversion = {version}\ncommand = python -m venv {setup.ENVIRONMENT}\n"
            (setup.ENVIRONMENT / "pyvenv.cfg").write_text(text)
        return subprocess.CompletedProcess(command, 0, "all models are here\n", "")

    def run_logged(command: list[str]) -> tuple[int, str]:
        commands.append(command)
        return 0, ""

    monkeypatch.setattr(setup.subprocess, "run", make)
    monkeypatch.setattr(setup, "run_logged", run_logged)
    monkeypatch.setattr(libraries, "missing", lambda: ([], []))
    return commands


def test_the_first_run_makes_installs_and_fetches(setup: ModuleType, steps: list[list[str]]) -> None:
    assert setup.main([]) == 0
    venv, pip, models = steps
    assert venv[1:3] == ["-m", "venv"]
    assert pip[pip.index("--constraint") + 1] == str(setup.LOCK)
    assert pip[-2:] == ["--editable", f"{setup.ROOT}[dev]"]
    assert models[1:] == ["-m", "app", "models", "fetch", "--required"]


def test_the_second_run_only_looks_at_the_models_and_is_silent(
    setup: ModuleType, steps: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    setup.main([])
    steps.clear()
    capsys.readouterr()
    assert setup.main(["--quiet"]) == 0
    assert [command[3:] for command in steps] == [["models", "fetch", "--required"]]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["lock.txt", "pyproject.toml"])
def test_a_changed_lock_or_project_file_installs_again_in_the_same_environment(
    setup: ModuleType, steps: list[list[str]], name: str
) -> None:
    setup.main([])
    steps.clear()
    (setup.ROOT / name).write_text("numpy==2.5.0\n")
    assert setup.main([]) == 0
    assert any("pip" in command for command in steps)
    assert not any("venv" in command for command in steps)


@pytest.mark.parametrize(
    "line",
    ["version = 3.1.4\ncommand = python -m venv {here}", "version = {version}\ncommand = x /elsewhere/.venv"],
)
def test_an_environment_of_another_python_or_place_is_replaced(
    setup: ModuleType, steps: list[list[str]], line: str
) -> None:
    setup.main([])
    version = ".".join(map(str, sys.version_info[:3]))
    text = line.format(here=setup.ENVIRONMENT, version=version)
    (setup.ENVIRONMENT / "pyvenv.cfg").write_text(text)
    setup.STAMP.unlink()
    steps.clear()
    assert setup.main([]) == 0
    assert "venv" in steps[0]


def test_a_folder_that_is_no_environment_is_not_touched(
    setup: ModuleType, steps: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    setup.ENVIRONMENT.mkdir()
    (setup.ENVIRONMENT / "thesis.txt").write_text("precious")
    assert setup.main([]) == 1
    assert "is in the way" in capsys.readouterr().err
    assert (setup.ENVIRONMENT / "thesis.txt").read_text() == "precious"


def test_a_failed_install_is_tried_again_next_time(
    setup: ModuleType, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(setup, "run_logged", lambda command: (1, NO_NETWORK))
        assert setup.main([]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert errors == ["set-up: the packages cannot be fetched: there is no network. Connect and run it again"]
    steps.clear()
    assert setup.main([]) == 0
    assert any("pip" in command for command in steps)


def test_another_failure_quotes_the_reason_and_names_the_log(setup: ModuleType) -> None:
    line = setup.explain("Collecting x\nERROR: first\nERROR: Could not build wheels for x\n")
    assert "(Could not build wheels for x)" in line
    assert "facewright-setup.log" in line


def test_models_that_cannot_be_fetched_fail_the_setup(
    setup: ModuleType, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.main([])
    failed = subprocess.CompletedProcess([], 1, "", "")
    monkeypatch.setattr(setup.subprocess, "run", lambda *_, **__: failed)
    assert setup.main([]) == 1
    assert setup.main(["--no-models"]) == 0


def test_a_folder_that_may_not_be_written_is_one_line(
    setup: ModuleType, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def refuse(command: list[str]) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied", str(setup.LOG))

    monkeypatch.setattr(setup, "run_logged", refuse)
    assert setup.main([]) == 1
    assert capsys.readouterr().err == f"set-up: {setup.LOG}: Permission denied\n"


def test_an_old_python_is_told_in_one_line(setup: ModuleType, steps: list[list[str]]) -> None:
    with pytest.raises(setup.SetupError, match=r"needs Python 3\.11 or newer, this is 3\.9"):
        setup.check_python((3, 9))
    assert steps == []


def test_the_scripts_can_be_read_by_an_old_python() -> None:
    import ast

    for path in (Path(__file__).resolve().parents[2] / "packaging").glob("*.py"):
        ast.parse(path.read_text("utf-8"), feature_version=(3, 8))


def test_libraries_the_program_needs_are_named_with_the_one_command(
    setup: ModuleType, libraries: ModuleType, steps: list[list[str]], monkeypatch, capsys
) -> None:
    monkeypatch.setattr(libraries, "missing", lambda: (["libegl1"], ["xvfb"]))
    monkeypatch.setattr(libraries, "install", lambda packages, log: False)
    assert setup.main([]) == 1
    assert "sudo apt-get update && sudo apt-get install -y libegl1 xvfb" in capsys.readouterr().err


def test_libraries_only_a_window_needs_do_not_stop_the_setup(
    setup: ModuleType, libraries: ModuleType, steps: list[list[str]], monkeypatch, capsys
) -> None:
    monkeypatch.setattr(libraries, "missing", lambda: ([], ["xvfb"]))
    monkeypatch.setattr(libraries, "install", lambda packages, log: False)
    assert setup.main([]) == 0
    assert "install -y xvfb" in capsys.readouterr().out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux is looked at")
def test_a_library_that_does_not_load_is_missing(libraries: ModuleType, monkeypatch) -> None:
    monkeypatch.setattr(libraries, "NEEDED", {"libnowhere.so.7": "libnowhere7", "libc.so.6": "libc6"})
    monkeypatch.setattr(libraries, "FOR_A_WINDOW", {})
    monkeypatch.setattr(libraries, "FOR_TESTS", {"no-such-program": "no-such-package"})
    needed, others = libraries.missing()
    assert needed == ["libnowhere7"]
    assert others[0] == "no-such-package"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux is looked at")
def test_without_a_way_to_become_root_nothing_is_installed(
    libraries: ModuleType, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(libraries.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(libraries.shutil, "which", lambda name: None if name == "sudo" else name)
    monkeypatch.setattr(libraries.subprocess, "call", lambda *_, **__: pytest.fail("something was run"))
    assert libraries.install(["xvfb"], tmp_path / "log") is False
