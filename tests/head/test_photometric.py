"""The shape of a head refined by light and shade."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._albedo import albedo_prior
from nodes.head._appearance import face_map
from nodes.head._contour import changed_head, fit_of
from nodes.head._fit import fit_landmarks
from nodes.head._landmarks import landmark_basis
from nodes.head._photometric import (
    _around,
    _explained,
    _plain_light,
    _shade_rows,
    refined_by_shade,
    shade_of,
    unevenness,
)
from nodes.head._shape import expressed_vertices, neutral_vertices, to_world
from nodes.raster.geometry import project, rotation_matrix, vertex_normals
from nodes.raster.light import light_basis, to_encoded
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import Camera, HeadState, Image
from tests.head.test_fit import seen_landmarks

SIDE = 320
LIGHT = np.array([0.4, 0.25, 0.15, 0.1, 0.0, 0.03, 0.0, 0.02, 0.0])
DIRECTIONS = 12


def drawn(head, spots=0.0):
    """The head under LIGHT; `spots` is how much its albedo varies from place to place."""
    world = to_world(head, expressed_vertices(head))
    raster = rasterise(project(head.camera, world), head.model.triangles, SIDE, SIDE)
    corners = head.model.triangles[np.maximum(raster.triangle, 0)]
    weights = np.concatenate([raster.weights, 1 - raster.weights.sum(axis=2, keepdims=True)], axis=2)
    normals = vertex_normals(world, head.model.triangles)
    normal = (normals[corners] * weights[..., None]).sum(axis=2).reshape(-1, 3)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    albedo = np.exp(spots * np.random.default_rng(3).normal(size=len(world)))
    shade = (light_basis(normal) @ LIGHT).reshape(SIDE, SIDE) * (albedo[corners] * weights).sum(axis=2)
    picture = np.where(raster.covered, to_encoded(shade), 0.1)[..., None] * np.float32([1.0, 0.85, 0.75])
    return Image(picture.astype(np.float32))


@pytest.fixture(scope="module")
def known(small_model):
    random = np.random.default_rng(5)
    head = HeadState(
        model=small_model,
        identity=random.normal(size=DIRECTIONS).astype(np.float32),
        expression=np.zeros(52, np.float32),
        gaze=np.zeros((2, 2), np.float32),
        rotation=np.array([0.05, 0.3, 0.0], np.float32),
        translation=np.array([0.01, 0.0, -0.7], np.float32),
        camera=Camera(760.0, SIDE / 2, SIDE / 2, SIDE, SIDE),
    )
    return replace(head, picture=drawn(head), landmarks=seen_landmarks(head, SIDE, SIDE))


@pytest.fixture
def shown(small_model):
    return np.ones(len(small_model.mean), np.float32)


def fit_at(head, sure=1.0):
    """A fit that stands where the head does, sure of everything but its identity."""
    found = fit_landmarks(
        head.model, head.landmarks, head.expression, centre=(SIDE / 2, SIDE / 2), focal=head.camera.focal
    )
    curvature = np.diag(np.r_[np.full(DIRECTIONS, sure), np.full(59, 1e8)])
    stands = fit_of(found, head, curvature, found.spread)
    return replace(stands, residuals=np.full((468, 2), 3.0, np.float32))


def test_rows_are_the_derivatives_of_brightness_less_shade(known, shown):
    shade = shade_of(known, shown, albedo_prior(known.model))
    light = _plain_light(shade)
    rows = _shade_rows(known, shade, light)
    size = rows.shape[1] - 59

    def seen(head):
        world = to_world(head, expressed_vertices(head))
        normals = vertex_normals(world, head.model.triangles)[shade.vertices].astype(np.float64)
        return project(head.camera, world)[shade.vertices, :2], _explained(
            replace(shade, normals=normals), light
        )[0]

    pixels, expected = seen(known)
    for column in (0, 7, size + 17, size + 52, size + 54, size + 55, size + 57, size + 58):
        change = np.zeros(rows.shape[1])
        change[column] = 0.02 if column < size + 52 else 0.003
        moved, then = seen(changed_head(known, change[:size], change[size:]))
        measured = ((shade.slope * (moved - pixels)).sum(axis=1) - (then - expected)) / change[column]
        assert np.abs(measured - rows[:, column]).max() < 0.03 * np.abs(rows[:, column]).max() + 0.02


def test_shade_brings_a_wrong_shape_nearer(known, shown):
    wrong = replace(known, identity=(0.6 * known.identity).astype(np.float32))
    found = refined_by_shade(fit_at(wrong), wrong, shown)
    rows = face_map(known.model).vertices

    def slant(identity):
        """Degrees between the normals of the face and the true ones."""
        normals, true = (
            vertex_normals(neutral_vertices(replace(known, identity=part)), known.model.triangles)[rows]
            for part in (identity, known.identity)
        )
        return float(np.degrees(np.arccos(np.clip((normals * true).sum(axis=1), -1, 1))).mean())

    assert slant(found.identity) < 0.6 * slant(wrong.identity)


def test_how_much_larger_a_direction_makes_the_face(small_model):
    identity = small_model.identity.copy()
    identity[0] = 0.1 * small_model.mean
    identity[1] = np.float32([0.0, 0.01, 0.0])  # moves all of it
    model = replace(small_model, identity=identity)
    larger = landmark_basis(model).turn @ _around(model).size
    assert larger[0] == pytest.approx(0.1, abs=1e-3)
    assert larger[1] == pytest.approx(0.0, abs=1e-3)


def test_a_shape_that_explains_the_picture_stays(known, shown):
    found = refined_by_shade(fit_at(known), known, shown)
    assert np.abs(found.identity - known.identity).max() < 0.25


def test_uneven_skin_moves_nothing(known, shown):
    wrong = replace(known, identity=(0.6 * known.identity).astype(np.float32), picture=drawn(known, 0.5))
    fit = fit_at(wrong)
    assert refined_by_shade(fit, wrong, shown) is fit


def test_covered_skin_moves_nothing(known, shown):
    fit = fit_at(known)
    assert refined_by_shade(fit, known, np.zeros_like(shown)) is fit


def test_a_refinement_that_leaves_the_landmarks_is_not_taken(known, shown):
    wrong = replace(known, identity=(0.6 * known.identity).astype(np.float32))
    met = replace(fit_at(wrong), residuals=np.full((468, 2), 1e-3, np.float32))
    far = replace(wrong, landmarks=wrong.landmarks + np.float32([25.0, 0.0, 0.0]))
    assert refined_by_shade(met, far, shown) is met


def test_unevenness_is_the_deviation_of_the_albedo(known, shown):
    prior, faces = albedo_prior(known.model), face_map(known.model)
    measured = []
    for spots in (0.0, 0.15, 0.3):
        shade = shade_of(replace(known, picture=drawn(known, spots)), shown, prior)
        measured.append(unevenness(shade, _plain_light(shade), faces, prior))
    assert measured[0] < 0.05
    assert measured[0] < measured[1] < measured[2]


class TestAlbedoPrior:
    def test_it_is_a_covariance_that_grows_with_unevenness(self, small_model):
        prior = albedo_prior(small_model)
        some = np.arange(0, len(prior.rows), 3)
        even, uneven = (prior.covariance(some, deviation) for deviation in (0.1, 0.5))
        assert np.allclose(even, even.T)
        assert np.linalg.eigvalsh(even + 1e-6 * np.eye(len(some))).min() > 0
        assert (np.diag(uneven) > np.diag(even)).all()

    def test_both_sides_of_a_face_are_alike(self, small_model):
        prior = albedo_prior(small_model)
        place = small_model.mean[face_map(small_model).vertices[prior.rows]]
        one = int(np.argmax(place[:, 0]))
        across = np.linalg.norm(place - place[one] * [-1, 1, 1], axis=1)
        apart = np.linalg.norm(place - place[one], axis=1)
        between = int(np.argmin(np.abs(apart - 0.5 * apart.max()) + 10 * (across < 0.04)))
        assert prior.alike[one, int(np.argmin(across))] > prior.alike[one, between] + 0.05
        assert np.allclose(np.diag(prior.alike), 1.0)

    def test_details_vary_more_than_plain_skin(self, small_model):
        prior = albedo_prior(small_model)
        variance = np.diag(prior.covariance(np.arange(len(prior.rows)), 0.1))
        plain = (prior.details < 0.05) & (prior.rim < 0.05)
        assert variance[prior.details > 0.5].min() > 2 * variance[plain].max()


def test_the_rotation_stays_a_rotation(known, shown):
    wrong = replace(known, identity=(0.6 * known.identity).astype(np.float32))
    turn = rotation_matrix(refined_by_shade(fit_at(wrong), wrong, shown).rotation)
    assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-5)
