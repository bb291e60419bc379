"""Enlarged pictures."""

import numpy as np
import pytest

from nodes.enhance.upscale import upscale
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image
from tests.samples import model


def edge(side=40):
    pixels = np.full((side, side, 3), 0.2, np.float32)
    pixels[:, side // 2 :] = 0.8
    return pixels


@pytest.mark.models
def test_an_edge_stays_sharp_and_colours_stay():
    model("real_esrgan_x2")
    result = upscale(Image(edge()), context=Context()).pixels
    assert result.shape == (80, 80, 3)
    assert abs(result[:, 5:30].mean() - 0.2) < 0.03 and abs(result[:, 50:75].mean() - 0.8) < 0.03
    assert np.abs(np.diff(result[40, :, 0])).max() > 0.2


def test_without_strength_it_is_plain_enlarging_and_keeps_transparency():
    picture = np.dstack([edge(), np.linspace(0, 1, 40, dtype=np.float32)[None].repeat(40, 0)])
    result = upscale(Image(picture), factor=1.5, strength=0.0, context=Context())
    assert (result.width, result.height) == (60, 60) and result.has_alpha
    assert result.pixels[:, 0, 3].max() < 0.05 and result.pixels[:, -1, 3].min() > 0.95


def test_results_that_no_memory_holds_are_refused():
    huge = Image(np.broadcast_to(np.zeros(3, np.float32), (9000, 9000, 3)))
    with pytest.raises(NodeError, match="36000 x 36000"):
        upscale(huge, factor=4.0, context=Context())
