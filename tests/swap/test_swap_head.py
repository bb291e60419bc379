"""A whole head on another body."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.head.fit_head import fit_head
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Faces, Image, Mask, Parsing
from nodes.swap._head import acting_like, placing
from nodes.swap.swap_head import swap_head
from tests.samples import model

pytestmark = pytest.mark.models
CONTEXT = Context()


@pytest.fixture(scope="module")
def people(astronaut, astronaut_fit):
    """The astronaut's matte, a dark and mirrored relative of hers, and that one's matte."""
    model("portrait_matte")
    from nodes.edit.person_matte import person_matte
    from nodes.face.face_landmarks import face_landmarks

    pixels = np.ascontiguousarray(astronaut.pixels[:, ::-1] ** 1.8)
    image = Image(pixels.astype(np.float32))
    head = fit_head(face_landmarks(image, context=CONTEXT), image, context=CONTEXT)
    return person_matte(astronaut, context=CONTEXT), head, person_matte(image, context=CONTEXT)


@pytest.fixture(scope="module")
def plate(astronaut, people):
    from nodes.edit.background_plate import background_plate

    return background_plate(astronaut, people[0], context=CONTEXT)


@pytest.fixture(scope="module")
def swap(astronaut, astronaut_fit, people, plate):
    matte, source, source_matte = people

    def made(**parameters):
        inputs = {"target": astronaut_fit, "source": source, "faces": None} | {
            name: parameters.pop(name) for name in ("target", "source", "faces") if name in parameters
        }
        return swap_head(
            astronaut,
            inputs["target"],
            inputs["source"],
            None,
            None,
            matte,
            source_matte,
            plate,
            inputs["faces"],
            calibrate=False,
            context=parameters.pop("context", CONTEXT),
            **parameters,
        )

    return made


def test_the_head_is_another_and_the_body_stays_bit_for_bit(astronaut, astronaut_fit, swap):
    result = swap().pixels
    unit = np.linalg.norm(astronaut_fit.landmarks[33, :2] - astronaut_fit.landmarks[263, :2])
    low = int(astronaut_fit.landmarks[152, 1] + 1.6 * unit)
    assert np.array_equal(result[low:], astronaut.pixels[low:])
    top, bottom = astronaut_fit.landmarks[[10, 152], 1].astype(int)
    left, right = astronaut_fit.landmarks[[234, 454], 0].astype(int)
    assert np.abs(result - astronaut.pixels)[top:bottom, left:right].mean() > 0.02


def test_hair_comes_along(astronaut_fit, swap, people):
    """The new head's hair is drawn above its forehead, where parsing would call it hair."""
    x, y = astronaut_fit.landmarks[10, :2].astype(int)
    unit = np.linalg.norm(astronaut_fit.landmarks[33, :2] - astronaut_fit.landmarks[263, :2])
    plain, other = swap().pixels, swap(light=0.0, skin_tone=1.0).pixels
    above = np.s_[int(y - 0.3 * unit) : y, x - 10 : x + 10]
    assert other[above].mean() < 0.5 * plain[above].mean() + 0.3
    assert other[above].mean() < 0.4  # the source's is dark


def test_tone_follows_the_body_unless_the_source_keeps_its_own(astronaut, astronaut_fit, swap):
    x, y = astronaut_fit.landmarks[50, :2].astype(int)
    patch = np.s_[y - 4 : y + 5, x - 4 : x + 5]
    own = astronaut.pixels[patch].mean()
    toned, untoned = (swap(skin_tone=tone, light=0.0).pixels[patch].mean() for tone in (0.0, 1.0))
    assert abs(toned - own) < 0.75 * abs(untoned - own)
    assert untoned < own - 0.12


def test_the_head_stays_editable(people, swap):
    source = people[1]
    before, after = swap().pixels, swap(source=edit_expression(source, jawOpen=0.6)).pixels
    assert np.abs(after - before).max() > 0.2


def test_a_swap_is_the_same_twice(swap):
    assert np.array_equal(swap().pixels, swap().pixels)


def test_the_head_takes_over_expression_and_turn_within_its_limit(small_head):
    target = edit_expression(small_head, jawOpen=0.7, yaw=40.0)
    head = acting_like(target, small_head, expression=0.5, turn=1.0, most_turn=20.0)
    assert head.expression.max() == pytest.approx(0.35, abs=1e-5)
    assert np.degrees(np.linalg.norm(head.rotation)) == pytest.approx(20.0, abs=0.5)


