import numpy as np
import pytest

from nodes.raster.ramps import smooth_step


def test_runs_from_nothing_to_all_and_stays_there():
    found = smooth_step(np.array([-np.inf, -2.0, 0.0, 0.5, 1.0, 3.0, np.inf]))
    assert found.tolist() == [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]


def test_rises_all_the_way_alike_from_both_ends():
    t = np.linspace(0.0, 1.0, 65)
    found = smooth_step(t)
    assert (np.diff(found) > 0).all()
    assert np.allclose(found + found[::-1], 1.0)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_is_level_at_its_ends(end):
    assert abs(smooth_step(end + 1e-4) - smooth_step(end - 1e-4)) < 1e-7


def test_keeps_shape_and_precision_and_leaves_what_it_is_given():
    t = np.full((2, 3), 1.5, np.float32)
    found = smooth_step(t)
    assert found.shape == (2, 3) and found.dtype == np.float32
    assert (t == 1.5).all()
