"""Parsing: parts lie where the landmarks say, neighbours stay out, nothing is not a face."""

import numpy as np
import pytest

from nodes.face._reading import read_picture
from nodes.face.face_landmarks import face_landmarks
from nodes.face.hair_matte import hair_matte
from nodes.face.parse_face import parse_face
from nodes.face.pick_face import pick_face
from nodes.sdk import Context, NodeError
from nodes.sdk.values import PARSING_CLASSES, Faces, Parsing
from tests.face import pictures
from tests.samples import model

pytestmark = pytest.mark.models
CLASS = {name: number for number, name in enumerate(PARSING_CLASSES)}


@pytest.fixture(scope="module")
def context():
    for card in ("face_detector", "face_landmarker", "face_parser"):
        model(card)
    return Context()


def test_parts_lie_where_landmarks_say(context):
    picture = pictures.portrait("s42")
    labels = parse_face(picture, context=context).labels
    (face,) = read_picture(picture.pixels, context)
    at = {name: face.landmarks[index, :2].astype(int) for name, index in
          {"right eye": 468, "left eye": 473, "nose": 4, "lower lip": 17}.items()}  # fmt: skip
    for name, (x, y) in at.items():
        assert (labels[y - 4 : y + 5, x - 4 : x + 5] == CLASS[name]).any(), name
    assert (labels == CLASS["hair"]).mean() > 0.1


def test_left_and_right_are_the_persons_own_in_mirrored_pictures_too(context):
    for quarter in (slice(None), slice(None, None, -1)):
        picture = pictures.portrait("s5")
        flipped = type(picture)(np.ascontiguousarray(picture.pixels[:, quarter]))
        labels = parse_face(flipped, context=context).labels
        left = np.nonzero(labels == CLASS["left eye"])[1].mean()
        right = np.nonzero(labels == CLASS["right eye"])[1].mean()
        assert right < left, "the person's right eye is on the viewer's left"


def test_neighbours_are_background(context):
    picture = pictures.group()
    faces = face_landmarks(picture, context=context)
    chosen = pick_face(faces, order="left to right", index=3, context=context)
    labels = parse_face(picture, chosen, context=context).labels
    for face in faces:
        x, y = face.landmarks[4, :2].astype(int)
        mine = face is chosen[0]
        assert (labels[y, x] == CLASS["nose"]) == mine


def test_all_faces_at_once(context):
    picture = pictures.group()
    faces = face_landmarks(picture, context=context)
    labels = parse_face(picture, faces, target="all", context=context).labels
    noses = [labels[tuple(face.landmarks[4, 1::-1].astype(int))] == CLASS["nose"] for face in faces]
    assert sum(noses) >= 6


def test_a_tilted_face_is_parsed_alike(context):
    upright = pictures.portrait("s42")
    a = parse_face(upright, context=context).labels
    b = np.rot90(parse_face(pictures.turned(upright, 1), context=context).labels, -1)
    assert (a == b).mean() > 0.97


def test_no_face_is_all_background(context):
    for picture in (pictures.flat(1, 1), pictures.noise(60, 90)):
        labels = parse_face(picture, context=context).labels
        assert labels.shape == (picture.height, picture.width) and labels.max() == 0
    assert parse_face(pictures.flat(20, 20), Faces((), 20, 20), context=context).labels.max() == 0


def test_guided_hair_matte_is_soft_only_near_the_edge(context):
    picture = pictures.portrait("s42")
    parsing = parse_face(picture, context=context)
    alpha = hair_matte(picture, parsing, method="guided filter", context=context).alpha
    hair = parsing.labels == CLASS["hair"]
    assert alpha[hair].mean() > 0.85 and alpha[~hair].mean() < 0.1
    assert ((alpha > 0.1) & (alpha < 0.9)).any()


def test_network_hair_matte(context):
    model("portrait_matte")
    picture = pictures.portrait("s7")
    parsing = parse_face(picture, context=context)
    alpha = hair_matte(picture, parsing, context=context).alpha
    hair = parsing.labels == CLASS["hair"]
    assert alpha[hair].mean() > 0.8 and alpha[~hair].mean() < 0.05


def test_matte_of_nothing_is_empty_and_sizes_must_agree(context):
    nothing = Parsing(np.zeros((30, 40), np.uint8))
    assert (
        hair_matte(pictures.flat(30, 40), nothing, method="guided filter", context=context).alpha.max() == 0
    )
    with pytest.raises(NodeError, match="different sizes"):
        hair_matte(pictures.flat(31, 40), nothing, method="guided filter", context=context)
