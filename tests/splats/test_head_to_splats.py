from dataclasses import replace

import numpy as np
import pytest

from nodes.camera._placing import orbit
from nodes.gaussians.binding import follow, posed
from nodes.gaussians.heads import SplatHeadSettings, splat_head
from nodes.gaussians.losses import signal_to_noise
from nodes.gaussians.quaternions import matrices
from nodes.gaussians.render import render
from nodes.gaussians.shots import Photo
from nodes.head._shape import to_world, world_vertices
from nodes.raster.geometry import project, rotation_matrix
from nodes.raster.zbuffer import rasterise
from nodes.sdk import NodeError
from nodes.sdk.context import Context
from nodes.sdk.values import PARSING_CLASSES, HeadModel, HeadState, Image, Mask, Parsing
from nodes.splats.head_to_splats import head_to_splats
from tests.head.conftest import astronaut, astronaut_fit, small_head, small_model

__all__ = ["astronaut", "astronaut_fit", "small_head", "small_model"]


@pytest.fixture
def photographed(small_head: HeadState) -> HeadState:
    """The small head with a smooth photograph."""
    rows, columns = np.mgrid[:160, :160] / 160
    pixels = np.stack([0.3 + 0.5 * rows, 0.3 + 0.4 * columns, 0.5 + 0.3 * np.sin(6 * rows)], axis=2)
    return replace(small_head, picture=Image(pixels.astype(np.float32)))


def covered(head: HeadState) -> np.ndarray:
    points = project(head.camera, world_vertices(head))
    return rasterise(points, head.model.triangles, head.camera.width, head.camera.height).covered


def test_from_its_camera_it_looks_like_the_photograph(photographed: HeadState) -> None:
    splats = head_to_splats(photographed, detail=20000, context=Context())
    inside = covered(photographed)
    drawn = render(splats, photographed.camera)
    assert photographed.picture is not None
    assert signal_to_noise(drawn.colour[inside], photographed.picture.pixels[inside]) > 30
    assert drawn.alpha[inside].mean() > 0.97


def test_it_is_closed_from_all_sides(photographed: HeadState) -> None:
    splats = head_to_splats(photographed, detail=20000, context=Context())
    for around in range(0, 360, 60):
        view = orbit(photographed.translation, 0.6, around=around, above=0, width=96, height=96)
        alpha = render(splats, view).alpha
        assert alpha[40:56, 40:56].min() > 0.9, around


def test_turning_the_head_turns_the_splats_rigidly(photographed: HeadState) -> None:
    still = head_to_splats(photographed, detail=8000, context=Context())
    turn = np.array([0.1, 0.5, 0.0], np.float32)
    turned = replace(photographed, rotation=turn, reference=photographed)
    moved = head_to_splats(turned, detail=8000, context=Context())
    local = still.positions - photographed.translation
    upper = follow(local[:, 1] - 0.02) >= 1.0
    matrix = rotation_matrix(turn)
    there = local[upper] @ matrix.T + photographed.translation
    assert np.allclose(moved.positions[upper], there, atol=1e-5)
    assert np.allclose(moved.scales[upper], still.scales[upper], rtol=2e-2, atol=1e-6)
    turned = matrix @ matrices(still.rotations[upper])
    assert np.abs(turned[:, :, 2] - matrices(moved.rotations[upper])[:, :, 2]).max() < 1e-3


def test_expressions_carry_the_splats_with_the_surface(photographed: HeadState) -> None:
    expression = np.zeros(52, np.float32)
    expression[17] = 1.0
    made = splat_head([Photo(photographed)], SplatHeadSettings(detail=8000))
    smiling = replace(photographed, expression=expression)
    before, after = posed(made, photographed), posed(made, smiling)
    corners = photographed.model.triangles[made.surface.triangles]
    weights = np.column_stack([made.surface.weights, 1 - made.surface.weights.sum(axis=1)])
    step = np.einsum("nk,nkc->nc", weights, photographed.model.expression[17][corners])
    high = follow(photographed.model.mean[:, 1])[corners].min(axis=1) >= 1
    count = len(corners)
    assert np.allclose((after.positions - before.positions)[:count][high], step[high], atol=2e-5)


