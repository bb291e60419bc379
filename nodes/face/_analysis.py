"""All analyses of the faces of a picture, sharing what they look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nodes.face._attributes import attributes_of, table_of
from nodes.face._crops import plain_picture
from nodes.face._describing import description
from nodes.face._identity import embeddings, load_embedder
from nodes.face._likeness import THRESHOLDS
from nodes.face._picking import named
from nodes.face._reading import read_picture, with_landmarks
from nodes.sdk.context import Context
from nodes.sdk.values import Embedding, Faces, Image, Table
from nodes.sdk.values.arrays import ByteArray


@dataclass(frozen=True)
class Wishes:
    """What is to be looked at, and how; as the parameters of 'Analyse face'."""

    parsing: bool = True
    threshold: float = 0.6
    smallest: float = 30.0
    passes: int = 1
    orientation: str = "auto"


def analyse(
    image: Image, faces: Faces | None, people: Sequence[Embedding], wishes: Wishes, context: Context
) -> tuple[Faces, Table, ByteArray, str]:
    """Faces with names, their table, the labels of the picture (zeros without parsing), and a text.

    Args:
        image: the picture.
        faces: faces already found, or None.
        people: enrolled identities.
        wishes: what to look at.
        context: of the run.
    """
    picture = plain_picture(image)
    if faces is None:
        present = read_picture(
            picture,
            context,
            threshold=wishes.threshold,
            smallest=wishes.smallest,
            orientation=wishes.orientation,
            passes=wishes.passes,
        )
    else:
        present = with_landmarks(faces, picture, context)
    if people and present:
        context.progress(0.4, "Recognising people")
        vectors = embeddings(load_embedder(context), picture, present, mirrored=False)
        present = named(present, vectors, people, THRESHOLDS["1 in 1,000"])
    labels = np.zeros(picture.shape[:2], np.uint8)
    if wishes.parsing and present:
        from nodes.face._parsing import load_parser, parse

        context.progress(0.5, "Parsing")
        labels = parse(load_parser(context), picture, present)
    context.progress(0.9, "Judging attributes")
    entries = attributes_of(picture, present, labels if wishes.parsing else None, context)
    found = Faces(tuple(present), image.width, image.height)
    return found, table_of(entries), labels, description(entries, image.width)
