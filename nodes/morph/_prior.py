"""Opening ShapE from the user's own folder, part by part, and running nothing that lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nodes.sdk.errors import ModelProblem, NodeError
from nodes.sdk.values import Image
from nodes.sdk.values.arrays import FloatArray, host_array

_AT_ONCE = 65_536
_OFFLINE = {"local_files_only": True}
_DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, AttributeError)


@dataclass(frozen=True, eq=False)
class ShapE:
    """The parts of a ShapE pipeline (Jun and Nichol 2023) in diffusers' layout.

    Attributes:
        prior: the denoiser of latents. scheduler: its noise schedule. renderer: latents to shapes.
        encoder, reader: CLIP's picture encoder and its processor, or its text encoder and tokenizer.
        pictures: whether conditions are pictures (else words).
        device: where the weights live.
    """

    prior: Any
    scheduler: Any
    renderer: Any
    encoder: Any
    reader: Any
    pictures: bool
    device: str


def open_pictures(folder: Path, device: str) -> ShapE:
    """ShapE conditioned on pictures, from a folder as `openai/shap-e-img2img` has it."""
    return _opened(folder, device, pictures=True)


def open_words(folder: Path, device: str) -> ShapE:
    """ShapE conditioned on words, from a folder as `openai/shap-e` has it."""
    return _opened(folder, device, pictures=False)


def _opened(folder: Path, device: str, *, pictures: bool) -> ShapE:
    from diffusers import HeunDiscreteScheduler, PriorTransformer
    from diffusers.pipelines.shap_e.renderer import ShapERenderer
    from transformers import (
        CLIPImageProcessor,
        CLIPTextModelWithProjection,
        CLIPTokenizer,
        CLIPVisionModel,
    )

    try:
        prior = PriorTransformer.from_pretrained(folder / "prior", **_OFFLINE)
        scheduler = HeunDiscreteScheduler.from_pretrained(folder / "scheduler", **_OFFLINE)
        renderer = ShapERenderer.from_pretrained(folder / "shap_e_renderer", **_OFFLINE)
        if pictures:
            encoder = CLIPVisionModel.from_pretrained(folder / "image_encoder", **_OFFLINE)
            reader = CLIPImageProcessor.from_pretrained(folder / "image_processor", **_OFFLINE)
        else:
            encoder = CLIPTextModelWithProjection.from_pretrained(folder / "text_encoder", **_OFFLINE)
            reader = CLIPTokenizer.from_pretrained(folder / "tokenizer", **_OFFLINE)
    except _DAMAGE as error:
        raise ModelProblem(
            f"the ShapE model in {folder.name} cannot be opened ({str(error).splitlines()[0][:160]})",
            hint="The folder must be a copy of the published one, with all its subfolders",
        ) from error
    place = "cuda" if device.startswith("cuda") else "cpu"
    for part in (prior, renderer, encoder):
        part.eval().requires_grad_(False).to(place)
    return ShapE(prior, scheduler, renderer, encoder, reader, pictures, place)


def condition_of_picture(model: ShapE, picture: Image) -> Any:
    """CLIP's patch features of a picture, 1 x P x D; transparency is laid over white, as in training."""
    import torch
    from PIL import Image as Pillow

    pixels = np.asarray(host_array(picture.pixels), np.float32)
    if pixels.shape[2] == 4:
        pixels = pixels[..., :3] * pixels[..., 3:] + (1.0 - pixels[..., 3:])
    seen = Pillow.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    values = model.reader(seen, return_tensors="pt").pixel_values.to(model.device)
    with torch.no_grad():
        hidden = model.encoder(values).last_hidden_state
    return hidden[:, 1:]


def condition_of_words(model: ShapE, words: str) -> Any:
    """CLIP's feature of a text, 1 x D, of unit variance, as ShapE was trained."""
    import torch

    model.reader.pad_token_id = 0
    tokens = model.reader(
        words,
        padding="max_length",
        max_length=model.reader.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    with torch.no_grad():
        found = model.encoder(tokens.input_ids.to(model.device)).text_embeds
    return found / found.norm(dim=-1, keepdim=True)


def decoded(model: ShapE, latent: Any, grid: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A latent (1 x T x D) as a surface: vertices V x 3 (y up), triangles F x 3, sRGB colours V x 3.

    The latent holds weights of a small network that tells the signed distance and the colour anywhere
    in the cube -1..1; the surface is where the distance is 0 (marching cubes, Lewiner et al. 2003).

    Raises:
        NodeError: when the latent holds no surface.
    """
    import torch
    from skimage.measure import marching_cubes

    renderer = model.renderer
    with torch.no_grad():
        weights = renderer.params_proj(latent)
        for name, parameter in renderer.mlp.state_dict().items():
            if f"nerstf.{name}" in weights:
                parameter.copy_(weights[f"nerstf.{name}"].squeeze(0))
    axis = np.linspace(-1.0, 1.0, grid, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    # Outside of the cube there is nothing, so that every shape is closed.
    field = np.full((grid + 2,) * 3, -1.0, np.float32)
    field[1:-1, 1:-1, 1:-1] = _asked(model, points, "signed_distance").reshape((grid,) * 3)
    if not np.isfinite(field).all() or not field.min() < 0.0 < field.max():
        raise NodeError("the model made an empty shape", hint="Try another seed, or more steps")
    places, triangles, _, _ = marching_cubes(field, 0.0, gradient_direction="ascent")
    places = ((places - 1.0) * (2.0 / (grid - 1)) - 1.0).astype(np.float32)
    colours = np.clip(_asked(model, np.clip(places, -1.0, 1.0), "channels"), 0.0, 1.0)
    # Shap-E's z points up; swapping two axes and one sign keeps the sides of the triangles.
    vertices = np.stack([places[:, 0], places[:, 2], -places[:, 1]], axis=1)
    return vertices, triangles.astype(np.int32), colours.astype(np.float32)


def _asked(model: ShapE, points: FloatArray, what: str) -> FloatArray:
    """What the decoder's network says at points (N x 3): N x C."""
    import torch

    parts = []
    with torch.no_grad():
        for first in range(0, len(points), _AT_ONCE):
            some = torch.from_numpy(points[first : first + _AT_ONCE])[None].to(model.device)
            told = model.renderer.mlp(
                position=some, direction=None, ts=None, nerf_level="fine", rendering_mode="stf"
            )
            parts.append(getattr(told, what)[0].float().cpu().numpy())
    return np.concatenate(parts)
