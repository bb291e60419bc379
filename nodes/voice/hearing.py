"""Who says what when: alignment when the text is known, recognition when not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from nodes.sdk import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values.arrays import FloatArray
from nodes.voice import reader, sphinx
from nodes.voice.numbers import tokens
from nodes.voice.phones import SILENCE, Phone, agreement
from nodes.voice.sound_features import voice_activity

#: Alignment is searched in one piece; a piece this long takes some seconds.
_LONGEST = 120.0
#: Below this confidence an alignment is taken for one of a wrong text.
DOUBT = 0.5


@dataclass(frozen=True)
class Heard:
    """What was recognised.

    Attributes:
        phones: with times; silences included.
        confidence: 0..1 for the whole.
        method: "text", "phones" or "nothing".
    """

    phones: tuple[Phone, ...]
    confidence: float
    method: str


def hear(
    signal: FloatArray, text: str, context: Context, progress: Callable[[float], None] = lambda share: None
) -> Heard:
    """The phones of a signal (N, 16 kHz).

    With a text the words are found in the sound; when they do not fit, or are in no alphabet that
    can be read, the phones are recognised from the sound alone, with less confidence.
    """
    activity = voice_activity(signal)
    if not len(signal) or float(np.abs(signal).max(initial=0.0)) < 1e-3 or activity.max(initial=0.0) < 0.5:
        return Heard((), 0.0, "nothing")
    free: list[Phone] = []
    pieces = _pieces(activity)
    for number, (first, last) in enumerate(pieces):
        progress(number / len(pieces))
        free += _moved(sphinx.phones_heard(signal[first * 160 : last * 160]), first / 100)
    free = _only_where_voiced(free, activity)
    if text.strip():
        known = _by_text(signal, text, context)
        # What fits is heard the same without the text, by and large.
        shared = agreement(known, free, activity) if known else 0.0
        confidence = float(np.clip((shared - 0.2) / 0.35, 0.0, 1.0))
        if confidence >= DOUBT and known:
            return Heard(tuple(known), confidence, "text")
    doubt = 0.6 if text.strip() else 0.8
    return Heard(tuple(free), doubt * _mean_confidence(free), "phones")


def _by_text(signal: FloatArray, text: str, context: Context) -> list[Phone] | None:
    if len(signal) > _LONGEST * 16000:
        return None
    words = [token for token in tokens(text) if token[0].isalpha()]
    sounds = pronunciations(words, context)
    return sphinx.aligned(signal, [word for word in words if word in sounds], sounds)


def pronunciations(words: Sequence[str], context: Context) -> dict[str, list[list[str]]]:
    """Word -> ways to say it: the aligner's dictionary first, then the reader where it was fetched."""
    known = _dictionary()
    result: dict[str, list[list[str]]] = {}
    reads: reader.Reader | None = None
    for word in dict.fromkeys(words):
        ways = [list(way) for way in known.get(word.lower().strip("'"), ())]
        if not ways:
            if reads is None:
                try:
                    reads = context.model(reader.CARD, reader.load_reader)
                except ModelProblem:
                    break
            spelled = reader.arpabet(reads.word(word))
            ways = [spelled] if spelled else []
        if ways:
            result[word] = ways
    return result


@cache
def _dictionary() -> dict[str, tuple[tuple[str, ...], ...]]:
    entries: dict[str, list[tuple[str, ...]]] = {}
    for line in sphinx.dictionary_file().read_text("utf-8").splitlines():
        word, *phones = line.split()
        entries.setdefault(word.partition("(")[0], []).append(tuple(phones))
    return {word: tuple(ways) for word, ways in entries.items()}


def _pieces(activity: FloatArray, longest: int = 3000) -> list[tuple[int, int]]:
    """(first, last) steps that cover a sound, cut where it is quietest, at most `longest` each."""
    pieces, first = [], 0
    while len(activity) - first > longest:
        window = activity[first + longest // 2 : first + longest]
        last = first + longest // 2 + int(np.argmin(window))
        pieces.append((first, last))
        first = last
    return [*pieces, (first, len(activity))]


def _moved(phones: Sequence[Phone], seconds: float) -> list[Phone]:
    return [replace(phone, start=phone.start + seconds, end=phone.end + seconds) for phone in phones]


def _only_where_voiced(phones: Sequence[Phone], activity: FloatArray) -> list[Phone]:
    """Phones in silence become silence: noise of a room sounds like f and s to a recogniser."""
    result = []
    for phone in phones:
        part = activity[int(phone.start * 100) : max(int(phone.end * 100), int(phone.start * 100) + 1)]
        quiet = phone.symbol != SILENCE and float(part.mean() if len(part) else 0.0) < 0.15
        result.append(replace(phone, symbol=SILENCE, confidence=1.0) if quiet else phone)
    return result


def _mean_confidence(phones: Sequence[Phone]) -> float:
    spoken = [phone for phone in phones if phone.symbol != SILENCE]
    total = sum(phone.end - phone.start for phone in spoken)
    return sum(phone.confidence * (phone.end - phone.start) for phone in spoken) / total if total else 0.0
