"""Errors that a person reads: what went wrong, where, and what to do about it."""

from __future__ import annotations


class FacewrightError(Exception):
    """Base of every error that is shown to the user as one clear line.

    Attributes:
        what: what went wrong, a sentence without a final full stop.
        hint: what the user can do about it; empty when there is nothing to add.
        where: file, node or port it concerns; filled in by whoever knows it best.
    """

    def __init__(self, what: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(what, hint, where)
        self.what = what
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}. {self.hint}" if self.hint else line

    def at(self, where: str) -> FacewrightError:
        """Name the place, unless a closer place was already named; returns the same error."""
        if not self.where:
            self.where = where
        return self


class NodeError(FacewrightError):
    """A node cannot do its job with the inputs or parameters it was given."""


class FileProblem(FacewrightError):  # noqa: N818 - a plain word, as the user reads it
    """A file is missing, unreadable, damaged, or not what its name says."""


class ModelProblem(FacewrightError):  # noqa: N818 - a plain word, as the user reads it
    """A model file is missing, or its checksum is wrong."""


class DeclarationError(FacewrightError):
    """A node's signature does not meet the node contract."""


class Cancelled(Exception):  # noqa: N818 - a request that was honoured, not an error
    """Raised inside a node when the run that asked for it no longer wants the result."""
