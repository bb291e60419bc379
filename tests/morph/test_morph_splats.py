"""Morphs between sets of splats."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.camera._placing import orbit
from nodes.gaussians.render import render
from nodes.gaussians.surfaces import drawn_meshes
from nodes.morph.morph_splats import morph_splats
from nodes.sdk import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Mesh, Splats, Table
from nodes.splats.mesh_to_splats import mesh_to_splats


def _shell(count: int, stretch: tuple[float, float, float], level: float, bands: int = 1) -> Splats:
    """Opaque splats on an ellipsoid (Fibonacci lattice)."""
    height = 1 - 2 * (np.arange(count) + 0.5) / count
    angle = np.arange(count) * np.pi * (3 - np.sqrt(5))
    across = np.sqrt(1 - height**2)
    points = np.stack([across * np.cos(angle), height, across * np.sin(angle)], axis=1) * stretch
    harmonics = np.zeros((count, bands, 3), np.float32)
    harmonics[:, 0] = level
    turns = np.tile(np.float32([1, 0, 0, 0]), (count, 1))
    return Splats(
        points.astype(np.float32),
        np.full((count, 3), 0.01, np.float32),
        turns,
        np.full(count, 0.9, np.float32),
        harmonics,
    )


@pytest.fixture(scope="module")
def shells() -> list[Splats]:
    return [_shell(1500, (0.1, 0.1, 0.1), 0.5), _shell(2000, (0.2, 0.1, 0.1), -0.5, 4)]


def test_the_ends_are_the_inputs_themselves(shells):
    assert morph_splats(shells, amount=0.0, context=Context()) is shells[0]
    assert morph_splats(shells, amount=1.0, context=Context()) is shells[1]


def test_both_sets_lie_on_the_shape_between(shells):
    middle = morph_splats(shells, amount=0.5, context=Context())
    assert len(middle.positions) == 3500
    for part in (middle.positions[:1500], middle.positions[1500:]):
        size = np.percentile(np.abs(part), 99, axis=0)
        np.testing.assert_allclose(size, [0.15, 0.1, 0.1], rtol=0.12)
    np.testing.assert_allclose(np.linalg.norm(middle.rotations, axis=1), 1.0, atol=1e-4)
    assert middle.scales.min() > 0


def test_nothing_shines_through_while_one_fades_into_the_other(shells):
    for amount in (0.2, 0.5, 0.8):
        found = morph_splats(shells, amount=amount, context=Context()).opacities
        through = (1 - found[0]) * (1 - found[-1])
        assert through == pytest.approx(0.1, abs=0.01)


def test_near_an_end_the_other_set_is_unseen(shells):
    near = morph_splats(shells, amount=1e-3, context=Context())
    np.testing.assert_allclose(near.positions[:1500], shells[0].positions, atol=1e-3)
    assert near.opacities[1500:].max() < 1e-3


def test_an_empty_set_is_refused():
    with pytest.raises(NodeError, match="empty"):
        morph_splats([], context=Context())


def test_guides_bring_named_places_of_splats_together(shells):
    ball = shells[0]
    other = _shell(1500, (0.1, 0.1, 0.1), 0.5)
    here = ball.positions[[100, 400, 700, 1000, 1300]]
    angle = 0.6
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    tables = [
        Table(
            ("name", "x", "y", "z"), tuple((str(row), *map(float, place)) for row, place in enumerate(places))
        )
        for places in (here, here @ turn.T)
    ]
    free = morph_splats([ball, other], amount=0.999, context=Context()).positions[:1500]
    led = morph_splats([ball, other], tables, amount=0.999, context=Context()).positions[:1500]
    rows = [100, 400, 700, 1000, 1300]
    want = here @ turn.T
    assert np.linalg.norm(led[rows] - want, axis=1).mean() < 0.012
    assert np.linalg.norm(free[rows] - want, axis=1).mean() > 0.03


def test_a_mesh_becomes_splats_that_look_like_it_and_morphs_into_others(shells):
    import trimesh

    ball = trimesh.creation.icosphere(3, 0.1)
    colours = np.clip(0.5 + 4 * ball.vertices, 0, 1).astype(np.float32)
    mesh = Mesh(ball.vertices.astype(np.float32), ball.faces.astype(np.int32), colours=colours)
    made = mesh_to_splats(mesh, count=4000)
    camera = orbit(np.zeros(3), 0.5, around=20, above=10, width=96, height=96)
    drawn, want = render(made, camera), drawn_meshes([mesh], camera)
    assert want is not None
    inside = want.alpha > 0.99
    assert drawn.alpha[inside].min() > 0.9 and drawn.alpha[want.alpha < 0.01].mean() < 0.05
    assert np.abs(drawn.colour - want.colour)[inside].mean() < 0.03
    between = morph_splats([shells[1], made], amount=0.5, context=Context())
    assert len(between.positions) == 6000 and np.isfinite(between.positions).all()


def test_a_mesh_without_a_surface_gives_no_splats():
    flat = Mesh(np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32))
    for mesh in (flat, Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))):
        with pytest.raises(NodeError, match="no surface"):
            mesh_to_splats(mesh)
