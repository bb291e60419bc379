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
#: The first of iBUG's numbers for each part, by the labels that landmarker.io gives (left as seen).
_IBUG = {
    "chin": 0, "leyebrow": 17, "reyebrow": 22, "nose": 27, "leye": 36, "reye": 42, "mouth": 48,
}  # fmt: skip


def table_of(rows: list[tuple[str, float, float, float]]) -> Table:
    """Named places (metres) as a table."""
    return Table(COLUMNS, tuple(rows))


def read_landmarks(text: str, factor: float) -> Table:
    """Landmarks of an LJSON, JSON or CSV file, times `factor`.

    LJSON's points are named by iBUG's numbers when their labels say what they are, else by their own
    order; a JSON maps names to three numbers (or is a list of
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
    group = document
    if isinstance(document, dict) and "groups" in document:
        groups = document["groups"]
        group = next(iter(groups.values())) if isinstance(groups, dict) else groups[0]
    if isinstance(group, dict) and "landmarks" in group:
        places = group["landmarks"]["points"]
        names = _names(group.get("labels") or [], len(places))
        return [(names[number], place or ()) for number, place in enumerate(places)]
    if isinstance(group, dict):
        return [(str(name), place) for name, place in group.items()]
    return [(str(number), place) for number, place in enumerate(group)]


def _names(labels: list[dict[str, Any]], count: int) -> list[str]:
    """The points' names: their iBUG numbers where all 68 are labelled by parts of a face, else their own."""
    names = [str(number) for number in range(count)]
    parts = {str(label["label"]): label["mask"] for label in labels}
    if count != 68 or not set(_IBUG) <= set(parts):
        return names
    for part, first in _IBUG.items():
        for step, row in enumerate(parts[part]):
            names[int(row)] = str(first + step)
    return names


def _rows_of_csv(text: str) -> list[tuple[str, Any]]:
    rows = list(csv.DictReader(text.splitlines()))
    return [(row["name"], [row["x"], row["y"], row["z"]]) for row in rows]
