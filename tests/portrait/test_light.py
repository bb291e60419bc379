"""Light estimated on a face of known light."""

import numpy as np

from nodes.portrait.light import FaceLight
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


def test_harmonics_recover_an_even_light_from_samples():
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(500, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    truth = np.array([0.5, 0.1, 0.2, 0.3, 0, 0.05, 0, 0, 0.02])
    found = np.linalg.lstsq(light_basis(normals), light_basis(normals) @ truth, rcond=None)[0]
    assert np.allclose(found, truth)
