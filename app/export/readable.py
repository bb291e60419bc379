"""Values as JSON that people and other programs can read: named fields, stated units."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nodes.sdk.values import ARKIT_NAMES, Camera, Embedding, Face, Faces, HeadState, Motion, Table
from nodes.sdk.values.arrays import host_array

_KEY_POINTS = ("right_eye", "left_eye", "nose_tip", "mouth_right", "mouth_left")
_DIGITS = 7


def as_tree(value: Any) -> Any:
    """A value as plain lists, maps, numbers and words.

    Raises:
        TypeError: when this kind of value is not for reading (pictures, sound, surfaces).
    """
    for kind, build in _TREES.items():
        if isinstance(value, kind):
            return build(value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | np.generic):
        return _number(value)
    raise TypeError(f"a {type(value).__name__} has no readable form")


def as_text(tree: Any) -> str:
    """The tree as indented JSON in which rows of numbers stay on one line."""
    return _written(tree, "") + "\n"


def _number(value: Any) -> float | int | None:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, int):
        return plain
    # Single precision carries no more digits; and JSON knows no infinities.
    return float(f"{plain:.{_DIGITS}g}") if math.isfinite(plain) else None


def _numbers(array: Any) -> Any:
    whole = host_array(array)
    if whole.ndim == 0:
        return _number(whole[()])
    return [_numbers(row) if row.ndim else _number(row) for row in whole]


def _coefficients(array: Any) -> dict[str, Any]:
    return dict(zip(ARKIT_NAMES, _numbers(array), strict=True))


def _face(face: Face) -> dict[str, Any]:
    return {
        "identity": face.identity,
        "name": face.name,
        "score": _number(face.score),
        "box": dict(zip(("x0", "y0", "x1", "y1"), _numbers(face.box), strict=True)),
        "key_points": dict(zip(_KEY_POINTS, _numbers(face.key_points), strict=True)),
        "rotation": _numbers(face.rotation),
        "coefficients": _coefficients(face.coefficients),
        "landmarks": _numbers(face.landmarks),
    }


def _faces(faces: Faces) -> dict[str, Any]:
    size = {"width": faces.width, "height": faces.height}
    return {"type": "Faces", "units": "pixels", **size, "faces": [_face(face) for face in faces]}


def _camera(camera: Camera) -> dict[str, Any]:
    fields = {field.name: getattr(camera, field.name) for field in dataclasses.fields(camera)}
    fields["world_to_camera"] = _numbers(camera.world_to_camera)
    return {"type": "Camera", **{key: _plain(entry) for key, entry in fields.items()}}


def _plain(entry: Any) -> Any:
    return _number(entry) if isinstance(entry, float | np.generic) else entry


def _head(head: HeadState) -> dict[str, Any]:
    gaze = _numbers(head.gaze)
    tree = {
        "type": "HeadState",
        "units": "metres, radians",
        "model": {"name": head.model.name, "licence": head.model.licence},
        "error_share_of_eye_distance": _number(head.error),
        "rotation": _numbers(head.rotation),
        "translation": _numbers(head.translation),
        "gaze": {
            side: {"pitch": pitch, "yaw": yaw}
            for side, (pitch, yaw) in zip(("left", "right"), gaze, strict=True)
        },
        "expression": _coefficients(head.expression),
        "identity": dict(zip(head.model.identity_names, _numbers(head.identity), strict=False)),
        "camera": _camera(head.camera),
    }
    if head.reference is not None:
        tree["measured_expression"] = _coefficients(head.reference.expression)
    return tree


def _motion(motion: Motion) -> dict[str, Any]:
    return {
        "type": "Motion",
        "units": "metres, radians",
        "fps": _number(motion.fps),
        "frames": int(motion.coefficients.shape[0]),
        "coefficient_names": list(ARKIT_NAMES),
        "coefficients": _numbers(motion.coefficients),
        "rotation": _numbers(motion.rotation),
        "translation": _numbers(motion.translation),
        "gaze_left_right_pitch_yaw": _numbers(motion.gaze),
    }


def _table(table: Table) -> dict[str, Any]:
    rows = [[_plain(cell) for cell in row] for row in table.rows]
    return {"type": "Table", "columns": list(table.columns), "rows": rows}


def _embedding(embedding: Embedding) -> dict[str, Any]:
    facts = {"model": embedding.model, "name": embedding.name}
    return {"type": "Embedding", **facts, "vector": _numbers(embedding.vector)}


_TREES: dict[type, Callable[[Any], Any]] = {
    Faces: _faces,
    Face: _face,
    Camera: _camera,
    HeadState: _head,
    Motion: _motion,
    Table: _table,
    Embedding: _embedding,
}

READABLE_TYPES = tuple(_TREES)


def _written(tree: Any, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(tree, dict) and tree:
        lines = [f"{deeper}{json.dumps(key)}: {_written(entry, deeper)}" for key, entry in tree.items()]
    elif isinstance(tree, list) and any(isinstance(entry, dict | list) for entry in tree):
        lines = [f"{deeper}{_written(entry, deeper)}" for entry in tree]
    else:
        return json.dumps(tree, ensure_ascii=False, allow_nan=False)
    opening, closing = "{}" if isinstance(tree, dict) else "[]"
    return "\n".join([opening, ",\n".join(lines), indent + closing])
