"""Draws one head quickly for training pictures: skin, eyes, mouth and hair under a random light.

The program's own z-buffer, shaded by one compiled loop in linear light.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from nodes.head._shape import expressed_vertices, eye_centres, gaze_rotation, neutral_vertices, to_world
from nodes.raster.geometry import project, vertex_normals
from nodes.raster.light import light_basis
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import HeadModel, HeadState

#: Colours of parts without a texture, in linear light: white of the eye, teeth, tongue, mouth.
_SIDES = ("skin", "socket", "eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue", "mouth")
_PUPIL, _IRIS = 0.17, 0.46


@dataclass(frozen=True, eq=False)
class Light:
    """A light in linear values.

    Attributes:
        around: 9 x 3, spherical harmonics of the light from all sides.
        towards: L x 3 unit vectors to lamps. colours: L x 3. wrap: L in 0..1.
        gloss: how strongly skin shines. power: of the shine. shadows: whether the first lamp casts any.
    """

    around: np.ndarray
    towards: np.ndarray
    colours: np.ndarray
    wrap: np.ndarray
    gloss: float
    power: float
    shadows: bool


@dataclass(frozen=True, eq=False)
class Skin:
    """What a head is painted with, in linear light.

    Attributes:
        texture: S x S x 3, looked up by the model's UVs. tint: V x 3, multiplied with it.
        tones: 8 x 3: skin and socket (unused), both irises, teeth twice, tongue, mouth.
        white: 3, of the eyes.
        raised: V metres, how far hair stands off the skin.
    """

    texture: np.ndarray
    tint: np.ndarray
    tones: np.ndarray
    white: np.ndarray
    raised: np.ndarray


def random_light(random: np.random.Generator) -> Light:
    """Anything between an overcast day and one hard lamp."""
    around = np.zeros((9, 3))
    around[0] = random.uniform(0.1, 0.7) * (1.0 + 0.1 * random.normal(size=3))
    slope = random.normal(size=(3, 1)) * 0.25 + random.normal(size=(3, 3)) * 0.05
    around[1:4] = slope * around[0]
    around[4:] = random.normal(size=(5, 1)) * 0.08 * around[0]
    count = int(random.integers(1, 4))
    towards = random.normal(size=(count, 3)) * [1.0, 0.8, 0.5] + [0.0, 0.3, 0.7]
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    colours = random.uniform(0.15, 1.0, (count, 1)) * (1.0 + 0.1 * random.normal(size=(count, 3)))
    wrap = random.uniform(0.0, 0.5, count) * (random.random() < 0.6)
    gloss = random.uniform(0.0, 0.35) * (random.random() < 0.8)
    return Light(around, towards, colours, wrap, gloss, random.uniform(6, 40), random.random() < 0.4)


def drawn(head: HeadState, skin: Skin, light: Light, finer: int = 2) -> np.ndarray:
    """The head alone: H x W x 4 in linear light, times alpha; edges smoothed."""
    model, camera = head.model, head.camera
    local = expressed_vertices(head)
    if skin.raised.any():
        local = local + vertex_normals(local, model.triangles) * skin.raised[:, None].astype(np.float32)
    world = to_world(head, local)
    normals = vertex_normals(world, model.triangles)
    points = project(camera, world)
    points[:, :2] *= finer
    raster = rasterise(points, model.triangles, camera.width * finer, camera.height * finer)
    shade = light_basis(normals) @ light.around
    lit = _lit(model, world, light.towards[0]) if light.shadows else np.ones(len(world), np.float32)
    eyes = np.stack([gaze_rotation(gaze) for gaze in head.gaze])
    names = model.part_names
    kind = np.array([_SIDES.index(name) for name in names])[model.parts].astype(np.int32)
    out = np.zeros((camera.height * finer, camera.width * finer, 4), np.float32)
    depth = -(local[:, 2] - local[model.landmark_triangles[13, 0], 2])
    _shaded(
        raster.triangle, raster.weights, model.triangles, model.uv, kind, normals,
        np.clip(shade, 0.02, None).astype(np.float32), lit, world, local, depth.astype(np.float32),
        skin.texture, skin.tint.astype(np.float32), skin.tones.astype(np.float32),
        skin.white.astype(np.float32), eyes.astype(np.float32),
        eye_centres(head, neutral_vertices(head)).astype(np.float32),
        light.towards.astype(np.float32), light.colours.astype(np.float32), light.wrap.astype(np.float32),
        light.gloss, light.power, out,
    )  # fmt: skip
    return np.asarray(cv2.resize(out, (camera.width, camera.height), interpolation=cv2.INTER_AREA))


def _lit(model: HeadModel, world: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """V in 0..1: which vertices a far lamp reaches."""
    side = np.cross([0.0, 1.0, 0.1], towards)
    side /= np.linalg.norm(side)
    frame = np.stack([side, np.cross(towards, side), towards])
    seen = world @ frame.T
    low, size = seen.min(axis=0), np.ptp(seen, axis=0).max()
    x = (seen[:, 0] - low[0]) / size * 158 + 1
    y = 159 - (seen[:, 1] - low[1]) / size * 158
    away = 10.0 - seen[:, 2]
    depth = rasterise(np.column_stack([x, y, away]), model.triangles, 160, 160).distance
    row, column = np.clip(y.astype(int), 0, 159), np.clip(x.astype(int), 0, 159)
    return np.clip(1.0 - (away - depth[row, column] - 0.004) / 0.004, 0.0, 1.0).astype(np.float32)


@njit(cache=True, fastmath=True)
def _shaded(  # type: ignore[no-untyped-def]
    triangle, weights, triangles, uv, kind, normals, shade, lit, world, local, depth,
    texture, tint, tones, white, eyes, centres, towards, colours, wrap, gloss, power, out,
):  # fmt: skip
    size = texture.shape[0]
    colour = np.zeros(3, np.float32)
    for row in range(triangle.shape[0]):
        for column in range(triangle.shape[1]):
            t = triangle[row, column]
            if t < 0:
                continue
            wa, wb = weights[row, column, 0], weights[row, column, 1]
            wc = 1.0 - wa - wb
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
            ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
            nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
            length = max(math.sqrt(nx * nx + ny * ny + nz * nz), 1e-6)
            nx, ny, nz = nx / length, ny / length, nz / length
            part = kind[t]
            shine = gloss
            if part <= 1:
                u = (wa * uv[t, 0, 0] + wb * uv[t, 1, 0] + wc * uv[t, 2, 0]) * size - 0.5
                v = (1.0 - wa * uv[t, 0, 1] - wb * uv[t, 1, 1] - wc * uv[t, 2, 1]) * size - 0.5
                u, v = min(max(u, 0.0), size - 1.001), min(max(v, 0.0), size - 1.001)
                i, j = int(v), int(u)
                fv, fu = v - i, u - j
                for k in range(3):
                    upper = texture[i, j, k] * (1 - fu) + texture[i, j + 1, k] * fu
                    lower = texture[i + 1, j, k] * (1 - fu) + texture[i + 1, j + 1, k] * fu
                    own = wa * tint[a, k] + wb * tint[b, k] + wc * tint[c, k]
                    colour[k] = (upper * (1 - fv) + lower * fv) * own
            elif part <= 3:
                e = part - 2
                dx = wa * local[a, 0] + wb * local[b, 0] + wc * local[c, 0] - centres[e, 0]
                dy = wa * local[a, 1] + wb * local[b, 1] + wc * local[c, 1] - centres[e, 1]
                dz = wa * local[a, 2] + wb * local[b, 2] + wc * local[c, 2] - centres[e, 2]
                ahead = dx * eyes[e, 0, 2] + dy * eyes[e, 1, 2] + dz * eyes[e, 2, 2]
                ahead /= max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-6)
                angle = math.acos(min(max(ahead, -1.0), 1.0))
                rim = min(max((angle - _IRIS) / 0.07 + 0.5, 0.0), 1.0)
                pupil = 1.0 - min(max((angle - _PUPIL) / 0.05 + 0.5, 0.0), 1.0)
                for k in range(3):
                    iris = tones[part, k] * (1.0 - pupil) * (1.2 - 0.7 * (angle / _IRIS) ** 2)
                    colour[k] = iris + rim * (white[k] - iris)
                shine = 0.3 * gloss
            else:
                away = wa * depth[a] + wb * depth[b] + wc * depth[c]
                dark = 1.0 - 0.85 * min(max(away / 0.03, 0.0), 1.0)
                for k in range(3):
                    colour[k] = tones[part, k] * dark
                shine = 0.0
            px = wa * world[a, 0] + wb * world[b, 0] + wc * world[c, 0]
            py = wa * world[a, 1] + wb * world[b, 1] + wc * world[c, 1]
            pz = wa * world[a, 2] + wb * world[b, 2] + wc * world[c, 2]
            far = max(math.sqrt(px * px + py * py + pz * pz), 1e-6)
            vx, vy, vz = -px / far, -py / far, -pz / far
            red = wa * shade[a, 0] + wb * shade[b, 0] + wc * shade[c, 0]
            green = wa * shade[a, 1] + wb * shade[b, 1] + wc * shade[c, 1]
            blue = wa * shade[a, 2] + wb * shade[b, 2] + wc * shade[c, 2]
            bright = 0.0
            for n in range(towards.shape[0]):
                cosine = nx * towards[n, 0] + ny * towards[n, 1] + nz * towards[n, 2]
                diffuse = max((cosine + wrap[n]) / (1.0 + wrap[n]), 0.0)
                reached = 1.0
                if n == 0:
                    reached = wa * lit[a] + wb * lit[b] + wc * lit[c]
                hx, hy, hz = towards[n, 0] + vx, towards[n, 1] + vy, towards[n, 2] + vz
                half = max(math.sqrt(hx * hx + hy * hy + hz * hz), 1e-6)
                facing = max((nx * hx + ny * hy + nz * hz) / half, 0.0)
                if cosine > 0.0:
                    bright += reached * shine * facing**power * colours[n, 1]
                red += reached * diffuse * colours[n, 0]
                green += reached * diffuse * colours[n, 1]
                blue += reached * diffuse * colours[n, 2]
            out[row, column, 0] = colour[0] * red + bright
            out[row, column, 1] = colour[1] * green + bright
            out[row, column, 2] = colour[2] * blue + bright
            out[row, column, 3] = 1.0
