"""What lies before a face and around it: the parsing that is wired, or one made here."""

from __future__ import annotations

import numpy as np

from nodes.face._landmarks import KEY_POINTS
from nodes.face._parsing import CARD
from nodes.portrait.editing import Kept
from nodes.sdk.context import Context
from nodes.sdk.models import find
from nodes.sdk.values import PARSING_CLASSES, Face, HeadState, Image, Parsing
from nodes.swap._face import FACE

#: Labels at which a face is seen, if through glasses.
_SEEN = (*FACE, PARSING_CLASSES.index("glasses"))
#: A parsing with less of the landmarks on a face than this share is of somebody else.
_LEAST = 0.25

_made = Kept()


def parsing_for(
    given: Parsing | None, image: Image, fit: HeadState, whose: str, context: Context, *, make: bool
) -> Parsing | None:
    """A parsing of the picture for a fitted head.

    Args:
        given: what is wired; kept as it is, with a notice when it shows no face where the head is.
        image: the picture of the head. fit: the head as fitted to it.
        whose: such as "the target's", for notices.
        make: parse the picture when nothing is wired, if the parser was fetched.

    Returns:
        The parsing, or None when there is none and none is to be made.
    """
    if given is not None:
        if not shows_face(given, fit):
            context.notice(
                f"{whose} parsing shows no face where the head is: parse that person, or all, in 'Parse face'"
            )
        return given
    if not make or len(fit.landmarks) <= max(KEY_POINTS):
        return None
    if find(CARD) is None:
        context.notice(
            f"{whose} picture is not parsed, and hair or hands before the face count as face: "
            f"wire 'Parse face', or fetch the model with: facewright models fetch {CARD}"
        )
        return None
    context.notice("parsed by a network that was trained on non-commercial data: 'Parse' switches it off")
    parsing: Parsing = _made.get((image, fit), lambda: _parsed(image, fit, context))
    return parsing


def shows_face(parsing: Parsing, fit: HeadState) -> bool:
    """Whether a parsing says face at a fair part of a head's landmarks that lie in the picture."""
    column, row = np.floor(fit.landmarks[:468, :2]).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < parsing.width) & (row < parsing.height)
    if not inside.any():
        return True
    return bool(np.isin(parsing.labels[row[inside], column[inside]], _SEEN).mean() >= _LEAST)


def _parsed(image: Image, fit: HeadState, context: Context) -> Parsing:
    from nodes.face._crops import plain_picture
    from nodes.face._parsing import load_parser, neighbours, parse

    picture = plain_picture(image)
    points = np.asarray(fit.landmarks[:, :2], np.float32)
    box = np.concatenate([points.min(axis=0), points.max(axis=0)])
    face = Face(box, np.asarray(fit.landmarks, np.float32), np.ascontiguousarray(points[list(KEY_POINTS)]))
    return Parsing(parse(load_parser(context), picture, [face], neighbours(picture, [face], context)))
