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
from nodes.voice.phone_net import phone_posteriors
from nodes.voice.phones import SILENCE, SURE, Phone, support
from nodes.voice.sound_features import voice_activity

#: Alignment is searched in one piece; a piece this long takes some seconds.
_LONGEST = 120.0
#: Below this confidence an alignment is taken for one of a wrong text.
DOUBT = 0.5


#: How likely phones are on average, by the small network, of an alignment that is wrong, and right.
_UNSUPPORTED, _SUPPORTED = 0.20, 0.38
#: How far phones are believed that were recognised without words, and through written words.
_HEARSAY, _WRITTEN = 0.85, 0.85
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
    likely = phone_posteriors(signal)
    if text.strip():
        known = _by_text(signal, text, context)
        confidence = borne_out(known, likely, activity)
        if confidence >= DOUBT and known:
            # A known text is believed in every phone; how sure each one is still shows.
            sure = [replace(p, confidence=SURE + (1.0 - SURE) * p.confidence) for p in known]
            return Heard(tuple(sure), confidence, "text")
    free: list[Phone] = []
    pieces = _pieces(activity)
    for number, (first, last) in enumerate(pieces):
        progress(number / len(pieces))
        free += _moved(sphinx.phones_heard(signal[first * 160 : last * 160]), first / 100)
    free = [replace(p, confidence=_HEARSAY * p.confidence) for p in _only_where_voiced(free, activity)]
    if careful and not text.strip():
        return _with_words(signal, free, likely, activity, context, progress)
    doubt = 0.7 if text.strip() else 1.0
    return Heard(tuple(free), doubt * _mean_confidence(free), "phones")


def borne_out(known: Sequence[Phone] | None, likely: FloatArray, activity: FloatArray) -> float:
    """0..1, how well an alignment agrees with what the sound makes likely."""
    if not known:
        return 0.0
    shared = float(support(known, likely, activity).sum() / max(float(activity.sum()), 1e-6))
    return float(np.clip((shared - _UNSUPPORTED) / (_SUPPORTED - _UNSUPPORTED), 0.0, 1.0))


def _with_words(
    signal: FloatArray,
    free: list[Phone],
    likely: FloatArray,
    activity: FloatArray,
    context: Context,
    progress: Callable[[float], None],
) -> Heard:
    """Phones of the words that Whisper writes down, where the sound bears them out."""
    recogniser = context.model(whisper.CARD, whisper.Whisper)
    result: list[Phone] = []
    pieces = _pieces(activity, whisper.CHUNK_SECONDS * 100 - 200)
    for number, (first, last) in enumerate(pieces):
        progress(number / len(pieces))
        part, active = signal[first * 160 : last * 160], activity[first:last]
        inside = _part(free, first / 100, last / 100)
        known: list[Phone] = []
        for start, end, words in recogniser.segments(part, context.check):
            known += _placed(part, start, end, words, inside, known[-1].end if known else 0.0, context)
        chosen = _best_by_word(known, inside, likely[first:last], active) if known else inside
        result += _moved(chosen, first / 100)
    return Heard(tuple(result), 0.95 * borne_out(result, likely, activity), "words")


def _part(phones: Sequence[Phone], start: float, end: float) -> list[Phone]:
    """The phones between two times, counted from the first."""
    inside = [replace(p, start=max(p.start, start), end=min(p.end, end)) for p in phones]
    return _moved([phone for phone in inside if phone.end > phone.start], -start)


def _best_by_word(
    known: list[Phone], free: list[Phone], likely: FloatArray, active: FloatArray
) -> list[Phone]:
    """The known phones; where several words in a row are not borne out, what was heard instead.

    An invented sentence is stretched over speech that says something else: over half a second or
    more hardly any phone is of a kind that the sound makes likely.
    """
    window = np.ones(80, np.float32)
    weight = np.convolve(active, window, "same")
    backed = np.convolve(support(known, likely, active), window, "same") / np.maximum(weight, 5.0)
    wrong = (backed < _UNSUPPORTED) & (weight > 20)
    kept: list[Phone] = []
    for source, there in ((known, ~wrong), (free, wrong)):
        for phone in source:
            middle = min(int((phone.start + phone.end) * 50), len(active) - 1)
            if middle >= 0 and there[middle]:
                trust = _WRITTEN * phone.confidence if source is known else phone.confidence
                kept.append(replace(phone, confidence=trust))
    return sorted(kept, key=lambda phone: phone.start)


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
