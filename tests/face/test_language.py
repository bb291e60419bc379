"""A user's own vision-language model: a small random one is opened, asked, and answers."""

import numpy as np
import pytest

from nodes.face._language import ask_about
from nodes.sdk import Context, ModelProblem
from nodes.sdk.values import Face
from tests.face import pictures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A BLIP of a few thousand random weights with a ten-word vocabulary, saved as users have it."""
    import torch
    from transformers import (
        BertTokenizer,
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessor,
        BlipProcessor,
    )

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model")
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "[DEC]",
        "[ENC]",
        "a",
        "face",
        "person",
        "describe",
    ]
    (path / "vocab.txt").write_text("\n".join(words))
    tokenizer = BertTokenizer(str(path / "vocab.txt"))
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BlipConfig(
        text_config={**small, "vocab_size": 11, "projection_dim": 8, "max_position_embeddings": 64,
                     "bos_token_id": 5, "sep_token_id": 3, "eos_token_id": 3, "pad_token_id": 0,
                     "encoder_hidden_size": 16},
        vision_config={**small, "image_size": 32, "patch_size": 16, "projection_dim": 8},
        projection_dim=8,
    )  # fmt: skip
    BlipForConditionalGeneration(config).save_pretrained(path, safe_serialization=True)
    processor = BlipProcessor(BlipImageProcessor(size={"height": 32, "width": 32}), tokenizer)
    processor.save_pretrained(path)
    return path


def face():
    points = np.array([[60, 50], [90, 50], [75, 65], [63, 80], [87, 80]], np.float32)
    return Face(np.array([50, 35, 100, 95], np.float32), np.zeros((0, 3), np.float32), points)


def test_it_answers_for_each_face_and_alike_each_time(folder):
    picture = pictures.noise(120, 160).pixels
    one = ask_about(str(folder), picture, [face()], "describe a face", 5, Context())
    two = ask_about(str(folder), picture, [face(), face()], "describe a face", 5, Context())
    assert isinstance(one, str) and len(one.split()) <= 5
    assert two.splitlines()[0] == f"1. {one}".rstrip() or two.startswith("1. ")
    assert one == ask_about(str(folder), picture, [face()], "describe a face", 5, Context())


def test_weights_that_are_no_safetensors_are_refused(folder, tmp_path):
    import shutil

    for file in folder.iterdir():
        if file.suffix != ".safetensors":
            shutil.copy(file, tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelProblem, match="cannot be opened"):
        ask_about(str(tmp_path), pictures.noise(120, 160).pixels, [face()], "describe", 5, Context())
