"""The careful ear: likelihoods to phones, and what Whisper's encoder gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodes.sdk import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.models import LocalModels
from nodes.voice import whisper
from nodes.voice.decoding import phones_of
from nodes.voice.ear import phones_likely
from nodes.voice.phone_net import posteriors, shares
from nodes.voice.phones import INDEX, SYMBOLS, only_where_voiced
from tests.samples import model


def likely(*runs: tuple[str, int], sure: float = 0.8) -> np.ndarray:
    rows = np.full((sum(count for _, count in runs), len(SYMBOLS)), (1 - sure) / (len(SYMBOLS) - 1))
    first = 0
    for symbol, count in runs:
        rows[first : first + count, INDEX[symbol]] = sure
        first += count
    return rows.astype(np.float32)


def test_phones_follow_each_other_without_gaps() -> None:
    found = phones_of(likely(("SIL", 20), ("B", 6), ("AA", 15), ("B", 7), ("SIL", 10)))
    assert [phone.symbol for phone in found] == ["SIL", "B", "AA", "B", "SIL"]
    assert [round(100 * phone.end) for phone in found] == [20, 26, 41, 48, 58]
    assert found[0].start == 0.0
    assert all(phone.confidence == pytest.approx(0.8, abs=1e-5) for phone in found)


def test_blips_of_a_step_are_no_phones() -> None:
    found = phones_of(likely(("AA", 10), ("P", 1), ("AA", 10), sure=0.4))
    assert [phone.symbol for phone in found] == ["AA"]
    assert phones_of(np.zeros((0, len(SYMBOLS)), np.float32)) == []


def test_where_nobody_speaks_there_is_silence() -> None:
    heard = only_where_voiced(likely(("S", 30)), np.repeat([0.0, 1.0], 15).astype(np.float32))
    np.testing.assert_allclose(heard.sum(axis=1), 1.0, atol=1e-5)
    assert (heard.argmax(axis=1)[:15] == INDEX["SIL"]).all()
    assert (heard.argmax(axis=1)[15:] == INDEX["S"]).all()


def test_likelihoods_sum_to_one_whatever_comes_in() -> None:
    wild = np.array([[1e4, -1e4, 0.0], [0.0, 0.0, 0.0]], np.float32)
    np.testing.assert_allclose(shares(wild).sum(axis=1), 1.0, atol=1e-6)
    rows = np.random.default_rng(0).normal(0, 4, (50, 40)).astype(np.float32)
    np.testing.assert_allclose(posteriors(rows).sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize(("seconds", "rows"), [(1.0, 120), (9.99, 1020), (40.0, 3000)])
def test_features_last_as_long_as_the_sound_and_a_moment_more(seconds: float, rows: int) -> None:
    assert whisper.log_mel(np.zeros(int(seconds * 16000), np.float32)).shape == (80, rows)


def test_another_network_is_not_taken_for_the_encoder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"encoder|no field"):
        whisper.shortened(bytes([0x3A, 0x00]))
    (tmp_path / "encoder.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelProblem, match="cannot be read"):
        whisper.WhisperEncoder(tmp_path / "encoder.onnx")


@pytest.mark.models
def test_a_sound_cut_into_pieces_is_heard_as_in_one() -> None:
    model(whisper.CARD)
    rng = np.random.default_rng(0)
    times = np.arange(6 * 16000) / 16000
    buzz = np.sign(np.sin(2 * np.pi * 120 * times)) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * times))
    signal = (0.1 * buzz + 0.01 * rng.normal(0, 1, len(times))).astype(np.float32)
    context = Context(models=LocalModels())
    whole = phones_likely(signal, [(0, 600)], context)
    parts = phones_likely(signal, [(0, 310), (310, 600)], context)
    assert whole.shape == parts.shape == (600, len(SYMBOLS))
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, atol=1e-4)
    assert np.abs(whole - parts).mean() < 0.02
