"""Sounds and texts that are not as they should be: each gives a motion and one line that says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nodes.sdk import Context, FileProblem, NodeError
from nodes.sdk.errors import ModelProblem
from nodes.sdk.models import LocalModels
from nodes.sdk.values import Audio, Motion
from nodes.speech.load_audio import load_audio
from nodes.speech.recognise_phonemes import recognise_phonemes
from nodes.speech.speak_text import Speech, speak_text
from nodes.speech.speech_to_motion import speech_to_motion
from nodes.voice.sound import resampled
from tests.samples import model
from tests.speech.sounds import tone, write

pytestmark = pytest.mark.models
TEXT = "People often move from Bombay to Oslo. We have five hours, Bob."
MODELS = LocalModels()


@pytest.fixture(scope="module")
def speech() -> Iterator[Speech]:
    model("voice_heart")
    model("english_reader")
    yield speak_text(text=TEXT, context=Context(models=MODELS))


def moved(audio: Audio, text: str = "") -> tuple[Motion, tuple[str, ...]]:
    """The motion of a sound, quickly listened to, and what the node said about it."""
    context = Context(models=MODELS)
    motion = speech_to_motion(audio, text=text, listening="quick", context=context)
    assert np.isfinite(motion.coefficients).all()
    assert motion.seconds == pytest.approx(audio.seconds, abs=0.05)
    return motion, context.notices


def told(notices: tuple[str, ...], words: str) -> bool:
    assert all("\n" not in line for line in notices)
    return any(words in line for line in notices)


def test_clear_speech_is_not_remarked_upon(speech: Speech) -> None:
    for text in ("", TEXT):
        assert moved(speech.audio, text)[1] == ()


@pytest.mark.parametrize("text", ["", "hello"])
def test_silence_moves_nothing_and_says_so(text: str) -> None:
    motion, notices = moved(Audio(np.zeros((32000, 1), np.float32), 16000), text)
    assert np.ptp(motion.coefficients, axis=0).max() < 0.01
    assert told(notices, "nobody is heard speaking")


def test_clipping_is_told_and_survived(speech: Speech) -> None:
    loud = Audio(np.clip(speech.audio.samples * 20, -1, 1), speech.audio.rate)
    motion, notices = moved(loud)
    assert told(notices, "clipped")
    assert np.ptp(motion.coefficients, axis=0).max() > 0.1


def melody() -> Audio:
    """Chords of a plucked string, as loud as speech."""
    parts = []
    for pitch in (220.0, 262.0, 330.0, 294.0, 247.0, 220.0, 349.0, 330.0):
        chord = sum(tone(0.35, pitch=pitch * ratio).samples for ratio in (0.5, 1.0, 1.25, 1.5, 2.0))
        parts.append(0.2 * chord * np.exp(-np.linspace(0, 4, len(chord)))[:, None])
    return Audio(np.concatenate(parts).astype(np.float32), 16000)


@pytest.mark.parametrize("kind", ["hum", "noise"])
def test_what_is_no_speech_is_told_even_when_listened_to_quickly(kind: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (64000, 1)).astype(np.float32)
    sound = tone(4.0, pitch=50.0) if kind == "hum" else Audio(noise, 16000)
    context = Context(models=MODELS)
    assert recognise_phonemes(sound, listening="quick", context=context).confidence < 0.5
    assert told(context.notices, "hardly sounds like speech")


def test_music_is_told_to_be_hardly_speech(speech: Speech) -> None:
    model("whisper_tiny")
    context = Context(models=MODELS)
    assert recognise_phonemes(melody(), context=context).confidence < 0.5
    assert told(context.notices, "hardly sounds like speech")
    assert recognise_phonemes(speech.audio, context=Context(models=MODELS)).confidence > 0.6


def test_music_with_a_text_is_not_taken_for_its_words() -> None:
    assert told(moved(melody(), "all the words of this song were made up")[1], "does not fit")


def test_stereo_moves_like_mono(speech: Speech) -> None:
    both = Audio(np.repeat(speech.audio.samples, 2, axis=1), speech.audio.rate)
    np.testing.assert_allclose(
        moved(both, TEXT)[0].coefficients, moved(speech.audio, TEXT)[0].coefficients, atol=1e-3
    )


@pytest.mark.parametrize(("rate", "remark"), [(8000, "8,000 samples a second"), (192_000, "")])
def test_8_khz_and_192_khz_move_alike(speech: Speech, rate: int, remark: str) -> None:
    other = Audio(resampled(speech.audio.samples, speech.audio.rate, rate), rate)
    motion, notices = moved(other, TEXT)
    plain = moved(speech.audio, TEXT)[0]
    count = min(len(motion.coefficients), len(plain.coefficients))
    assert np.abs(motion.coefficients[:count] - plain.coefficients[:count]).mean() < 0.03
    assert told(notices, remark) if remark else notices == ()


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp3", "mp3"), ("a.ogg", "libvorbis"), ("a.opus", "libopus"), ("a.m4a", "aac")]
)
def test_mp3_ogg_and_m4a_are_followed_like_the_original(
    tmp_path: Path, speech: Speech, name: str, codec: str
) -> None:
    import av

    if codec not in av.codecs_available:
        pytest.skip(f"{codec} cannot be written here")
    sound = Audio(resampled(speech.audio.samples, speech.audio.rate, 48000), 48000)
    context = Context(models=MODELS)
    read = load_audio(path=str(write(tmp_path / name, sound, codec)), context=context)
    motion = speech_to_motion(read, text=TEXT, context=context)
    plain = moved(speech.audio, TEXT)[0]
    count = min(len(motion.coefficients), len(plain.coefficients))
    assert np.abs(motion.coefficients[:count] - plain.coefficients[:count]).mean() < 0.03
    assert context.notices == ()


def test_a_file_of_no_length_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(FileProblem, match="empty"):
        load_audio(path=str(tmp_path / "empty.wav"), context=Context())
    with pytest.raises(NodeError, match="the sound is empty"):
        speech_to_motion(Audio(np.zeros((0, 1), np.float32), 16000), context=Context(models=MODELS))


@pytest.mark.parametrize("text", ["Привет мир, как дела", "你好，世界", "12 %"])
def test_a_text_of_another_alphabet_is_told_and_the_sound_used(speech: Speech, text: str) -> None:
    motion, notices = moved(speech.audio, text)
    assert told(notices, "the sounds were recognised without it")
    assert np.ptp(motion.coefficients, axis=0).max() > 0.1


def test_a_text_that_does_not_match_is_told_and_the_sound_used(speech: Speech) -> None:
    wrong = "nothing of this was ever said by anyone in any recording"
    motion, notices = moved(speech.audio, wrong)
    assert told(notices, "does not fit the sound")
    np.testing.assert_allclose(motion.coefficients, moved(speech.audio)[0].coefficients, atol=1e-6)
    found = recognise_phonemes(speech.audio, text=wrong, listening="quick", context=Context(models=MODELS))
    assert found.confidence < 0.5


def test_without_the_recogniser_the_careful_ear_says_what_to_do(
    speech: Speech, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path))
    monkeypatch.delenv("FACEWRIGHT_MODELS", raising=False)
    context = Context(models=LocalModels())
    with pytest.raises(ModelProblem, match="not on this machine") as caught:
        speech_to_motion(speech.audio, context=context)
    assert "whisper_tiny" in str(caught.value.hint)
    # A text that does not fit is still followed by ear, the quick one.
    speech_to_motion(speech.audio, text="something else altogether", context=context)
    assert told(context.notices, "does not fit")
