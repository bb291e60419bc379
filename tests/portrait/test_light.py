"""Light estimated on a face of known light."""

import numpy as np
import pytest

from nodes.portrait.light import FaceLight, camera_vertices, drawn_over, estimate_light, surface_normals
from nodes.raster.light import light_basis, to_encoded, to_linear


def test_encoding_and_back():
    values = np.linspace(0, 1, 101)
    assert np.allclose(to_linear(to_encoded(values)), values, atol=1e-6)


def test_light_is_brighter_where_the_surface_faces_it():
    harmonics = np.zeros(9, np.float32)
    harmonics[[0, 1]] = 0.5, 0.3  # from the viewer's right
    light = FaceLight(harmonics, np.ones(3), np.zeros((0, 3)), np.zeros(0))
    right, left = light.at(np.array([[1.0, 0, 0], [-1.0, 0, 0]]))
    assert right > 1.5 * left > 0


def test_light_never_falls_to_nothing():
    harmonics = np.zeros(9, np.float32)
    harmonics[[0, 3]] = 0.2, 2.0
    light = FaceLight(harmonics, np.ones(3), np.zeros((0, 3)), np.zeros(0))
    assert light.at(np.array([[0, 0, -1.0]]))[0] > 0


def test_harmonics_are_independent_of_one_another_over_a_sphere():
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(200_000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    basis = light_basis(normals)
    inner = basis.T @ basis / len(normals)
    size = np.sqrt(np.diag(inner))
    assert np.allclose(inner / np.outer(size, size), np.eye(9), atol=0.02)


@pytest.mark.models
def test_the_light_that_shades_a_face_is_found_on_it(astronaut_fit):
    truth = np.array([0.5, 0.15, 0.1, 0.2, 0, 0.02, 0, 0, 0.01], np.float32)
    vertices = camera_vertices(astronaut_fit)
    shade = light_basis(surface_normals(astronaut_fit, vertices)) @ truth
    window = (0, 0, astronaut_fit.camera.width, astronaut_fit.camera.height)
    drawn = drawn_over(astronaut_fit, vertices, np.maximum(shade, 0.0)[:, None], window)
    albedo = np.array([0.8, 0.55, 0.45], np.float32)
    found = estimate_light(astronaut_fit, to_encoded(drawn * albedo).astype(np.float32))
    # Albedo and strength of light are not told apart: up to a factor the two are the same.
    seen = found.weight > 0.25
    ratio = found.at(found.normals[seen]) / shade[seen]
    assert ratio.std() < 0.05 * ratio.mean()
    tint = albedo / (albedo @ (0.2126, 0.7152, 0.0722))
    assert np.allclose(found.colour, tint, rtol=0.05)
