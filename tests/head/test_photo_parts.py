"""The eyes, the mouth and the neck of a photograph that is edited."""

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.head import _teeth
from nodes.head._photo import photo_layers
from nodes.head._photo_eyes import lids_of
from nodes.head._slit import EYE_LEFT, EYE_RIGHT, inside, slit
from nodes.head._texture import smooth_fill
from tests.head.test_render_over_photo import rendered


def test_teeth_are_smoothed_to_the_pixels_of_the_picture():
    white = np.array([0.8, 0.75, 0.68])
    fine, coarse = _teeth.strip("upper", white), _teeth.strip("upper", white, 5.0)
    row = 60
    assert fine.shape == coarse.shape and coarse.dtype == np.float32
    steps = [np.abs(np.diff(part[row, 60:290, 0])).max() for part in (coarse, fine)]
    assert steps[0] < 0.7 * steps[1]
    assert coarse[row, 150:200, :3].mean() == pytest.approx(fine[row, 150:200, :3].mean(), abs=0.03)
    assert coarse.max() <= 1.0 and coarse.min() >= 0.0


def eyes_of(landmarks):
    return slit(landmarks, EYE_LEFT), slit(landmarks, EYE_RIGHT)


@pytest.mark.models
def test_lids_are_skin_whatever_frames_the_open_eye(astronaut, astronaut_fit):
    landmarks = astronaut_fit.landmarks
    eyes = eyes_of(landmarks)
    skin = np.full((512, 512, 3), (0.7, 0.55, 0.48), np.float32)
    for eye in eyes:
        skin[inside(eye, 512, 512, 0.25 * eye.half_width)] = 0.1
    lids = lids_of(skin, eyes, landmarks)
    for eye in eyes:
        shown = lids[inside(eye, 512, 512, 0.1 * eye.half_width)]
        assert shown.min() > 0.33 and shown.std(axis=0).max() < 0.06
    far = np.ones((512, 512), bool)
    low, high = landmarks[:, 1].min(), landmarks[:, 1].max()
    far[int(low) : int(high)] = False
    assert np.array_equal(lids[far], skin[far])


@pytest.mark.models
def test_closed_eyes_are_no_darker_than_the_skin_around_them(astronaut, astronaut_fit):
    shut = edit_expression(astronaut_fit, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    made = rendered(shut).pixels
    around = astronaut.pixels[
        astronaut_fit.landmarks[50, 1].astype(int), astronaut_fit.landmarks[50, 0].astype(int)
    ]
    for eye in eyes_of(astronaut_fit.landmarks):
        shown = made[inside(eye, 512, 512, -1.0)]
        assert np.median(shown.mean(axis=1)) > 0.6 * around.mean()
        # no white of the eye is left
        assert (shown.mean(axis=1) > 1.25 * around.mean()).mean() < 0.02


@pytest.mark.models
def test_an_open_mouth_has_a_tongue_below_and_a_throat_above_it(astronaut_fit):
    made = rendered(edit_expression(astronaut_fit, jawOpen=0.8)).pixels
    layers = photo_layers(astronaut_fit)
    x, y = astronaut_fit.landmarks[13, :2]
    column = made[int(y) : int(y + 0.9 * layers.unit), int(x)]
    light = column.mean(axis=1)
    throat = int(light[: len(light) // 2].argmin())
    below = column[throat + 2 : throat + 14]
    assert below.mean() > 1.4 * light[throat]
    assert (below[:, 0] > below[:, 1]).mean() > 0.9


def test_smooth_fill_continues_what_is_known():
    picture = np.full((40, 40, 3), 0.3, np.float32)
    known = np.ones((40, 40), np.float32)
    known[10:30, 10:30] = 0.0
    picture[10:30, 10:30] = 0.9
    assert np.abs(smooth_fill(picture, known) - 0.3).max() < 0.02
