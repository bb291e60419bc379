"""Performances, and what they make of portraits; shared by the benchmarks of edits and swaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from nodes.edit.edit_portrait import edit_portrait
from nodes.edit.retarget_motion import retarget_motion
from nodes.face.face_landmarks import face_landmarks
from nodes.face.track_faces import track_faces
from nodes.portrait.landmarks68 import AS_68, measures
from nodes.raster.geometry import rotation_vector
from nodes.sdk.values import Faces, Image
from nodes.sdk.values.arrays import FloatArray
from tests.bench.edit_material import CONTEXT, identity_of, sitter
from tests.bench.edit_measures import contrast, read_again, second_agreements, skin_patch, trembling
from tests.bench.face_material import frames
from tests.samples import SAMPLES

CLIPS = ("driving_d0.mp4", "driving_d3.mp4", "driving_d18.mp4")
PORTRAITS = ("s42", "s12", "astronaut")
FRAMES = 60


@dataclass
class Reenactment:
    """What one performance made of one portrait, frame by frame.

    Attributes:
        asked, seen: N x 52, the driver's coefficients and the result's.
        wanted: N x 52, what the result was to show (the driver's movement on this face).
        asked_again, seen_again: N x 7 by the second reader; empty when it is not here.
        likeness: N cosines. turned: N degrees of rotation missed.
        flicker: high-frequency energy of the nose's bridge over the driver's own. contrasted: the
            same, each as a share of its skin's contrast.
        tiles: some frames of driver and result.
    """

    asked: list[FloatArray] = field(default_factory=list)
    seen: list[FloatArray] = field(default_factory=list)
    wanted: list[FloatArray] = field(default_factory=list)
    asked_again: list[FloatArray] = field(default_factory=list)
    seen_again: list[FloatArray] = field(default_factory=list)
    likeness: list[float] = field(default_factory=list)
    turned: list[float] = field(default_factory=list)
    flicker: float = 0.0
    contrasted: float = 0.0
    tiles: list[tuple[FloatArray, FloatArray]] = field(default_factory=list)


@cache
def performance(clip: str) -> tuple[list[FloatArray], list[Faces], list[FloatArray | None]]:
    """Frames of a driving clip, its tracked faces, and the second reader's measures."""
    pictures = list(frames(Path(SAMPLES / "driving" / clip), FRAMES))
    state, found = None, []
    for pixels in pictures:
        result = track_faces(Image(pixels), previous=state, context=CONTEXT)
        state = result.state
        found.append(result.result)
    again = [read_again(pixels, faces) for pixels, faces in zip(pictures, found, strict=True)]
    return pictures, found, again


@cache
def reenacted(clip: str, name: str) -> Reenactment:
    """A performance on a portrait."""
    pictures, driving, driver_again = performance(clip)
    who = sitter(name)
    out = Reenactment()
    state = tracking = None
    own, made = [], []
    for number, faces in enumerate(driving):
        carried = retarget_motion(who.head, faces, portrait=who.faces, previous=state)
        state = carried.state
        result = edit_portrait(who.image, carried.result, who.parsing, context=CONTEXT)
        got = face_landmarks(result, context=CONTEXT)
        followed = track_faces(result, previous=tracking, context=CONTEXT)
        tracking = followed.state
        own.append(skin_patch(pictures[number], faces))
        made.append(skin_patch(result.pixels, followed.result))
        if not len(got) or not len(faces):
            continue
        out.seen.append(got[0].coefficients)
        out.asked.append(faces[0].coefficients)
        out.wanted.append(np.clip(who.faces[0].coefficients + state[0], 0.0, 1.0))
        again = read_again(result.pixels, got)
        driver = driver_again[number]
        if again is not None and driver is not None:
            out.seen_again.append(again)
            out.asked_again.append(driver)
        out.likeness.append(float(identity_of(result, got) @ who.identity))
        want = faces[0].rotation @ driving[0][0].rotation.T
        have = got[0].rotation @ who.faces[0].rotation.T
        out.turned.append(float(np.degrees(np.linalg.norm(rotation_vector(want @ have.T)))))
        if number % (FRAMES // 6) == 5:
            out.tiles.append((pictures[number], result.pixels))
    out.flicker = trembling(made) / max(trembling(own), 1e-5)
    out.contrasted = out.flicker * contrast(own) / max(contrast(made), 1e-5)
    return out


def performers_likeness(clip: str) -> tuple[float, float]:
    """How like their own first frame a performer stays: mean and fifth percentile of the cosine."""
    pictures, driving, _ = performance(clip)
    first = identity_of(Image(pictures[0]), driving[0])
    found = [
        float(identity_of(Image(pixels), faces) @ first)
        for pixels, faces in list(zip(pictures, driving, strict=True))[::4]
        if len(faces)
    ]
    return float(np.mean(found)), float(np.percentile(found, 5))


def readers_agree(clip: str) -> dict[str, float]:
    """How far the two readers agree on a performer: what a correlation between them can reach."""
    _, driving, again = performance(clip)
    pairs = [
        (measures(faces[0].landmarks[list(AS_68), :2]), other)
        for faces, other in zip(driving, again, strict=True)
        if other is not None and len(faces)
    ]
    if not pairs:
        return {}
    return second_agreements(np.array([b for _, b in pairs]), np.array([a for a, _ in pairs]))
