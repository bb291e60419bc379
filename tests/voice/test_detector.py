"""The voice detector: speech is told from music, noise and silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodes.sdk import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.models import LocalModels
from nodes.sdk.values import Audio
from nodes.speech.audio_curves import audio_curves
from nodes.speech.speak_text import speak_text
from nodes.voice.detector import CARD, VoiceDetector
from tests.samples import model
from tests.speech.sounds import tone


def test_a_damaged_detector_is_told(tmp_path: Path) -> None:
    (tmp_path / "vad.onnx").write_bytes(b"no network")
    with pytest.raises(ModelProblem, match="cannot be read"):
        VoiceDetector(tmp_path / "vad.onnx")


@pytest.mark.models
def test_only_speech_is_voice() -> None:
    for name in (CARD, "voice_heart", "english_reader"):
        model(name)
    context = Context(models=LocalModels())
    speech = speak_text(text="We have five hours, Bob.", context=context).audio
    noise = np.random.default_rng(0).normal(0, 0.1, (24000, 1)).astype(np.float32)

    def voice(audio: Audio) -> np.ndarray:
        table = audio_curves(audio, voice="trained", context=context)
        column = np.array([row[3] for row in table.rows])
        assert len(column) == -(-len(audio.samples) * 100 // audio.rate)
        assert (column >= 0).all() and (column <= 1).all()
        return column

    assert np.percentile(voice(speech), 70) > 0.8
    assert voice(Audio(noise, 16000)).mean() < 0.2
    assert voice(tone(1.5)).mean() < 0.3
