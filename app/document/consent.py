"""What people agreed to: records that the user keeps in the project, one for each person or source.

A record is what somebody wrote down, no proof. It stays in the `.graph` file; an exported file says
only that there are records, and of a record what the user chose to publish.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

MAX_RECORDS = 500
MAX_WORDS = 4000

_CHECKSUM = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Consent:
    """One agreement.

    Attributes:
        person: who is shown.
        source: the node or the file that shows the person; empty stands for all of the project.
        agreed: what was agreed.
        by: who agreed, where it is not the person: a parent, an agency.
        date: when, as YYYY-MM-DD, or empty.
        note: anything else.
        file: the name of the signed form, which itself is not kept.
        sha256: the form's checksum, 64 hexadecimal digits, so that it can be told from another.
        public: whether exported files name the person, what was agreed, by whom and when.
        extra: unknown entries of the file, kept as they are.
    """

    person: str = ""
    source: str = ""
    agreed: str = ""
    by: str = ""
    date: str = ""
    note: str = ""
    file: str = ""
    sha256: str = ""
    public: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing at all."""
        return not any(str(getattr(self, name)).strip() for name in _WORDS)

    def problem(self) -> str:
        """Why it cannot be kept as it is; empty when it can."""
        for name in _WORDS:
            words = getattr(self, name)
            if len(words) > MAX_WORDS:
                return f"'{name}' is longer than {MAX_WORDS} letters"
            if "\0" in words:
                return f"'{name}' holds a letter that no text has"
        if self.date and not _is_date(self.date):
            return f"'{self.date}' is no date; write it like 2026-05-03"
        if self.sha256 and not _CHECKSUM.fullmatch(self.sha256):
            return "the checksum must be 64 hexadecimal digits"
        return ""

    def covers(self, node: str, file: str) -> bool:
        """Whether it speaks of a source: a node's name and the name of the file it loads."""
        return self.source.strip().casefold() in ("", node.casefold(), Path(file).name.casefold())


_WORDS = tuple(entry.name for entry in fields(Consent) if entry.name not in ("public", "extra"))


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_consent(data: Any) -> tuple[Consent, ...]:
    """The records in a file. Raises ValueError when they are written otherwise."""
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise ValueError('they are written [{"person": "...", "agreed": "..."}, ...]')
    if len(data) > MAX_RECORDS:
        raise ValueError(f"there are more than {MAX_RECORDS} records")
    return tuple(_record(entry) for entry in data)


def _record(entry: dict[str, Any]) -> Consent:
    words = {name: entry.get(name, "") for name in _WORDS}
    for name, value in words.items():
        if not isinstance(value, str):
            raise ValueError(f"'{name}' must be text")
    public = entry.get("public", False)
    if not isinstance(public, bool):
        raise ValueError("'public' must be true or false")
    extra = {name: value for name, value in entry.items() if name not in (*_WORDS, "public")}
    record = Consent(**words, public=public, extra=extra)
    problem = record.problem()
    if problem:
        raise ValueError(problem)
    return record


def write_consent(records: Iterable[Consent]) -> list[dict[str, Any]]:
    """Records as a file holds them: only what is filled in."""
    written: list[dict[str, Any]] = []
    for record in records:
        entry: dict[str, Any] = {name: getattr(record, name) for name in _WORDS if getattr(record, name)}
        if record.public:
            entry["public"] = True
        written.append({**entry, **record.extra})
    return written


def published(records: Iterable[Consent]) -> tuple[Consent, ...]:
    """What may leave the project: of public records who, what, by whom, when. No notes, no files."""
    return tuple(
        Consent(record.person, "", record.agreed, record.by, record.date, public=True)
        for record in records
        if record.public
    )


def checksum_of(path: Path) -> str:
    """The SHA-256 of a form. Raises OSError when it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
