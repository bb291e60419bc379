"""Editing a real portrait: calibrated motion, followed by light, held where nothing may move."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from threading import RLock
from typing import Any
from weakref import ref

import numpy as np
import numpy.typing as npt

from nodes.face._hair import PortraitMatte
from nodes.face._landmarks import LandmarkRuntime
from nodes.head._landmarks import OUTLINE
from nodes.head._photo import PhotoLayers, prepare
from nodes.head._photo_behind import Behind
from nodes.head._photo_frame import Movement, movement, render_over_photo
from nodes.head._shape import as_fitted, landmark_points
from nodes.portrait.backdrop import behind_of, person_alpha
from nodes.portrait.layers import face_share, following, reach_of
from nodes.portrait.light import FaceLight, camera_vertices, estimate_light, folded
from nodes.portrait.looking import Witness, turn_between
from nodes.raster.geometry import project_from_camera, rotation_matrix, rotation_vector
from nodes.sdk.values import HeadState, Image, Parsing
from nodes.sdk.values.arrays import ByteArray, FloatArray

#: Degrees of turn over which the turn's own field takes over from the expression's.
_TURNED = 4.0
#: Degrees and shares below which a head has not turned: rotations are rounded.
_UNTURNED = 1e-4
_KEPT = 4
#: How far beyond its landmarks' outline a moved face may reach, in eye distances.
_FACE_EDGE = 0.06


@dataclass(frozen=True, eq=False)
class Portrait:
    """A picture made ready for editing.

    Attributes:
        fit: the head in it, without the picture. layers: of the photograph.
        labels: H x W, its parsing, or None.
    """

    fit: HeadState
    layers: PhotoLayers
    labels: ByteArray | None

    @cached_property
    def light(self) -> FaceLight:
        """The light on the face."""
        return estimate_light(self.fit, self.layers.skin)

    @cached_property
    def with_expression(self) -> FloatArray | None:
        """How much of an expression each place of the window takes up; None without a parsing."""
        return self._following(turn=False)

    @cached_property
    def with_turn(self) -> FloatArray | None:
        """How much of a turn each place of the window takes up; None without a parsing."""
        return self._following(turn=True)

    @cached_property
    def face(self) -> FloatArray | None:
        """What of the window is face, h x w in 0..1; None without a parsing."""
        return None if self.labels is None else face_share(self.fit, self.layers.window)

    def _following(self, *, turn: bool) -> FloatArray | None:
        if self.labels is None:
            return None
        return following(self.fit, self.labels, self.layers.window, turn=turn)


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
_backdrops = Kept()
_people = Kept()
_witnesses = Kept()


def portrait_of(fit: HeadState, image: Image, parsing: Parsing | None) -> Portrait:
    """The picture made ready; kept for the last few."""

    def make() -> Portrait:
        layers = prepare(replace(fit, picture=image))
        labels = None if parsing is None else parsing.labels
        return Portrait(layers.reference, layers, labels)

    parts = (fit, image) if parsing is None else (fit, image, parsing)
    portrait: Portrait = _portraits.get(parts, make)
    return portrait


def witness_of(fit: HeadState, image: Image, runtime: LandmarkRuntime) -> Witness:
    """The calibration of a picture; kept for the last few."""
    witness: Witness = _witnesses.get((fit, image), lambda: Witness(fit, image, runtime))
    return witness


def calibrated(head: HeadState, witness: Witness, *, most: float, look: bool = True) -> HeadState:
    """The head changed so that a landmarker will see the change that was asked for.

    Args:
        head: an edited head; its change is what is asked for.
        witness: of the photograph.
        most: the largest level of a coefficient.
        look: look at the expression as a whole and correct it once.
    """
    fit = as_fitted(head)
    still = np.array_equal(head.rotation, fit.rotation)
    whole = head.expression - fit.expression
    carried = head.carried if len(head.carried) == len(whole) else np.zeros_like(whole)
    # What was taken back or replaced since a performance is no longer carried.
    carried = np.clip(carried, np.minimum(whole, 0.0), np.maximum(whole, 0.0))
    change, turn = witness.settled(
        whole - carried,
        carried,
        None if still else turn_between(fit, head),
        head.gaze - fit.gaze,
        most,
        look=look,
    )
    rotation = rotation_vector(rotation_matrix(turn) @ rotation_matrix(fit.rotation)).astype(np.float32)
    return replace(
        head,
        expression=(fit.expression + change).astype(np.float32),
        rotation=head.rotation if still else rotation,
    )


def person_of(image: Image, network: PortraitMatte) -> FloatArray:
    """H x W in 0..1, the people of a picture; kept for the last few pictures."""
    alpha: FloatArray = _people.get((image,), lambda: person_alpha(network, image.pixels))
    return alpha


def backdrop_of(
    fit: HeadState, image: Image, alpha: FloatArray, parsing: Parsing | None, plate: Image | None
) -> Behind:
    """What stays behind a photograph's head when it moves; kept for the last few.

    Args:
        alpha: H x W, the person. plate: the place without the person when it is known, or None.
    """

    def make() -> Behind:
        labels = None if parsing is None else parsing.labels
        place = None if plate is None else plate.pixels
        return behind_of(image.pixels, alpha, labels, place, fit)

    parts: tuple[Any, ...] = tuple(part for part in (fit, image, alpha, parsing, plate) if part is not None)
    behind: Behind = _backdrops.get(parts, make)
    return behind


def eased(head: HeadState, share: float) -> HeadState:
    """An edited head with a share (0..1) of its edit; the fit itself at 0."""
    fit = as_fitted(head)
    if share >= 1.0 or head is fit:
        return head
    if share <= 0.0:
        return fit
    turn = rotation_vector(rotation_matrix(head.rotation) @ rotation_matrix(fit.rotation).T) * share
    return replace(
        head,
        expression=(fit.expression + share * (head.expression - fit.expression)).astype(np.float32),
        gaze=(fit.gaze + share * (head.gaze - fit.gaze)).astype(np.float32),
        rotation=rotation_vector(rotation_matrix(turn) @ rotation_matrix(fit.rotation)).astype(np.float32),
        translation=(fit.translation + share * (head.translation - fit.translation)).astype(np.float32),
    )


def degrees_turned(head: HeadState) -> float:
    """By how much an edit turns a head."""
    return float(np.linalg.norm(turn_between(as_fitted(head), head)))


def moved_by(
    portrait: Portrait, head: HeadState, *, layered: bool = False, follow: FloatArray | None = None
) -> Movement:
    """How the edits of a head move its picture.

    Args:
        portrait: of the photograph. head: as it is to be drawn.
        layered: the background stays behind as a layer, so that nothing needs to be held back.
        follow: h x w in 0..1, how much of an expression each place of the window takes up; by the
            portrait's parsing when None.
    """
    follow = portrait.with_expression if follow is None else follow
    share = min(degrees_turned(head) / _TURNED, 1.0)
    if follow is not None and share > _UNTURNED:
        own = None if layered else portrait.with_turn
        turned_follow = np.float32(1.0) if own is None else own
        follow = (follow + share * (turned_follow - follow)).astype(np.float32)
    return movement(portrait.layers, head, follow, portrait.face)


def outline_after(fit: HeadState, head: HeadState) -> FloatArray:
    """Where the face's outline in a picture is after an edit: 36 x 2 pixels."""
    rows = list(OUTLINE)
    places = [
        project_from_camera(
            state.camera, landmark_points(state.model, camera_vertices(state))[rows].astype(np.float32)
        )[:, :2]
        for state in (fit, head)
    ]
    moved: FloatArray = fit.landmarks[rows, :2] + places[1] - places[0]
    return moved


