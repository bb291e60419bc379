"""The outline of a fitted head drawn to the edges in its picture."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._contour import Outline, along_outline, edges_along, movements, outline_of
from nodes.head._fit import fit_landmarks
from nodes.head._shape import expressed_vertices, to_world
from nodes.raster.geometry import project, rotation_matrix, rotation_vector
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import Camera, Image
from tests.head.test_fit import seen_landmarks

SIDE = 320


@pytest.fixture(scope="module")
def known(small_model):
    """A turned head, drawn bright before a dark background."""
    from nodes.sdk.values import HeadState

    random = np.random.default_rng(8)
    head = HeadState(
        model=small_model,
        identity=random.normal(size=12).astype(np.float32),
        expression=np.zeros(52, np.float32),
        gaze=np.zeros((2, 2), np.float32),
        rotation=np.array([0.05, 0.6, 0.0], np.float32),
        translation=np.array([0.01, 0.0, -0.7], np.float32),
        camera=Camera(760.0, SIDE / 2, SIDE / 2, SIDE, SIDE),
    )
    picture = np.where(_covered(head)[..., None], 0.8, 0.2).astype(np.float32)
    picture = np.broadcast_to(picture, (SIDE, SIDE, 3)).copy()
    return replace(head, picture=Image(picture), landmarks=seen_landmarks(head, SIDE, SIDE))


def _covered(head):
    points = project(head.camera, to_world(head, expressed_vertices(head)))
    return rasterise(points, head.model.triangles, SIDE, SIDE).covered


def test_the_outline_lies_where_the_drawn_head_ends_and_points_outwards(known):
    outline = outline_of(known)
    assert outline is not None
    covered = _covered(known)
    inner = np.floor(outline.pixels - 3 * outline.outwards).astype(int)
    outer = np.floor(outline.pixels + 3 * outline.outwards).astype(int)
    assert covered[inner[:, 1], inner[:, 0]].mean() > 0.97
    assert covered[outer[:, 1], outer[:, 0]].mean() < 0.08


def test_an_edge_is_found_as_far_out_as_it_lies(known):
    outline = outline_of(known)
    for shift in (-2.0, 0.0, 3.0):
        moved = replace(outline, pixels=outline.pixels - shift / outline.scale * outline.outwards)
        off, clear = edges_along(moved, known.picture.pixels)
        assert abs(np.median(off) - shift) < 0.9
        assert np.median(clear) > 0.4


def test_a_blank_picture_shows_no_clear_edge(known):
    outline = outline_of(known)
    _, clear = edges_along(outline, np.full((SIDE, SIDE, 3), 0.5, np.float32))
    assert clear.max() < 0.01


def test_an_outline_beside_the_picture_has_no_edge():
    place = np.array([[500.0, 500.0], [504.0, 500.0]])
    zeros = np.zeros((2, 3))
    outline = Outline(zeros.astype(np.int32), zeros, place, np.array([[1.0, 0.0], [1.0, 0.0]]), 1.0)
    _, clear = edges_along(outline, np.full((64, 64, 3), 0.5, np.float32))
    assert not clear.any()


def test_movements_are_the_derivatives_of_the_projection(known):
    outline = outline_of(known)
    rows = movements(known, outline)

    def along(state):
        points = project(state.camera, to_world(state, expressed_vertices(state)).astype(np.float64))
        place = np.einsum("nkc,nk->nc", points[outline.corners][..., :2], outline.weights)
        return (place * outline.outwards).sum(axis=1) * outline.scale

    size = rows.shape[1] - 59
    step = 1e-3
    turn = rotation_matrix([0.0, step, 0.0]) @ rotation_matrix(known.rotation)
    changes = {
        size + 53: replace(known, rotation=rotation_vector(turn).astype(np.float32)),
        size + 57: replace(known, translation=known.translation + np.float32([0, 0, step])),
        size + 58: replace(
            known, camera=replace(known.camera, focal=float(known.camera.focal * np.exp(step)))
        ),
    }
    for column, changed in changes.items():
        measured = (along(changed) - along(known)) / step
        assert np.abs(measured - rows[:, column]).max() < 0.05 * np.abs(rows[:, column]).max() + 0.5


def test_an_unsure_fit_is_moved_to_the_edges_and_a_sure_or_covered_one_stays(known):
    moved = replace(known, translation=known.translation + np.float32([0.004, 0.0, 0.0]))
    fit = fit_landmarks(
        known.model, known.landmarks, known.expression, centre=(SIDE / 2, SIDE / 2), focal=known.camera.focal
    )
    unsure = replace(
        fit,
        identity=moved.identity,
        expression=moved.expression,
        rotation=moved.rotation,
        translation=moved.translation,
        focal=moved.camera.focal,
        residuals=np.tile([-0.004 * 760.0 / 0.7, 0.0], (468, 1)),
        curvature=np.diag(np.r_[np.full(64, 1e2), np.full(3, 1e3), np.full(3, 1.0), 1e6]),
    )
    seen, covered = np.zeros(468), np.ones(468)

    def wrong(found):
        names = ("identity", "expression", "rotation", "translation")
        head = replace(known, **{name: getattr(found, name) for name in names})
        return (_covered(head) ^ _covered(known)).sum()

    found = along_outline(unsure, moved, seen)
    assert wrong(found) < 0.35 * wrong(unsure)
    assert np.linalg.norm(found.residuals, axis=1).mean() < 3.0
    sure = replace(unsure, curvature=unsure.curvature * 1e8)
    assert wrong(along_outline(sure, moved, seen)) > 0.95 * wrong(unsure)
    assert np.allclose(along_outline(unsure, moved, covered).translation, moved.translation)
    # edges that lie elsewhere than all landmarks say are those of something else
    met = replace(unsure, residuals=np.full((468, 2), 0.01))
    assert along_outline(met, moved, seen) is met
