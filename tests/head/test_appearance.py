"""Light, covers and certainty of a fitted head."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._appearance import _explained
from nodes.head._certainty import doubts, surface_spread
from nodes.head._correction import FILE, correction_for, towards
from nodes.head._fit import fit_landmarks
from nodes.head._fitting import fit_face
from nodes.head._solver import bounded_step, inverse, turn_between
from nodes.raster.geometry import rotation_matrix
from nodes.raster.light import light_basis, to_encoded, to_linear
from nodes.sdk.values import Faces, Image
from tests.head.test_fit import face_of, seen_landmarks


def lit_sphere(count=900):
    """Normals of a half sphere, its colours under a light from the left, and edges of a grid."""
    side = int(np.sqrt(count))
    x, y = (part.ravel() for part in np.meshgrid(*[np.linspace(-0.68, 0.68, side)] * 2))
    normals = np.column_stack([x, y, np.sqrt(1 - x * x - y * y)])
    light = np.zeros((9, 3))
    light[0], light[1], light[3] = (0.55, 0.38, 0.30), (-0.2, -0.14, -0.11), (0.1, 0.07, 0.055)
    number = np.arange(side * side).reshape(side, side)
    across = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    down = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    return normals, light_basis(normals) @ light, np.concatenate([across, down]).astype(np.int32)


class TestExplanation:
    def test_the_light_of_a_plain_face_is_found(self):
        normals, colours, edges = lit_sphere()
        one = np.ones(len(normals))
        light, skin, shown, residuals = _explained(colours, normals, one, one, edges)
        assert np.abs(light_basis(normals) @ light * skin - colours).mean() < 0.015
        assert shown.min() > 0.9 and residuals.max() < 0.1

    def test_a_patch_of_another_colour_is_no_skin_and_leaves_the_light_alone(self):
        normals, colours, edges = lit_sphere()
        patch = (np.abs(normals[:, 0] - 0.2) < 0.3) & (np.abs(normals[:, 1]) < 0.3)
        true = colours.copy()
        colours[patch] = (0.1, 0.3, 0.6)
        one = np.ones(len(normals))
        light, skin, shown, _ = _explained(colours, normals, one, one, edges)
        assert shown[patch].mean() < 0.1 and shown[~patch].mean() > 0.9
        assert np.abs(light_basis(normals[patch]) @ light * skin - true[patch]).mean() < 0.05

    def test_a_shadow_of_the_same_skin_is_skin(self):
        normals, colours, edges = lit_sphere()
        colours[normals[:, 1] < -0.35] *= 0.55
        one = np.ones(len(normals))
        _, _, shown, _ = _explained(colours, normals, one, one, edges)
        assert shown.mean() > 0.9

    def test_linear_light_and_back(self):
        colours = np.linspace(0, 1, 50)
        assert np.allclose(to_encoded(to_linear(colours)), colours, atol=1e-6)


class TestCertainty:
    def test_small_faces_are_less_sure(self, small_head):
        landmarks = seen_landmarks(small_head, 160, 160)

        def spread(factor):
            fit = fit_landmarks(
                small_head.model,
                landmarks * np.float32(factor),
                small_head.expression,
                centre=(80 * factor, 80 * factor),
                focal=300 * factor,
            )
            return float(np.median(surface_spread(small_head, fit)))

        assert spread(0.1) > 1.2 * spread(1.0)

    def test_the_fit_tells_light_and_confidence_of_a_shaded_head(self, astronaut_fit):
        vertices = len(astronaut_fit.model.mean)
        assert astronaut_fit.light.shape == (9, 3)
        assert np.allclose(astronaut_fit.light[0], 1.0, atol=1e-5)
        for name in ("confidence", "residuals", "spread"):
            assert getattr(astronaut_fit, name).shape == (vertices,)
        assert astronaut_fit.confidence.min() >= 0 and astronaut_fit.confidence.max() <= 1
        # the face in the picture is surer than the back of the head
        place = astronaut_fit.model.mean
        front, back = place[:, 2] > 0.08, place[:, 2] < -0.05
        assert astronaut_fit.confidence[front].mean() > astronaut_fit.confidence[back].mean()
        assert doubts(astronaut_fit) == []

    def test_profiles_and_small_faces_say_so(self, small_head):
        turned = replace(small_head, rotation=np.array([0.0, 1.1, 0.0], np.float32))
        assert any("from the side" in words for words in doubts(turned))
        small = replace(small_head, landmarks=seen_landmarks(small_head, 160, 160) * np.float32(0.1))
        assert any("small" in words for words in doubts(small))


class TestLens:
    def test_the_cameras_note_is_the_focal_length(self, small_head):
        landmarks = seen_landmarks(small_head, 160, 160)
        faces = Faces((face_of(landmarks, small_head.expression),), 160, 160)
        pixels = np.zeros((160, 160, 3), np.float32)
        noted = fit_face(small_head.model, faces, Image(pixels, focal_35mm=85.0))
        expected = 85.0 * np.hypot(160, 160) / np.hypot(36, 24)
        assert noted.camera.focal == pytest.approx(expected, rel=1e-3)
        told = fit_face(small_head.model, faces, Image(pixels, focal_35mm=85.0), degrees=40.0)
        assert told.camera.focal == pytest.approx(80 / np.tan(np.radians(20)), rel=1e-3)


class TestCorrection:
    def test_it_belongs_to_one_model_only(self):
        assert correction_for("another", 12) is None
        with np.load(FILE, allow_pickle=False) as stored:
            count = len(stored["turn"])
            assert correction_for(str(stored["model"]), count) is not None
            assert correction_for(str(stored["model"]), count + 1) is None

    def test_its_beliefs_are_nowhere_less_sure_than_the_prior(self):
        with np.load(FILE, allow_pickle=False) as stored:
            assert np.linalg.eigvalsh(stored["shape_precision"]).min() > 1.0
            turn = stored["turn"]
            assert np.allclose(turn.T @ turn, np.eye(turn.shape[1]), atol=1e-3)

    def test_a_face_off_the_middle_is_looked_at_along_its_ray(self):
        ray = towards((100.0, 100.0), 200.0, np.array([300.0, 100.0]))
        assert np.allclose(ray @ [0, 0, -1], np.array([1, 0, -1]) / np.sqrt(2))
        assert np.allclose(towards((100.0, 100.0), 200.0, np.array([100.0, 100.0])), np.eye(3))


class TestSolver:
    def test_the_inverse_of_a_positive_matrix(self):
        random = np.random.default_rng(2)
        factor = random.normal(size=(30, 40))
        matrix = factor @ factor.T
        assert np.allclose(inverse(matrix) @ matrix, np.eye(30), atol=1e-6)

    def test_a_step_stops_at_the_bound_and_the_others_make_up_for_it(self):
        matrix = np.array([[2.0, 1.0], [1.0, 2.0]])
        gradient = np.array([-4.0, 1.0])
        step = bounded_step(matrix, gradient, np.array([0.3, 0.0]), np.array([True, False]))
        assert step[0] == pytest.approx(-0.3)
        assert step[1] == pytest.approx((1.0 + 0.3) / 2)

    def test_the_turn_between_two_rotations(self):
        first, turn = rotation_matrix([0.2, -0.4, 0.1]), np.array([0.5, 0.3, -0.7])
        assert np.allclose(turn_between(first, rotation_matrix(turn) @ first), turn)
        assert np.allclose(turn_between(first, first), 0.0)


class TestTexture:
    def test_its_light_can_be_taken_out(self, astronaut_fit):
        from nodes.head._texture import texture_of

        lit, unlit = (texture_of(astronaut_fit, 256, unlit=unlit) for unlit in (False, True))
        assert unlit.pixels.shape == lit.pixels.shape
        assert np.isfinite(unlit.pixels).all() and unlit.pixels.min() >= 0 and unlit.pixels.max() <= 1
        known = lit.seen > 0.6
        # nothing to be taken out where no light is known
        plain = texture_of(replace(astronaut_fit, light=np.zeros((0, 3), np.float32)), 256, unlit=True)
        assert np.array_equal(plain.pixels, lit.pixels)
        assert np.abs(unlit.pixels - lit.pixels)[known].mean() > 0.01

    def test_an_even_light_changes_nothing(self, astronaut_fit):
        from nodes.head._texture import texture_of

        even = np.zeros((9, 3), np.float32)
        even[0] = 1.0
        head = replace(astronaut_fit, light=even)
        lit, unlit = (texture_of(head, 256, unlit=unlit) for unlit in (False, True))
        assert np.abs(unlit.pixels - lit.pixels).max() < 2e-3
