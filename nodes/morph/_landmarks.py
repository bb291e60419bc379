"""Named places on shapes, read from files and from heads."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from nodes.media.files import existing_file
from nodes.sdk import FileProblem
from nodes.sdk.values import Table

COLUMNS = ("name", "x", "y", "z")
_MOST_BYTES = 16 << 20
_MOST = 10_000


def table_of(rows: list[tuple[str, float, float, float]]) -> Table:
    """Named places (metres) as a table."""
    return Table(COLUMNS, tuple(rows))


def read_landmarks(text: str, factor: float) -> Table:
    """Landmarks of an LJSON, JSON or CSV file, times `factor`.

    LJSON's points are named "0", "1", ...; a JSON maps names to three numbers (or is a list of
    them); a CSV has the columns name, x, y, z. Points without numbers are left out.

    Raises:
        NodeError: when no path was given.
        FileProblem: when the file holds no such thing.
    """
    path = existing_file(text, "file of landmarks")
    if path.stat().st_size > _MOST_BYTES:
        raise FileProblem(f"{path.name} is too large for landmarks", hint="Choose another file")
    try:
        content = path.read_text("utf-8")
        entries = _rows_of_csv(content) if path.suffix.lower() == ".csv" else _rows(json.loads(content))
        rows = [
            (name, *(float(value) * factor for value in place))
            for name, place in entries[:_MOST]
            if len(place) == 3 and all(_is_number(value) for value in place)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error) as error:
        raise _no_landmarks(path) from error
    if not rows:
        raise _no_landmarks(path)
    return Table(COLUMNS, tuple(rows))


def _no_landmarks(path: Path) -> FileProblem:
    return FileProblem(
        f"{path.name} holds no landmarks in space", hint="Use LJSON, or CSV with name, x, y, z"
    )


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float | str) and not isinstance(value, bool) and math.isfinite(float(value))
    )


def _rows(document: Any) -> list[tuple[str, Any]]:
    if isinstance(document, dict) and "groups" in document:
        groups = document["groups"]
        group = next(iter(groups.values())) if isinstance(groups, dict) else groups[0]
        document = group["landmarks"]["points"] if "landmarks" in group else group["points"]
    elif isinstance(document, dict) and "landmarks" in document:
        document = document["landmarks"]["points"]
    if isinstance(document, dict):
        return [(str(name), place) for name, place in document.items()]
    return [(str(number), place) for number, place in enumerate(document)]


def _rows_of_csv(text: str) -> list[tuple[str, Any]]:
    rows = list(csv.DictReader(text.splitlines()))
    return [(row["name"], [row["x"], row["y"], row["z"]]) for row in rows]
