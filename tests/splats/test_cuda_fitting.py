"""The fit on a CUDA device, with a stand-in for gsplat where there is none."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numba import get_num_threads, set_num_threads

from nodes.camera._placing import orbit
from nodes.gaussians import cuda, losses
from nodes.gaussians.cuda_fitting import RESET_EVERY, CudaFit, photo_loss
from nodes.gaussians.fitting import FAINT, FitSettings, SplatFit
from nodes.gaussians.render import render
from nodes.gaussians.views import View
from nodes.sdk import Cancelled
from nodes.sdk.context import Context
from nodes.sdk.values import Image, Splats
from nodes.splats import _checkpoints, _fitting
from nodes.splats._fitting import fitted
from tests.splats import tiny_gsplat
from tests.splats.conftest import cloud

SETTINGS = FitSettings(steps=240, most=150, degree=1, coarse=2)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """One thread: for pictures this small, waiting for others takes longer than the work."""
    before = get_num_threads(), torch.get_num_threads()
    set_num_threads(1)
    torch.set_num_threads(1)
    yield
    set_num_threads(before[0])
    torch.set_num_threads(before[1])


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gsplat", tiny_gsplat)
    monkeypatch.setattr(cuda, "cuda_ready", lambda: True)
    monkeypatch.setattr(cuda, "_DEVICE", "cpu")


@pytest.fixture(scope="module")
def views() -> list[View]:
    """A small ball with a pattern from eight sides, 20 pixels wide."""
    ball = cloud(400, seed=3)
    outward = ball.positions / np.linalg.norm(ball.positions, axis=1, keepdims=True)
    ball = replace(
        ball,
        positions=(0.1 * outward).astype(np.float32),
        scales=np.full((400, 3), 0.012, np.float32),
        opacities=np.full(400, 0.95, np.float32),
        harmonics=(1.2 * np.sin(3 * outward))[:, None].astype(np.float32),
    )
    found = []
    for angle in np.arange(0, 360, 45.0):
        above = 35 * np.sin(angle)
        camera = orbit(np.zeros(3, np.float32), 0.5, around=angle, above=above, width=20, height=20)
        drawn = render(ball, camera)
        alpha = np.clip(drawn.alpha, 0, 1)[..., None]
        straight = np.where(alpha > 1e-3, drawn.colour / np.maximum(alpha, 1e-3), 0)
        pixels = np.concatenate([np.clip(straight, 0, 1), alpha], axis=2).astype(np.float32)
        found.append(View(Image(pixels), camera))
    return found


def begun(views: list[View], settings: FitSettings = SETTINGS) -> Splats:
    """Splats to begin from, fewer than may be."""
    return SplatFit(views, replace(settings, most=200)).splats


def test_the_loss_and_its_derivative_are_those_of_the_processor() -> None:
    random = np.random.default_rng(0)
    picture, target = random.random((2, 9, 14, 3), np.float32)
    want, by_picture = losses.photo_loss(picture, target)
    tensor = torch.tensor(picture, requires_grad=True)
    loss = photo_loss(tensor, torch.tensor(target))
    loss.backward()
    assert np.isclose(float(loss.detach()), want, rtol=1e-5)
    assert np.allclose(tensor.grad, by_picture, atol=1e-6)


@pytest.mark.usefixtures("stand_in")
def test_both_fits_take_the_same_steps(views: list[View]) -> None:
    here, there = SplatFit(views, SETTINGS), CudaFit(views, SETTINGS)
    start = there.splats
    for _ in range(12):
        here.advance(1)
        there.advance(1)
        assert np.isclose(here.loss, there.loss, rtol=2e-3)
    for name in ("positions", "scales", "opacities", "harmonics"):
        before, one, other = (getattr(splats, name) for splats in (start, here.splats, there.splats))
        assert np.quantile(np.abs(one - other), 0.95) < 0.1 * np.quantile(np.abs(one - before), 0.95), name
    ours, theirs = here.state(), there.state()
    assert ours.keys() == theirs.keys()
    assert bytes(ours["order"])[-40:] == bytes(theirs["order"])[-40:]
    assert np.mean(ours["seen"] == theirs["seen"]) > 0.98
    assert np.corrcoef(ours["pull"], theirs["pull"])[0, 1] > 0.98


@pytest.mark.usefixtures("stand_in")
def test_the_loss_falls_and_splats_multiply_as_on_the_processor(views: list[View]) -> None:
    start = begun(views)
    here, there = SplatFit(views, SETTINGS, start), CudaFit(views, SETTINGS, start)
    here.advance(SETTINGS.steps)
    seen: list[float] = []
    there.advance(SETTINGS.steps, lambda now: seen.append(now.loss))
    made = there.splats
    assert np.mean(seen[-40:]) < 0.9 * np.mean(seen[:40])
    assert likeness(views, made) > likeness(views, start) + 1.5
    assert abs(likeness(views, made) - likeness(views, here.splats)) < 0.15
    assert len(start.positions) < len(made.positions) <= SETTINGS.most
    assert abs(len(made.positions) - len(here.splats.positions)) <= 2


def likeness(views: list[View], splats: Splats) -> float:
    """PSNR of what the processor draws of splats, over all views."""
    drawn = np.stack([render(splats, view.camera, degree=1).colour for view in views])
    pixels = np.stack([view.image.pixels for view in views])
    return losses.signal_to_noise(drawn, pixels[..., :3] * pixels[..., 3:])


@pytest.mark.usefixtures("stand_in")
def test_faint_and_huge_splats_are_taken_away_and_large_ones_split(views: list[View]) -> None:
    start = begun(views)
    opacities, scales = start.opacities.copy(), np.minimum(start.scales, 0.03)
    opacities[:30], scales[30:40] = 0.5 * FAINT, 1.0
    fit = CudaFit(views, replace(SETTINGS, most=4000), replace(start, opacities=opacities, scales=scales))
    fit._pulled[50:57] = 1.0
    fit._looked[50:57] = 2.0
    fit._densify()
    made, count = fit.splats, len(start.positions)
    assert len(made.positions) == count - 40 + 7
    # The pulled ones moved up by what went before them; their halves stand at the end.
    assert np.allclose(made.scales[10:17], scales[50:57] / 1.6, rtol=1e-4)
    assert np.allclose(np.sort(made.scales[-7:], axis=0), np.sort(made.scales[10:17], axis=0))
    step = np.linalg.norm(made.positions[-7:, None] - made.positions[None, 10:17], axis=2).min(axis=1)
    assert (step > 0).all() and step.max() < 4 * scales[50:57].max()
    assert not fit._pulled.any() and len(fit._pulled) == len(made.positions)
    fit.advance(3)


@pytest.mark.usefixtures("stand_in")
def test_long_fits_fade_all_splats_now_and_then(views: list[View]) -> None:
    fit = CudaFit(views, replace(SETTINGS, steps=4 * RESET_EVERY))
    fit.done = RESET_EVERY - 2
    fit.advance(1)
    assert fit.splats.opacities.max() > 0.3
    fit.advance(1)
    assert fit.splats.opacities.max() < 0.05
    fit.done = 3 * RESET_EVERY - 1
    fit._tensors["opacities"].data += 3
    fit.advance(1)
    assert fit.splats.opacities.max() > 0.3


@pytest.mark.usefixtures("stand_in")
def test_a_fit_that_was_stopped_goes_on_on_either_device(tmp_path: Path, views: list[View]) -> None:
    settings = replace(SETTINGS, steps=30)
    whole, first, there, here = (kind(views, settings) for kind in (CudaFit, CudaFit, CudaFit, SplatFit))
    whole.advance(30)
    first.advance(14)
    kept = tmp_path / "one.npz"
    _checkpoints.store(kept, first)
    for other in (there, here):
        assert _checkpoints.resume(kept, other) and other.done == 14
        other.advance(30)
    assert np.array_equal(whole.splats.positions, there.splats.positions)
    assert np.isclose(here.loss, whole.loss, rtol=0.02)


@pytest.mark.usefixtures("stand_in")
def test_a_run_on_cuda_shows_how_it_stands_and_can_be_cancelled(
    tmp_path: Path, views: list[View], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        _fitting, "live_picture", lambda splats, view, device: (len(splats.positions), device)
    )
    told: list[str] = []
    shown: list[tuple[int, str]] = []
    context = Context(
        on_progress=lambda share, doing: told.append(doing),
        on_preview=shown.append,
        is_cancelled=lambda: sum("step" in words for words in told) >= 9,
    )
    settings, kept = replace(SETTINGS, steps=20), tmp_path / "fit.npz"
    with pytest.raises(Cancelled):
        fitted(views, settings, None, kept, context, "cuda")
    assert kept.is_file() and shown and shown[0][1] == "cuda" and context.notices == ()
    made: list[str] = []
    fitted(views, settings, None, kept, Context(on_progress=lambda share, doing: made.append(doing)), "cuda")
    assert sum("step" in words for words in made) <= 13 and not kept.exists()


def test_without_gsplat_the_processor_fits_and_says_so(
    tmp_path: Path, views: list[View], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "cuda_ready", lambda: False)
    settings, context = replace(SETTINGS, steps=6), Context()
    made = fitted(views, settings, None, tmp_path / "fit.npz", context, "cuda")
    plain = SplatFit(views, settings)
    plain.advance(6)
    assert np.array_equal(made.positions, plain.splats.positions)
    assert "processor" in context.notices[0]


def test_a_cuda_device_fits_as_the_processor_does(views: list[View]) -> None:
    if not cuda.cuda_ready():
        pytest.skip("no CUDA device with gsplat is here")
    here, there = SplatFit(views, SETTINGS), CudaFit(views, SETTINGS)
    here.advance(SETTINGS.steps)
    there.advance(SETTINGS.steps)
    assert there.loss < 1.2 * here.loss
    assert len(there.splats.positions) <= SETTINGS.most
