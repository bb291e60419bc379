import numpy as np
import pytest

from nodes.raster.zbuffer import interpolate, interpolate_corners, rasterise

# counter-clockwise with y up, so clockwise in picture coordinates
NEAR = np.array([[2, 8, 1.0], [8, 8, 1.0], [2, 2, 1.0]], np.float32)
ONE = np.array([[0, 1, 2]], np.int32)


def test_covers_exactly_the_pixels_whose_centres_lie_inside():
    drawn = rasterise(NEAR, ONE, 10, 10)
    rows, columns = np.mgrid[0:10, 0:10]
    x, y = columns + 0.5, rows + 0.5
    inside = (x >= 2) & (y <= 8) & (y - 2 >= x - 2)
    assert np.array_equal(drawn.covered, inside)


def test_a_triangle_seen_from_behind_is_left_out_unless_asked_for():
    assert not rasterise(NEAR, ONE[:, ::-1], 10, 10).covered.any()
    assert rasterise(NEAR, ONE[:, ::-1], 10, 10, cull=False).covered.any()


def test_the_nearer_triangle_wins_whatever_the_order():
    points = np.concatenate([NEAR, NEAR * [1, 1, 0] + [0, 0, 2.0]]).astype(np.float32)
    triangles = np.array([[3, 4, 5], [0, 1, 2]], np.int32)
    for order in (triangles, triangles[::-1]):
        drawn = rasterise(points, order, 10, 10)
        assert np.allclose(drawn.distance[drawn.covered], 1.0)


def test_neighbours_leave_no_gap_and_nothing_is_drawn_twice():
    corners = np.array([[0, 0, 1], [16, 0, 1], [16, 16, 1], [0, 16, 1]], np.float32)
    drawn = rasterise(corners, np.array([[0, 3, 1], [1, 3, 2]], np.int32), 16, 16)
    assert drawn.covered.all()


def test_weights_are_perspective_correct():
    # A floor that recedes from 1 m to 3 m: half way up the picture lies at 1.5 m, not at 2 m.
    points = np.array([[0, 100, 1], [100, 100, 1], [100, 0, 3], [0, 0, 3]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    drawn = rasterise(points, triangles, 100, 100)
    depth = interpolate(drawn, triangles, points[:, 2:])
    assert depth[50, 50, 0] == pytest.approx(1.5, abs=0.01)
    assert np.allclose(depth[..., 0], drawn.distance, atol=1e-4)


def test_triangles_behind_the_camera_and_outside_the_picture_do_no_harm():
    points = np.array([[-50, -50, 1], [-40, -60, 1], [500, 500, -1], [1e9, 3, 1]], np.float32)
    assert (
        not rasterise(points, np.array([[0, 1, 2], [0, 1, 3]], np.int32), 8, 8, cull=False).covered[0].all()
    )


def test_corner_attributes_may_differ_across_a_shared_edge():
    corners = np.array([[0, 0, 1], [16, 0, 1], [16, 16, 1], [0, 16, 1]], np.float32)
    triangles = np.array([[0, 3, 1], [1, 3, 2]], np.int32)
    colours = np.array([[[0.0]] * 3, [[1.0]] * 3], np.float32)
    seen = interpolate_corners(rasterise(corners, triangles, 16, 16), colours)[..., 0]
    assert set(np.unique(np.round(seen, 4))) == {0.0, 1.0}


def test_an_absurd_size_is_refused_before_it_is_allocated():
    with pytest.raises(ValueError, match="cannot be drawn"):
        rasterise(NEAR, ONE, 1 << 20, 1 << 20)
