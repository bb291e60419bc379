"""The benchmark table says honestly what meets its limit."""

from __future__ import annotations

import pytest

from tests.bench.table import Row, cells, markdown


@pytest.mark.parametrize(
    ("value", "limit", "better", "ratio"),
    [
        (1.0, 2.0, "lower", 0.5),
        (4.0, 2.0, "lower", 2.0),
        (30.0, 15.0, "higher", 0.5),
        (0.0, 15.0, "higher", None),
    ],
)
def test_the_ratio_is_the_share_of_the_limit(value, limit, better, ratio) -> None:
    row = Row("row", value, "ms", limit, better)
    assert row.ratio == (float("inf") if ratio is None else ratio)
    assert row.met is (ratio is not None and ratio <= 1)


def test_without_a_limit_nothing_is_claimed() -> None:
    row = Row("row", 3.0, "ms", None, "lower", beside="peer 4 ms")
    assert row.met is None
    assert cells(row) == ("row", "3 ms", "", "", "", "peer 4 ms", "")


def test_a_limit_that_is_not_met_stands_out() -> None:
    assert cells(Row("row", 3.0, "ms", 2.0, "lower"))[1:5] == ("3 ms", "≤ 2 ms", "1.50", "NO")


def test_the_table_keeps_its_columns_whatever_the_text() -> None:
    lines = markdown([Row("a | b", 1234.5, "ms", 2.0, "lower", note="two\nlines")]).splitlines()
    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert "a \\| b" in lines[2]
    assert "1,23" in lines[2]
