"""Faces that are lost, cut or small."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.portrait.presence import seen_share, tell_if_cut, tell_if_small
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Face, Faces


def landmarks(x=80.0, y=80.0, size=20.0):
    points = np.zeros((478, 3), np.float32)
    points[:, 0] = x + size * np.sin(np.arange(478))
    points[:, 1] = y + size * np.cos(np.arange(478))
    points[33, :2], points[263, :2] = (x - size, y), (x + size, y)
    points[133, :2], points[362, :2] = (x - size / 3, y), (x + size / 3, y)
    return points


def a_face(x=80.0, y=80.0):
    return Face(
        box=np.array([x - 20, y - 20, x + 20, y + 20], np.float32),
        landmarks=landmarks(x, y),
        key_points=np.zeros((5, 2), np.float32),
        coefficients=np.zeros(52, np.float32),
        rotation=np.eye(3, dtype=np.float32),
    )


NOBODY = Faces((), 160, 160)


def window(*seen):
    """Frames about the middle one, 1 where the face is seen."""
    return [Faces((a_face(),), 160, 160) if there else NOBODY for there in seen]


@pytest.fixture
def head(small_head):
    return replace(small_head, landmarks=landmarks())


def told(context):
    return " ".join(context.notices)


def test_a_seen_face_counts_fully_and_unknown_faces_do_too(head):
    context = Context()
    assert seen_share(window(0, 1, 0), head, "fail", context) == 1.0
    assert seen_share(None, head, "fail", context) == 1.0
    assert not context.notices


def test_a_lost_face_fails_when_asked_to(head):
    with pytest.raises(NodeError, match="not seen"):
        seen_share(window(1, 0, 1), head, "fail", Context())


def test_a_lost_face_is_held_with_a_message(head):
    context = Context()
    assert seen_share(window(1, 0, 0), head, "hold", context) == 1.0
    assert "held" in told(context)


def test_an_edit_fades_out_and_in_again(head):
    def share(*seen):
        return seen_share(window(*seen), head, "fade out", Context())

    leaving = [share(1, 1, 0, 0, 0), share(1, 0, 0, 0, 0), share(0, 0, 0, 0, 0)]
    assert leaving[0] > leaving[1] > leaving[2] == 0.0
    assert share(0, 0, 0, 1, 1) == leaving[0]


def test_somebody_else_far_off_is_not_the_face(head):
    far = Faces((a_face(400.0, 400.0),), 800, 800)
    with pytest.raises(NodeError):
        seen_share([far], head, "fail", Context())


def test_several_faces_and_none_chosen_are_told(head):
    context = Context()
    seen_share([Faces((a_face(), a_face(120.0)), 160, 160)], head, "hold", context)
    assert "2 faces" in told(context)


def test_a_cut_face_is_told(head):
    context = Context()
    assert not tell_if_cut(head, context)
    assert tell_if_cut(replace(head, landmarks=landmarks(x=2.0)), context)
    assert "border" in told(context)


def test_a_much_smaller_source_is_told(head):
    context = Context()
    assert not tell_if_small(head, head, context)
    assert tell_if_small(replace(head, landmarks=landmarks(size=5.0)), head, context)
    assert "4.0 times smaller" in told(context)
