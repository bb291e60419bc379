"""Editing a real portrait: calibrated motion, followed by light, held where nothing may move."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any
from weakref import ref

import numpy as np

from nodes.face._landmarks import LandmarkRuntime
from nodes.head._photo import PhotoLayers, prepare
from nodes.head._photo_frame import render_over_photo
from nodes.head._pose import turned
from nodes.head._shape import as_fitted
from nodes.portrait.layers import following
from nodes.portrait.light import FaceLight, estimate_light, folded
from nodes.portrait.looking import Witness, turn_between
from nodes.sdk.values import HeadState, Image, Parsing
from nodes.sdk.values.arrays import FloatArray

#: Degrees of turn over which the turn's own field takes over from the expression's.
_TURNED = 4.0
_KEPT = 4


@dataclass(frozen=True, eq=False)
class Portrait:
    """A picture made ready for editing.

    Attributes:
        layers: of the photograph. light: on the face.
        follow: shares for expressions and for turns, or None without a parsing.
    """

    layers: PhotoLayers
    light: FaceLight
    follow: tuple[FloatArray, FloatArray] | None


class Kept:
    """Values made from several objects, kept while all of them live, the last few of them."""

    def __init__(self, most: int = _KEPT) -> None:
        self._most = most
        self._entries: OrderedDict[tuple[int, ...], tuple[tuple[ref[Any], ...], Any]] = OrderedDict()
        self._lock = RLock()

    def get(self, made_from: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """The value made from these very objects."""
        key = tuple(id(part) for part in made_from)
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and all(
                held() is part for held, part in zip(entry[0], made_from, strict=True)
            ):
                self._entries.move_to_end(key)
                return entry[1]
            value = make()
            self._entries[key] = (tuple(ref(part) for part in made_from), value)
            for old in [k for k, (held, _) in self._entries.items() if any(h() is None for h in held)]:
                del self._entries[old]
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return value


_portraits = Kept()
_witnesses = Kept()


def portrait_of(fit: HeadState, image: Image, parsing: Parsing | None) -> Portrait:
    """The picture made ready; kept for the last few."""

    def make() -> Portrait:
        layers = prepare(replace(fit, picture=image))
        follow = None if parsing is None else following(fit, parsing.labels, layers.window)
        return Portrait(layers, estimate_light(fit, layers.skin), follow)

    parts = (fit, image) if parsing is None else (fit, image, parsing)
    portrait: Portrait = _portraits.get(parts, make)
    return portrait


def witness_of(fit: HeadState, image: Image, runtime: LandmarkRuntime) -> Witness:
    """The calibration of a picture; kept for the last few."""
    witness: Witness = _witnesses.get((fit, image), lambda: Witness(fit, image, runtime))
    return witness


def calibrated(head: HeadState, witness: Witness, *, most: float) -> HeadState:
    """The head changed so that a landmarker will see the change that was asked for.

    Args:
        head: an edited head; its change is what is asked for.
        witness: of the photograph.
        most: the largest level of a coefficient.
    """
    fit = as_fitted(head)
    change = witness.responses.solve(head.expression - fit.expression, most)
    turn = witness.turn_for(turn_between(fit, head))
    still = np.array_equal(head.rotation, fit.rotation)
    return replace(
        head,
        expression=(fit.expression + change).astype(np.float32),
        rotation=head.rotation if still else turned(fit, turn),
    )


def drawn(portrait: Portrait, head: HeadState, *, folds: float) -> FloatArray:
    """The edited picture: H x W x 3 or 4.

    Args:
        portrait: of the photograph. head: as it is to be drawn.
        folds: how strongly the light follows the moved skin; 0 leaves it as photographed.
    """
    fit = as_fitted(head)
    layers = portrait.layers
    turn = turn_between(fit, head)
    degrees = float(np.linalg.norm(turn))
    follow = None
    if portrait.follow is not None:
        share = min(degrees / _TURNED, 1.0)
        follow = portrait.follow[0] + share * (portrait.follow[1] - portrait.follow[0])
    changed = degrees > 1e-4 or float(np.abs(head.expression - fit.expression).max()) > 1e-6
    light = folded(portrait.light, head, layers.window, folds) if changed and folds > 0 else None
    return render_over_photo(layers, head, follow=follow, light=light)
