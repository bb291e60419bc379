"""What the memory keeps and what it lets go."""

from __future__ import annotations

import numpy as np

from app.engine.cache import OVERHEAD, Cache, Result
from nodes.sdk.values import Image


def result(kilobytes: int, seconds: float = 0.01) -> Result:
    return Result((np.zeros(kilobytes * 256, np.float32),), seconds=seconds)


def test_the_budget_holds() -> None:
    cache = Cache(1_000_000)
    for index in range(100):
        cache.put(bytes([index]), "n", result(100))
    assert cache.used[0] <= 1_000_000
    assert 5 < len(cache) < 10


def test_what_took_long_stays_longer() -> None:
    cache = Cache(1_000_000)
    cache.put(b"dear", "n", result(100, seconds=60.0))
    for index in range(50):
        cache.put(bytes([index]), "n", result(100, seconds=0.01))
    assert b"dear" in cache


def test_what_is_not_used_for_long_goes_in_the_end_however_dear() -> None:
    cache = Cache(1_000_000)
    cache.put(b"dear", "n", result(100, seconds=1.0))
    for index in range(5000):
        cache.put(index.to_bytes(2, "big"), "n", result(100, seconds=0.01))
    assert b"dear" not in cache


def test_what_is_used_stays_longer() -> None:
    cache = Cache(1_000_000)
    cache.put(b"used", "n", result(100))
    for index in range(50):
        cache.put(bytes([index]), "n", result(100))
        assert cache.get(b"used") is not None


def test_pinned_results_stay_whatever_the_budget_says() -> None:
    cache = Cache(1_000_000)
    cache.pin(frozenset({"kept"}))
    for index in range(20):
        cache.put(bytes([1, index]), "kept", result(100))
        cache.put(bytes([2, index]), "other", result(100))
    assert all(bytes([1, index]) in cache for index in range(20))
    cache.pin(frozenset())
    cache.put(b"new", "other", result(100))
    assert cache.used[0] <= 1_000_000


def test_a_pinned_result_may_be_larger_than_the_budget() -> None:
    cache = Cache(100_000)
    cache.pin(frozenset({"kept"}))
    cache.put(b"a", "kept", result(200))
    cache.put(b"b", "other", result(200))
    assert b"a" in cache
    assert b"b" not in cache


def test_an_array_that_several_results_share_counts_once() -> None:
    cache = Cache(10_000_000)
    shared = np.zeros((100, 100, 3), np.float32)
    cache.put(b"a", "n", Result((Image(shared),)))
    cache.put(b"b", "n", Result((Image(shared[:50]),)))
    assert cache.used[0] == shared.nbytes + 2 * OVERHEAD
    cache.purge("n")
    assert cache.used == [0, 0]


def test_purging_a_node_leaves_the_others() -> None:
    cache = Cache(10_000_000)
    cache.put(b"a", "one", result(1))
    cache.put(b"b", "two", result(1))
    cache.purge("one")
    assert b"a" not in cache
    assert b"b" in cache


def test_putting_again_replaces() -> None:
    cache = Cache(10_000_000)
    cache.put(b"a", "n", result(1))
    cache.put(b"a", "n", result(2))
    assert cache.used[0] == 2048 + OVERHEAD
