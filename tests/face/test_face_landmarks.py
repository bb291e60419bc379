"""Reading faces in photographs: what is found, where, and what bad pictures give."""

import numpy as np
import pytest

from nodes.face._pose import angles_of
from nodes.face.detect_faces import detect_faces
from nodes.face.face_landmarks import face_landmarks
from nodes.sdk import Context
from nodes.sdk.values import ARKIT_NAMES, Image
from tests.face import pictures
from tests.samples import model

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def context():
    model("face_detector"), model("face_landmarker")
    return Context()


def test_every_face_of_a_group_is_found(context):
    picture = pictures.group()
    assert len(face_landmarks(picture, context=context)) == 7
    assert len(detect_faces(picture, context=context)) == 7


def test_faces_come_largest_first_with_all_that_is_promised(context):
    faces = face_landmarks(pictures.group(), context=context)
    sizes = [face.size for face in faces]
    assert sizes == sorted(sizes, reverse=True)
    for face in faces:
        assert face.landmarks.shape == (478, 3)
        assert face.visibility.shape == (478,)
        assert face.coefficients.min() >= 0 and face.coefficients.max() <= 1
        assert np.linalg.det(face.rotation) == pytest.approx(1.0, abs=1e-4)


def test_irises_lie_between_the_eye_corners(context):
    face = face_landmarks(pictures.portrait(), context=context)[0]
    for iris, outer, inner in ((468, 33, 133), (473, 263, 362)):
        low, high = sorted((face.landmarks[outer, 0], face.landmarks[inner, 0]))
        assert low < face.landmarks[iris, 0] < high


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turned_pictures_give_turned_landmarks(context, quarters):
    upright = pictures.portrait("s42")
    side = upright.width
    expected = face_landmarks(upright, context=context)[0].landmarks[:, :2]
    seen = face_landmarks(pictures.turned(upright, quarters), context=context)[0].landmarks[:, :2]
    for _ in range(quarters):
        seen = np.column_stack([side - seen[:, 1], seen[:, 0]])
    eyes = np.linalg.norm(expected[33] - expected[263])
    assert np.linalg.norm(seen - expected, axis=1).mean() < 0.03 * eyes


@pytest.mark.parametrize("degrees", [45, 130, 200, 310])
def test_a_group_is_found_at_any_angle(context, degrees):
    import cv2

    picture = pictures.group().pixels
    height, width = picture.shape[:2]
    side = int(np.hypot(height, width)) + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += ((side - width) / 2, (side - height) / 2)
    tilted = Image(cv2.warpAffine(picture, matrix, (side, side), borderValue=(0.4, 0.4, 0.4)))
    upright = detect_faces(pictures.group(), context=context)
    found = detect_faces(tilted, context=context)
    for face in upright:
        middle = matrix @ np.array([*face.key_points[2], 1.0])
        assert any((box[:2] < middle).all() and (middle < box[2:]).all() for box in (f.box for f in found))
    assert len(face_landmarks(tilted, context=context)) == 7


def test_a_mirrored_face_swaps_left_and_right(context):
    picture = pictures.portrait("s1")
    mirrored = Image(np.ascontiguousarray(picture.pixels[:, ::-1]))
    straight = face_landmarks(picture, context=context)[0]
    swapped = face_landmarks(mirrored, context=context)[0]
    assert angles_of(swapped.rotation).yaw == pytest.approx(-angles_of(straight.rotation).yaw, abs=4)
    left, right = ARKIT_NAMES.index("mouthSmileLeft"), ARKIT_NAMES.index("mouthSmileRight")
    assert swapped.coefficients[left] == pytest.approx(straight.coefficients[right], abs=0.25)


def test_coarse_pose_agrees_with_the_fit(context):
    fitted = face_landmarks(pictures.portrait("s1"), context=context)[0]
    coarse = detect_faces(pictures.portrait("s1"), context=context)[0]
    assert angles_of(coarse.rotation).yaw == pytest.approx(angles_of(fitted.rotation).yaw, abs=15)


def test_landmarks_do_not_depend_on_the_picture_size(context):
    import cv2

    large = pictures.portrait("s42")
    small = Image(cv2.resize(large.pixels, (300, 300), interpolation=cv2.INTER_AREA))
    ratio = large.width / 300
    a = face_landmarks(large, context=context)[0].landmarks[:, :2]
    b = face_landmarks(small, context=context)[0].landmarks[:, :2] * ratio
    assert np.linalg.norm(a - b, axis=1).mean() < 0.02 * np.linalg.norm(a[33] - a[263])


@pytest.mark.parametrize(
    "picture",
    [
        pictures.flat(1, 1),
        pictures.flat(64, 64, 0.0),
        pictures.noise(200, 300),
        pictures.noise(40, 40, 4),
        pictures.flat(2, 3000),
    ],
    ids=["one pixel", "black", "noise", "noise with alpha", "a sliver"],
)
def test_pictures_without_a_face_give_an_empty_result(context, picture):
    for node in (face_landmarks, detect_faces):
        faces = node(picture, context=context)
        assert len(faces) == 0
        assert (faces.width, faces.height) == (picture.width, picture.height)


def test_a_picture_of_no_numbers_gives_an_empty_result(context):
    assert len(face_landmarks(Image(np.full((80, 80, 3), np.nan, np.float32)), context=context)) == 0


def test_half_a_face_at_the_border_is_read_and_its_missing_half_is_not_visible(context):
    whole = pictures.portrait("s42")
    face = face_landmarks(whole, context=context)[0]
    middle = int(face.landmarks[1, 0])
    half = Image(np.ascontiguousarray(whole.pixels[:, : middle + 40]))
    faces = face_landmarks(half, confidence=0.4, context=context)
    assert len(faces) == 1
    outside = faces[0].landmarks[:, 0] > half.width
    assert outside.any() and faces[0].visibility[outside].max() == 0


def test_a_small_face_of_a_huge_picture_is_read(context):
    import cv2

    portrait = pictures.portrait("s42").pixels
    huge = np.zeros((700, 20000, 3), np.float32)
    huge[300:500, 12000:12200] = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
    face = face_landmarks(Image(huge), context=context)[0]
    assert face.landmarks[:, 0].min() > 12000 and face.landmarks[:, 0].max() < 12200


def test_inputs_are_not_modified(context):
    picture = pictures.portrait("s42")
    before = picture.pixels.copy()
    face_landmarks(picture, context=context)
    assert np.array_equal(picture.pixels, before)
