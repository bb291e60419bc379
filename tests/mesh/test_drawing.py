"""Drawing meshes and laying pictures out."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.mesh._sheets import sheet
from nodes.mesh.contact_sheet import contact_sheet
from nodes.mesh.render_mesh import render_mesh
from nodes.mesh.turntable_sheet import turntable_sheet
from nodes.sdk import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image, Mesh


def _card(z: float, colour: tuple[float, float, float], size: float = 1.0) -> Mesh:
    vertices = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32) * size
    vertices[:, 2] = z
    colours = np.tile(np.float32([colour]), (4, 1))
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32), colours=colours)


def test_colours_are_shown_as_they_are_and_nearer_hides_farther():
    near, far = _card(0.5, (1, 0, 0), 0.5), _card(0.0, (0, 1, 0))
    drawn = render_mesh([far, near], width=64, height=64, context=Context()).pixels
    np.testing.assert_allclose(drawn[32, 32], [1, 0, 0], atol=1e-5)
    assert (np.abs(drawn - [0, 1, 0]).max(axis=2) < 1e-5).any()


def test_the_back_of_an_open_surface_is_seen_too():
    drawn = render_mesh([_card(0, (0, 0, 1))], orbit=180.0, width=32, height=32, context=Context()).pixels
    np.testing.assert_allclose(drawn[16, 16], [0, 0, 1], atol=1e-5)


def test_transparent_ground_and_normals():
    drawn = render_mesh(
        [_card(0, (1, 1, 1))], look="normals", transparent=True, zoom=0.5, width=32, height=32,
        context=Context(),
    ).pixels  # fmt: skip
    np.testing.assert_allclose(drawn[16, 16], [0.5, 0.5, 1.0, 1.0], atol=1e-3)
    assert drawn[0, 0, 3] == 0


def test_two_textures_in_one_picture():
    uv = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float32)
    cards = []
    for x, colour in ((-1.2, (1, 0, 0)), (1.2, (0, 0, 1))):
        plain = _card(0, (0, 0, 0))
        texture = Image(np.broadcast_to(np.float32(colour), (4, 4, 3)).copy())
        cards.append(Mesh(plain.vertices + np.float32([x, 0, 0]), plain.triangles, uv, texture))
    drawn = render_mesh(cards, width=64, height=64, context=Context()).pixels
    np.testing.assert_allclose(drawn[32, 16], [1, 0, 0], atol=0.01)
    np.testing.assert_allclose(drawn[32, 48], [0, 0, 1], atol=0.01)


def test_no_mesh_gives_the_background():
    drawn = render_mesh([], width=16, height=16, background=(0.5, 0.5, 0.5), context=Context()).pixels
    np.testing.assert_allclose(drawn, 0.5)


def test_a_sheet_keeps_order_and_size():
    cells = [np.full((4, 6, 3), number / 4, np.float32) for number in range(3)]
    found = sheet(cells, 2, 1, (1.0, 1.0, 1.0))
    assert found.shape == (11, 15, 3)
    assert [found[3, 3, 0], found[3, 10, 0], found[8, 3, 0], found[8, 10, 0]] == [0.0, 0.25, 0.5, 1.0]


def test_a_sheet_that_would_be_too_large_is_refused():
    huge = np.broadcast_to(np.zeros(3, np.float32), (9000, 9000, 3))
    with pytest.raises(NodeError, match="px"):
        sheet([huge, huge], 2, 0, (0, 0, 0))
    with pytest.raises(NodeError, match="no picture"):
        contact_sheet([])


def test_a_turntable_shows_every_side():
    box = _card(0, (1, 0, 0))
    found = turntable_sheet([box], views=4, columns=4, size=32, gap=0, context=Context()).pixels
    widths = [
        (np.abs(found[:, 32 * n : 32 * n + 32] - 0.12).max(axis=2) > 0.1).any(axis=0).sum() for n in range(4)
    ]
    assert widths[0] > 15
    assert widths[1] < 4
    assert widths[2] > 15
