"""The BiSeNet face parser with a ResNet-18 backbone, for inference.

Source: Yu et al. 2018, "BiSeNet: Bilateral Segmentation Network for Real-time Semantic
Segmentation"; the layer names are those of the published CelebAMask-HQ checkpoint. Batch
normalisation is folded into the convolutions when the weights are loaded, and the two auxiliary
heads, which only serve training, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.sdk.errors import ModelProblem

CLASSES = 19
_EPSILON = 1e-5


class _Block(nn.Module):
    """A residual block of ResNet-18."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1)
        self.downsample = None
        if inside != outside or stride != 1:
            self.downsample = nn.Conv2d(inside, outside, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        return functional.relu(self.conv2(functional.relu(self.conv1(x))) + shortcut)


class _Attention(nn.Module):
    """A convolution whose channels are weighted by the picture as a whole."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 3, 1, 1)
        self.conv_atten = nn.Conv2d(outside, outside, 1)

    def forward(self, x: Tensor) -> Tensor:
        features = functional.relu(self.conv(x))
        weights = torch.sigmoid(self.conv_atten(features.mean((2, 3), keepdim=True)))
        return features * weights


class BiSeNet(nn.Module):
    """Logits of 19 classes at an eighth of the picture's size."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 7, 2, 3)
        self.layer1 = nn.Sequential(_Block(64, 64, 1), _Block(64, 64, 1))
        self.layer2 = nn.Sequential(_Block(64, 128, 2), _Block(128, 128, 1))
        self.layer3 = nn.Sequential(_Block(128, 256, 2), _Block(256, 256, 1))
        self.layer4 = nn.Sequential(_Block(256, 512, 2), _Block(512, 512, 1))
        self.arm16 = _Attention(256, 128)
        self.arm32 = _Attention(512, 128)
        self.conv_head32 = nn.Conv2d(128, 128, 3, 1, 1)
        self.conv_head16 = nn.Conv2d(128, 128, 3, 1, 1)
        self.conv_avg = nn.Conv2d(512, 128, 1)
        self.fusion = nn.Conv2d(256, 256, 1)
        self.fusion_squeeze = nn.Conv2d(256, 64, 1, bias=False)
        self.fusion_excite = nn.Conv2d(64, 256, 1, bias=False)
        self.head = nn.Conv2d(256, 256, 3, 1, 1)
        self.classes = nn.Conv2d(256, CLASSES, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """N x 3 x H x W, normalised as ImageNet, H and W multiples of 32 -> N x 19 x H/8 x W/8."""
        relu, enlarge = functional.relu, functional.interpolate
        x = functional.max_pool2d(relu(self.stem(x)), 3, 2, 1)
        eighth = self.layer2(self.layer1(x))
        sixteenth = self.layer3(eighth)
        thirty_second = self.layer4(sixteenth)
        whole = relu(self.conv_avg(thirty_second.mean((2, 3), keepdim=True)))
        deep = self.arm32(thirty_second) + whole
        deep = relu(self.conv_head32(enlarge(deep, size=sixteenth.shape[2:], mode="nearest")))
        middle = self.arm16(sixteenth) + deep
        middle = relu(self.conv_head16(enlarge(middle, size=eighth.shape[2:], mode="nearest")))
        fused = relu(self.fusion(torch.cat([eighth, middle], 1)))
        weights = relu(self.fusion_squeeze(fused.mean((2, 3), keepdim=True)))
        fused = fused * (1 + torch.sigmoid(self.fusion_excite(weights)))
        result: Tensor = self.classes(relu(self.head(fused)))
        return result


#: Our layer -> the checkpoint's convolution and batch normalisation.
_PLAIN = {
    "stem": ("cp.resnet.conv1", "cp.resnet.bn1"),
    "arm16.conv": ("cp.arm16.conv.conv", "cp.arm16.conv.bn"),
    "arm16.conv_atten": ("cp.arm16.conv_atten", "cp.arm16.bn_atten"),
    "arm32.conv": ("cp.arm32.conv.conv", "cp.arm32.conv.bn"),
    "arm32.conv_atten": ("cp.arm32.conv_atten", "cp.arm32.bn_atten"),
    "conv_head32": ("cp.conv_head32.conv", "cp.conv_head32.bn"),
    "conv_head16": ("cp.conv_head16.conv", "cp.conv_head16.bn"),
    "conv_avg": ("cp.conv_avg.conv", "cp.conv_avg.bn"),
    "fusion": ("ffm.convblk.conv", "ffm.convblk.bn"),
    "fusion_squeeze": ("ffm.conv1", ""),
    "fusion_excite": ("ffm.conv2", ""),
    "head": ("conv_out.conv.conv", "conv_out.conv.bn"),
    "classes": ("conv_out.conv_out", ""),
}


def _sources() -> dict[str, tuple[str, str]]:
    sources = dict(_PLAIN)
    for layer in range(1, 5):
        for block in range(2):
            ours, theirs = f"layer{layer}.{block}", f"cp.resnet.layer{layer}.{block}"
            for number in (1, 2):
                sources[f"{ours}.conv{number}"] = (f"{theirs}.conv{number}", f"{theirs}.bn{number}")
            if layer > 1 and block == 0:
                sources[f"{ours}.downsample"] = (f"{theirs}.downsample.0", f"{theirs}.downsample.1")
    return sources


def folded(checkpoint: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of `BiSeNet` from the published checkpoint, batch normalisation folded in."""
    weights: dict[str, Tensor] = {}
    for ours, (convolution, norm) in _sources().items():
        weight = checkpoint[f"{convolution}.weight"].float()
        if norm:
            scale = checkpoint[f"{norm}.weight"] * torch.rsqrt(checkpoint[f"{norm}.running_var"] + _EPSILON)
            weights[f"{ours}.bias"] = checkpoint[f"{norm}.bias"] - checkpoint[f"{norm}.running_mean"] * scale
            weight = weight * scale[:, None, None, None]
        weights[f"{ours}.weight"] = weight
    return weights


def load(path: Path) -> BiSeNet:
    """The network with the weights of a checkpoint file, ready for inference.

    Raises:
        ModelProblem: when the file does not hold such weights.
    """
    net = BiSeNet()
    try:
        # Tensors only: the file cannot name code, and says so by an UnpicklingError when it tries.
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        net.load_state_dict(folded(checkpoint))
    except (KeyError, RuntimeError, ValueError, TypeError, EOFError, UnpicklingError) as error:
        raise ModelProblem(
            f"the face parser {path.name} cannot be read ({error})",
            hint="Fetch it again with: facewright models fetch face_parser",
        ) from error
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
