"""From a text to sound and phones, sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nodes.sdk import Context, NodeError
from nodes.sdk.values import Audio, Table
from nodes.voice import kokoro, reader, speaker
from nodes.voice.numbers import sentences
from nodes.voice.phones import SILENCE, Phone, as_table
from nodes.voice.shape import VOICES, VoiceShape, described

#: Half an hour of speech; longer texts are for several nodes.
MOST_LETTERS = 25_000
#: The voice that a description alone makes, out of the many.
DESCRIBED = "By description (many voices)"
#: How much of a description's own mixture goes into a voice that was chosen beside it.
_COLOURED = 0.4
#: The loudest sample of a finished text.
_PEAK = 0.8


def spoken_text(
    text: str,
    context: Context,
    *,
    voice: str = "Heart",
    description: str = "",
    pace: float = 1.0,
    pitch: float = 0.0,
    lively: float = 1.0,
    pause: float = 0.0,
    seed: int = 0,
) -> tuple[Audio, Table]:
    """Say a text.

    Args:
        text: English, of any number of sentences.
        context: of the run.
        voice: one of VOICES or of `kokoro.VOICES`, or DESCRIBED.
        description: words that change the voice, or pick and mix it.
        pace, pitch, lively: on top of that; pitch in semitones.
        pause: seconds between sentences.
        seed: of the noise in the voice.

    Raises:
        NodeError: when there is nothing to say, or too much.
        ModelProblem: when the voice was not fetched.
    """
    if not text.strip():
        raise NodeError("there is nothing to say", hint="Type a sentence into 'Text'")
    if len(text) > MOST_LETTERS:
        raise NodeError(f"the text has {len(text):,} letters", hint=f"Use at most {MOST_LETTERS:,} at a time")
    reads = context.model(reader.CARD, reader.load_reader)
    changes = VoiceShape(pitch=pitch, lively=lively, pace=pace)
    if voice in VOICES:
        say = _one_voice(voice, description, changes, seed, context)
    else:
        say = _many_voices(voice, description, changes, context)
    parts, phones, clock = [], [], 0.0
    pieces = sentences(text)
    for number, piece in enumerate(pieces):
        context.progress(number / len(pieces), "Speaking")
        said = say(reads.sentence(piece))
        if not said.phones:
            continue
        parts += [said.samples, np.zeros(int(pause * speaker.RATE), np.float32)]
        phones += [Phone(p.symbol, p.start + clock, p.end + clock, 1.0, p.word) for p in said.phones]
        clock += len(said.samples) / speaker.RATE
        length = len(parts[-1]) / speaker.RATE
        if length:
            phones.append(Phone(SILENCE, clock, clock + length))
        clock += length
    if not phones:
        raise NodeError(
            "the voice cannot read this text", hint="It reads English; write other languages in Latin letters"
        )
    sound = np.concatenate(parts)
    sound *= np.float32(_PEAK / max(float(np.abs(sound).max()), 1e-6))
    return Audio(sound[:, None], speaker.RATE), as_table(phones)


#: Says a sentence, given as Reader.sentence does.
_Say = Callable[[list[tuple[str, str]]], speaker.Spoken]


def _one_voice(voice: str, description: str, changes: VoiceShape, seed: int, context: Context) -> _Say:
    """The quick voice, reshaped by words."""
    network = context.model(speaker.CARD, speaker.VoiceNetwork)
    shape = VOICES[voice].with_changes(described(description)[0]).with_changes(changes)
    random = np.random.default_rng(seed)
    return lambda words: speaker.speak(network, words, shape, random)


def _many_voices(voice: str, description: str, changes: VoiceShape, context: Context) -> _Say:
    """A recorded voice, or the two nearest to a description, mixed."""
    network = context.model(kokoro.CARD, kokoro.Kokoro)
    wanted, _ = described(description)
    shares = {voice: 1.0}
    if voice == DESCRIBED or description.strip():
        near = kokoro.mixture(description)
        kept = 0.0 if voice == DESCRIBED else 1.0 - _COLOURED
        shares = {name: (1.0 - kept) * share for name, share in near.items()}
        if kept:
            shares[voice] = shares.get(voice, 0.0) + kept
    # The mixture has the pitch already; pace and warmth go further than any voice does.
    shape = VoiceShape(pace=wanted.pace, warmth=0.5 * wanted.warmth).with_changes(changes)
    return lambda words: kokoro.speak(network, words, shares, shape)
