"""Results kept in memory, within a budget of bytes; those worth most per byte stay longest.

The worth of a result is the seconds it took per byte it holds, times how often it was used, plus the
cache's age when it was last used (GreedyDual-Size-Frequency: Cherkasova 1998, "Improving WWW proxies
performance with Greedy-Dual-Size-Frequency caching policy"). Main memory and the graphics card's are
budgeted apart. Arrays that several results share are counted once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import heapq
import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from app.engine.keys import Key

#: Share of the machine's memory that results may take when nothing else is said.
MEMORY_SHARE = 0.25
SMALLEST_BUDGET = 256 * 2**20
#: What an entry costs beside its arrays: objects, keys, bookkeeping.
OVERHEAD = 1024
#: Nothing is free to make again; without a floor, trivial results would be worth nothing at all.
CHEAPEST = 1e-5


@dataclass(slots=True, eq=False)
class Result:
    """What a node delivered.

    Attributes:
        outputs: one value per output.
        state: what a sequential node carries to the next frame.
        seconds: how long it took.
        size: bytes of its arrays.
        notices: what the node had to say about it.
    """

    outputs: tuple[Any, ...]
    state: Any = None
    seconds: float = 0.0
    size: int = 0
    notices: tuple[str, ...] = ()


class Store(Protocol):
    """A slower tier behind the memory."""

    def get(self, key: Key) -> Result | None: ...

    def put(self, key: Key, result: Result) -> None: ...

    def remove(self, key: Key) -> None: ...

    def clear(self) -> None: ...


@dataclass(slots=True, eq=False)
class _Entry:
    result: Result
    node: str
    arrays: list[tuple[int, int, bool]]
    bytes: int
    uses: int
    worth: float
    stamp: int


class Cache:
    """Results by key. Belongs to one thread.

    Args:
        memory: bytes of main memory; None takes a share of what the machine has.
        device: bytes of the graphics card's memory.
        disk: a slower tier for results that took long, or None.
    """

    def __init__(
        self, memory: int | None = None, *, device: int = 2 * 2**30, disk: Store | None = None
    ) -> None:
        self.budget = (default_budget() if memory is None else memory, device)
        self.disk = disk
        self.used = [0, 0]
        self._entries: dict[Key, _Entry] = {}
        self._arrays: dict[int, int] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._count = itertools.count()
        self._age = 0.0
        self._pinned: frozenset[str] = frozenset()
        self._ring: dict[str, list[Key]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def get(self, key: Key) -> Result | None:
        """The result in memory, or None. Does not look on disk."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        entry.uses += 1
        self._rate(key, entry)
        return entry.result

    def fetch(self, key: Key, node: str) -> Result | None:
        """The result from the disk tier, brought into memory, or None."""
        if self.disk is None:
            return None
        result = self.disk.get(key)
        if result is not None:
            self._insert(key, node, result)
        return result

    def put(self, key: Key, node: str, result: Result, *, keep: int = 0, lasting: bool = True) -> None:
        """Keep a result.

        Args:
            node: who made it; what pins and purges go by.
            keep: when above 0, only this many of the node's newest results put this way stay.
            lasting: whether it may go to disk.
        """
        self._insert(key, node, result)
        if keep:
            ring = self._ring.setdefault(node, [])
            if key not in ring:
                ring.append(key)
            while len(ring) > keep:
                self._drop(ring.pop(0))
        if lasting and self.disk is not None:
            self.disk.put(key, result)

    def pin(self, nodes: frozenset[str]) -> None:
        """Keep the results of these nodes whatever the budget says; replaces earlier pins."""
        self._pinned = nodes
        for key, entry in self._entries.items():
            self._rate(key, entry)
        self._shrink()

    def relieve(self) -> None:
        """Let go of everything in memory that is not pinned; what is on disk stays there."""
        for key, entry in list(self._entries.items()):
            if entry.node not in self._pinned:
                self._drop(key)

    def purge(self, node: str | None = None) -> None:
        """Forget the results of one node, or all, on disk too."""
        for key, entry in list(self._entries.items()):
            if node is None or entry.node == node:
                self._drop(key)
                if self.disk is not None:
                    self.disk.remove(key)
        if node is None:
            self._ring.clear()
            if self.disk is not None:
                self.disk.clear()

    # -----------------------------------------------------------------------------------------

    def _insert(self, key: Key, node: str, result: Result) -> None:
        if key in self._entries:
            self._drop(key)
        arrays = footprint((result.outputs, result.state))
        size = sum(count for _, count, _ in arrays)
        result.size = size
        pinned = node in self._pinned
        for on_device in (False, True):
            share = sum(count for _, count, device in arrays if device is on_device)
            if share > self.budget[on_device] and not pinned:
                return
        entry = _Entry(result, node, arrays, size + OVERHEAD, 1, 0.0, 0)
        self._entries[key] = entry
        self.used[0] += OVERHEAD
        for identity, count, on_device in arrays:
            holders = self._arrays.get(identity, 0)
            self._arrays[identity] = holders + 1
            if not holders:
                self.used[on_device] += count
        self._rate(key, entry)
        self._shrink()

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.used[0] -= OVERHEAD
        for identity, count, on_device in entry.arrays:
            holders = self._arrays[identity] - 1
            if holders:
                self._arrays[identity] = holders
            else:
                del self._arrays[identity]
                self.used[on_device] -= count

    def _rate(self, key: Key, entry: _Entry) -> None:
        cost = max(entry.result.seconds, CHEAPEST)
        entry.worth = self._age + entry.uses * cost / entry.bytes
        entry.stamp = next(self._count)
        if entry.node not in self._pinned:
            heapq.heappush(self._heap, (entry.worth, entry.stamp, key))
            if len(self._heap) > 2 * len(self._entries) + 1000:
                self._heap = [
                    (each.worth, each.stamp, name)
                    for name, each in self._entries.items()
                    if each.node not in self._pinned
                ]
                heapq.heapify(self._heap)

    def _shrink(self) -> None:
        while self._heap and (self.used[0] > self.budget[0] or self.used[1] > self.budget[1]):
            worth, stamp, key = heapq.heappop(self._heap)
            entry = self._entries.get(key)
            if entry is None or entry.stamp != stamp or entry.node in self._pinned:
                continue
            self._age = worth
            self._drop(key)


def footprint(value: Any) -> list[tuple[int, int, bool]]:
    """(identity, bytes, whether on the graphics card) of every array that a value keeps alive."""
    found: dict[int, tuple[int, int, bool]] = {}
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if item is None or isinstance(item, bool | int | float):
            continue
        if isinstance(item, np.ndarray):
            while isinstance(item.base, np.ndarray):
                item = item.base
            found[id(item)] = (id(item), int(item.nbytes), False)
        elif hasattr(item, "untyped_storage"):
            storage = item.untyped_storage()
            address = storage.data_ptr()
            found[address] = (address, int(storage.nbytes()), item.device.type != "cpu")
        elif isinstance(item, tuple | list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, str | bytes):
            found[id(item)] = (id(item), len(item), False)
        elif dataclasses.is_dataclass(item) and not isinstance(item, type):
            waiting.extend(getattr(item, field.name) for field in dataclasses.fields(item))
    return list(found.values())


def default_budget() -> int:
    """A share of the memory that the machine, or the container, has; in bytes."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        total = 8 * 2**30
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text("ascii")))
    return max(int(total * MEMORY_SHARE), SMALLEST_BUDGET)
