"""What a photograph's mouth opens on: teeth, tongue, the dark, and their colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.head import _teeth
from nodes.head._shape import landmark_points, parts_of
from nodes.head._slit import Slit, inside
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Mouth:
    """What is between and behind the lips.

    Attributes:
        opening: the photo's own.
        anchors_skull, anchors_jaw: 4 x 3, points in the camera's frame about the teeth.
        jaw_vertices: the vertices whose mean motion is the jaw's.
        upper, lower: RGBA strips; upper_place, lower_place: 2 x 3, the photo's pixels to texels.
        tones: 3 x 3, the dark, the tongue, the inside of the lip. white: 3, the teeth.
        toothed: 0..1, whether the photo shows teeth between its lips.
    """

    opening: Slit
    anchors_skull: FloatArray
    anchors_jaw: FloatArray
    jaw_vertices: IntArray
    upper: FloatArray
    lower: FloatArray
    upper_place: FloatArray
    lower_place: FloatArray
    tones: FloatArray
    white: FloatArray
    toothed: float


def make_mouth(reference: HeadState, photo: FloatArray, vertices: FloatArray, opening: Slit) -> Mouth:
    """The mouth of a fitted photograph; `vertices` are in the camera's frame, `opening` is its own."""
    parts = parts_of(reference.model)
    rotation = reference.camera.world_to_camera[:3, :3] @ rotation_matrix(reference.rotation)
    upper_edge = _biting_edge(vertices, parts.teeth_upper, rotation, lowest=True)
    lower_edge = _biting_edge(vertices, parts.teeth_lower, rotation, lowest=False)
    lips = landmark_points(reference.model, vertices)[[13, 14]]
    upper_edge = _beside_lip(upper_edge, lips[0], rotation, -0.0048)
    lower_edge = _beside_lip(lower_edge, lips[1], rotation, -0.0042)
    skin, lip_tone, white, toothed = _tones(reference, photo, opening)
    dark = np.array([0.17, 0.062, 0.055]) * (0.4 + 0.9 * float(skin.mean()))
    tongue = 0.55 * lip_tone + 0.25 * skin * np.array([1.0, 0.62, 0.6])
    upper_place = _strip_place(reference, upper_edge, rotation, "upper")
    lower_place = _strip_place(reference, lower_edge, rotation, "lower")
    return Mouth(
        opening=opening,
        anchors_skull=_anchors(upper_edge, rotation),
        anchors_jaw=_anchors(lower_edge, rotation),
        jaw_vertices=parts.teeth_lower if len(parts.teeth_lower) else parts.tongue,
        upper=_teeth.strip("upper", white, _texels(upper_place)),
        lower=_teeth.strip("lower", white * np.array([1.0, 0.95, 0.90]), _texels(lower_place)),
        upper_place=upper_place,
        lower_place=lower_place,
        tones=np.stack([dark, tongue, lip_tone]).astype(np.float32),
        white=white.astype(np.float32),
        toothed=toothed,
    )


def _biting_edge(
    vertices: FloatArray, teeth: IntArray, rotation: FloatArray, *, lowest: bool
) -> FloatArray | None:
    """The middle of the front teeth's edge in the camera's frame; None without teeth."""
    if not len(teeth):
        return None
    local = vertices[teeth] @ rotation  # the head's axes
    front = local[:, 2] > np.quantile(local[:, 2], 0.8)
    height = local[front, 1].min() if lowest else local[front, 1].max()
    place = np.array([local[:, 0].mean(), height, local[front, 2].max()])
    return rotation @ place


def _beside_lip(edge: FloatArray | None, lip: FloatArray, rotation: FloatArray, height: float) -> FloatArray:
    """A biting edge set `height` metres above its lip: a person's teeth show more than the model's."""
    local = (lip if edge is None else edge) @ rotation
    local[1] = (lip @ rotation)[1] + height
    return rotation @ local


