"""Asking a user's own vision-language model about faces.

Models are opened from a local folder only, as safetensors, without running code of the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nodes.face._align import ffhq_square
from nodes.face._crops import Crop, warp
from nodes.sdk.context import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values import Face
from nodes.sdk.values.arrays import FloatArray

_SIDE = 448


def ask_about(
    folder: str, picture: FloatArray, faces: Sequence[Face], question: str, most_words: int, context: Context
) -> str:
    """The model's answer about each face, in order; several are numbered.

    Raises:
        ModelProblem: when the folder holds no vision-language model that can be opened.
    """
    processor, model = _opened(folder, context.device)
    answers = []
    for number, face in enumerate(faces):
        context.progress(number / len(faces), "Asking the language model")
        answers.append(_answer(processor, model, portrait(picture, face), question, most_words))
    if len(answers) == 1:
        return answers[0]
    return "\n".join(f"{number + 1}. {answer}" for number, answer in enumerate(answers))


def portrait(picture: FloatArray, face: Face) -> FloatArray:
    """448 x 448 x 3: the face with hair and shoulders, upright."""
    square = ffhq_square(face.key_points)
    wide = Crop(square.centre, square.size * 1.3, square.angle)
    seen = warp(picture, wide.to_crop(_SIDE), _SIDE, _SIDE, border="edge")
    return np.clip(np.nan_to_num(seen, nan=0.0), 0.0, 1.0)


@lru_cache(maxsize=1)
def _opened(folder: str, device: str) -> tuple[Any, Any]:
    if not (Path(folder) / "config.json").is_file():
        raise ModelProblem(
            f"the folder {folder} holds no language model (config.json is missing)",
            hint="Choose the folder of a vision-language model in Hugging Face format",
        )
    from transformers import AutoModelForImageTextToText, AutoProcessor

    offline = {"local_files_only": True, "trust_remote_code": False}
    try:
        processor = AutoProcessor.from_pretrained(folder, **offline)
        model = AutoModelForImageTextToText.from_pretrained(folder, use_safetensors=True, **offline)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
        raise ModelProblem(
            f"the language model in {folder} cannot be opened ({str(error).splitlines()[0]})",
            hint="It must be a vision-language model of Hugging Face format with safetensors weights",
        ) from error
    return processor, model.eval().to("cuda" if device.startswith("cuda") else "cpu")


def _answer(processor: Any, model: Any, face: FloatArray, question: str, most_words: int) -> str:
    import torch
    from PIL import Image as Pillow

    image = Pillow.fromarray((face * 255 + 0.5).astype(np.uint8))
    text = question
    if getattr(processor, "chat_template", None):
        turn = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
        text = processor.apply_chat_template(turn, add_generation_prompt=True)
    inputs = processor(images=image, text=text, return_tensors="pt").to(model.device)
    with torch.inference_mode():
        tokens = model.generate(**inputs, max_new_tokens=max(8, most_words * 2), do_sample=False)
    asked = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
    if tokens.shape[1] > asked and asked and bool((tokens[:, :asked] == inputs["input_ids"]).all()):
        tokens = tokens[:, asked:]
    words = processor.batch_decode(tokens, skip_special_tokens=True)[0].split()
    return " ".join(words[:most_words])
