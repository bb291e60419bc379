"""Heads under a lamp, and stills by OpenGL."""

import builtins
import sys

import numpy as np
import pytest

from nodes.head._lamp import Lamp
from nodes.head._physical import lamp_directions
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera
from tests.head.rendering import rendered

LEFT, RIGHT = np.s_[70:90, 55:65], np.s_[70:90, 95:105]


def brightness(picture, place):
    return float(picture.pixels[place][..., :3].mean())


@pytest.mark.parametrize("mode", ["clay", "on its own"])
def test_the_lamp_brightens_its_own_side(small_head, mode):
    from_right = rendered(small_head, mode=mode, light="lamp", lamp_side=80.0, ambient=0.1)
    from_left = rendered(small_head, mode=mode, light="lamp", lamp_side=-80.0, ambient=0.1)
    assert brightness(from_right, RIGHT) > 1.5 * brightness(from_right, LEFT)
    assert brightness(from_left, LEFT) > 1.5 * brightness(from_left, RIGHT)


def test_a_high_lamp_brightens_the_top(small_head):
    lit = rendered(small_head, mode="clay", light="lamp", lamp_side=0.0, lamp_height=80.0, ambient=0.0)
    assert lit.pixels[50, 80, :3].mean() > 1.5 * lit.pixels[110, 80, :3].mean()


def test_without_lamp_and_room_it_is_dark_and_colours_are_the_lamps(small_head):
    dark = rendered(small_head, mode="clay", light="lamp", lamp_strength=0.0, ambient=0.0)
    assert dark.pixels[80, 80, :3].max() < 1e-3
    assert dark.pixels[80, 80, 3] == 1
    red = rendered(small_head, mode="clay", light="lamp", lamp_colour=(1.0, 0.0, 0.0), ambient=0.0).pixels
    assert red[80, 80, 0] > 0.3 > 0.01 > red[80, 80, 1]


def test_a_soft_lamp_reaches_further_around(small_head):
    hard, soft = (
        rendered(small_head, mode="clay", light="lamp", lamp_side=90.0, lamp_softness=s, ambient=0.0)
        for s in (0.0, 1.0)
    )
    assert brightness(soft, LEFT) > 0.15 > brightness(hard, LEFT)


def test_data_modes_know_no_light(small_head):
    plain = rendered(small_head, mode="depth").pixels
    assert np.array_equal(rendered(small_head, mode="depth", light="lamp").pixels, plain)


def test_the_points_of_a_lamp_lie_around_it():
    lamp = Lamp(side=30.0, height=20.0, softness=0.5)
    points = lamp_directions(lamp)
    assert np.allclose(np.linalg.norm(points, axis=1), 1.0)
    apart = np.degrees(np.arccos(np.clip(points @ lamp.direction, -1, 1)))
    assert 12 < apart.max() <= 20.1
    assert (
        np.degrees(np.arccos(points.mean(axis=0) @ lamp.direction / np.linalg.norm(points.mean(axis=0)))) < 3
    )
    assert len(lamp_directions(Lamp(softness=0.0))) == 1


@pytest.mark.parametrize("mode", ["over photo", "depth", "wireframe"])
def test_what_is_not_drawn_physically_based_says_so(small_head, mode):
    with pytest.raises(NodeError, match="not drawn physically based"):
        rendered(small_head, mode=mode, method="physically based")


def test_stills_have_a_largest_size(small_head):
    camera = Camera(1000.0, 4000.0, 4000.0, 8000, 8000)
    with pytest.raises(NodeError, match="too large"):
        rendered(small_head, camera, mode="clay", method="physically based")


def test_without_opengl_it_says_what_to_do(small_head, monkeypatch):
    real = builtins.__import__

    def missing(name, *rest, **more):
        if name == "pyrender":
            raise ImportError("Unable to load EGL library")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "pyrender", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(NodeError, match="cannot start") as caught:
        rendered(small_head, mode="clay", method="physically based")
    assert "quick" in caught.value.hint


def test_a_still_covers_what_the_quick_picture_covers(small_head):
    quick = rendered(small_head, mode="clay").pixels[..., 3] > 0.5
    try:
        still = rendered(
            small_head, mode="clay", method="physically based", lamp_softness=0.0, lamp_side=70.0
        )
    except NodeError as error:
        pytest.skip(str(error))
    covered = still.pixels[..., 3] > 0.5
    assert (quick & covered).sum() / (quick | covered).sum() > 0.97
    assert brightness(still, RIGHT) > 1.3 * brightness(still, LEFT)
