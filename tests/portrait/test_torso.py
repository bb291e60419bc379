"""What lies below a head: told by colour, and guessed under hair."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.portrait.backdrop import BARE, kinds_of, parts, without_head
from nodes.portrait.torso import hidden_torso, like_skin_or_hair, neck_sides
from nodes.sdk.values import PARSING_CLASSES

NUMBER = PARSING_CLASSES.index
SKIN, HAIR = (0.8, 0.6, 0.5), (0.2, 0.12, 0.1)


@pytest.fixture
def sitter(small_head):
    """A fit with a face in the middle of 200 x 200 pixels, one eye distance being 40."""
    points = np.tile(np.array([[100.0, 80.0]], np.float32), (478, 1))
    places = {
        33: (80, 70), 133: (80, 70), 263: (120, 70), 362: (120, 70), 152: (100, 120),
        172: (75, 105), 397: (125, 105), 234: (66, 75), 454: (134, 75), 136: (84, 114), 365: (116, 114),
    }  # fmt: skip
    for row, place in places.items():
        points[row] = place
    camera = replace(small_head.camera, width=200, height=200)
    return replace(small_head, landmarks=np.column_stack([points, np.zeros(478)]), camera=camera)


def scene():
    """Face, long hair that hides the sides of the neck, a bare shoulder that was not parsed, a dress."""
    labels = np.zeros((200, 200), np.uint8)
    picture = np.full((200, 200, 3), (0.2, 0.4, 0.8), np.float32)
    draw = np.random.default_rng(0).normal(0, 0.01, picture.shape).astype(np.float32)

    def put(rows, columns, name, colour):
        picture[rows, columns] = colour
        if name:
            labels[rows, columns] = NUMBER(name)

    put(slice(30, 190), slice(55, 145), "hair", HAIR)
    put(slice(55, 118), slice(70, 130), "skin", SKIN)
    put(slice(118, 165), slice(85, 115), "neck", SKIN)
    put(slice(165, 200), slice(10, 190), "cloth", (0.9, 0.2, 0.3))
    put(slice(145, 165), slice(10, 55), "", SKIN)
    alpha = (np.abs(picture - (0.2, 0.4, 0.8)).max(axis=2) > 0.1).astype(np.float32)
    return picture + draw, labels, alpha


def test_colours_tell_skin_from_hair_and_from_neither():
    picture, labels, _ = scene()
    place = np.zeros((200, 200), bool)
    place[150, 20] = place[180, 20] = place[100, 60] = True
    skin, hair = like_skin_or_hair(picture, labels, place)
    # in the order of rows: hair beside the face, the bare shoulder, the dress
    assert list(skin) == [False, True, False] and list(hair) == [True, False, False]


def test_a_bare_shoulder_that_was_not_parsed_is_body(sitter):
    picture, labels, alpha = scene()
    kinds = kinds_of(picture, alpha, labels, sitter)
    assert (kinds[150:160, 15:50] == BARE).mean() > 0.95
    head, _, front = parts(picture, alpha, labels, sitter)
    assert front[152:160, 20:45].min() > 0.8 and head[152:160, 20:45].max() < 0.2


def test_lobes_of_ears_belong_to_the_head(sitter):
    picture, labels, alpha = scene()
    labels[80:104, 58:66] = NUMBER("left ear")
    picture[80:104, 58:66] = SKIN
    head, _, front = parts(picture, alpha, labels, sitter)
    assert head[98:103, 60:65].min() > 0.8 and front[98:103, 60:65].max() < 0.2


def test_shoulders_go_on_under_hair_and_meet_what_is_seen(sitter):
    body = np.zeros((200, 200), bool)
    body[150:, :40] = True
    torso = hidden_torso(sitter, body, (80.0, 120.0))
    assert torso[110, 100] and not torso[110, 60] and not torso[70, 100]
    line = torso.argmax(axis=0)
    assert (np.diff(line[121:190]) >= 0).all() and (np.diff(line[10:79]) <= 0).all()
    assert abs(int(line[30]) - 150) < 8


def test_the_visible_neck_tells_its_sides_and_hair_does_not(sitter):
    kinds = np.zeros((200, 200), np.uint8)
    kinds[118:150, 88:112] = NUMBER("neck")
    assert neck_sides(sitter, kinds) == (88.0, 112.0)
    kinds[118:150, 112:140] = NUMBER("hair")
    low, high = neck_sides(sitter, kinds)
    assert low == 88.0 and high > 118


def test_without_the_head_neck_and_shoulders_are_skin(sitter):
    picture, labels, alpha = scene()
    over = parts(picture, alpha, labels, sitter)[0]
    plate = np.full_like(picture, (0.2, 0.4, 0.8))
    made = without_head(picture, alpha, over, labels, plate, sitter)
    # where hair hid the side of the neck, and the shoulder beside it
    for row, column in ((150, 80), (155, 62)):
        assert np.abs(made[row, column] - SKIN).max() < 0.2
    assert np.abs(made[40, 100] - (0.2, 0.4, 0.8)).max() < 0.05
    # the neck is no box: its sides are darker than its middle
    assert made[112, 83].mean() < made[112, 100].mean() + 0.02
