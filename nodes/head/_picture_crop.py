"""The part of a picture that a fitted head covers, upright and of one size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nodes.sdk.values.arrays import FloatArray

#: Pixels a side of the crop, and how many metres they show at the face's distance.
SIDE = 128
_METRES = 0.23
#: What is in the middle: a place between the eyes and the ears, in the head's frame.
_MIDDLE = np.array([0.0, 0.015, 0.06])


@dataclass(frozen=True, eq=False)
class Frame:
    """Where a crop lies in its picture.

    Attributes:
        place: 2, the pixel of the picture in the crop's middle.
        step: pixels of the picture for one of the crop.
        upright: 2 x 2, rotation from the crop to the picture.
    """

    place: FloatArray
    step: float
    upright: FloatArray


def frame_of(
    rotation: FloatArray, translation: FloatArray, focal: float, centre: tuple[float, float]
) -> Frame:
    """The crop around a head: rotation 3 x 3, translation in metres, focal length and middle in pixels."""
    middle = rotation @ _MIDDLE + translation
    per_metre = focal / max(-float(middle[2]), 1e-3)
    place = np.array([centre[0] + per_metre * middle[0], centre[1] - per_metre * middle[1]])
    # how far the head leans to a side; a head that looks up or down has no other upright
    roll = math.atan2(-rotation[0, 1], math.hypot(rotation[1, 1], rotation[2, 1]))
    upright = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    return Frame(place, _METRES * per_metre / SIDE, upright)


def brightness_in(frame: Frame, picture: FloatArray, linear: bool = False) -> FloatArray:
    """SIDE x SIDE, the encoded brightness of a crop in 0..1; beyond the picture's border its colours go on.

    Args:
        picture: H x W x 3 or more. linear: whether its values are linear light.
    """
    import cv2

    reach = 0.75 * SIDE * frame.step + 2.0
    height, width = picture.shape[:2]
    left, right = (int(np.clip(frame.place[0] + side * reach, 0, width)) for side in (-1, 1))
    top, bottom = (int(np.clip(frame.place[1] + side * reach, 0, height)) for side in (-1, 1))
    if right - left < 2 or bottom - top < 2:
        return np.zeros((SIDE, SIDE), np.float32)
    part = np.ascontiguousarray(picture[top:bottom, left:right, :3], np.float32)
    scale = np.ones(2)
    if frame.step > 1.3:
        # a finer picture is averaged down first
        size = (max(int((right - left) / frame.step), 2), max(int((bottom - top) / frame.step), 2))
        scale = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    towards = scale[:, None] * (frame.step * frame.upright)
    offset = scale * (frame.place - [left, top]) - towards @ np.full(2, SIDE / 2 - 0.5) - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = np.column_stack([towards, offset])
    found = cv2.warpAffine(part, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    grey: FloatArray = np.clip(found, 0.0, 1.0).mean(axis=2)
    return np.power(grey, np.float32(1 / 2.2)) if linear else grey
