"""Telling that a face was taken without having been chosen."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._certainty import tell_if_several
from nodes.sdk.context import Context
from nodes.sdk.values import Face, Faces


def a_face(width, name=""):
    box = np.array([0, 0, width, width], np.float32)
    none = np.zeros((0, 3), np.float32)
    return replace(Face(box, none, np.zeros((5, 2), np.float32)), name=name)


def several(*widths):
    return Faces(tuple(a_face(width) for width in widths), 640, 480)


def test_two_faces_of_like_size_are_told_with_what_to_do():
    context = Context()
    assert tell_if_several(several(100, 80, 30), 0, context)
    assert "3 faces" in context.notices[0] and "'Which face'" in context.notices[0]


@pytest.mark.parametrize("widths, which", [((100,), 0), ((100, 80), 1), ((100, 40), 0)])
def test_a_face_that_is_alone_or_chosen_or_far_larger_needs_no_words(widths, which):
    context = Context()
    assert not tell_if_several(several(*widths), which, context)
    assert not context.notices


def test_a_face_chosen_by_its_name_needs_no_words():
    context = Context()
    named = Faces((a_face(100, "Ada"), a_face(90)), 640, 480)
    assert not tell_if_several(named, 0, context)
