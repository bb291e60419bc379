import numpy as np

from nodes.raster.sampling import sample_bilinear, sample_texture


def test_pixel_centres_give_the_pixels_themselves():
    picture = np.random.default_rng(0).random((5, 7, 3)).astype(np.float32)
    y, x = np.mgrid[0:5, 0:7] + 0.5
    assert np.allclose(sample_bilinear(picture, np.dstack([x, y]).astype(np.float32)), picture, atol=1e-6)


def test_outside_takes_the_edge():
    picture = np.arange(4, dtype=np.float32).reshape(2, 2, 1)
    found = sample_bilinear(picture, np.array([[-9, -9], [9, 9]], np.float32))
    assert found[:, 0].tolist() == [0.0, 3.0]


def test_v_points_up_in_a_texture():
    texture = np.zeros((4, 4, 1), np.float32)
    texture[0] = 1.0
    found = sample_texture(texture, np.array([[0.5, 0.99], [0.5, 0.01]], np.float32))
    assert found[0, 0] == 1.0 and found[1, 0] == 0.0
