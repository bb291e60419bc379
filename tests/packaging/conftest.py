from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "packaging"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The set-up scripts can be imported by name, as they import each other."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in ("install", "system_libraries"):
        sys.modules.pop(name, None)


@pytest.fixture
def libraries(scripts: None) -> ModuleType:
    return importlib.import_module("system_libraries")


@pytest.fixture
def setup(
    scripts: None, libraries: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """The set-up script, working on a made-up checkout."""
    script = importlib.import_module("install")
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\n")
    (root / "lock.txt").write_text("numpy==2.4.6\n")
    environment = root / ".venv"
    for name, value in {
        "ROOT": root,
        "ENVIRONMENT": environment,
        "LOCK": root / "lock.txt",
        "STAMP": environment / "facewright-setup.txt",
        "LOG": environment / "facewright-setup.log",
    }.items():
        monkeypatch.setattr(script, name, value)
    return script
