"""gsplat's `rasterization` as its documentation has it, in plain torch: for few splats and small pictures."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_C0, _C1 = 0.28209479177387814, 0.4886025119029199


def rasterization(
    means: Tensor,
    quats: Tensor,
    scales: Tensor,
    opacities: Tensor,
    colors: Tensor,
    viewmats: Tensor,
    Ks: Tensor,  # noqa: N803 - gsplat's name
    width: int,
    height: int,
    near_plane: float = 0.01,
    eps2d: float = 0.3,
    sh_degree: int | None = None,
    packed: bool = True,
    render_mode: str = "RGB",
    rasterize_mode: str = "classic",
) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """Premultiplied colours 1 x H x W x 3, alpha 1 x H x W x 1, and what density control asks for."""
    number = len(means)
    assert (means.shape, quats.shape, scales.shape) == ((number, 3), (number, 4), (number, 3))
    assert opacities.shape == (number,) and viewmats.shape == (1, 4, 4) and Ks.shape == (1, 3, 3)
    assert sh_degree is not None and sh_degree <= 1 and (sh_degree + 1) ** 2 <= colors.shape[1]
    assert not packed and render_mode == "RGB" and rasterize_mode == "classic"
    turn, shift, lens = viewmats[0, :3, :3], viewmats[0, :3, 3], Ks[0]
    local = means @ turn.T + shift
    x, y, z = local.unbind(1)
    depth = z.clamp(min=near_plane)
    centres = torch.stack([lens[0, 0] * x / depth + lens[0, 2], lens[1, 1] * y / depth + lens[1, 2]], dim=1)
    centres = centres[None]
    zero = torch.zeros_like(depth)
    slope = torch.stack(
        [
            torch.stack([lens[0, 0] / depth, zero, -lens[0, 0] * x / depth**2], dim=1),
            torch.stack([zero, lens[1, 1] / depth, -lens[1, 1] * y / depth**2], dim=1),
        ],
        dim=1,
    )
    root = slope @ turn @ _matrices(quats) * scales[:, None]
    spread = root @ root.transpose(1, 2) + eps2d * torch.eye(2)
    form = torch.linalg.inv(spread)
    reach = 3 * spread.diagonal(dim1=1, dim2=2).detach().amax(dim=1).sqrt()
    at = centres[0].detach()
    size = torch.tensor([width, height])
    seen = (z > near_plane) & ((at > -reach[:, None]) & (at < size + reach[:, None])).all(dim=1)

    rows, columns = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    away = torch.stack([columns, rows], dim=-1).reshape(-1, 1, 2) - centres
    power = 0.5 * torch.einsum("pni,nij,pnj->pn", away, form, away)
    alpha = (opacities * torch.exp(-power)).clamp(max=0.99)
    alpha = torch.where(seen & (alpha >= 1 / 255), alpha, 0.0)[:, z.argsort()]
    clear = torch.cumprod(1 - alpha, dim=1)
    light = torch.cat([torch.ones_like(clear[:, :1]), clear[:, :-1]], dim=1)
    toward = torch.nn.functional.normalize(means + turn.T @ shift, dim=1)
    colour = _C0 * colors[:, 0]
    if sh_degree:
        basis = _C1 * torch.stack([-toward[:, 1], toward[:, 2], -toward[:, 0]], dim=1)
        colour = colour + torch.einsum("nb,nbc->nc", basis, colors[:, 1:4])
    picture = (light * alpha) @ (colour + 0.5).clamp(min=0)[z.argsort()]
    radii = torch.where(seen, reach.ceil(), 0.0).int()[None, :, None].expand(1, -1, 2)
    shown = picture.reshape(1, height, width, 3), (1 - clear[:, -1]).reshape(1, height, width, 1)
    return *shown, {"means2d": centres, "radii": radii, "width": width, "height": height}


def _matrices(quats: Tensor) -> Tensor:
    w, x, y, z = torch.nn.functional.normalize(quats, dim=1).unbind(1)
    entries = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(entries, dim=1).reshape(-1, 3, 3)
