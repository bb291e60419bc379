"""The parts of a head that take a material of their own: their triangles, UVs and colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nodes.head._own import eye_colours
from nodes.head._shape import eye_centres, parts_of
from nodes.head._teeth import ARCH_SHARE, HEIGHT, strip
from nodes.head._texture import HeadTexture
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

_EYE_TEXELS = 256
#: Materials by name, and the parts of a model that they are on.
_MATERIALS = (
    ("skin", ("skin",)),
    ("mouth", ("mouth",)),
    ("sockets", ("socket",)),
    ("eye_left", ("eye_left",)),
    ("eye_right", ("eye_right",)),
    ("teeth", ("teeth_upper", "teeth_lower")),
    ("tongue", ("tongue",)),
)
#: What is seen from both sides.
THIN = ("mouth", "sockets", "teeth")


class Covered(NamedTuple):
    """What one material covers.

    Attributes:
        name: of the material, such as "eye_left".
        triangles: F x 3, indices into `vertices`.
        vertices: N, the model's vertices, those on seams of the UVs several times.
        uv: N x 2, v up; of eyes over `eye_picture`, of teeth over `teeth_picture`.
    """

    name: str
    triangles: IntArray
    vertices: IntArray
    uv: FloatArray


def covered_parts(head: HeadState, neutral: FloatArray) -> Iterator[Covered]:
    """The materials that the head's model has parts for.

    Args:
        neutral: V x 3, the head's shape without an expression.
    """
    model = head.model
    for name, parts in _MATERIALS:
        numbers = [model.part_names.index(part) for part in parts if part in model.part_names]
        rows = np.nonzero(np.isin(model.parts, numbers))[0]
        if not len(rows):
            continue
        triangles, vertices, uv = _seamless(model.triangles[rows], model.uv[rows])
        if name.startswith("eye_"):
            uv = eye_uv(head, neutral, vertices, 0 if name == "eye_left" else 1)
        elif name == "teeth":
            uv = teeth_uv(head, neutral, vertices)
        yield Covered(name, triangles, vertices, uv)


def _seamless(triangles: IntArray, uv: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Triangles over vertices that have one UV each: triangles, the model's vertices, UVs."""
    corners = np.column_stack([triangles.ravel(), uv.reshape(-1, 2)])
    unique, numbers = np.unique(corners, axis=0, return_inverse=True)
    return numbers.reshape(-1, 3), unique[:, 0].astype(np.int64), unique[:, 1:]


def eye_uv(head: HeadState, neutral: FloatArray, vertices: IntArray, side: int) -> FloatArray:
    """UVs of an eyeball as seen from the front, over a picture twice as wide as the ball is deep."""
    around = neutral[vertices] - eye_centres(head, neutral)[side]
    radius = np.linalg.norm(around, axis=1).max()
    return 0.5 + 0.48 * around[:, :2] / radius


def teeth_uv(head: HeadState, neutral: FloatArray, vertices: IntArray) -> FloatArray:
    """UVs of both rows of teeth as seen from the front, over `teeth_picture`; N x 2."""
    parts = parts_of(head.model)
    uv = np.full((len(vertices), 2), 0.5)
    for row, which, rise in ((parts.teeth_upper, "upper", 0.5), (parts.teeth_lower, "lower", 0.0)):
        mine = np.isin(vertices, row)
        if not mine.any():
            continue
        place = 1000.0 * neutral[vertices[mine]]
        ends = place[:, 0].min(), place[:, 0].max()
        # The drawn arch is as wide as the model's, its biting edges where the model's are.
        across = (2 * (place[:, 0] - ends[0]) / max(ends[1] - ends[0], 1e-6) - 1) * ARCH_SHARE[which]
        up = place[:, 1] - place[:, 1].min() if which == "upper" else place[:, 1] - place[:, 1].max() + HEIGHT
        uv[mine] = np.column_stack([0.5 + 0.5 * across, rise + 0.5 * np.clip(up / HEIGHT, 0.01, 0.99)])
    return uv


def teeth_picture(texture: HeadTexture) -> FloatArray:
    """Both rows of teeth, the upper one in the upper half, H x W x 3; between them the dark of the mouth."""
    rows = np.concatenate([strip("upper", texture.teeth), strip("lower", texture.teeth)])
    dark = 0.18 * np.asarray(texture.lips)
    return np.asarray(rows[..., :3] * rows[..., 3:] + dark * (1 - rows[..., 3:]), np.float32)


def eye_picture(texture: HeadTexture) -> FloatArray:
    """The front of an eyeball, S x S x 3."""
    place = (np.arange(_EYE_TEXELS) + 0.5) / _EYE_TEXELS * 2 - 1
    x, y = np.meshgrid(place / 0.96, -place / 0.96)
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0.0, 1.0))
    direction = np.stack([x, y, depth], axis=-1).reshape(-1, 3)
    colours = eye_colours(texture, direction, np.ones((len(direction), 1), np.float32))
    return colours.reshape(_EYE_TEXELS, _EYE_TEXELS, 3)


def plain_colour(name: str, texture: HeadTexture) -> list[float]:
    """The colour of a material without a picture: linear red, green, blue and alpha."""
    tones = {"tongue": texture.tongue, "mouth": texture.lips * 0.5}
    tone = np.asarray(tones.get(name, texture.sclera * 0.5)) ** 2.2
    return [*(float(value) for value in tone), 1.0]
