"""Keeps the splat heads that were made last, because a clip asks for the same one again and again."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from nodes.gaussians.binding import SplatHead
from nodes.gaussians.heads import SplatHeadSettings, splat_head
from nodes.gaussians.person import one_identity
from nodes.gaussians.shots import Photo
from nodes.sdk import Context
from nodes.sdk.values import HeadState, Mask, Parsing
from nodes.splats._clip import photos_of_clip

#: A photograph as it is wired: the fit, its parsing, its matte.
Wired = tuple[HeadState, Parsing | None, Mask | None]
#: A splat head and the fit whose pose and shape it has.
Built = tuple[SplatHead, HeadState]

_MOST = 3
_kept: OrderedDict[tuple[Any, ...], tuple[tuple[Any, ...], Built]] = OrderedDict()
_lock = RLock()


def built(wired: Sequence[Wired], settings: SplatHeadSettings, context: Context) -> Built:
    """The splat head of fits; made anew only when a fit, its masks or the settings are others."""
    sources = tuple(source for photo in wired for source in photo)
    key = (*(id(source) for source in sources), settings)
    with _lock:
        entry = _kept.get(key)
        if entry is not None and all(one() is other for one, other in zip(entry[0], sources, strict=True)):
            _kept.move_to_end(key)
            return entry[1]
        photos = [
            Photo(fit, None if parsing is None else parsing.labels, None if matte is None else matte.alpha)
            for fit, parsing, matte in wired
        ]
        made = _made(photos, settings, context)
        _keep(key, tuple(_reference(source) for source in sources), made)
        return made


def built_of_clip(path: str, count: int, settings: SplatHeadSettings, context: Context) -> Built:
    """The splat head of a clip; made anew only when the file or the settings are others."""
    file = Path(path).expanduser()
    changed = file.stat().st_mtime_ns if file.is_file() else 0
    key = (str(file), changed, count, settings)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key][1]
        made = _made(photos_of_clip(path, count, context), settings, context)
        _keep(key, (), made)
        return made


def _made(photos: list[Photo], settings: SplatHeadSettings, context: Context) -> Built:
    context.progress(0.7, "building splats")
    shared = one_identity([photo.fit for photo in photos])
    photos = [replace(photo, fit=fit) for photo, fit in zip(photos, shared, strict=True)]
    return splat_head(photos, settings), shared[0]


def _keep(key: tuple[Any, ...], references: tuple[Any, ...], made: Built) -> None:
    _kept[key] = (references, made)
    while len(_kept) > _MOST:
        _kept.popitem(last=False)


def _reference(source: Any) -> Any:
    return (lambda: None) if source is None else weakref.ref(source)


def moved_like(fit: HeadState, before: HeadState, head: HeadState) -> HeadState:
    """A fit with the edits that made `head` out of `before`: another fit of the same photograph."""
    return replace(
        head,
        identity=head.identity + (fit.identity - before.identity),
        expression=head.expression + (fit.expression - before.expression),
        offsets=_difference(head, before, fit),
        rotation=_composed(head, before, fit),
        translation=head.translation + (fit.translation - before.translation),
        reference=fit,
    )


def driven(fit: HeadState, head: HeadState) -> HeadState:
    """A fit with the expression, gaze and pose of a head that may be of someone else."""
    return replace(
        fit,
        expression=head.expression,
        gaze=head.gaze,
        rotation=head.rotation,
        translation=head.translation,
        reference=fit,
    )


def _difference(head: HeadState, before: HeadState, fit: HeadState) -> Any:
    import numpy as np

    zero = np.zeros_like(fit.model.mean)
    own, old, new = (one.offsets if len(one.offsets) else zero for one in (head, before, fit))
    return (own - old + new).astype(np.float32)


def _composed(head: HeadState, before: HeadState, fit: HeadState) -> Any:
    import numpy as np

    from nodes.raster.geometry import rotation_matrix, rotation_vector

    turn = rotation_matrix(head.rotation) @ rotation_matrix(before.rotation).T
    return rotation_vector(turn @ rotation_matrix(fit.rotation)).astype(np.float32)
