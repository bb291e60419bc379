"""Identity and attributes on photographs: who is who, what a folder holds, what faces look like."""

import numpy as np
import pytest

from nodes.face.analyse_face import analyse_face
from nodes.face.cluster_faces import cluster_faces
from nodes.face.compare_faces import compare_faces
from nodes.face.describe_face import describe_face
from nodes.face.detect_faces import detect_faces
from nodes.face.enroll_face import enroll_face
from nodes.face.face_attributes import face_attributes
from nodes.face.face_embedding import face_embedding
from nodes.face.face_landmarks import face_landmarks
from nodes.face.head_pose import head_pose
from nodes.face.name_faces import name_faces
from nodes.face.pick_face import pick_face
from nodes.sdk import Context, FileProblem, ModelProblem, NodeError
from nodes.sdk.values import Image
from tests.face import pictures
from tests.samples import model

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def context():
    for card in ("face_detector", "face_landmarker", "face_embedder", "age_estimator", "gender_estimator"):
        model(card)
    return Context()


def cell(table, row, column):
    return table.rows[row][table.columns.index(column)]


def darker_and_smaller(image):
    import cv2

    half = cv2.resize(image.pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    return Image(np.ascontiguousarray(half[:, ::-1] * 0.7))


def test_a_changed_picture_of_a_person_is_the_same_and_another_is_not(context):
    first = face_embedding(pictures.portrait("s42"), context=context)
    again = face_embedding(darker_and_smaller(pictures.portrait("s42")), context=context)
    other = face_embedding(pictures.portrait("s1"), context=context)
    assert np.linalg.norm(first.vector) == pytest.approx(1.0, abs=1e-5)
    assert compare_faces(first, again).same == 1.0
    assert compare_faces(first, other).same == 0.0


def test_an_enrolled_person_is_named_and_picked_in_a_group(context):
    picture = pictures.group()
    faces = face_landmarks(picture, context=context)
    chosen = pick_face(faces, order="left to right", index=2, context=context)
    person = enroll_face([face_embedding(picture, chosen, context=context)], name="Ada")
    named = name_faces(picture, faces, [person], context=context)
    assert [face.name for face in named if face.name] == ["Ada"]
    assert next(face for face in named if face.name).box[0] == chosen[0].box[0]
    again = pick_face(faces, picture, person, by="person", context=context)
    assert len(again) == 1 and again[0].box[0] == chosen[0].box[0]


def test_no_face_has_no_identity(context):
    with pytest.raises(NodeError, match="no face"):
        face_embedding(pictures.flat(50, 50), context=context)


def test_a_folder_is_sorted_into_people_and_a_damaged_picture_is_a_line(context, tmp_path):
    import cv2

    for name in ("s42", "s1"):
        for variant, image in enumerate(
            [pictures.portrait(name), darker_and_smaller(pictures.portrait(name))]
        ):
            cv2.imwrite(str(tmp_path / f"{name}_{variant}.png"), image.pixels[..., ::-1] * 255)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n not a picture")
    ada = enroll_face([face_embedding(pictures.portrait("s1"), context=context)], name="Ada")
    result = cluster_faces([ada], folder=str(tmp_path), context=context)
    assert result.people == 2
    groups = {}
    for row in result.table.rows:
        groups.setdefault(row[0], set()).add(row[2].split("_")[0])
        assert (row[1] == "Ada") == row[2].startswith("s1")
    assert groups.pop(None) == {"broken.png"}
    assert sorted(len(names) for names in groups.values()) == [1, 1]
    assert result.sheet.width > result.sheet.height * 0.5


def test_an_empty_folder_and_no_folder(context, tmp_path):
    result = cluster_faces([], folder=str(tmp_path), context=context)
    assert result.people == 0 and result.table.rows == ()
    with pytest.raises(NodeError, match="folder or a clip"):
        cluster_faces([], context=context)
    with pytest.raises(FileProblem, match="no such folder"):
        cluster_faces([], folder=str(tmp_path / "missing"), context=context)


def test_attributes_of_photographs(context):
    woman = face_attributes(pictures.portrait("s1"), context=context)
    assert cell(woman, 0, "gender") == "feminine" and cell(woman, 0, "emotion") == "happy"
    assert 20 < cell(woman, 0, "age") < 50
    assert cell(woman, 0, "glasses") is False and cell(woman, 0, "hair colour") is None
    man = face_attributes(pictures.portrait("s12"), context=context)
    assert cell(man, 0, "gender") == "masculine"


def test_attributes_read_landmarks_of_merely_detected_faces(context):
    picture = pictures.group()
    table = face_attributes(picture, detect_faces(picture, context=context), context=context)
    assert len(table.rows) == 7


def test_description_counts_faces_and_says_what_they_show(context):
    text = describe_face(pictures.portrait("s1"), context=context)
    assert text.startswith("One face is visible.") and "happy" in text and "feminine-presenting" in text
    assert describe_face(pictures.group(), context=context).startswith("Seven faces are visible.")
    assert describe_face(pictures.flat(40, 40), context=context) == "No face is visible."


def test_a_folder_without_a_language_model_is_explained(context, tmp_path):
    with pytest.raises(ModelProblem, match="holds no language model"):
        describe_face(pictures.portrait("s42"), language_model=str(tmp_path), context=context)


def test_analysis_joins_everything(context):
    model("face_parser")
    picture = pictures.portrait("s1")
    person = enroll_face([face_embedding(picture, context=context)], name="Ada")
    result = analyse_face(picture, [person], context=context)
    assert result.faces[0].name == "Ada" and cell(result.table, 0, "name") == "Ada"
    assert cell(result.table, 0, "hair length") in ("short", "medium")
    assert result.parsing.labels.max() > 0 and "Ada" in result.text


def test_analysis_of_nothing_is_empty(context):
    result = analyse_face(pictures.flat(30, 50), [], context=context)
    assert len(result.faces) == 0 and result.table.rows == ()
    assert result.parsing.labels.shape == (30, 50) and result.text == "No face is visible."


def test_head_pose_numbers_are_those_of_the_first_face(context):
    faces = face_landmarks(pictures.portrait("s1"), context=context)
    pose = head_pose(faces, context=context)
    assert cell(pose.table, 0, "yaw") == pytest.approx(pose.yaw, abs=0.01)
    assert abs(pose.yaw) < 30
    nobody = head_pose(type(faces)((), 10, 10), context=context)
    assert (nobody.yaw, nobody.pitch, nobody.roll) == (0, 0, 0) and nobody.table.rows == ()


def test_relative_to_the_camera_axis_a_face_at_the_right_looks_further_right(context):
    from dataclasses import replace

    faces = face_landmarks(pictures.portrait("s1"), context=context)
    face = replace(faces[0], box=faces[0].box + np.array([4000, 0, 4000, 0], np.float32))
    wide = type(faces)((face,), 5000, faces.height)
    straight = head_pose(wide, context=context)
    along = head_pose(wide, relative="camera axis", context=context)
    assert along.yaw < straight.yaw - 5
