"""The second reader of faces: its convolutions, and what is measured on its points."""

import numpy as np
import pytest

from nodes.portrait._depthwise import depthwise
from nodes.portrait.landmarks68 import CARD, MEASURES, Landmarks68, measures
from nodes.sdk.models import find


@pytest.mark.parametrize(("stride", "before"), [(1, 1), (2, 0)])
def test_every_channel_is_convolved_by_itself(stride, before):
    generator = np.random.default_rng(4)
    picture = generator.random((8, 6, 3), np.float32)
    kernel = generator.random((3, 3, 3), np.float32)
    padded = np.pad(picture, ((before, 2 - before), (before, 2 - before), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))[::stride, ::stride]
    wanted = np.einsum("yxcji,jic->yxc", windows, kernel)
    assert np.allclose(depthwise(picture, kernel, stride), wanted, atol=1e-5)


def made_up_face():
    points = np.zeros((68, 2), np.float32)
    points[36:42] = [(30, 50), (36, 47), (42, 47), (48, 50), (42, 53), (36, 53)]
    points[42:48] = [(72, 50), (78, 47), (84, 47), (90, 50), (84, 53), (78, 53)]
    points[17:27, 0] = np.linspace(25, 95, 10)
    points[17:27, 1] = 38
    points[33] = (60, 80)
    points[48:68, 0] = 60
    points[48:68, 1] = 95
    points[48], points[54] = (45, 95), (75, 95)
    return points


def test_measures_are_free_of_size_place_and_roll():
    face = made_up_face()
    angle = 0.4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert np.allclose(measures(face), measures(2.5 * face @ turn.T + (31, -7)), atol=1e-4)


def test_an_open_mouth_and_raised_brows_are_told_apart():
    face = made_up_face()
    opened, raised = face.copy(), face.copy()
    opened[[65, 66, 67], 1] += 12
    raised[17:27, 1] -= 6
    change = measures(opened) - measures(face)
    assert change[MEASURES.index("mouth open")] > 0.3 and np.abs(change[3:]).max() < 1e-4
    change = measures(raised) - measures(face)
    assert change[MEASURES.index("left brow")] > 0.15 and abs(change[0]) < 1e-4


@pytest.mark.models
def test_it_sees_the_face_where_it_is(astronaut, astronaut_fit):
    path = find(CARD)
    if path is None:
        pytest.skip("the 68-point network is not fetched")
    places = astronaut_fit.landmarks[:468, :2]
    box = np.concatenate([places.min(axis=0), places.max(axis=0)])
    points = Landmarks68(path).read(astronaut.pixels, box)
    unit = np.linalg.norm(places[33] - places[263])
    for ours, theirs in ((36, 33), (45, 263), (48, 61), (54, 291), (8, 152), (33, 2)):
        assert np.linalg.norm(points[ours] - places[theirs]) < 0.12 * unit
