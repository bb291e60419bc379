"""Splats as they are seen from a viewpoint of the interface, which does not render itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.engine.preview import to_rgba8
from app.engine.protocol import Preview, Viewpoint
from app.engine.summary import describe, kind_of
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import host_array

#: Larger pictures are drawn smaller: a viewer on a large screen must not wait.
MOST_PIXELS = 1_500_000
SMALLEST = 16
FAINT = 0.1


def drawn(splats: Splats, viewpoint: Viewpoint, proxy: int, device: str) -> Preview:
    """What is seen of splats, over the viewpoint's background.

    Args:
        splats: what is drawn, with all of its harmonics.
        viewpoint: from where.
        proxy: 1 for full size, 2 or 4 for a fraction of it.
        device: "cpu" or "cuda".

    Raises:
        NodeError: when they cannot be drawn.
    """
    from nodes.gaussians.render import render

    scale = max(float(proxy), (viewpoint.width * viewpoint.height / MOST_PIXELS) ** 0.5)
    camera = _camera(viewpoint, scale)
    found = render(splats, camera, device=device)
    background = np.array(viewpoint.background, np.float32)
    pixels = found.colour + (1.0 - found.alpha)[..., None] * background
    shown = viewpoint.width / camera.width
    return Preview(kind_of(splats), describe(splats), pixels=to_rgba8(pixels), scale=shown)


def with_bounds(preview: Preview, splats: Splats) -> Preview:
    """The preview with where the splats are, so that a camera can be put before them.

    A few stray splats, and faint ones, do not count.
    """
    places, opacities = host_array(splats.positions), host_array(splats.opacities)
    solid = places[opacities > FAINT] if (opacities > FAINT).any() else places
    if not len(solid):
        return replace(preview, bounds=(0.0, 0.0, 0.0, 1.0))
    low, high = np.percentile(solid, (0.5, 99.5), axis=0)
    x, y, z = (float(part) for part in (low + high) / 2)
    return replace(preview, bounds=(x, y, z, max(float(np.linalg.norm(high - low)) / 2, 1e-6)))


def _camera(viewpoint: Viewpoint, scale: float) -> Camera:
    width = max(round(viewpoint.width / scale), min(viewpoint.width, SMALLEST))
    height = max(round(viewpoint.height / scale), min(viewpoint.height, SMALLEST))
    focal = viewpoint.focal * width / viewpoint.width
    matrix = np.array(viewpoint.matrix, np.float32).reshape(4, 4)
    return Camera(focal, width / 2, height / 2, width, height, matrix)
