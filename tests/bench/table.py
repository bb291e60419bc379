"""The rows that benchmarks report, and the table they are shown in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        name: what was measured, in a few words.
        value: the figure.
        unit: its unit, such as "ms".
        limit: the stated limit or target, in the same unit; None when nothing was promised.
        better: which direction is better.
        beside: a baseline, a peer or a physical limit measured in the same run.
        note: how it was measured, when that is not obvious.
    """

    name: str
    value: float
    unit: str
    limit: float | None
    better: Literal["lower", "higher"]
    beside: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The share of the limit that is used up: at most 1 meets it, whichever way is better."""
        if self.limit is None:
            return None
        part, whole = (self.value, self.limit) if self.better == "lower" else (self.limit, self.value)
        if whole == 0:
            return 0.0 if part == 0 else float("inf")
        return part / whole

    @property
    def met(self) -> bool | None:
        """Whether the limit holds; None when there is none."""
        return None if self.ratio is None else self.ratio <= 1.0


HEADINGS = ("benchmark", "measured", "limit", "ratio to limit", "met", "beside", "note")


def cells(row: Row) -> tuple[str, ...]:
    """The row as text, in the order of HEADINGS."""
    limit = ratio = met = ""
    if row.limit is not None and row.ratio is not None:
        sign = "≤" if row.better == "lower" else "≥"
        limit = f"{sign} {_figure(row.limit)} {row.unit}".rstrip()
        ratio = f"{row.ratio:.2f}"
        met = "yes" if row.met else "NO"
    return (row.name, f"{_figure(row.value)} {row.unit}".rstrip(), limit, ratio, met, row.beside, row.note)


def markdown(rows: Sequence[Row]) -> str:
    """A Markdown table, its columns aligned so that it also reads well in a terminal."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    texts = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in texts) for column in range(len(HEADINGS))]

    def joined(line: Sequence[str]) -> str:
        return "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([joined(texts[0]), rule, *(joined(line) for line in texts[1:])])


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
