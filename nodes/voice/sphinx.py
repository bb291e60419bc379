"""Phone recognition and forced alignment by pocketsphinx, at 10 ms steps.

Source: Huggins-Daines et al. 2006, "PocketSphinx: a free, real-time continuous speech recognition
system"; the US English models that its package carries.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.voice.phones import INDEX, SILENCE, Phone

STEP = 0.01
#: Longer words than this many phones do not exist; it also bounds what the decoder builds.
_MOST_PHONES = 60
#: How unlikely a path may become before it is given up; the wider is tried when the first finds none.
_BEAMS = (1e-48, 1e-80)
#: How many Gaussians of each mixture are counted; more only take time.
_SHARES = 2
_lock = threading.Lock()


@cache
def _model() -> Path:
    import pocketsphinx

    return Path(pocketsphinx.__file__).parent / "model" / "en-us"


@cache
def _phone_decoder() -> Any:
    from pocketsphinx import Decoder

    return Decoder(
        hmm=str(_model() / "en-us"),
        allphone=str(_model() / "en-us-phone.lm.bin"),
        lw=2.0,
        beam=1e-20,
        pbeam=1e-20,
        loglevel="FATAL",
    )


def _aligner(beam: float) -> Any:
    from pocketsphinx import Decoder

    return Decoder(
        hmm=str(_model() / "en-us"),
        dict=None,
        lm=None,
        beam=beam,
        wbeam=beam**0.75,
        pbeam=beam,
        topn=_SHARES,
        loglevel="FATAL",
    )


def _bytes(signal: FloatArray) -> bytes:
    # A little even noise: digital silence has no logarithm, and the decoder then loses its way.
    noise = np.random.default_rng(1).standard_normal(len(signal)) * 2.0
    return bytes(np.clip(np.round(signal * 32000 + noise), -32768, 32767).astype("<i2").tobytes())


def phones_heard(signal: FloatArray) -> list[Phone]:
    """The phones that a signal (N float32, 16 kHz) sounds like, without knowing any text."""
    if len(signal) < 800:
        return []
    with _lock:
        decoder = _phone_decoder()
        decoder.start_utt()
        decoder.process_raw(_bytes(signal), full_utt=True)
        decoder.end_utt()
        heard = [
            (segment.word, segment.start_frame, segment.end_frame, segment.ascore)
            for segment in decoder.seg() or ()
        ]
    phones = []
    for name, first, last, score in heard:
        symbol = name if name in INDEX else SILENCE
        sure = float(np.clip(1.0 + 12.0 * (score - 1.0), 0.0, 1.0))
        phones.append(Phone(symbol, first * STEP, (last + 1) * STEP, sure))
    return phones


def aligned(
    signal: FloatArray, words: Sequence[str], pronunciations: Mapping[str, Sequence[Sequence[str]]]
) -> list[Phone] | None:
    """Where each phone of known words lies in a signal; None when they do not fit at all.

    Args:
        signal: N float32, 16 kHz.
        words: the words in order.
        pronunciations: word -> one or more lists of phones.
    """
    if not words or len(signal) < 800:
        return None
    sound = _bytes(signal)
    for beam in _BEAMS:
        found = _aligned(sound, words, pronunciations, beam)
        if found is not None:
            return found
    return None


def _aligned(
    sound: bytes, words: Sequence[str], pronunciations: Mapping[str, Sequence[Sequence[str]]], beam: float
) -> list[Phone] | None:
    with _lock:
        decoder = _aligner(beam)
        known = {word: f"w{number}" for number, word in enumerate(dict.fromkeys(words))}
        entries = [
            (tag if number == 0 else f"{tag}({number + 1})", " ".join(phones[:_MOST_PHONES]))
            for word, tag in known.items()
            for number, phones in enumerate(pronunciations[word])
        ]
        for place, (name, phones) in enumerate(entries):
            # The decoder is made anew at each update: once is enough.
            decoder.add_word(name, phones, place == len(entries) - 1)
        spoken = {tag: word for word, tag in known.items()}
        try:
            decoder.set_align_text(" ".join(known[word] for word in words))
            _run(decoder, sound)
            if decoder.hyp() is None:
                return None
            decoder.set_alignment()
            _run(decoder, sound)
        except RuntimeError:
            return None
        alignment = decoder.get_alignment()
        if alignment is None:
            return None
        phones = []
        # Only direct iteration is safe: a list of the words outlives what they point to.
        for entry in alignment:
            word = spoken.get(entry.name.partition("(")[0], "")
            for phone in entry:
                symbol = phone.name if phone.name in INDEX else SILENCE
                start = phone.start * STEP
                phones.append(
                    Phone(
                        symbol, start, start + phone.duration * STEP, _sure(phone.score, phone.duration), word
                    )
                )
    return phones


def _run(decoder: Any, sound: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()


def _sure(score: float, frames: int) -> float:
    """0..1 from a phone's acoustic score, a logarithm summed over its frames."""
    return float(np.clip(1.0 + score / max(frames, 1) / 400.0, 0.0, 1.0))


def dictionary_file() -> Path:
    """The pronunciations of 134,000 English words (CMU), one a line: "word P R OH N"."""
    return _model() / "cmudict-en-us.dict"
