"""Fetches model files: download the carrier, take the one file out, prove it, move it into place.

A card with a `builder` has its file derived from the unpacked carrier by a function of the product,

    def build(unpacked: Path, target: Path) -> None

which reads the carrier's files in the folder `unpacked` as data and writes the file `target`.
When a builder comes to write something else, its card names another file, so that an old one is
not taken for the new.
"""

from __future__ import annotations

import errno
import importlib
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from app.models import policy
from app.models.carriers import Carrier, NoNetwork, carrier_of, download
from app.models.status import status
from app.models.unpack import extract_member, unpack
from nodes.sdk.errors import FacewrightError, FileProblem, ModelProblem
from nodes.sdk.models import ModelCard, card, cards, data_folder, sha256_of

logger = logging.getLogger(__name__)

#: Told what is going on: (card name, what is being done). It may raise to stop the fetching.
Progress = Callable[[str, str], None]

_BUILDER = re.compile(r"(nodes(?:\.[A-Za-z_]\w*)+):([A-Za-z_]\w*)")
_ABANDONED_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Outcome:
    """What became of one card.

    Attributes:
        name: the card's name.
        path: where the file lies; None when it could not be fetched.
        fetched: False when it was already here.
        problem: why it could not be fetched, or None.
    """

    name: str
    path: Path | None = None
    fetched: bool = False
    problem: FacewrightError | None = None


def required_names() -> list[str]:
    """The cards that the set-up fetches."""
    return [name for name, entry in cards().items() if entry.required]


def fetch(
    names: Iterable[str],
    progress: Progress = lambda name, doing: None,
    agree: Callable[[ModelCard], bool] = lambda card: False,
) -> list[Outcome]:
    """Fetch the models that are not here yet, each package once.

    Args:
        names: names of cards.
        progress: told what is going on.
        agree: asked once for each model that is not for commercial use; the answer yes is kept.

    Returns:
        One outcome per name; after a missing network the remaining ones share its problem.

    Raises:
        ModelProblem: when there is no card of a name.
    """
    wanted = {name: card(name) for name in names}
    outcomes: dict[str, Outcome] = {}
    groups: dict[Carrier, list[ModelCard]] = {}
    for name, entry in wanted.items():
        progress(name, "checking")
        try:
            here = _already_here(entry)
            if here is None:
                _permit(entry, agree)
                groups.setdefault(carrier_of(entry), []).append(entry)
            else:
                outcomes[name] = Outcome(name, here)
        except FacewrightError as problem:
            outcomes[name] = Outcome(name, problem=problem)
    unreachable: NoNetwork | None = None
    for carrier, entries in groups.items():
        try:
            if unreachable is not None:
                raise unreachable
            outcomes |= {found.name: found for found in _fetch_carrier(carrier, entries, progress)}
        except FacewrightError as problem:
            unreachable = problem if isinstance(problem, NoNetwork) else None
            outcomes |= {entry.name: Outcome(entry.name, problem=problem) for entry in entries}
    return [outcomes[name] for name in wanted]


def _already_here(entry: ModelCard) -> Path | None:
    found = status(entry)
    if found.state == "here":
        return found.path
    if found.state == "damaged" and found.path is not None and found.path.parent != _folder():
        raise ModelProblem(
            "your own model file is not the one that is needed (its checksum differs)",
            hint="Remove or replace it",
            where=str(found.path),
        )
    return None


def _permit(entry: ModelCard, agree: Callable[[ModelCard], bool]) -> None:
    if entry.client == "user":
        raise ModelProblem(
            f"the model '{entry.title}' cannot be fetched",
            hint=f"Put your own file '{entry.file}' into {_folder()}",
        )
    policy.check_online()
    if policy.needs_agreement(entry):
        if not agree(entry):
            raise ModelProblem(
                f"the model '{entry.title}' is not for commercial use "
                f"({entry.licence_note.rstrip('.') or entry.licence})",
                hint=f"Agree to that with: facewright models fetch {entry.name} --yes",
            )
        policy.record_agreement(entry)


def _fetch_carrier(carrier: Carrier, entries: list[ModelCard], progress: Progress) -> list[Outcome]:
    """Download one package and install the files of all its cards."""
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        _remove_abandoned()
        with tempfile.TemporaryDirectory(dir=data_folder(), prefix="fetch-") as scratch:
            archives = Path(scratch) / "archive"
            archives.mkdir()
            first = entries[0].name

            def waiting(size: int) -> None:
                progress(first, f"downloading {carrier.source} ({size / 1e6:.1f} MB)")

            archive = download(carrier, archives, waiting)
            return [_install(entry, archive, Path(scratch), progress) for entry in entries]
    except OSError as error:
        raise _disk_problem(error) from error


def _install(entry: ModelCard, archive: Path, scratch: Path, progress: Progress) -> Outcome:
    try:
        made = scratch / entry.name / entry.file
        made.parent.mkdir()
        if entry.builder:
            progress(entry.name, "preparing")
            unpacked = scratch / "unpacked"
            if not unpacked.exists():
                unpack(archive, unpacked)
            digest = _build(entry, unpacked, made)
        else:
            progress(entry.name, "checking")
            digest = extract_member(archive, entry.member, made, entry.size)
        if entry.sha256 and digest != entry.sha256:
            raise ModelProblem(
                f"the checksum of {entry.member} is wrong, so it was not kept",
                hint="The package has changed; do not use it",
            )
        return Outcome(entry.name, _move(entry, made, digest), fetched=True)
    except FacewrightError as problem:
        logger.info("model %s: %s", entry.name, problem)
        return Outcome(entry.name, problem=problem.at(carrier_of(entry).source))


def _build(entry: ModelCard, unpacked: Path, target: Path) -> str:
    """Let the product's own builder make the file; returns its SHA-256."""
    match = _BUILDER.fullmatch(entry.builder)
    if match is None:
        raise ModelProblem(f"the card '{entry.name}' names a builder that is not the product's own")
    builder = getattr(importlib.import_module(match[1]), match[2])
    try:
        builder(unpacked, target)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise ModelProblem(
            f"{carrier_of(entry).source} does not hold what is expected ({error!r})"
        ) from error
    if not target.is_file():
        raise ModelProblem(f"the package was read, but {entry.file} was not made")
    return sha256_of(target)


def _move(entry: ModelCard, made: Path, digest: str) -> Path:
    """Move a proved file into place; the record of a derived one goes first, never after it."""
    target = _folder() / entry.file
    if not entry.sha256:
        record = made.with_name(f"{entry.name}.sha256")
        record.write_text(digest + "\n", "ascii")
        record.replace(target.with_name(target.name + ".sha256"))
    with made.open("r+b") as stream:
        os.fsync(stream.fileno())
    made.replace(target)
    return target


def _folder() -> Path:
    return data_folder() / "models"


def _remove_abandoned() -> None:
    """Remove what a fetch that was killed left behind."""
    for path in data_folder().glob("fetch-*"):
        if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _disk_problem(error: OSError) -> FileProblem:
    if error.errno == errno.ENOSPC:
        return FileProblem("the disk is full", hint="Make room and try again", where=str(data_folder()))
    return FileProblem(
        f"models cannot be kept there ({error.strerror or error})",
        hint="Choose another data folder with FACEWRIGHT_DATA",
        where=str(error.filename or data_folder()),
    )
