"""The disk tier: what it gives back, and what it refuses to trust."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine import disk
from app.engine.cache import Cache, Result
from app.engine.disk import DiskCache
from app.engine.evaluate import Evaluator
from app.engine.protocol import NodeState
from nodes.sdk.values import Image, Table
from tests.engine import kit

KEY = bytes(range(16))


def stored(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.result"))


def image(level: float = 0.5, side: int = 32) -> Result:
    return Result((Image(np.full((side, side, 3), level, np.float32)),), None, 1.0)


def test_a_stored_result_comes_back_as_it_was(tmp_path: Path) -> None:
    table = Table(("a", "b"), (("x", 1.5), (None, True)))
    flags = np.array([[True, False]])
    DiskCache(tmp_path).put(KEY, Result((image().outputs[0], table), (1, {"flags": flags}), 2.0))
    back = DiskCache(tmp_path).get(KEY)
    assert back is not None
    assert back.seconds == 2.0
    assert np.array_equal(back.outputs[0].pixels, np.full((32, 32, 3), 0.5, np.float32))
    assert back.outputs[1] == table
    assert back.state[0] == 1
    assert np.array_equal(back.state[1]["flags"], flags)


@pytest.mark.parametrize("damage", ["cut", "flip", "head", "length", "empty"])
def test_a_corrupted_entry_is_recomputed_not_trusted(tmp_path: Path, damage: str) -> None:
    store = DiskCache(tmp_path, worth=0.0)
    graph = kit.graph({"p": ("picture", {"level": 0.25})})
    Evaluator(kit.registry(), device="cpu", cache=Cache(disk=store)).value(graph, "p")
    (path,) = stored(tmp_path)
    whole = path.read_bytes()
    changed = {
        "cut": whole[:-40],
        "flip": whole[:600] + bytes([whole[600] ^ 1]) + whole[601:],
        "head": b"something else\n" + whole[15:],
        "length": whole[:20] + b"\xff" * 8 + whole[28:],
        "empty": b"",
    }[damage]
    path.write_bytes(changed)
    states: list[NodeState] = []
    again = Evaluator(kit.registry(), device="cpu", cache=Cache(disk=store))
    value = again.value(graph, "p", on_state=states.append)
    assert np.all(value.pixels == np.float32(0.25))
    assert states[-1].state == "fresh"
    assert stored(tmp_path)[0].read_bytes()[:20] == whole[:20]


def test_a_stored_result_is_not_computed_again_in_another_session(tmp_path: Path) -> None:
    graph = kit.graph({"p": "picture", "b": "brighten"}, {"b": {"image": "p"}})
    for expected in (["p", "b"], []):
        store = DiskCache(tmp_path, worth=0.0)
        states: list[NodeState] = []
        evaluator = Evaluator(kit.registry(), device="cpu", cache=Cache(disk=store))
        evaluator.value(graph, "b", on_state=states.append)
        assert [state.node for state in states if state.state == "fresh"] == expected
    assert [(state.node, state.state) for state in states] == [("b", "disk")]


def test_removing_an_entry_does_not_hurt_its_duplicate(tmp_path: Path) -> None:
    store = DiskCache(tmp_path)
    other = bytes(16)
    store.put(KEY, image())
    store.put(other, image())
    store.remove(KEY)
    assert store.get(KEY) is None
    back = store.get(other)
    assert back is not None
    assert np.all(back.outputs[0].pixels == 0.5)


def test_only_what_took_long_is_stored(tmp_path: Path) -> None:
    store = DiskCache(tmp_path)
    store.put(KEY, Result((1.0,), None, 0.01))
    assert stored(tmp_path) == []


def test_what_would_come_back_changed_is_not_stored(tmp_path: Path) -> None:
    store = DiskCache(tmp_path)
    store.put(KEY, Result((1.0,), [1, 2], 1.0))
    store.put(KEY, Result((object(),), None, 1.0))
    assert stored(tmp_path) == []


def test_the_budget_holds_and_the_least_recently_used_go(tmp_path: Path) -> None:
    store = DiskCache(tmp_path, budget=100_000)
    for index in range(20):
        store.put(bytes([index]) * 16, image(side=32))
        store.get(bytes(16))
    assert sum(path.stat().st_size for path in stored(tmp_path)) <= 100_000
    assert len(stored(tmp_path)) >= 5
    assert store.get(bytes(16)) is not None


def test_other_code_has_other_entries(tmp_path: Path) -> None:
    DiskCache(tmp_path, salt=b"old code").put(KEY, image())
    assert DiskCache(tmp_path, salt=b"new code").get(KEY) is None


def test_a_full_disk_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "_write", full)
    store = DiskCache(tmp_path, worth=0.0)
    evaluator = Evaluator(kit.registry(), device="cpu", cache=Cache(disk=store))
    assert evaluator.value(kit.graph({"n": ("number", {"value": 2.0})}), "n") == 2.0


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    store = DiskCache(tmp_path)
    store.put(KEY, image())
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".result"]


def test_purging_all_empties_the_folder(tmp_path: Path) -> None:
    cache = Cache(disk=DiskCache(tmp_path))
    cache.put(KEY, "n", image())
    assert stored(tmp_path)
    cache.purge()
    assert stored(tmp_path) == []
