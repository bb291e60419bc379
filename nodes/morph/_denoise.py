"""Morphing in a 3D diffusion prior: noise, conditions, adapters and attention between two shapes.

After "Textured 3D regenerative morphing with 3D diffusion prior" (2025): the first shape, the morph
and the second shape are denoised side by side; the morph starts from interpolated noise, sees
interpolated conditions, and in every attention layer also looks at keys and values fused from both.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as functional

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodes.morph._prior import ShapE

Tensor = torch.Tensor
#: The order of the three in a batch.
_FIRST, _MORPH, _SECOND = range(3)


@dataclass(frozen=True)
class Recipe:
    """How the morph is made.

    Attributes:
        amount: 0 the first, 1 the second.
        steps: of denoising. guidance: how strongly conditions count (1: not more than learnt).
        fusion: share 0..1 of the morph's attention that looks at both ends.
        reorder: bring the second's tokens into the first's order before they are fused.
        low_frequency: how much slow changes over the tokens are strengthened, 0..1.
        band: share 0..1 of the frequencies that count as low.
    """

    amount: float
    steps: int = 64
    guidance: float = 3.0
    fusion: float = 0.6
    reorder: bool = True
    low_frequency: float = 0.1
    band: float = 0.25


def slerp(first: Tensor, second: Tensor, amount: float) -> Tensor:
    """Between two noises along the great circle, so that the middle is as noisy (Shoemake 1985)."""
    one, two = first.flatten().double(), second.flatten().double()
    cosine = torch.clamp(torch.dot(one, two) / (one.norm() * two.norm() + 1e-12), -1.0, 1.0)
    angle = torch.arccos(cosine)
    if float(angle) < 1e-4:
        return first + amount * (second - first)
    a = torch.sin((1 - amount) * angle) / torch.sin(angle)
    b = torch.sin(amount * angle) / torch.sin(angle)
    return (a * one + b * two).reshape(first.shape).to(first.dtype)


def assignment(first: Tensor, second: Tensor) -> Tensor:
    """The order of the second tokens (T x D) in which each best resembles its partner of the first."""
    from scipy.optimize import linear_sum_assignment

    alike = functional.normalize(first.float(), dim=1) @ functional.normalize(second.float(), dim=1).T
    _, columns = linear_sum_assignment(-alike.cpu().numpy())
    return torch.from_numpy(columns).to(first.device)


def strengthened(tokens: Tensor, gain: float, band: float) -> Tensor:
    """Tokens (B x T x D) whose slow changes along T are multiplied by 1 + gain; the mean stays."""
    if gain == 0.0:
        return tokens
    spectrum = torch.fft.rfft(tokens.float(), dim=1)
    last = max(int(band * (spectrum.shape[1] - 1)), 1)
    spectrum[:, 1 : last + 1] *= 1.0 + gain
    return torch.fft.irfft(spectrum, n=tokens.shape[1], dim=1).to(tokens.dtype)


class Fusing:
    """An attention processor: the morph also attends to what both ends know."""

    def __init__(self, recipe: Recipe, latents: int) -> None:
        """Args: latents: how many tokens at the end of a sequence are the shape's own."""
        self._recipe = recipe
        self._latents = latents
        self._orders: dict[int, Tensor] = {}

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **_unused: Any,
    ) -> Tensor:
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = attn.to_q(hidden_states), attn.to_k(source), attn.to_v(source)
        heads = attn.heads

        def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            q, k, v = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in (q, k, v))
            out = functional.scaled_dot_product_attention(q, k, v, attn_mask=attention_mask)
            return out.transpose(1, 2).flatten(2)

        out = attend(query, key, value)
        recipe = self._recipe
        if recipe.fusion > 0.0 and 0.0 < recipe.amount < 1.0:
            out = out.clone()
            for base in range(0, len(out), 3):
                morph = slice(base + _MORPH, base + _MORPH + 1)
                both = self._fused(id(attn), key, value, base)
                fused = attend(query[morph], *both)
                mixed = (1 - recipe.fusion) * out[morph] + recipe.fusion * fused
                tail = strengthened(mixed[:, -self._latents :], recipe.low_frequency, recipe.band)
                out[morph] = torch.cat([mixed[:, : -self._latents], tail], dim=1)
        out = attn.to_out[1](attn.to_out[0](out))
        if attn.residual_connection:
            out = out + hidden_states
        return out / attn.rescale_output_factor

    def _fused(self, layer: int, key: Tensor, value: Tensor, base: int) -> tuple[Tensor, Tensor]:
        """Keys and values between the first's and the second's, 1 x T x D each."""
        amount, first, second = self._recipe.amount, base + _FIRST, base + _SECOND
        order = torch.arange(key.shape[1], device=key.device)
        if self._recipe.reorder:
            # Found once for each layer: tokens stand for rows of the decoder and keep their meaning.
            if layer not in self._orders:
                tail = slice(key.shape[1] - self._latents, None)
                self._orders[layer] = assignment(key[first, tail], key[second, tail])
            order[-self._latents :] = self._orders[layer] + key.shape[1] - self._latents
        return tuple(
            ((1 - amount) * part[first] + amount * part[second][order])[None] for part in (key, value)
        )  # type: ignore[return-value]


