from typing import Annotated, Literal

from nodes.sdk import Choice, Context, File, Slider, Text, Toggle, node
from nodes.sdk.values import Image, Mesh


@node(
    title="Regenerate morph",
    category="Morph",
    models=("shap_e_pictures", "shap_e_words"),
    note="your own weights",
    edits="synthesis",
)
def regenerate_morph(
    first: Image | None = None,
    second: Image | None = None,
    *,
    told_by: Annotated[Literal["pictures", "words"], Choice()] = "pictures",
    first_words: Annotated[str, Text(group="Words")] = "",
    second_words: Annotated[str, Text(group="Words")] = "",
    amount: Annotated[float, Slider(0.0, 1.0)] = 0.5,
    steps: Annotated[int, Slider(4, 128)] = 64,
    guidance: Annotated[float, Slider(1.0, 20.0)] = 3.0,
    detail: Annotated[int, Slider(16, 256)] = 128,
    first_seed: Annotated[int, Slider(0, 1_000_000, group="Noise")] = 0,
    second_seed: Annotated[int, Slider(0, 1_000_000, group="Noise")] = 0,
    fusion: Annotated[float, Slider(0.0, 1.0, group="Attention")] = 0.6,
    reorder: Annotated[bool, Toggle(group="Attention")] = True,
    low_frequency: Annotated[float, Slider(0.0, 1.0, group="Attention")] = 0.1,
    first_adapter: Annotated[str, File("Adapter", ("safetensors",), group="Adapters")] = "",
    second_adapter: Annotated[str, File("Adapter", ("safetensors",), group="Adapters")] = "",
    adapter_strength: Annotated[float, Slider(0.0, 2.0, group="Adapters")] = 1.0,
    context: Context,
) -> Mesh:
    """Invent the shape between two things, by a diffusion model of 3D objects.

    Unlike *Morph shapes*, nothing is pulled: both things and the one between them are made anew from
    noise, side by side, so even a shoe and a boat have a plausible middle. The ends are the model's own
    idea of your pictures or words, not your meshes.

    - **Told by**: *pictures* of both things on a plain ground (one object, seen from the front or
      above), or *words* for each.
    - **Amount**: 0 the first, 1 the second. Keyframe it; every frame is made anew.
    - **Steps**, **Guidance**, **Detail**: more of each is finer, stricter and slower. Detail is the
      grid the surface is taken from.
    - **Noise**: equal seeds make a calmer morph.
    - **Fusion**: how much the shape between looks at both ends in every layer. **Reorder** brings what
      is alike into the same order first. **Low frequency** strengthens broad forms over flicker.
    - **Adapters**: low-rank adapters of the prior, one trained on each thing, are blended too.

    The weights are yours to bring: the folder of OpenAI's Shap-E as diffusers has it, named
    `shap-e-img2img` for pictures and `shap-e` for words, in the folder of models. On a processor alone
    one frame takes minutes.

    Source: "Textured 3D regenerative morphing with 3D diffusion prior" (2025) on Shap-E (Jun and Nichol
    2023). With a model of one's own the results depend on it; the paper's figures are its own.
    """
    from nodes.morph._adapters import read_adapter
    from nodes.morph._denoise import Recipe, adapted, morphed
    from nodes.morph._prior import (
        condition_of_picture,
        condition_of_words,
        decoded,
        open_pictures,
        open_words,
    )
    from nodes.sdk.errors import NodeError

    device = context.device
    if told_by == "pictures":
        if first is None or second is None:
            raise NodeError("a picture is missing", hint="Wire both, or set 'Told by' to words")
        model = context.model("shap_e_pictures", lambda folder: open_pictures(folder, device))
        conditions = condition_of_picture(model, first), condition_of_picture(model, second)
    else:
        if not first_words.strip() or not second_words.strip():
            raise NodeError("there are no words for one of the two", hint="Say what both ends are")
        model = context.model("shap_e_words", lambda folder: open_words(folder, device))
        conditions = condition_of_words(model, first_words), condition_of_words(model, second_words)
    adapters = [
        (read_adapter(path, model.prior), adapter_strength * share)
        for path, share in ((first_adapter, 1.0 - amount), (second_adapter, amount))
        if path
    ]
    recipe = Recipe(amount, steps, guidance, fusion, reorder, low_frequency)
    with adapted(model.prior, adapters):
        latent = morphed(
            model,
            conditions,
            (first_seed, second_seed),
            recipe,
            lambda share: context.progress(0.9 * share, "Denoising"),
        )
    context.progress(0.9, "Taking the surface")
    vertices, triangles, colours = decoded(model, latent, detail)
    return Mesh(vertices, triangles, colours=colours)
