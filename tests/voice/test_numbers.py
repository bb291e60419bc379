"""Text as it is spoken."""

from __future__ import annotations

import pytest

from nodes.voice.numbers import sentences, spoken, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("42", "forty two"),
        ("1,250 people", "one thousand two hundred fifty people"),
        ("in 1987", "in nineteen eighty seven"),
        ("in 2007", "in two thousand seven"),
        ("the 21st", "the twenty first"),
        ("the 20th", "the twentieth"),
        ("$3.50", "three dollars and fifty cents"),
        ("£1", "one pound"),
        ("at 7:05 pm", "at seven oh five p m"),
        ("at 9:00", "at nine o'clock"),
        ("-3.25", "minus three point two five"),
        ("007", "zero zero seven"),
        ("Dr. Who", "doctor Who"),
        ("50%", "fifty percent"),
        ("12345678901234567890", "one two three four five six seven eight nine zero " * 2),
    ],
)
def test_what_is_not_read_by_letters_is_written_out(text: str, words: str) -> None:
    assert spoken(text).split() == words.split()


def test_a_number_before_a_comma_keeps_the_pause() -> None:
    assert tokens("In 5, we go.") == ["In", "five", ",", "we", "go", "."]


def test_sentences_end_at_stops_and_long_ones_are_cut() -> None:
    assert [" ".join(piece) for piece in sentences("Go. Now! Why?")] == ["Go .", "Now !", "Why ?"]
    pieces = sentences("word " * 200)
    assert max(len(piece) for piece in pieces) <= 40
    assert sum(len(piece) for piece in pieces) == 200
    assert sentences("... !!! 😀") == []
