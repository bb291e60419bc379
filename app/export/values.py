"""Any value to a file, in the format the file's name says."""

from __future__ import annotations

import csv
import json
import wave
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from app.export.atomic import replacing
from app.export.pictures import PICTURE_EXTENSIONS, write_picture
from app.export.readable import READABLE_TYPES, as_text, as_tree
from app.export.settings import VIDEO_EXTENSIONS, extension_of
from app.export.surfaces import head_mesh, write_glb, write_mesh_ply, write_obj
from nodes.sdk import NodeError
from nodes.sdk.codec import encode
from nodes.sdk.values import Audio, Embedding, HeadState, Image, Mask, Mesh, Motion, Parsing, Splats, Table
from nodes.sdk.values.arrays import host_array

Writer: TypeAlias = Callable[[Any, Path], None]

_PLAIN = (bool, int, float, str)

#: Files that hold what a head does over time.
MOVING = ("glb", "csv")


def write_value(
    value: Any,
    path: Path,
    motion: Motion | None = None,
    finish: Callable[[Path], None] = lambda draft: None,
) -> None:
    """Write a value to a file; an earlier file is replaced only when the new one is complete.

    Pictures and masks: png, jpg, tif, webp, exr. Sound: wav. Words: txt. Faces, heads, motion, tables,
    embeddings, numbers and words: json. Tables and motion: csv (motion as Live Link Face writes
    it; of a head what it does), the head of a motion as bvh, all of it as glb. Meshes and heads: obj,
    glb, ply. Splats: ply, spz, sog, splat, ksplat, json (a SOG folder's).
    Every value: npz.

    Args:
        motion: of a head: what it does, for the files in MOVING.
        finish: of a picture: called with the whole file before it takes the place of an earlier one.

    Raises:
        NodeError: when a value of this kind does not go into such a file (the hint says which do),
            or is an enrolled identity.
        FileProblem: when the file cannot be written.
    """
    if isinstance(value, Embedding) and value.private:
        raise NodeError(
            "an enrolled identity is private and stays in the project",
            hint="Export the table of 'Compare faces' instead",
        )
    if isinstance(value, Image) and extension_of(path) in PICTURE_EXTENSIONS:
        write_picture(value, path, finish=finish)
        return
    if isinstance(value, HeadState) and extension_of(path) in MOVING:
        _moving_head(value, path, motion)
        return
    writer = _writer(value, extension_of(path))
    if writer is None:
        raise _misfit(value, path)
    writer(value, path)


def extensions_for(value: Any) -> tuple[str, ...]:
    """The extensions of the files a value can be written to."""
    every = [extension for extensions, _, _ in _WRITERS for extension in extensions]
    return tuple(dict.fromkeys(known for known in every if _writer(value, known) is not None))


def _writer(value: Any, extension: str) -> Writer | None:
    for extensions, kinds, writer in _WRITERS:
        if extension in extensions and isinstance(value, kinds):
            return writer
    return None


def _misfit(value: Any, path: Path) -> NodeError:
    kind = _kind(value)
    if isinstance(value, Image) and extension_of(path) in VIDEO_EXTENSIONS:
        return NodeError("one picture is no video", hint="Give the range of frames that the video shall show")
    fitting = ", ".join(f".{extension}" for extension in extensions_for(value))
    return NodeError(f"{kind} cannot be written to '{path.name}'", hint=f"These fit: {fitting}")


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool | int | float):
        return "a number"
    return f"a value of type {type(value).__name__}"


def _picture(value: Image, path: Path) -> None:
    write_picture(value, path)


def _mask(value: Mask, path: Path) -> None:
    grey = np.repeat(host_array(value.alpha)[..., None], 3, axis=2)
    # A matte is data: in EXR its numbers must stay what they are.
    write_picture(Image(grey, linear=extension_of(path) == "exr"), path)


def _parsing(value: Parsing, path: Path) -> None:
    write_picture(value.painted(), path)


