"""New light on a face."""

import numpy as np
import pytest

from nodes.portrait.light import FaceLight
from nodes.portrait.relighting import directed, seen_brightness
from nodes.raster.light import light_basis


@pytest.mark.parametrize(("sideways", "up", "axis"), [(60, 0, 0), (-60, 0, 0), (0, 60, 1), (0, -50, 1)])
def test_a_directed_light_is_brightest_where_it_comes_from(sideways, up, axis):
    harmonics = directed(sideways, up, 1.0)
    normals = np.zeros((2, 3))
    normals[0, axis], normals[1, axis] = 1.0, -1.0
    first, second = light_basis(normals) @ harmonics
    assert (first > second) == ((sideways or up) > 0)


def test_a_soft_light_is_even():
    normals = np.eye(3)
    assert np.allclose(light_basis(normals) @ directed(45, 30, 0.0), 1.0)


def test_brightness_counts_the_visible_face_only():
    light = FaceLight(
        np.zeros(9, np.float32),
        np.ones(3, np.float32),
        np.array([[0, 0, 1.0], [0, 0, -1.0]], np.float32),
        np.array([1.0, 0.0], np.float32),
    )
    front = seen_brightness(light, directed(0, 0, 1.0))
    assert front > 2.0
