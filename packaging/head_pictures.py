"""Pictures of random heads with their truth, for training what ships in resources/heads.

Heads of the model with random identity, expression, pose, lens, skin, hair and light before random
backgrounds, some of them partly covered, then blurred, with noise and compressed. Skins are unrolled
from photographs, or have a photograph's detail on tones of their own. The benchmarks draw their heads
with another renderer, texture, light and noise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from head_covers import background, blobs, covered
from head_drawing import Skin, drawn, random_light

from nodes.face._pose import Angles, rotation_of
from nodes.face.face_landmarks import face_landmarks
from nodes.head._landmarks import OUTLINE
from nodes.head._model import CARD, load_head_model
from nodes.head._shape import as_fitted, expressed_vertices, landmark_points, parts_of, to_world
from nodes.head._texture import texture_of
from nodes.head.fit_head import fit_head
from nodes.load.load_image import load_image
from nodes.raster.geometry import project, rotation_vector
from nodes.raster.light import to_encoded
from nodes.sdk import Context
from nodes.sdk.values import ARKIT_NAMES, Camera, Face, HeadModel, HeadState, Image

#: Gaze is drawn apart, and neither the tongue nor air in the cheeks moves a landmark.
_LEFT_OUT = (5, *range(10, 18), 51)
_TEXTURE = 768
_LINEAR = 2.2  # the exponent from encoded colours to light, near enough for paint
#: Skin from pale to dark, in linear light.
_TONES = np.array([[0.80, 0.55, 0.45], [0.62, 0.38, 0.28], [0.42, 0.24, 0.16], [0.20, 0.10, 0.065]])
_BROWS = (46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336)
_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409, 13, 14)


@dataclass(frozen=True, eq=False)
class Donor:
    """What a photograph lends: its texture, only the detail of it (both in linear light), and itself."""

    whole: np.ndarray
    detail: np.ndarray
    tones: np.ndarray
    white: np.ndarray
    photo: np.ndarray


@dataclass(frozen=True, eq=False)
class Example:
    """A picture of a head.

    Attributes:
        head: the truth; its camera's middle may lie outside of the picture, which is then a part cut
            from a larger one. whole: the longer side of that larger picture.
        picture: JPEG bytes. face: what the landmarker saw. hidden: 468 bool, landmarks under a cover.
    """

    head: HeadState
    whole: float
    picture: bytes
    face: Face
    hidden: np.ndarray


def head_model() -> HeadModel:
    """The head model that ships."""
    model: HeadModel = Context().model(CARD, load_head_model)
    return model


def donors_of(folder: Path) -> list[Donor]:
    """What every photograph in a folder lends in which a face is found."""
    context = Context()
    found = []
    for path in sorted(folder.glob("*.jpg")):
        image = load_image(context=context, path=str(path))
        faces = face_landmarks(image, context=context)
        if not len(faces):
            continue
        fit = as_fitted(fit_head(faces, image, context=context))
        for unlit in (False, True):
            texture = texture_of(fit, _TEXTURE, unlit=unlit)
            whole = np.clip(texture.pixels, 0.02, 1.0) ** _LINEAR
            even = cv2.GaussianBlur(np.log(whole), (0, 0), 0.03 * _TEXTURE)
            tones = np.zeros((8, 3))
            tones[2:4], tones[4:6] = texture.iris**_LINEAR, texture.teeth**_LINEAR
            tones[6], tones[7] = texture.tongue**_LINEAR * 0.6, texture.lips**_LINEAR * 0.5
            photo = cv2.resize(image.pixels[..., :3], (256, 256), interpolation=cv2.INTER_AREA)
            white = texture.sclera**_LINEAR
            detail = np.exp(np.log(whole) - even).astype(np.float32)
            found.append(Donor(whole.astype(np.float32), detail, tones, white, photo[::-1].copy()))
    return found


def examples(model: HeadModel, donors: list[Donor], count: int, seed: int) -> Iterator[Example]:
    """Random heads on which the landmarker finds a face."""
    random = np.random.default_rng(seed)
    context = Context()
    painter = Painter(model)
    for _ in range(count):
        head, whole = random_head(model, random)
        pixels = photographed(head, painter.skin(donors, random), donors, random)
        points = project(head.camera, to_world(head, landmark_points(model, expressed_vertices(head))))
        hidden = np.zeros(468, bool)
        if random.random() < 0.45:
            pixels, hidden = covered(pixels, points[:, :2], random)
        picture, pixels = _compressed(_through_a_camera(pixels, random), random)
        faces = face_landmarks(Image(pixels), context=context)
        middle, size = points[:, :2].mean(axis=0), np.ptp(points[:, :2], axis=0).max()
        for face in faces:
            gap = np.linalg.norm(face.landmarks[:468, :2].mean(axis=0) - middle)
            if len(face.landmarks) >= 468 and gap < 0.3 * size:
                yield Example(head, whole, picture, face, hidden)
                break


def random_head(model: HeadModel, random: np.random.Generator) -> tuple[HeadState, float]:
    """A random person, expression, pose and camera; and the longer side of the camera's picture."""
    side = int(random.integers(184, 272))
    # many pictures are cut from larger ones, where a face is neither large nor in the middle
    whole = side * (1.0 if random.random() < 0.4 else random.uniform(1.0, 3.0))
    identity = np.clip(random.normal(size=len(model.identity)) * random.uniform(0.5, 1.1), -2.5, 2.5)
    angles = Angles(
        float(random.uniform(-66, 66) if random.random() < 0.7 else random.normal() * 15),
        float(np.clip(random.normal() * 11, -35, 35)),
        float(np.clip(random.normal() * 8, -30, 30)),
    )
    focal = float(np.exp(random.uniform(np.log(0.85), np.log(3.2)))) * whole
    share = random.uniform(0.26, 0.44)
    off = np.clip(random.normal(size=2) * 0.05, -0.12, 0.12) * side
    distance = focal * 0.13 / (share * side)
    centre = side / 2 + random.uniform(-0.5, 0.5, 2) * (whole - side)
    middle = side / 2 + off
    turn = rotation_of(angles).astype(np.float64)
    sight = [(middle[0] - centre[0]) * distance / focal, (centre[1] - middle[1]) * distance / focal]
    place = np.array([*sight, -distance]) - turn @ np.array([0.0, 0.015, 0.05])
    gaze = random.normal(size=2) * 0.2
    head = HeadState(
        model,
        identity.astype(np.float32),
        _random_expression(random),
        gaze.astype(np.float32) * np.ones((2, 1), np.float32),
        rotation_vector(turn).astype(np.float32),
        place.astype(np.float32),
        Camera(focal, float(centre[0]), float(centre[1]), side, side),
        offsets=_deviation(model, random),
    )
    return head, whole


