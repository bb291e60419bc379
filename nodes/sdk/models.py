"""Model cards, and where the files they describe lie on this machine.

A card (`resources/models/NAME.json`) says what a model is, which published package carries it,
which file inside, its SHA-256, size and licence. Fetching is done elsewhere (`app.models`); here
a file is found, checked once per process, and loaded once.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from nodes.sdk.errors import ModelProblem

T = TypeVar("T")

CARDS = Path(__file__).resolve().parents[2] / "resources" / "models"


@dataclass(frozen=True)
class ModelCard:
    """One model file.

    Attributes:
        name: the card's name; what nodes ask for.
        title, description: for people.
        client: the package client that carries it: "pip" or "npm"; "user" when the user must bring it.
        package, version: the carrier, pinned.
        sdist: True when the carrier is a source archive.
        member: path of the file inside the carrier.
        file: the file's name in the model folder.
        sha256: checksum of the file; empty for derived files.
        size: bytes.
        licence: SPDX name or a sentence.
        commercial: False when the licence, or the training data, forbids commercial use.
        licence_note: a sentence shown beside the licence.
        required: fetched by the set-up.
        builder: "module:function" of the product that derives the file from the unpacked carrier;
            empty when the file is taken as it is.
    """

    name: str
    title: str
    description: str
    client: str
    package: str
    version: str
    member: str
    file: str
    sha256: str
    size: int
    licence: str
    commercial: bool = True
    licence_note: str = ""
    required: bool = False
    sdist: bool = False
    builder: str = ""


@cache
def cards() -> dict[str, ModelCard]:
    """All cards by name."""
    found = {}
    for path in sorted(CARDS.glob("*.json")):
        entry: dict[str, Any] = json.loads(path.read_text("utf-8"))
        found[path.stem] = ModelCard(name=path.stem, **entry)
    return found


def card(name: str) -> ModelCard:
    """One card. Raises ModelProblem when there is none of that name."""
    try:
        return cards()[name]
    except KeyError:
        raise ModelProblem(f"there is no model card '{name}'") from None


def data_folder() -> Path:
    """The user's data folder; FACEWRIGHT_DATA overrides it."""
    override = os.environ.get("FACEWRIGHT_DATA")
    return Path(override) if override else Path(platformdirs.user_data_dir("facewright", False))


def search_path() -> list[Path]:
    """Folders that may hold model files: the user's own first (FACEWRIGHT_MODELS), then fetched."""
    own = [Path(part) for part in os.environ.get("FACEWRIGHT_MODELS", "").split(os.pathsep) if part]
    return [*own, data_folder() / "models"]


def find(name: str) -> Path | None:
    """The card's file if it is here, unchecked; else None. What the user brings may be a folder."""
    entry = card(name)
    there = Path.exists if entry.client == "user" else Path.is_file
    return next((f / entry.file for f in search_path() if there(f / entry.file)), None)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verified(name: str) -> Path:
    """The card's file, its checksum proved (once per process while the file stays the same).

    Raises:
        ModelProblem: when it is missing or its checksum is wrong.
    """
    entry = card(name)
    path = find(name)
    if path is None:
        hint = f"Fetch it with: facewright models fetch {name}"
        if entry.client == "user":
            folder = data_folder() / "models"
            hint = f"Put your own file '{entry.file}' into {folder}"
        raise ModelProblem(f"the model '{entry.title}' is not on this machine", hint=hint)
    status = path.stat()
    _prove(path, status.st_mtime_ns, status.st_size, entry)
    return path


@cache
def _prove(path: Path, _modified: int, size: int, entry: ModelCard) -> None:
    expected = entry.sha256 or _recorded(path)
    if expected and sha256_of(path) != expected:
        raise ModelProblem(
            f"the model file {path.name} is damaged (its checksum is wrong)",
            hint=f"Fetch it again with: facewright models fetch {entry.name}",
        )


def _recorded(path: Path) -> str:
    """The checksum written beside a derived file when it was made, or empty."""
    record = path.with_name(path.name + ".sha256")
    return record.read_text("ascii").strip() if record.is_file() else ""


class LocalModels:
    """A plain ModelSource: finds, verifies, and keeps every model it loaded."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.RLock()

    def path(self, card: str) -> Path:
        return verified(card)

    def load(self, card: str, variant: str, device: str, loader: Callable[[Path], T]) -> T:
        key = (card, variant, device)
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = loader(verified(card))
            loaded: T = self._loaded[key]
            return loaded
