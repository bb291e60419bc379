"""Which models are on this machine, and whether they are whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nodes.sdk.models import ModelCard, card, cards, find, sha256_of

State = Literal["here", "missing", "damaged"]


@dataclass(frozen=True)
class ModelStatus:
    """A card and its file on this machine.

    Attributes:
        card: the card.
        state: "here" with the right checksum, "missing", or "damaged".
        path: the file, or None when it is missing.
    """

    card: ModelCard
    state: State
    path: Path | None = None


def status(entry: ModelCard) -> ModelStatus:
    """Look for a card's file and prove its checksum."""
    path = find(entry.name)
    if path is None:
        return ModelStatus(entry, "missing")
    if entry.sha256 and path.stat().st_size != entry.size:
        return ModelStatus(entry, "damaged", path)
    expected = entry.sha256 or _recorded(path)
    if expected and sha256_of(path) != expected:
        return ModelStatus(entry, "damaged", path)
    return ModelStatus(entry, "here", path)


def statuses(names: Iterable[str] | None = None) -> list[ModelStatus]:
    """The status of the named cards, or of all. Raises ModelProblem for an unknown name."""
    chosen = cards().values() if names is None else [card(name) for name in names]
    return [status(entry) for entry in chosen]


def _recorded(path: Path) -> str:
    """The checksum written when a derived file was made; empty for a file the user brought."""
    record = path.with_name(path.name + ".sha256")
    return record.read_text("ascii", "replace").strip() if record.is_file() else ""
