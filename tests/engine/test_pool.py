"""Loaded models."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.pool import ModelPool


@pytest.fixture
def pool(tmp_path: Path) -> ModelPool:
    def find(card: str) -> Path:
        path = tmp_path / card
        if not path.exists():
            path.write_bytes(bytes(1000))
        return path

    return ModelPool(2500, find=find)


def test_a_model_is_loaded_once_per_variant_and_device(pool: ModelPool) -> None:
    loaded = []

    def loader(path: Path) -> object:
        loaded.append(path.name)
        return object()

    first = pool.load("a", "", "cpu", loader)
    assert pool.load("a", "", "cpu", loader) is first
    assert pool.load("a", "half", "cpu", loader) is not first
    assert loaded == ["a", "a"]


def test_the_least_recently_used_makes_room(pool: ModelPool) -> None:
    for card in ("a", "b", "a", "c"):
        pool.load(card, "", "cpu", lambda path: path.name)
    assert pool.names() == ["a", "c"]
    assert pool.size <= 2500


def test_release_lets_go(pool: ModelPool) -> None:
    pool.load("a", "", "cpu", lambda path: path.name)
    pool.load("b", "", "cpu", lambda path: path.name)
    pool.release("a")
    assert pool.names() == ["b"]
    pool.release()
    assert pool.size == 0


def test_a_model_that_fails_to_load_leaves_nothing_behind(pool: ModelPool) -> None:
    def failing(_: Path) -> object:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        pool.load("a", "", "cpu", failing)
    assert pool.names() == []
