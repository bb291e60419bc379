"""Writing files so that a failure never leaves a broken one, nor costs an earlier one."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nodes.media.files import write_problem
from nodes.sdk import FileProblem

logger = logging.getLogger(__name__)


@contextmanager
def replacing(target: Path, folder: Path | None = None) -> Iterator[Path]:
    """A path to write to that takes the target's place when the block succeeds.

    When the block raises, what was written is deleted and an earlier target is left alone.

    Args:
        target: the file to make or replace.
        folder: where to write first, on the same disk; None means beside the target.

    Raises:
        FileProblem: when the block or the replacement fails for want of room, rights or a folder.
    """
    with writing(target):
        if target.is_dir():
            raise FileProblem(f"{target} is a folder", hint="Give the name of a file")
        # The extension stays last, since some writers choose the format by it.
        name = f".{target.stem[:80]}.{secrets.token_hex(4)}.part{target.suffix}"
        draft = (folder or target.parent) / name
        try:
            yield draft
            _settle(draft)
            draft.replace(target)
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn the operating system's write errors into a FileProblem that names the target."""
    try:
        yield
    except OSError as error:
        logger.info("writing %s failed: %s", target, error)
        raise write_problem(error, target) from error


def _settle(path: Path) -> None:
    """Force the file to the disk: some file systems tell only now that there was no room."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
