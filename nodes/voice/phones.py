"""Phones: the sounds of speech with their times, and how they travel in a Table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import Table
from nodes.sdk.values.arrays import FloatArray, IntArray

#: The phones of English by their ARPABET names, and SIL for silence.
SYMBOLS: tuple[str, ...] = (
    "SIL", "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH",
    "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W",
    "Y", "Z", "ZH",
)  # fmt: skip
INDEX = {symbol: number for number, symbol in enumerate(SYMBOLS)}
SILENCE = "SIL"
VOWELS = frozenset({"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"})
#: Phones of at least this confidence are taken as they are.
SURE = 0.85
COLUMNS = ("phone", "start", "end", "confidence", "word")
#: More rows than this are no speech that a face could follow.
_MOST_ROWS = 200_000


@dataclass(frozen=True)
class Phone:
    """One sound.

    Attributes:
        symbol: one of SYMBOLS.
        start, end: seconds.
        confidence: 0..1.
        word: the word it belongs to, or empty.
    """

    symbol: str
    start: float
    end: float
    confidence: float = 1.0
    word: str = ""


def as_table(phones: Iterable[Phone]) -> Table:
    """Phones as a table with the columns COLUMNS."""
    rows = tuple(
        (p.symbol, round(float(p.start), 4), round(float(p.end), 4), round(float(p.confidence), 3), p.word)
        for p in phones
    )
    return Table(COLUMNS, rows)


def from_table(table: Table) -> list[Phone]:
    """The phones of a table, in order of time; stress digits are ignored, names may be small.

    Raises:
        NodeError: when a column is missing, a phone is unknown, or a time is no number.
    """
    missing = [name for name in COLUMNS[:3] if name not in table.columns]
    if missing:
        raise NodeError(
            f"the table of phones has no column '{missing[0]}'",
            hint="Wire the phones of 'Speak text' or 'Recognise phonemes'",
        )
    if len(table.rows) > _MOST_ROWS:
        raise NodeError(f"the table has {len(table.rows):,} rows", hint="Cut the sound into parts")
    place = {name: number for number, name in enumerate(table.columns)}
    phones = []
    for row in table.rows:
        symbol = str(row[place["phone"]]).upper().rstrip("012")
        if symbol not in INDEX:
            raise NodeError(f"'{row[place['phone']]}' is no phone of ARPABET", hint="Correct the table")
        start, end = _seconds(row[place["start"]]), _seconds(row[place["end"]])
        sure = row[place["confidence"]] if "confidence" in place else 1.0
        word = str(row[place["word"]] or "") if "word" in place else ""
        if end > start:
            phones.append(Phone(symbol, start, end, 1.0 if sure is None else float(sure), word))
    return sorted(phones, key=lambda phone: phone.start)


def _seconds(cell: object) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and np.isfinite(cell):
        return float(cell)
    raise NodeError(f"'{cell}' is no time in seconds", hint="Correct the table of phones")


def per_frame(phones: Sequence[Phone], count: int, fps: float) -> IntArray:
    """The number (in SYMBOLS) of the phone at each of `count` frames; silence where there is none."""
    numbers = np.zeros(count, np.int32)
    for phone in phones:
        first, last = round(phone.start * fps), round(phone.end * fps)
        numbers[max(first, 0) : max(last, 0)] = INDEX[phone.symbol]
    return numbers


def trust_per_frame(phones: Sequence[Phone], count: int, fps: float) -> FloatArray:
    """0..1 at each of `count` frames, how far the phones are to be believed; 1 where there are none.

    What is SURE and more, as from a known text, is believed altogether.
    """
    trust = np.ones(count, np.float32)
    for phone in phones:
        share = 1.0 if phone.confidence >= SURE else phone.confidence
        trust[max(round(phone.start * fps), 0) : max(round(phone.end * fps), 0)] = share
    return trust


#: Groups of phones that a recogniser mixes up among themselves but hardly with others.
_GROUPS = (
    ("SIL",),
    ("AA", "AO", "AW", "AY", "AE", "AH", "EH", "OW", "OY", "ER", "UH"),
    ("IY", "IH", "EY", "Y"),
    ("UW", "W", "L", "R"),
    ("M", "N", "NG"),
    ("P", "B", "T", "D", "K", "G"),
    ("S", "Z", "SH", "ZH", "CH", "JH"),
    ("F", "V", "TH", "DH", "HH"),
)
_GROUP = np.array([next(n for n, group in enumerate(_GROUPS) if s in group) for s in SYMBOLS])


def support(phones: Sequence[Phone], likely: FloatArray, active: FloatArray) -> FloatArray:
    """0..1 at each hundredth of a second: how likely a phone of the kind that is read there.

    Args:
        phones: a reading.
        likely: T x phones (SYMBOLS), how likely the sound makes each.
        active: T, where anybody speaks; elsewhere the support is 0.
    """
    kinds = np.zeros((len(SYMBOLS), len(_GROUPS)), np.float32)
    kinds[np.arange(len(SYMBOLS)), _GROUP] = 1.0
    mass = likely[: len(active)] @ kinds
    read = _GROUP[per_frame(phones, len(mass), 100.0)]
    return np.asarray(mass[np.arange(len(mass)), read] * active[: len(mass)], np.float32)


def only_where_voiced(likely: FloatArray, activity: FloatArray) -> FloatArray:
    """Likelihoods (T x phones) with silence where nobody speaks: noise of a room sounds like f and s.

    Args:
        likely: how likely each phone is.
        activity: at least T, 0..1, how surely somebody speaks.
    """
    voiced = np.clip((activity[: len(likely), None] - 0.05) / 0.1, 0.0, 1.0)
    result = likely * voiced
    result[:, INDEX[SILENCE]] += 1.0 - voiced[:, 0]
    return np.asarray(result, np.float32)
