"""A ShapE of a few thousand random weights, laid out as the published folders are."""

from __future__ import annotations

from pathlib import Path


def write_tiny_shap_e(folder: Path) -> None:
    """Write prior, scheduler, renderer, picture encoder and processor into a folder."""
    import torch
    from diffusers import HeunDiscreteScheduler, PriorTransformer
    from diffusers.pipelines.shap_e.renderer import ShapERenderer
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(0)
    prior = PriorTransformer(
        num_attention_heads=2,
        attention_head_dim=16,
        embedding_dim=16,
        num_embeddings=32,
        embedding_proj_dim=32,
        time_embed_dim=64,
        num_layers=2,
        clip_embed_dim=32,
        additional_embeddings=0,
        time_embed_act_fn="gelu",
        norm_in_type="layer",
        embedding_proj_norm_type="layer",
        encoder_hid_proj_type=None,
        added_emb_type=None,
    )
    scheduler = HeunDiscreteScheduler(
        beta_schedule="exp",
        num_train_timesteps=1024,
        prediction_type="sample",
        use_karras_sigmas=True,
        clip_sample=True,
        clip_sample_range=1.0,
    )
    renderer = ShapERenderer(
        param_shapes=((8, 93), (8, 8), (8, 8), (8, 8)), d_latent=16, d_hidden=8, n_output=12,
        background=(0.1, 0.1, 0.1),
    )  # fmt: skip
    # Inside nearly everywhere, so that there is always a surface.
    renderer.mlp.mlp[-1].bias.data[0] = 0.3
    encoder = CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=32,
            image_size=32,
            projection_dim=32,
            intermediate_size=37,
            num_attention_heads=4,
            num_channels=3,
            num_hidden_layers=2,
            patch_size=8,
        )
    )
    reader = CLIPImageProcessor(crop_size=32, size={"shortest_edge": 32})
    for part, name in (
        (prior, "prior"),
        (scheduler, "scheduler"),
        (renderer, "shap_e_renderer"),
        (encoder, "image_encoder"),
        (reader, "image_processor"),
    ):
        part.save_pretrained(folder / name)
