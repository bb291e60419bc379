"""Heads rendered by themselves."""

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.head._texture import smooth_fill
from nodes.sdk.values import Camera
from tests.head.rendering import rendered


@pytest.mark.parametrize("mode", ["on its own", "clay", "wireframe", "normals", "depth", "uv"])
def test_every_mode_draws_the_head_on_transparency(small_head, mode):
    pixels = rendered(small_head, mode=mode).pixels
    assert pixels.shape == (160, 160, 4) and np.isfinite(pixels).all()
    assert pixels[80, 80, 3] > 0 or mode == "wireframe"
    assert pixels[2, 2, 3] == 0 and pixels.min() >= 0 and pixels.max() <= 1


def test_normals_point_at_the_viewer_in_the_middle(small_head):
    middle = rendered(small_head, mode="normals").pixels[80, 80, :3]
    assert np.allclose(middle, [0.5, 0.5, 1.0], atol=0.05)


def test_depth_is_bright_where_it_is_near(small_head):
    depth = rendered(small_head, mode="depth").pixels
    assert depth[80, 80, 0] > 0.9 > depth[80, 46, 0]


def test_a_background_fills_what_the_head_leaves_open(small_head):
    pixels = rendered(small_head, mode="clay", transparent=False, background=(0.2, 0.4, 0.6)).pixels
    assert pixels.shape[2] == 3 and np.allclose(pixels[1, 1], [0.2, 0.4, 0.6])


def test_a_wired_camera_decides_the_size(small_head):
    camera = Camera(100.0, 30.0, 20.0, 60, 40)
    assert rendered(small_head, camera, mode="clay").pixels.shape == (40, 60, 4)


def test_a_full_orbit_comes_back(small_head):
    front = rendered(small_head, mode="clay").pixels
    assert np.abs(rendered(small_head, mode="clay", orbit=90.0).pixels - front).max() > 0.1
    around = rendered(small_head, mode="clay", orbit=180.0).pixels
    assert abs(float(around[..., 3].sum() / front[..., 3].sum()) - 1) < 0.1


def test_holes_are_filled_from_around_and_known_pixels_stay():
    picture = np.zeros((32, 32, 3), np.float32)
    picture[:, :8] = [1.0, 0.5, 0.25]
    known = np.zeros((32, 32), np.float32)
    known[:, :8] = 1.0
    filled = smooth_fill(picture, known)
    assert np.allclose(filled, [1.0, 0.5, 0.25], atol=0.02)
    assert np.array_equal(filled[:, :8], picture[:, :8])


@pytest.mark.models
def test_the_textured_head_looks_like_the_photograph_where_it_was_seen(astronaut_fit, astronaut):
    own = rendered(astronaut_fit, mode="on its own").pixels
    x, y = astronaut_fit.landmarks[[50, 280, 9, 195], :2].astype(int).T
    assert np.abs(own[y, x, :3] - astronaut.pixels[y, x]).max() < 0.12
    assert (own[y, x, 3] == 1).all()


@pytest.mark.models
def test_an_open_mouth_shows_what_is_inside(astronaut_fit):
    closed = rendered(astronaut_fit, mode="on its own").pixels
    opened = rendered(edit_expression(astronaut_fit, jawOpen=0.8), mode="on its own").pixels
    x, y = astronaut_fit.landmarks[17, :2].astype(int)
    assert opened[y, x, :3].mean() < 0.6 * closed[y, x, :3].mean()
