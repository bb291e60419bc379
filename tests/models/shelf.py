"""A shelf of made-up cards and packages for the tests of fetching."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nodes.sdk import models

CONTENT = b"weights " * 512


@dataclass(frozen=True)
class Shelf:
    """Folders of a test: cards, packages, and the user's data."""

    cards: Path
    packages: Path
    data: Path

    def card(self, name: str, **changes: Any) -> None:
        """Write a card for a file with CONTENT in the wheel of `wheel`; `changes` override it."""
        entry: dict[str, Any] = {
            "title": f"The {name}",
            "description": "A made-up model.",
            "client": "pip",
            "package": "made-up-carrier",
            "version": "1.0",
            "member": "made_up/weights.bin",
            "file": f"{name}.bin",
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "size": len(CONTENT),
            "licence": "MIT",
        }
        (self.cards / f"{name}.json").write_text(json.dumps(entry | changes), "utf-8")
        models.cards.cache_clear()

    def wheel(self, content: bytes = CONTENT, version: str = "1.0") -> Path:
        """A wheel that pip accepts, with `content` as made_up/weights.bin."""
        info = f"made_up_carrier-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: made-up-carrier\nVersion: {version}\n"
        wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        files = {
            "made_up/__init__.py": b"raise RuntimeError('a carrier is data and is never imported')\n",
            "made_up/weights.bin": content,
            f"{info}/METADATA": metadata.encode(),
            f"{info}/WHEEL": wheel.encode(),
        }
        record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
        return write_zip(
            self.packages / f"made_up_carrier-{version}-py3-none-any.whl",
            files | {f"{info}/RECORD": record.encode()},
        )

    @property
    def models(self) -> Path:
        return self.data / "models"


def make_shelf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Empty folders, and a program that looks for cards and models only there."""
    shelf = Shelf(folder / "cards", folder / "packages", folder / "data")
    for path in (shelf.cards, shelf.packages, shelf.data):
        path.mkdir()
    monkeypatch.setattr(models, "CARDS", shelf.cards)
    monkeypatch.setenv("FACEWRIGHT_DATA", str(shelf.data))
    monkeypatch.setenv("FACEWRIGHT_MODELS", "")
    monkeypatch.delenv("FACEWRIGHT_OFFLINE", raising=False)
    models.cards.cache_clear()
    return shelf


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    """A zip archive of the files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, files: dict[str, bytes]) -> Path:
    """A gzipped tar archive of the files."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path
