"""Where the parts of a node stand, in canvas units with the node's top left corner at 0. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.ui.canvas.wiring import Sockets

WIDTH = 176.0
HEADER = 38.0
ROW = 20.0
PAD = 6.0
FOOTER = 18.0
PICTURE = 160.0
SOCKET = 5.0
GRID = 20.0

Point = tuple[float, float]


@dataclass(frozen=True)
class NodeLayout:
    """A node's parts.

    Attributes:
        height: of the body.
        inputs, outputs: the centre of each socket by its name.
        picture: left, top, width and height of the thumbnail; None without one.
        footer: top of the line with the note; None without one.
    """

    height: float
    inputs: dict[str, Point]
    outputs: dict[str, Point]
    picture: tuple[float, float, float, float] | None
    footer: float | None
    width: float = WIDTH


def lay_out(
    sockets: Sockets,
    stray_outputs: Sequence[str],
    picture: tuple[int, int] | None,
    *,
    note: bool,
) -> NodeLayout:
    """The layout of a node.

    Args:
        sockets: what stands on its left and right.
        stray_outputs: outputs that only wires know of.
        picture: size of the thumbnail in pixels, at most PICTURE; None without one.
        note: whether it shows a note.
    """
    middle = HEADER + PAD + ROW / 2
    outputs = [socket.name for socket in sockets.outputs] + list(stray_outputs)
    rows = max(len(sockets.inputs), len(outputs), 1)
    bottom = HEADER + PAD + rows * ROW + PAD - 2
    place = None
    if picture is not None:
        width, height = picture
        place = ((WIDTH - width) / 2, bottom, float(width), float(height))
        bottom += height + PAD + 2
    footer = None
    if note:
        footer = bottom - 2
        bottom += FOOTER - 2
    return NodeLayout(
        height=bottom,
        inputs={socket.name: (0.0, middle + row * ROW) for row, socket in enumerate(sockets.inputs)},
        outputs={name: (WIDTH, middle + row * ROW) for row, name in enumerate(outputs)},
        picture=place,
        footer=footer,
    )


def snapped(value: float) -> float:
    """A coordinate on the grid."""
    return round(value / (GRID / 2)) * (GRID / 2)
