"""A network over a picture in pieces gives what it gives in one."""

import numpy as np
import pytest

from nodes.enhance._tiles import spans, tiled


@pytest.mark.parametrize("length", [1, 7, 64, 65, 200])
def test_every_place_is_kept_once(length):
    kept = [place for first, last, _, _ in spans(length, 64, 8) for place in range(first, last)]
    assert kept == list(range(length))


def test_pieces_see_a_border_and_are_never_larger_than_asked():
    for first, last, before, after in spans(500, 64, 8):
        assert last - first <= 64 and first - before <= 8 and after - last <= 8
        assert before == max(first - 8, 0) and after == min(last + 8, 500)


def blurred_twice_as_large(part):
    import cv2

    wide = cv2.blur(part, (5, 5), borderType=cv2.BORDER_REPLICATE)
    return np.repeat(np.repeat(wide, 2, axis=0), 2, axis=1)


@pytest.mark.parametrize("shape", [(50, 70), (33, 101), (5, 4)])
def test_tiles_leave_no_seam(shape):
    picture = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    result = tiled(picture, blurred_twice_as_large, factor=2, tile=24, border=4, multiple=2)
    assert np.allclose(result, blurred_twice_as_large(picture), atol=1e-6)


def test_progress_is_told_before_each_tile():
    told = []
    tiled(
        np.zeros((40, 40, 3), np.float32),
        blurred_twice_as_large,
        factor=2,
        tile=20,
        border=2,
        on_tile=told.append,
    )
    assert told == [0.0, 0.25, 0.5, 0.75]