def changed_region(portrait: Portrait, head: HeadState) -> npt.NDArray[np.bool_]:
    """H x W: where an edit may change the picture; everywhere else it keeps its pixels bit for bit.

    With a parsing, an expression changes what `reach_of` says and where the face itself comes to
    lie. A turn of the head, and any edit of a picture without a parsing, may change the whole
    window about the head.
    """
    import cv2

    layers = portrait.layers
    left, top, right, bottom = layers.window
    region = np.zeros(layers.photo.shape[:2], bool)
    if portrait.labels is None or degrees_turned(head) > _UNTURNED:
        region[top:bottom, left:right] = True
        return region
    region[top:bottom, left:right] = reach_of(portrait.fit, portrait.labels, layers.window) > 0.0
    places = outline_after(portrait.fit, head)
    face = np.zeros(region.shape, np.uint8)
    cv2.fillPoly(face, [np.round(places).astype(np.int32)], 1)
    side = 2 * round(_FACE_EDGE * layers.unit + 1.0) + 1
    face = cv2.dilate(face, np.ones((side, side), np.uint8))
    return np.asarray(region | (face > 0))


def drawn(
    portrait: Portrait,
    head: HeadState,
    *,
    folds: float,
    behind: Behind | None = None,
    known: Movement | None = None,
) -> FloatArray:
    """The edited picture: H x W x 3 or 4.

    Args:
        portrait: of the photograph. head: as it is to be drawn.
        folds: how strongly the light follows the moved skin; 0 leaves it as photographed.
        behind: what stays behind the head; without it the background bends along.
        known: the movement, when it is known already.
    """
    fit = as_fitted(head)
    layers = portrait.layers
    found = moved_by(portrait, head, layered=behind is not None) if known is None else known
    changed = degrees_turned(head) > _UNTURNED or float(np.abs(head.expression - fit.expression).max()) > 1e-6
    light = folded(portrait.light, head, layers.window, folds) if changed and folds > 0 else None
    if light is not None and found.share is not None:
        # The soft edge of a shade ends where the edit does.
        light[found.share <= 0.0] = 1.0
    return render_over_photo(layers, head, light=light, behind=behind, known=found)
