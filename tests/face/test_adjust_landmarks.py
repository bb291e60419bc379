"""Landmarks moved by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.face._landmark_moves import (
    called,
    from_pixels,
    in_pixels,
    moved_face,
    moves_text,
    read_moves,
    unit_of,
)
from nodes.face.adjust_landmarks import adjust_landmarks
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Face, Faces


def turned(yaw: float, roll: float = 0.0) -> np.ndarray:
    """Head to camera, degrees."""
    y, z = np.radians([yaw, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return (about_z @ about_y).astype(np.float32)


def a_face(rotation: np.ndarray | None = None, size: float = 100.0, identity: int = -1) -> Face:
    """478 points of a disc in the plane of the head, turned, `size` pixels between the eyes' corners."""
    turn = np.eye(3, dtype=np.float32) if rotation is None else rotation
    random = np.random.default_rng(5)
    flat = np.zeros((478, 3))
    flat[:, :2] = random.uniform(-0.8, 0.8, (478, 2))
    flat[33], flat[263] = (-0.5, 0.2, 0), (0.5, 0.2, 0)
    seen = flat @ turn.T * size * (1, -1, -1) + (300, 200, 0)
    keys = seen[[33, 263, 1, 61, 291], :2]
    box = np.array([*seen[:, :2].min(axis=0), *seen[:, :2].max(axis=0)], np.float32)
    return Face(
        box, seen.astype(np.float32), keys.astype(np.float32), rotation=turn, identity=identity
    )  # fmt: skip


def of(*faces: Face) -> Faces:
    return Faces(faces, 600, 400)


def adjust(faces: Faces, **parameters: object) -> Faces:
    result = adjust_landmarks(faces, context=Context(), **parameters)  # type: ignore[arg-type]
    assert isinstance(result, Faces)
    return result


def test_a_move_is_told_in_widths_of_the_eyes() -> None:
    before = a_face(size=100)
    after = adjust(of(before), moves="0 61 1000 500", spread=0.0)[0]
    assert np.allclose(after.landmarks[61] - before.landmarks[61], (10, -5, 0), atol=1e-3)
    assert np.array_equal(np.delete(after.landmarks, 61, 0), np.delete(before.landmarks, 61, 0))


def test_a_move_goes_with_a_head_that_turns_and_comes_nearer() -> None:
    after = adjust(of(a_face(turned(60), size=200)), moves="0 61 1000 0", spread=0.0)[0]
    step = after.landmarks[61] - a_face(turned(60), size=200).landmarks[61]
    assert step[0] == pytest.approx(20 * np.cos(np.radians(60)), abs=1e-3)
    assert step[2] == pytest.approx(20 * np.sin(np.radians(60)), abs=1e-3)
    tilted = adjust(of(a_face(turned(0, roll=90))), moves="0 61 1000 0", spread=0.0)[0]
    assert np.allclose(
        tilted.landmarks[61] - a_face(turned(0, roll=90)).landmarks[61], (0, -10, 0), atol=1e-3
    )


def test_neighbours_follow_and_far_points_stay() -> None:
    before = a_face()
    after = adjust(of(before), moves="0 61 1000 0", spread=0.3)[0]
    step = np.linalg.norm(after.landmarks - before.landmarks, axis=1)
    gap = np.linalg.norm(before.landmarks[:, :2] - before.landmarks[61, :2], axis=1)
    assert step[61] == pytest.approx(10, abs=1e-2)
    near, far = (gap > 0) & (gap < 15), gap > 31
    assert np.all(step[near] > 0.5)
    assert np.all(step[near] < 10)
    assert np.all(step[far] == 0)


def test_every_moved_landmark_arrives_whatever_its_neighbours_do() -> None:
    before = a_face()
    moves = {number: (0.01 * number, -0.02) for number in (5, 6, 7, 8, 9)}
    after = moved_face(before, moves, spread=0.6)
    wanted = before.landmarks[[5, 6, 7, 8, 9]] + in_pixels(before, np.array(list(moves.values())))
    assert np.allclose(after.landmarks[[5, 6, 7, 8, 9]], wanted, atol=0.01)


def test_the_points_of_eyes_and_mouth_follow_their_landmarks() -> None:
    before = a_face()
    after = moved_face(before, {33: (0.1, 0.0)}, spread=0.1)
    assert np.allclose(after.key_points[0] - before.key_points[0], (10, 0), atol=0.01)


def test_half_the_strength_goes_half_the_way_and_none_changes_nothing() -> None:
    faces = of(a_face())
    half = adjust(faces, moves="0 61 1000 0", strength=0.5, spread=0.0)[0]
    assert half.landmarks[61, 0] - faces[0].landmarks[61, 0] == pytest.approx(5, abs=1e-3)
    assert adjust(faces, moves="0 61 1000 0", strength=0.0) is faces
    assert adjust(faces) is faces


def test_moves_belong_to_a_tracked_person_wherever_it_stands_in_the_list() -> None:
    one, two = a_face(identity=3), a_face(identity=8)
    assert called(of(two, one), 1) == "#3"
    for faces in (of(one, two), of(two, one)):
        after = adjust(faces, moves="#3 61 1000 0", spread=0.0)
        moved = {face.identity for face, was in zip(after, faces, strict=True) if face is not was}
        assert moved == {3}


def test_the_move_for_a_pull_is_seen_as_that_pull() -> None:
    for rotation in (turned(0), turned(40, 10), turned(-60, 170)):
        face = a_face(rotation)
        move = from_pixels(face, (7.0, -4.0))
        assert np.allclose(in_pixels(face, np.array([move]))[0, :2], (7, -4), atol=1e-4)


def test_a_profile_takes_no_wild_moves() -> None:
    face = a_face(turned(89.5))
    move = from_pixels(face, (20.0, 5.0))
    assert np.abs(move).max() * unit_of(face) < 30


def test_a_face_that_was_only_detected_passes_with_a_word() -> None:
    bare = Face(np.zeros(4, np.float32), np.zeros((0, 3), np.float32), np.zeros((5, 2), np.float32))
    context = Context()
    result = adjust_landmarks(of(bare), moves="0 61 1000 0", context=context)
    assert result[0] is bare
    assert any("Face landmarks" in words for words in context.notices)


def test_moves_survive_being_written_and_read() -> None:
    text = "0 61 1000 -20;#7 3 5 5"
    assert moves_text(read_moves(text)) == text
    assert moves_text({"0": {4: (0.0, 0.0)}}) == ""


@pytest.mark.parametrize("text", ["0 478 1 1", "0 1 1", "x 1 1 1", "0 1 1.5 1", "0 1 1 9999999"])
def test_text_that_is_no_moves_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(NodeError) as caught:
        adjust(of(a_face()), moves=text)
    assert "Moves" in caught.value.hint
