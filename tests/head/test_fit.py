"""Fitting a head to landmarks."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._fit import eye_distance, fit_landmarks
from nodes.head._fitting import fit_face, fit_person, paired, reprojection
from nodes.head._shape import (
    expressed_vertices,
    landmark_points,
    neutral_vertices,
    parts_of,
    to_world,
    world_vertices,
)
from nodes.head._surface import spread_matrix, surface_offsets
from nodes.raster.geometry import project, rotation_matrix
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Face, Faces, Image


def seen_landmarks(state, width, height):
    """Landmarks as a landmarker would give them, from a known head."""
    points = project(state.camera, landmark_points(state.model, world_vertices(state)).astype(np.float32))
    scale = state.camera.focal / points[:, 2].mean()
    depth = (points[:, 2] - points[:, 2].mean()) * scale
    return np.column_stack([points[:, :2], depth]).astype(np.float32)


def face_of(landmarks, coefficients):
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    return Face(
        np.array([*low, *high], np.float32),
        landmarks,
        np.zeros((5, 2), np.float32),
        coefficients=coefficients.astype(np.float32),
    )


@pytest.fixture
def known(small_head):
    """A head with an identity, an expression and a pose, and a camera of usual focal length."""
    random = np.random.default_rng(5)
    expression = np.zeros(52, np.float32)
    expression[random.choice(52, 6, replace=False)] = random.uniform(0.2, 0.8, 6)
    return replace(
        small_head,
        identity=random.normal(size=12).astype(np.float32),
        expression=expression,
        rotation=np.array([0.1, -0.3, 0.05], np.float32),
        translation=np.array([0.02, -0.01, -0.7], np.float32),
        camera=Camera(768.0, 256.0, 256.0, 512, 512),
    )


def test_a_known_head_is_found_again(known):
    landmarks = seen_landmarks(known, 512, 512)
    fit = fit_landmarks(
        known.model, landmarks, known.expression, centre=(256, 256), focal=768.0, focal_known=True
    )
    found = replace(
        known,
        identity=fit.identity,
        expression=fit.expression,
        rotation=fit.rotation,
        translation=fit.translation,
    )
    assert np.linalg.norm(fit.residuals, axis=1).mean() < 0.005 * eye_distance(landmarks)
    turn = rotation_matrix(fit.rotation) @ rotation_matrix(known.rotation).T
    assert np.degrees(np.arccos((np.trace(turn) - 1) / 2)) < 2.0
    assert np.abs(expressed_vertices(found) - expressed_vertices(known)).mean() < 0.001
    assert np.abs(fit.expression - known.expression).mean() < 0.08


def test_the_expression_stays_within_its_bounds(known):
    landmarks = seen_landmarks(known, 512, 512)
    fit = fit_landmarks(known.model, landmarks, np.zeros(52), centre=(256, 256), focal=768.0)
    assert fit.expression.min() >= 0 and fit.expression.max() <= 1


def test_less_freedom_keeps_the_head_nearer_to_the_average(known):
    landmarks = seen_landmarks(known, 512, 512)

    def size(freedom):
        fit = fit_landmarks(
            known.model, landmarks, known.expression, centre=(256, 256), focal=768.0, identity_freedom=freedom
        )
        return np.linalg.norm(fit.identity)

    assert size(0.1) < 0.9 * size(1.0)


def test_hidden_landmarks_do_not_bend_the_fit(known):
    landmarks = seen_landmarks(known, 512, 512)
    wrong = landmarks.copy()
    wrong[400:468, :2] += 25.0
    visibility = np.ones(468, np.float32)
    visibility[400:468] = 0.0

    def shape_error(visible):
        fit = fit_landmarks(
            known.model,
            wrong,
            known.expression,
            centre=(256, 256),
            focal=768.0,
            focal_known=True,
            visibility=visible,
        )
        return np.linalg.norm(fit.identity - known.identity)

    assert shape_error(visibility) < shape_error(None)


def test_offsets_bring_the_landmarks_where_they_were_seen(known):
    landmarks = seen_landmarks(known, 512, 512)
    landmarks[:, :2] += 3.0 * np.sin(landmarks[:, 1::-1] / 18.0)  # a bulge that the basis cannot say
    faces = Faces((face_of(landmarks, known.expression),), 512, 512)
    picture = Image(np.zeros((512, 512, 3), np.float32))
    plain = fit_face(known.model, faces, picture, exact=False)
    exact = fit_face(known.model, faces, picture, exact=True)
    assert reprojection(exact).mean() < 0.7 * reprojection(plain).mean()
    assert exact.error == pytest.approx(plain.error)


def test_offsets_are_smooth_and_nothing_without_residuals(known):
    landmarks = seen_landmarks(known, 512, 512)
    fit = fit_landmarks(known.model, landmarks, known.expression, centre=(256, 256), focal=768.0)
    none = replace(fit, residuals=np.zeros((468, 2), np.float32))
    assert np.abs(surface_offsets(known.model, none)).max() == 0
    spread = spread_matrix(known.model)
    assert spread.shape == (len(parts_of(known.model).surface), 468)
    # moving all landmarks alike moves the surface alike
    front = known.model.mean[parts_of(known.model).surface][:, 2] > 0.03
    assert np.allclose(spread[front].sum(axis=1), 1.0, atol=0.03)


def test_the_same_input_gives_the_same_head(known):
    landmarks = seen_landmarks(known, 512, 512)
    first, second = (
        fit_landmarks(known.model, landmarks, known.expression, centre=(256, 256), focal=768.0) for _ in "ab"
    )
    assert np.array_equal(first.identity, second.identity) and first.focal == second.focal


class TestSeveralPhotos:
    """A person seen from three sides, each time with noisy landmarks."""

    @pytest.fixture
    def photos(self, known):
        random = np.random.default_rng(8)
        found = []
        for yaw in (0.0, 0.7, -0.7):
            head = replace(known, rotation=np.array([0, yaw, 0], np.float32))
            landmarks = seen_landmarks(head, 512, 512)
            landmarks[:, :2] += random.normal(size=(468, 2)) * 2.5
            faces = Faces((face_of(landmarks, known.expression),), 512, 512)
            found.append((faces, Image(np.zeros((512, 512, 3), np.float32))))
        return found

    def test_three_photos_know_the_shape_better_than_one(self, known, photos):
        def error(count):
            fit = fit_person(known.model, photos[:count], exact=False)
            return np.linalg.norm(neutral_vertices(fit) - neutral_vertices(known), axis=1).mean()

        assert error(3) < 0.85 * error(1)

    def test_pose_and_picture_are_the_first_photos(self, known, photos):
        fit = fit_person(known.model, photos, exact=False)
        assert fit.picture is photos[0][1]
        assert np.degrees(np.abs(fit.rotation)).max() < 4

    def test_a_further_photo_without_a_face_is_named(self, known, photos):
        photos[2] = (Faces((), 512, 512), photos[2][1])
        with pytest.raises(NodeError, match="further photo 2: the picture has no face"):
            fit_person(known.model, photos)

    def test_unequal_numbers_of_faces_and_pictures_are_refused(self, photos):
        with pytest.raises(NodeError, match="1 more images and faces of 2"):
            paired([photos[0][0]] * 2, [photos[0][1]])


class TestFailures:
    picture = Image(np.zeros((64, 64, 3), np.float32))

    def test_no_face(self, small_model):
        with pytest.raises(NodeError, match="the picture has no face"):
            fit_face(small_model, Faces((), 64, 64), self.picture)

    def test_a_face_number_too_high(self, small_model, known):
        faces = Faces((face_of(seen_landmarks(known, 64, 64), known.expression),), 64, 64)
        with pytest.raises(NodeError, match="only one face"):
            fit_face(small_model, faces, self.picture, which=3)

    def test_faces_of_another_picture(self, small_model, known):
        faces = Faces((face_of(seen_landmarks(known, 64, 64), known.expression),), 640, 480)
        with pytest.raises(NodeError, match="640 x 480"):
            fit_face(small_model, faces, self.picture)

    def test_landmarks_that_are_no_face(self, small_model):
        nonsense = np.random.default_rng(0).uniform(0, 64, (478, 3)).astype(np.float32)
        faces = Faces((face_of(nonsense, np.zeros(52)),), 64, 64)
        with pytest.raises(NodeError, match="could not be fitted"):
            fit_face(small_model, faces, self.picture)


@pytest.mark.models
class TestAstronaut:
    def test_landmarks_reproject_within_two_and_a_half_percent(self, astronaut_fit):
        distance = eye_distance(astronaut_fit.landmarks)
        assert astronaut_fit.error < 0.025
        assert reprojection(astronaut_fit).mean() / distance < 0.01

    def test_the_head_stands_before_the_camera_and_faces_it(self, astronaut_fit):
        assert -3.0 < astronaut_fit.translation[2] < -0.3
        assert np.degrees(np.linalg.norm(astronaut_fit.rotation)) < 20

    def test_the_gaze_goes_to_the_camera(self, astronaut_fit):
        world = to_world(astronaut_fit, neutral_vertices(astronaut_fit))
        assert world[:, 2].max() < 0
        assert np.degrees(np.abs(astronaut_fit.gaze)).max() < 20
