"""Points of a fitted head in its crop, and the gradients around them."""

import numpy as np
import pytest

from nodes.head._picture_crop import SIDE, Frame
from nodes.head._picture_points import (
    DIRECTIONS,
    FEATURES,
    compared_vertices,
    features_at,
    gradients_of,
    points_in,
    seen_from,
)
from nodes.raster.geometry import rotation_matrix

INNER = (slice(4, -4), slice(4, -4))
PLACES = np.array([[40.0, 50.0], [64.0, 64.0], [90.0, 30.0]])


def patches(side=SIDE):
    random = np.random.default_rng(2)
    return np.kron(0.2 + 0.6 * random.random((16, 16)), np.ones((side // 16, side // 16))).astype(np.float32)


class TestGradients:
    def test_an_even_picture_has_none(self):
        found = gradients_of(np.full((SIDE, SIDE), 0.5, np.float32))
        assert not found.fine.any()
        assert not found.coarse.any()

    def test_they_tell_direction_and_sign_of_an_edge(self):
        brighter = np.tile(np.linspace(0.2, 0.8, SIDE, dtype=np.float32), (SIDE, 1))
        for picture, direction in (
            (brighter, 0),
            (brighter[:, ::-1], DIRECTIONS // 2),
            (brighter.T, DIRECTIONS // 4),
        ):
            found = gradients_of(picture)
            assert (found.fine[INNER].argmax(axis=2) == direction).all()
            assert (found.coarse[INNER].argmax(axis=2) == direction).all()

    def test_they_hardly_change_with_exposure(self):
        picture = patches()
        assert np.abs(gradients_of(picture).fine - gradients_of(picture * 0.7).fine).mean() < 0.03


class TestFeatures:
    def test_they_move_with_what_is_seen(self):
        picture = patches()
        moved = np.roll(picture, (6, 10), axis=(0, 1))
        seen = np.ones(len(PLACES))
        before = features_at(gradients_of(picture), PLACES, seen)
        after = features_at(gradients_of(moved), PLACES + np.array([10, 6]), seen)
        assert before.shape == (len(PLACES), FEATURES)
        assert np.abs(before - after).max() < 0.02
        assert np.abs(before - features_at(gradients_of(moved), PLACES, seen)).max() > 0.2

    def test_a_hidden_point_has_none(self):
        found = features_at(gradients_of(patches()), PLACES, np.array([1.0, 0.0, 1.0]))
        assert found[[0, 2]].any(axis=1).all()
        assert not found[1].any()

    def test_points_beyond_the_crop_read_its_border(self):
        far = np.array([[-30.0, 64.0], [SIDE + 40.0, SIDE + 40.0]])
        assert np.isfinite(features_at(gradients_of(patches()), far, np.ones(2))).all()


def test_places_in_a_crop_follow_camera_and_frame():
    world = np.array([[0.0, 0.0, -1.0], [0.1, 0.05, -1.0]])
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    plain, distance = seen_from(world, Frame(np.array([100.0, 80.0]), 2.0, np.eye(2)), 400.0, (100.0, 80.0))
    assert np.allclose(distance, 1.0)
    assert np.allclose(plain, [[64, 64], [84, 54]])
    turned, _ = seen_from(world, Frame(np.array([100.0, 80.0]), 2.0, quarter), 400.0, (100.0, 80.0))
    # a crop that is turned by a quarter shows the picture's down as its right
    assert np.allclose(turned, [[64, 64], [54, 44]])


@pytest.mark.models
class TestPoints:
    def test_they_are_spread_over_both_sides_of_the_face(self, astronaut_fit):
        model = astronaut_fit.model
        rows = compared_vertices(model)
        assert len(rows) == len(set(rows.tolist()))
        x = model.mean[rows, 0]
        assert 0.4 < (x > 0).mean() < 0.6
        assert np.ptp(x) > 0.12

    @pytest.mark.parametrize("yaw", [-0.9, 0.9])
    def test_the_far_side_of_a_turned_head_is_hidden(self, astronaut_fit, yaw):
        model = astronaut_fit.model
        world = model.mean @ rotation_matrix([0.0, yaw, 0.0]).T + [0.0, 0.0, -0.8]
        frame = Frame(np.array([128.0, 128.0]), 1.2, np.eye(2))
        points, seen = points_in(model, world, frame, 500.0, (128.0, 128.0))
        x = model.mean[compared_vertices(model), 0]
        inside = ((points > 0) & (points < SIDE)).all(axis=1)
        near, far = (inside & (side * x > 0.045) for side in (-np.sign(yaw), np.sign(yaw)))
        assert seen[near].mean() > 0.8
        assert seen[far].mean() < 0.3
