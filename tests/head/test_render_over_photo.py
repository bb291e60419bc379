"""An edited head over its photograph."""

import gc
from dataclasses import replace

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.head._fit import eye_distance
from nodes.head._photo import photo_layers
from nodes.head._slit import inside
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import ARKIT_NAMES, Image
from tests.head.rendering import rendered

pytestmark = pytest.mark.models


def look(image):
    """What the landmarker sees in a picture."""
    from nodes.face.face_landmarks import face_landmarks

    return face_landmarks(image, context=Context())[0]


def seen(face, name):
    return float(face.coefficients[ARKIT_NAMES.index(name)])


def yaw_of(face):
    from nodes.face._pose import angles_of

    return angles_of(face.rotation).yaw


def test_an_unedited_head_is_the_photograph_itself(astronaut_fit, astronaut):
    assert np.array_equal(rendered(astronaut_fit).pixels, astronaut.pixels)
    assert np.array_equal(rendered(edit_expression(astronaut_fit)).pixels, astronaut.pixels)


def test_the_photograph_is_not_modified(astronaut_fit, astronaut):
    before = astronaut.pixels.copy()
    rendered(edit_expression(astronaut_fit, jawOpen=1.0, yaw=10.0))
    assert np.array_equal(astronaut.pixels, before)


def test_a_small_edit_changes_little_so_that_clips_do_not_flicker(astronaut_fit):
    base = {"jawOpen": 0.3, "eyeBlinkLeft": 0.4, "yaw": 5.0, "browInnerUp": 0.4}
    first = rendered(edit_expression(astronaut_fit, **base)).pixels
    near = {name: value * 1.002 for name, value in base.items()}
    second = rendered(edit_expression(astronaut_fit, **near)).pixels
    assert np.abs(first - second).max() < 0.06
    assert np.abs(first - second).mean() < 2e-4


def test_the_same_edit_gives_the_same_pixels(astronaut_fit):
    edited = edit_expression(astronaut_fit, mouthSmileLeft=0.5, pitch=4.0)
    assert np.array_equal(rendered(edited).pixels, rendered(edited).pixels)


def test_what_is_far_from_the_head_stays(astronaut_fit, astronaut):
    turned = rendered(edit_expression(astronaut_fit, yaw=12.0, jawOpen=0.6)).pixels
    assert np.array_equal(turned[:, 470:], astronaut.pixels[:, 470:])
    assert np.array_equal(turned[480:], astronaut.pixels[480:])


def test_an_expression_leaves_hair_and_background_alone(astronaut_fit, astronaut):
    opened = rendered(edit_expression(astronaut_fit, jawOpen=0.6)).pixels
    top = int(astronaut_fit.landmarks[10, 1] - 0.8 * eye_distance(astronaut_fit.landmarks))
    assert np.abs(opened[:top] - astronaut.pixels[:top]).max() < 0.02


def test_the_landmarker_sees_the_blink(astronaut_fit):
    face = look(rendered(edit_expression(astronaut_fit, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)))
    assert seen(face, "eyeBlinkLeft") > 0.35 and seen(face, "eyeBlinkRight") > 0.35


def test_the_landmarker_sees_the_open_jaw_and_the_turn(astronaut_fit, astronaut):
    before = look(astronaut)
    face = look(rendered(edit_expression(astronaut_fit, jawOpen=0.8)))
    assert seen(face, "jawOpen") > seen(before, "jawOpen") + 0.3
    turned = look(rendered(edit_expression(astronaut_fit, yaw=12.0)))
    assert 7.0 < yaw_of(turned) - yaw_of(before) < 17.0


def test_closed_lids_show_no_white_of_the_eye(astronaut_fit, astronaut):
    closed = rendered(edit_expression(astronaut_fit, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)).pixels
    layers = photo_layers(astronaut_fit)
    for eye in layers.eyes:
        place = inside(eye, 512, 512, 0.0)
        # skin is clearly redder than blue, eye white is not
        warmth = closed[place][:, 0] - closed[place][:, 2]
        assert np.quantile(warmth, 0.2) > 0.08


def test_one_closed_eye_leaves_the_other_open(astronaut_fit, astronaut):
    wink = rendered(edit_expression(astronaut_fit, eyeBlinkLeft=1.0)).pixels
    left, right = photo_layers(astronaut_fit).eyes
    change = np.abs(wink - astronaut.pixels).mean(axis=2)
    assert change[inside(left, 512, 512)].mean() > 0.1
    assert change[inside(right, 512, 512)].max() < 1e-6


def test_gaze_moves_the_iris_and_nothing_else(astronaut_fit, astronaut):
    shifted = rendered(edit_expression(astronaut_fit, look_sideways=20.0))
    face, before = look(shifted), astronaut_fit.landmarks
    distance = eye_distance(before)
    assert (face.landmarks[[468, 473], 0] - before[[468, 473], 0]).mean() > 0.03 * distance
    changed = np.abs(shifted.pixels - astronaut.pixels).max(axis=2) > 1e-6
    both = np.logical_or(*(inside(eye, 512, 512, 3.0) for eye in photo_layers(astronaut_fit).eyes))
    assert changed.any() and not (changed & ~both).any()


def test_transparency_is_kept(astronaut_fit, astronaut):
    alpha = np.linspace(0, 1, 512, dtype=np.float32)[None].repeat(512, 0)
    picture = Image(np.dstack([astronaut.pixels, alpha]))
    head = replace(astronaut_fit, picture=picture)
    result = rendered(edit_expression(head, jawOpen=0.5))
    assert result.has_alpha and np.array_equal(result.pixels[..., 3], alpha)


def test_layers_are_made_once_for_a_clip_and_go_with_the_fit(astronaut_fit):
    fit = replace(astronaut_fit)
    layers = photo_layers(fit)
    rendered(edit_expression(fit, jawOpen=0.2))
    assert photo_layers(fit) is layers
    kept = len(photo_layers)
    del fit, layers
    gc.collect()
    assert len(photo_layers) < kept


def test_a_head_without_a_photograph_says_so(small_head):
    with pytest.raises(NodeError, match="knows no photograph"):
        rendered(small_head)
