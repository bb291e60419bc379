"""Motions and sounds as tables."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.sdk import Context, NodeError
from nodes.sdk.values import ARKIT_NAMES, Table
from nodes.speech.audio_curves import audio_curves
from nodes.speech.motion_curves import motion_curves
from nodes.speech.motion_from_curves import motion_from_curves
from tests.speech.motions import lively
from tests.speech.sounds import tone


def test_a_motion_survives_its_table() -> None:
    motion = lively(1, seconds=2.0)
    back = motion_from_curves(motion_curves(motion, moving_only=False), fps=motion.fps)
    np.testing.assert_allclose(back.coefficients, motion.coefficients, atol=1e-4)
    np.testing.assert_allclose(back.rotation, motion.rotation, atol=1e-4)
    np.testing.assert_allclose(back.gaze, motion.gaze, atol=1e-4)


def test_edited_curves_replace_only_themselves() -> None:
    motion = lively(2, seconds=2.0)
    curves = Table(("seconds", "jawOpen"), ((0.0, 0.0), (1.0, 1.0), (2.0, 0.0)))
    made = motion_from_curves(curves, motion, fps=motion.fps)
    jaw = ARKIT_NAMES.index("jawOpen")
    assert made.coefficients[15, jaw] == pytest.approx(0.5, abs=0.01)
    assert made.coefficients[30, jaw] == pytest.approx(1.0)
    np.testing.assert_array_equal(
        np.delete(made.coefficients[:60], jaw, 1), np.delete(motion.coefficients, jaw, 1)
    )


def test_names_choose_and_what_stands_still_is_left_out() -> None:
    table = motion_curves(lively(3), names="jaw, headYaw")
    assert table.columns == ("seconds", "jawForward", "jawLeft", "jawOpen", "jawRight", "headYaw")
    assert "tongueOut" not in motion_curves(lively(3)).columns
    with pytest.raises(NodeError, match="no curve"):
        motion_curves(lively(3), names="elbow")


@pytest.mark.parametrize(
    "rows", [(), ((0.0, 1.0), (0.0, 1.0)), ((0.0, 1.0), (1.0, float("nan"))), ((0.0, 1.0), (1.0, "x"))]
)
def test_wrong_curves_are_told(rows: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(NodeError):
        motion_from_curves(Table(("seconds", "jawOpen"), rows))


def test_a_tone_has_its_pitch_and_loudness() -> None:
    table = audio_curves(tone(1.0, pitch=200.0), context=Context())
    middle = np.array(table.rows)[20:80]
    np.testing.assert_allclose(middle[:, 2], 200, rtol=0.02)
    np.testing.assert_allclose(middle[:, 1], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.3)
