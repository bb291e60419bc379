"""The versions the program is held to, and what must not be imported when."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = [
    Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])
]


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _lock() -> dict[str, Version]:
    lines = (ROOT / "packaging" / "lock.txt").read_text("utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(pin) == 2 for pin in pins), "every line of the lock is NAME==VERSION"
    return {_name(name): Version(version) for name, version in pins}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_requirement_is_locked_within_its_bounds(requirement: Requirement) -> None:
    locked = _lock().get(_name(requirement.name))
    assert locked is not None, f"{requirement.name} is not in packaging/lock.txt"
    assert locked in requirement.specifier


def test_packages_that_break_others_are_not_locked() -> None:
    assert not {"torchvision", "torchaudio", "opencv-python", "mediapipe", "pyrender"} & set(_lock())


def test_qt_does_not_lose_references_to_none() -> None:
    """PySide6 6.12.0 drops one reference to None with every call that returns None, then aborts."""
    from PySide6.QtCore import QObject

    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(10_000):
        thing.setObjectName("name")
    assert abs(sys.getrefcount(None) - before) < 1_000


HEAVY = (
    *("torch", "numba", "scipy", "cv2", "onnxruntime", "ai_edge_litert", "diffusers", "transformers"),
    *("trimesh", "pyrender", "skimage", "networkx", "pyqtgraph", "pydantic"),
)


@pytest.mark.parametrize("module", ["app.ui.main_window", "app.cli", "app.models.command"])
def test_the_program_starts_without_what_computes(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} does not exist")
    probe = (
        f"import json, sys; import {module}; from nodes.sdk.registry import default_registry; "
        f"default_registry(); print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize(
    "module", ["app.cli", "app.models.command", "app.document.graph", "app.engine.client"]
)
def test_what_is_not_the_interface_does_without_qt(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} does not exist")
    probe = f"import sys; import {module}; print('PySide6' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.strip() == "False", result.stderr


def test_no_registry_is_written_down() -> None:
    """Packages come from wherever the user's package clients are set to fetch them."""
    written = [
        path.relative_to(ROOT).as_posix()
        for pattern in ("packaging/*", "app/models/*.py", "resources/models/*.json", "Makefile", ".ci/run")
        for path in ROOT.glob(pattern)
        if path.is_file() and re.search(r"https?://|index-url|find-links", path.read_text("utf-8"))
    ]
    assert written == []
