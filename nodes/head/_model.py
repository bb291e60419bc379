"""The head model file: one `.npz`, checked on reading, never unpickled.

Any linear head can be used that is given in this layout (V vertices, F triangles, K identity
directions; metres, y up, z towards the viewer, origin at the pivot of the skull):

    name                 text
    mean                 V x 3 float32
    identity             K x V x 3 float32, metres for one standard deviation
    identity_names       K texts
    expression           52 x V x 3 float32, in the order of ARKIT_NAMES
    triangles            F x 3 int32, counter-clockwise seen from outside
    parts                F int32, an index into part_names
    part_names           texts; "skin" must be one of them
    uv                   F x 3 x 2 float32, v up
    landmark_triangles   468 x 3 int32
    landmark_weights     468 x 3 float32, rows sum to 1
    eye_centres          2 x 3 float32: the person's left, right
    licence              text

and may hold, to correct what a landmarker sees of turned heads (all three, or none of them):

    landmark_yaws        B float32 radians, rising
    landmark_shifts      B x 468 x 3 float32
    landmark_noise       B x 468 float32, above 0
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from nodes.media.archives import DAMAGED
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values import HeadModel
from nodes.sdk.whole import written_whole

#: The card of the head model that ships.
CARD = "anny_head"

_MOST_BYTES = 512 * 1024 * 1024
_FLOATS = {
    "mean": (None, 3),
    "identity": (None, None, 3),
    "expression": (52, None, 3),
    "uv": (None, 3, 2),
    "landmark_weights": (468, 3),
    "eye_centres": (2, 3),
}
_WHOLE = {"triangles": (None, 3), "parts": (None,), "landmark_triangles": (468, 3)}
_TURNED = {"landmark_yaws": (None,), "landmark_shifts": (None, 468, 3), "landmark_noise": (None, 468)}
_TEXTS = ("name", "licence")
_TEXT_LISTS = ("identity_names", "part_names")


def save_head_model(model: HeadModel, path: Path) -> None:
    """Write a head model; the file appears whole or not at all."""
    arrays: dict[str, Any] = {key: getattr(model, key) for key in (*_FLOATS, *_TURNED, *_WHOLE)}
    arrays |= {key: np.array(getattr(model, key)) for key in (*_TEXTS, *_TEXT_LISTS)}
    with written_whole(path) as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def load_head_model(path: Path) -> HeadModel:
    """Read and check a head model file.

    Raises:
        ModelProblem: when the file is no `.npz`, an array is missing, of a wrong shape, not
            finite, or an index points outside; the message names the array.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise ModelProblem("the head model is larger than 512 MB", where=path.name)
        with np.load(path, allow_pickle=False) as stored:
            entries = {key: stored[key] for key in stored.files}
    except DAMAGED as error:
        raise ModelProblem(
            "the file is not a head model", hint="It must be an .npz without objects", where=path.name
        ) from error
    try:
        return _checked(entries)
    except ModelProblem as error:
        raise error.at(path.name) from None


def _checked(entries: dict[str, np.ndarray]) -> HeadModel:
    wanted = (*_FLOATS, *_WHOLE, *_TEXTS, *_TEXT_LISTS)
    missing = [key for key in wanted if key not in entries]
    if missing:
        raise ModelProblem(
            f"the head model lacks {', '.join(missing)}",
            hint="The help of 'Head model' says where the arrays that it needs are listed",
        )
    turned = _TURNED if all(key in entries for key in _TURNED) else {}
    if len({len(entries[key]) for key in turned}) > 1:
        raise ModelProblem("the three 'landmark_...' arrays for turned heads differ in length")
    for key, shape in (_FLOATS | turned | _WHOLE).items():
        actual = entries[key].shape
        fits = len(actual) == len(shape) and all(
            want in (None, got) for want, got in zip(shape, actual, strict=True)
        )
        if not fits:
            raise ModelProblem(f"'{key}' of the head model has the shape {actual}")
    vertices, faces = len(entries["mean"]), len(entries["triangles"])
    for key in ("identity", "expression"):
        if entries[key].shape[1] != vertices:
            raise ModelProblem(f"'{key}' of the head model is not for {vertices} vertices")
    for key in ("parts", "uv"):
        if len(entries[key]) != faces:
            raise ModelProblem(f"'{key}' of the head model is not for {faces} triangles")
    if len(entries["identity_names"]) != len(entries["identity"]):
        raise ModelProblem("'identity_names' of the head model is not as long as 'identity'")
    for key, limit in (
        ("triangles", vertices),
        ("landmark_triangles", vertices),
        ("parts", len(entries["part_names"])),
    ):
        if entries[key].size and not (entries[key].min() >= 0 and entries[key].max() < limit):
            raise ModelProblem(f"'{key}' of the head model points outside")
    floats = {key: np.ascontiguousarray(entries[key], np.float32) for key in _FLOATS | turned}
    for key, array in floats.items():
        if not np.isfinite(array).all():
            raise ModelProblem(f"'{key}' of the head model holds numbers that are not finite")
    if "skin" not in entries["part_names"]:
        raise ModelProblem("the head model has no part named 'skin'")
    whole = {key: np.ascontiguousarray(entries[key], np.int32) for key in _WHOLE}
    texts = {key: str(entries[key]) for key in _TEXTS}
    lists = {key: tuple(str(text) for text in entries[key]) for key in _TEXT_LISTS}
    return HeadModel(**floats, **whole, **texts, **lists)
