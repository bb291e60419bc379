"""What the README promises about make is what the Makefile does."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_every_make_command_in_the_readme_exists() -> None:
    promised = set(re.findall(r"(?:`|^)make ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert promised >= {"demo", "run", "test", "bench", "lint"}
    assert promised <= TARGETS


def test_no_target_is_taken_for_a_file() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not on this machine")
@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("demo", "facewright render resources/graphs/first_face.graph -o demo.mp4"),
        ("run", "facewright open resources/graphs/first_face.graph"),
        ("test", 'pytest -m "not slow"'),
        ("bench", "python -m tests.bench.run"),
        ("lint", "lint-imports"),
    ],
)
def test_a_target_sets_up_before_it_works(target: str, command: str) -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert planned.index("packaging/install.py") < planned.index(command)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on this machine")
def test_the_check_before_landing_tries_everything_and_fails_when_anything_fails(tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/asked"\n[ "$1" != lint ]\n')
    make.chmod(make.stat().st_mode | stat.S_IXUSR)
    result = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert (tmp_path / "asked").read_text().split() == ["test", "lint", "slow", "bench"]
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "failed: make lint"
