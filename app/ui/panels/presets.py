"""Named values of a kind of node: those that ship, and the user's own. Plain JSON. Knows no Qt.

A preset says everything about the groups of parameters it concerns: what it does not list there is
at its default. Parameters of other groups stay as they are, and animated ones get a key.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.document.commands import set_values, shown_value
from app.document.curve import Curve
from app.document.graph import Graph, NodeInstance
from app.document.storage import write_atomically
from nodes.sdk.errors import FacewrightError
from nodes.sdk.models import data_folder
from nodes.sdk.node import NodeSpec
from nodes.sdk.params import ParameterValue
from nodes.sdk.registry import Registry

logger = logging.getLogger(__name__)

SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "presets"
MAX_BYTES = 4_000_000
MAX_PRESETS = 500


@dataclass(frozen=True)
class Preset:
    """Values under a title.

    Attributes:
        title: what the menu says.
        values: plain values by parameter.
        groups: the groups of parameters it concerns; None for all.
        own: made by the user.
    """

    title: str
    values: Mapping[str, Any]
    groups: frozenset[str] | None = None
    own: bool = False


def user_file(kind: str) -> Path:
    """Where the user's presets of a kind of node are kept."""
    return data_folder() / "presets" / f"{kind}.json"


def picture_of(kind: str, title: str) -> Path:
    """Where the picture of a preset that ships is; it need not be there."""
    return SHIPPED / "faces" / kind / f"{title.lower().replace(' ', '_')}.webp"


def presets_of(kind: str) -> list[Preset]:
    """The presets of a kind of node, those that ship first; a damaged file is left out."""
    return [*_read(SHIPPED / f"{kind}.json", own=False), *_read(user_file(kind), own=True)]


def applied(
    graph: Graph, registry: Registry, names: Iterable[str], spec: NodeSpec, preset: Preset, frame: float
) -> Graph:
    """Set the values of a preset, as keys where a parameter is animated."""
    chosen = list(names)
    for parameter in spec.parameters:
        if preset.groups is not None and parameter.group not in preset.groups:
            continue
        value: ParameterValue = parameter.default
        if parameter.name in preset.values:
            plain = preset.values[parameter.name]
            try:
                value = parameter.coerce(tuple(plain) if isinstance(plain, list) else plain)
            except FacewrightError:
                continue
        graph = set_values(graph, registry, chosen, parameter, value, frame)
    return graph


def taken(instance: NodeInstance, spec: NodeSpec, title: str, frame: float) -> Preset:
    """The values of a node at a frame as a preset; files are left out."""
    values = {
        parameter.name: shown_value(instance, parameter, frame)
        for parameter in spec.parameters
        if parameter.kind != "file"
        and (
            isinstance(instance.parameters.get(parameter.name), Curve)
            or shown_value(instance, parameter, frame) != parameter.default
        )
    }
    groups = frozenset(parameter.group for parameter in spec.parameters if parameter.kind != "file")
    return Preset(title, values, groups, own=True)


def keep(kind: str, preset: Preset) -> None:
    """Keep a preset in the user's file, in place of one of the same title.

    Raises:
        FileProblem: when it cannot be written.
    """
    others = [old for old in _read(user_file(kind), own=True) if old.title != preset.title]
    _write(kind, [*others, preset])


def forget(kind: str, title: str) -> None:
    """Remove one of the user's presets. Raises FileProblem when the file cannot be written."""
    _write(kind, [old for old in _read(user_file(kind), own=True) if old.title != title])


def _write(kind: str, presets: list[Preset]) -> None:
    plain = {
        "presets": [
            {
                "title": preset.title,
                "groups": sorted(preset.groups) if preset.groups is not None else None,
                "values": dict(preset.values),
            }
            for preset in presets[-MAX_PRESETS:]
        ]
    }
    path = user_file(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(plain, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))


def _read(path: Path, *, own: bool) -> list[Preset]:
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return []
        plain = json.loads(path.read_text("utf-8"))
        shared = plain.get("groups")
        found = []
        for entry in plain["presets"][:MAX_PRESETS]:
            groups = entry.get("groups", shared)
            values = dict(entry["values"])
            limited = frozenset(map(str, groups)) if groups is not None else None
            found.append(Preset(str(entry["title"]), values, limited, own))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        logger.warning("the presets in %s cannot be read: %s", path, error)
        return []
    return found
