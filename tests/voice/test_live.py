"""The live mouth: in order, without gaps, in time."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.voice.live import DELAY, LiveMouth


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
    assert 150 - round(DELAY * 100) <= count <= 150 - 21


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
