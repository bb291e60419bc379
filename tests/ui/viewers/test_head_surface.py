"""A fitted head in the 3D viewer wears its photograph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.ui.viewers.film import wires_of
from app.ui.viewers.surfaces import IRIS, PUPIL, surface_of
from nodes.edit.edit_expression import edit_expression
from nodes.head._shape import parts_of
from nodes.sdk.values import HeadState
from tests.head.conftest import *  # noqa: F403 - the fixtures of the fitted photograph


def test_the_skin_has_the_colours_of_the_photograph(astronaut_fit: HeadState) -> None:
    surface = surface_of(astronaut_fit)
    assert surface is not None
    model = astronaut_fit.model
    lips = np.median(surface.colours[model.landmark_triangles[[0, 17, 61, 291]].ravel()], axis=0)
    cheeks = np.median(surface.colours[model.landmark_triangles[[50, 280, 205, 425]].ravel()], axis=0)
    assert cheeks.mean() > lips.mean() + 0.05
    assert lips[0] - lips[1] > cheeks[0] - cheeks[1]


def test_an_expression_keeps_the_colours(astronaut_fit: HeadState) -> None:
    still, moved = surface_of(astronaut_fit), surface_of(edit_expression(astronaut_fit, jawOpen=1.0))
    assert still is not None and moved is not None
    assert np.array_equal(still.colours, moved.colours)
    assert not np.array_equal(still.positions, moved.positions)


def test_eyes_have_iris_and_pupil(astronaut_fit: HeadState) -> None:
    surface = surface_of(astronaut_fit)
    assert surface is not None
    for eye in parts_of(astronaut_fit.model).eyes:
        colours = surface.colours[eye]
        for colour in (IRIS, PUPIL):
            assert np.isclose(colours, colour).all(axis=1).any()


def test_without_a_photograph_the_head_is_plain(astronaut_fit: HeadState) -> None:
    bare = replace(astronaut_fit, picture=None)
    surface = surface_of(bare)
    assert surface is not None
    skin = astronaut_fit.model.landmark_triangles[50]
    assert np.ptp(surface.colours[skin], axis=0).max() == 0.0


def test_the_wireframe_of_a_head_lies_on_its_photograph(astronaut_fit: HeadState) -> None:
    wires = wires_of(astronaut_fit)
    assert (wires.width, wires.height) == (astronaut_fit.camera.width, astronaut_fit.camera.height)
    assert len(wires.lines) > 2000
    ends = wires.lines.reshape(-1, 2)
    for x, y in astronaut_fit.landmarks[[1, 61, 291, 152], :2]:
        assert np.hypot(ends[:, 0] - x, ends[:, 1] - y).min() < 8, "an end of an edge is near every landmark"
