"""Deriving the head model from the published data."""

import json

import numpy as np
import pytest

from nodes.head._anny_build import (
    LANDMARK_TABLE,
    _sphere_centre,
    _turned_landmarks,
    _without_rigid_motion,
    build,
)
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.errors import FileProblem


def test_a_package_without_the_data_is_refused_by_name(tmp_path):
    with pytest.raises(FileProblem) as caught:
        build(tmp_path, tmp_path / "head.npz")
    assert "base.obj" in caught.value.where
    assert not (tmp_path / "head.npz").exists()


def test_rigid_motion_is_taken_out_of_a_shape_slider():
    random = np.random.default_rng(0)
    points = random.normal(size=(200, 3))
    bend = 0.01 * np.sin(5 * points)
    turned = points @ rotation_matrix([0.001, -0.002, 0.0015]).T + [0.3, -0.2, 0.1] - points
    left = _without_rigid_motion(points, turned, points, turned)
    assert np.abs(left).max() < 1e-4
    both = _without_rigid_motion(points, turned + bend, points, turned + bend)
    assert 0.5 < np.linalg.norm(both) / np.linalg.norm(bend) <= 1.0


def test_the_middle_of_an_eyeball_is_found_from_part_of_its_surface():
    random = np.random.default_rng(1)
    directions = random.normal(size=(60, 3))
    directions[:, 2] = np.abs(directions[:, 2])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    assert np.allclose(_sphere_centre(directions * 0.012 + [0.03, 0.02, 0.1]), [0.03, 0.02, 0.1])


def test_the_landmark_table_is_whole_and_mirrors_left_and_right():
    table = json.loads(LANDMARK_TABLE.read_text("utf-8"))
    weights = np.array(table["weights"])
    assert weights.shape == (468, 3) and np.allclose(weights.sum(axis=1), 1, atol=0.001)
    mirror = np.array(table["mirror"])
    assert np.array_equal(mirror[mirror], np.arange(468)) and mirror[33] == 263
    yaws, shifts, noise = _turned_landmarks(table)
    assert (np.diff(yaws) > 0).all() and np.allclose(yaws, -yaws[::-1])
    assert np.allclose(shifts[0][mirror] * [-1, 1, 1], shifts[-1]) and (noise > 0).all()