@contextmanager
def adapted(
    prior: Any, adapters: list[tuple[dict[str, tuple[Tensor, Tensor, float]], float]]
) -> Iterator[None]:
    """The prior with low-rank adapters added at given shares, as long as the block lasts (Hu et al. 2021).

    Args:
        adapters: for each its factors by layer (down R x I, up O x R, scale), and its share.
    """
    kept: dict[str, Tensor] = {}
    layers = dict(prior.named_modules())
    try:
        for factors, share in adapters:
            for name, (down, up, scale) in factors.items():
                weight = layers[name].weight
                kept.setdefault(name, weight.detach().clone())
                change = (up.to(weight) @ down.to(weight)) * (scale * share)
                weight.data.add_(change)
        yield
    finally:
        for name, weight in kept.items():
            layers[name].weight.data.copy_(weight)


@torch.no_grad()
def morphed(
    model: ShapE,
    conditions: tuple[Tensor, Tensor],
    seeds: tuple[int, int],
    recipe: Recipe,
    progress: Callable[[float], None],
) -> Tensor:
    """The latent of the shape between two, 1 x T x D; at amount 0 and 1 those of the ends alone.

    Args:
        conditions: features of the first and the second, as the prior takes them.
        seeds: of their noises; equal ones make a calmer morph.
        progress: called with 0..1, may raise.
    """
    from diffusers.models.attention_processor import AttnProcessor

    prior, device = model.prior, model.device
    scheduler = type(model.scheduler).from_config(model.scheduler.config)
    scheduler.set_timesteps(recipe.steps, device=device)
    count, width = prior.config.num_embeddings, prior.config.embedding_dim
    noises = [_noise((1, count, width), seed).to(device, prior.dtype) for seed in seeds]
    middle = slerp(noises[0], noises[1], recipe.amount)
    latents = torch.cat([noises[0], middle, noises[1]]) * scheduler.init_noise_sigma
    seen = torch.cat(
        [conditions[0], torch.lerp(conditions[0], conditions[1], recipe.amount), conditions[1]]
    ).to(prior.dtype)
    guided = recipe.guidance > 1.0
    if guided:
        seen = torch.cat([torch.zeros_like(seen), seen])
    if not model.pictures:
        seen = seen * seen.shape[1] ** 0.5
    prior.set_attn_processor(Fusing(recipe, count))
    try:
        for number, step in enumerate(scheduler.timesteps):
            progress(number / len(scheduler.timesteps))
            entering = scheduler.scale_model_input(torch.cat([latents] * 2) if guided else latents, step)
            out = prior(entering, timestep=step, proj_embedding=seen).predicted_image_embedding
            out = out[..., :width]
            if guided:
                free, bound = out.chunk(2)
                out = free + recipe.guidance * (bound - free)
            latents = scheduler.step(out, timestep=step, sample=latents).prev_sample
    finally:
        prior.set_attn_processor(AttnProcessor())
    row = _FIRST if recipe.amount <= 0.0 else _SECOND if recipe.amount >= 1.0 else _MORPH
    return latents[row : row + 1]


def _noise(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))
