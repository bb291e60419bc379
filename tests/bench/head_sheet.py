"""A sheet of fitted photos to look at: photo, overlay, neutral head, turntable, texture without light."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from nodes.head.head_texture import head_texture
from nodes.sdk.values import Camera, HeadState, Image
from nodes.sdk.values.arrays import FloatArray
from tests.head.rendering import rendered

SHEET = Path(__file__).resolve().parents[2] / "bench-results" / "head" / "photos.png"
_CELL = 256
_TURNS = (-70.0, -35.0, 0.0, 35.0, 70.0)


def write_sheet(heads: list[HeadState], path: Path = SHEET) -> None:
    """Write one row for each fitted photo."""
    import cv2

    sheet = np.vstack([_row(head) for head in heads])
    path.parent.mkdir(parents=True, exist_ok=True)
    written = cv2.imencode(".png", (np.clip(sheet, 0, 1) * 255).astype(np.uint8)[..., ::-1])[1]
    path.write_bytes(written.tobytes())


def _row(head: HeadState) -> FloatArray:
    assert head.picture is not None
    photo = np.asarray(head.picture.pixels[..., :3], np.float32)
    low, high = head.landmarks[:468, :2].min(axis=0), head.landmarks[:468, :2].max(axis=0)
    middle, reach = (low + high) / 2, 0.75 * float((high - low).max())
    clay = _on_grey(rendered(head, mode="clay"), photo)
    overlay = 0.5 * photo + 0.5 * clay
    neutral = replace(
        head,
        expression=np.zeros(52, np.float32),
        rotation=np.zeros(3, np.float32),
        translation=np.array([0.0, 0.0, -0.9], np.float32),
        camera=Camera(2.6 * _CELL, _CELL / 2, _CELL / 2, _CELL, _CELL),
        reference=head,
    )
    cells = [_cut(photo, middle, reach), _cut(overlay, middle, reach)]
    cells.append(_on_grey(rendered(neutral, mode="clay")))
    cells += [_on_grey(rendered(neutral, mode="on its own", orbit=turn)) for turn in _TURNS]
    cells.append(_fitting(head_texture(head, size="512").texture.pixels))
    return np.hstack(cells)


def _on_grey(drawn: Image, behind: FloatArray | None = None) -> FloatArray:
    pixels = np.asarray(drawn.pixels, np.float32)
    alpha = pixels[..., 3:] if drawn.has_alpha else 1.0
    found: FloatArray = pixels[..., :3] * alpha + (0.35 if behind is None else behind) * (1 - alpha)
    return found


def _cut(picture: FloatArray, middle: FloatArray, reach: float) -> FloatArray:
    import cv2

    scale = _CELL / (2 * reach)
    shift = _CELL / 2 - scale * middle
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return cv2.warpAffine(picture, matrix, (_CELL, _CELL), flags=cv2.INTER_AREA)


def _fitting(picture: FloatArray) -> FloatArray:
    import cv2

    return cv2.resize(np.ascontiguousarray(picture[..., :3]), (_CELL, _CELL), interpolation=cv2.INTER_AREA)
