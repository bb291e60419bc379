"""Nodes that change motions: life, style, feeling, mixing, smoothing, time, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.export.values import write_value
from nodes.sdk import FileProblem, NodeError
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.speech.add_life import add_life
from nodes.speech.load_motion import load_motion
from nodes.speech.mix_motion import mix_motion
from nodes.speech.motion_emotion import motion_emotion
from nodes.speech.motion_style import motion_style
from nodes.speech.retime_motion import retime_motion
from nodes.speech.smooth_motion import smooth_motion
from nodes.voice.lips import lip_gap
from nodes.voice.moving import MOUTH
from nodes.voice.style import distance
from tests.speech.motions import lively, speech

BVH = "HIERARCHY\nROOT H\n{{\nCHANNELS 1 Xrotation\n}}\nMOTION\nFrames: {frames}\nFrame Time: 0.1\n1\n"
INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}


def closures(motion: Motion) -> list[float]:
    """The smallest lip gap within 50 ms of each p, b, m of the test sentence."""
    gap = lip_gap(motion.coefficients)
    return [
        float(gap[int((p.start - 0.05) * motion.fps) : int((p.end + 0.05) * motion.fps) + 1].min())
        for p in speech()[1]
        if p.symbol in "PBM"
    ]


def test_two_seeds_differ_in_blinks_and_head_but_not_in_lips() -> None:
    audio, _, motion = speech()
    one, two, again = (add_life(motion, audio, seed=seed) for seed in (1, 2, 1))
    blink = INDEX["eyeBlinkLeft"]
    assert not np.allclose(one.rotation, two.rotation, atol=0.01)
    assert not np.allclose(one.coefficients[:, blink], two.coefficients[:, blink], atol=0.3)
    assert not np.allclose(one.gaze, two.gaze, atol=0.01)
    np.testing.assert_array_equal(one.coefficients[:, MOUTH], motion.coefficients[:, MOUTH])
    np.testing.assert_array_equal(one.rotation, again.rotation)


def test_blinks_come_as_often_as_asked_and_close_the_eyes() -> None:
    still = Motion(
        np.zeros((3600, 52), np.float32),
        np.zeros((3600, 3), np.float32),
        np.zeros((3600, 3), np.float32),
        np.zeros((3600, 2, 2), np.float32),
        30.0,
    )
    lids = add_life(still, blinks=20.0, gaze=0.0, seed=3).coefficients[:, INDEX["eyeBlinkLeft"]]
    starts = np.flatnonzero((lids[1:] > 0.5) & (lids[:-1] <= 0.5))
    assert 28 <= len(starts) <= 56  # 40 in two minutes, give or take
    assert lids.max() > 0.95
    assert (lids < 0.1).mean() > 0.7
    assert add_life(still, blinks=0.0, gaze=0.0).coefficients[:, INDEX["eyeBlinkLeft"]].max() == 0


def test_without_life_nothing_is_added() -> None:
    audio, _, motion = speech()
    same = add_life(motion, audio, blinks=0.0, gaze=0.0, head=0.0, brows=0.0, breath=0.0)
    np.testing.assert_allclose(same.coefficients, motion.coefficients, atol=1e-6)
    np.testing.assert_allclose(same.rotation, 0, atol=1e-6)


def test_the_head_moves_as_heads_do() -> None:
    audio, _, motion = speech(8)
    turn = np.degrees(add_life(motion, audio).rotation)
    assert 0.4 < turn.std(axis=0).max() < 5
    assert np.abs(turn).max() < 14
    assert np.abs(np.diff(turn, axis=0)).max() * motion.fps < 90  # degrees a second


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_style_brings_other_speech_nearer_to_its_clip(seed: int) -> None:
    motion, clip = speech()[2], lively(seed, size=0.3 + 0.2 * seed)
    result = motion_style(motion, clip, mouth=1.0)
    assert distance(result, clip) < 0.6 * distance(motion, clip)
    assert distance(motion_style(motion, clip, mouth=0.0, face=0.0, head=0.0), motion) < 1e-3


def test_lips_still_close_in_another_style() -> None:
    motion = motion_style(speech()[2], lively(4), mouth=1.0)
    assert np.mean([gap < 1.5 for gap in closures(motion)]) > 0.95


def test_a_lopsided_style_stays_lopsided() -> None:
    clip = lively(5)
    clip.coefficients[:, INDEX["browDownLeft"]] *= 0.1
    result = motion_style(speech()[2], clip).coefficients
    left, right = (result[:, INDEX[f"browDown{side}"]].std() for side in ("Left", "Right"))
    assert left < 0.4 * right


def test_a_style_of_a_moment_is_refused() -> None:
    with pytest.raises(NodeError, match="too short"):
        motion_style(speech()[2], lively(0, seconds=0.2))


@pytest.mark.parametrize(
    ("feeling", "raised"),
    [
        ("happy", "mouthSmileLeft"),
        ("sad", "mouthFrownRight"),
        ("angry", "browDownLeft"),
        ("afraid", "eyeWideLeft"),
        ("surprised", "browInnerUp"),
        ("disgusted", "noseSneerLeft"),
    ],
)
def test_feelings_show_and_lips_still_close(feeling: str, raised: str) -> None:
    motion = speech()[2]
    result = motion_emotion(motion, feeling=feeling, amount=1.0)
    late = slice(len(motion.coefficients) // 2, None)
    assert (result.coefficients - motion.coefficients)[late, INDEX[raised]].mean() > 0.25
    assert np.mean([gap < 2.0 for gap in closures(result)]) > 0.95
    none = motion_emotion(motion, feeling=feeling, amount=0.0)
    np.testing.assert_allclose(lip_gap(none.coefficients), lip_gap(motion.coefficients), atol=0.3)


def test_a_feeling_from_no_voice_is_told() -> None:
    with pytest.raises(NodeError, match="no voice is wired"):
        motion_emotion(speech()[2])


def test_a_stirred_voice_is_heard_as_stirred() -> None:
    from nodes.voice.emotion import heard_feeling

    times = np.arange(48000) / 16000

    def voice(height: float, span: float, bright: float) -> np.ndarray:
        hertz = height * 2 ** (span / 12 * np.sin(times * 4))
        phase = 2 * np.pi * np.cumsum(hertz) / 16000
        wave = sum(np.sin(k * phase) * bright**k for k in range(1, 20))
        return (0.1 * wave * (1 + 0.8 * np.sin(times * 9))).astype(np.float32)

    calm, stirred = heard_feeling(voice(110, 1, 0.4)), heard_feeling(voice(220, 7, 0.85))
    assert stirred[1] > calm[1] + 0.4
    assert heard_feeling(np.zeros(16000, np.float32)) == (0.0, 0.0)


def test_mixing_blends_adds_and_joins() -> None:
    one, two = lively(1), lively(2)
    half = mix_motion(one, two, share=0.5)
    np.testing.assert_allclose(half.coefficients, (one.coefficients + two.coefficients) / 2, atol=1e-6)
    joined = mix_motion(one, two, mode="mouth and rest", share=1.0)
    np.testing.assert_array_equal(joined.coefficients[:, MOUTH], one.coefficients[:, MOUTH])
    np.testing.assert_allclose(joined.coefficients[:, ~MOUTH], two.coefficients[:, ~MOUTH], atol=1e-6)
    added = mix_motion(one, two, mode="add", share=2.0)
    np.testing.assert_allclose(added.rotation, one.rotation + 2 * two.rotation, atol=1e-6)
    assert added.coefficients.max() <= 1


def test_motions_of_other_rates_and_lengths_meet_in_time() -> None:
    one = lively(1, seconds=2.0, fps=30.0)
    two = retime_motion(lively(2, seconds=5.0, fps=30.0), fps=120.0)
    joined = mix_motion(one, two, share=1.0)
    assert joined.fps == 30
    assert joined.seconds == pytest.approx(5.0, abs=0.04)
    np.testing.assert_allclose(joined.coefficients[30], lively(2, seconds=5.0).coefficients[30], atol=1e-5)


def test_smoothing_takes_jitter_but_leaves_closures_and_lag_out() -> None:
    motion = speech()[2]
    rng = np.random.default_rng(0)
    shaken = Motion(
        np.clip(motion.coefficients + rng.normal(0, 0.02, motion.coefficients.shape), 0, 1).astype(
            np.float32
        ),
        motion.rotation,
        motion.translation,
        motion.gaze,
        motion.fps,
    )
    calm = smooth_motion(shaken, seconds=0.1)
    jitter = np.abs(np.diff(shaken.coefficients, 2, axis=0)).mean()
    assert np.abs(np.diff(calm.coefficients, 2, axis=0)).mean() < 0.4 * jitter
    assert np.mean([gap < 2.5 for gap in closures(calm)]) > 0.9
    jaw = INDEX["jawOpen"]
    lags = [
        np.corrcoef(np.roll(calm.coefficients[:, jaw], k), motion.coefficients[:, jaw])[0, 1]
        for k in (-2, 0, 2)
    ]
    assert int(np.argmax(lags)) == 1


def test_retiming_cuts_speeds_and_turns_round() -> None:
    motion = lively(3, seconds=4.0)
    part = retime_motion(motion, start=1.0, end=2.0)
    np.testing.assert_allclose(part.coefficients, motion.coefficients[30:60], atol=1e-5)
    assert retime_motion(motion, speed=2.0).seconds == pytest.approx(2.0)
    back = retime_motion(motion, backwards=True)
    np.testing.assert_allclose(back.coefficients, motion.coefficients[::-1], atol=1e-5)
    assert retime_motion(motion, fps=24.0).fps == 24
    with pytest.raises(NodeError, match="nothing is left"):
        retime_motion(motion, start=9.0)


def test_a_motion_survives_a_live_link_file(tmp_path: Path) -> None:
    motion = lively(6)
    write_value(motion, tmp_path / "face.csv")
    back = load_motion(path=str(tmp_path / "face.csv"))
    assert back.fps == motion.fps
    np.testing.assert_allclose(back.coefficients, motion.coefficients, atol=1e-6)
    np.testing.assert_allclose(back.rotation, motion.rotation, atol=1e-5)
    np.testing.assert_allclose(back.gaze, motion.gaze, atol=1e-6)
    assert load_motion(path=str(tmp_path / "face.csv"), fps=24.0).fps == 24


def test_a_head_survives_a_bvh_file(tmp_path: Path) -> None:
    motion = lively(7, fps=25.0)
    write_value(motion, tmp_path / "head.bvh")
    back = load_motion(path=str(tmp_path / "head.bvh"))
    assert back.fps == pytest.approx(25.0)
    np.testing.assert_allclose(back.rotation, motion.rotation, atol=1e-5)
    moved = motion.translation - motion.translation[:1]
    np.testing.assert_allclose(back.translation, moved, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "frame,x\n1,2\n"),
        ("a.csv", "Timecode,BlendShapeCount,JawOpen\n"),
        ("a.csv", "Timecode,BlendShapeCount,JawOpen\n00:00:00:00.0,61,wide\n"),
        ("a.csv", "Timecode,BlendShapeCount,JawOpen\n00:00:00:00.0,61,nan\n"),
        ("a.bvh", "no motion here"),
        ("a.bvh", BVH.format(frames=9)),
        ("a.bvh", BVH.format(frames=99999999999)),
        ("a.bvh", BVH.format(frames=1).replace("Xrotation", "Wrotation")),
        ("a.bvh", BVH.format(frames=1).replace("Xrotation", "position")),
        ("a.bvh", BVH.format(frames=1).replace("1 Xrotation", "2 Xrotation Xrotation") + "2\n"),
    ],
)  # fmt: skip
def test_files_that_are_no_motion_are_told(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(FileProblem):
        load_motion(path=str(tmp_path / name))


def test_bytes_are_no_motion(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)))
    with pytest.raises(FileProblem, match="no text"):
        load_motion(path=str(tmp_path / "a.csv"))
