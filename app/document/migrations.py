"""Brings files of older format versions up to today's.

The versions of nodes are another matter: their declarations carry their own migrations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from nodes.sdk.errors import FileProblem

FORMAT = "facewright.graph"
VERSION = 2

Migration: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def _consent_as_records(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had one text about consent; version 2 has a record for each person."""
    settings = data.get("settings")
    if not isinstance(settings, dict) or not isinstance(settings.get("consent"), str):
        return data
    settings = dict(settings)
    words = settings.pop("consent").strip()
    if words:
        settings["consent"] = [{"agreed": words}]
    return {**data, "settings": settings}


#: Format version -> what turns a file of that version into one of the next. Plain data in and out.
MIGRATIONS: dict[int, Migration] = {1: _consent_as_records}


def up_to_date(
    data: dict[str, Any], *, migrations: dict[int, Migration] | None = None, newest: int = VERSION
) -> dict[str, Any]:
    """The file's data in today's format version.

    Raises:
        FileProblem: when it is not a graph, of a newer version, or of one that no migration knows.
    """
    steps = MIGRATIONS if migrations is None else migrations
    if data.get("format") != FORMAT:
        raise FileProblem(f'it is not a graph: it does not say "format": "{FORMAT}"')
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise FileProblem('it does not say its format version ("version": a whole number from 1)')
    if version > newest:
        raise FileProblem(
            f"it was saved by a newer Facewright (format version {version}; this one reads up to {newest})",
            hint="Update Facewright to open it",
        )
    for step in range(version, newest):
        if step not in steps:
            raise FileProblem(f"format version {step} is not known")
        data = steps[step](data)
    return {**data, "version": newest}
