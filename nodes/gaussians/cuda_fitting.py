"""Fitting splats on a CUDA device: the steps of `nodes.gaussians.fitting`, drawn and derived by gsplat.

Parameters, Adam's means, pictures and density control stay on the device; only the choice of views,
backgrounds and the noise of new splats come from the processor, so that both fits see the same ones and
a fit that was stopped on one goes on on the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nodes.gaussians.cuda import on_device, seen_from
from nodes.gaussians.fitting import (
    BETAS,
    DOUBLED,
    FAINT,
    GROWTH,
    HIGHER,
    HUGE,
    LARGE,
    SPLIT,
    FitSettings,
    SplatFit,
)
from nodes.gaussians.losses import C1, C2, SIGMA, WINDOW
from nodes.gaussians.views import View
from nodes.sdk.values import Splats

#: Steps between two times that all splats are made faint, in the first half of a fit (Kerbl et al. 2023).
RESET_EVERY = 3000
#: Opacity that they are made faint to: those that no view wants do not rise again, and are taken away.
_RESET_TO = 2 * FAINT
#: Bytes of pictures that are kept on the device; the others are sent when they are looked at.
_MOST_KEPT = 4 << 30


class CudaFit(SplatFit):
    """A fit under way on a CUDA device.

    Raises:
        torch.OutOfMemoryError: when the device's memory does not hold it.
    """

    def __init__(self, views: Sequence[View], settings: FitSettings, start: Splats | None = None) -> None:
        super().__init__(views, settings, start)
        self._pictures: dict[tuple[int, int], tuple[Tensor, Tensor, dict[str, Any]]] = {}
        self._bytes = 0
        self._send()

    def _send(self) -> None:
        """Bring the state to the device."""
        self._tensors = {
            name: on_device(values).clone().requires_grad_() for name, values in self._parameters.items()
        }
        self._means = {name: on_device(values).clone() for name, values in self._first.items()}
        self._squares = {name: on_device(values).clone() for name, values in self._second.items()}
        self._pulled, self._looked = on_device(self._pull).clone(), on_device(self._seen).clone()

    @property
    def splats(self) -> Splats:
        """The splats as they stand, in the processor's memory."""
        self._parameters = {name: _fetched(values) for name, values in self._tensors.items()}
        return super().splats

    def state(self) -> dict[str, np.ndarray]:
        """All that it takes to go on later, as arrays by name."""
        self._parameters = {name: _fetched(values) for name, values in self._tensors.items()}
        self._first = {name: _fetched(values) for name, values in self._means.items()}
        self._second = {name: _fetched(values) for name, values in self._squares.items()}
        self._pull, self._seen = _fetched(self._pulled), _fetched(self._looked)
        return super().state()

    def resume(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave, here or on the processor.

        Raises:
            ValueError: when it is of another fit, or damaged.
        """
        super().resume(state)
        self._send()

    def _step(self) -> None:
        from gsplat import rasterization

        factor, row, background = self._next()
        colour, alpha, camera = self._picture(factor, row)
        behind, now = on_device(background), self._tensors
        drawn, cover, facts = rasterization(
            means=now["positions"],
            quats=functional.normalize(now["rotations"], dim=1),
            scales=now["scales"].clamp(-16, 4).exp(),
            opacities=now["opacities"][:, 0].sigmoid(),
            colors=now["harmonics"],
            sh_degree=self._degree,
            packed=False,
            **camera,
        )
        centres = facts["means2d"]
        centres.retain_grad()
        loss = photo_loss(drawn[0] + (1 - cover[0]) * behind, colour + (1 - alpha) * behind)
        loss.backward()
        self.loss = float(loss.detach())
        # One radius, or one for each axis, by gsplat's version; 0 where a splat is not seen.
        seen = (facts["radii"][0].reshape(len(self._looked), -1) > 0).all(dim=1)
        self._pulled += centres.grad[0].norm(dim=1) * seen * camera["width"]
        self._looked += seen
        self._learn()
        half = self.share < 0.5
        self._count()
        if half and self.done % RESET_EVERY == 0:
            self._reset()

    def _picture(self, factor: int, row: int) -> tuple[Tensor, Tensor, dict[str, Any]]:
        """A view's premultiplied colours, H x W x 3, its alpha, H x W x 1, and its camera for gsplat."""
        found = self._pictures.get((factor, row))
        if found is None:
            colour, alpha, camera = self._levels[factor].targets[row]
            found = on_device(colour), on_device(alpha)[..., None], seen_from(camera)
            size = colour.nbytes + alpha.nbytes
            if self._bytes + size <= _MOST_KEPT:
                self._bytes += size
                self._pictures[factor, row] = found
        return found

    @torch.no_grad()
    def _learn(self) -> None:
        rates = self._rates()
        for name, values in self._tensors.items():
            mean, square, gradient = self._means[name], self._squares[name], values.grad
            values.grad = None
            if gradient is None:
                continue
            mean.lerp_(gradient, 1 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            step = mean / (square.sqrt() + 1e-15)
            if name == "harmonics":
                step[:, 1:] *= HIGHER
            values.sub_(step, alpha=rates[name])

    @torch.no_grad()
    def _densify(self) -> None:
        now = self._tensors
        kept = now["opacities"][:, 0].sigmoid() > FAINT
        pull = torch.where(kept, self._pulled / self._looked.clamp(min=1), 0)
        kept &= now["scales"].amax(dim=1) < math.log(HUGE * self._reach)
        left = int(kept.sum())
        if left == 0:
            return  # nothing to grow from: what is there may still recover
        more = max(min(self.settings.most - left, int(GROWTH * left)), 0)
        rows = pull.topk(more).indices
        rows = rows[kept[rows] & (pull[rows] > 0)]
        grown = {name: values[rows].clone() for name, values in now.items()}
        size = grown["scales"].exp()
        noise = on_device(self._random.normal(size=(len(rows), 3)))
        grown["positions"] += _turned(functional.normalize(grown["rotations"], dim=1), noise * size)
        # Two halves of a large splat are smaller than it; a small one is doubled.
        large = size.amax(dim=1, keepdim=True) > LARGE * self._reach
        smaller = torch.where(large, math.log(SPLIT), math.log(DOUBLED))
        grown["scales"] -= smaller
        now["scales"][rows] -= smaller
        for state in (self._means, self._squares):
            for name, values in state.items():
                state[name] = torch.cat([values[kept], torch.zeros_like(values[rows])])
        for name, values in now.items():
            now[name] = torch.cat([values[kept], grown[name]]).requires_grad_()
        self._pulled = torch.zeros_like(now["scales"][:, 0])
        self._looked = torch.zeros_like(self._pulled)

    @torch.no_grad()
    def _reset(self) -> None:
        """Make all splats faint."""
        self._tensors["opacities"].clamp_(max=math.log(_RESET_TO / (1 - _RESET_TO)))
        self._means["opacities"].zero_()
        self._squares["opacities"].zero_()


def photo_loss(picture: Tensor, target: Tensor, share: float = 0.2) -> Tensor:
    """What `nodes.gaussians.losses.photo_loss` gives, of H x W x 3 tensors, to be derived."""
    one, other = picture.movedim(2, 0), target.movedim(2, 0)
    maps = torch.stack([one, other, one * one, other * other, one * other])
    mean, other_mean, square, other_square, product = _blurred(maps)
    both, squares = mean * other_mean, mean * mean + other_mean * other_mean
    similar = (2 * both + C1) * (2 * (product - both) + C2)
    similar = similar / ((squares + C1) * (square + other_square - squares + C2))
    return (1 - share) * (picture - target).abs().mean() + share * (1 - similar.mean())


def _blurred(maps: Tensor) -> Tensor:
    """B x C x H x W maps under the window of SSIM, mirrored at their edges."""
    count, channels, height, width = maps.shape
    rows, columns = _mirrored(height, maps.device), _mirrored(width, maps.device)
    window = _window(maps.device)
    wide = maps.reshape(count * channels, 1, height, width)[:, :, rows][..., columns]
    wide = functional.conv2d(functional.conv2d(wide, window[None, None, :, None]), window[None, None, None])
    return wide.reshape(maps.shape)


@lru_cache(maxsize=64)
def _mirrored(length: int, device: torch.device) -> Tensor:
    """Places of a row and of its reflection beyond both ends."""
    return torch.as_tensor(np.pad(np.arange(length), WINDOW // 2, mode="symmetric"), device=device)


@lru_cache(maxsize=4)
def _window(device: torch.device) -> Tensor:
    across = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(across**2) / (2 * SIGMA**2))
    return torch.as_tensor(weights / weights.sum(), dtype=torch.float32, device=device)


def _turned(quaternions: Tensor, vectors: Tensor) -> Tensor:
    """N x 3 vectors turned by N x 4 unit quaternions w x y z."""
    axis = quaternions[:, 1:]
    twice = 2 * torch.linalg.cross(axis, vectors)
    return vectors + quaternions[:, :1] * twice + torch.linalg.cross(axis, twice)


def _fetched(values: Tensor) -> np.ndarray:
    return np.asarray(values.detach().cpu().numpy()).copy()
