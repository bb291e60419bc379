from dataclasses import replace

import numpy as np
import pytest

from nodes.gaussians.compositing import composite
from nodes.gaussians.exact import exact_picture
from nodes.gaussians.gradients import Gradients, gradients
from nodes.gaussians.losses import photo_loss, structural_similarity
from nodes.gaussians.projection import project_splats
from nodes.gaussians.quaternions import normalised
from nodes.gaussians.tiles import tile_lists
from nodes.sdk.values import Camera, Splats
from tests.splats.conftest import cloud


@pytest.fixture
def few() -> Splats:
    made = cloud(40, bands=4, seed=8)
    # Larger and not too opaque, so that no weight is at a limit where it has no derivative.
    return replace(made, scales=made.scales * 3, opacities=np.clip(made.opacities, 0.2, 0.8))


def loss_and_gradients(splats: Splats, camera: Camera) -> Gradients:
    projected = project_splats(splats, camera)
    lists = tile_lists(projected, camera.width, camera.height)
    picture = composite(projected.records, lists, camera.width, camera.height)
    by_colour, by_light = weights(camera)
    return gradients(splats, camera, projected, lists, picture, by_colour, by_light, 3)


def weights(camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[: camera.height, : camera.width] / 20.0
    colour = np.stack([np.sin(rows), np.cos(columns), np.sin(rows + columns)], 2) / 100
    return colour.astype(np.float32), (np.cos(rows - columns) / 100).astype(np.float32)


def exact_loss(splats: Splats, camera: Camera) -> float:
    colour, through = exact_picture(splats, camera, faintest=1e-6)
    by_colour, by_light = weights(camera)
    return float((colour * by_colour).sum() + (through * by_light).sum())


def _moved(splats: Splats, field: str, row: int, place: tuple[int, ...], step: float) -> Splats:
    values = np.array(getattr(splats, field), np.float64)
    if field == "scales":
        values[row][place] *= np.exp(step)
    elif field == "opacities":
        logit = np.log(values[row] / (1 - values[row])) + step
        values[row] = 1 / (1 + np.exp(-logit))
    else:
        values[(row, *place)] += step
    if field == "rotations":
        values /= np.linalg.norm(values, axis=1, keepdims=True)
    return replace(splats, **{field: values})


@pytest.mark.parametrize(
    ("field", "places"),
    [
        ("positions", [(0,), (1,), (2,)]),
        ("scales", [(0,), (1,), (2,)]),
        ("rotations", [(0,), (1,), (2,), (3,)]),
        ("opacities", [()]),
        ("harmonics", [(0, 0), (2, 1), (3, 2)]),
    ],
)
def test_derivatives_agree_with_differences_of_the_exact_picture(
    few: Splats, camera: Camera, field: str, places: list[tuple[int, ...]]
) -> None:
    plain = few
    if field == "positions":
        # Colours that do not depend on the view: their turn with the position is left out.
        plain = replace(few, harmonics=few.harmonics[:, :1])
    found = getattr(loss_and_gradients(plain, camera), field)
    if field == "rotations":
        unit = normalised(plain.rotations)
        found = found - (found * unit).sum(axis=1, keepdims=True) * unit
    step = 2e-4
    wanted, given = [], []
    for row in range(12):
        for place in places:
            high = exact_loss(_moved(plain, field, row, place, step), camera)
            low = exact_loss(_moved(plain, field, row, place, -step), camera)
            wanted.append((high - low) / (2 * step))
            given.append(found[(row, *place)])
    wanted, given = np.array(wanted), np.array(given)
    # The rendered picture leaves out weights below 1/255, which bends derivatives by a few percent.
    assert np.corrcoef(wanted, given)[0, 1] > 0.995
    assert np.linalg.norm(wanted - given) < 0.06 * np.linalg.norm(wanted)


def test_similarity_is_one_for_equal_pictures_and_its_derivative_is_right() -> None:
    random = np.random.default_rng(0)
    picture = random.random((24, 20, 3)).astype(np.float32)
    target = np.clip(picture + random.normal(0, 0.1, picture.shape), 0, 1).astype(np.float32)
    assert structural_similarity(picture, picture)[0] == pytest.approx(1.0, abs=1e-5)
    _, derivative = photo_loss(picture, target, 0.5)
    direction = random.normal(size=picture.shape).astype(np.float32)
    step = 1e-3
    high = photo_loss(picture + step * direction, target, 0.5)[0]
    low = photo_loss(picture - step * direction, target, 0.5)[0]
    assert (derivative * direction).sum() == pytest.approx((high - low) / (2 * step), rel=0.1)
