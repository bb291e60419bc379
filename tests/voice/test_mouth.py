"""Phones to a moving mouth."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.lips import lip_gap
from nodes.voice.phones import Phone
from nodes.voice.talking import mouth_of
from nodes.voice.visemes import CHANNELS, mouth_tracks

INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}


def said(*symbols: str, each: float = 0.1, start: float = 0.3) -> list[Phone]:
    return [Phone(s, start + n * each, start + (n + 1) * each) for n, s in enumerate(symbols)]


def mouth(phones: list[Phone], **settings: float) -> FloatArray:
    seconds = phones[-1].end + 0.4
    rng = np.random.default_rng(0)
    signal = rng.normal(0, 0.1, int(seconds * 16000)).astype(np.float32)
    return mouth_of(signal, phones, **settings)


@pytest.mark.parametrize("closed", ["P", "B", "M"])
@pytest.mark.parametrize("each", [0.04, 0.08, 0.15])
def test_lips_meet_at_p_b_m_and_part_at_vowels_however_fast(closed: str, each: float) -> None:
    gap = lip_gap(mouth(said("AA", "AE", closed, "AA", "AE", each=each)))
    middle = int((0.3 + 2.5 * each) * 100)
    assert gap[middle - 5 : middle + 6].min() < 1.0
    assert gap[int((0.3 + each) * 100)] > 5.0


def test_the_jaw_stays_open_behind_closed_lips() -> None:
    result = mouth(said("AA", "P", "AA"))
    at_p = result[45]
    assert at_p[INDEX["jawOpen"]] > 0.1
    assert at_p[INDEX["mouthClose"]] > 0.1


def test_rounded_sounds_pucker_and_ee_spreads() -> None:
    def peak(symbol: str, name: str) -> float:
        return float(mouth(said("T", symbol, "T", each=0.15))[:, INDEX[name]].max())

    for symbol in ("UW", "W", "OW"):
        assert peak(symbol, "mouthPucker") > peak("IY", "mouthPucker") + 0.3
    assert peak("IY", "mouthStretchLeft") > peak("UW", "mouthStretchLeft") + 0.1
    assert peak("F", "mouthRollLower") > 0.3
    assert peak("TH", "tongueOut") > peak("S", "tongueOut") + 0.1


def test_neighbours_colour_each_other() -> None:
    pucker = CHANNELS.index("pucker")
    spoon = mouth_tracks(said("S", "UW"), 100)[:, pucker]
    see = mouth_tracks(said("S", "IY"), 100)[:, pucker]
    assert spoon[37] > see[37] + 0.05  # the s of "soon" is rounder than that of "see"


def test_intensity_scales_and_smoothness_calms() -> None:
    phones = said("AA", "T", "EH", "K", "OW", "L", "AE", "N")
    usual, mumbled = lip_gap(mouth(phones)), lip_gap(mouth(phones, intensity=0.5))
    assert mumbled.max() == pytest.approx(usual.max() / 2, rel=0.15)
    lazy = lip_gap(mouth(phones, smoothness=3.0))
    assert np.abs(np.diff(lazy, 2)).sum() < 0.6 * np.abs(np.diff(usual, 2)).sum()


def test_less_jaw_leaves_the_gap_to_the_lips() -> None:
    phones = said("AA", "T", "EH", "P", "AA")
    usual, less = mouth(phones), mouth(phones, jaw=0.5)
    np.testing.assert_allclose(lip_gap(less), lip_gap(usual), atol=1.5)
    assert mouth(phones, tongue=0.0)[:, INDEX["tongueOut"]].max() == 0


def test_silence_is_still_and_long_silence_closes_the_mouth() -> None:
    result = mouth([Phone("SIL", 0.0, 3.0)])
    gap = lip_gap(result)
    assert np.ptp(gap[50:250]) < 0.05
    assert gap[150] < 1.5


def test_everything_stays_in_range() -> None:
    rng = np.random.default_rng(3)
    from nodes.voice.phones import SYMBOLS

    phones = said(*(SYMBOLS[k] for k in rng.integers(0, len(SYMBOLS), 200)), each=0.05)
    result = mouth(phones, intensity=2.0, jaw=2.0, lips=2.0, tongue=2.0, loudness=3.0)
    assert np.isfinite(result).all()
    assert result.min() >= 0
    assert result.max() <= 1