def test_a_stretched_triangle_stretches_its_splats(small_model: HeadModel, photographed: HeadState) -> None:
    made = splat_head([Photo(photographed)], SplatHeadSettings(detail=6000))
    wide = replace(photographed, offsets=(small_model.mean * [1.0, 0, 0]).astype(np.float32))
    before, after = posed(made, photographed), posed(made, wide)
    front = (
        np.abs(photographed.model.mean[photographed.model.triangles[made.surface.triangles]]).argmax(2) == 2
    )
    rows = np.nonzero(front.all(axis=1))[0]
    ratio = after.scales[rows].max(axis=1) / before.scales[rows].max(axis=1)
    assert 1.5 < np.median(ratio) < 2.1
    assert np.isfinite(after.rotations).all()


def test_hair_becomes_a_volume_that_reaches_behind_the_skull(photographed: HeadState) -> None:
    inside = covered(photographed)
    labels = np.where(inside, PARSING_CLASSES.index("skin"), 0).astype(np.uint8)
    rows, columns = np.mgrid[:160, :160]
    cap = (np.hypot(rows - 62, columns - 80) < 50) & (rows < 62)
    labels[cap] = PARSING_CLASSES.index("hair")
    made = splat_head([Photo(photographed, labels)], SplatHeadSettings(detail=8000))
    volume = made.volume
    assert len(volume.positions) > 500
    assert volume.positions[:, 2].min() < photographed.model.mean[:, 2].min() * 0.5
    assert volume.positions[:, 1].max() > photographed.model.mean[:, 1].max()
    alpha = render(posed(made, photographed), photographed.camera).alpha
    assert alpha[cap & ~inside].mean() > 0.6


def test_without_a_photograph_it_is_plain_skin(small_head: HeadState) -> None:
    splats = head_to_splats(small_head, detail=6000, context=Context())
    assert len(splats.positions) > 2000 and np.isfinite(splats.harmonics).all()


def test_masks_of_another_picture_are_refused(photographed: HeadState) -> None:
    with pytest.raises(NodeError, match="parsing"):
        head_to_splats(photographed, Parsing(np.zeros((5, 5), np.uint8)), context=Context())
    with pytest.raises(NodeError, match="matte"):
        head_to_splats(photographed, None, Mask(np.zeros((5, 5), np.float32)), context=Context())


def test_the_head_is_made_once_for_a_clip(photographed: HeadState, monkeypatch: pytest.MonkeyPatch) -> None:
    from nodes.splats import _built

    made = []
    whole = _built.splat_head
    monkeypatch.setattr(_built, "splat_head", lambda *given: made.append(1) or whole(*given))
    for frame in range(3):
        expression = np.full(52, 0.1 * frame, np.float32)
        head_to_splats(
            replace(photographed, expression=expression, reference=photographed),
            detail=6001,
            context=Context(),
        )
    assert len(made) == 1


@pytest.mark.models
def test_the_astronaut_is_found_again_from_the_side(astronaut_fit: HeadState) -> None:
    from nodes.face.face_landmarks import face_landmarks

    splats = head_to_splats(astronaut_fit, sharpen=8, context=Context())
    inside = covered(astronaut_fit)
    assert astronaut_fit.picture is not None
    drawn = render(splats, astronaut_fit.camera)
    assert signal_to_noise(drawn.colour[inside], astronaut_fit.picture.pixels[inside, :3]) > 28
    middle = to_world(astronaut_fit, np.zeros((1, 3), np.float32))[0]
    for around in (-30, 30):
        view = orbit(middle, 1.2, around=around, above=0, field_of_view=20)
        picture = render(splats, view)
        pixels = np.clip(picture.colour + 0.4 * (1 - picture.alpha[..., None]), 0, 1)
        assert len(face_landmarks(Image(pixels.astype(np.float32)), context=Context())) == 1