def test_the_sources_own_edit_is_added(small_head):
    source = edit_expression(small_head, mouthPucker=0.5)
    head = acting_like(small_head, source, expression=1.0, turn=1.0, most_turn=20.0)
    assert head.expression.max() == pytest.approx(0.5, abs=1e-5) and head.reference is small_head


def test_placing_finds_a_similarity_and_keeps_the_chin():
    rng = np.random.default_rng(0)
    points = rng.random((468, 2)) * 100
    turn = np.array([[0.0, -2.0], [2.0, 0.0]])
    target = points @ turn.T + (5, 7)
    assert np.allclose(placing(points, target, 1.0), np.column_stack([turn, (5, 7)]))
    larger = placing(points, target, 1.3)
    assert np.allclose(larger[:, :2] @ points[152] + larger[:, 2], target[152])


def test_a_lost_face_fades_back_to_the_clip(astronaut, swap):
    nobody = [Faces((), 512, 512)] * 25
    context = Context()
    assert swap(faces=nobody, when_lost="fade out", context=context) is astronaut
    assert "faded" in " ".join(context.notices)
    with pytest.raises(NodeError, match="not seen"):
        swap(faces=nobody, when_lost="fail")


def test_inputs_that_do_not_belong_together_are_refused(astronaut, astronaut_fit, people):
    matte, source, _ = people
    small = Image(np.zeros((9, 9, 3), np.float32))
    with pytest.raises(NodeError, match="fitted to a picture of"):
        swap_head(small, astronaut_fit, source, context=CONTEXT)
    with pytest.raises(NodeError, match="knows no picture"):
        swap_head(astronaut, astronaut_fit, replace(source, picture=None), context=CONTEXT)
    with pytest.raises(NodeError, match="target's picture and its parsing"):
        swap_head(astronaut, astronaut_fit, source, Parsing(np.zeros((9, 9), np.uint8)), context=CONTEXT)
    with pytest.raises(NodeError, match="source's picture and its matte"):
        wrong = Mask(np.zeros((9, 9), np.float32))
        swap_head(astronaut, astronaut_fit, source, None, None, matte, wrong, context=CONTEXT)


def test_a_change_of_tone_is_bounded_and_its_direction_kept():
    from nodes.swap._head import _MOST_GAIN, _MOST_HUE, bounded_change

    brighter, hue = bounded_change(np.zeros(3), np.array([2.0, -1.0, -1.0]), np.full(3, 9.0))
    assert brighter == _MOST_GAIN[1] and np.abs(hue).max() == pytest.approx(_MOST_HUE)
    assert hue[1] == pytest.approx(hue[2]) and abs(hue.sum()) < 1e-6
    small = np.array([0.1, -0.05, -0.05])
    assert np.allclose(bounded_change(np.zeros(3), small, small)[1], small)


def test_hair_ends_in_tips_not_in_a_line():
    from nodes.swap._head import _tips

    tips = _tips(400, 60.0)
    assert tips.min() >= 0.0 and tips.max() <= 1.0 and np.ptp(tips) > 0.4
    assert np.abs(np.diff(tips)).max() < 0.35 and np.array_equal(tips, _tips(400, 60.0))


def test_the_inside_of_a_head_is_solid_although_the_matte_doubts_it():
    from nodes.sdk.values import PARSING_CLASSES
    from nodes.swap._head import _well_inside

    labels = np.zeros((80, 80), np.uint8)
    labels[20:60, 20:60] = PARSING_CLASSES.index("hair")
    sure = _well_inside(labels, 40.0)
    assert sure[40, 40] == 1.0 and sure[21, 40] == 0.0 and not sure[labels == 0].any()


def test_the_new_head_has_the_grain_of_the_picture(astronaut, astronaut_fit, people, plate):
    matte, source, source_matte = people
    noise = np.random.default_rng(0).normal(0, 0.04, astronaut.pixels.shape).astype(np.float32)
    grainy = Image(np.clip(astronaut.pixels + noise, 0, 1))
    kept = {"calibrate": False, "skin_tone": 1.0, "light": 0.0, "context": CONTEXT}
    calm, rough = (
        swap_head(image, replace(astronaut_fit, picture=image), source, None, None, matte, source_matte,
                  plate, None, **kept).pixels
        for image in (astronaut, grainy)
    )  # fmt: skip
    x, y = astronaut_fit.landmarks[50, :2].astype(int)
    patch = np.s_[y - 6 : y + 7, x - 6 : x + 7]
    assert (rough[patch] - calm[patch]).std() > 0.5 * 0.04
