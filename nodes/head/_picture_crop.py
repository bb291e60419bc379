"""The part of a picture that a fitted head covers, upright and of one size, and its gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from nodes.sdk.values.arrays import FloatArray

#: Pixels a side of the crop, how many metres they show at the face's distance, and cells a side.
SIDE = 128
_METRES = 0.23
CELLS = 16
#: Directions of a gradient that are told apart.
DIRECTIONS = 8
#: What is in the middle: a place between the eyes and the ears, in the head's frame.
_MIDDLE = np.array([0.0, 0.015, 0.06])
_DARKEST = 0.05  # added to brightness before its logarithm
_FAINTEST = 0.02


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


def gradients_of(brightness: FloatArray) -> FloatArray:
    """CELLS * CELLS * DIRECTIONS in 0..1: histograms of gradients (Dalal and Triggs 2005).

    Gradients are those of the logarithm, so that a shadow counts as much as a lit side, and each
    cell is divided by the gradients around it.

    Args:
        brightness: SIDE x SIDE in 0..1.
    """
    import cv2

    cells = _histograms(np.log(np.ascontiguousarray(brightness, np.float32) + np.float32(_DARKEST)))
    energy = cv2.GaussianBlur((cells**2).sum(axis=2), (0, 0), 1.2)
    found: FloatArray = np.sqrt(cells / (np.sqrt(energy)[..., None] + _FAINTEST))
    return found.ravel()


@njit(cache=True, fastmath=True)
def _histograms(values):  # type: ignore[no-untyped-def]
    """CELLS x CELLS x DIRECTIONS: gradients by direction, shared among neighbouring cells."""
    side = values.shape[0]
    size = side / CELLS
    out = np.zeros((CELLS, CELLS, DIRECTIONS), np.float32)
    for row in range(1, side - 1):
        place = (row + 0.5) / size - 0.5
        upper = math.floor(place)
        lower_share = place - upper
        for column in range(1, side - 1):
            across = values[row, column + 1] - values[row, column - 1]
            along = values[row + 1, column] - values[row - 1, column]
            strength = math.sqrt(across * across + along * along) / (size * size)
            if strength == 0.0:
                continue
            turn = math.atan2(along, across) / (2.0 * math.pi) * DIRECTIONS
            first = math.floor(turn)
            second_share = turn - first
            first = first % DIRECTIONS
            second = (first + 1) % DIRECTIONS
            beside = (column + 0.5) / size - 0.5
            left = math.floor(beside)
            right_share = beside - left
            for i in range(2):
                cell_row = upper + i
                if cell_row < 0 or cell_row >= CELLS:
                    continue
                high = lower_share if i == 1 else 1.0 - lower_share
                for j in range(2):
                    cell = left + j
                    if cell < 0 or cell >= CELLS:
                        continue
                    share = high * (right_share if j == 1 else 1.0 - right_share) * strength
                    out[cell_row, cell, first] += share * (1.0 - second_share)
                    out[cell_row, cell, second] += share * second_share
    return out
