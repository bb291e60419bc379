"""Model files that are not what they should be are explained, not thrown at the user."""

import zipfile

import pytest

from nodes.face._landmarks import LandmarkRuntime
from nodes.sdk import ModelProblem


def test_a_landmarker_that_is_no_bundle(tmp_path):
    path = tmp_path / "face_landmarker.task"
    path.write_bytes(b"not a zip")
    with pytest.raises(ModelProblem, match="cannot be read"):
        LandmarkRuntime(path)
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("other.tflite", b"x")
    with pytest.raises(ModelProblem, match="models fetch face_landmarker"):
        LandmarkRuntime(path)


def test_a_parser_with_other_or_damaged_weights(tmp_path):
    import torch

    from nodes.face._bisenet import load

    path = tmp_path / "parser.pth"
    torch.save({"some.weight": torch.zeros(2)}, path)
    with pytest.raises(ModelProblem, match="cannot be read"):
        load(path)
    path.write_bytes(b"garbage")
    with pytest.raises(ModelProblem, match="cannot be read"):
        load(path)


def test_folding_keeps_what_convolution_and_normalisation_do():
    import torch
    from torch import nn

    from nodes.face import _bisenet

    torch.manual_seed(0)
    checkpoint = {}
    net = _bisenet.BiSeNet()
    shapes = {name: tuple(weight.shape) for name, weight in net.state_dict().items()}
    for ours, (convolution, norm) in _bisenet._sources().items():
        shape = shapes[f"{ours}.weight"]
        checkpoint[f"{convolution}.weight"] = torch.randn(shape)
        if norm:
            for part in ("weight", "bias", "running_mean"):
                checkpoint[f"{norm}.{part}"] = torch.randn(shape[0])
            checkpoint[f"{norm}.running_var"] = torch.rand(shape[0]) + 0.5
    net.load_state_dict(_bisenet.folded(checkpoint))
    plain = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
    plain.load_state_dict({"weight": checkpoint["cp.resnet.conv1.weight"]})
    norm = nn.BatchNorm2d(64).eval()
    norm.load_state_dict(
        {
            part: checkpoint[f"cp.resnet.bn1.{part}"]
            for part in ("weight", "bias", "running_mean", "running_var")
        },
        strict=False,
    )
    x = torch.randn(1, 3, 32, 32)
    assert torch.allclose(net.stem(x), norm(plain(x)), atol=1e-4)
    assert net(torch.randn(1, 3, 64, 96)).shape == (1, 19, 8, 12)
