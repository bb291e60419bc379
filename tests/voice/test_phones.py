"""Phones in tables."""

from __future__ import annotations

import pytest

from nodes.sdk import NodeError
from nodes.sdk.values import Table
from nodes.voice.phones import INDEX, Phone, as_table, from_table, per_frame


def test_phones_survive_the_table() -> None:
    phones = [Phone("P", 0.1, 0.2, 0.9, "up"), Phone("SIL", 0.2, 0.5)]
    assert from_table(as_table(phones)) == phones


def test_a_table_by_hand_may_be_sparse_small_and_stressed() -> None:
    table = Table(("phone", "start", "end"), (("aa1", 0.5, 0.7), ("P", 0, 0.5), ("M", 0.9, 0.8)))
    assert [(phone.symbol, phone.start) for phone in from_table(table)] == [("P", 0.0), ("AA", 0.5)]


@pytest.mark.parametrize(
    "table",
    [
        Table(("phone", "start"), ()),
        Table(("phone", "start", "end"), (("QX", 0.0, 1.0),)),
        Table(("phone", "start", "end"), (("P", "soon", 1.0),)),
        Table(("phone", "start", "end"), (("P", 0.0, float("nan")),)),
    ],
)
def test_a_wrong_table_is_told(table: Table) -> None:
    with pytest.raises(NodeError):
        from_table(table)


def test_frames_hold_the_phone_and_silence_elsewhere() -> None:
    numbers = per_frame([Phone("B", 0.1, 0.3), Phone("AA", 0.9, 5.0)], 100, 100.0)
    assert set(numbers[10:30]) == {INDEX["B"]}
    assert set(numbers[90:]) == {INDEX["AA"]}
    assert set(numbers[30:90]) == {INDEX["SIL"]}
