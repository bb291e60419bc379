"""The parsing that swaps go by: wired, or made by themselves."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.sdk.context import Context
from nodes.sdk.values import PARSING_CLASSES, Parsing
from nodes.swap import _labels
from nodes.swap._labels import parsing_for, shows_face
from tests.samples import model as fetched

SKIN, HAIR = PARSING_CLASSES.index("skin"), PARSING_CLASSES.index("hair")


@pytest.fixture
def head(small_head):
    points = np.zeros((478, 3), np.float32)
    points[:, 0] = 80 + 30 * np.sin(np.arange(478))
    points[:, 1] = 80 + 30 * np.cos(np.arange(478))
    return replace(small_head, landmarks=points)


def labels(where, what=SKIN):
    found = np.zeros((160, 160), np.uint8)
    found[where] = what
    return Parsing(found)


def test_a_parsing_of_another_person_is_told(head):
    context = Context()
    elsewhere = labels((slice(0, 30), slice(0, 30)))
    assert parsing_for(elsewhere, None, head, "the source's", context, make=True) is elsewhere
    assert "the source's parsing shows no face" in context.notices[0]


def test_a_parsing_of_this_person_is_taken_without_a_word(head):
    context = Context()
    here = labels((slice(0, 140), slice(40, 120)))
    assert parsing_for(here, None, head, "the target's", context, make=True) is here
    assert not context.notices


def test_a_face_mostly_behind_hair_shows_no_face_and_one_outside_the_picture_is_not_judged(head):
    assert not shows_face(labels((slice(0, 160), slice(0, 160)), HAIR), head)
    assert shows_face(labels((slice(0, 1), slice(0, 1))), replace(head, landmarks=head.landmarks + 500))


def test_nothing_is_made_when_it_is_not_wanted(head):
    assert parsing_for(None, None, head, "the target's", Context(), make=False) is None


def test_without_the_parser_its_lack_is_told_and_nothing_fails(head, monkeypatch):
    monkeypatch.setattr(_labels, "find", lambda name: None)
    context = Context()
    assert parsing_for(None, None, head, "the target's", context, make=True) is None
    assert "facewright models fetch face_parser" in context.notices[0]


@pytest.mark.models
def test_an_unwired_parsing_is_made_once_for_a_picture(astronaut, astronaut_fit):
    fetched("face_parser")
    made = [
        parsing_for(None, astronaut, astronaut_fit, "the target's", Context(), make=True) for _ in range(2)
    ]
    assert made[0] is made[1] is not None
    assert shows_face(made[0], astronaut_fit)
    assert (made[0].labels == HAIR).sum() > 1000
