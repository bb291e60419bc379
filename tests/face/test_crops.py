"""Crops: points and pixels go to the same place, and shrinking does not alias."""

import numpy as np
import pytest

from nodes.face._crops import Crop, invert, plain_picture, similarity, transform, warp
from nodes.sdk.values import Image


def test_points_come_back_from_a_turned_crop():
    crop = Crop((40.0, 25.0), 30.0, 0.7)
    points = np.array([[31.0, 20.0], [45.5, 33.0]], np.float32)
    inside = transform(crop.to_crop(128), points)
    assert np.allclose(crop.points_to_picture(inside, 128), points, atol=1e-3)


def test_depth_scales_with_the_crop():
    crop = Crop((40.0, 25.0), 64.0)
    assert crop.points_to_picture(np.array([[0, 0, 10]], np.float32), 128)[0, 2] == pytest.approx(5.0)


@pytest.mark.parametrize("angle", [0.0, 0.6, np.pi])
def test_pixels_land_where_points_land(angle):
    picture = np.zeros((60, 80, 3), np.float32)
    picture[22:25, 41:44] = 1.0
    crop = Crop((40.0, 25.0), 40.0, angle)
    seen = warp(picture, crop.to_crop(80), 80, 80)[..., 0]
    rows, columns = np.mgrid[0:80, 0:80] + 0.5
    centre = ((columns * seen).sum() / seen.sum(), (rows * seen).sum() / seen.sum())
    expected = transform(crop.to_crop(80), np.array([[42.5, 23.5]]))[0]
    assert np.allclose(centre, expected, atol=0.1)


def test_a_strongly_shrunk_crop_averages_instead_of_skipping():
    stripes = np.zeros((512, 512, 3), np.float32)
    stripes[:, ::2] = 1.0
    seen = warp(stripes, Crop((256.0, 256.0), 512.0).to_crop(60), 60, 60)
    assert np.abs(seen[5:-5, 5:-5] - 0.5).max() < 0.1


def test_similarity_recovers_turn_scale_and_shift():
    truth = Crop((3.0, -2.0), 5.0, 0.4).to_crop(17)
    points = np.random.default_rng(0).normal(size=(6, 2))
    assert np.allclose(similarity(points, transform(truth, points)), truth, atol=1e-5)


def test_inverse_undoes_a_map():
    matrix = Crop((3.0, -2.0), 5.0, 0.4).to_crop(17)
    point = np.array([[1.0, 2.0]])
    assert np.allclose(transform(invert(matrix), transform(matrix, point)), point, atol=1e-5)


def test_colours_under_transparency_do_not_reach_the_networks():
    pixels = np.zeros((2, 2, 4), np.float32)
    pixels[..., 0] = 1.0
    pixels[0, 0, 3] = 1.0
    plain = plain_picture(Image(pixels))
    assert np.allclose(plain[0, 0], (1, 0, 0))
    assert np.allclose(plain[1, 1], 0.5)


def test_linear_pictures_are_encoded():
    assert plain_picture(Image(np.full((1, 1, 3), 0.2140411, np.float32), linear=True))[0, 0, 0] == (
        pytest.approx(0.5, abs=1e-4)
    )
