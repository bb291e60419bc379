"""What differs between two snapshots, found by identity: what `is` the same did not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.document.graph import EMPTY, Graph, Port

#: A wire: source port, target node, target input.
Link: TypeAlias = tuple[Port, str, str]


@dataclass(frozen=True)
class Difference:
    """From one snapshot to another; a renamed node counts as removed and added.

    Attributes:
        added, removed, changed: names of nodes; changed ones differ in anything but their wires.
        wires_added, wires_removed: wires; where only the order of an input's wires changed, all
            of that input's wires stand in both.
        backdrops_added, backdrops_removed, backdrops_changed: names of backdrops.
        settings: whether the project's settings differ.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    wires_added: tuple[Link, ...] = ()
    wires_removed: tuple[Link, ...] = ()
    backdrops_added: tuple[str, ...] = ()
    backdrops_removed: tuple[str, ...] = ()
    backdrops_changed: tuple[str, ...] = ()
    settings: bool = False

    def __bool__(self) -> bool:
        return self != Difference()


def diff(before: Graph, after: Graph) -> Difference:
    """What has to be done to a picture of `before` to make it one of `after`."""
    if before is after:
        return Difference()
    added, removed, changed = _entries(before.nodes, after.nodes)
    wires_added, wires_removed = _wires(before, after)
    backdrops = _entries(before.backdrops, after.backdrops)
    return Difference(
        added,
        removed,
        changed,
        wires_added,
        wires_removed,
        *backdrops,
        settings=before.settings is not after.settings and before.settings != after.settings,
    )


def _entries(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Names of added, removed and changed entries."""
    if before is after:
        return (), (), ()
    added = tuple(name for name in after if name not in before)
    removed = tuple(name for name in before if name not in after)
    changed = tuple(name for name, entry in after.items() if name in before and before[name] is not entry)
    return added, removed, changed


def _wires(before: Graph, after: Graph) -> tuple[tuple[Link, ...], tuple[Link, ...]]:
    if before.wires is after.wires:
        return (), ()
    added: list[Link] = []
    removed: list[Link] = []
    for target in dict.fromkeys((*before.wires, *after.wires)):
        old = before.wires.get(target, EMPTY)
        new = after.wires.get(target, EMPTY)
        if old is new:
            continue
        for name in dict.fromkeys((*old, *new)):
            was, now = old.get(name, ()), new.get(name, ())
            if was == now:
                continue
            moved = set(was) == set(now)
            removed += [(port, target, name) for port in was if moved or port not in now]
            added += [(port, target, name) for port in now if moved or port not in was]
    return tuple(added), tuple(removed)
