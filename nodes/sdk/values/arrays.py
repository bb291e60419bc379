"""Array helpers shared by the values.

An array field holds a numpy array, or (inside the compute process, on a GPU) a torch tensor of the
same shape. Only what leaves the compute process is copied to the host, by `to_host`.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int32]
ByteArray: TypeAlias = npt.NDArray[np.uint8]

T = TypeVar("T")


def require_shape(name: str, array: Any, shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `array` has `shape`, where None stands for any size."""
    actual = tuple(array.shape)
    if len(actual) != len(shape) or any(
        want is not None and got != want for got, want in zip(actual, shape, strict=True)
    ):
        wanted = " x ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} must have shape {wanted}, got {actual}")


def host_array(array: Any) -> npt.NDArray[Any]:
    """A numpy view or copy of a numpy array or torch tensor."""
    if isinstance(array, np.ndarray):
        return array
    result: npt.NDArray[Any] = array.detach().cpu().numpy()
    return result


def to_host(value: T) -> T:
    """The same value with every array on the host; returned unchanged when it already is."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, Any] = {}
        for field in dataclasses.fields(value):
            old = getattr(value, field.name)
            new = to_host(old)
            if new is not old:
                changes[field.name] = new
        return dataclasses.replace(value, **changes) if changes else value
    if isinstance(value, tuple | list):
        items = [to_host(item) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        if hasattr(value, "_fields"):
            return type(value)(*items)
        return type(value)(items)
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return host_array(value)  # type: ignore[return-value]
    return value


def byte_size(value: Any) -> int:
    """Bytes held by a value's arrays, an array that appears twice counted once."""
    seen: dict[int, int] = {}
    _collect_bytes(value, seen)
    return sum(seen.values()) + 256


def _collect_bytes(value: Any, seen: dict[int, int]) -> None:
    if isinstance(value, np.ndarray):
        seen[id(value)] = int(value.nbytes)
    elif hasattr(value, "element_size") and hasattr(value, "nelement"):
        seen[id(value)] = int(value.element_size() * value.nelement())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            _collect_bytes(getattr(value, field.name), seen)
    elif isinstance(value, tuple | list):
        for item in value:
            _collect_bytes(item, seen)
    elif isinstance(value, dict):
        for item in value.values():
            _collect_bytes(item, seen)
    elif isinstance(value, str | bytes):
        seen[id(value)] = len(value)
