"""Surfaces and Gaussian splats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nodes.sdk.values.arrays import FloatArray, IntArray, require_shape
from nodes.sdk.values.picture import Image


@dataclass(frozen=True, eq=False)
class Mesh:
    """A triangle mesh in metres, y up.

    Attributes:
        vertices: V x 3.
        triangles: F x 3 int32, counter-clockwise seen from outside.
        uv: F x 3 x 2, one per triangle corner, 0..1, v up; or None.
        texture: the picture that uv looks up; or None.
        colours: V x 3 in 0..1, sRGB; or None.
    """

    socket_name: ClassVar[str] = "Mesh"
    vertices: FloatArray
    triangles: IntArray
    uv: FloatArray | None = None
    texture: Image | None = None
    colours: FloatArray | None = None

    def __post_init__(self) -> None:
        require_shape("Mesh.vertices", self.vertices, (None, 3))
        require_shape("Mesh.triangles", self.triangles, (None, 3))


@dataclass(frozen=True, eq=False)
class Splats:
    """3D Gaussians (Kerbl et al. 2023) with linear, not encoded, parameters.

    Attributes:
        positions: N x 3 metres.
        scales: N x 3, standard deviations in metres, above 0.
        rotations: N x 4 unit quaternions, w x y z.
        opacities: N in 0..1.
        harmonics: N x B x 3 spherical-harmonic coefficients of colour; B is 1, 4, 9 or 16.
    """

    socket_name: ClassVar[str] = "Splats"
    positions: FloatArray
    scales: FloatArray
    rotations: FloatArray
    opacities: FloatArray
    harmonics: FloatArray

    def __post_init__(self) -> None:
        count = self.positions.shape[0]
        require_shape("Splats.positions", self.positions, (count, 3))
        require_shape("Splats.scales", self.scales, (count, 3))
        require_shape("Splats.rotations", self.rotations, (count, 4))
        require_shape("Splats.opacities", self.opacities, (count,))
        require_shape("Splats.harmonics", self.harmonics, (count, None, 3))
