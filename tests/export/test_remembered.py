"""The render queue outlives the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.document.graph import Graph, NodeInstance
from app.export.remembered import Render, RenderStore, find_renders
from nodes.sdk.registry import Registry, default_registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return default_registry()


def a_render(tmp_path: Path, name: str = "out.mp4", path: str = "/pictures/me.png") -> Render:
    graph = Graph().with_node("photo", NodeInstance("load_image", parameters={"path": path}))
    return Render(graph, "photo", tmp_path / name, 3, 9, embed=False, credentials=False)


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def orphaned(store: RenderStore) -> Path:
    """The store's file as a program leaves it that was killed."""
    return store.file.rename(store.file.with_name(store.file.name.replace(str(os.getpid()), str(gone()), 1)))


def test_what_a_killed_program_left_is_found(tmp_path: Path, registry: Registry) -> None:
    store = RenderStore(registry, tmp_path / "queue")
    renders = [a_render(tmp_path), a_render(tmp_path, "other.png")]
    store.save(renders)
    orphaned(store)
    (left,) = find_renders(registry, tmp_path / "queue")
    assert [(r.node, r.path, r.first, r.last, r.embed, r.credentials) for r in left.renders] == [
        (r.node, r.path, r.first, r.last, r.embed, r.credentials) for r in renders
    ]
    assert left.renders[0].graph.nodes["photo"].parameters["path"] == "/pictures/me.png"
    left.discard()
    assert not find_renders(registry, tmp_path / "queue")


def test_the_queue_of_a_running_program_is_left_alone(tmp_path: Path, registry: Registry) -> None:
    RenderStore(registry, tmp_path).save([a_render(tmp_path)])
    assert not find_renders(registry, tmp_path)


def test_an_empty_queue_leaves_no_file(tmp_path: Path, registry: Registry) -> None:
    store = RenderStore(registry, tmp_path)
    store.save([])
    store.save([a_render(tmp_path)])
    assert store.file.is_file()
    store.save([])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        {"format": "something"},
        {"renders": [{"node": "photo"}]},
        {"renders": [{"node": "photo", "path": "relative.mp4", "first": 0, "last": 1, "graph": {}}]},
        {"renders": [{"node": "photo", "path": "/a.mp4", "first": 5, "last": 1, "graph": {}}]},
        {"renders": 3},
    ],
)
def test_a_file_that_was_tampered_with_is_passed_over(
    change: dict[str, object], tmp_path: Path, registry: Registry
) -> None:
    store = RenderStore(registry, tmp_path)
    store.save([a_render(tmp_path)])
    file = orphaned(store)
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert not find_renders(registry, tmp_path)
