"""Parameter settings between plain JSON data and what the program holds."""

from __future__ import annotations

import math
from typing import Any

from app.document.assets import absolute, stored
from app.document.curve import INTERPOLATIONS, Curve, Key
from app.document.graph import ParameterSetting
from nodes.sdk.params import ParameterSpec

MAX_KEYS = 100_000


def read_setting(data: Any, spec: ParameterSpec) -> ParameterSetting:
    """What the file says for a parameter; of the right type, but not forced into its range.

    Raises:
        ValueError: when it is of another type.
    """
    if isinstance(data, dict):
        return _read_curve(data, spec)
    if spec.kind == "bool":
        if isinstance(data, bool) or data in (0, 1):
            return bool(data)
    elif spec.kind == "float" and _is_number(data):
        return float(data)
    elif spec.kind == "int" and _is_number(data) and float(data).is_integer():
        return int(data)
    elif spec.kind == "choice" and data in spec.choices:
        return str(data)
    elif spec.kind in ("file", "text") and isinstance(data, str) and "\0" not in data:
        return data
    elif spec.kind == "colour" and isinstance(data, list) and len(data) == 3 and all(map(_is_number, data)):
        return (float(data[0]), float(data[1]), float(data[2]))
    raise ValueError(spec.expectation())


def _is_number(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool) and math.isfinite(float(data))


def _read_curve(data: dict[str, Any], spec: ParameterSpec) -> Curve:
    """A curve: {"keys": [[frame, value], [frame, value, "linear"], ...]}."""
    if not spec.keyframable:
        raise ValueError(spec.expectation())
    keys = data.get("keys")
    if set(data) != {"keys"} or not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS:
        raise ValueError('A curve is written {"keys": [[frame, value], ...]}')
    return Curve(tuple(_read_key(entry) for entry in keys))


def _read_key(entry: Any) -> Key:
    if not isinstance(entry, list) or len(entry) not in (2, 3) or not all(map(_is_number, entry[:2])):
        raise ValueError('A key is written [frame, value] or [frame, value, "linear"]')
    interpolation = entry[2] if len(entry) == 3 else "smooth"
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"Keys are {', '.join(INTERPOLATIONS)}")
    return Key(float(entry[0]), float(entry[1]), interpolation)


def write_setting(setting: ParameterSetting, spec: ParameterSpec | None, folder: Any = None) -> Any:
    """A setting as plain data; file paths become relative to `folder`."""
    if isinstance(setting, Curve):
        keys = [
            [plain(key.frame), key.value, *([key.interpolation] if key.interpolation != "smooth" else [])]
            for key in setting.keys
        ]
        return {"keys": keys}
    if isinstance(setting, tuple):
        return list(setting)
    if spec is not None and spec.kind == "file" and isinstance(setting, str):
        return stored(setting, folder)
    return setting


def located(setting: ParameterSetting, spec: ParameterSpec, folder: Any) -> ParameterSetting:
    """A setting read from a file in `folder`, its path made absolute."""
    if spec.kind == "file" and isinstance(setting, str):
        return absolute(setting, folder)
    return setting


def plain(number: float) -> int | float:
    """A whole number without its decimals, for shorter files; 0 for what is no number."""
    if not math.isfinite(number):
        return 0
    return int(number) if float(number).is_integer() else number


def can_be_written(setting: ParameterSetting) -> bool:
    """Whether JSON has a word for a setting: it has none for infinity and NaN."""
    numbers = setting if isinstance(setting, tuple) else (setting,)
    return all(math.isfinite(number) for number in numbers if isinstance(number, float))
