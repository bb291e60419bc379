"""Reading low-rank adapters of the prior."""

from __future__ import annotations

import re
from typing import Any

from nodes.media.files import existing_file
from nodes.sdk.errors import FileProblem

_FACTOR = re.compile(
    r"(?:.*?prior\.|base_model\.model\.)?(.+?)\.lora[_.](A|B|down|up)(?:\.default)?\.weight$"
)
_MOST_RANK = 512


def read_adapter(text: str, prior: Any) -> dict[str, tuple[Any, Any, float]]:
    """Factors by layer (down R x I, up O x R, scale) of a safetensors file, checked against the prior.

    Names may be PEFT's (`lora_A`, `lora_B`) or diffusers' (`lora.down`, `lora.up`), with `alpha` or not.

    Raises:
        FileProblem: when the file is no adapter, or is one of another model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = existing_file(text, "adapter")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise FileProblem(f"{path.name} is no safetensors file", hint="Export the adapter again") from error
    layers = dict(prior.named_modules())
    halves: dict[str, dict[str, Any]] = {}
    for key, tensor in tensors.items():
        found = _FACTOR.match(key)
        if found:
            half = "down" if found[2] in ("A", "down") else "up"
            halves.setdefault(found[1], {})[half] = tensor
    factors = {}
    for name, pair in halves.items():
        weight = getattr(layers.get(name), "weight", None)
        if weight is None or weight.ndim != 2 or len(pair) != 2:
            raise FileProblem(f"{path.name} adapts '{name}', which the model does not have so")
        down, up = pair["down"], pair["up"]
        rank = down.shape[0]
        if down.shape != (rank, weight.shape[1]) or up.shape != (weight.shape[0], rank) or rank > _MOST_RANK:
            raise FileProblem(f"{path.name} does not fit the layer '{name}'", hint="Train it for this model")
        alpha = next((tensors[key] for key in tensors if key.endswith(f"{name}.alpha")), None)
        factors[name] = (down, up, 1.0 if alpha is None else float(alpha) / rank)
    if not factors:
        raise FileProblem(
            f"{path.name} holds no low-rank adapter", hint="Choose a LoRA of ShapE's prior as safetensors"
        )
    return factors
