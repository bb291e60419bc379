"""Load audio: every usual format, and files that are not what they seem."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodes.sdk import Context, FileProblem, NodeError
from nodes.speech.load_audio import load_audio
from tests.speech.sounds import tone, write


def strongest(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [
        ("a.wav", "pcm_s16le", 8000, 1),
        ("a.wav", "pcm_s24le", 192000, 2),
        ("a.wav", "pcm_f32le", 44100, 2),
        ("a.mp3", "libmp3lame", 44100, 2),
        ("a.ogg", "libopus", 48000, 1),
        ("a.opus", "libopus", 48000, 1),
        ("a.m4a", "aac", 44100, 2),
        ("a.flac", "flac", 48000, 1),
    ],
)
def test_a_tone_keeps_its_pitch_and_length_in_every_format(
    tmp_path: Path, name: str, codec: str, rate: int, channels: int
) -> None:
    path = write(tmp_path / name, tone(1.0, rate, channels=channels), codec)
    audio = load_audio(path=str(path), context=Context())
    assert audio.rate == rate
    assert audio.samples.shape[1] == channels
    assert audio.samples.dtype == np.float32
    assert audio.seconds == pytest.approx(1.0, abs=0.06)
    middle = audio.samples[rate // 4 : 3 * rate // 4, 0]
    assert strongest(middle, rate) == pytest.approx(440, abs=3)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.06)


def test_another_rate_keeps_the_pitch_and_folds_nothing_over(tmp_path: Path) -> None:
    high = tone(0.5, 48000, pitch=12000)
    path = write(tmp_path / "a.wav", high, "pcm_f32le")
    audio = load_audio(path=str(path), rate="16000", context=Context())
    assert audio.rate == 16000
    assert len(audio.samples) == 8000
    assert np.abs(audio.samples[1000:-1000]).max() < 0.01


def test_level_makes_a_quiet_recording_louder(tmp_path: Path) -> None:
    quiet = tone(1.0)
    path = write(tmp_path / "a.wav", type(quiet)(quiet.samples * 0.01, quiet.rate), "pcm_f32le")
    audio = load_audio(path=str(path), level=True, channels="mono", context=Context())
    assert 0.1 < np.abs(audio.samples).max() <= 1.0


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", tone(2.0, 44100), "libmp3lame")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 0.7 < load_audio(path=str(path), context=Context()).seconds < 1.3


def test_empty_and_foreign_files_are_told_in_one_line(tmp_path: Path) -> None:
    empty, text = tmp_path / "empty.wav", tmp_path / "text.mp3"
    empty.write_bytes(b"")
    text.write_text("this is no sound " * 50)
    with pytest.raises(FileProblem, match="empty"):
        load_audio(path=str(empty), context=Context())
    with pytest.raises(FileProblem, match="cannot be read as sound") as caught:
        load_audio(path=str(text), context=Context())
    assert "Errno" not in str(caught.value) and str(caught.value).count("text.mp3") == 1
    with pytest.raises(FileProblem, match="does not exist"):
        load_audio(path=str(tmp_path / "gone.wav"), context=Context())
    with pytest.raises(NodeError, match="no sound file is chosen"):
        load_audio(path="", context=Context())


def test_a_header_without_sound_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write(path, tone(0.1), "pcm_s16le")
    path.write_bytes(path.read_bytes()[:44])
    with pytest.raises(FileProblem):
        load_audio(path=str(path), context=Context())
