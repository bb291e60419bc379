"""How values cross to the interface."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engine.parcel import Receiver, Sender
from app.engine.protocol import Preview, ViewReady
from nodes.sdk.values import Mesh


def a_mesh(seed: int = 0) -> Mesh:
    random = np.random.default_rng(seed)
    triangles = random.integers(0, 20_000, (40_000, 3)).astype(np.int32)
    return Mesh(random.random((20_000, 3), np.float32), triangles)


def ready(value: Any, slot: int = 1) -> ViewReady:
    return ViewReady(1, slot, "head", "out", 0, 1, Preview("Mesh", "", value=value))


@pytest.fixture
def ends(tmp_path: Path) -> tuple[Sender, Receiver, Path]:
    return Sender(tmp_path), Receiver(tmp_path), tmp_path


def cross(ends: tuple[Sender, Receiver, Path], value: Any, slot: int = 1) -> tuple[Any, int]:
    """The value as it arrives, and the bytes that were mapped for it."""
    sender, receiver, folder = ends
    packed = sender.pack(ready(value, slot))
    size = sum(file.stat().st_size for file in folder.iterdir())
    arrived = receiver.unpack(pickle.loads(pickle.dumps(packed)))
    assert not list(folder.iterdir())
    return arrived.preview.value, size


def test_what_did_not_change_crosses_once(ends: tuple[Sender, Receiver, Path]) -> None:
    first = a_mesh()
    _, whole = cross(ends, first)
    moved = replace(first, vertices=first.vertices + np.float32(1))
    arrived, part = cross(ends, moved)
    assert whole == first.vertices.nbytes + first.triangles.nbytes
    assert part == first.vertices.nbytes
    assert np.array_equal(arrived.vertices, moved.vertices)
    assert np.array_equal(arrived.triangles, moved.triangles)


def test_another_value_in_between_is_no_matter(ends: tuple[Sender, Receiver, Path]) -> None:
    first, second = a_mesh(1), a_mesh(2)
    for value in (first, second, first, first):
        arrived, _ = cross(ends, value)
        assert np.array_equal(arrived.triangles, value.triangles)
    assert cross(ends, first)[1] == 0


def test_slots_do_not_mix(ends: tuple[Sender, Receiver, Path]) -> None:
    first, second = a_mesh(1), a_mesh(2)
    cross(ends, first, 1)
    cross(ends, second, 2)
    assert np.array_equal(cross(ends, first, 1)[0].vertices, first.vertices)
    assert np.array_equal(cross(ends, second, 2)[0].vertices, second.vertices)


def test_the_reader_keeps_no_more_than_the_newest_of_a_slot(ends: tuple[Sender, Receiver, Path]) -> None:
    for seed in range(5):
        cross(ends, a_mesh(seed))
    assert [len(kept) for kept in ends[1]._kept.values()] == [2]
    cross(ends, 3.0)
    assert [len(kept) for kept in ends[1]._kept.values()] == [0]


def test_a_reference_to_nothing_is_refused(ends: tuple[Sender, Receiver, Path]) -> None:
    sender, _, folder = ends
    mesh = a_mesh()
    sender.pack(ready(mesh))
    late = sender.pack(ready(mesh))
    with pytest.raises(ValueError, match="never came"):
        Receiver(folder).unpack(late)
