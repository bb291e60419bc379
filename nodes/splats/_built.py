"""Keeps the splat heads that were made last, because a clip asks for the same one again and again."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from threading import RLock
from typing import Any

from nodes.gaussians.binding import SplatHead
from nodes.gaussians.heads import SplatHeadSettings, splat_head
from nodes.sdk.values import HeadState, Mask, Parsing

_MOST = 3
_kept: OrderedDict[tuple[Any, ...], tuple[tuple[Any, ...], SplatHead]] = OrderedDict()
_lock = RLock()


def built(
    fit: HeadState, parsing: Parsing | None, matte: Mask | None, settings: SplatHeadSettings
) -> SplatHead:
    """The splat head of a fit; made anew only when the fit, its masks or the settings are others."""
    sources = (fit, parsing, matte)
    key = (*(id(source) for source in sources), settings)
    with _lock:
        entry = _kept.get(key)
        if entry is not None and all(one() is other for one, other in zip(entry[0], sources, strict=True)):
            _kept.move_to_end(key)
            return entry[1]
        made = splat_head(
            fit,
            None if parsing is None else parsing.labels,
            None if matte is None else matte.alpha,
            settings,
        )
        _kept[key] = (tuple(_reference(source) for source in sources), made)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
        return made


def _reference(source: Any) -> Any:
    return (lambda: None) if source is None else weakref.ref(source)
