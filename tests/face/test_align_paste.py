"""Cropping and pasting: standard places, exact return, no seam, nothing outside touched."""

import numpy as np
import pytest

from nodes.face._align import ffhq_square, square_of
from nodes.face._crops import transform
from nodes.face._identity import TEMPLATE
from nodes.face._pose import Angles, angles_of, rotation_of
from nodes.face.crop_face import crop_face
from nodes.face.paste_face import paste_face
from nodes.sdk import Context, NodeError
from nodes.sdk.values import Face, Faces, Image, Mask
from tests.face import pictures


def face_at(x, y, scale, angle=0.0):
    """A face whose five points lie like ArcFace's template, moved, scaled and turned."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = ((TEMPLATE - 56) @ turn.T * scale + (x, y)).astype(np.float32)
    box = np.concatenate([points.min(axis=0) - 10, points.max(axis=0) + 10])
    return Face(
        box, np.zeros((0, 3), np.float32), points, rotation=rotation_of(Angles(10, 5, np.degrees(angle)))
    )


@pytest.fixture
def picture():
    return pictures.noise(240, 320, seed=3)


@pytest.fixture
def faces():
    return Faces((face_at(150, 120, 1.1, 0.35),), 320, 240)


def test_arcface_puts_the_points_on_the_template(faces, picture):
    crop = crop_face(picture, faces, alignment="ArcFace", size=112, context=Context())
    assert np.allclose(crop.faces[0].key_points, TEMPLATE, atol=0.05)


def test_ffhq_levels_the_eyes_and_scales_with_the_face(faces):
    square = ffhq_square(faces[0].key_points)
    right, left = transform(square.to_crop(512), faces[0].key_points[:2])
    assert left[0] > right[0] and abs(left[1] - right[1]) < 4
    twice = ffhq_square(faces[0].key_points * 2)
    assert twice.size == pytest.approx(2 * square.size)


def test_the_pose_turns_with_the_crop(faces, picture):
    crop = crop_face(picture, faces, alignment="ArcFace", size=112, context=Context())
    assert angles_of(crop.faces[0].rotation).roll == pytest.approx(0.0, abs=1.5)


@pytest.mark.parametrize("alignment", ["FFHQ", "ArcFace", "box"])
def test_an_unchanged_crop_changes_nothing(faces, picture, alignment):
    crop = crop_face(picture, faces, alignment=alignment, size=128, context=Context())
    back = paste_face(picture, crop.image, faces, alignment=alignment, context=Context())
    assert np.abs(back.pixels - picture.pixels).max() < 1e-4


def test_only_the_square_is_touched(faces, picture):
    crop = crop_face(picture, faces, alignment="ArcFace", size=128, context=Context())
    changed = Image(np.ones_like(crop.image.pixels))
    back = paste_face(picture, changed, faces, alignment="ArcFace", keep_detail=False, context=Context())
    square = square_of(faces[0], "ArcFace", 0.0)
    rows, columns = np.mgrid[:240, :320]
    inside = transform(square.to_crop(1), np.column_stack([columns.ravel() + 0.5, rows.ravel() + 0.5]))
    outside = ((inside < -0.03) | (inside > 1.03)).any(axis=1).reshape(240, 320)
    assert np.array_equal(back.pixels[outside], picture.pixels[outside])
    assert back.pixels[120, 150].min() > 0.95


@pytest.mark.parametrize("blend", ["seamless", "feather"])
def test_a_changed_light_leaves_no_edge(blend):
    smooth = pictures.flat(240, 320, 0.4)
    faces = Faces((face_at(160, 120, 1.0),), 320, 240)
    crop = crop_face(smooth, faces, size=256, context=Context())
    lighter = Image(crop.image.pixels + 0.2)
    back = paste_face(smooth, lighter, faces, blend=blend, feather=0.2, context=Context()).pixels[..., 0]
    steps = max(np.abs(np.diff(back, axis=0)).max(), np.abs(np.diff(back, axis=1)).max())
    assert steps < 0.03 and back[120, 160] > 0.57


def test_matching_colours_undoes_a_tint(picture, faces):
    crop = crop_face(picture, faces, size=128, context=Context())
    tinted = Image(np.clip(crop.image.pixels * (0.6, 0.8, 0.9) + 0.05, 0, 1).astype(np.float32))
    plain = paste_face(picture, tinted, faces, context=Context()).pixels
    matched = paste_face(picture, tinted, faces, match_colours=True, context=Context()).pixels
    assert np.abs(matched - picture.pixels).mean() < 0.35 * np.abs(plain - picture.pixels).mean()


def test_a_mask_limits_the_paste(picture, faces):
    crop = crop_face(picture, faces, size=128, context=Context())
    white = Image(np.ones_like(crop.image.pixels))
    none = paste_face(
        picture, white, faces, Mask(np.zeros((64, 64), np.float32)), keep_detail=False, context=Context()
    )
    assert np.abs(none.pixels - picture.pixels).max() < 1e-4


def test_alpha_of_the_picture_is_kept(faces):
    picture = pictures.noise(240, 320, 4)
    crop = crop_face(picture, faces, size=128, context=Context())
    back = paste_face(picture, Image(np.zeros((128, 128, 3), np.float32)), faces, context=Context())
    assert crop.image.has_alpha
    assert np.array_equal(back.pixels[..., 3], picture.pixels[..., 3])


def test_a_face_half_outside_is_cropped_and_pasted():
    picture = pictures.noise(200, 200)
    faces = Faces((face_at(0, 100, 1.5),), 200, 200)
    crop = crop_face(picture, faces, size=128, context=Context())
    back = paste_face(picture, crop.image, faces, context=Context())
    assert crop.image.pixels.shape == (128, 128, 3)
    assert np.abs(back.pixels - picture.pixels).max() < 1e-4


def test_without_a_face_the_crop_is_transparent_and_the_picture_passes(picture):
    nobody = Faces((), 320, 240)
    crop = crop_face(picture, nobody, size=64, context=Context())
    assert crop.image.pixels.shape == (64, 64, 4) and crop.image.pixels.max() == 0 and len(crop.faces) == 0
    assert paste_face(picture, crop.image, nobody, context=Context()) is picture


def test_a_crop_that_is_not_square_is_refused(picture, faces):
    with pytest.raises(NodeError, match="not square"):
        paste_face(picture, pictures.flat(10, 20), faces, context=Context())
