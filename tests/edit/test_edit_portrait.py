"""A portrait with another expression: the picture itself is moved, by as much as was asked."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.edit.edit_portrait import edit_portrait
from nodes.face._landmarks import load_landmarker
from nodes.face.face_landmarks import face_landmarks
from nodes.portrait.editing import (
    calibrated,
    changed_region,
    degrees_turned,
    eased,
    outline_after,
    portrait_of,
    witness_of,
)
from nodes.portrait.layers import following
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import ARKIT_NAMES, PARSING_CLASSES, Faces, Image, Mask, Parsing

pytestmark = pytest.mark.models
CONTEXT = Context()


def seen(image, *names):
    faces = face_landmarks(image, context=CONTEXT)
    return np.array([faces[0].coefficients[ARKIT_NAMES.index(name)] for name in names])


def test_an_unchanged_head_gives_the_picture_back(astronaut_fit, astronaut):
    for head in (astronaut_fit, edit_expression(astronaut_fit)):
        result = edit_portrait(astronaut, head, context=CONTEXT)
        assert np.array_equal(result.pixels, astronaut.pixels)


def test_the_landmarker_sees_what_was_asked_for(astronaut_fit, astronaut):
    names = ("jawOpen", "browInnerUp")
    before = seen(astronaut, *names)
    asked = np.array([0.4, 0.35])
    head = edit_expression(astronaut_fit, **dict(zip(names, asked, strict=True)))
    got = seen(edit_portrait(astronaut, head, context=CONTEXT), *names) - before
    assert np.abs(got - asked).max() < 0.2
    assert np.abs(got - asked).mean() < 0.15


def test_coefficients_that_move_together_are_looked_at_together(astronaut_fit, astronaut):
    names = ("jawOpen", "eyeBlinkLeft", "browInnerUp")
    asked = np.array([0.25, 0.4, 0.3])
    head = edit_expression(astronaut_fit, **dict(zip(names, asked, strict=True)))
    witness = witness_of(astronaut_fit, astronaut, load_landmarker(CONTEXT))
    change = head.expression - astronaut_fit.expression
    alone = replace(head, expression=astronaut_fit.expression + witness.responses.solve(change))
    together = calibrated(head, witness, most=2.0)
    before = seen(astronaut, *names)
    misses = [
        np.abs(
            seen(edit_portrait(astronaut, part, calibrate=False, context=CONTEXT), *names) - before - asked
        )
        for part in (alone, together)
    ]
    assert misses[1].mean() < misses[0].mean() + 0.01
    assert misses[1].mean() < 0.15


def test_the_same_head_gives_the_same_pixels(astronaut_fit, astronaut):
    head = edit_expression(astronaut_fit, jawOpen=0.3, yaw=4.0)
    first = edit_portrait(astronaut, head, context=CONTEXT)
    assert np.array_equal(edit_portrait(astronaut, head, context=CONTEXT).pixels, first.pixels)


def test_background_and_clothes_stay_bit_for_bit(astronaut_fit, astronaut):
    labels = np.full((512, 512), PARSING_CLASSES.index("background"), np.uint8)
    labels[300:] = PARSING_CLASSES.index("cloth")
    x0, y0, x1, y1 = (
        int(v) for v in (*astronaut_fit.landmarks[:468, :2].min(0), *astronaut_fit.landmarks[:468, :2].max(0))
    )
    labels[y0 : y1 + 4, x0:x1] = PARSING_CLASSES.index("skin")
    head = edit_expression(astronaut_fit, jawOpen=0.5, mouthPucker=0.3)
    result = edit_portrait(astronaut, head, Parsing(labels), calibrate=False, context=CONTEXT).pixels
    far = np.ones((512, 512), bool)
    far[y0 - 25 : y1 + 40, x0 - 25 : x1 + 25] = False
    assert np.array_equal(result[far], astronaut.pixels[far])
    assert not np.array_equal(result, astronaut.pixels)


def test_another_picture_of_the_same_size_is_edited_instead(astronaut_fit, astronaut):
    darker = Image((astronaut.pixels * np.float32(0.5)).astype(np.float32))
    head = edit_expression(astronaut_fit, jawOpen=0.4)
    result = edit_portrait(darker, head, calibrate=False, context=CONTEXT).pixels
    assert result.max() <= 0.52


def test_folds_change_light_only_where_the_skin_moves(astronaut_fit, astronaut):
    head = edit_expression(astronaut_fit, mouthSmileLeft=-0.6, mouthSmileRight=-0.6)
    flat = edit_portrait(astronaut, head, calibrate=False, folds=0.0, context=CONTEXT).pixels
    lit = edit_portrait(astronaut, head, calibrate=False, folds=1.0, context=CONTEXT).pixels
    change = np.abs(lit - flat).max(axis=2)
    assert 0.004 < change.max() < 0.25
    top = int(astronaut_fit.landmarks[10, 1])
    assert not change[: top - 10].any()


def test_a_picture_of_another_size_is_refused(astronaut_fit):
    with pytest.raises(NodeError, match="fitted to a picture of"):
        edit_portrait(Image(np.zeros((64, 64, 3), np.float32)), astronaut_fit, context=CONTEXT)


def test_calibrating_on_a_head_without_a_picture_is_refused(astronaut_fit, astronaut):
    head = edit_expression(astronaut_fit, jawOpen=0.4)
    with pytest.raises(NodeError, match="knows no picture"):
        edit_portrait(astronaut, head, None, replace(astronaut_fit, picture=None), context=CONTEXT)


@pytest.fixture(scope="module")
def cut_out(astronaut, astronaut_fit):
    """A matte of the head that is sharp by construction, and a green place behind it."""
    from nodes.portrait.backdrop import below_jaw

    rows, columns = np.mgrid[0:512, 0:512]
    middle = astronaut_fit.landmarks[168, :2]
    unit = np.linalg.norm(astronaut_fit.landmarks[33, :2] - astronaut_fit.landmarks[263, :2])
    round_head = np.hypot((columns - middle[0]) / 1.45, rows - middle[1]) < 1.9 * unit
    alpha = (round_head | (below_jaw(astronaut_fit) > 0.3)).astype(np.float32)
    green = np.zeros((512, 512, 3), np.float32)
    green[..., 1] = 1.0
    return Mask(alpha), Image(green)


def test_behind_a_turned_head_the_plate_shows_and_stays(astronaut, astronaut_fit, cut_out):
    matte, plate = cut_out
    head = edit_expression(astronaut_fit, yaw=15.0)
    result = edit_portrait(astronaut, head, None, None, matte, plate, calibrate=False, context=CONTEXT).pixels
    opened = (result[..., 1] > 0.9) & (result[..., 0] < 0.1)
    # Only where the head was: beyond its old outline the photograph itself is the background.
    assert 50 < opened.sum() < 0.3 * matte.alpha.sum()
    assert not opened[matte.alpha < 0.5][:20].any()
    far = np.s_[0:120, 0:50]
    assert np.array_equal(result[far], astronaut.pixels[far])


def test_a_background_can_be_stretched_as_well(astronaut, astronaut_fit, cut_out):
    matte, plate = cut_out
    head = edit_expression(astronaut_fit, yaw=15.0)
    result = edit_portrait(
        astronaut, head, None, None, matte, plate, calibrate=False, background="stretch", context=CONTEXT
    ).pixels
    assert not ((result[..., 1] > 0.9) & (result[..., 0] < 0.1)).any()


def test_a_lost_face_is_held_faded_or_an_error(astronaut, astronaut_fit):
    head = edit_expression(astronaut_fit, jawOpen=0.6)
    nobody = [Faces((), 512, 512)] * 25

    def edited(when):
        return edit_portrait(astronaut, head, faces=nobody, calibrate=False, when_lost=when, context=CONTEXT)

    assert edited("fade out") is astronaut
    assert np.abs(edited("hold").pixels - astronaut.pixels).max() > 0.1
    with pytest.raises(NodeError, match="not seen"):
        edited("fail")


def test_half_an_edit_is_between_none_and_all(astronaut_fit):
    head = edit_expression(astronaut_fit, jawOpen=0.6, yaw=10.0)
    half = eased(head, 0.5)
    assert np.allclose(
        half.expression - astronaut_fit.expression, 0.5 * (head.expression - astronaut_fit.expression)
    )
    assert degrees_turned(half) == pytest.approx(5.0, abs=0.1)
    assert eased(head, 0.0) is astronaut_fit and eased(head, 1.0) is head


def test_clothes_and_background_are_held_while_the_jaw_opens(astronaut, astronaut_fit):
    labels = np.zeros((512, 512), np.uint8)
    chin = int(astronaut_fit.landmarks[152, 1])
    labels[: chin + 8] = PARSING_CLASSES.index("skin")
    labels[chin + 30 :] = PARSING_CLASSES.index("cloth")
    head = edit_expression(astronaut_fit, jawOpen=0.8)
    result = edit_portrait(astronaut, head, Parsing(labels), calibrate=False, context=CONTEXT).pixels
    # Nothing but the chin itself comes over the clothes.
    region = changed_region(portrait_of(astronaut_fit, astronaut, Parsing(labels)), head)
    far = np.s_[chin + 60 :]
    assert np.array_equal(result[far], astronaut.pixels[far]) and not region[far].any()
    assert np.array_equal(result[~region], astronaut.pixels[~region])
    assert np.abs(result - astronaut.pixels)[chin - 30 : chin + 8].max() > 0.1


@pytest.mark.parametrize(
    "sliders",
    [
        {"jawOpen": 0.9},
        {"browInnerUp": 1.0, "browOuterUpLeft": 1.0, "browOuterUpRight": 1.0},
        {"mouthSmileLeft": -0.8, "mouthSmileRight": -0.8, "jawOpen": 0.3},
        {"eyeBlinkLeft": 1.0, "mouthPucker": 1.0},
    ],
)
def test_outside_the_stated_region_every_pixel_keeps_its_bits(astronaut, astronaut_fit, sliders):
    labels = around_the_face(astronaut_fit)
    head = edit_expression(astronaut_fit, **sliders)
    result = edit_portrait(astronaut, head, Parsing(labels), calibrate=False, context=CONTEXT).pixels
    region = changed_region(portrait_of(astronaut_fit, astronaut, Parsing(labels)), head)
    assert np.array_equal(result[~region], astronaut.pixels[~region])
    assert not np.array_equal(result, astronaut.pixels)
    assert 0.04 < region.mean() < 0.35


def around_the_face(fit):
    """Labels of a face, hair above it, a neck below and clothes."""
    number = PARSING_CLASSES.index
    labels = np.zeros((512, 512), np.uint8)
    places = fit.landmarks[:468, :2]
    (left, top), (right, bottom) = places.min(0).astype(int), places.max(0).astype(int)
    labels[max(top - 60, 0) : bottom, left - 30 : right + 30] = number("hair")
    labels[bottom - 20 : bottom + 25, left + 15 : right - 15] = number("neck")
    labels[bottom + 25 :] = number("cloth")
    labels[top:bottom, left:right] = number("skin")
    return labels


def test_a_chin_comes_down_over_a_collar_that_stays(astronaut, astronaut_fit):
    chin = int(astronaut_fit.landmarks[152, 1])
    middle = int(astronaut_fit.landmarks[152, 0])
    labels = np.zeros((512, 512), np.uint8)
    labels[: chin + 2] = PARSING_CLASSES.index("skin")
    labels[chin + 2 :] = PARSING_CLASSES.index("cloth")
    painted = astronaut.pixels.copy()
    painted[chin + 2 :] = (0.0, 0.0, 1.0)
    image = Image(painted)
    head = edit_expression(astronaut_fit, jawOpen=0.9)
    result = edit_portrait(image, head, Parsing(labels), calibrate=False, folds=0.0, context=CONTEXT).pixels
    down = outline_after(astronaut_fit, head)[18, 1] - astronaut_fit.landmarks[152, 1]
    assert down > 8.0
    column = result[chin : chin + 40, middle]
    blue = (column[:, 2] > 0.9) & (column[:, 0] < 0.1)
    # Skin as far as the chin came, then the collar as it was: no torn edge, no second chin.
    first = int(np.argmax(blue))
    assert 0.6 * down < first < 1.3 * down + 3.0
    assert blue[first:].all()


def test_a_speck_of_background_in_a_neck_does_not_tear_it(astronaut_fit):
    labels = around_the_face(astronaut_fit)
    neck = np.argwhere(labels == PARSING_CLASSES.index("neck")).mean(axis=0).astype(int)
    holed = labels.copy()
    holed[neck[0] - 2 : neck[0] + 3, neck[1] - 4 : neck[1] + 5] = PARSING_CLASSES.index("background")
    window = (0, 0, 512, 512)
    assert np.array_equal(
        following(astronaut_fit, holed, window, turn=False),
        following(astronaut_fit, labels, window, turn=False),
    )
