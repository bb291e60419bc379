"""Quick looks: the picture is drawn smaller, and shows the same."""

from __future__ import annotations

import numpy as np

from nodes.edit.edit_expression import edit_expression
from nodes.head._smaller import shrunk_picture, smaller_fit
from nodes.head.render_head import render_head
from nodes.sdk.context import Context, RunSettings


def quick(proxy: int) -> Context:
    return Context(settings=RunSettings(proxy=proxy))


def test_a_quick_look_is_half_the_size_and_shows_the_edit(astronaut_fit):
    edited = edit_expression(astronaut_fit, jawOpen=0.7, eyeBlinkLeft=1.0, yaw=6.0)
    full = render_head(edited).pixels
    small = render_head(edited, context=quick(2)).pixels
    assert small.shape == (full.shape[0] // 2, full.shape[1] // 2, 3)
    assert np.abs(small - shrunk_picture(full, 2)).mean() < 0.004
    unedited = shrunk_picture(render_head(astronaut_fit).pixels, 2)
    moved = np.abs(shrunk_picture(full, 2) - unedited).max(axis=2) > 0.1
    assert np.abs(small - unedited).max(axis=2)[moved].mean() > 0.1


def test_an_unedited_head_is_the_photograph_made_smaller(astronaut_fit):
    small = render_head(astronaut_fit, context=quick(2)).pixels
    assert np.array_equal(small, shrunk_picture(astronaut_fit.picture.pixels, 2))


def test_full_size_does_not_depend_on_quick_looks_before(astronaut_fit):
    edited = edit_expression(astronaut_fit, jawOpen=0.5)
    before = render_head(edited).pixels
    render_head(edited, context=quick(2))
    assert np.array_equal(render_head(edited).pixels, before)


def test_small_faces_stay_large_enough_to_judge(astronaut_fit):
    from nodes.head._fit import eye_distance

    for proxy in (2, 4, 8):
        assert eye_distance(smaller_fit(astronaut_fit, proxy).landmarks) >= 20.0


def test_the_smaller_fit_is_made_once(astronaut_fit):
    assert smaller_fit(astronaut_fit, 2) is smaller_fit(astronaut_fit, 2)


def test_other_modes_shrink_too(astronaut_fit):
    clay = render_head(astronaut_fit, mode="clay", context=quick(4))
    assert (clay.width, clay.height) == (astronaut_fit.camera.width // 4, astronaut_fit.camera.height // 4)
