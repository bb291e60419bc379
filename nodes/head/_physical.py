"""A still of a head by pyrender: physically based materials, a lamp with shadows, OpenGL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nodes.head._lamp import CLAY, Lamp
from nodes.head._materials import THIN, covered_parts, eye_picture, plain_colour, teeth_picture
from nodes.head._shape import neutral_vertices, world_vertices
from nodes.head._texture import HeadTexture
from nodes.media.colour import to_encoded, to_linear
from nodes.raster.geometry import vertex_normals
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, HeadState
from nodes.sdk.values.arrays import FloatArray

_LARGEST_SIDE = 4096
#: Metres that the lamp stands away; its shadow map covers the head alone.
_LAMP_AWAY = 1.5
#: A wide lamp is this many points, up to this many degrees from its middle.
_POINTS, _WIDEST = 12, 40.0


def physical_picture(state: HeadState, camera: Camera, texture: HeadTexture | None, lamp: Lamp) -> FloatArray:
    """The posed head, H x W x 4 sRGB with alpha.

    Args:
        texture: its colours; None draws it in clay.

    Raises:
        NodeError: when there is no OpenGL to draw with, or the picture is larger than it can be.
    """
    if max(camera.width, camera.height) > _LARGEST_SIDE:
        raise NodeError(
            f"a physically based still of {camera.width} x {camera.height} is too large",
            hint=f"At most {_LARGEST_SIDE} pixels a side; wire a smaller camera",
        )
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    with _opengl():
        import pyrender

        scene = pyrender.Scene(bg_color=[0, 0, 0, 0], ambient_light=[0.9 * lamp.ambient] * 3)
        for mesh in _meshes(pyrender, state, texture):
            scene.add(mesh)
        pose = np.linalg.inv(np.asarray(camera.world_to_camera, np.float64))
        scene.add(
            pyrender.IntrinsicsCamera(
                camera.focal, camera.focal, camera.centre_x, camera.centre_y, znear=0.02, zfar=20.0
            ),
            pose=pose,
        )
        light = pyrender.DirectionalLight(color=lamp.linear_colour, intensity=4.0 * lamp.strength)
        shining = scene.add(light)
        middle = world_vertices(state).mean(axis=0)
        flags = pyrender.RenderFlags.RGBA | pyrender.RenderFlags.SHADOWS_DIRECTIONAL
        total = np.zeros((camera.height, camera.width, 4), np.float32)
        ways = lamp_directions(lamp)
        renderer = pyrender.OffscreenRenderer(camera.width, camera.height)
        try:
            for way in ways:
                scene.set_pose(shining, _lamp_pose(pose[:3, :3] @ way, middle))
                pixels = np.asarray(renderer.render(scene, flags)[0], np.float32) / 255
                # Light adds up where it is linear; pictures of one point each make those of a wide lamp.
                total += np.dstack([to_linear(pixels[..., :3]), pixels[..., 3]]) / len(ways)
        finally:
            renderer.delete()
    return np.dstack([to_encoded(total[..., :3]), total[..., 3]]).astype(np.float32)


def lamp_directions(lamp: Lamp) -> FloatArray:
    """N x 3 directions, in the camera's frame, spread over the lamp as seen from the head: its points."""
    towards = np.asarray(lamp.direction, np.float64)
    if lamp.softness <= 0:
        return towards[None]
    numbers = np.arange(_POINTS) + 0.5
    reach = np.radians(_WIDEST) * lamp.softness * np.sqrt(numbers / _POINTS)
    around = numbers * np.pi * (3 - np.sqrt(5))  # the golden angle fills a disc evenly
    right, up = _across(towards)
    spread = np.cos(around)[:, None] * right + np.sin(around)[:, None] * up
    return np.cos(reach)[:, None] * towards + np.sin(reach)[:, None] * spread


def _across(towards: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two directions square to one and to each other."""
    helper = np.array([0.0, 1.0, 0.0]) if abs(towards[1]) < 0.95 else np.array([1.0, 0.0, 0.0])
    right = np.cross(helper, towards)
    right /= np.linalg.norm(right)
    return right, np.cross(towards, right)


@contextmanager
def _opengl() -> Iterator[None]:
    """Turn what a missing or unwilling OpenGL raises into a line for people."""
    try:
        yield
    except (ImportError, AttributeError, OSError) as error:
        raise _without_opengl(error) from error
    except Exception as error:
        # Errors of OpenGL and of EGL have classes of their own that only exist once it was loaded.
        if type(error).__module__.startswith(("OpenGL", "pyrender")) or isinstance(
            error, RuntimeError | ValueError
        ):
            raise _without_opengl(error) from error
        raise


def _without_opengl(error: Exception) -> NodeError:
    reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
    return NodeError(
        f"the physically based renderer cannot start ({reason})",
        hint="Choose the quick method, or install OpenGL for EGL (on Debian: libegl1)",
    )


def _meshes(pyrender: Any, state: HeadState, texture: HeadTexture | None) -> Iterator[Any]:
    """The parts of the head with their materials."""
    neutral, placed = neutral_vertices(state), world_vertices(state)
    normals = vertex_normals(placed, state.model.triangles)
    for name, triangles, vertices, uv in covered_parts(state, neutral):
        primitive = pyrender.Primitive(
            positions=placed[vertices],
            normals=normals[vertices],
            texcoord_0=np.ascontiguousarray(uv, np.float32),
            indices=triangles.astype(np.uint32),
            material=_material(pyrender, name, texture),
        )
        yield pyrender.Mesh(primitives=[primitive], is_visible=True)


def _material(pyrender: Any, name: str, texture: HeadTexture | None) -> Any:
    eye = name.startswith("eye_")
    settings: dict[str, Any] = {
        "metallicFactor": 0.0,
        "roughnessFactor": 0.15 if eye else 0.35 if name in ("teeth", "tongue") else 0.6,
        "doubleSided": name in THIN,
        "baseColorFactor": [1.0, 1.0, 1.0, 1.0],
    }
    if texture is None:
        settings |= {"baseColorFactor": [*(tone**2.2 for tone in CLAY), 1.0], "roughnessFactor": 0.75}
    elif name in ("skin", "teeth") or eye:
        pictures = {"skin": lambda: texture.pixels, "teeth": lambda: teeth_picture(texture)}
        pixels = pictures.get(name, lambda: eye_picture(texture))()
        eight = np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
        settings["baseColorTexture"] = pyrender.Texture(source=eight, source_channels="RGB")
    else:
        settings["baseColorFactor"] = plain_colour(name, texture)
    return pyrender.MetallicRoughnessMaterial(**settings)


def _lamp_pose(towards: FloatArray, middle: FloatArray) -> FloatArray:
    """Where a point of the lamp stands in the world: it shines along its own -z at the head."""
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([*_across(towards), towards])
    pose[:3, 3] = middle + _LAMP_AWAY * towards
    return pose
