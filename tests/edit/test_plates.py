"""The place behind a person: from one picture, and from a clip."""

import numpy as np
import pytest

from nodes.edit.background_plate import background_plate
from nodes.edit.clip_plate import clip_plate
from nodes.sdk.codec import decode, encode
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image, Mask

CONTEXT = Context()


def scene(side=72, post=True):
    """A place with a gradient and a bright post."""
    picture = np.broadcast_to(
        np.linspace(0.2, 0.6, side, dtype=np.float32)[:, None, None], (side, side, 3)
    ).copy()
    if post:
        picture[:, 34:38] = 0.9
    return picture


def with_person(place, left, width=16):
    picture, alpha = place.copy(), np.zeros(place.shape[:2], np.float32)
    picture[20:60, left : left + width] = (1.0, 0.0, 0.0)
    alpha[20:60, left : left + width] = 1.0
    return Image(picture), Mask(alpha)


def test_the_person_goes_and_the_place_stays():
    place = scene(post=False)
    image, matte = with_person(place, 20)
    plate = background_plate(image, matte, context=CONTEXT).pixels
    assert np.abs(plate - place)[matte.alpha > 0].mean() < 0.05
    assert plate[matte.alpha > 0][:, 1].min() > 0.1
    assert np.array_equal(plate[:10], image.pixels[:10])


def test_an_empty_matte_gives_the_picture_back_with_a_message():
    context = Context()
    image = Image(scene())
    assert background_plate(image, Mask(np.zeros((72, 72), np.float32)), context=context) is image
    assert "empty" in context.notices[0]


def test_a_matte_over_everything_or_of_another_size_is_refused():
    image = Image(scene())
    with pytest.raises(NodeError, match="whole picture"):
        background_plate(image, Mask(np.ones((72, 72), np.float32)), context=CONTEXT)
    with pytest.raises(NodeError, match="different sizes"):
        background_plate(image, Mask(np.ones((7, 7), np.float32)), context=CONTEXT)
    with pytest.raises(NodeError, match="different sizes"):
        clip_plate(image, Mask(np.ones((7, 7), np.float32)))


def test_a_clip_tells_what_a_person_uncovers():
    place, state = scene(), None
    for frame in range(24):
        image, matte = with_person(place, 4 + 2 * frame)
        carried = clip_plate(image, matte, previous=state)
        state = carried.state
    # Where the post stood hidden in the middle of the clip it is seen now, not guessed.
    assert np.abs(carried.result.pixels - place).max() < 0.05


def test_a_passing_flash_does_not_stay_in_the_plate():
    place, state = scene(), None
    for frame in range(12):
        image, matte = with_person(place, 50)
        pixels = image.pixels.copy()
        if frame == 2:
            pixels[:18] = 1.0
        carried = clip_plate(Image(pixels), matte, previous=state)
        state = carried.state
    assert np.abs(carried.result.pixels - place)[:18].max() < 0.02


def test_what_is_carried_is_bounded_and_can_be_kept():
    place, state = scene(), None
    sizes = []
    for frame in range(34):
        image, matte = with_person(place, 4 + 2 * (frame % 20))
        state = clip_plate(image, matte, previous=state).state
        sizes.append(len(state[0]))
    assert max(sizes) <= 9 and state[2] == 34
    again = decode(*encode(state))
    image, matte = with_person(place, 10)
    a, b = (clip_plate(image, matte, previous=held).result.pixels for held in (state, again))
    assert np.array_equal(a, b)
