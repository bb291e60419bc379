"""One head from several pictures: the same skin found in each, and points from it."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._appearance import face_map
from nodes.head._shape import expressed_vertices, neutral_vertices, to_world
from nodes.head._together import Matches, identity_through, matches_between, triangulated
from nodes.raster.geometry import project, rotation_matrix
from nodes.raster.zbuffer import interpolate, rasterise
from nodes.sdk.values import Camera, Image
from tests.head.test_fit import seen_landmarks

YAWS = (0.0, 0.45, -0.45)


@pytest.fixture(scope="module")
def person(small_model):
    """Three views of one head with a painted skin."""
    from nodes.sdk.values import HeadState

    random = np.random.default_rng(4)
    identity = random.normal(size=12).astype(np.float32)
    views = []
    for yaw in YAWS:
        head = HeadState(
            small_model,
            identity,
            np.zeros(52, np.float32),
            np.zeros((2, 2), np.float32),
            np.array([0.0, yaw, 0.0], np.float32),
            np.array([0.0, 0.0, -0.7], np.float32),
            Camera(500.0, 128.0, 128.0, 256, 256),
        )
        views.append(replace(head, picture=painted(head), landmarks=seen_landmarks(head, 256, 256)))
    return views


def painted(head):
    """The head with waves on its skin that stick to it."""
    points = project(head.camera, to_world(head, expressed_vertices(head)))
    raster = rasterise(points, head.model.triangles, 256, 256)
    place = interpolate(raster, head.model.triangles, head.model.mean.astype(np.float32))
    waves = sum(np.sin(place @ np.array(wave)) for wave in ((400, 90, 0), (-60, 380, 50), (210, -250, 30)))
    grey = np.where(raster.covered, 0.5 + 0.12 * waves, 0.3).astype(np.float32)
    return Image(np.repeat(grey[..., None], 3, axis=2))


def test_matches_are_where_the_skin_is(person):
    found = matches_between(person)
    assert found is not None
    for head, match in zip(person, found, strict=True):
        true = project(head.camera, to_world(head, expressed_vertices(head)))[match.vertices, :2]
        off = np.linalg.norm(match.pixels - true, axis=1)[match.seen]
        assert match.seen.sum() > 40 and np.median(off) < 0.5


def test_blank_skin_is_not_matched(person):
    blank = [replace(head, picture=Image(np.full((256, 256, 3), 0.5, np.float32))) for head in person]
    found = matches_between(blank)
    assert found is not None and sum(match.seen.sum() for match in found[1:]) == 0


def test_points_and_cameras_are_found_from_disturbed_cameras(person):
    vertices = face_map(person[0].model).vertices
    matches = []
    for head in person:
        pixels = project(head.camera, to_world(head, expressed_vertices(head)))[vertices, :2]
        matches.append(Matches(vertices, pixels.astype(float), np.ones(len(vertices), bool)))
    off = [
        replace(head, rotation=head.rotation + np.array([0.02, -0.015, 0.01], np.float32) * (number > 0))
        for number, head in enumerate(person)
    ]
    points, count = triangulated(off, matches)
    assert (count == 3).all()
    true = neutral_vertices(person[0])[vertices]
    scale = np.linalg.norm(points - points.mean(0)) / np.linalg.norm(true - true.mean(0))
    aligned = (points - points.mean(0)) / scale + true.mean(0)
    assert abs(scale - 1) < 0.05
    assert np.median(np.linalg.norm(aligned - true, axis=1)) < 0.0025
    # the reference's own camera was right and stays
    assert np.allclose(rotation_matrix(off[0].rotation), np.eye(3))


def test_the_identity_goes_through_the_points(person):
    head = person[0]
    vertices = face_map(head.model).vertices
    points = neutral_vertices(head)[vertices].astype(float)
    start = replace(head, identity=np.zeros(12, np.float32))
    found = identity_through(start, points, np.full(len(vertices), 3), np.eye(12) * 0.9)

    def off(identity):
        moved = neutral_vertices(replace(head, identity=identity))[vertices] - points
        return np.linalg.norm(moved, axis=1).mean()

    assert off(found) < 0.5 * off(start.identity)
