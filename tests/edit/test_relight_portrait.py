"""A face lit anew."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.edit.relight_portrait import relight_portrait
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image, Mask

pytestmark = pytest.mark.models
CONTEXT = Context()


def cheeks(image, head):
    """Brightness of the cheek on the viewer's left and on the right."""
    found = []
    for number in (50, 280):
        x, y = head.landmarks[number, :2].astype(int)
        found.append(float(image.pixels[y - 5 : y + 6, x - 5 : x + 6].mean()))
    return found


def test_the_side_that_the_light_comes_from_gets_brighter(astronaut, astronaut_fit):
    before = cheeks(astronaut, astronaut_fit)
    right = cheeks(relight_portrait(astronaut, astronaut_fit, sideways=70.0, context=CONTEXT), astronaut_fit)
    left = cheeks(relight_portrait(astronaut, astronaut_fit, sideways=-70.0, context=CONTEXT), astronaut_fit)
    assert right[1] - right[0] > before[1] - before[0] + 0.05
    assert left[0] - left[1] > before[0] - before[1] + 0.05


def test_what_is_not_masked_stays_bit_for_bit(astronaut, astronaut_fit):
    alpha = np.zeros((512, 512), np.float32)
    alpha[:150] = 1.0
    result = relight_portrait(astronaut, astronaut_fit, Mask(alpha), context=CONTEXT).pixels
    assert np.array_equal(result[150:], astronaut.pixels[150:])
    assert not np.array_equal(result[:150], astronaut.pixels[:150])


def test_the_background_beside_the_head_is_not_lit(astronaut, astronaut_fit):
    result = relight_portrait(astronaut, astronaut_fit, sideways=70.0, strength=1.0, context=CONTEXT).pixels
    x, y = astronaut_fit.landmarks[454, :2].astype(int)
    beside = (slice(y + 30, y + 60), slice(x + 10, x + 40))
    assert np.abs(result[beside] - astronaut.pixels[beside]).max() < 0.03
    cheek = (slice(y - 5, y + 5), slice(x - 22, x - 12))
    assert np.abs(result[cheek] - astronaut.pixels[cheek]).mean() > 0.05


def test_far_from_the_head_nothing_changes(astronaut, astronaut_fit):
    result = relight_portrait(astronaut, astronaut_fit, context=CONTEXT).pixels
    assert np.array_equal(result[460:], astronaut.pixels[460:])


def test_the_same_light_changes_little(astronaut, astronaut_fit):
    result = relight_portrait(
        astronaut, astronaut_fit, like=astronaut_fit, strength=1.0, context=CONTEXT
    ).pixels
    assert np.abs(result - astronaut.pixels).mean() < 0.02


def test_no_strength_gives_the_picture_back(astronaut, astronaut_fit):
    assert relight_portrait(astronaut, astronaut_fit, strength=0.0, context=CONTEXT) is astronaut


def test_colour_tints_the_face(astronaut, astronaut_fit):
    white = relight_portrait(astronaut, astronaut_fit, sideways=0.0, context=CONTEXT)
    blue = relight_portrait(astronaut, astronaut_fit, sideways=0.0, colour=(0.5, 0.7, 1.0), context=CONTEXT)
    x, y = astronaut_fit.landmarks[50, :2].astype(int)
    balance = [p.pixels[y, x, 2] / p.pixels[y, x, 0] for p in (white, blue)]
    assert balance[1] > 1.2 * balance[0]


def test_wrong_inputs_are_told(astronaut, astronaut_fit):
    with pytest.raises(NodeError, match="fitted to a picture of"):
        relight_portrait(Image(np.zeros((5, 5, 3), np.float32)), astronaut_fit, context=CONTEXT)
    with pytest.raises(NodeError, match="knows no picture"):
        relight_portrait(astronaut, astronaut_fit, like=replace(astronaut_fit, picture=None), context=CONTEXT)
