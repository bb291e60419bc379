"""Values as plain data: a JSON tree plus numbered arrays, and back.

Used by the disk cache and by the passage from the compute process to the interface. Nothing is
ever run or imported because of what a file says: only the value types listed here exist.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from nodes.sdk import values
from nodes.sdk.values.arrays import host_array

_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (getattr(values, name) for name in values.__all__)
    if isinstance(kind, type)
}
_DTYPES = frozenset({"float32", "float64", "uint8", "int32", "int64", "uint16", "bool", "float16"})

#: Results with several outputs are stored as their tuple of fields.
Tree = Any


def encode(value: Any) -> tuple[Tree, list[np.ndarray[Any, Any]]]:
    """Split a value into a JSON-serialisable tree and the arrays it refers to by number.

    Raises:
        TypeError: when the value holds something that is neither a value type nor plain data.
    """
    arrays: list[np.ndarray[Any, Any]] = []
    index: dict[int, int] = {}
    return _encode(value, arrays, index), arrays


def _encode(value: Any, arrays: list[np.ndarray[Any, Any]], index: dict[int, int]) -> Tree:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) or hasattr(value, "detach"):
        if id(value) not in index:
            array = host_array(value)
            if str(array.dtype) not in _DTYPES:
                raise TypeError(f"arrays of {array.dtype} cannot be stored")
            index[id(value)] = len(arrays)
            arrays.append(array)
        return {"array": index[id(value)]}
    if isinstance(value, tuple | list):
        return {"list": [_encode(item, arrays, index) for item in value]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("only text keys can be stored")
        return {"map": {key: _encode(item, arrays, index) for key, item in value.items()}}
    name = type(value).__name__
    if _TYPES.get(name) is type(value) and dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {
            "type": name,
            "fields": {f.name: _encode(getattr(value, f.name), arrays, index) for f in fields},
        }
    raise TypeError(f"a {name} cannot be stored")


def decode(tree: Tree, arrays: list[np.ndarray[Any, Any]]) -> Any:
    """The value that `encode` split. Lists come back as tuples.

    Raises:
        ValueError: when the tree is not one that `encode` makes.
    """
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    if not isinstance(tree, dict):
        raise ValueError(f"unexpected {type(tree).__name__} in stored value")
    if "array" in tree:
        number = tree["array"]
        if not isinstance(number, int) or not 0 <= number < len(arrays):
            raise ValueError(f"stored value refers to array {number!r} of {len(arrays)}")
        return arrays[number]
    if "list" in tree:
        return tuple(decode(item, arrays) for item in _held(tree, "list", list))
    if "map" in tree:
        return {key: decode(item, arrays) for key, item in _held(tree, "map", dict).items()}
    kind = _TYPES.get(str(tree.get("type")))
    if kind is None:
        raise ValueError(f"stored value is of unknown type {tree.get('type')!r}")
    try:
        return kind(**{key: decode(item, arrays) for key, item in tree["fields"].items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"stored {tree.get('type')} does not fit: {error}") from error


def _held(tree: dict[str, Any], key: str, kind: type) -> Any:
    held = tree[key]
    if not isinstance(held, kind):
        raise ValueError(f"stored {key} is a {type(held).__name__}")
    return held