def _deviation(model: HeadModel, random: np.random.Generator) -> np.ndarray:
    """V x 3 metres that no direction of the model says: people are not made of sliders."""
    size = random.choice([0.0, random.uniform(0.0, 0.0008)])
    waves = np.sin(model.mean @ (random.normal(size=(3, 9)) * 40) + random.uniform(0, 6.3, 9))
    moved: np.ndarray = (waves.reshape(-1, 3, 3).sum(axis=2) * size * 0.6).astype(np.float32)
    return moved


def _random_expression(random: np.random.Generator) -> np.ndarray:
    """52: nothing, a few coefficients on their own, or pairs that move both sides of the face."""
    values = random.beta(1.1, 1.8, 52) * random.uniform(0.5, 1.0)
    values *= random.random(52) < random.choice([0.0, 0.06, 0.12, 0.2, 0.3])
    if random.random() < 0.4:
        for number, name in enumerate(ARKIT_NAMES):
            if name.endswith("Left") and name.replace("Left", "Right") in ARKIT_NAMES:
                other = ARKIT_NAMES.index(name.replace("Left", "Right"))
                values[other] = np.clip(values[number] * random.uniform(0.7, 1.3), 0.0, 1.0)
    values[list(_LEFT_OUT)] = 0.0
    return values.astype(np.float32)