def _anchors(place: FloatArray, rotation: FloatArray) -> FloatArray:
    """Four points about a place, in the head's frontal plane, 2 cm apart."""
    axes = rotation.T
    offsets = ((0, 0), (0.02, 0), (-0.02, 0), (0, 0.02))
    return np.stack([place + a * axes[0] + b * axes[1] for a, b in offsets])


def _strip_place(reference: HeadState, edge: FloatArray, rotation: FloatArray, which: str) -> FloatArray:
    """2 x 3, from the photo's pixels to the texels of a row of teeth."""
    points = _anchors(edge, rotation)
    pixels = flat(reference, points)
    millimetres = np.array([[0, 0], [20, 0], [-20, 0], [0, 20]], float)
    columns = np.column_stack([millimetres, np.ones(4)])
    to_pixels = np.vstack([np.linalg.lstsq(columns, pixels, rcond=None)[0].T, [0, 0, 1]])
    return np.ascontiguousarray((_teeth.texel_of(which) @ np.linalg.inv(to_pixels))[:2], np.float32)


def _texels(place: FloatArray) -> float:
    """How many texels of a strip a pixel of the photo covers."""
    return float(np.sqrt(abs(np.linalg.det(place[:, :2].astype(np.float64)))))


def flat(reference: HeadState, points: FloatArray) -> FloatArray:
    """Pixels (N x 2) of points in the camera's frame."""
    camera = reference.camera
    scale = camera.focal / -points[:, 2]
    return np.column_stack([camera.centre_x + scale * points[:, 0], camera.centre_y - scale * points[:, 1]])


def _tones(
    reference: HeadState, photo: FloatArray, opening: Slit
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """The colours of skin, lips and teeth (3 each, sRGB), and whether the photo shows teeth (0..1)."""
    import cv2

    height, width = photo.shape[:2]
    points = reference.landmarks[:, :2]

    def at(rows: tuple[int, ...]) -> FloatArray:
        x = np.clip(points[list(rows), 0].astype(int), 0, width - 1)
        y = np.clip(points[list(rows), 1].astype(int), 0, height - 1)
        return np.median(photo[y, x], axis=0)

    skin = at((50, 101, 118, 205, 280, 330, 347, 425, 151, 9, 8, 4))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round(points[list(OUTER_LIPS)]).astype(np.int32)], 1)
    between = inside(opening, width, height, 0.0)
    lips_mask = (mask > 0) & ~inside(opening, width, height, 1.0)
    lips = np.median(photo[lips_mask], axis=0) if lips_mask.sum() > 8 else skin * [0.8, 0.6, 0.6]
    light = skin / np.array([0.80, 0.60, 0.50])
    # Skins differ in hue more than lights do, and enamel is never greener or bluer than its light.
    hue = np.clip((light / max(float(light.mean()), 1e-3)) ** 0.4, 0.94, 1.06)
    white = np.clip(float(light.mean()) * hue * np.array([0.76, 0.71, 0.62]), 0.0, 0.85)
    white[1] = min(white[1], 0.97 * white[0])
    white[2] = min(white[2], 0.95 * white[1])
    toothed = 0.0
    if between.sum() > 30:
        shown = photo[between]
        bright = shown[shown.mean(axis=1) >= np.quantile(shown.mean(axis=1), 0.7)]
        tone = np.median(bright, axis=0)
        # Teeth are far less red than lips and gums, and not much darker than skin.
        toothed = float(np.clip((tone[1] / max(float(tone[0]), 1e-3) - 0.78) / 0.08, 0.0, 1.0))
        toothed *= float(np.clip((tone.mean() / max(float(skin.mean()), 1e-3) - 0.5) / 0.1, 0.0, 1.0))
        shown_white = tone * min(1.0 / 0.9, 0.95 / float(tone.max())) * np.array([1.0, 0.975, 0.93])
        white = white + toothed * (shown_white - white)
    return skin, lips, np.clip(white, 0.0, 0.95), toothed
