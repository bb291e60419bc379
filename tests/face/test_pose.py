"""Rotations: known turns are recovered, and the signs are those of the docstring."""

import numpy as np
import pytest

from nodes.face._pose import Angles, angles_of, coarse_rotation, fit_rotation, rotation_of

TURNS = [Angles(0, 0, 0), Angles(35, 0, 0), Angles(0, -20, 0), Angles(0, 0, 50), Angles(-40, 15, -25)]


@pytest.mark.parametrize("turn", TURNS)
def test_angles_and_rotations_are_inverse(turn):
    assert np.allclose(angles_of(rotation_of(turn)), turn, atol=1e-3)


@pytest.mark.parametrize("turn", TURNS)
def test_fit_recovers_a_known_rotation(turn):
    model = np.random.default_rng(1).normal(size=(40, 3))
    rotation = rotation_of(turn).astype(np.float64)
    seen = 3.0 * model @ rotation.T + (5.0, 6.0, 7.0)
    assert np.allclose(fit_rotation(model, seen, np.ones(40)), rotation, atol=1e-5)


def test_a_mirrored_set_still_gives_a_rotation():
    model = np.random.default_rng(1).normal(size=(40, 3))
    assert np.linalg.det(fit_rotation(model, model * (-1, 1, 1), np.ones(40))) == pytest.approx(1.0, abs=1e-5)


def test_signs_are_as_documented():
    forward = np.array([0.0, 0.0, 1.0])
    assert (rotation_of(Angles(30, 0, 0)) @ forward)[0] > 0, "yaw > 0 looks to the viewer's right"
    assert (rotation_of(Angles(0, 30, 0)) @ forward)[1] > 0, "pitch > 0 looks up"
    assert (rotation_of(Angles(0, 0, 30)) @ (0, 1, 0))[0] > 0, "roll > 0 tilts clockwise"


@pytest.mark.parametrize("turn", TURNS)
def test_five_points_give_the_pose(turn):
    from nodes.face._pose import _FIVE

    seen = _FIVE @ rotation_of(turn).astype(np.float64).T
    points = np.column_stack([seen[:, 0], -seen[:, 1]]) * 80 + 200
    assert np.allclose(angles_of(coarse_rotation(points)), turn, atol=0.5)


def test_five_equal_points_give_no_turn():
    assert np.array_equal(coarse_rotation(np.ones((5, 2), np.float32)), np.eye(3, dtype=np.float32))
