import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nodes.gaussians import cuda
from nodes.gaussians.exact import exact_picture
from nodes.gaussians.harmonics import colour_to_harmonic
from nodes.gaussians.render import render
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Splats
from tests.splats.conftest import cloud, psnr


def _documented(
    means: Any,
    quats: Any,
    scales: Any,
    opacities: Any,
    colors: Any,
    viewmats: Any,
    Ks: Any,  # noqa: N803 - gsplat's name
    width: int,
    height: int,
    near_plane: float = 0.01,
    eps2d: float = 0.3,
    sh_degree: int | None = None,
    render_mode: str = "RGB",
    rasterize_mode: str = "classic",
) -> tuple[Any, Any, dict[str, Any]]:
    """gsplat's rasterization as its documentation has it, by the exact compositor."""
    import torch

    number = len(means)
    assert means.shape == (number, 3) and quats.shape == (number, 4) and scales.shape == (number, 3)
    assert opacities.shape == (number,) and viewmats.shape == (1, 4, 4) and Ks.shape == (1, 3, 3)
    assert all(tensor.dtype == torch.float32 for tensor in (means, quats, scales, opacities, colors))
    assert (near_plane, eps2d) == (0.01, 0.3)
    lens, view = Ks[0].numpy(), viewmats[0].numpy()
    assert lens[0, 0] == lens[1, 1] and lens[2].tolist() == [0, 0, 1] and view[3].tolist() == [0, 0, 0, 1]
    rigid = (np.diag([1.0, -1.0, -1.0, 1.0]) @ view).astype(np.float32)
    camera = Camera(float(lens[0, 0]), float(lens[0, 2]), float(lens[1, 2]), width, height, rigid)
    if sh_degree is None:
        harmonics = colour_to_harmonic(colors.numpy() / 2 + 0.5)[:, None]
    else:
        assert colors.shape[::2] == (number, 3) and (sh_degree + 1) ** 2 <= colors.shape[1]
        harmonics = colors.numpy()

    def drawn(harmonics: np.ndarray, degree: int) -> tuple[np.ndarray, np.ndarray]:
        splats = Splats(means.numpy(), scales.numpy(), quats.numpy(), opacities.numpy(), harmonics)
        return exact_picture(splats, camera, antialias=rasterize_mode == "antialiased", degree=degree)

    colour, through = drawn(harmonics, sh_degree or 0)
    if sh_degree is None:
        colour = 2 * colour - (1 - through)[..., None]
    if render_mode == "RGB+D":
        depths = means.numpy() @ view[2, :3] + view[2, 3]
        summed, _ = drawn(colour_to_harmonic(np.repeat(depths[:, None], 3, axis=1))[:, None], 0)
        colour = np.concatenate([colour, summed[..., :1]], axis=2)
    else:
        assert render_mode == "RGB"
    return torch.as_tensor(colour)[None], torch.as_tensor(1 - through)[None, ..., None], {}


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gsplat", SimpleNamespace(rasterization=_documented))
    monkeypatch.setattr(cuda, "cuda_ready", lambda: True)
    monkeypatch.setattr(cuda, "_DEVICE", "cpu")
    monkeypatch.setattr(cuda, "_last", None)


def _same(splats: Splats, camera: Camera, antialias: bool, degree: int, least: float) -> None:
    there = render(splats, camera, antialias=antialias, degree=degree, shape=True, device="cuda")
    here = render(splats, camera, antialias=antialias, degree=degree, shape=True)
    assert psnr(there.colour, here.colour) > least
    assert psnr(there.alpha, here.alpha) > least
    assert there.depth is not None and here.depth is not None
    assert there.normals is not None and here.normals is not None
    sure = here.alpha > 0.5
    assert np.median(np.abs(there.depth - here.depth)[sure]) < 1e-4
    assert np.median(np.abs(there.normals - here.normals)[sure]) < 1e-3


@pytest.mark.parametrize(("antialias", "degree"), [(False, 3), (True, 1), (False, 0)])
@pytest.mark.usefixtures("stand_in")
def test_gsplat_is_asked_as_its_documentation_says(
    ball: Splats, camera: Camera, antialias: bool, degree: int
) -> None:
    _same(ball, camera, antialias, degree, 60)


@pytest.mark.usefixtures("stand_in")
def test_splats_are_sent_to_the_device_once_while_the_camera_moves(ball: Splats, camera: Camera) -> None:
    first = cuda._uploaded(ball)
    assert all(cuda._uploaded(ball)[name] is first[name] for name in first)
    assert cuda._uploaded(cloud(5))["means"].shape == (5, 3)


def test_the_cuda_picture_equals_the_exact_one(ball: Splats, camera: Camera) -> None:
    if not cuda.cuda_ready():
        pytest.skip("no CUDA device with gsplat is here")
    for antialias in (False, True):
        exact, through = exact_picture(ball, camera, antialias=antialias)
        drawn = render(ball, camera, antialias=antialias, device="cuda")
        assert psnr(drawn.colour, exact) > 45
        assert psnr(drawn.alpha, 1 - through) > 45
        _same(ball, camera, antialias, 3, 45)


def test_without_gsplat_the_processor_draws(
    ball: Splats, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "cuda_ready", lambda: False)
    drawn = render(ball, camera, device="cuda")
    assert np.array_equal(drawn.colour, render(ball, camera).colour)
    with pytest.raises(NodeError, match="cannot be rendered on CUDA"):
        cuda.render_cuda(ball, camera, antialias=False, degree=3, shape=False)