def _sound(value: Audio, path: Path) -> None:
    samples = np.nan_to_num(np.clip(host_array(value.samples), -1, 1))
    with replacing(path) as draft, draft.open("wb") as stream, wave.open(stream, "wb") as writer:
        writer.setnchannels(samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(value.rate)
        writer.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


def _readable(value: Any, path: Path) -> None:
    with replacing(path) as draft:
        draft.write_text(as_text(as_tree(value)), "utf-8")


def _table(value: Table, path: Path) -> None:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(value.columns)
    writer.writerows(value.rows)
    with replacing(path) as draft:
        draft.write_text(text.getvalue(), "utf-8", newline="")


def _motion(value: Motion, path: Path) -> None:
    from nodes.media.live_link import motion_as_csv

    with replacing(path) as draft:
        draft.write_text(motion_as_csv(value), "utf-8", newline="")


def _head_motion(value: Motion, path: Path) -> None:
    from nodes.media.bvh import motion_as_bvh

    with replacing(path) as draft:
        draft.write_text(motion_as_bvh(value), "utf-8", newline="")


def _moving_face(value: Motion, path: Path) -> None:
    from nodes.media.gltf_motion import motion_glb

    if not len(value.coefficients):
        raise NodeError("the motion is empty", hint="Choose a motion that lasts")
    data = motion_glb(value)
    with replacing(path) as draft:
        draft.write_bytes(data)


def _archive(value: Any, path: Path) -> None:
    try:
        tree, arrays = encode(value)
    except TypeError as error:
        raise NodeError(f"{_kind(value)} cannot be written to '{path.name}': {error}") from error
    named = {f"array_{number}": array for number, array in enumerate(arrays)}
    named["tree"] = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    with replacing(path) as draft, draft.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **named)


def _moving_head(head: HeadState, path: Path, motion: Motion | None = None) -> None:
    """The head with its 52 expressions, eyes, teeth and texture; or the motion alone."""
    from nodes.head._glb import head_glb
    from nodes.head._moving import motion_of
    from nodes.head._texture import texture_for

    if extension_of(path) == "csv":
        _motion(motion or motion_of([head], 25.0), path)
        return
    data = head_glb(head, texture_for(head), motion)
    with replacing(path) as draft:
        draft.write_bytes(data)


def _splats(value: Splats, path: Path) -> None:
    from nodes.gaussians.files.writing import splat_file

    data = splat_file(value, path.name)
    with replacing(path) as draft:
        draft.write_bytes(data)


def _sog_folder(value: Splats, path: Path) -> None:
    """A SOG set: its pictures beside its JSON, `meta.json` for other programs, which comes last."""
    from nodes.gaussians.files.writing import sog_folder

    for name, data in sog_folder(value).items():
        with replacing(path if name == "meta.json" else path.with_name(name)) as draft:
            draft.write_bytes(data)


def _text(value: str, path: Path) -> None:
    with replacing(path) as draft:
        draft.write_text(value.rstrip("\n") + "\n", encoding="utf-8")


def _head_as(write: Callable[[Mesh, Path], None]) -> Writer:
    return lambda head, path: write(head_mesh(head), path)


_WRITERS: tuple[tuple[tuple[str, ...], type | tuple[type, ...], Writer], ...] = (
    (PICTURE_EXTENSIONS, Image, _picture),
    (PICTURE_EXTENSIONS, Mask, _mask),
    (PICTURE_EXTENSIONS, Parsing, _parsing),
    (("wav",), Audio, _sound),
    (("json",), (*READABLE_TYPES, *_PLAIN), _readable),
    (("txt",), str, _text),
    (("csv",), Table, _table),
    (("csv",), Motion, _motion),
    (("bvh",), Motion, _head_motion),
    (("obj",), Mesh, write_obj),
    (("obj",), HeadState, _head_as(write_obj)),
    (("glb",), Mesh, write_glb),
    (MOVING, HeadState, _moving_head),
    (("glb",), Motion, _moving_face),
    (("ply",), Mesh, write_mesh_ply),
    (("ply",), HeadState, _head_as(write_mesh_ply)),
    (("ply", "spz", "sog", "splat", "ksplat"), Splats, _splats),
    (("json",), Splats, _sog_folder),
    (("npz",), object, _archive),
)
