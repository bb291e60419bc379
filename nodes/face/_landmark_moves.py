"""Landmarks moved by hand, as text, and the moves carried out on faces.

A move is "face landmark right up", moves are parted by semicolons. The face is its number in the
picture, or "#" and the person's number when it is tracked. Right and up are in ten-thousandths of the
distance between the outer corners of the eyes, in the plane of the head as it looks ahead: a move
goes with the head when it turns, tilts or comes nearer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.values import Face, Faces
from nodes.sdk.values.arrays import FloatArray

#: What the distance between the outer corners of the eyes is divided into.
UNITS = 10_000
MOST_CHARACTERS = 400_000
LANDMARKS = 478
#: The outer corners of the eyes.
CORNERS = (33, 263)
#: A plane seen from the side this steeply takes no more moves along its short direction.
STEEPEST = 0.15
_MOVE = re.compile(r"(#?\d{1,6}) (\d{1,3}) (-?\d{1,6}) (-?\d{1,6})")

#: Of each face the moved landmarks: right and up, in distances of the outer corners of the eyes.
Moves: TypeAlias = dict[str, dict[int, tuple[float, float]]]


def read_moves(text: str) -> Moves:
    """The moves in a text.

    Raises:
        NodeError: when it is too long or no list of moves.
    """
    if len(text) > MOST_CHARACTERS:
        raise NodeError("there are more moved landmarks than can be", hint="Reset 'Moves'")
    moves: Moves = {}
    for number, part in enumerate(filter(None, (each.strip() for each in text.split(";")))):
        found = _MOVE.fullmatch(part)
        if found is None or int(found[2]) >= LANDMARKS:
            raise NodeError(
                f"move {number + 1} cannot be read", hint="Reset 'Moves', and drag points in the viewer"
            )
        moves.setdefault(found[1], {})[int(found[2])] = (int(found[3]) / UNITS, int(found[4]) / UNITS)
    return moves


def moves_text(moves: Moves) -> str:
    """Moves as text, the inverse of `read_moves`; moves by nothing are left out."""
    parts = []
    for face, points in moves.items():
        for landmark, (right, up) in points.items():
            across, upward = round(right * UNITS), round(up * UNITS)
            if across or upward:
                parts.append(f"{face} {landmark} {across} {upward}")
    return ";".join(parts)


def called(faces: Faces, number: int) -> str:
    """How moves call a face: by the person's number when it is tracked, else by its place."""
    face = faces[number]
    return f"#{face.identity}" if face.identity >= 0 else str(number)


def unit_of(face: Face) -> float:
    """Pixels between the outer corners of the eyes, in space: the same when the head turns aside."""
    first, second = (np.asarray(face.landmarks[corner], np.float64) for corner in CORNERS)
    return max(float(np.linalg.norm(second - first)), 1e-6)


def in_pixels(face: Face, moves: FloatArray) -> FloatArray:
    """N x 3 pixels (x right, y down, z away) of N x 2 moves (right, up) in the plane of the head."""
    in_space = np.asarray(moves, np.float64) @ np.asarray(face.rotation, np.float64)[:, :2].T
    return in_space * unit_of(face) * (1.0, -1.0, -1.0)


def from_pixels(face: Face, pixels: tuple[float, float]) -> tuple[float, float]:
    """The move that is seen as these pixels (right, down); the shortest when the head looks aside."""
    seen = np.asarray(face.rotation, np.float64)[:2, :2]
    left, sizes, right = np.linalg.svd(seen)
    sizes = np.where(sizes > STEEPEST, sizes, np.inf)
    wanted = np.array([pixels[0], -pixels[1]]) / unit_of(face)
    move = right.T @ ((left.T @ wanted) / sizes)
    return float(move[0]), float(move[1])


def moved_face(
    face: Face, moves: Mapping[int, tuple[float, float]], spread: float, strength: float = 1.0
) -> Face:
    """A face with moved landmarks; what lies near follows.

    The movement passes exactly through every moved landmark and fades to nothing at `spread`: an
    interpolation by Wendland's compactly supported function of smoothness C2 (Wendland 1995).

    Args:
        moves: of landmarks, see `Moves`.
        spread: how far neighbours follow, in distances of the outer corners of the eyes; 0 moves the
            landmarks alone.
        strength: how much of the moves is carried out.
    """
    moves = {number: move for number, move in moves.items() if number < len(face.landmarks)}
    if not moves:
        return face
    landmarks = np.asarray(face.landmarks, np.float64)
    numbers = list(moves)
    steps = strength * in_pixels(face, np.array(list(moves.values())))
    centres = landmarks[numbers, :2]
    reach = spread * unit_of(face)
    if reach <= 0:
        shifted = landmarks.copy()
        shifted[numbers] += steps
        key_steps = np.zeros((len(face.key_points), 2))
    else:
        # The ridge keeps two moved points in one place from being an unsolvable question.
        own = _nearness(centres, centres, reach) + 1e-6 * np.eye(len(numbers))
        shares = np.linalg.solve(own, steps)
        shifted = landmarks + _nearness(landmarks[:, :2], centres, reach) @ shares
        key_steps = (_nearness(np.asarray(face.key_points, np.float64), centres, reach) @ shares)[:, :2]
    return replace(
        face,
        landmarks=shifted.astype(np.float32),
        key_points=(face.key_points + key_steps).astype(np.float32),
    )


def moved_faces(faces: Faces, moves: Moves, spread: float, strength: float = 1.0) -> Faces:
    """Faces with moved landmarks; those without moves are the very same."""
    items = tuple(
        moved_face(face, moves.get(called(faces, number), {}), spread, strength)
        for number, face in enumerate(faces)
    )
    return Faces(items, faces.width, faces.height)


def _nearness(points: FloatArray, centres: FloatArray, reach: float) -> FloatArray:
    """N x M: 1 where they meet, falling to 0 at `reach`."""
    gap = np.linalg.norm(points[:, None] - centres[None], axis=2) / reach
    falling: FloatArray = np.maximum(1 - gap, 0.0) ** 4 * (4 * gap + 1)
    return falling
