"""Values in a few words, for error messages and the line under a viewer."""

from __future__ import annotations

from typing import Any

from nodes.sdk.node import PLAIN_SOCKETS
from nodes.sdk.values import (
    Audio,
    Camera,
    Embedding,
    Faces,
    HeadModel,
    HeadState,
    Image,
    Mask,
    Mesh,
    Motion,
    Parsing,
    Splats,
    Table,
)

LONGEST_WORDS = 60


def kind_of(value: Any) -> str:
    """The socket name of a value, or its Python type when it is none that travels on wires."""
    for plain, name in PLAIN_SOCKETS.items():
        if isinstance(value, plain) or (plain is float and type(value) is int):
            return name
    return str(getattr(type(value), "socket_name", type(value).__name__))


def describe(value: Any) -> str:
    """Size and nature of a value without its kind, such as "512 x 512 RGB, sRGB"."""
    match value:
        case Image():
            channels = "RGBA" if value.has_alpha else "RGB"
            return f"{value.width} x {value.height} {channels}, {'linear' if value.linear else 'sRGB'}"
        case Mask() | Parsing():
            return f"{value.width} x {value.height}"
        case Faces():
            return "no face" if not value else "1 face" if len(value) == 1 else f"{len(value)} faces"
        case Embedding():
            return f"{value.vector.shape[0]} numbers{f' of {value.name}' if value.name else ''}"
        case HeadModel():
            return f"{value.name}, {value.mean.shape[0]} vertices, {len(value.identity_names)} identities"
        case HeadState():
            return f"{value.model.name}, fit error {100 * value.error:.1f} % of the eye distance"
        case Camera():
            return f"{value.width} x {value.height}, focal length {value.focal:.0f} px"
        case Motion():
            return f"{value.coefficients.shape[0]} frames at {value.fps:g} a second"
        case Audio():
            channels = value.samples.shape[1]
            return f"{value.seconds:.2f} s, {value.rate} Hz, {channels} channel{'s' * (channels != 1)}"
        case Mesh():
            return f"{value.vertices.shape[0]} vertices, {value.triangles.shape[0]} triangles"
        case Splats():
            return f"{value.positions.shape[0]} splats"
        case Table():
            return f"{len(value.rows)} rows, {len(value.columns)} columns"
        case str():
            return repr(value if len(value) <= LONGEST_WORDS else f"{value[:LONGEST_WORDS]}...")
        case bool() | int() | float():
            return f"{value:g}"
        case list() | tuple():
            return f"{len(value)} of {kind_of(value[0])}" if value else "none"
    return ""


def summarise(value: Any) -> str:
    """Kind and nature of a value: "Image 512 x 512 RGB, sRGB"."""
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return describe(value)
    return f"{kind_of(value)} {describe(value)}".strip()
