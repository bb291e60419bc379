"""The parts an export is written in, and the note beside them that lets a stopped one go on.

Beside `face.mp4` stands the folder `face.mp4.parts` with the finished parts and `parts.json`, which
says what they belong to. The folder goes when the export is complete.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.export.atomic import writing
from nodes.sdk import FileProblem

logger = logging.getLogger(__name__)

_FORMAT = "facewright.export"
_NOTE = "parts.json"
_NOTE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A finished part: frames first..last in a file of a known size and checksum."""

    first: int
    last: int
    name: str
    size: int
    sha256: str


def parts_folder(target: Path) -> Path:
    """Where the parts of an export to `target` lie."""
    return target.with_name(target.name + ".parts")


def discard(target: Path) -> None:
    """Throw away what a stopped export left, when the user does not want to go on with it."""
    folder = parts_folder(target)
    if (folder / _NOTE).is_file():
        shutil.rmtree(folder, ignore_errors=True)


def identity_of(**facts: Any) -> str:
    """A checksum over everything that decides what the parts contain."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Parts:
    """The parts of one export, in the order of their frames.

    Attributes:
        folder: where they lie.
        done: those that are finished and whole, without a gap from the first frame on.
    """

    def __init__(self, target: Path, identity: str, *, resume: bool) -> None:
        """Find what an earlier run of the same export finished; clear away what belongs to another.

        Raises:
            FileProblem: when the folder cannot be made, or holds somebody else's files.
        """
        self._target = target
        self._identity = identity
        self.folder = parts_folder(target)
        self.done: list[Part] = self._found() if resume else []
        with writing(target):
            if target.is_dir():
                raise FileProblem(f"{target} is a folder", hint="Give the name of a file")
            if not target.parent.is_dir():
                raise FileProblem(
                    f"the folder {target.parent} does not exist",
                    hint="Make it first, or choose another folder",
                )
            if self.folder.exists() and not (self.folder / _NOTE).is_file() and any(self.folder.iterdir()):
                raise FileProblem(
                    f"{self.folder} is in the way: it holds other files",
                    hint="Rename it, or export under another name",
                )
            self.folder.mkdir(exist_ok=True)
            self._save()
            kept = {part.name for part in self.done} | {_NOTE}
            for path in self.folder.iterdir():
                if path.name not in kept:
                    path.unlink()

    @property
    def frames(self) -> int:
        """How many frames are finished."""
        return sum(part.last - part.first + 1 for part in self.done)

    def path(self, first: int, extension: str) -> Path:
        """Where the part that begins at a frame is to be written."""
        return self.folder / f"{first:08d}.{extension}"

    def add(self, first: int, last: int, path: Path) -> None:
        """Note a part that is complete. Raises OSError when the note cannot be written."""
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
        self.done.append(Part(first, last, path.name, path.stat().st_size, checksum))
        self._save()

    def remove(self) -> None:
        """Delete the folder, its work being done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _save(self) -> None:
        note = {
            "format": _FORMAT,
            "identity": self._identity,
            "parts": [vars(part) for part in self.done],
        }
        draft = self.folder / (_NOTE + ".part")
        draft.write_text(json.dumps(note, indent=1), "utf-8")
        draft.replace(self.folder / _NOTE)

    def _found(self) -> list[Part]:
        path = self.folder / _NOTE
        try:
            if path.stat().st_size > _NOTE_LIMIT:
                return []
            note: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
            if note["format"] != _FORMAT or note["identity"] != self._identity:
                return []
            parts = [Part(**entry) for entry in note["parts"]]
            return self._whole(parts)
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("%s is damaged, the export starts anew: %s", path, error)
            return []

    def _whole(self, parts: list[Part]) -> list[Part]:
        """Those from the first on whose files are as they were when they were finished."""
        whole: list[Part] = []
        for part in parts:
            path = self.folder / Path(part.name).name
            if not path.is_file() or path.stat().st_size != part.size:
                break
            with path.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != part.sha256:
                    break
            if whole and part.first != whole[-1].last + 1:
                break
            whole.append(part)
        return whole
