"""The warp: undistorted in the middle, everything inside, and back again exactly."""

import numpy as np
import pytest

from nodes.face._tanh_warp import TanhWarp

WARP = TanhWarp((300.0, 200.0), 150.0, 0.3, 0.6)


def test_there_and_back():
    points = np.random.default_rng(0).uniform((90, 0), (510, 400), (500, 2))
    assert np.allclose(WARP.to_picture(WARP.to_warped(points)), points, atol=0.05)


def test_the_middle_is_an_undistorted_turned_square():
    a, b = WARP.to_warped(np.array([[300.0, 200.0], [330.0, 200.0]]))
    assert np.allclose(a, 0, atol=1e-6)
    assert np.linalg.norm(b) == pytest.approx(30 / 150, rel=1e-4)
    assert np.arctan2(b[1], b[0]) == pytest.approx(-0.3, abs=1e-4)


def test_the_whole_plane_lies_inside():
    far = np.array([[1e6, 1e6], [-1e6, 0], [300, -1e7]])
    assert np.abs(WARP.to_warped(far)).max() <= 1.0 + 1e-6


def test_directions_are_kept():
    points = np.array([[420.0, 260.0], [1500.0, 800.0]])
    near, far = WARP.to_warped(points)
    assert np.arctan2(*near) == pytest.approx(np.arctan2(*far), abs=1e-4)


def test_a_picture_is_warped_where_its_points_go():
    picture = np.zeros((400, 600, 3), np.float32)
    picture[120:126, 380:386] = 1.0
    seen = WARP.warped(picture, 512)[..., 0]
    rows, columns = np.nonzero(seen > 0.3)
    expected = (WARP.to_warped(np.array([[383.0, 123.0]]))[0] + 1) * 256 - 0.5
    assert np.allclose((columns.mean(), rows.mean()), expected, atol=1.0)


def test_a_large_picture_is_filtered_before_it_is_squeezed():
    stripes = np.zeros((2000, 2000, 3), np.float32)
    stripes[:, ::2] = 1.0
    seen = TanhWarp((1000.0, 1000.0), 1000.0, 0.0).warped(stripes, 128)
    assert np.abs(seen[40:90, 40:90] - 0.5).max() < 0.2
