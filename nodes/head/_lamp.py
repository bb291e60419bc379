"""A lamp on a head that was drawn by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nodes.media.colour import to_encoded, to_linear
from nodes.sdk.values.arrays import FloatArray

#: sRGB of the bare shape.
CLAY = (0.78, 0.74, 0.70)


@dataclass(frozen=True)
class Lamp:
    """One wide lamp, and the light of the room.

    Attributes:
        side: degrees it stands to the viewer's right; 0 shines from the camera, 180 from behind.
        height: degrees it stands above.
        strength: of the lamp, where it shines straight on. ambient: of the room.
        softness: 0 a point, 1 as wide as the sky.
        colour: sRGB, of the lamp.
    """

    side: float = 40.0
    height: float = 35.0
    strength: float = 1.0
    ambient: float = 0.3
    softness: float = 0.3
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def direction(self) -> FloatArray:
        """Towards the lamp in the camera's frame: x right, y up, z to the viewer; of length 1."""
        side, height = math.radians(self.side), math.radians(self.height)
        flat = math.cos(height)
        return np.array([flat * math.sin(side), math.sin(height), flat * math.cos(side)], np.float32)

    @property
    def linear_colour(self) -> FloatArray:
        return np.asarray(to_linear(np.array(self.colour, np.float32)))


def lit(drawn: FloatArray, normals: FloatArray, lamp: Lamp) -> FloatArray:
    """A drawn head under a lamp instead of the light it was drawn in.

    Half-Lambert shading: a wide lamp reaches around the edge (wrapped diffuse, Valve 2004), in linear light.

    Args:
        drawn: H x W x 4, sRGB and alpha.
        normals: H x W x 4, as 'normals' draws them: x, y, z from -1..1 to 0..1.
    """
    facing = normals[..., :3] * 2 - 1
    facing /= np.maximum(np.linalg.norm(facing, axis=2, keepdims=True), 1e-6)
    wrapped = np.clip((facing @ lamp.direction + lamp.softness) / (1 + lamp.softness), 0.0, 1.0)
    # The room is a little darker from below, so that the shape reads where the lamp does not reach.
    room = lamp.ambient * (0.8 + 0.2 * facing[..., 1])
    light = room[..., None] + lamp.strength * wrapped[..., None] * lamp.linear_colour
    colour = to_encoded(np.clip(to_linear(drawn[..., :3]) * light, 0.0, 1.0))
    return np.dstack([colour, drawn[..., 3]]).astype(np.float32)
