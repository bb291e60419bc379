"""Several shapes on a line: matched pair by pair, and kept while they are in use."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, TypeVar

import numpy as np

from nodes.raster.ramps import smooth_step
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Table
from nodes.sdk.values.arrays import FloatArray, host_array

T = TypeVar("T")

_MOST = 6
_kept: OrderedDict[str, Any] = OrderedDict()
_lock = RLock()


def segment(amount: float, count: int) -> tuple[int, float]:
    """Which of `count - 1` pairs an amount in 0..1 falls into, and where in it (0..1)."""
    if count < 2:
        return 0, 0.0
    place = min(max(amount, 0.0), 1.0) * (count - 1)
    number = min(int(place), count - 2)
    return number, place - number


def eased(t: float, ease: str) -> float:
    """t in 0..1 as it is, or with no speed at the keys."""
    return float(smooth_step(t)) if ease == "stop at each" else t


def fingerprint(*values: Any) -> str:
    """A digest of arrays, numbers and words; large arrays are read at even steps."""
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        if value is None or isinstance(value, str | float | int | bool | tuple):
            digest.update(repr(value).encode())
            continue
        array = host_array(value)
        digest.update(repr((array.shape, str(array.dtype))).encode())
        step = max(array.shape[0] * int(np.prod(array.shape[1:])) // 2_000_000, 1) if array.size else 1
        digest.update(np.ascontiguousarray(array[:: max(int(np.sqrt(step)), 1)]).tobytes())
    return digest.hexdigest()


def keep(key: str, make: Callable[[], T]) -> T:
    """What `make` gave for this key, made again only when several others were asked for since."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            found: T = _kept[key]
            return found
    made = make()
    with _lock:
        _kept[key] = made
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return made


def guides_of(tables: Sequence[Table], number: int) -> tuple[FloatArray, FloatArray] | None:
    """The places of shape `number` and of the next that share a name, G x 3 each; None without tables.

    Raises:
        NodeError: when a table has no places, or two share no name.
    """
    if not tables:
        return None
    if len(tables) <= number + 1:
        raise NodeError(
            f"there are {len(tables)} tables of guides, one is needed for every shape",
            hint="Wire as many 'Landmarks' as shapes, in the same order, or none",
        )
    one, two = places_of(tables[number]), places_of(tables[number + 1])
    names = [name for name in one if name in two]
    if not names:
        raise NodeError("two tables of guides have no name in common", hint="Name the same places alike")
    return np.array([one[name] for name in names]), np.array([two[name] for name in names])


def places_of(table: Table) -> dict[str, tuple[float, float, float]]:
    """Named places of a table with the columns name, x, y, z (metres).

    Raises:
        NodeError: when a column is missing or a cell is no number.
    """
    try:
        at = [table.columns.index(name) for name in ("name", "x", "y", "z")]
    except ValueError:
        raise NodeError(
            f"a table of guides needs the columns name, x, y, z; it has {', '.join(table.columns)}",
            hint="Use 'Load landmarks' or 'Head landmarks'",
        ) from None
    found = {}
    for row in table.rows:
        name, *place = (row[column] for column in at)
        numbers = [float(value) for value in place if isinstance(value, int | float)]
        if len(numbers) != 3 or not np.isfinite(numbers).all():
            raise NodeError(f"the guide '{name}' has no usable place", hint="Give x, y and z in metres")
        found[str(name)] = (numbers[0], numbers[1], numbers[2])
    return found
