"""The credentials that loaded pictures and clips already have, taken on into what is made of them."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.export.settings import extension_of

if TYPE_CHECKING:
    import c2pa

logger = logging.getLogger(__name__)

#: Sources beyond this size or number are not looked into: their credentials would be read at once.
LARGEST_SOURCE = 4 << 30
MOST_SOURCES = 64


class Ingredients:
    """Sources with credentials, read once and put into one file after another.

    Attributes:
        actions: for the claim, that each of them was placed in the picture.
    """

    def __init__(self, sources: Iterable[Path], context: c2pa.Context) -> None:
        """Read the credentials of sources; those without, or whose files cannot be read, have no part."""
        self._archives: list[bytes] = []
        for path in list(dict.fromkeys(sources))[:MOST_SOURCES]:
            try:
                archive = _archive(path, f"source{len(self._archives) + 1}", context)
            except OSError as error:
                logger.info("the credentials of %s cannot be read: %s", path, error)
                continue
            if archive is not None:
                self._archives.append(archive)
        self.actions: list[dict[str, Any]] = [
            {"action": "c2pa.placed", "parameters": {"ingredientIds": [f"source{number}"]}}
            for number in range(1, len(self._archives) + 1)
        ]

    def add_to(self, builder: c2pa.Builder) -> None:
        """Make the sources part of a manifest. Raises C2paError."""
        for archive in self._archives:
            builder.add_ingredient_from_archive(io.BytesIO(archive))


def _archive(path: Path, label: str, context: c2pa.Context) -> bytes | None:
    """The credentials of a file in the SDK's form; None when it has none, or damaged ones."""
    import c2pa

    extension = extension_of(path)
    if not path.is_file() or path.stat().st_size > LARGEST_SOURCE:
        return None
    try:
        with path.open("rb") as stream:
            reader = c2pa.Reader.try_create(extension, stream, context=context)
            if reader is None:
                return None
            reader.close()
        # The title is no file name: names of files tell of people and machines.
        source = {"title": label, "relationship": "componentOf", "label": label, "instance_id": label}
        kept = io.BytesIO()
        with path.open("rb") as stream, c2pa.Builder({"claim_generator_info": []}, context) as builder:
            builder.add_ingredient(source, extension, stream)
            builder.write_ingredient_archive(label, kept)
    except c2pa.C2paError as error:
        logger.info("the credentials of %s cannot be taken on: %s", path, error)
        return None
    return kept.getvalue()
