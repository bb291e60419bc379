"""Morphs between meshes without correspondences, and between heads of one model."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from nodes.morph._keys import segment
from nodes.morph._pair import Matching, Pair
from nodes.morph.morph_heads import morph_heads
from nodes.morph.morph_shapes import morph_shapes
from nodes.sdk import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image, Mesh, Table
from tests.head.conftest import small_head, small_model  # noqa: F401


def _ball(stretch: tuple[float, float, float], colour: tuple[float, float, float], finer: int = 3) -> Mesh:
    import trimesh

    found = trimesh.creation.icosphere(finer)
    vertices = (found.vertices * stretch).astype(np.float32)
    colours = np.tile(np.float32([colour]), (len(vertices), 1))
    return Mesh(vertices, found.faces.astype(np.int32), colours=colours)


def _box(size: float) -> Mesh:
    import trimesh

    found = trimesh.creation.box((size, size, size)).subdivide().subdivide().subdivide()
    colours = np.tile(np.float32([[0.0, 0.0, 1.0]]), (len(found.vertices), 1))
    return Mesh(found.vertices.astype(np.float32), found.faces.astype(np.int32), colours=colours)


def _volume(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]].astype(np.float64) for corner in range(3))
    return float(np.einsum("nc,nc->n", a, np.cross(b, c)).sum() / 6)


@pytest.fixture(scope="module")
def pair() -> Pair:
    return Pair(_ball((0.1, 0.1, 0.1), (1, 0, 0)), _box(0.2), Matching())


def test_the_ends_are_the_inputs_themselves(pair):
    assert pair.at(0.0) is pair.first.mesh
    assert pair.at(1.0) is pair.second.mesh


def test_close_to_the_ends_the_morph_is_close_to_them(pair):
    for t, end in ((1e-4, pair.first.mesh), (1 - 1e-4, pair.second.mesh)):
        near = pair.at(t)
        np.testing.assert_allclose(near.vertices, end.vertices, atol=1e-4)
        np.testing.assert_allclose(near.colours, end.colours, atol=1e-3)


def test_nothing_jumps_where_one_mesh_hands_over_to_the_other(pair):
    from scipy.spatial import cKDTree

    before, after = pair.at(pair.handover - 1e-6), pair.at(pair.handover)
    gap = cKDTree(before.vertices).query(after.vertices)[0]
    # The first one's vertices are 7 mm apart.
    assert np.mean(gap) < 0.006
    assert _volume(after) == pytest.approx(_volume(before), rel=0.05)
    np.testing.assert_allclose(before.colours.mean(axis=0), after.colours.mean(axis=0), atol=0.03)


def test_a_ring_opens_into_a_ball_without_a_jump():
    import trimesh
    from scipy.spatial import cKDTree

    ring = trimesh.creation.torus(0.1, 0.035, major_sections=40, minor_sections=20)
    ball = trimesh.creation.icosphere(3, 0.1)
    made = [
        Mesh(
            found.vertices.astype(np.float32),
            found.faces.astype(np.int32),
            colours=np.full((len(found.vertices), 3), 0.5, np.float32),
        )
        for found in (ring, ball)
    ]
    pair = Pair(*made, Matching())
    before, after = pair.at(pair.handover - 1e-6), pair.at(pair.handover)
    places = [mesh.vertices[np.unique(mesh.triangles)] for mesh in (before, after)]
    # Nothing of the ball stands where the ring has its hole, and none of the ring is lost.
    for one, other in (places, places[::-1]):
        gap = cKDTree(one).query(other)[0]
        assert np.quantile(gap, 0.98) < 0.02, gap.max()
    assert np.linalg.norm(pair.at(1.0).vertices, axis=1) == pytest.approx(0.1, abs=1e-4)


def test_what_only_one_has_draws_back_all_along_the_way():
    whole = _ball((0.1, 0.1, 0.1), (1, 0, 0))
    front = whole.vertices[whole.triangles].mean(axis=1)[:, 2] > -0.02
    half = Mesh(whole.vertices, whole.triangles[front], colours=whole.colours)
    assert Pair(whole, half, Matching()).handover > 0.8
    assert Pair(half, whole, Matching()).handover < 0.2


def test_between_a_ball_and_a_box_the_volume_grows_evenly(pair):
    volumes = [_volume(pair.at(t)) for t in np.linspace(0, 1, 9)]
    assert all(later > earlier * 0.98 for earlier, later in itertools.pairwise(volumes))


def test_several_keys_are_passed_through_and_matched_once():
    shapes = [_ball((0.1, 0.1, 0.1), (1, 0, 0), 2), _ball((0.2, 0.1, 0.1), (0, 1, 0), 3), _box(0.1)]
    context = Context()
    assert morph_shapes(shapes, [], amount=0.0, context=context) is shapes[0]
    assert morph_shapes(shapes, [], amount=0.5, context=context) is shapes[1]
    assert morph_shapes(shapes, [], amount=1.0, context=context) is shapes[2]
    middle = morph_shapes(shapes, [], amount=0.25, context=context)
    assert np.ptp(middle.vertices[:, 0]) == pytest.approx(0.3, abs=0.02)
    reports: list[float] = []
    again = morph_shapes(
        shapes, [], amount=0.25, context=Context(on_progress=lambda share, _doing: reports.append(share))
    )
    np.testing.assert_array_equal(middle.vertices, again.vertices)
    assert reports == []


def test_textures_are_blended_in_the_mesh_that_moves():
    import trimesh

    found = trimesh.creation.uv_sphere(count=[16, 16])
    vertices = (found.vertices * 0.1).astype(np.float32)
    angle = np.arctan2(vertices[:, 1], vertices[:, 0]) / (2 * np.pi) + 0.5
    uv = np.stack([angle, vertices[:, 2] * 4 + 0.5], axis=1)[found.faces].astype(np.float32)
    skin = Image(np.broadcast_to(np.float32([1, 1, 0]), (16, 16, 3)).copy())
    textured = Mesh(vertices, found.faces.astype(np.int32), uv, skin)
    pair = Pair(textured, _ball((0.1, 0.1, 0.1), (0, 0, 1)), Matching(texture=64))
    np.testing.assert_allclose(pair.at(0.25).texture.pixels.mean(axis=(0, 1)), [0.75, 0.75, 0.25], atol=0.03)
    np.testing.assert_allclose(pair.at(0.75).colours.mean(axis=0), [0.25, 0.25, 0.75], atol=0.03)


def test_guides_bring_named_places_together():
    ball = _ball((0.1, 0.1, 0.1), (0.5, 0.5, 0.5))
    tops = np.float32([[0, 0.1, 0], [0.1, 0, 0], [-0.1, 0, 0], [0, 0, 0.1], [0, -0.1, 0], [0, 0, -0.1]])
    turned = tops.copy()
    turned[:, [0, 1]] = tops[:, [0, 1]] @ np.float32([[0.9397, 0.342], [-0.342, 0.9397]])
    pair = Pair(ball, ball, Matching(), (tops, turned))
    arrived = pair.frames[1].leave(pair.first.carried(1.0))
    nearest = [np.linalg.norm(ball.vertices - top, axis=1).argmin() for top in tops]
    assert np.linalg.norm(arrived[nearest] - turned, axis=1).max() < 0.01


def test_guides_that_do_not_fit_are_explained():
    shapes = [_ball((0.1, 0.1, 0.1), (1, 0, 0), 1), _box(0.1)]
    one = Table(("name", "x", "y", "z"), (("nose", 0.0, 0.0, 0.1),))
    other = Table(("name", "x", "y", "z"), (("chin", 0.0, 0.0, 0.1),))
    for tables, words in (([one], "one is needed"), ([one, other], "no name in common")):
        with pytest.raises(NodeError, match=words):
            morph_shapes(shapes, tables, context=Context())
    with pytest.raises(NodeError, match="columns"):
        morph_shapes(shapes, [Table(("a",)), Table(("b",))], context=Context())
    with pytest.raises(NodeError, match="surface"):
        morph_shapes([], [], context=Context())


def test_segments():
    assert segment(0.0, 3) == (0, 0.0)
    assert segment(0.75, 3) == (1, 0.5)
    assert segment(1.0, 3) == (1, 1.0)
    assert segment(0.3, 1) == (0, 0.0)


def test_heads_of_one_model_blend_part_by_part(small_head):  # noqa: F811
    texture = [Image(np.full((8, 8, 3), level, np.float32)) for level in (0.2, 0.8)]
    first = replace(small_head, texture=texture[0])
    second = replace(
        small_head,
        identity=small_head.identity + 2.0,
        expression=small_head.expression + 0.5,
        rotation=np.float32([0, 0.6, 0]),
        texture=texture[1],
    )
    assert morph_heads([first, second], amount=0.0) is first
    assert morph_heads([first, second], amount=1.0) is second
    half = morph_heads([first, second], amount=0.5)
    np.testing.assert_allclose(half.identity, 1.0)
    np.testing.assert_allclose(half.expression, 0.25)
    np.testing.assert_allclose(half.rotation, [0, 0.3, 0], atol=1e-6)
    np.testing.assert_allclose(half.texture.pixels, 0.5, atol=1e-6)
    kept = morph_heads([first, second], amount=0.5, texture=False, pose=False)
    np.testing.assert_allclose(kept.texture.pixels, 0.2, atol=1e-6)
    np.testing.assert_allclose(kept.rotation, 0.0, atol=1e-6)
