"""What is wrong with a graph, as lines that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Problem:
    """One finding.

    Attributes:
        what: what is wrong, a sentence without a final full stop.
        hint: what to do about it.
        place: what it concerns, as a person says it: "node 'blend'".
        node: the node it concerns; empty when it concerns none or several.
        severity: an "error" keeps (part of) the graph from being rendered; a "warning" does not.
    """

    what: str
    hint: str = ""
    place: str = ""
    node: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        line = f"{self.place}: {self.what}" if self.place else self.what
        return f"{line}. {self.hint}" if self.hint else line
