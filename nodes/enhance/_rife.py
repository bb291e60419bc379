"""RIFE's flow network: how two pictures move towards the moment half-way between them.

Source: Huang et al. 2022, "Real-Time Intermediate Flow Estimation for Video Frame Interpolation"; the
layers are those of the authors' model HD v3, without the parts that only training uses.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.sdk.errors import ModelProblem
from nodes.sdk.values.arrays import FloatArray

CARD = "frame_interpolator"
_WIDTH = 90
#: Sides of what the network sees are a multiple of this.
_MULTIPLE = 32
_SCALES = (4, 2, 1)


def _layer(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


def _head(outputs: int) -> nn.Sequential:
    half = _WIDTH // 2
    return nn.Sequential(
        nn.ConvTranspose2d(_WIDTH, half, 4, 2, 1),
        nn.PReLU(half),
        nn.ConvTranspose2d(half, outputs, 4, 2, 1),
    )


class _Block(nn.Module):
    """Refines flow and mask at one scale."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(_layer(11, _WIDTH // 2, 2), _layer(_WIDTH // 2, _WIDTH, 2))
        for number in range(4):
            setattr(self, f"convblock{number}", nn.Sequential(_layer(_WIDTH, _WIDTH), _layer(_WIDTH, _WIDTH)))
        self.conv1, self.conv2 = _head(4), _head(1)

    def forward(self, seen: Tensor, flow: Tensor, scale: int) -> tuple[Tensor, Tensor]:
        both = torch.cat([_resized(seen, 1 / scale), _resized(flow, 1 / scale) / scale], 1)
        features = self.conv0(both)
        for number in range(4):
            features = getattr(self, f"convblock{number}")(features) + features
        return _resized(self.conv1(features), scale) * scale, _resized(self.conv2(features), scale)


class FlowNetwork(nn.Module):
    """Flows and mask for the picture half-way between two."""

    def __init__(self) -> None:
        super().__init__()
        self.block0, self.block1, self.block2 = _Block(), _Block(), _Block()

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """N x 3 x H x W each, sides multiples of 32: flow N x 4 x H x W (x and y into the first, then into
        the second, pixels) and mask N x 1 x H x W (1 takes the first)."""
        flow, mask = first.new_zeros(len(first), 4, *first.shape[2:]), first[:, :1] * 0
        moved_first, moved_second = first, second
        for block, scale in zip((self.block0, self.block1, self.block2), _SCALES, strict=True):
            ahead, share = block(torch.cat([moved_first, moved_second, mask], 1), flow, scale)
            turned = torch.cat([flow[:, 2:], flow[:, :2]], 1)
            back, rest = block(torch.cat([moved_second, moved_first, -mask], 1), turned, scale)
            flow = flow + (ahead + torch.cat([back[:, 2:], back[:, :2]], 1)) / 2
            mask = mask + (share - rest) / 2
            moved_first, moved_second = _moved(first, flow[:, :2]), _moved(second, flow[:, 2:])
        return flow, torch.sigmoid(mask)


def _resized(picture: Tensor, scale: float) -> Tensor:
    if scale == 1:
        return picture
    return functional.interpolate(picture, scale_factor=scale, mode="bilinear", align_corners=False)


def _moved(picture: Tensor, flow: Tensor) -> Tensor:
    """The picture seen through a flow in pixels."""
    height, width = picture.shape[2:]
    down = torch.linspace(-1, 1, height, device=picture.device)
    across = torch.linspace(-1, 1, width, device=picture.device)
    y, x = torch.meshgrid(down, across, indexing="ij")
    place = torch.stack([x + flow[:, 0] * (2 / (width - 1)), y + flow[:, 1] * (2 / (height - 1))], 3)
    return functional.grid_sample(picture, place, mode="bilinear", padding_mode="border", align_corners=True)


def load_network(path: Path, device: str) -> FlowNetwork:
    """The network with its published weights.

    Raises:
        ModelProblem: when the file holds other tensors.
    """
    stored = torch.load(path, map_location="cpu", weights_only=True)
    network = FlowNetwork()
    wanted = network.state_dict()
    found = {name.removeprefix("module."): tensor for name, tensor in stored.items()}
    missing = [name for name in wanted if name not in found or found[name].shape != wanted[name].shape]
    if missing:
        raise ModelProblem(
            f"{path.name} does not hold the frame interpolator ('{missing[0]}' is not as expected)",
            hint="Fetch it again: facewright models fetch frame_interpolator",
        )
    network.load_state_dict({name: found[name] for name in wanted})
    return network.eval().to(device)


def half_way(network: FlowNetwork, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Flow H x W x 4 in pixels and mask H x W for the moment between two pictures, H x W x 3 in 0..1."""
    height, width = first.shape[:2]
    down, across = -height % _MULTIPLE, -width % _MULTIPLE
    device = next(network.parameters()).device
    tensors = [
        torch.from_numpy(
            np.pad(picture, ((0, down), (0, across), (0, 0)), mode="edge").transpose(2, 0, 1)[None].copy()
        ).to(device)
        for picture in (first, second)
    ]
    with torch.inference_mode():
        flow, mask = network(*tensors)
    found = flow[0].permute(1, 2, 0).cpu().numpy()[:height, :width]
    return np.ascontiguousarray(found), np.ascontiguousarray(mask[0, 0].cpu().numpy()[:height, :width])
