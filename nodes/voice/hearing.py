"""Who says what when: alignment when the text is known, recognition when not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from nodes.sdk import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.models import find
from nodes.sdk.values.arrays import FloatArray
from nodes.voice import ear, reader, sphinx, whisper
from nodes.voice.decoding import phones_of
from nodes.voice.numbers import tokens
from nodes.voice.phone_net import phone_posteriors, steadied
from nodes.voice.phones import SILENCE, SURE, Phone, only_where_voiced, support
from nodes.voice.sound_features import voice_activity

#: Alignment is searched in one piece; a piece this long takes some seconds.
_LONGEST = 120.0
#: Below this confidence an alignment is taken for one of a wrong text, and a sound for no speech.
DOUBT = 0.5


#: How likely phones are on average, by the small network, of an alignment that is wrong, and right.
_UNSUPPORTED, _SUPPORTED = 0.20, 0.38
#: How far phones are believed that were only heard.
_HEARSAY = 0.84
#: How likely the heard phones are on average in drums and chords, and in clear speech.
_CLEARNESS = {"careful": (0.24, 0.67), "quick": (0.26, 0.50)}


@dataclass(frozen=True)
class Heard:
    """What was recognised.

    Attributes:
        phones: with times; silences included.
        confidence: 0..1 for the whole.
        method: "text", "sound" or "nothing".
        likely: T x phones (SYMBOLS), how likely each was at each 10 ms; None where a text says it.
    """

    phones: tuple[Phone, ...]
    confidence: float
    method: str
    likely: FloatArray | None = None


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
        careful: without a text, listen with Whisper's encoder; with one that does not fit, only
            where the encoder was fetched.

    Raises:
        ModelProblem: when the encoder is needed and was not fetched.
    """
    activity = voice_activity(signal)
    if not len(signal) or float(np.abs(signal).max(initial=0.0)) < 1e-3 or activity.max(initial=0.0) < 0.5:
        return Heard((), 0.0, "nothing")
    doubt = 1.0
    if text.strip():
        known = _by_text(signal, text, context)
        confidence = borne_out(known, phone_posteriors(signal), activity)
        if confidence >= DOUBT and known:
            # A known text is believed in every phone; how sure each one is still shows.
            sure = [replace(p, confidence=SURE + (1.0 - SURE) * p.confidence) for p in known]
            return Heard(tuple(sure), confidence, "text")
        doubt = 0.9 * DOUBT
        careful = careful and find(whisper.CARD) is not None
    if careful:
        likely = steadied(ear.phones_likely(signal, _pieces(activity), context, progress))
    else:
        likely = phone_posteriors(signal)
    likely = only_where_voiced(likely, activity)
    phones = phones_of(likely)
    low, high = _CLEARNESS["careful" if careful else "quick"]
    clear = float(np.clip((_mean_confidence(phones) - low) / (high - low), 0.0, 1.0))
    phones = [replace(phone, confidence=_HEARSAY * phone.confidence) for phone in phones]
    return Heard(tuple(phones), doubt * clear, "sound", likely)


def doubts(heard: Heard, text: str) -> list[str]:
    """What a person should be told about what was heard; one line each."""
    if heard.method == "nothing":
        return ["nobody is heard speaking in this sound"]
    if heard.method == "sound" and text.strip():
        if not any(token[0].isalpha() for token in tokens(text)):
            return ["the text is in no alphabet that can be read: the sounds were recognised without it"]
        return ["the text does not fit the sound: the sounds were recognised without it"]
    if heard.confidence < DOUBT:
        return [f"this hardly sounds like speech (confidence {heard.confidence:.2f}): the lips are a guess"]
    return []


def borne_out(known: Sequence[Phone] | None, likely: FloatArray, activity: FloatArray) -> float:
    """0..1, how well an alignment agrees with what the sound makes likely."""
    if not known:
        return 0.0
    shared = float(support(known, likely, activity).sum() / max(float(activity.sum()), 1e-6))
    return float(np.clip((shared - _UNSUPPORTED) / (_SUPPORTED - _UNSUPPORTED), 0.0, 1.0))


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


def _pieces(activity: FloatArray, longest: int = round(ear.PIECE * 100)) -> list[tuple[int, int]]:
    """(first, last) steps that cover a sound, cut where it is quietest, at most `longest` each."""
    pieces, first = [], 0
    while len(activity) - first > longest:
        window = activity[first + longest // 2 : first + longest]
        last = first + longest // 2 + int(np.argmin(window))
        pieces.append((first, last))
        first = last
    return [*pieces, (first, len(activity))]


def _mean_confidence(phones: Sequence[Phone]) -> float:
    spoken = [phone for phone in phones if phone.symbol != SILENCE]
    total = sum(phone.end - phone.start for phone in spoken)
    return sum(phone.confidence * (phone.end - phone.start) for phone in spoken) / total if total else 0.0
