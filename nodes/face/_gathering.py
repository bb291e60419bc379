"""Faces of many pictures: from a folder, or from every so many frames of a clip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nodes.face._crops import plain_picture
from nodes.face._identity import DIMENSIONS, aligned_crop, load_embedder
from nodes.face._reading import read_picture
from nodes.media.files import existing_file
from nodes.media.pictures import EXTENSIONS
from nodes.sdk.context import Context
from nodes.sdk.errors import FacewrightError, FileProblem, NodeError
from nodes.sdk.values import Embedding, Face, Image, Table
from nodes.sdk.values.arrays import FloatArray
from nodes.sdk.values.table import Cell

#: More faces than this are not gathered: clustering compares every pair.
_MOST = 5000


@dataclass
class Gathered:
    """Faces, in the order they were seen.

    Attributes:
        sources: where each comes from: a file's name, or "frame 12".
        faces: the faces.
        portraits: 112 x 112 x 3 aligned crops.
        vectors: N x 128 identities.
    """

    sources: list[str] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    portraits: list[FloatArray] = field(default_factory=list)
    vectors: FloatArray = field(default_factory=lambda: np.zeros((0, DIMENSIONS), np.float32))


def gather(
    folder: str, clip: str, every: int, smallest: float, context: Context
) -> tuple[Gathered, list[tuple[str, str]]]:
    """All faces, and the (source, problem) pairs of pictures that could not be read.

    Raises:
        NodeError: when neither or both of folder and clip are given, or there are too many faces.
        FileProblem: when the folder or the clip cannot be opened.
    """
    if bool(folder) == bool(clip):
        raise NodeError("give a folder or a clip, one of the two", hint="Fill in 'Folder' or 'Clip'")
    seen = Gathered()
    problems: list[tuple[str, str]] = []
    pictures = _of_folder(folder, problems) if folder else _of_clip(clip, every)
    for source, share, image in pictures:
        context.progress(share * 0.9, f"Looking at {source}")
        picture = plain_picture(image)
        for face in read_picture(picture, context, smallest=smallest, noticed=False):
            if face.size < smallest:
                continue
            seen.sources.append(source)
            seen.faces.append(face)
            seen.portraits.append(aligned_crop(picture, face))
        if len(seen.faces) > _MOST:
            raise NodeError(
                f"there are more than {_MOST} faces", hint="Look at fewer frames, or raise 'Smallest face'"
            )
    if seen.portraits:
        seen.vectors = load_embedder(context).embed(np.stack(seen.portraits))
    else:
        context.notice("no face was found")
    if problems:
        some = "picture" if len(problems) == 1 else "pictures"
        context.notice(f"{len(problems)} {some} could not be read; the table says why")
    return seen, problems


def _of_folder(text: str, problems: list[tuple[str, str]]) -> Iterator[tuple[str, float, Image]]:
    from nodes.media.pictures import read_picture as read_file

    folder = Path(text)
    if not folder.is_dir():
        raise FileProblem("there is no such folder", hint="Choose the folder again", where=text)
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower().lstrip(".") in EXTENSIONS)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileProblem(
            f"the folder cannot be read: {reason}", hint="Choose another folder", where=text
        ) from None
    for number, path in enumerate(files):
        try:
            image = read_file(str(path))
        except FacewrightError as error:
            problems.append((path.name, error.what))
            continue
        yield path.name, number / len(files), image


def _of_clip(text: str, every: int) -> Iterator[tuple[str, float, Image]]:
    from nodes.media.video_pool import clips

    existing_file(text, "video")
    with clips.reader(text) as reader:
        count = len(reader.index)
        for number in range(0, count, every):
            yield f"frame {number}", number / count, Image(reader.frame(number))


def people_table(
    seen: Gathered,
    groups: npt.NDArray[np.int64],
    problems: list[tuple[str, str]],
    enrolled: Sequence[Embedding] = (),
    threshold: float = 0.5,
) -> Table:
    """One line per face, by person; then one per picture that could not be read.

    People whose average looks like an enrolled identity, at least by the threshold, have its name.
    """
    columns = ("person", "name", "source", "left", "top", "width", "height", "likeness", "problem")
    rows: list[tuple[Cell, ...]] = []
    for person in range(int(groups.max()) + 1 if len(groups) else 0):
        members = np.flatnonzero(groups == person)
        mean = seen.vectors[members].mean(axis=0)
        mean = mean / max(float(np.linalg.norm(mean)), 1e-9)
        alike = max(enrolled, key=lambda entry: float(entry.vector @ mean), default=None)
        name = alike.name if alike is not None and float(alike.vector @ mean) >= threshold else None
        for member in members:
            x0, y0, x1, y1 = (round(float(v)) for v in seen.faces[member].box)
            likeness = round(float(seen.vectors[member] @ mean), 3)
            rows.append((person + 1, name, seen.sources[member], x0, y0, x1 - x0, y1 - y0, likeness, ""))
    rows += [(None, None, source, None, None, None, None, None, problem) for source, problem in problems]
    return Table(columns, tuple(rows))
