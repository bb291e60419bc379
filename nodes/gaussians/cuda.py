"""Splats on a CUDA device by gsplat (Ye et al. 2025), imported when it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.gaussians.projection import BLUR, NEAR, view_matrix
from nodes.gaussians.render import Rendered, shape_of
from nodes.gaussians.shading import splat_normals
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Splats


def cuda_ready() -> bool:
    """Whether gsplat is installed and a CUDA device is there."""
    import importlib.util

    import torch

    return torch.cuda.is_available() and importlib.util.find_spec("gsplat") is not None


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

    device = torch.device("cuda")

    def tensor(array: Any) -> Any:
        return torch.as_tensor(array, dtype=torch.float32, device=device)

    view = np.eye(4, dtype=np.float32)
    view[:3] = view_matrix(camera)
    lens = np.array(
        [[camera.focal, 0, camera.centre_x], [0, camera.focal, camera.centre_y], [0, 0, 1]], np.float32
    )
    harmonics = tensor(splats.harmonics)
    highest = min(degree, round(harmonics.shape[1] ** 0.5) - 1)
    common = {
        "means": tensor(splats.positions),
        "quats": tensor(splats.rotations),
        "scales": tensor(splats.scales),
        "opacities": tensor(splats.opacities),
        "viewmats": tensor(view)[None],
        "Ks": tensor(lens)[None],
        "width": camera.width,
        "height": camera.height,
        "near_plane": NEAR,
        "eps2d": BLUR,
        "rasterize_mode": "antialiased" if antialias else "classic",
    }
    with torch.no_grad():
        mode = "RGB+D" if shape else "RGB"
        drawn, alpha, _ = rasterization(colors=harmonics, sh_degree=highest, render_mode=mode, **common)
        colour, through = drawn[0, ..., :3].cpu().numpy(), alpha[0, ..., 0].cpu().numpy()
        if not shape:
            return Rendered(colour, through)
        normals, _, _ = rasterization(colors=tensor(splat_normals(splats, camera)), **common)
    depth = drawn[0, ..., 3].cpu().numpy()
    return Rendered(colour, through, *shape_of(depth, normals[0].cpu().numpy(), through))
