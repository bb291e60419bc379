"""One door to the splat renderers: compiled code on the CPU, gsplat on a CUDA device."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nodes.gaussians.compositing import Veil, composite
from nodes.gaussians.projection import project_splats
from nodes.gaussians.shading import shape_of
from nodes.gaussians.tiles import tile_lists
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import FloatArray, host_array

#: Pictures above this many pixels are refused before anything is allocated.
MOST_PIXELS = 1 << 27


@dataclass(frozen=True, eq=False)
class Surface:
    """A drawn surface that splats stand before or behind.

    Attributes:
        colour: H x W x 3, premultiplied. alpha: H x W in 0..1.
        distance: H x W metres from the camera's plane; large where there is nothing.
        normals: H x W x 3 in the camera's frame.
    """

    colour: FloatArray
    alpha: FloatArray
    distance: FloatArray
    normals: FloatArray


@dataclass(frozen=True, eq=False)
class Rendered:
    """What a camera sees of splats.

    Attributes:
        colour: H x W x 3, sRGB-encoded as the splats' colours are, premultiplied by alpha.
        alpha: H x W in 0..1.
        depth: H x W metres, the mean depth of what is seen, 0 where nothing is; or None.
        normals: H x W x 3 unit vectors in the camera's frame, 0 where nothing is; or None.
    """

    colour: FloatArray
    alpha: FloatArray
    depth: FloatArray | None = None
    normals: FloatArray | None = None


def render(
    splats: Splats,
    camera: Camera,
    *,
    antialias: bool = False,
    degree: int = 3,
    shape: bool = False,
    surface: Surface | None = None,
    device: str = "cpu",
) -> Rendered:
    """Render splats from a camera.

    Args:
        antialias: keep the energy of splats thinner than a pixel (Mip-Splatting).
        degree: highest degree of spherical harmonics that is used.
        shape: also work out depth and normals.
        surface: what the splats are composited with by depth.
        device: "cpu" or "cuda"; CUDA is used where there is a device and gsplat is installed, and not
            together with a surface.

    Raises:
        NodeError: when the picture is too large.
    """
    if camera.width < 1 or camera.height < 1 or camera.width * camera.height > MOST_PIXELS:
        raise NodeError(
            f"a picture of {camera.width} x {camera.height} pixels cannot be drawn",
            hint="Choose a smaller size",
        )
    if device.startswith("cuda") and surface is None and len(splats.positions):
        from nodes.gaussians.cuda import cuda_ready, render_cuda

        if cuda_ready():
            return render_cuda(splats, camera, antialias=antialias, degree=degree, shape=shape)
    return _render_cpu(on_host(splats), camera, antialias, degree, shape, surface)


def on_host(splats: Splats) -> Splats:
    """The same splats with all their arrays in the processor's memory."""
    names = ("positions", "scales", "rotations", "opacities", "harmonics")
    return replace(splats, **{name: host_array(getattr(splats, name)) for name in names})


def _render_cpu(
    splats: Splats, camera: Camera, antialias: bool, degree: int, shape: bool, surface: Surface | None
) -> Rendered:
    size = (camera.width, camera.height)
    projected = project_splats(splats, camera, antialias=antialias, degree=degree, normals=shape)
    lists = tile_lists(projected, *size)
    blended = np.empty((camera.height, camera.width, 4), np.float32) if shape else None
    veil = None
    if surface is not None:
        light = np.empty((camera.height, camera.width), np.float32)
        veil = Veil(surface.distance, 1.0 - surface.alpha, light)
    colour, through = composite(projected.records, lists, *size, veil, blended)
    alpha = 1.0 - through
    if veil is not None and surface is not None:
        colour += veil.light[..., None] * surface.colour
        alpha = 1.0 - through * veil.clear
    if blended is None:
        return Rendered(colour, alpha)
    depth, normals = blended[..., 0], blended[..., 1:]
    if veil is not None and surface is not None:
        there = veil.light * surface.alpha
        depth += there * np.where(surface.alpha > 0, surface.distance, 0.0)
        normals += there[..., None] * surface.normals
    return Rendered(colour, alpha, *shape_of(depth, normals, alpha))
