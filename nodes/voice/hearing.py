"""Who says what when: alignment when the text is known, recognition when not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from nodes.sdk import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values.arrays import FloatArray
from nodes.voice import reader, sphinx, whisper
from nodes.voice.numbers import tokens
from nodes.voice.phones import SILENCE, Phone, agreeing, agreement
from nodes.voice.sound_features import voice_activity

#: Alignment is searched in one piece; a piece this long takes some seconds.
_LONGEST = 120.0
#: Below this confidence an alignment is taken for one of a wrong text.
DOUBT = 0.5


#: Seconds around a written sentence in which its words are looked for, one after the other.
_ROOMS = (0.2, 0.35)


@dataclass(frozen=True)
class Heard:
    """What was recognised.

    Attributes:
        phones: with times; silences included.
        confidence: 0..1 for the whole.
        method: "text", "words", "phones" or "nothing".
    """

    phones: tuple[Phone, ...]
    confidence: float
    method: str


def hear(
    signal: FloatArray,
    text: str,
    context: Context,
    progress: Callable[[float], None] = lambda share: None,
    *,
    careful: bool = False,
) -> Heard:
    """The phones of a signal (N, 16 kHz).

    With a text the words are found in the sound; when they do not fit, or are in no alphabet that
    can be read, the phones are recognised from the sound alone, with less confidence.

    Args:
        signal: the sound.
        text: what is said, or empty.
        context: of the run.
        progress: called with the share done; may raise to give up.
        careful: without a text, write down the words first (Whisper), and trust those that the
            sound bears out.
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
        confidence = borne_out(known, free, activity)
        if confidence >= DOUBT and known:
            return Heard(tuple(known), confidence, "text")
    elif careful:
        return _with_words(signal, free, activity, context, progress)
    doubt = 0.6 if text.strip() else 0.8
    return Heard(tuple(free), doubt * _mean_confidence(free), "phones")


def borne_out(known: Sequence[Phone] | None, free: Sequence[Phone], activity: FloatArray) -> float:
    """0..1, how well an alignment agrees with what is heard without any text."""
    shared = agreement(known, free, activity) if known else 0.0
    return float(np.clip((shared - 0.2) / 0.35, 0.0, 1.0))


def _with_words(
    signal: FloatArray,
    free: list[Phone],
    activity: FloatArray,
    context: Context,
    progress: Callable[[float], None],
) -> Heard:
    """Phones of the words that Whisper writes down, where the sound bears them out."""
    recogniser = context.model(whisper.CARD, whisper.Whisper)
    result: list[Phone] = []
    doubts: list[tuple[float, float]] = []
    pieces = _pieces(activity, whisper.CHUNK_SECONDS * 100 - 200)
    for number, (first, last) in enumerate(pieces):
        progress(number / len(pieces))
        part, active = signal[first * 160 : last * 160], activity[first:last]
        inside = _part(free, first / 100, last / 100)
        known: list[Phone] = []
        for start, end, words in recogniser.segments(part, context.check):
            known += _placed(part, start, end, words, inside, known[-1].end if known else 0.0, context)
        chosen = _best_by_word(known, inside, active)
        confidence = max(borne_out(chosen, inside, active), 0.1) if known else 0.5
        doubts.append((confidence, float(active.sum())))
        result += _moved(chosen or inside, first / 100)
    weight = sum(share for _, share in doubts)
    return Heard(tuple(result), 0.95 * sum(c * share for c, share in doubts) / max(weight, 1e-6), "words")


def _placed(
    part: FloatArray,
    start: float,
    end: float,
    words: str,
    inside: Sequence[Phone],
    free_from: float,
    context: Context,
) -> list[Phone]:
    """Phones of one written sentence; those that were heard there when its words do not fit."""
    for room in _ROOMS:
        # Whisper's times are rough, often whole seconds: give the sentence some room.
        begin = max(start - room, free_from, 0.0)
        piece = part[int(begin * 16000) : int((end + room) * 16000)]
        found = _by_text(piece, words, context)
        if found:
            return _moved(found, begin)
    begin = max(start, free_from)
    return _moved(_part(inside, begin, max(end, begin)), begin)


def _part(phones: Sequence[Phone], start: float, end: float) -> list[Phone]:
    """The phones between two times, counted from the first."""
    inside = [replace(p, start=max(p.start, start), end=min(p.end, end)) for p in phones]
    return _moved([phone for phone in inside if phone.end > phone.start], -start)


def _best_by_word(known: list[Phone], free: list[Phone], active: FloatArray) -> list[Phone]:
    """The known phones; where several words in a row are not borne out, what was heard instead.

    An invented sentence is stretched over speech that says something else: over half a second or
    more hardly any phone is of the kind that is heard.
    """
    if not known:
        return list(free)
    right = agreeing(known, free, len(active)).astype(np.float32) * active
    window = np.ones(80, np.float32)
    share = np.convolve(right, window, "same") / np.maximum(np.convolve(active, window, "same"), 5.0)
    wrong = (share < 0.25) & (np.convolve(active, window, "same") > 20)
    kept: list[Phone] = []
    for source, there in ((known, ~wrong), (free, wrong)):
        for phone in source:
            middle = min(int((phone.start + phone.end) * 50), len(active) - 1)
            if middle >= 0 and there[middle]:
                kept.append(phone)
    return sorted(kept, key=lambda phone: phone.start)


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
