"""Following a head through a clip."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nodes.head._tracking import track
from nodes.sdk.values import ARKIT_NAMES, Camera, Faces, Image
from tests.head.test_fit import face_of, seen_landmarks

PICTURE = Image(np.zeros((256, 256, 3), np.float32))
JAW = ARKIT_NAMES.index("jawOpen")


@pytest.fixture
def person(small_head):
    random = np.random.default_rng(7)
    return replace(
        small_head,
        identity=random.normal(size=12).astype(np.float32),
        camera=Camera(384.0, 128.0, 128.0, 256, 256),
    )


def frames(person, count, noise=0.0, seed=0):
    """Heads and what a landmarker sees of them: a turn from left to right with an opening jaw."""
    random = np.random.default_rng(seed)
    for number in range(count):
        expression = np.zeros(52, np.float32)
        expression[JAW] = 0.5 * number / count
        head = replace(
            person, rotation=np.array([0, 0.2 - 0.4 * number / count, 0], np.float32), expression=expression
        )
        landmarks = seen_landmarks(head, 256, 256)
        landmarks[:, :2] += random.normal(size=(468, 2)) * noise
        yield head, Faces((face_of(landmarks, expression),), 256, 256)


def follow(person, seen, **options):
    settings = {"fps": 25.0, "calm": 1.0, "which": 0, "exact": False} | options
    state, heads = None, []
    for faces in seen:
        state = track(person.model, faces, PICTURE, state, **settings)
        heads.append(None if state is None else state[0])
    return heads


def test_the_turn_and_the_jaw_are_followed(person):
    truth, seen = zip(*frames(person, 20), strict=True)
    heads = follow(person, seen)
    for head, known in list(zip(heads, truth, strict=True))[5:]:
        assert np.degrees(np.abs(head.rotation - known.rotation)).max() < 3.0
        assert abs(head.expression[JAW] - known.expression[JAW]) < 0.12


def test_the_lens_stays_and_the_identity_settles(person):
    heads = follow(person, [faces for _, faces in frames(person, 40, noise=0.6)])
    assert len({head.camera.focal for head in heads}) == 1
    steps = [np.linalg.norm(b.identity - a.identity) for a, b in pairwise(heads)]
    assert np.mean(steps[-10:]) < 0.35 * np.mean(steps[:5])


def test_calm_takes_jitter_out(person):
    still = []
    random = np.random.default_rng(1)
    landmarks = seen_landmarks(person, 256, 256)
    for _ in range(30):
        noisy = landmarks.copy()
        noisy[:, :2] += random.normal(size=(1, 2)) * 0.3 + random.normal(size=(468, 2)) * 0.8
        still.append(Faces((face_of(noisy, np.zeros(52)),), 256, 256))

    def jitter(calm):
        turns = np.stack([head.rotation for head in follow(person, still, calm=calm)[5:]])
        return np.abs(np.diff(turns, axis=0)).mean()

    assert jitter(1.0) < 0.6 * jitter(0.0)


def test_a_hidden_face_holds_still_and_is_taken_up_again(person):
    seen = [faces for _, faces in frames(person, 12)]
    seen[5:8] = [Faces((), 256, 256)] * 3
    heads = follow(person, seen)
    assert np.array_equal(heads[7].rotation, heads[4].rotation)
    direct = follow(person, [faces for _, faces in frames(person, 12)])
    assert np.degrees(np.abs(heads[8].rotation - direct[8].rotation)).max() < 3.0


def test_another_face_far_away_is_not_taken_for_the_same_person(person):
    first, *_ = (faces for _, faces in frames(person, 2))
    elsewhere = replace(first[0], landmarks=first[0].landmarks + np.array([200, 0, 0], np.float32))
    heads = follow(person, [first, Faces((elsewhere,), 256, 256)])
    assert np.array_equal(heads[1].landmarks, heads[0].landmarks)


def test_nothing_is_known_before_the_first_face(person):
    assert follow(person, [Faces((), 256, 256)]) == [None]


def test_tracking_twice_gives_the_same(person):
    seen = [faces for _, faces in frames(person, 6, noise=0.5)]
    first, second = follow(person, seen), follow(person, seen)
    assert all(np.array_equal(a.rotation, b.rotation) for a, b in zip(first, second, strict=True))


@pytest.mark.models
def test_what_the_pixels_told_of_the_first_frame_stays(astronaut, astronaut_fit):
    from nodes.face.face_landmarks import face_landmarks
    from nodes.head._fitting import reprojection
    from nodes.sdk.context import Context

    faces = face_landmarks(astronaut, context=Context())
    state, heads = None, []
    for _ in range(4):
        state = track(astronaut_fit.model, faces, astronaut, state, fps=25.0, calm=1.0, which=0, exact=True)
        heads.append(state[0])
    turned = [np.degrees(np.abs(head.rotation - heads[0].rotation)).max() for head in heads[1:]]
    assert max(turned) < 0.4
    assert np.linalg.norm(heads[-1].identity - heads[0].identity) < 0.3
    # the surface still meets the landmarks where the head is turned to
    assert reprojection(heads[-1]).mean() < 1.0