class Painter:
    """Paints heads of one model: skin tones, brows, lips, beards, blotches and hair, by vertex."""

    def __init__(self, model: HeadModel) -> None:
        from scipy.spatial import cKDTree

        self._place = model.mean.astype(np.float64)
        marks = landmark_points(model, model.mean)

        def near(rows: tuple[int, ...], reach: float) -> np.ndarray:
            gap = cKDTree(marks[list(rows)]).query(self._place)[0]
            return np.clip(1.5 - gap / reach, 0.0, 1.0)

        self._brows, self._lips, self._edge = near(_BROWS, 0.006), near(_LIPS, 0.004), near(OUTLINE, 0.02)
        x, y, z = self._place.T
        low = np.clip((marks[2, 1] - y) / 0.012, 0.0, 1.0) * np.clip((z - 0.02) / 0.04, 0.0, 1.0)
        self._beard = low * np.clip((y + 0.13) / 0.03, 0.0, 1.0) * (1.0 - self._lips)
        ear = (np.abs(x) > 0.074) & (y > -0.03) & (y < 0.065) & (z > -0.015) & (z < 0.09)
        self._ear = ear.astype(np.float64)
        skin = np.zeros(len(x))
        skin[np.unique(model.triangles[parts_of(model).skin_triangles])] = 1.0
        self._skin = skin

    def _waves(self, random: np.random.Generator, wide: float, channels: int = 1) -> np.ndarray:
        """V x channels, smooth noise of about unit size over lengths of `wide` metres."""
        found = np.zeros((len(self._place), channels))
        for _ in range(4):
            found += np.sin(
                self._place @ (random.normal(size=(3, channels)) / wide) + random.uniform(0, 6.3, channels)
            )
        return found / 1.4

    def _hair(self, random: np.random.Generator) -> np.ndarray:
        """V in 0..1: where hair grows today."""
        _x, y, z = self._place.T
        shift = random.normal() * 0.008
        line = np.interp(
            z,
            [-0.02, 0.02, 0.05, 0.075, 0.11, 0.14],
            np.array([-0.07, -0.05, random.uniform(-0.05, 0.03), 0.06, 0.08, 0.09]) + shift,
        )
        line = line + 0.006 * self._waves(random, 0.02)[:, 0]
        if random.random() < 0.3:  # a fringe
            line = line - 0.03 * np.clip((z - 0.08) / 0.03, 0.0, 1.0) * random.random()
        hair = np.clip((y - line) / 0.008 + 0.5, 0.0, 1.0) * self._skin
        return hair if random.random() < 0.4 else hair * (1.0 - self._ear)

    def skin(self, donors: list[Donor], random: np.random.Generator) -> Skin:
        """A random person's paint."""
        donor = donors[int(random.integers(len(donors)))]
        own = random.random() < 0.6
        log = np.zeros((len(self._place), 3))
        if own:
            texture = donor.detail
            shade = random.uniform(0, 2.999)
            tone = _TONES[int(shade)] + (shade % 1.0) * (_TONES[int(shade) + 1] - _TONES[int(shade)])
            log += np.log(tone)
        else:
            texture = donor.whole
        log += random.normal(size=3) * 0.08 + random.normal() * 0.2
        log += self._waves(random, 0.05) * random.uniform(0, 0.15)
        log += self._waves(random, 0.02, 3) * random.uniform(0, 0.06)
        for mask, chance, depth in ((self._brows, 0.6, 1.5), (self._beard, 0.35, 1.8)):
            if random.random() < chance:
                rough = 1.0 + 0.3 * self._waves(random, 0.004)[:, 0]
                log -= (mask * rough * random.uniform(0.1, depth))[:, None] * (
                    1 + 0.1 * random.normal(size=3)
                )
        if random.random() < 0.6:
            log += self._lips[:, None] * np.array([-0.1, -0.6, -0.5]) * random.uniform(0.0, 1.2)
        raised = np.zeros(len(self._place))
        if random.random() < 0.65:
            hair = self._hair(random)
            colour = np.log(np.array([0.25, 0.16, 0.09]) * np.exp(random.normal() * 1.0 - 0.7))
            colour = colour + random.normal(size=3) * 0.1
            strands = 0.35 * self._waves(random, 0.005)
            log += hair[:, None] * (colour + strands - log - (0.0 if own else -0.8))
            if random.random() < 0.7:
                bumps = 1.0 + 0.35 * self._waves(random, 0.025)[:, 0]
                raised = hair * np.clip(bumps, 0.1, None) * random.uniform(0.0, 0.03)
        tones = donor.tones * np.exp(random.normal(size=(8, 1)) * 0.15)
        return Skin(texture, np.exp(log), np.clip(tones, 0.0, 1.0), donor.white, raised)


