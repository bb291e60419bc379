from __future__ import annotations

import cv2
import numpy as np
import pytest

from nodes.face._crops import warp
from nodes.image._resample import warp_affine
from nodes.raster.borders import mirror_border

TURNED = np.array([[0.99, 0.09, -0.1], [-0.1, 0.9, 0.2]])


def test_larger_pictures_are_mirrored_at_their_outermost_pixels():
    assert mirror_border(np.zeros((2, 2, 3), np.float32)) == cv2.BORDER_REFLECT_101


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5, 3), (5, 1, 3)])
def test_pictures_of_one_row_or_column_are_sampled_to_an_end(shape):
    picture = np.full(shape, 0.5, np.float32)
    # Before what would never end.
    assert mirror_border(picture) != cv2.BORDER_REFLECT_101
    assert np.allclose(warp_affine(picture, TURNED, "mirror"), 0.5, atol=1e-5)
    assert np.allclose(warp(picture, TURNED, 4, 4, border="mirror", smooth=True), 0.5, atol=1e-5)


def test_a_large_picture_is_brought_to_one_pixel():
    picture = np.full((512, 512, 3), 0.5, np.float32)
    found = warp(picture, np.array([[0.003, 0, 0], [0, 0.003, 0]]), 1, 1, border="mirror", smooth=True)
    assert np.allclose(found, 0.5, atol=1e-5)
