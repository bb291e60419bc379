"""The live mouth: in order, without gaps, in time."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.voice.incoming import Resampler
from nodes.voice.live import DELAY, Follower, LiveMouth, followed


def sound(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    times = np.arange(int(seconds * 16000)) / 16000
    return (0.2 * rng.normal(0, 1, len(times)) * (np.sin(times * 8) > 0)).astype(np.float32)


@pytest.mark.parametrize("block", [100, 1000, 4096])
def test_answers_come_without_gaps_and_within_a_quarter_of_a_second(block: int) -> None:
    mouth, signal = LiveMouth(), sound(1.5)
    count = 0
    for start in range(0, len(signal), block):
        rows = mouth.feed(signal[start : start + block])
        assert rows.shape[1] == 52
        count += len(rows)
        heard = min(start + block, len(signal)) / 16000
        assert heard - count / 100 < DELAY + 0.01 or count == 0
    assert DELAY <= 0.25
    assert 150 - round(DELAY * 100) <= count <= 150 - 22


def test_blocks_of_any_size_give_nearly_the_same() -> None:
    signal = sound(2.0)

    def run(block: int) -> np.ndarray:
        mouth = LiveMouth()
        return np.concatenate([mouth.feed(signal[a : a + block]) for a in range(0, len(signal), block)])

    small, large = run(1000), run(3200)
    count = min(len(small), len(large))
    assert np.abs(small[100:count] - large[100:count]).mean() < 0.02


def test_wild_samples_and_silence_do_no_harm() -> None:
    mouth = LiveMouth()
    wild = np.array([np.nan, np.inf, -np.inf, 9.0] * 4000, np.float32)
    assert np.isfinite(mouth.feed(wild)).all()
    still = LiveMouth().feed(np.zeros(32000, np.float32))
    assert np.ptp(still[50:], axis=0).max() < 0.02


def test_a_followed_recording_knows_no_more_than_a_microphone_would() -> None:
    signal = sound(1.6)
    other = signal.copy()
    other[16000:] = sound(3.0)[-9600:] * 0.3
    one, two = followed(signal, {}), followed(other, {})
    assert len(one) == len(two) == 160
    before = 100 - int(DELAY * 100) - 1
    np.testing.assert_array_equal(one[:before], two[:before])
    assert np.abs(one[100:] - two[100:]).max() > 0.01


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_blocks_are_resampled_as_if_they_were_one(rate: int) -> None:
    times = np.arange(rate) / rate
    tone = np.sin(2 * np.pi * 300 * times).astype(np.float32)
    resampler, blocks = Resampler(rate), []
    rng = np.random.default_rng(0)
    at = 0
    while at < len(tone):
        step = int(rng.integers(0, rate // 10))
        blocks.append(resampler.feed(tone[at : at + step]))
        at += step
    whole = np.concatenate(blocks)
    assert len(whole) == pytest.approx(16000, abs=2)
    spectrum = np.abs(np.fft.rfft(whole[:15900] * np.hanning(15900)))
    assert np.argmax(spectrum) * 16000 / 15900 == pytest.approx(300, abs=1.1)
    np.testing.assert_allclose(whole, Resampler(rate).feed(tone)[: len(whole)], atol=1e-5)
    assert np.abs(np.diff(whole[100:])).max() < 0.15


def test_a_microphone_s_blocks_move_the_mouth_as_the_recording_would() -> None:
    signal = sound(1.5)
    follower = Follower({})
    for at in range(0, len(signal), 320):
        follower.hear(signal[at : at + 320], 16000)
    rows = follower.finished(1.5)
    assert rows.shape == (150, 52)
    np.testing.assert_allclose(rows[:120], followed(signal, {})[:120], atol=1e-4)
    assert follower.delay >= 0.0
