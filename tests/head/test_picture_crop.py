"""The upright crop around a fitted head."""

import numpy as np
import pytest

from nodes.head._picture_crop import SIDE, Frame, brightness_in, frame_of
from nodes.raster.geometry import rotation_matrix

UPRIGHT = np.eye(2)


def smooth_picture(side):
    y, x = np.mgrid[:side, :side] / side
    grey = 0.5 + 0.3 * np.sin(9 * x + 2 * y) * np.cos(7 * y)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


class TestFrame:
    def test_it_is_as_large_as_the_head_looks(self):
        near = frame_of(np.eye(3), np.array([0.0, 0.0, -0.6]), 800.0, (200.0, 200.0))
        far = frame_of(np.eye(3), np.array([0.0, 0.0, -1.2]), 800.0, (200.0, 200.0))
        assert near.step / far.step == pytest.approx((1.2 - 0.06) / (0.6 - 0.06))

    def test_a_head_to_the_right_and_above_is_found_there(self):
        frame = frame_of(np.eye(3), np.array([0.1, 0.1, -0.8]), 800.0, (200.0, 200.0))
        assert frame.place[0] > 250
        assert frame.place[1] < 150

    def test_a_leaning_head_turns_the_frame_with_it(self):
        place = np.array([0.0, 0.0, -0.8])
        lean = rotation_matrix([0.0, 0.0, 0.4])
        frame = frame_of(lean, place, 800.0, (200.0, 200.0))
        up = frame.upright @ [0.0, -1.0]
        # the head's own up, with y down as in pictures
        assert np.allclose(up, [lean[0, 1], -lean[1, 1]], atol=1e-6)

    def test_turning_the_head_aside_does_not_turn_the_frame(self):
        frame = frame_of(rotation_matrix([0.0, 0.7, 0.0]), np.array([0.0, 0.0, -0.8]), 800.0, (200.0, 200.0))
        assert np.allclose(frame.upright, UPRIGHT, atol=1e-6)


class TestBrightness:
    def test_a_crop_of_the_pictures_own_size_is_the_picture(self):
        picture = smooth_picture(200)
        found = brightness_in(Frame(np.array([100.0, 90.0]), 1.0, UPRIGHT), picture)
        assert np.allclose(found, picture[90 - 64 : 90 + 64, 36:164, 0], atol=1e-4)

    def test_a_finer_picture_looks_the_same(self):
        coarse = brightness_in(Frame(np.array([80.0, 80.0]), 1.0, UPRIGHT), smooth_picture(160))
        fine = brightness_in(Frame(np.array([320.0, 320.0]), 4.0, UPRIGHT), smooth_picture(640))
        assert np.abs(coarse - fine).max() < 0.02

    def test_a_turned_picture_is_turned_back(self):
        picture = smooth_picture(160)
        quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
        plain = brightness_in(Frame(np.array([80.0, 80.0]), 1.0, UPRIGHT), picture)
        turned = brightness_in(Frame(np.array([80.0, 80.0]), 1.0, quarter), np.rot90(picture, -1))
        assert np.allclose(plain, turned, atol=1e-4)

    def test_beyond_the_border_the_picture_goes_on(self):
        picture = np.full((60, 60, 3), 0.4, np.float32)
        found = brightness_in(Frame(np.array([0.0, 30.0]), 1.0, UPRIGHT), picture)
        assert np.allclose(found, 0.4, atol=1e-5)
        beside = brightness_in(Frame(np.array([-900.0, 30.0]), 1.0, UPRIGHT), picture)
        assert beside.shape == (SIDE, SIDE)
        assert not beside.any()

    def test_linear_light_is_encoded(self):
        picture = smooth_picture(160)
        frame = Frame(np.array([80.0, 80.0]), 1.0, UPRIGHT)
        assert np.allclose(brightness_in(frame, picture**2.2, True), brightness_in(frame, picture), atol=5e-3)
