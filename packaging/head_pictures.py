"""Pictures of random heads with their truth, for training resources/heads/anny_regressor.npz.

Drawn by the program's own z-buffer under random spherical-harmonic light, with textures unrolled
from photographs and recoloured, before random backgrounds, through random cameras, some of them
partly hidden. The benchmarks draw their heads with another renderer, texture, light and noise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nodes.face._pose import Angles, rotation_of
from nodes.face.face_landmarks import face_landmarks
from nodes.head._model import CARD, load_head_model
from nodes.head._own import View, draw_normals, draw_textured
from nodes.head._shape import as_fitted, expressed_vertices, landmark_points, to_world
from nodes.head._texture import HeadTexture, texture_of
from nodes.head.fit_head import fit_head
from nodes.load.load_image import load_image
from nodes.raster.geometry import project, rotation_vector
from nodes.sdk import Context
from nodes.sdk.values import Camera, Face, HeadModel, HeadState, Image

#: Gaze is drawn apart, and neither the tongue nor air in the cheeks moves a landmark.
_LEFT_OUT = (5, *range(10, 18), 51)


@dataclass(frozen=True, eq=False)
class Example:
    """A head, what the landmarker saw of it, and which landmarks something hides (468 bool)."""

    head: HeadState
    face: Face
    hidden: np.ndarray


def head_model() -> HeadModel:
    """The head model that ships."""
    model: HeadModel = Context().model(CARD, load_head_model)
    return model


def textures_of(folder: Path) -> list[HeadTexture]:
    """The textures of every photograph in a folder in which a face is found."""
    context = Context()
    found = []
    for path in sorted(folder.glob("*.jpg")):
        image = load_image(context=context, path=str(path))
        faces = face_landmarks(image, context=context)
        if len(faces):
            found.append(texture_of(as_fitted(fit_head(faces, image, context=context)), 512))
    return found


def examples(model: HeadModel, textures: list[HeadTexture], count: int, seed: int) -> Iterator[Example]:
    """Random heads on which the landmarker finds a face."""
    random = np.random.default_rng(seed)
    context = Context()
    for _ in range(count):
        head = random_head(model, random)
        picture = photographed(head, recoloured(textures, random), random)
        points = project(head.camera, to_world(head, landmark_points(model, expressed_vertices(head))))
        hidden = np.zeros(468, bool)
        if random.random() < 0.3:
            picture, hidden = partly_hidden(picture, points, random)
        faces = face_landmarks(Image(picture), context=context)
        middle, size = points[:, :2].mean(axis=0), np.ptp(points[:, :2], axis=0).max()
        for face in faces:
            gap = np.linalg.norm(face.landmarks[:468, :2].mean(axis=0) - middle)
            if len(face.landmarks) >= 468 and gap < 0.3 * size:
                yield Example(head, face, hidden)
                break


def random_head(model: HeadModel, random: np.random.Generator) -> HeadState:
    """A random person, expression, pose and camera."""
    side = int(random.integers(208, 340))
    identity = np.clip(random.normal(size=len(model.identity)) * random.uniform(0.4, 1.1), -2.5, 2.5)
    angles = Angles(
        float(random.uniform(-66, 66)),
        float(np.clip(random.normal() * 12, -35, 35)),
        float(np.clip(random.normal() * 9, -30, 30)),
    )
    focal = float(np.exp(random.uniform(np.log(0.85), np.log(3.2)))) * side
    share = random.uniform(0.24, 0.42)
    off = random.normal(size=2) * 0.07 * side
    distance = focal * 0.13 / (share * side)
    place = np.array([off[0] * distance / focal, off[1] * distance / focal, -distance])
    turn = rotation_of(angles).astype(np.float64)
    place -= turn @ np.array([0.0, 0.02, 0.05])
    return HeadState(
        model,
        identity.astype(np.float32),
        _random_expression(random),
        (random.normal(size=2) * 0.15).astype(np.float32) * np.ones((2, 1), np.float32),
        rotation_vector(turn).astype(np.float32),
        place.astype(np.float32),
        Camera(focal, side / 2, side / 2, side, side),
    )


def _random_expression(random: np.random.Generator) -> np.ndarray:
    """52: nothing, a few coefficients on their own, or pairs that move both sides of the face."""
    values = random.beta(1.1, 1.8, 52) * random.uniform(0.5, 1.0)
    values *= random.random(52) < random.choice([0.0, 0.06, 0.12, 0.2, 0.3])
    if random.random() < 0.4:
        from nodes.sdk.values import ARKIT_NAMES

        for number, name in enumerate(ARKIT_NAMES):
            if name.endswith("Left") and name.replace("Left", "Right") in ARKIT_NAMES:
                other = ARKIT_NAMES.index(name.replace("Left", "Right"))
                values[other] = np.clip(values[number] * random.uniform(0.7, 1.3), 0.0, 1.0)
    values[list(_LEFT_OUT)] = 0.0
    return values.astype(np.float32)


def recoloured(textures: list[HeadTexture], random: np.random.Generator) -> HeadTexture:
    """Two persons' textures mixed and recoloured."""
    one, other = (textures[int(random.integers(len(textures)))] for _ in range(2))
    share = float(random.choice([0.0, random.random()]))
    gain = np.exp(random.normal(size=3) * 0.08) * np.exp(random.normal() * 0.15)
    gamma = float(np.exp(random.normal() * 0.15))

    def changed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        mixed = np.clip(a + share * (b - a), 1e-4, 1.0)
        return np.clip(gain * mixed**gamma, 0.0, 1.0).astype(np.float32)

    names = ("pixels", "iris", "sclera", "teeth", "tongue", "lips")
    return replace(one, **{name: changed(getattr(one, name), getattr(other, name)) for name in names})


