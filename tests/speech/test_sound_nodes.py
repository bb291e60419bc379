"""Trim audio and Record microphone."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nodes.sdk import Context, NodeError
from nodes.sdk.values import Audio
from nodes.speech.live_mouth import live_mouth
from nodes.speech.record_microphone import record_microphone
from nodes.speech.trim_audio import trim_audio
from nodes.voice.sound import speech_signal
from tests.speech.sounds import tone


def test_trim_cuts_exactly_and_leaves_the_input_alone() -> None:
    audio = tone(2.0)
    before = audio.samples.copy()
    part = trim_audio(audio, start=0.5, end=1.25, fade=0.0)
    np.testing.assert_array_equal(part.samples, before[8000:20000])
    trim_audio(audio, fade=0.5, gain=6.0)
    np.testing.assert_array_equal(audio.samples, before)


def test_a_fade_begins_and_ends_in_silence() -> None:
    part = trim_audio(Audio(np.ones((16000, 1), np.float32), 16000), fade=0.1)
    assert part.samples[0, 0] == 0
    assert part.samples[-1, 0] == 0
    assert part.samples[8000, 0] == 1


def test_trim_past_the_end_is_told() -> None:
    with pytest.raises(NodeError, match="nothing is left"):
        trim_audio(tone(1.0), start=5.0)


def test_speech_signal_survives_whatever_comes() -> None:
    wild = np.array([[np.nan, 3.0], [np.inf, -np.inf], [0.5, 0.5]] * 4000, np.float32)
    signal = speech_signal(Audio(wild, 48000))
    assert signal.dtype == np.float32
    assert len(signal) == 4000
    assert np.isfinite(signal).all()
    assert len(speech_signal(Audio(np.zeros((0, 2), np.float32), 44100))) == 0


class NoMicrophone:
    """A sound system without any input."""

    PortAudioError = RuntimeError

    @staticmethod
    def query_devices(*which: Any) -> list[dict[str, Any]]:
        return [{"name": "Loudspeaker", "max_input_channels": 0}]


def test_no_microphone_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", NoMicrophone)
    with pytest.raises(NodeError, match="there is no microphone"):
        record_microphone(take=1, context=Context())
    with pytest.raises(NodeError, match="nothing was recorded yet"):
        record_microphone(context=Context())


def test_no_sound_library_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(NodeError, match="no sound system"):
        record_microphone(take=1, context=Context())


def desk_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A microphone that hums."""

    class Stream:
        def __init__(self, **settings: Any) -> None:
            self.read = lambda count: (np.full((count, 1), 0.25, np.float32), False)

        def __enter__(self) -> Stream:
            return self

        def __exit__(self, *problem: object) -> None:
            pass

    entry = {"name": "Desk microphone", "max_input_channels": 1, "default_samplerate": 44100.0}
    system = SimpleNamespace(
        PortAudioError=RuntimeError,
        InputStream=Stream,
        query_devices=lambda *which: entry if which else [entry],
    )
    monkeypatch.setitem(sys.modules, "sounddevice", system)


def test_a_recording_has_the_length_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    desk_microphone(monkeypatch)
    audio = record_microphone(take=1, seconds=1.05, device="desk", context=Context())
    assert audio.rate == 44100
    assert len(audio.samples) == int(1.05 * 44100)
    with pytest.raises(NodeError, match="Desk microphone"):
        record_microphone(take=1, device="kitchen", context=Context())


def test_a_live_mouth_lasts_as_long_as_its_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    desk_microphone(monkeypatch)
    live = live_mouth(take=1, seconds=0.8, fps=50.0, context=Context())
    assert live.audio.seconds == pytest.approx(0.8, abs=0.01)
    assert len(live.motion.coefficients) == 40
    assert np.isfinite(live.motion.coefficients).all()
    with pytest.raises(NodeError, match="nothing was recorded yet"):
        live_mouth(context=Context())


def test_a_live_mouth_without_a_microphone_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", NoMicrophone)
    with pytest.raises(NodeError, match="there is no microphone"):
        live_mouth(take=1, context=Context())
