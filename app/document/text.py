"""JSON as `.graph` files hold it: bounded when read, laid out for people and diffs when written."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from nodes.sdk.errors import FileProblem

#: Bounds that are checked before or while parsing, so that a hostile file cannot fill the memory.
MAX_BYTES = 32 * 1024 * 1024
MAX_ENTRIES = 4_000_000
MAX_OBJECTS = 200_000
MAX_DEPTH = 40
MAX_DIGITS = 40

#: Lines are filled up to this column before an entry is broken into several.
WIDTH = 100

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TRUNCATED = ("Unterminated string", "Expecting")


class TruncatedProblem(FileProblem):
    """A file that ends before its contents do."""


def parse(data: bytes) -> Any:
    """The JSON value in some bytes.

    Raises:
        TruncatedProblem: when the text ends in the middle.
        FileProblem: when it is too large, too deep, not JSON, or holds NaN, infinity, numbers with
            more than MAX_DIGITS digits, or an object with the same name twice. Places are given as
            line and column.
    """
    check_bounds(data)
    if not data.strip():
        raise TruncatedProblem("it is empty")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileProblem(f"line {line} is not UTF-8 text", hint="Is it really a .graph file?") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_whole_number,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        raise _explained(error, text) from None
    except RecursionError:
        raise FileProblem("its entries are nested too deeply") from None
    if _depth_exceeds(value, MAX_DEPTH):
        raise FileProblem("its entries are nested too deeply")
    return value


def check_bounds(data: bytes) -> None:
    """Refuse what is too large, by counting before anything is built from it.

    Raises:
        FileProblem: when there are more bytes or entries than a graph may have.
    """
    if len(data) > MAX_BYTES:
        raise FileProblem(
            f"it is larger than the {MAX_BYTES // 2**20} MB that a graph may have",
            hint="Is it really a .graph file?",
        )
    objects = data.count(b"{")
    entries = data.count(b",") + data.count(b"[") + objects
    for number, limit, what in (
        (objects, MAX_OBJECTS, "nodes and other objects"),
        (entries, MAX_ENTRIES, "entries"),
    ):
        if number > limit:
            raise FileProblem(
                f"it holds about {number:,} {what}, more than the {limit:,} that a graph may have",
                hint="Is it really a .graph file?",
            )


def _explained(error: json.JSONDecodeError, text: str) -> FileProblem:
    at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if at_end and error.msg.startswith(_TRUNCATED):
        return TruncatedProblem(
            f"it is truncated: it ends in the middle of line {text.rstrip().count(chr(10)) + 1}"
        )
    return FileProblem(
        f"it is not valid JSON at line {error.lineno}, column {error.colno} ({error.msg.lower()})"
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise FileProblem(f"the name {shown(name)} is there twice", hint="Remove one of them")
            seen.add(name)
    return entries


def _refuse_constant(word: str) -> NoReturn:
    raise FileProblem(f"it holds {word}, which is not a number")


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise FileProblem(f"the number {digits[:12]}... has too many digits")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise FileProblem(f"the number {shown(digits)} is too large")
    return number


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(child for child in item.values() if isinstance(child, dict | list))
            elif isinstance(item, list):
                inner.extend(child for child in item if isinstance(child, dict | list))
        if not inner:
            return False
        level = inner
    return True


def shown(value: Any) -> str:
    """A value as it may stand in a message: in quotes, on one line, not too long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


def layout(value: Any, *, broken: frozenset[tuple[str, ...]] = frozenset({()})) -> bytes:
    """JSON for people: what fits stands on one line, what does not is indented.

    Args:
        value: plain data.
        broken: the paths of entries that always take one line for each member, such as
            ("nodes",); keeps diffs small.

    Returns:
        UTF-8 text that ends with a line break.

    Raises:
        ValueError: when a number is not finite.
    """
    lines = _layout(value, 0, (), broken) + "\n"
    # File names that are not Unicode reach us as lone surrogates; only escaped can they be written.
    lines = _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", lines)
    return lines.encode("utf-8")


def _layout(value: Any, indent: int, path: tuple[str, ...], broken: frozenset[tuple[str, ...]]) -> str:
    has_members = isinstance(value, Mapping | list | tuple) and len(value) > 0
    if not has_members or path not in broken:
        flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if not has_members or indent + len(flat) <= WIDTH:
            return flat
    inside = indent + 2
    if isinstance(value, Mapping):
        members = [
            f"{json.dumps(name, ensure_ascii=False)}: {_layout(item, inside, (*path, name), broken)}"
            for name, item in value.items()
        ]
        left, right = "{", "}"
    else:
        members = [_layout(item, inside, (*path, ""), broken) for item in value]
        left, right = "[", "]"
    margin = "\n" + " " * inside
    return left + margin + ("," + margin).join(members) + "\n" + " " * indent + right