def photographed(head: HeadState, texture: HeadTexture, random: np.random.Generator) -> np.ndarray:
    """The head under a random light before a random background: H x W x 3."""
    view = View(head, head.camera)
    skin = draw_textured(view, texture)
    normals = draw_normals(view)[..., :3] * 2.0 - 1.0
    light = np.full(normals.shape, random.uniform(0.35, 0.8), np.float32)
    for _ in range(int(random.integers(1, 4))):
        towards = random.normal(size=3) * [1.0, 0.8, 0.5] + [0.0, 0.3, 0.6]
        towards /= np.linalg.norm(towards)
        cosine = normals @ towards
        wrap = random.uniform(0.0, 0.5)
        diffuse = np.clip((cosine + wrap) / (1 + wrap), 0.0, None)
        gloss = random.uniform(0.0, 0.25) * np.clip(cosine, 0.0, None) ** random.uniform(8, 40)
        tint = 1.0 + 0.12 * random.normal(size=3)
        light += (random.uniform(0.2, 0.9) * diffuse + gloss)[..., None] * tint
    light *= random.uniform(0.5, 1.15) / max(float(light[skin[..., 3] > 0.5].mean()), 1e-3)
    shaded = skin[..., :3] * light
    side = head.camera.width
    alpha = skin[..., 3:]
    picture = shaded * alpha + _background(side, random) * (1 - alpha)
    return _camera_noise(picture, random)


def _background(side: int, random: np.random.Generator) -> np.ndarray:
    """Blobs of several sizes over a slope."""
    out = np.broadcast_to(random.random(3), (side, side, 3)).copy()
    for cells in (2, 5, 11, 37):
        noise = random.random((cells, cells, 3)) - 0.5
        out += cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC) * random.uniform(0, 0.6)
    return np.clip(out, 0.0, 1.0)


def _camera_noise(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A lens that is not quite sharp, shot noise, and a gamma; sometimes a smaller picture."""
    side = picture.shape[0]
    if random.random() < 0.4:
        small = int(side * random.uniform(0.45, 0.9))
        shrunk = cv2.resize(picture.astype(np.float32), (small, small), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(shrunk, (side, side), interpolation=cv2.INTER_LINEAR)
    picture = np.clip(picture, 0.0, 1.0) ** float(np.exp(random.normal() * 0.12))
    shot = np.sqrt(np.maximum(picture, 0.01)) * random.uniform(0.0, 0.035)
    grain = cv2.resize(random.normal(size=(side // 2, side // 2, 3)), (side, side))
    picture = picture + shot * (0.6 * random.normal(size=picture.shape) + 0.6 * grain)
    return np.clip(picture, 0.0, 1.0).astype(np.float32)


def partly_hidden(
    picture: np.ndarray, points: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The picture with an ellipse, a bar or a polygon over part of the face, and whom it hides (468)."""
    side = picture.shape[0]
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    middle = low + (high - low) * random.random(2)
    reach = (high - low) * random.uniform(0.15, 0.4, 2)
    mask = np.zeros((side, side), np.uint8)
    if random.random() < 0.5:
        axes = tuple(int(value) + 1 for value in reach)
        cv2.ellipse(mask, tuple(int(v) for v in middle), axes, random.uniform(0, 180), 0, 360, 1, -1)
    else:
        corners = middle + reach * random.uniform(-1.3, 1.3, (5, 2))
        cv2.fillConvexPoly(mask, cv2.convexHull(corners.astype(np.int32)), 1)
    cover = random.random(3) + 0.12 * random.normal(size=(side, side, 1)) * random.random()
    cover = cover * (1 + 0.3 * cv2.resize(random.normal(size=(6, 6)), (side, side))[..., None])
    column = np.clip(points[:, 0].astype(int), 0, side - 1)
    row = np.clip(points[:, 1].astype(int), 0, side - 1)
    shown = np.where(mask[..., None] > 0, np.clip(cover, 0, 1), picture)
    return shown.astype(np.float32), mask[row, column] > 0
