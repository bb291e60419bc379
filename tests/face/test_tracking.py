"""Following faces: numbers last through cuts and absence, states can be stored, nothing is invented."""

import numpy as np
import pytest

from nodes.face.pick_face import pick_face
from nodes.face.track_faces import track_faces
from nodes.sdk import Context
from nodes.sdk.codec import decode, encode
from nodes.sdk.context import RunSettings
from nodes.sdk.values import Image
from tests.face import pictures
from tests.samples import model

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def context():
    for card in ("face_detector", "face_landmarker", "face_embedder"):
        model(card)
    return Context(settings=RunSettings(fps=25))


def small(name):
    import cv2

    pixels = pictures.portrait(name).pixels
    return cv2.resize(pixels, (320, 320), interpolation=cv2.INTER_AREA)


def follow(frames, context, state=None, **options):
    """The faces of every frame, and the last state."""
    result = []
    for pixels in frames:
        faces, state = track_faces(Image(pixels), previous=state, context=context, **options)
        result.append(faces)
    return result, state


def moved(pixels, shift):
    """The picture carried along x by some pixels."""
    return np.ascontiguousarray(np.roll(pixels, shift, axis=1))


def test_a_moving_face_keeps_its_number_and_is_followed(context):
    frames = [moved(small("s42"), 6 * number) for number in range(8)]
    seen, _ = follow(frames, context, smoothing=0.0)
    assert [len(faces) for faces in seen] == [1] * 8
    assert {faces[0].identity for faces in seen} == {0}
    way = [faces[0].landmarks[1, 0] for faces in seen]
    assert np.allclose(np.diff(way), 6, atol=1.5)


def test_numbers_survive_cuts_and_absence(context):
    one, two, nobody = small("s42"), small("s1"), np.full((320, 320, 3), 0.4, np.float32)
    shots = [one] * 3 + [two] * 3 + [nobody] * 3 + [moved(one, 20)] * 2 + [moved(two, -15)] * 2
    seen, _ = follow(shots, context)
    numbers = [faces[0].identity if len(faces) else None for faces in seen]
    assert numbers == [0] * 3 + [1] * 3 + [None] * 3 + [0] * 2 + [1] * 2


def test_another_person_in_the_same_place_is_noticed_at_once(context):
    import cv2

    frames = []
    for name in ("s42", "s1"):
        scene = np.full((480, 640, 3), 0.45, np.float32)
        scene[100:260, 240:400] = cv2.resize(small(name), (160, 160), interpolation=cv2.INTER_AREA)
        frames.append(scene)
    assert np.abs(frames[0] - frames[1]).mean() < 0.06, "too little to count as a cut"
    seen, _ = follow([frames[0]] * 4 + [frames[1]] * 3 + [frames[0]] * 2, context)
    assert [faces[0].identity for faces in seen] == [0] * 4 + [1] * 3 + [0] * 2


def test_choosing_a_person_once_holds_after_the_cut(context):
    side_by_side = np.concatenate([small("s42"), small("s1")], axis=1)
    swapped = np.concatenate([small("s1"), small("s42")], axis=1)
    seen, _ = follow([side_by_side] * 2 + [swapped] * 2, context)
    left = min(seen[0], key=lambda face: face.box[0]).identity
    before = pick_face(seen[1], by="number", number=left, context=context)[0]
    after = pick_face(seen[-1], by="number", number=left, context=context)[0]
    assert before.box[0] < 320 < after.box[0]


def test_a_stored_state_continues_exactly(context):
    frames = [moved(small("s42"), 4 * number) for number in range(6)]
    straight, _ = follow(frames, context)
    _, state = follow(frames[:3], context)
    stored = decode(*encode(state))
    resumed, _ = follow(frames[3:], context, stored)
    assert np.allclose(resumed[-1][0].landmarks, straight[-1][0].landmarks, atol=1e-3)
    assert resumed[-1][0].identity == straight[-1][0].identity


def test_the_state_before_is_not_changed(context):
    _, state = follow([small("s42")] * 2, context)
    tree, arrays = encode(state)
    kept = [array.copy() for array in arrays]
    follow([moved(small("s42"), 5)], context, state)
    again, now = encode(state)
    assert again == tree and all(np.array_equal(a, b) for a, b in zip(kept, now, strict=True))


def test_smoothing_steadies_a_still_face(context):
    noise = np.random.default_rng(0)
    still = small("s1")
    frames = [(still + noise.normal(0, 0.03, still.shape)).astype(np.float32) for _ in range(14)]
    spread = {}
    for smoothing in (0.0, 0.6):
        seen, _ = follow(frames, context, smoothing=smoothing)
        spread[smoothing] = np.stack([faces[0].landmarks for faces in seen[4:]])[..., :2].std(axis=0).mean()
    assert spread[0.6] < 0.7 * spread[0.0]


def test_pictures_without_faces_and_of_changing_size_pass(context):
    seen, _ = follow([np.zeros((1, 1, 3), np.float32), small("s42"), small("s42")[:200]], context)
    assert [len(faces) for faces in seen][:2] == [0, 1]
