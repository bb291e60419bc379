"""Pictures of known heads, drawn by a renderer that shares nothing with the fit.

pyrender (OpenGL) with lights of its own, over a random background, then blurred, with noise and
JPEG compression, so that fitting them is no tautology.
"""

from __future__ import annotations

import os

import numpy as np

from nodes.head._materials import eye_picture, eye_uv
from nodes.head._shape import expressed_vertices, neutral_vertices, to_world
from nodes.head._stabilise import random_expressions
from nodes.head._texture import HeadTexture
from nodes.raster.geometry import rotation_vector, vertex_normals
from nodes.sdk.values import ARKIT_NAMES, Camera, HeadModel, HeadState, Image
from nodes.sdk.values.arrays import FloatArray

SIZE = 512
#: Coefficients that a picture of the skin shows; not the tongue, the cheeks' air or the eyeballs.
SHOWN = tuple(
    number
    for number, name in enumerate(ARKIT_NAMES)
    if name not in ("tongueOut", "cheekPuff") and not name.startswith("eyeLook")
)


def random_head(model: HeadModel, random: np.random.Generator, most_yaw: float = 60.0) -> HeadState:
    """A random person with a random expression, pose, distance and lens, filling much of the picture."""
    from nodes.face._pose import Angles, rotation_of

    identity = np.clip(random.normal(size=len(model.identity)) * 0.8, -2.2, 2.2)
    expression = np.zeros(52, np.float32)
    some = random_expressions(1, int(random.integers(1 << 30)))[0] * 0.8
    expression[list(SHOWN)] = some[list(SHOWN)]
    angles = Angles(random.uniform(-most_yaw, most_yaw), random.uniform(-15, 15), random.uniform(-10, 10))
    focal = random.uniform(0.9, 2.6) * SIZE
    place = [random.uniform(-0.03, 0.03), random.uniform(-0.05, 0.01), -focal * 0.13 / (0.30 * SIZE)]
    return HeadState(
        model,
        identity.astype(np.float32),
        expression,
        np.zeros((2, 2), np.float32),
        rotation_vector(rotation_of(angles)).astype(np.float32),
        np.array(place, np.float32),
        Camera(focal, SIZE / 2, SIZE / 2, SIZE, SIZE),
    )


def picture_of(head: HeadState, texture: HeadTexture, random: np.random.Generator) -> Image:
    """A photograph-like picture of a head."""
    import cv2

    drawn = _drawn(head, texture, random)
    noise = random.random((SIZE, SIZE, 3)).astype(np.float32)
    background = cv2.GaussianBlur(noise, (0, 0), random.uniform(4, 30))
    background = (background - background.min()) / max(float(np.ptp(background)), 1e-6)
    alpha = drawn[..., 3:]
    pixels = drawn[..., :3] * alpha + background * (1 - alpha)
    pixels = cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.3, 0.9))
    pixels = pixels + random.normal(size=pixels.shape) * 0.012
    eight = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(75, 95))]
    read = cv2.imdecode(cv2.imencode(".jpg", eight, quality)[1], cv2.IMREAD_COLOR)
    return Image(read.astype(np.float32) / 255)


def _drawn(head: HeadState, texture: HeadTexture, random: np.random.Generator) -> FloatArray:
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    import pyrender

    scene = pyrender.Scene(bg_color=[0, 0, 0, 0], ambient_light=[0.35] * 3)
    for mesh in _meshes(head, texture):
        scene.add(mesh)
    focal = head.camera.focal
    scene.add(
        pyrender.IntrinsicsCamera(focal, focal, SIZE / 2, SIZE / 2, znear=0.05, zfar=10), pose=np.eye(4)
    )
    for _ in range(2):
        towards = np.array([random.uniform(-1, 1), random.uniform(-0.2, 1), 1.0])
        towards /= np.linalg.norm(towards)
        side = np.cross([0, 1, 0], towards)
        side /= np.linalg.norm(side)
        pose = np.eye(4)
        pose[:3, :3] = np.stack([side, np.cross(towards, side), towards], 1)
        colour = 1 + 0.15 * random.normal(size=3)
        scene.add(pyrender.DirectionalLight(color=colour, intensity=random.uniform(1, 2.2)), pose=pose)
    renderer = pyrender.OffscreenRenderer(SIZE, SIZE)
    try:
        pixels, _ = renderer.render(scene, flags=pyrender.RenderFlags.RGBA)
    finally:
        renderer.delete()
    return pixels.astype(np.float32) / 255


def _meshes(head: HeadState, texture: HeadTexture) -> list[object]:
    import pyrender
    import trimesh
    from PIL import Image as Pictures

    model = head.model
    world = to_world(head, expressed_vertices(head))
    normals = vertex_normals(world, model.triangles)
    neutral = neutral_vertices(head)
    eye = eye_picture(texture)
    groups = (
        (("skin", "mouth", "socket"), texture.pixels),
        (("eye_left",), eye),
        (("eye_right",), eye),
        (("teeth_upper", "teeth_lower"), np.broadcast_to(texture.teeth, (8, 8, 3))),
        (("tongue",), np.broadcast_to(texture.tongue, (8, 8, 3))),
    )
    meshes = []
    for parts, picture in groups:
        rows = np.isin(model.parts, [model.part_names.index(part) for part in parts])
        triangles = model.triangles[rows]
        uv = model.uv[rows].reshape(-1, 2)
        if parts[0].startswith("eye_"):
            uv = eye_uv(head, neutral, triangles.ravel(), 0 if parts[0] == "eye_left" else 1)
        image = Pictures.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
        material = trimesh.visual.material.SimpleMaterial(image=image)
        corners = world[triangles].reshape(-1, 3)
        mesh = trimesh.Trimesh(
            corners,
            np.arange(len(corners)).reshape(-1, 3),
            process=False,
            vertex_normals=normals[triangles].reshape(-1, 3),
            visual=trimesh.visual.TextureVisuals(uv=uv, material=material),
        )
        drawn = pyrender.Mesh.from_trimesh(mesh, smooth=True)
        for primitive in drawn.primitives:
            primitive.material.metallicFactor = 0.0
            primitive.material.roughnessFactor = 0.8
        meshes.append(drawn)
    return meshes


def face_vertices(model: HeadModel) -> np.ndarray:
    """The vertices of the face proper: skin between chin and hairline, before the ears."""
    skin = np.unique(model.triangles[model.parts == model.part_names.index("skin")])
    place = model.mean[skin]
    return skin[(place[:, 2] > 0.06) & (place[:, 1] > -0.075) & (place[:, 1] < 0.10)]


def surface_error(found: HeadState, known: HeadState) -> float:
    """Median distance in millimetres between two neutral faces, along the normal, rigidly aligned."""
    from nodes.face._pose import fit_rotation

    rows = face_vertices(known.model)
    a = neutral_vertices(found)[rows].astype(np.float64)
    target = neutral_vertices(known)
    b = target[rows].astype(np.float64)
    rotation = fit_rotation(a, b, np.ones(len(a)))
    difference = (a - a.mean(axis=0)) @ rotation.T - (b - b.mean(axis=0))
    normals = vertex_normals(target, known.model.triangles)[rows]
    return float(np.median(np.abs((difference * normals).sum(axis=1))) * 1000)
