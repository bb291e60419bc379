"""Masks: distances, softness, set operations, edges of pictures."""

import numpy as np
import pytest

from nodes.face._masks import combined, feathered, grown, guided, of_classes
from nodes.face.adjust_mask import adjust_mask
from nodes.face.combine_masks import combine_masks
from nodes.face.face_mask import face_mask
from nodes.sdk import Context, NodeError
from nodes.sdk.values import PARSING_CLASSES, Image, Mask, Parsing


def disc(radius, size=101):
    y, x = np.mgrid[:size, :size] - size // 2
    return np.clip(radius - np.hypot(x, y) + 0.5, 0, 1).astype(np.float32)


@pytest.mark.parametrize("change", [-12, -1.5, 4, 20])
def test_growing_a_disc_changes_its_radius(change):
    area = grown(disc(25), change).sum()
    assert np.sqrt(area / np.pi) == pytest.approx(25 + change, abs=0.35)


def test_growing_nothing_or_everything_leaves_it():
    for value in (0.0, 1.0):
        flat = np.full((9, 9), value, np.float32)
        assert np.array_equal(grown(flat, 5), flat)


def test_feather_keeps_area_and_softens():
    soft = feathered(disc(25), 8)
    assert soft.sum() == pytest.approx(disc(25).sum(), rel=0.02)
    assert ((soft > 0.1) & (soft < 0.9)).sum() > 4 * ((disc(25) > 0.1) & (disc(25) < 0.9)).sum()


def test_set_operations():
    a, b = np.array([[0, 0.6, 1, 1]], np.float32), np.array([[0, 0.2, 0, 1]], np.float32)
    assert np.allclose(combined(a, b, "add"), [[0, 0.6, 1, 1]])
    assert np.allclose(combined(a, b, "subtract"), [[0, 0.6, 1, 0]])
    assert np.allclose(combined(a, b, "intersect"), [[0, 0.2, 0, 1]])
    assert np.allclose(combined(a, b, "difference"), [[0, 0.4, 1, 0]])


def test_guided_filter_moves_an_edge_to_the_pictures():
    picture = np.zeros((60, 60, 3), np.float32)
    picture[:, 33:] = (0.9, 0.4, 0.2)
    rough = np.zeros((60, 60), np.float32)
    rough[:, 30:] = 1.0
    fitted = guided(rough, picture, 8, 1e-4)
    assert (fitted[20:40, 36:] > 0.8).all() and (fitted[20:40, 24:31] < 0.5).all()


def test_masks_of_different_sizes_are_refused():
    with pytest.raises(NodeError, match="different sizes"):
        combine_masks(Mask(disc(5)), Mask(disc(5, 51)))


def test_face_mask_holds_the_chosen_parts_only():
    labels = np.arange(19, dtype=np.uint8).reshape(1, 19)
    mask = face_mask(Parsing(labels), skin=False, nose=False, brows=False, eyes=True, lips=False,
                     inner_mouth=False, hair=True, feather=0.0, context=Context())  # fmt: skip
    held = {PARSING_CLASSES[i] for i in np.flatnonzero(mask.alpha[0] > 0.5)}
    assert held == {"left eye", "right eye", "hair"}


def test_of_classes_without_classes_is_empty():
    assert of_classes(np.ones((3, 3), np.uint8), []).max() == 0


def test_adjusting_inverts_and_fades():
    out = adjust_mask(Mask(disc(20)), invert=True, strength=0.5)
    assert out.alpha[50, 50] == 0 and out.alpha[0, 0] == pytest.approx(0.5)


def test_snapping_without_a_picture_says_what_to_do():
    with pytest.raises(NodeError, match="needs a picture"):
        adjust_mask(Mask(disc(20)), snap=5)
    with pytest.raises(NodeError, match="different sizes"):
        adjust_mask(Mask(disc(20)), Image(np.zeros((4, 4, 3), np.float32)), snap=5)
