"""A face on another head."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import PARSING_CLASSES, Image, Parsing
from nodes.swap._geometry import with_shape_of
from nodes.swap.swap_face import swap_face
from tests.samples import model as fetched

pytestmark = pytest.mark.models
CONTEXT = Context()


@pytest.fixture(scope="module")
def painted(astronaut_fit):
    """The same head with an all-green skin: wherever it goes, it shows."""
    green = np.zeros((64, 64, 3), np.float32)
    green[..., 1] = 0.7
    return replace(astronaut_fit, texture=Image(green))


def greenness(pixels):
    return pixels[..., 1] - pixels[..., [0, 2]].mean(axis=2)


def test_the_skin_comes_over_and_the_surroundings_stay(astronaut, astronaut_fit, painted):
    result = swap_face(astronaut, astronaut_fit, painted, skin_tone=1.0, context=CONTEXT).pixels
    x, y = astronaut_fit.landmarks[50, :2].astype(int)
    assert greenness(result)[y, x] > 0.25
    low, high = astronaut_fit.landmarks[:468, :2].min(0), astronaut_fit.landmarks[:468, :2].max(0)
    far = np.ones((512, 512), bool)
    margin = 40
    far[int(low[1]) - margin : int(high[1]) + margin, int(low[0]) - margin : int(high[0]) + margin] = False
    assert np.abs(result[far] - astronaut.pixels[far]).max() < 0.004


def test_eyes_stay_the_targets(astronaut, astronaut_fit, painted):
    # No landmarker reads the pose of a green face.
    result = swap_face(
        astronaut, astronaut_fit, painted, skin_tone=1.0, calibrate=False, context=CONTEXT
    ).pixels
    for iris in (468, 473):
        x, y = astronaut_fit.landmarks[iris, :2].astype(int)
        assert np.abs(result[y, x] - astronaut.pixels[y, x]).max() < 0.12


def test_what_is_in_front_stays_in_front(astronaut, astronaut_fit, painted):
    labels = np.full((512, 512), PARSING_CLASSES.index("skin"), np.uint8)
    x, y = astronaut_fit.landmarks[50, :2].astype(int)
    labels[y - 15 : y + 16, x - 15 : x + 16] = PARSING_CLASSES.index("hair")
    result = swap_face(
        astronaut, astronaut_fit, painted, Parsing(labels), skin_tone=1.0, context=CONTEXT
    ).pixels
    assert np.abs(result[y, x] - astronaut.pixels[y, x]).max() < 0.1


def test_no_strength_gives_the_picture_back(astronaut, astronaut_fit, painted):
    assert swap_face(astronaut, astronaut_fit, painted, strength=0.0, context=CONTEXT) is astronaut


def test_a_head_takes_on_another_shape_at_its_own_size(astronaut_fit):
    other = replace(
        astronaut_fit, offsets=(1.3 * astronaut_fit.model.mean - astronaut_fit.model.mean).astype(np.float32)
    )
    from nodes.head._shape import neutral_vertices

    own = neutral_vertices(astronaut_fit)
    moved = neutral_vertices(with_shape_of(astronaut_fit, other, 1.0))
    assert abs(np.ptp(moved[:, 0]) / np.ptp(own[:, 0]) - 1.0) < 0.1
    assert np.allclose(neutral_vertices(with_shape_of(astronaut_fit, other, 0.0)), own, atol=1e-6)


def test_a_source_without_a_picture_is_refused(astronaut, astronaut_fit):
    with pytest.raises(NodeError, match="knows no picture"):
        swap_face(astronaut, astronaut_fit, replace(astronaut_fit, picture=None), context=CONTEXT)


def test_heads_of_other_models_are_refused_whatever_their_names(astronaut, astronaut_fit, small_head):
    called_alike = replace(small_head.model, name=astronaut_fit.model.name)
    for model in (small_head.model, called_alike):
        with pytest.raises(NodeError, match="different models"):
            swap_face(astronaut, astronaut_fit, replace(small_head, model=model), context=CONTEXT)


def test_a_target_of_another_size_is_refused(astronaut_fit):
    with pytest.raises(NodeError, match="fitted to a picture of"):
        swap_face(Image(np.zeros((9, 9, 3), np.float32)), astronaut_fit, astronaut_fit, context=CONTEXT)


def test_with_a_parsing_the_place_around_stays_although_the_shape_changes(astronaut, astronaut_fit):
    wide = replace(astronaut_fit, offsets=(0.15 * astronaut_fit.model.mean).astype(np.float32) * [1, 0, 0])
    wide = replace(wide, offsets=wide.offsets.astype(np.float32))
    labels = np.zeros((512, 512), np.uint8)
    points = astronaut_fit.landmarks[:468, :2]
    low, high = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
    labels[low[1] : high[1], low[0] : high[0]] = PARSING_CLASSES.index("skin")
    result = swap_face(astronaut, astronaut_fit, wide, Parsing(labels), context=CONTEXT).pixels
    far = np.ones((512, 512), bool)
    far[low[1] - 25 : high[1] + 25, low[0] - 25 : high[0] + 25] = False
    assert np.array_equal(result[far], astronaut.pixels[far])
    assert np.abs(result - astronaut.pixels).max() > 0.05


def test_a_fringe_stays_in_front_though_no_parsing_is_wired(astronaut, astronaut_fit, painted):
    fetched("face_parser")
    results = [
        swap_face(astronaut, astronaut_fit, painted, skin_tone=1.0, parse=parse, context=CONTEXT).pixels
        for parse in (True, False)
    ]
    x, y = astronaut_fit.landmarks[10, :2].astype(int)
    forehead = (slice(y - 4, y + 14), slice(x - 30, x + 30))
    greens = [float(np.clip(greenness(result)[forehead], 0, None).mean()) for result in results]
    assert greens[0] < 0.5 * greens[1]