def photographed(head: HeadState, skin: Skin, donors: list[Donor], random: np.random.Generator) -> np.ndarray:
    """The head under a random light before a random background, encoded: H x W x 3 float32."""
    found = drawn(head, skin, random_light(random))
    alpha = found[..., 3:]
    inner = alpha[..., 0] > 0.9
    level = float(np.quantile(found[inner, 1], 0.7)) if inner.any() else 1.0
    encoded = to_encoded(
        found[..., :3] * (random.uniform(0.08, 0.5) / max(level, 1e-4)) / np.maximum(alpha, 0.01)
    )
    photos = [donor.photo for donor in donors]
    behind = background(head.camera.width, photos, random)
    if random.random() < 0.6:
        behind = _with_shoulders(behind, head, random)
    return (encoded * alpha + behind * (1 - alpha)).astype(np.float32)


def _with_shoulders(behind: np.ndarray, head: HeadState, random: np.random.Generator) -> np.ndarray:
    """The background with clothes below the neck, and sometimes long hair behind the head."""
    side = head.camera.width
    centre = np.array([[0.0, -0.13, 0.0], [0.0, 0.03, 0.03]], np.float32)
    neck, skull = project(head.camera, to_world(head, centre))[:, :2]
    scale = head.camera.focal / max(-float(head.translation[2]), 0.05)
    behind = behind.copy()
    mask = np.zeros((side, side), np.uint8)
    if random.random() < 0.4:
        axes = (int(scale * random.uniform(0.08, 0.13)), int(scale * random.uniform(0.11, 0.2)))
        middle = skull + np.array([random.normal() * 0.02, random.uniform(-0.02, 0.08)]) * scale
        cv2.ellipse(mask, tuple(int(v) for v in middle), axes, 0, 0, 360, 1, -1)
        strands = 1.0 + 0.3 * random.normal(size=(1, side, 1)) * random.random()
        behind[mask > 0] = (np.clip(random.random(3) * 0.4 * strands + 0.02, 0, 1) * np.ones_like(behind))[
            mask > 0
        ]
        mask[:] = 0
    wide = scale * random.uniform(0.15, 0.26)
    top = neck[1] + scale * random.uniform(-0.02, 0.03)
    corners = [
        [neck[0] - 0.05 * scale, top],
        [neck[0] + 0.05 * scale, top],
        [neck[0] + wide, top + 0.08 * scale],
    ]
    corners += [[neck[0] + wide, 2 * side], [neck[0] - wide, 2 * side], [neck[0] - wide, top + 0.08 * scale]]
    cv2.fillPoly(mask, [np.array(corners, np.int32)], 1)
    cloth = np.clip(random.random(3) * 0.8 + blobs(side, random, (6, 24)) * random.uniform(0, 0.5), 0, 1)
    behind[mask > 0] = cloth[mask > 0]
    return behind


def _through_a_camera(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A lens that is not quite sharp, shot noise, and a gamma; sometimes a smaller picture."""
    side = picture.shape[0]
    if random.random() < 0.3:
        small = int(side * random.uniform(0.45, 0.9))
        shrunk = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(shrunk, (side, side), interpolation=cv2.INTER_LINEAR)
    elif random.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 1.1))
    picture = np.clip(picture, 0.0, 1.0) ** float(np.exp(random.normal() * 0.12))
    if random.random() < 0.1:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    noise = random.standard_normal(picture.shape, np.float32)
    if random.random() < 0.4:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8) * 1.8
    return picture + np.sqrt(np.maximum(picture, 0.01)) * noise * (0.045 * random.random() ** 2)


def _compressed(picture: np.ndarray, random: np.random.Generator) -> tuple[bytes, np.ndarray]:
    """JPEG bytes, and what they hold: H x W x 3 float32."""
    eight = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)[..., ::-1]
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(50, 97))]
    coded = cv2.imencode(".jpg", eight, quality)[1].tobytes()
    return coded, unpacked(coded)


def unpacked(picture: bytes) -> np.ndarray:
    """H x W x 3 float32, encoded colours of JPEG bytes."""
    read = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(read[..., ::-1], np.float32) / 255.0
