"""Small graphs to run commands on, and the command itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from app.cli import main

Run: TypeAlias = Callable[..., "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The only line on stderr."""
        (only,) = self.err.splitlines()
        return only


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `facewright` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        caught = capfd.readouterr()
        return Outcome(status, caught.out, caught.err)

    return call


@pytest.fixture
def write_graph(tmp_path: Path) -> Callable[..., Path]:
    """Write a graph file into the test's folder; returns its path."""

    def write(name: str = "a.graph", **entries: Any) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps({"format": "facewright.graph", "version": 1, **entries}))
        return path

    return write


@pytest.fixture
def film(write_graph: Callable[..., Path]) -> Path:
    """Six frames of a small picture that grows brighter, written to `film.mp4`."""
    exposure = {"keys": [[0, -2.0, "linear"], [5, 2.0]]}
    return write_graph(
        settings={"fps": 10, "first": 0, "last": 5},
        nodes={
            "plain": {"kind": "solid_image", "parameters": {"width": 32, "height": 16}},
            "light": {"kind": "grade_image", "parameters": {"exposure": exposure}},
            "export": {"kind": "export_video", "parameters": {"path": "film.mp4"}},
        },
        wires=[["plain.out", "light.image"], ["light.out", "export.image"]],
    )
