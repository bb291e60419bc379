"""The many voices: what a description picks, and how it sounds."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from nodes.sdk import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.models import LocalModels
from nodes.speech.recognise_phonemes import recognise_phonemes
from nodes.speech.speak_text import Speech, speak_text
from nodes.voice.kokoro import VOICES, Kokoro, mixture
from nodes.voice.phones import from_table
from nodes.voice.shape import VOICES as SHAPED
from nodes.voice.sound import speech_signal
from nodes.voice.sound_features import pitch
from nodes.voice.speaking import DESCRIBED
from tests.samples import model

TEXT = "Bob may buy a boat by the river."


def mean_pitch(description: str) -> float:
    return sum(VOICES[name].pitch * share for name, share in mixture(description).items())


def test_a_description_mixes_the_two_nearest_voices() -> None:
    shares = mixture("old, warm, slow")
    assert len(shares) == 2
    assert sum(shares.values()) == pytest.approx(1.0)
    warmth = sum(VOICES[name].warmth * share for name, share in shares.items())
    seconds = sum(VOICES[name].seconds * share for name, share in shares.items())
    assert warmth > np.mean([voice.warmth for voice in VOICES.values()]) + 2
    assert seconds > np.mean([voice.seconds for voice in VOICES.values()])


def test_words_say_who_may_speak() -> None:
    assert all(VOICES[name].file.startswith("bm") for name in mixture("a deep british man"))
    assert all(VOICES[name].file.startswith("af") for name in mixture("american woman"))
    assert any("nicole" in VOICES[name].file for name in mixture("whispering woman"))
    assert mean_pitch("very deep man") < 0.8 * mean_pitch("man") < 0.6 * mean_pitch("high woman")


def test_every_voice_is_offered() -> None:
    offered = get_args(get_args(get_type_hints(speak_text, include_extras=True)["voice"])[0]) or get_args(
        get_type_hints(speak_text)["voice"]
    )
    assert set(offered) == {*SHAPED, DESCRIBED, *VOICES}


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "voices.zip").write_bytes(b"PK nothing")
    with pytest.raises(ModelProblem, match="cannot be read"):
        Kokoro(tmp_path / "voices.zip")


@pytest.fixture(scope="module")
def context() -> Context:
    model("voices_kokoro")
    model("english_reader")
    return Context(models=LocalModels())


def said(context: Context, voice: str = DESCRIBED, description: str = "") -> Speech:
    return speak_text(text=TEXT, voice=voice, description=description, context=context)


def middle_and_tilt(speech: Speech) -> tuple[float, float]:
    """Pitch in Hz, and how many dB 0.1-1 kHz is above 2-6 kHz."""
    signal = speech_signal(speech.audio)
    hertz, sure = pitch(signal)
    power = np.abs(np.fft.rfft(signal)) ** 2
    at = np.fft.rfftfreq(len(signal), 1 / 16000)
    low, high = power[(at > 100) & (at < 1000)].mean(), power[(at > 2000) & (at < 6000)].mean()
    return float(np.median(hertz[sure > 0.7])), float(10 * np.log10(low / high))


@pytest.mark.models
def test_descriptions_are_heard(context: Context) -> None:
    warm, deep, bright = (
        said(context, description=words)
        for words in ("old, warm, slow", "very deep man", "bright fast young woman")
    )
    (warm_pitch, warm_tilt), (deep_pitch, _), (bright_pitch, bright_tilt) = map(
        middle_and_tilt, (warm, deep, bright)
    )
    assert deep_pitch < 0.7 * warm_pitch < 0.95 * bright_pitch
    assert warm_tilt > bright_tilt + 5
    assert warm.audio.seconds > 1.4 * bright.audio.seconds


@pytest.mark.models
def test_phones_of_the_many_voices_are_where_they_are_heard(context: Context) -> None:
    speech = said(context, "Emma (British woman)")
    found = recognise_phonemes(speech.audio, text=TEXT, context=context)
    truth = [p for p in from_table(speech.phones) if p.symbol != "SIL"]
    heard = [p for p in from_table(found.phones) if p.symbol != "SIL"]
    late = [
        a.start - b.start
        for a in truth
        for b in heard
        if a.symbol == b.symbol and abs(a.start - b.start) < 0.15
    ]
    assert len(late) >= 0.8 * len(truth)
    assert np.mean(np.abs(late) <= 0.04) >= 0.8
