"""Keeps what was derived from a fit, or from a head model, for as long as that is in use."""

from __future__ import annotations

import functools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

from nodes.sdk.values import HeadModel, HeadState

T = TypeVar("T")


def once_per_model(make: Callable[[HeadModel], T]) -> Callable[[HeadModel], T]:
    """Something made of each model once and kept as long as the model lives, which it must not hold."""
    made: weakref.WeakKeyDictionary[HeadModel, T] = weakref.WeakKeyDictionary()

    @functools.wraps(make)
    def kept(model: HeadModel) -> T:
        found = made.get(model)
        if found is None:
            found = made[model] = make(model)
        return found

    return kept


class Keeper(Generic[T]):
    """Derived values by the identity of the fit they came from.

    Editing nodes hand the same fit on as `reference`, so everything that depends on the fit alone
    is made once for a whole clip. An entry goes when its fit goes, or when `most` newer ones came.
    A kept value must not hold the fit itself.
    """

    def __init__(self, make: Callable[[HeadState], T], most: int = 4) -> None:
        self._make = make
        self._most = most
        self._entries: OrderedDict[int, tuple[weakref.ref[HeadState], T]] = OrderedDict()
        self._lock = RLock()

    def __call__(self, fit: HeadState) -> T:
        key = id(fit)
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry[0]() is fit:
                self._entries.move_to_end(key)
                return entry[1]
            value = self._make(fit)
            self._entries[key] = (weakref.ref(fit, lambda _: self._forget(key)), value)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return value

    def __len__(self) -> int:
        return len(self._entries)

    def _forget(self, key: int) -> None:
        # Runs inside the garbage collector: another fit may already live at the same address.
        entry = self._entries.get(key)
        if entry is not None and entry[0]() is None:
            self._entries.pop(key, None)
