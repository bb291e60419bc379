"""Speak text, Recognise phonemes and Speech to motion, with the fetched voice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nodes.sdk import Context, NodeError
from nodes.sdk.models import LocalModels
from nodes.sdk.values import ARKIT_NAMES, Audio
from nodes.speech.recognise_phonemes import recognise_phonemes
from nodes.speech.speak_text import Speech, speak_text
from nodes.speech.speech_to_motion import speech_to_motion
from nodes.voice.lips import lip_gap
from nodes.voice.phones import Phone, from_table
from nodes.voice.sound_features import pitch
from tests.samples import model
from tests.speech.sounds import tone

pytestmark = pytest.mark.models
TEXT = "People often move from Bombay to Oslo. We have five hours, Bob."


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    model("voice_heart")
    model("english_reader")
    yield Context(models=LocalModels())


@pytest.fixture(scope="module")
def speech(context: Context) -> Speech:
    return speak_text(text=TEXT, context=context)


def spoken(phones: list[Phone]) -> list[Phone]:
    return [phone for phone in phones if phone.symbol != "SIL"]


def test_speech_has_sound_where_it_has_phones(speech: Speech) -> None:
    samples, rate = speech.audio.samples[:, 0], speech.audio.rate
    phones = from_table(speech.phones)
    assert 0.5 < np.abs(samples).max() <= 1.0
    assert phones[-1].end == pytest.approx(speech.audio.seconds, abs=0.05)

    def level(wanted: bool) -> float:
        parts = [
            samples[int(p.start * rate) : int(p.end * rate)] for p in phones if (p.symbol == "SIL") != wanted
        ]
        return float(np.sqrt((np.concatenate(parts) ** 2).mean()))

    assert level(True) > 8 * level(False)
    assert {p.word for p in phones} >= {"People", "Bombay", "five", "Bob"}


def test_a_known_text_is_found_within_40_ms(speech: Speech, context: Context) -> None:
    found = recognise_phonemes(speech.audio, text=TEXT, context=context)
    truth, heard = spoken(from_table(speech.phones)), spoken(from_table(found.phones))
    assert found.confidence > 0.7
    pairs = [(a, b) for a in truth for b in heard if a.symbol == b.symbol and abs(a.start - b.start) < 0.15]
    near = [abs(a.start - b.start) <= 0.04 for a, b in pairs]
    assert len(pairs) >= 0.85 * len(truth)
    assert np.mean(near) >= 0.85


@pytest.mark.parametrize(("listening", "least"), [("quick", 0.4), ("careful", 0.55)])
def test_without_a_text_many_sounds_are_recognised(
    speech: Speech, context: Context, listening: str, least: float
) -> None:
    if listening == "careful":
        model("whisper_tiny")
    found = recognise_phonemes(speech.audio, listening=listening, context=context)
    assert 0.5 < found.confidence <= 1.0
    heard = spoken(from_table(found.phones))
    truth = spoken(from_table(speech.phones))
    hits = [
        any(a.symbol == b.symbol and abs(a.start - b.start) < 0.08 for b in heard)
        for a in truth
    ]  # fmt: skip
    assert np.mean(hits) > least


@pytest.mark.parametrize("listening", ["careful", "live"])
def test_lips_close_on_p_b_m_that_were_only_heard(speech: Speech, context: Context, listening: str) -> None:
    if listening == "careful":
        model("whisper_tiny")
    motion = speech_to_motion(speech.audio, listening=listening, fps=100.0, context=context)
    gap = lip_gap(motion.coefficients)
    assert motion.seconds == pytest.approx(speech.audio.seconds, abs=0.02)
    wide = np.percentile(gap, 95)
    closed = [
        gap[max(int((p.start - 0.05) * 100), 0) : int((p.end + 0.05) * 100) + 1].min() < 0.3 * wide
        for p in from_table(speech.phones)
        if p.symbol in "PBM"
    ]
    assert np.mean(closed) >= (0.85 if listening == "careful" else 0.6)


@pytest.mark.parametrize("seconds", [0.01, 2.0])
def test_silence_has_no_phones_and_a_still_face(context: Context, seconds: float) -> None:
    silence = Audio(np.zeros((int(seconds * 16000), 1), np.float32), 16000)
    assert recognise_phonemes(silence, text="hello", context=context) == ((silence_table()), 0.0)
    motion = speech_to_motion(silence, context=context)
    assert np.ptp(motion.coefficients, axis=0).max() < 0.01


def silence_table() -> object:
    from nodes.voice.phones import as_table

    table = as_table(())
    assert table.rows == ()
    return table


def test_other_rates_channels_and_clipping_come_to_nearly_the_same(speech: Speech, context: Context) -> None:
    from nodes.voice.sound import resampled

    plain = speech_to_motion(speech.audio, speech.phones, context=context)
    loud = np.clip(speech.audio.samples * 8, -1, 1)
    for samples, rate in ((resampled(loud, 24000, 8000), 8000), (resampled(loud, 24000, 192000), 192000)):
        stereo = Audio(np.repeat(samples, 2, axis=1), rate)
        other = speech_to_motion(stereo, speech.phones, context=context)
        assert abs(len(other.coefficients) - len(plain.coefficients)) <= 1
        count = min(len(other.coefficients), len(plain.coefficients))
        assert np.abs(other.coefficients[:count] - plain.coefficients[:count]).mean() < 0.02


def test_music_gives_motion_and_no_error(context: Context) -> None:
    chord = tone(2.0).samples + tone(2.0, pitch=550).samples * 0.5
    motion = speech_to_motion(Audio(chord * 0.5, 16000), text="la la la", context=context)
    assert np.isfinite(motion.coefficients).all()
    assert motion.seconds == pytest.approx(2.0, abs=0.05)


def test_lips_close_in_time_with_the_spoken_words(speech: Speech, context: Context) -> None:
    motion = speech_to_motion(speech.audio, speech.phones, context=context)
    gap = lip_gap(motion.coefficients)
    for phone in from_table(speech.phones):
        first, last = int((phone.start - 0.05) * motion.fps), int((phone.end + 0.05) * motion.fps) + 1
        if phone.symbol in "PBM":
            assert gap[max(first, 0) : last].min() < 1.5, phone


def test_frame_rates_only_sample_the_same_curves(speech: Speech, context: Context) -> None:
    slow = speech_to_motion(speech.audio, speech.phones, fps=30.0, context=context)
    fast = speech_to_motion(speech.audio, speech.phones, fps=120.0, context=context)
    jaw = ARKIT_NAMES.index("jawOpen")
    count = len(slow.coefficients)
    np.testing.assert_allclose(
        fast.coefficients[: count * 4 : 4, jaw][:count], slow.coefficients[:, jaw], atol=0.02
    )


def test_voices_differ_as_their_names_say(context: Context) -> None:
    def middle(**settings: str) -> float:
        hertz, sure = pitch(
            np.ascontiguousarray(
                resample(speak_text(text="Over and over again.", context=context, **settings).audio)
            )
        )
        return float(np.median(hertz[sure > 0.6]))

    heart = middle(voice="Heart")
    assert middle(voice="Tom (man)") < 0.65 * heart
    assert middle(voice="Kim (child)") > 1.15 * heart
    assert middle(description="very deep man") < 0.6 * heart


def resample(audio: Audio) -> np.ndarray:
    from nodes.voice.sound import speech_signal

    return speech_signal(audio)


def test_slow_is_slower_and_seeds_change_only_the_grain(speech: Speech, context: Context) -> None:
    slow = speak_text(text=TEXT, description="slow", context=context)
    assert slow.audio.seconds > 1.1 * speech.audio.seconds
    again, other = (speak_text(text=TEXT, seed=seed, context=context) for seed in (0, 1))
    np.testing.assert_array_equal(again.audio.samples, speech.audio.samples)
    assert other.phones == speech.phones
    assert not np.array_equal(other.audio.samples, speech.audio.samples)


@pytest.mark.parametrize("text", ["", "  \n", "你好", "!!! ..."])
def test_what_cannot_be_said_is_told(context: Context, text: str) -> None:
    with pytest.raises(NodeError):
        speak_text(text=text, context=context)


def test_a_book_is_refused(context: Context) -> None:
    with pytest.raises(NodeError, match="letters"):
        speak_text(text="word " * 10_000, context=context)
