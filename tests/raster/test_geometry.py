import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.raster.geometry import project, rotation_matrix, rotation_vector, vertex_normals
from nodes.sdk.values import Camera


def test_a_point_on_the_axis_lands_on_the_principal_point():
    camera = Camera(500.0, 320.0, 240.0, 640, 480)
    found = project(camera, np.array([[0, 0, -2.0], [0.1, 0.2, -2.0]], np.float32))
    assert np.allclose(found[0], [320, 240, 2])
    # to the right and up in the world is to the right and up in the picture
    assert np.allclose(found[1], [345, 190, 2])


@settings(deadline=None)
@given(st.lists(st.floats(-1.7, 1.7), min_size=3, max_size=3))
def test_rotation_vector_and_matrix_are_inverse(vector):
    matrix = rotation_matrix(vector)
    assert np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    assert np.allclose(rotation_vector(matrix), vector, atol=1e-6)


def test_normals_of_a_counter_clockwise_square_point_at_the_viewer():
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    normals = vertex_normals(square, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    assert np.allclose(normals, [[0, 0, 1]] * 4)
