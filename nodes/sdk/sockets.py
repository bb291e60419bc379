"""Which wire fits which socket, and how the sockets look."""

from __future__ import annotations

from dataclasses import dataclass

#: from type, to type -> the id of the node that converts; it is inserted visibly.
CONVERSIONS: dict[tuple[str, str], str] = {
    ("Mask", "Image"): "image_from_mask",
    ("Image", "Mask"): "mask_from_image",
}


@dataclass(frozen=True)
class SocketStyle:
    """How a type of socket is drawn: colours told apart by colour-blind eyes, and by shape too.

    Attributes:
        colour: "#rrggbb".
        shape: "circle", "square", "diamond", "triangle" or "hexagon".
    """

    colour: str
    shape: str


# Hues after Okabe and Ito's palette, lightened for a dark canvas; shapes separate what hues do not.
STYLES: dict[str, SocketStyle] = {
    "Image": SocketStyle("#e6b450", "circle"),
    "Mask": SocketStyle("#d9d9d9", "circle"),
    "Faces": SocketStyle("#56b4e9", "square"),
    "Embedding": SocketStyle("#56b4e9", "diamond"),
    "Parsing": SocketStyle("#56b4e9", "triangle"),
    "HeadModel": SocketStyle("#cc79a7", "hexagon"),
    "HeadState": SocketStyle("#cc79a7", "square"),
    "Motion": SocketStyle("#29b890", "triangle"),
    "Audio": SocketStyle("#29b890", "circle"),
    "Mesh": SocketStyle("#d98c5f", "hexagon"),
    "Splats": SocketStyle("#d98c5f", "diamond"),
    "Camera": SocketStyle("#8fa3bf", "triangle"),
    "Table": SocketStyle("#8fa3bf", "square"),
    "Number": SocketStyle("#a0a0a8", "diamond"),
    "Words": SocketStyle("#a0a0a8", "square"),
}
UNKNOWN_STYLE = SocketStyle("#ff5f5f", "diamond")


def style_of(type_name: str) -> SocketStyle:
    return STYLES.get(type_name, UNKNOWN_STYLE)


def refusal(from_type: str, to_type: str) -> str | None:
    """Why a wire may not join these types, or None when it may (directly or by a conversion)."""
    if from_type == to_type or (from_type, to_type) in CONVERSIONS:
        return None
    return f"{with_article(to_type)} socket does not take {with_article(from_type)}"


def with_article(word: str) -> str:
    return f"an {word}" if word[:1].upper() in "AEIOU" else f"a {word}"


def conversion(from_type: str, to_type: str) -> str | None:
    """The id of the node that must stand between two types; None when they fit directly."""
    return CONVERSIONS.get((from_type, to_type))
