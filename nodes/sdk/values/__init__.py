"""The typed values that travel along wires. All are frozen; inputs are never modified."""

from nodes.sdk.values.audio import Audio
from nodes.sdk.values.face import ARKIT_NAMES, PARSING_CLASSES, Embedding, Face, Faces, Parsing
from nodes.sdk.values.head import Camera, HeadModel, HeadState
from nodes.sdk.values.mesh import Mesh, Splats
from nodes.sdk.values.motion import Motion
from nodes.sdk.values.picture import Image, Mask
from nodes.sdk.values.table import Table

__all__ = [
    "ARKIT_NAMES",
    "PARSING_CLASSES",
    "Audio",
    "Camera",
    "Embedding",
    "Face",
    "Faces",
    "HeadModel",
    "HeadState",
    "Image",
    "Mask",
    "Mesh",
    "Motion",
    "Parsing",
    "Splats",
    "Table",
]
