"""The diffusion path on a tiny random ShapE: whole, deterministic, and true at its ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nodes.sdk import Context
from nodes.sdk.errors import FileProblem, ModelProblem, NodeError
from nodes.sdk.values import Image
from tests.morph.tiny_prior import write_tiny_shap_e


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("models")
    write_tiny_shap_e(found / "shap-e-img2img")
    return found


@pytest.fixture(scope="module")
def model(folder):
    from nodes.morph._prior import open_pictures

    return open_pictures(folder / "shap-e-img2img", "cpu")


@pytest.fixture
def pictures() -> tuple[Image, Image]:
    random = np.random.default_rng(2)
    return tuple(Image(random.random((40, 40, 3)).astype(np.float32)) for _ in range(2))


def _latent(model, pictures, amount, **changes):
    from nodes.morph._denoise import Recipe, morphed
    from nodes.morph._prior import condition_of_picture

    conditions = tuple(condition_of_picture(model, picture) for picture in pictures)
    recipe = replace(Recipe(amount, steps=4), **changes)
    return morphed(model, conditions, (1, 2), recipe, lambda _share: None).numpy()


def test_the_node_makes_a_coloured_mesh_from_the_users_folder(folder, pictures, monkeypatch):
    from nodes.morph.regenerate_morph import regenerate_morph

    monkeypatch.setenv("FACEWRIGHT_MODELS", str(folder))
    mesh = regenerate_morph(*pictures, steps=4, detail=16, context=Context())
    assert len(mesh.triangles) > 10
    assert mesh.triangles.max() < len(mesh.vertices)
    assert np.ptp(mesh.vertices, axis=0).min() > 0.5
    assert np.isfinite(mesh.vertices).all()
    assert mesh.colours.shape == mesh.vertices.shape
    again = regenerate_morph(*pictures, steps=4, detail=16, context=Context())
    np.testing.assert_array_equal(mesh.vertices, again.vertices)


def test_the_surface_is_closed_and_its_triangles_face_outwards(model, pictures):
    import torch

    from nodes.morph._prior import decoded

    vertices, triangles, _ = decoded(model, torch.from_numpy(_latent(model, pictures, 0.5)), 24)
    edges = np.sort(
        np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1
    )
    assert (np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all()
    a, b, c = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    assert np.einsum("nc,nc->n", a, np.cross(b, c)).sum() / 6 > 0.01


def test_without_the_folder_the_error_says_which_one_to_bring(tmp_path, pictures, monkeypatch):
    from nodes.morph.regenerate_morph import regenerate_morph

    monkeypatch.setenv("FACEWRIGHT_MODELS", str(tmp_path))
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path / "data"))
    with pytest.raises(ModelProblem, match="shap-e-img2img"):
        regenerate_morph(*pictures, context=Context())


def test_a_folder_with_parts_missing_is_named(tmp_path):
    from nodes.morph._prior import open_pictures

    with pytest.raises(ModelProblem, match="cannot be opened"):
        open_pictures(tmp_path, "cpu")


def test_a_missing_picture_is_asked_for(pictures):
    from nodes.morph.regenerate_morph import regenerate_morph

    with pytest.raises(NodeError, match="picture is missing"):
        regenerate_morph(pictures[0], None, context=Context())


def test_the_ends_are_what_the_model_makes_of_each_alone(model, pictures):
    one, other = pictures
    np.testing.assert_allclose(
        _latent(model, pictures, 0.0), _latent(model, (one, one), 0.0, fusion=0.0), atol=1e-5
    )
    np.testing.assert_allclose(
        _latent(model, pictures, 1.0), _latent(model, (other, other), 1.0, fusion=0.0), atol=1e-5
    )


def test_near_the_ends_the_morph_is_near_them(model, pictures):
    start, near, middle = (
        _latent(model, pictures, amount, low_frequency=0.0) for amount in (0.0, 0.001, 0.5)
    )
    assert np.abs(near - start).mean() < 0.1 * np.abs(middle - start).mean()


def test_fusion_reordering_and_low_frequencies_each_change_the_middle(model, pictures):
    plain = _latent(model, pictures, 0.5, fusion=0.0)
    fused = _latent(model, pictures, 0.5, reorder=False, low_frequency=0.0)
    ordered = _latent(model, pictures, 0.5, reorder=True, low_frequency=0.0)
    low = _latent(model, pictures, 0.5, reorder=True, low_frequency=0.5)
    for one, other in ((plain, fused), (fused, ordered), (ordered, low)):
        assert np.abs(one - other).max() > 1e-4


def test_the_processor_is_put_back(model, pictures):
    _latent(model, pictures, 0.5)
    names = {type(processor).__name__ for processor in model.prior.attn_processors.values()}
    assert names == {"AttnProcessor"}


def test_without_fusing_the_attention_is_that_of_diffusers(model):
    import torch
    from diffusers.models.attention_processor import AttnProcessor

    from nodes.morph._denoise import Fusing, Recipe

    attention = model.prior.transformer_blocks[0].attn1
    tokens = torch.randn(3, 40, 32, generator=torch.Generator().manual_seed(1))
    ours = Fusing(Recipe(0.5, fusion=0.0), 32)(attention, tokens)
    np.testing.assert_allclose(ours.numpy(), AttnProcessor()(attention, tokens).numpy(), atol=1e-5)


def test_slerp_keeps_the_size_of_noise():
    import torch

    from nodes.morph._denoise import slerp

    one, two = (torch.randn(1, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    for amount in (0.0, 0.3, 0.5, 1.0):
        assert abs(float(slerp(one, two, amount).std()) - 1.0) < 0.02
    np.testing.assert_allclose(slerp(one, two, 0.0).numpy(), one.numpy(), atol=1e-6)
    np.testing.assert_allclose(slerp(one, one, 0.5).numpy(), one.numpy(), atol=1e-6)


def test_tokens_are_brought_into_the_others_order():
    import torch

    from nodes.morph._denoise import assignment

    tokens = torch.randn(20, 8, generator=torch.Generator().manual_seed(3))
    shuffled = torch.randperm(20, generator=torch.Generator().manual_seed(4))
    order = assignment(tokens, tokens[shuffled] * 2.0)
    np.testing.assert_allclose((tokens[shuffled] * 2.0)[order].numpy(), tokens.numpy() * 2.0)


def test_only_slow_changes_are_strengthened():
    import torch

    from nodes.morph._denoise import strengthened

    along = torch.arange(64) / 64 * 2 * torch.pi
    slow, fast = torch.sin(along)[None, :, None], torch.sin(20 * along)[None, :, None]
    np.testing.assert_allclose(
        strengthened(slow + 1.0, 0.5, 0.25).numpy(), (1.5 * slow + 1.0).numpy(), atol=1e-5
    )
    np.testing.assert_allclose(strengthened(fast, 0.5, 0.25).numpy(), fast.numpy(), atol=1e-5)


def test_adapters_act_by_their_share_and_leave_no_trace(model, tmp_path):
    import torch
    from safetensors.torch import save_file

    from nodes.morph._adapters import read_adapter
    from nodes.morph._denoise import adapted

    name = "transformer_blocks.0.attn1.to_q"
    layer = dict(model.prior.named_modules())[name]
    before = layer.weight.detach().clone()
    down, up = torch.randn(2, 32), torch.randn(32, 2)
    path = tmp_path / "one.safetensors"
    save_file({f"prior.{name}.lora_A.weight": down, f"prior.{name}.lora_B.weight": up}, str(path))
    factors = read_adapter(str(path), model.prior)
    with adapted(model.prior, [(factors, 0.25), (factors, 0.5)]):
        change = layer.weight.detach() - before
    np.testing.assert_allclose(change.numpy(), 0.75 * (up @ down).numpy(), atol=1e-4)
    np.testing.assert_array_equal(layer.weight.numpy(), before.numpy())


def test_an_adapter_of_another_model_is_refused(model, tmp_path):
    import torch
    from safetensors.torch import save_file

    from nodes.morph._adapters import read_adapter

    path = tmp_path / "other.safetensors"
    save_file({"mid.lora_A.weight": torch.zeros(2, 5), "mid.lora_B.weight": torch.zeros(5, 2)}, str(path))
    with pytest.raises(FileProblem, match="mid"):
        read_adapter(str(path), model.prior)
    path.write_bytes(b"not tensors at all")
    with pytest.raises(FileProblem, match="safetensors"):
        read_adapter(str(path), model.prior)
