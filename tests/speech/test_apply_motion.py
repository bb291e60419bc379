"""Apply motion: a motion on a fitted head, at the timeline's frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nodes.edit.apply_motion import apply_motion
from nodes.sdk import Context
from nodes.sdk.context import RunSettings
from nodes.sdk.models import LocalModels
from nodes.sdk.values import ARKIT_NAMES, Camera, HeadState, Motion
from nodes.voice.applying import lip_geometry
from tests.samples import model
from tests.speech.motions import lively, speech

pytestmark = pytest.mark.models
INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}


@pytest.fixture(scope="module")
def head() -> HeadState:
    """An average head that smiles with parted lips, as many do in photographs."""
    from nodes.head._model import CARD, load_head_model

    model(CARD)
    found = Context(models=LocalModels()).model(CARD, load_head_model)
    expression = np.zeros(52, np.float32)
    for name, value in (("mouthSmileLeft", 0.8), ("mouthSmileRight", 0.8), ("jawOpen", 0.15)):
        expression[INDEX[name]] = value
    return HeadState(
        found,
        np.zeros(found.identity.shape[0], np.float32),
        expression,
        np.zeros((2, 2), np.float32),
        np.zeros(3, np.float32),
        np.array([0.0, 0.0, -0.8], np.float32),
        Camera(1000.0, 256.0, 256.0, 512, 512),
    )


def at(frame: int, fps: float = 30.0) -> Context:
    return Context(frame=frame, settings=RunSettings(fps=fps), reads=frozenset({"frame", "fps"}))


def gap(head: HeadState) -> float:
    """Millimetres between the lips."""
    rest, effect = lip_geometry(head)
    return 1000 * (rest + float(effect @ head.expression))


def test_parted_lips_close_on_p_and_open_on_a(head: HeadState) -> None:
    _, phones, motion = speech()
    shut = next(phone for phone in phones if phone.symbol == "P")
    wide = next(phone for phone in phones if phone.symbol == "AA")
    frames = range(int(shut.start * 30) - 1, int(shut.end * 30) + 2)
    assert min(gap(apply_motion(head, motion, context=at(frame))) for frame in frames) < 1.5
    assert gap(apply_motion(head, motion, context=at(round((wide.start + wide.end) * 15)))) > 6.0


def test_the_same_second_looks_the_same_at_every_frame_rate(head: HeadState) -> None:
    motion = lively(1)
    slow, fast = (
        apply_motion(head, motion, context=at(25, 25.0)),
        apply_motion(head, motion, context=at(60, 60.0)),
    )
    np.testing.assert_allclose(slow.expression, fast.expression, atol=1e-5)
    np.testing.assert_allclose(slow.rotation, fast.rotation, atol=1e-6)


def test_head_and_gaze_follow_as_much_as_asked(head: HeadState) -> None:
    motion = lively(2)
    full = apply_motion(head, motion, context=at(30))
    np.testing.assert_allclose(full.rotation, motion.rotation[30], atol=1e-5)
    np.testing.assert_allclose(full.gaze, motion.gaze[30], atol=1e-6)
    none = apply_motion(head, motion, mouth=0.0, face=0.0, turn=0.0, gaze=0.0, context=at(30))
    np.testing.assert_array_equal(none.expression, head.expression)
    np.testing.assert_allclose(none.rotation, head.rotation, atol=1e-7)


def test_the_fit_is_remembered_and_left_alone(head: HeadState) -> None:
    before = head.expression.copy()
    moved = apply_motion(head, lively(3), context=at(10))
    assert moved.reference is head
    np.testing.assert_array_equal(head.expression, before)


@pytest.mark.parametrize("after_end", ["rest", "hold", "loop"])
def test_what_comes_after_the_end(head: HeadState, after_end: str) -> None:
    motion = lively(4, seconds=2.0)
    late = apply_motion(head, motion, after_end=after_end, face=1.0, context=at(100)).rotation
    if after_end == "rest":
        np.testing.assert_allclose(late, 0, atol=1e-6)
    elif after_end == "hold":
        np.testing.assert_allclose(late, motion.rotation[-1], atol=1e-5)
    else:
        np.testing.assert_allclose(late, motion.rotation[40], atol=1e-5)


def test_an_empty_motion_changes_no_pose(head: HeadState) -> None:
    empty = np.zeros((0, 3), np.float32)
    motion = Motion(np.zeros((0, 52), np.float32), empty, empty, np.zeros((0, 2, 2), np.float32), 30.0)
    moved = apply_motion(head, motion, mouth=0.0, context=at(5))
    np.testing.assert_array_equal(moved.expression, head.expression)
    assert replace(moved, reference=None).rotation.tolist() == [0, 0, 0]


def test_a_smile_gives_way_to_round_lips(head: HeadState) -> None:
    motion = lively(1, seconds=1.0)
    motion.coefficients[:] = 0.0
    smile, pucker = INDEX["mouthSmileLeft"], INDEX["mouthPucker"]
    plain = apply_motion(head, motion, keep=0.5, context=at(0)).expression[smile]
    motion.coefficients[:, pucker] = 0.5
    half = apply_motion(head, motion, keep=0.5, context=at(0)).expression[smile]
    motion.coefficients[:, pucker] = 1.0
    fully = apply_motion(head, motion, keep=0.5, context=at(0)).expression[smile]
    assert plain == pytest.approx(0.4)
    assert 0.0 <= fully < 0.2 * plain < half < plain
