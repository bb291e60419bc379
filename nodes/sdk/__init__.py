"""What a node is written with. A node file imports from here and nothing heavier at its top."""

from nodes.sdk.context import Context
from nodes.sdk.errors import (
    Cancelled,
    DeclarationError,
    FacewrightError,
    FileProblem,
    ModelProblem,
    NodeError,
)
from nodes.sdk.node import Around, Carry, NodeSpec, SocketSpec, node
from nodes.sdk.params import Choice, Colour, File, ParameterSpec, Slider, Text, Toggle

__all__ = [
    "Around",
    "Cancelled",
    "Carry",
    "Choice",
    "Colour",
    "Context",
    "DeclarationError",
    "FacewrightError",
    "File",
    "FileProblem",
    "ModelProblem",
    "NodeError",
    "NodeSpec",
    "ParameterSpec",
    "Slider",
    "SocketSpec",
    "Text",
    "Toggle",
    "node",
]
