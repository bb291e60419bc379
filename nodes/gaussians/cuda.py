"""Splats on a CUDA device by gsplat (Ye et al. 2025), imported when it is asked for."""

from __future__ import annotations

import importlib.util
import logging
import weakref
from functools import cache
from typing import Any

import numpy as np

from nodes.gaussians.projection import BLUR, NEAR, view_matrix
from nodes.gaussians.render import Rendered, on_host
from nodes.gaussians.shading import shape_of, splat_normals
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Splats

_DEVICE = "cuda"
_log = logging.getLogger(__name__)


@cache
def cuda_ready() -> bool:
    """Whether gsplat is installed and a CUDA device is there."""
    import torch

    if not torch.cuda.is_available():
        return False
    if importlib.util.find_spec("gsplat") is None:
        _log.warning("gsplat is not installed: splats are rendered on the processor")
        return False
    return True


def render_cuda(splats: Splats, camera: Camera, *, antialias: bool, degree: int, shape: bool) -> Rendered:
    """What `nodes.gaussians.render.render` gives, computed on the CUDA device.

    Raises:
        NodeError: when there is no CUDA device or gsplat is not installed.
    """
    if not cuda_ready():
        raise NodeError(
            "splats cannot be rendered on CUDA here",
            hint="Install gsplat on a machine with a CUDA device, or choose the CPU",
        )
    import torch
    from gsplat import rasterization

    fields = _uploaded(splats)
    harmonics = fields.pop("harmonics")
    common = {**fields, **seen_from(camera), "rasterize_mode": "antialiased" if antialias else "classic"}
    highest = min(degree, round(harmonics.shape[1] ** 0.5) - 1)
    with torch.no_grad():
        mode = "RGB+D" if shape else "RGB"
        drawn, alpha, _ = rasterization(colors=harmonics, sh_degree=highest, render_mode=mode, **common)
        colour, cover = drawn[0, ..., :3].cpu().numpy(), alpha[0, ..., 0].cpu().numpy()
        if not shape:
            return Rendered(colour, cover)
        facing = on_device(splat_normals(on_host(splats), camera))
        normals, _, _ = rasterization(colors=facing, **common)
    depth = drawn[0, ..., 3].cpu().numpy()
    return Rendered(colour, cover, *shape_of(depth, normals[0].cpu().numpy(), cover))


def seen_from(camera: Camera) -> dict[str, Any]:
    """A camera, and how it is drawn with, by the names that gsplat gives them.

    Of splats it wants quaternions as w x y z, opacities and scales linear; its matrix leads from the world
    to a camera that looks along z with y down. Colours are 0.5 + the sum of the harmonics and not below 0.
    """
    view = np.eye(4, dtype=np.float32)
    view[:3] = view_matrix(camera)
    lens = np.array(
        [[camera.focal, 0, camera.centre_x], [0, camera.focal, camera.centre_y], [0, 0, 1]], np.float32
    )
    return {
        "viewmats": on_device(view)[None],
        "Ks": on_device(lens)[None],
        "width": camera.width,
        "height": camera.height,
        "near_plane": NEAR,
        "eps2d": BLUR,
    }


def on_device(array: Any) -> Any:
    """An array as a float32 tensor on the CUDA device."""
    import torch

    return torch.as_tensor(array, dtype=torch.float32, device=_DEVICE)


#: The splats that were drawn last, and what of them lies on the device: a camera that moves about them
#: need not send them again.
_last: tuple[weakref.ref[Splats], dict[str, Any]] | None = None


def _uploaded(splats: Splats) -> dict[str, Any]:
    """The splats on the device, by the names that gsplat gives their fields; harmonics by their own."""
    global _last
    if _last is None or _last[0]() is not splats:
        fields = {
            "means": on_device(splats.positions),
            "quats": on_device(splats.rotations),
            "scales": on_device(splats.scales),
            "opacities": on_device(splats.opacities),
            "harmonics": on_device(splats.harmonics),
        }
        _last = weakref.ref(splats), fields
    return dict(_last[1])
