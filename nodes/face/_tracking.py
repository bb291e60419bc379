"""Following faces through a clip: motion first, identity where motion cannot tell.

A tracked face is read from the crop that its last landmarks ask for, without detection. Detection
runs on the first frame, every few frames, after a cut and whenever a face was lost. A face that
appears is compared by its identity embedding with those lost before, so that people who leave,
are hidden, or come back after a cut keep their number.

The state that goes from frame to frame is plain data (numbers, texts, arrays), so that it can be
stored and the clip continued from any checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nodes.face._crops import Crop
from nodes.face._detector import covered, detect, load_detector, overlap
from nodes.face._identity import embeddings, load_embedder
from nodes.face._landmarks import (
    KEY_POINTS,
    LandmarkRuntime,
    Reading,
    crop_of_key_points,
    crop_of_landmarks,
    load_landmarker,
)
from nodes.face._reading import PRESENT, read_refined
from nodes.face._smoothing import Tuning, one_euro
from nodes.sdk.context import Context
from nodes.sdk.values import Face
from nodes.sdk.values.arrays import FloatArray

#: Above this cosine a face that appears is the one that was lost.
_SAME_PERSON = 0.42
#: Below this cosine a followed face has become somebody else.
_OTHER_PERSON = 0.22
#: Frames between two looks at a followed face's identity.
_VERIFY_EVERY = 12
#: Mean difference of thumbnails, 0..1, that counts as a cut.
_CUT = 0.12
_THUMBNAIL = (32, 18)
#: Faces remembered after they were lost.
_MEMORY = 256
#: Mean difference of a face's look between two frames, 0..1, after which its identity is looked at.
_CHANGED_LOOK = 0.07
#: A crop is kept as it is while the face asks for one that differs by less than this share.
_STILL = 0.04

State = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """How a clip is followed.

    Attributes:
        threshold: the detector's least score.
        smallest: the smallest face looked for, in pixels.
        most: how many faces are followed.
        detect_every: frames between two looks for new faces.
        smoothing: 0 none .. 1 strong.
        fps: frames a second.
    """

    threshold: float = 0.6
    smallest: float = 40.0
    most: int = 10
    detect_every: int = 5
    smoothing: float = 0.5
    fps: float = 25.0


def start() -> State:
    """The state before the first frame."""
    return {"tracks": (), "lost": (), "next": 0, "since": 0, "thumbnail": None}


def step(
    state: State | None, picture: FloatArray, options: Options, context: Context
) -> tuple[list[Face], State]:
    """The faces of the next frame, largest first, and the state after it."""
    state = state or start()
    runtime = load_landmarker(context)
    thumbnail = _thumbnail(picture)
    before = state["thumbnail"]
    cut = before is not None and float(np.abs(thumbnail - before).mean()) > _CUT
    tracks = [dict(track) for track in state["tracks"]]
    lost = [dict(track) for track in state["lost"]]
    following: list[State] = []
    if cut:
        lost += tracks
    else:
        following, gone = _follow(runtime, picture, tracks)
        lost += gone
    following, changed = _verified(following, picture, context)
    lost += changed
    since = state["since"] + 1
    must_look = cut or bool(len(following) < len(state["tracks"])) or not state["tracks"]
    number = state["next"]
    if must_look or since >= options.detect_every:
        since = 0
        fresh = _appeared(runtime, picture, following, options, context)
        fresh, lost, number = _recognised(fresh, following, lost, number, picture, context)
        following += fresh
    following.sort(key=lambda track: -_extent(track["points"]))
    lost += following[options.most :]
    following = following[: options.most]
    height, width = picture.shape[:2]
    faces = [_smoothed_face(runtime, track, options, width, height) for track in following]
    after = {
        "tracks": tuple(_kept(track) for track in following),
        "lost": tuple(_forgotten(track) for track in lost)[-_MEMORY:],
        "next": number,
        "since": since,
        "thumbnail": thumbnail,
    }
    return faces, after


def _thumbnail(picture: FloatArray) -> FloatArray:
    """A tiny grey copy, taken from every few rows and columns."""
    import cv2

    height, width = picture.shape[:2]
    if not picture.size:
        return np.zeros(_THUMBNAIL[::-1], np.float32)
    coarse = picture[:: max(1, height // 90), :: max(1, width // 160)]
    small = cv2.resize(np.ascontiguousarray(coarse), _THUMBNAIL, interpolation=cv2.INTER_AREA)
    grey: FloatArray = np.nan_to_num(small.mean(axis=2)).astype(np.float32)
    return grey


def _follow(
    runtime: LandmarkRuntime, picture: FloatArray, tracks: list[State]
) -> tuple[list[State], list[State]]:
    """Tracks read again in a new frame, and those that are not seen any more."""
    seen: list[State] = []
    gone: list[State] = []
    for track in tracks:
        crop = _steady_crop(track)
        reading = runtime.read(picture, crop)
        asks = crop_of_landmarks(reading.points)
        jumped = not 0.6 < asks.size / crop.size < 1.6
        doubled = bool(seen) and (
            overlap(_box(reading.points), np.stack([_box(other["points"]) for other in seen])).max() > 0.5
        )
        if reading.presence < PRESENT or jumped or doubled:
            gone.append(track)
            continue
        if abs(asks.centre[0] - crop.centre[0]) + abs(asks.centre[1] - crop.centre[1]) > 0.18 * crop.size:
            # The face moved far within the crop: read it again from where it is now.
            reading = runtime.read(picture, asks)
            crop = asks
        track.update(
            points=reading.points,
            level=reading.level,
            score=reading.presence,
            crop=_crop_array(crop),
            age=track["age"] + 1,
            doubted=float(np.abs(reading.look - track["look"]).mean()) > _CHANGED_LOOK,
            look=reading.look,
        )
        seen.append(track)
    return seen, gone


def _steady_crop(track: State) -> Crop:
    """Where to look for a face: the crop of before, unless the face asks for a clearly different one.

    Reading again from a crop that moves with every tremble of the landmarks would keep the tremble.
    """
    x, y, size, angle = (float(v) for v in track["crop"])
    asks = crop_of_landmarks(track["points"])
    moved = max(abs(asks.centre[0] - x), abs(asks.centre[1] - y), abs(asks.size - size)) / size
    turned = abs((asks.angle - angle + np.pi) % (2 * np.pi) - np.pi)
    return Crop((x, y), size, angle) if moved < _STILL and turned < _STILL else asks


def _verified(tracks: list[State], picture: FloatArray, context: Context) -> tuple[list[State], list[State]]:
    """Tracks that are still who they were, and those whose place another person has taken.

    Looked at every few frames, and at once when a face looks suddenly different, as after a cut
    between two people in the same place. What is learnt is averaged over the clip.
    """
    due = [
        track
        for track in tracks
        if track["doubted"] or (track["age"] % _VERIFY_EVERY == 0 and _is_frontal(track))
    ]
    if not due:
        return tracks, []
    faces = [_bare_face(track) for track in due]
    changed = []
    for track, vector in zip(due, embeddings(load_embedder(context), picture, faces), strict=True):
        if float(vector @ track["identity"]) < _OTHER_PERSON:
            changed.append(track)
            continue
        if _is_frontal(track):
            track["identity"] = _averaged(track["identity"], vector, track["looks"])
            track["looks"] = min(track["looks"] + 1, 20)
    return [track for track in tracks if not any(track is other for other in changed)], changed


def _is_frontal(track: State) -> bool:
    eyes, face = track["points"][[33, 263], 0], track["points"][[234, 454], 0]
    return bool(abs(eyes.mean() - face.mean()) < 0.25 * max(float(np.ptp(face)), 1e-6))


def _averaged(old: FloatArray, new: FloatArray, looks: int) -> FloatArray:
    mean = old * looks + new
    result: FloatArray = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
    return result


def _appeared(
    runtime: LandmarkRuntime, picture: FloatArray, following: list[State], options: Options, context: Context
) -> list[State]:
    """Faces found by detection that are not followed yet."""
    found = detect(load_detector(context), picture, threshold=options.threshold, smallest=options.smallest)
    fresh: list[State] = []
    for box, points, score in zip(found.boxes, found.key_points, found.scores, strict=True):
        taken = [_box(track["points"]) for track in (*following, *fresh)]
        if taken and covered(box, np.stack(taken)) > 0.4:
            continue
        reading = read_refined(runtime, picture, crop_of_key_points(box, points), 2)
        if reading.presence < PRESENT:
            continue
        if taken and overlap(_box(reading.points), np.stack(taken)).max() > 0.4:
            continue
        fresh.append(
            {
                "points": reading.points,
                "level": reading.level,
                "score": float(score),
                "crop": _crop_array(crop_of_landmarks(reading.points)),
                "age": 1,
                "doubted": False,
                "look": reading.look,
                "looks": 1,
                "filter": None,
            }
        )
    return fresh


def _recognised(
    fresh: list[State],
    following: list[State],
    lost: list[State],
    number: int,
    picture: FloatArray,
    context: Context,
) -> tuple[list[State], list[State], int]:
    """New tracks with their numbers: those of lost faces they resemble most, or new ones."""
    if not fresh:
        return [], lost, number
    vectors = embeddings(load_embedder(context), picture, [_bare_face(track) for track in fresh])
    busy = {track["id"] for track in following}
    remembered = {track["id"]: track for track in lost if track["id"] not in busy}
    pairs = sorted(
        (
            (float(vector @ old["identity"]), index, identity)
            for index, vector in enumerate(vectors)
            for identity, old in remembered.items()
        ),
        reverse=True,
    )
    given: dict[int, int] = {}
    for likeness, index, identity in pairs:
        if likeness < _SAME_PERSON:
            break
        if index not in given and identity not in given.values():
            given[index] = identity
    for index, (track, vector) in enumerate(zip(fresh, vectors, strict=True)):
        if index in given:
            old = remembered[given[index]]
            track["id"] = given[index]
            track["identity"] = _averaged(old["identity"], vector, old["looks"])
            track["looks"] = old["looks"]
        else:
            track["id"], number = number, number + 1
            track["identity"] = vector
    lost = [track for track in lost if track["id"] not in given.values()]
    return fresh, lost, number


def tunings(smoothing: float) -> tuple[Tuning, Tuning]:
    """Filters for landmarks (speeds in face sizes a second) and for coefficients, from 0..1."""
    rest, eager = 6.0 * 0.1**smoothing, 60.0 * 0.25**smoothing
    return Tuning(rest, eager, 4.0), Tuning(rest * 2.0, eager / 3.0, 4.0)


def _smoothed_face(runtime: LandmarkRuntime, track: State, options: Options, width: int, height: int) -> Face:
    """The face of a track, its filter's memory brought forward."""
    points = track["points"]
    coefficients = runtime.coefficients(Reading(points, track["score"], track["level"], track["look"]))
    if options.smoothing > 0:
        memory = track["filter"] or {"points": None, "coefficients": None}
        for_points, for_coefficients = tunings(options.smoothing)
        seconds = 1.0 / max(options.fps, 1.0)
        unit = _extent(points)
        points, kept = one_euro(memory["points"], points, seconds, for_points, unit)
        coefficients, kept_too = one_euro(memory["coefficients"], coefficients, seconds, for_coefficients)
        track["filter"] = {"points": kept, "coefficients": kept_too}
    return runtime.placed(points, coefficients, width, height, float(track["score"]), int(track["id"]))


def _bare_face(track: State) -> Face:
    """A face with only what alignment needs."""
    return Face(
        box=_box(track["points"]),
        landmarks=track["points"],
        key_points=np.ascontiguousarray(track["points"][list(KEY_POINTS), :2]),
    )


def _box(points: FloatArray) -> FloatArray:
    return np.concatenate([points[:468, :2].min(axis=0), points[:468, :2].max(axis=0)])


def _extent(points: FloatArray) -> float:
    return float(np.ptp(points[:468, :2], axis=0).max())


def _crop_array(crop: Crop) -> FloatArray:
    return np.array([*crop.centre, crop.size, crop.angle], np.float32)


def _kept(track: State) -> State:
    """What the next frame needs of a followed face."""
    return {key: value for key, value in track.items() if key != "level"}


def _forgotten(track: State) -> State:
    """What is remembered of a lost face."""
    return {key: track[key] for key in ("id", "identity", "looks")}
