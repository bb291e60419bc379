"""Draws surfaces with OpenGL into pictures, without a window of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.ui.viewers.light import Light
from app.ui.viewers.orbit import Orbit
from app.ui.viewers.surfaces import Surface
from nodes.sdk.errors import FacewrightError
from nodes.sdk.values.arrays import ByteArray

SAMPLES = 4
STUDIO = Light()
_VERTEX = """
#version 330
uniform mat4 view;
uniform mat4 projection;
uniform float point_size;
in vec3 position;
in vec3 normal;
in vec3 colour;
in vec2 uv;
out vec3 shade_normal;
out vec3 shade_colour;
out vec2 shade_uv;
void main() {
    vec4 seen = view * vec4(position, 1.0);
    gl_Position = projection * seen;
    gl_PointSize = clamp(point_size / -seen.z, 1.0, 12.0);
    shade_normal = mat3(view) * normal;
    shade_colour = colour;
    shade_uv = uv;
}
"""
# A key light, a cool fill, and a rim: studio light.
_FRAGMENT = """
#version 330
uniform sampler2D picture;
uniform bool textured;
uniform int style;
uniform vec3 key_light;
uniform vec3 fill_light;
in vec3 shade_normal;
in vec3 shade_colour;
in vec2 shade_uv;
out vec4 result;
void main() {
    vec3 colour = textured ? texture(picture, shade_uv).rgb : shade_colour;
    if (style == 1) { result = vec4(colour, 1.0); return; }
    if (style == 2) { result = vec4(0.05, 0.07, 0.10, 1.0); return; }
    vec3 normal = normalize(shade_normal);
    if (!gl_FrontFacing) normal = -normal;
    float key = max(dot(normal, key_light), 0.0);
    float fill = max(dot(normal, fill_light), 0.0);
    float rim = pow(1.0 - max(normal.z, 0.0), 3.0);
    vec3 linear = pow(colour, vec3(2.2));
    vec3 lit = linear * (0.07 + 0.95 * key + 0.16 * fill * vec3(0.8, 0.9, 1.0)) + 0.035 * rim;
    result = vec4(pow(lit, vec3(1.0 / 2.2)), 1.0);
}
"""


class GraphicsError(FacewrightError):
    """This machine offers no OpenGL 3.3."""


class SurfaceRenderer:
    """Holds one surface on the card; draws it from any side at any size."""

    def __init__(self) -> None:
        """Open a context. Raises GraphicsError when there is none to be had."""
        self._context = _open_context()
        self._program = self._context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._surface: Surface | None = None
        self._held: list[Any] = []
        self._array: Any = None
        self._texture: Any = None
        self._targets: dict[bool, tuple[tuple[int, int], list[Any]]] = {}

    def show(self, surface: Surface) -> None:
        """Put a surface on the card, in place of the one before."""
        context = self._context
        for item in self._held:
            item.release()
        count = len(surface.positions)
        columns = np.zeros((count, 11), np.float32)
        columns[:, 0:3] = surface.positions
        if len(surface.normals):
            columns[:, 3:6] = surface.normals
        columns[:, 6:9] = surface.colours
        if surface.uv is not None:
            columns[:, 9:11] = surface.uv
        vertices = context.buffer(columns.tobytes() or b"\0" * 44)
        self._held = [vertices]
        indices = None
        if len(surface.triangles):
            indices = context.buffer(np.ascontiguousarray(surface.triangles, np.int32).tobytes())
            self._held.append(indices)
        layout = (vertices, "3f 3f 3f 2f", "position", "normal", "colour", "uv")
        self._array = context.vertex_array(self._program, [layout], index_buffer=indices)
        self._held.append(self._array)
        self._texture = None
        if surface.texture is not None:
            pixels = np.ascontiguousarray(surface.texture[::-1])
            size = (pixels.shape[1], pixels.shape[0])
            self._texture = context.texture(size, 3, pixels.tobytes(), alignment=1)
            self._texture.build_mipmaps()
            self._held.append(self._texture)
        self._surface = surface

    def draw(
        self,
        orbit: Orbit,
        width: int,
        height: int,
        *,
        wireframe: bool,
        background: tuple[float, float, float],
        light: Light = STUDIO,
        smooth: bool = True,
    ) -> ByteArray:
        """The surface as H x W x 4 uint8 RGBA, first row at the top.

        `smooth` edges take several times as long where no graphics card helps.
        """
        context, surface = self._context, self._surface
        drawn, plain = self._target(width, height, smooth)
        drawn.use()
        context.viewport = (0, 0, width, height)
        context.enable(context.DEPTH_TEST | context.PROGRAM_POINT_SIZE)
        context.clear(*background, 1.0)
        if surface is not None and len(surface.positions):
            program = self._program
            program["view"].write(orbit.view().T.tobytes())
            program["projection"].write(orbit.projection(width / height).T.tobytes())
            for lamp, towards in zip(("key_light", "fill_light"), light.towards(orbit), strict=True):
                program[lamp].write(towards.tobytes())
            program["textured"].value = self._texture is not None
            program["point_size"].value = surface.radius * height * 0.012
            if self._texture is not None:
                self._texture.use(0)
            if len(surface.triangles):
                program["style"].value = 0
                self._array.render(context.TRIANGLES)
                if wireframe:
                    program["style"].value = 2
                    context.wireframe = True
                    context.depth_func = "<="
                    self._array.render(context.TRIANGLES)
                    context.wireframe = False
                    context.depth_func = "<"
            else:
                program["style"].value = 1
                self._array.render(context.POINTS)
        if plain is not drawn:
            context.copy_framebuffer(plain, drawn)
        data = np.frombuffer(plain.read(components=4), np.uint8).reshape(height, width, 4)
        return np.ascontiguousarray(data[::-1])

    def close(self) -> None:
        """Give everything back to the card."""
        for _, items in self._targets.values():
            for item in items:
                item.release()
        self._targets = {}
        for item in self._held:
            item.release()
        self._held = []
        self._context.release()

    def _target(self, width: int, height: int, smooth: bool) -> tuple[Any, Any]:
        """What is drawn into, and what is read; one pair of each kind is kept."""
        known = self._targets.get(smooth)
        if known is None or known[0] != (width, height):
            for item in known[1] if known is not None else ():
                item.release()
            context, size = self._context, (width, height)
            samples = min(SAMPLES, context.max_samples) if smooth else 0
            colour = context.renderbuffer(size, samples=samples)
            depth = context.depth_renderbuffer(size, samples=samples)
            made = [context.framebuffer(colour, depth), colour, depth]
            if samples:
                plain_colour = context.renderbuffer(size)
                made[1:1] = [context.framebuffer(plain_colour), plain_colour]
            known = self._targets[smooth] = (size, made)
        drawn = known[1][0]
        return drawn, known[1][1] if len(known[1]) > 3 else drawn


def _open_context() -> Any:
    import moderngl

    failures: list[Exception] = []
    choices: tuple[dict[str, Any], ...] = ({"backend": "egl"}, {})
    for settings in choices:
        try:
            return moderngl.create_context(standalone=True, require=330, **settings)
        except Exception as error:  # noqa: BLE001 - drivers raise what they like
            failures.append(error)
    raise GraphicsError("heads and meshes cannot be shown: there is no OpenGL 3.3 here") from failures[0]
