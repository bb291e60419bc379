"""The surface of a fitted head: its parts, its vertices, its landmarks."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np

from nodes.head._keep import once_per_model
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import HeadModel, HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

#: Where each coefficient stands in ARKIT_NAMES: eyeLookDown/In/Out/Up, Left before Right.
_LOOK = slice(10, 18)


#: How many people's shapes are kept.
_SHAPES = 12
_neutral: OrderedDict[tuple[int, ...], tuple[tuple[weakref.ref[Any], ...], FloatArray]] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, eq=False)
class Parts:
    """Index sets of a head model, derived once per model.

    Attributes:
        surface: vertices of skin, mouth cavity and eye sockets, which form one connected surface.
        eyes: vertices of the left and the right eyeball.
        teeth_upper, teeth_lower, tongue: vertices; empty where a model has none.
        surface_triangles: rows of model.triangles that belong to the surface.
        skin_triangles: rows of model.triangles that are outer skin.
    """

    surface: IntArray
    eyes: tuple[IntArray, IntArray]
    teeth_upper: IntArray
    teeth_lower: IntArray
    tongue: IntArray
    surface_triangles: IntArray
    skin_triangles: IntArray


@once_per_model
def parts_of(model: HeadModel) -> Parts:
    """The index sets of a model; kept as long as the model lives."""

    def rows(*names: str) -> IntArray:
        numbers = [model.part_names.index(name) for name in names if name in model.part_names]
        return np.nonzero(np.isin(model.parts, numbers))[0].astype(np.int32)

    def vertices(*names: str) -> IntArray:
        return np.unique(model.triangles[rows(*names)]).astype(np.int32)

    return Parts(
        surface=vertices("skin", "mouth", "socket"),
        eyes=(vertices("eye_left"), vertices("eye_right")),
        teeth_upper=vertices("teeth_upper"),
        teeth_lower=vertices("teeth_lower"),
        tongue=vertices("tongue"),
        surface_triangles=rows("skin", "mouth", "socket"),
        skin_triangles=rows("skin"),
    )


def neutral_vertices(state: HeadState) -> FloatArray:
    """The person's head without expression: V x 3 metres in the head's frame."""
    # Edits of a fit share its arrays, and a frame asks for the same shape many times.
    made_from = (state.model, state.identity, state.offsets)
    key = tuple(id(part) for part in made_from)
    with _lock:
        entry = _neutral.get(key)
        if entry is not None and all(held() is part for held, part in zip(entry[0], made_from, strict=True)):
            _neutral.move_to_end(key)
            return entry[1].copy()
    vertices = state.model.mean + np.tensordot(state.identity, state.model.identity, 1)
    if len(state.offsets):
        vertices = vertices + state.offsets
    found = np.asarray(vertices, np.float32)
    with _lock:
        _neutral[key] = (tuple(weakref.ref(part) for part in made_from), found)
        while len(_neutral) > _SHAPES:
            _neutral.popitem(last=False)
    return found.copy()


def expressed_vertices(state: HeadState, neutral: FloatArray | None = None) -> FloatArray:
    """The head with its expression and gaze: V x 3 metres in the head's frame.

    Args:
        neutral: what `neutral_vertices` gave, when it is known already.
    """
    model = state.model
    base = neutral_vertices(state) if neutral is None else neutral
    active = np.nonzero(state.expression)[0]
    vertices = base + np.tensordot(state.expression[active], model.expression[active], 1)
    # The looking coefficients shear the eyeballs a little; gaze turns them properly instead.
    for eye, gaze, centre in zip(parts_of(model).eyes, state.gaze, eye_centres(state, base), strict=True):
        vertices[eye] = (base[eye] - centre) @ gaze_rotation(gaze).T + centre
    return vertices.astype(np.float32)


def eye_centres(state: HeadState, neutral: FloatArray) -> FloatArray:
    """The centres of the left and the right eyeball on the neutral head: 2 x 3 metres."""
    centres = state.model.eye_centres.copy()
    for side, eye in enumerate(parts_of(state.model).eyes):
        if len(eye):
            centres[side] += (neutral[eye] - state.model.mean[eye]).mean(axis=0)
    return centres


def gaze_rotation(gaze: FloatArray) -> FloatArray:
    """The 3 x 3 rotation of an eyeball that looks at (pitch, yaw) radians."""
    pitch, yaw = (float(angle) for angle in gaze)
    return rotation_matrix([0.0, yaw, 0.0]) @ rotation_matrix([-pitch, 0.0, 0.0])


def to_world(state: HeadState, vertices: FloatArray) -> FloatArray:
    """Points of the head's frame in the world, metres."""
    rotation = rotation_matrix(state.rotation).astype(np.float32)
    return vertices @ rotation.T + np.asarray(state.translation, np.float32)


def world_vertices(state: HeadState) -> FloatArray:
    """The head's vertices in the world, V x 3 metres."""
    return to_world(state, expressed_vertices(state))


def landmark_points(model: HeadModel, vertices: FloatArray) -> FloatArray:
    """The 468 landmarks on a set of vertices (V x C): 468 x C."""
    return np.einsum("lkc,lk->lc", vertices[model.landmark_triangles], model.landmark_weights)


def as_fitted(state: HeadState) -> HeadState:
    """The fit that an edited head came from; the head itself when nothing edited it."""
    return state if state.reference is None else state.reference


def edited(state: HeadState, **changes: object) -> HeadState:
    """A changed copy that remembers the fit it came from."""
    return replace(state, reference=as_fitted(state), **changes)  # type: ignore[arg-type]
