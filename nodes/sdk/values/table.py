"""Tables of numbers and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

Cell: TypeAlias = str | float | int | bool | None


@dataclass(frozen=True)
class Table:
    """Named columns and rows of cells.

    Attributes:
        columns: the names of the columns.
        rows: one tuple per row, as long as columns.
    """

    socket_name: ClassVar[str] = "Table"
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()

    def __post_init__(self) -> None:
        for index, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"Table row {index} has {len(row)} cells, there are {len(self.columns)} columns"
                )
