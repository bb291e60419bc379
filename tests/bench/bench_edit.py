"""How near edited portraits come to what was asked, and what they keep.

The landmarker that scores is the one that steers, on a picture read anew from detection: no other
reader of the 52 coefficients is to be had. Turns are scored the same way.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from nodes.edit.edit_expression import edit_expression
from nodes.edit.edit_portrait import edit_portrait
from nodes.edit.retarget_motion import retarget_motion
from nodes.face._pose import angles_of
from nodes.face.face_landmarks import face_landmarks
from nodes.face.track_faces import track_faces
from nodes.portrait.editing import portrait_of
from nodes.raster.geometry import rotation_vector
from nodes.sdk.values import ARKIT_NAMES, Faces, HeadState, Image
from nodes.sdk.values.arrays import FloatArray
from nodes.swap.swap_face import swap_face
from tests.bench.edit_material import (
    CONTEXT,
    EXPRESSIONS,
    PORTRAITS,
    identity_of,
    named,
    present,
    sheet,
    sitter,
    zooms,
)
from tests.bench.face_material import frames
from tests.bench.table import Row
from tests.samples import SAMPLES

_CLIPS = ("driving_d0.mp4", "driving_d3.mp4", "driving_d18.mp4")
_FRAMES = 60
_REENACTED = ("s42", "s12", "astronaut")
_SWAPPED = ("s42", "s1", "s12", "s5")


def rows() -> list[Row]:
    """All figures; empty without samples or models."""
    if not present():
        return []
    return [*stills(), *turns(), *reenactment(), *swaps(), *speed()]


def stills() -> list[Row]:
    misses: dict[str, list[float]] = {}
    plain: list[float] = []
    likeness, outside = [], []
    exact = 1.0
    for name in PORTRAITS:
        who = sitter(name)
        before = who.faces[0].coefficients
        same = edit_portrait(who.image, edit_expression(who.head), who.parsing, context=CONTEXT)
        exact = min(exact, float(np.array_equal(same.pixels, who.image.pixels)))
        tiles, close = [who.image.pixels], zooms(who.image, who.head)
        details = [close]
        for word, change in EXPRESSIONS.items():
            head = edit_expression(who.head, **change)
            made = edit_portrait(who.image, head, who.parsing, context=CONTEXT)
            bare = edit_portrait(who.image, head, calibrate=False, folds=0.0, context=CONTEXT)
            tiles.append(made.pixels)
            if word in ("laugh", "blink", "brows up", "pucker"):
                details.append(zooms(made, who.head))
            seen, uncalibrated = (face_landmarks(part, context=CONTEXT) for part in (made, bare))
            for coefficient, value in change.items():
                asked = min(max(named(before, coefficient) + value, 0.0), 1.0)
                if len(seen):
                    got = named(seen[0].coefficients, coefficient)
                    misses.setdefault(coefficient, []).append(abs(got - asked))
                if len(uncalibrated):
                    plain.append(abs(named(uncalibrated[0].coefficients, coefficient) - asked))
            likeness.append(float(identity_of(made, seen) @ who.identity) if len(seen) else 0.0)
            if who.parsing is not None:
                outside.append(
                    _outside(who.image, made, portrait_of(who.head, who.image, who.parsing).follow)
                )
        sheet(f"stills_{name}", [tiles[i : i + 7] for i in range(0, len(tiles), 7)])
        sheet(f"zooms_{name}", details)
    every = [miss for found in misses.values() for miss in found]
    each = ", ".join(f"{name} {np.median(found):.2f}" for name, found in sorted(misses.items()))
    result = [
        Row(
            "edit: asked against seen, median",
            float(np.median(every)),
            "",
            0.15,
            "lower",
            beside=f"uncalibrated {np.median(plain):.2f}",
            note=each,
        ),
        Row("edit: identity with an expression, mean", float(np.mean(likeness)), "cosine", 0.85, "higher"),
        Row("edit: neutral sliders give the picture back", exact, "", 1.0, "higher"),
    ]
    if outside:
        result.append(Row("edit: outside the edited part, least", min(outside), "dB", 50.0, "higher"))
    return result


def _outside(before: Image, after: Image, follow: tuple[FloatArray, FloatArray] | None) -> float:
    """PSNR over what an expression must not touch; 99 when it is untouched."""
    if follow is None:
        return 99.0
    still = np.ones(before.pixels.shape[:2], bool)
    part = follow[0] > 0
    if part.shape != still.shape:
        return 99.0
    still &= ~part
    error = float(((after.pixels - before.pixels)[still] ** 2).mean()) if still.any() else 0.0
    return 99.0 if error < 1e-10 else float(-10 * np.log10(error))


def turns() -> list[Row]:
    misses, likeness, lines = [], [], []
    for name in PORTRAITS:
        who = sitter(name)
        line = [who.image.pixels]
        for yaw in (-15.0, 15.0):
            result = edit_portrait(
                who.image, edit_expression(who.head, yaw=yaw), who.parsing, context=CONTEXT
            )
            line.append(result.pixels)
            seen = face_landmarks(result, context=CONTEXT)
            if len(seen):
                turned = angles_of(seen[0].rotation @ who.faces[0].rotation.T).yaw
                misses.append(abs(turned - yaw))
                likeness.append(float(identity_of(result, seen) @ who.identity))
        lines.append(line)
    sheet("turns", lines)
    return [
        Row("edit: a turn of 15 degrees, mean miss", float(np.mean(misses)), "degrees", 2.0, "lower"),
        Row("edit: identity turned by 15 degrees, mean", float(np.mean(likeness)), "cosine", 0.75, "higher"),
    ]


def _performance(clip: Path) -> tuple[list[FloatArray], list[Faces]]:
    pictures = list(frames(clip, _FRAMES))
    state, found = None, []
    for pixels in pictures:
        result = track_faces(Image(pixels), previous=state, context=CONTEXT)
        state = result.state
        found.append(result.result)
    return pictures, found


def reenactment() -> list[Row]:
    agreement, likeness, turned, flicker = [], [], [], []
    for clip in _CLIPS:
        pictures, driving = _performance(SAMPLES / "driving" / clip)
        for name in _REENACTED:
            who = sitter(name)
            state, seen, asked, line = None, [], [], []
            made: list[FloatArray] = []
            for number, faces in enumerate(driving):
                carried = retarget_motion(who.head, faces, portrait=who.faces, previous=state)
                state = carried.state
                result = edit_portrait(who.image, carried.result, who.parsing, context=CONTEXT)
                made.append(_static_skin(result, who.faces))
                got = face_landmarks(result, context=CONTEXT)
                if not len(got) or not len(faces):
                    continue
                seen.append(got[0].coefficients)
                asked.append(faces[0].coefficients)
                likeness.append(float(identity_of(result, got) @ who.identity))
                want = faces[0].rotation @ driving[0][0].rotation.T
                have = got[0].rotation @ who.faces[0].rotation.T
                turned.append(float(np.degrees(np.linalg.norm(rotation_vector(want @ have.T)))))
                if number % (_FRAMES // 6) == 5:
                    line.append((pictures[number], result.pixels))
            agreement += _correlations(np.array(asked), np.array(seen))
            own = [_static_skin(Image(p), f) for p, f in zip(pictures, driving, strict=True) if len(f)]
            flicker.append(_trembling(made) / max(_trembling(own), 1e-5))
            sheet(f"reenact_{Path(clip).stem}_{name}", [[a for a, _ in line], [b for _, b in line]])
    return [
        Row(
            "reenact: correlation over time, median coefficient",
            float(np.median(agreement)),
            "",
            0.85,
            "higher",
            note="same landmarker steers and scores; mean removed, std over .04",
        ),
        Row("reenact: identity, mean", float(np.mean(likeness)), "cosine", 0.80, "higher"),
        Row("reenact: identity, 5th percentile", float(np.percentile(likeness, 5)), "cosine", 0.60, "higher"),
        Row("reenact: head rotation, mean miss", float(np.mean(turned)), "degrees", 3.0, "lower"),
        Row(
            "reenact: flicker on the forehead beside the driver's",
            float(np.median(flicker)),
            "x",
            1.5,
            "lower",
        ),
    ]


def _correlations(asked: FloatArray, seen: FloatArray) -> list[float]:
    a, b = asked - asked.mean(axis=0), seen - seen.mean(axis=0)
    moving = [number for number in range(len(ARKIT_NAMES)) if a[:, number].std() > 0.04]
    return [
        float((a[:, n] * b[:, n]).sum() / np.sqrt((a[:, n] ** 2).sum() * (b[:, n] ** 2).sum() + 1e-12))
        for n in moving
    ]


def _static_skin(image: Image, faces: Faces) -> FloatArray:
    """Brightness of a small patch of the forehead, steadied on its landmark."""
    import cv2

    if not len(faces):
        return np.zeros((24, 24), np.float32)
    x, y = faces[0].landmarks[151, :2]
    side = 0.25 * float(np.linalg.norm(faces[0].landmarks[33, :2] - faces[0].landmarks[263, :2]))
    matrix = np.array(
        [[24 / (2 * side), 0, 12 - x * 24 / (2 * side)], [0, 24 / (2 * side), 12 - y * 24 / (2 * side)]]
    )
    grey = np.ascontiguousarray(image.pixels[..., :3].mean(axis=2))
    return np.asarray(cv2.warpAffine(grey, matrix, (24, 24), flags=cv2.INTER_AREA), np.float32)


def _trembling(patches: list[FloatArray]) -> float:
    """Energy of what changes from frame to frame and back: the second difference over time."""
    stack = np.array(patches)
    return float(np.abs(stack[2:] - 2 * stack[1:-1] + stack[:-2]).mean())


def swaps() -> list[Row]:
    nearer, expression, pose, lines = [], [], [], []
    for source in (sitter(name) for name in _SWAPPED):
        line = [source.image.pixels]
        for target in (sitter(name) for name in _SWAPPED):
            if target is source:
                line.append(source.image.pixels)
                continue
            result = swap_face(target.image, target.head, source.head, target.parsing, source.parsing)
            line.append(result.pixels)
            seen = face_landmarks(result, context=CONTEXT)
            if not len(seen):
                nearer.append(-1.0)
                continue
            who = identity_of(result, seen)
            nearer.append(float(who @ source.identity - who @ target.identity))
            expression.append(float(np.abs(seen[0].coefficients - target.faces[0].coefficients).mean()))
            change = rotation_vector(seen[0].rotation @ target.faces[0].rotation.T)
            pose.append(float(np.degrees(np.linalg.norm(change))))
        lines.append(line)
    sheet("swaps", lines)
    return [
        Row("swap: pairs nearer to the source", float(np.mean(np.array(nearer) > 0)), "", 1.0, "higher"),
        Row("swap: source's lead in identity, least", float(min(nearer)), "cosine", 0.0, "higher"),
        Row("swap: expression kept, mean miss", float(np.mean(expression)), "", None, "lower"),
        Row("swap: pose kept, mean miss", float(np.mean(pose)), "degrees", 3.9, "lower"),
    ]


def speed() -> list[Row]:
    who, other = sitter("s42"), sitter("s12")
    heads = [_moved(who.head, 0.02 * i) for i in range(12)]
    edits = [
        _timed(lambda head=head: edit_portrait(who.image, head, who.parsing, context=CONTEXT))
        for head in heads
    ]
    swap = [
        _timed(lambda: swap_face(who.image, who.head, other.head, who.parsing, other.parsing))
        for _ in range(6)
    ]
    return [
        Row("edit: frames a second at 512 px", 1.0 / float(np.median(edits[4:])), "1/s", 10.0, "higher"),
        Row("swap: frames a second at 512 px", 1.0 / float(np.median(swap[2:])), "1/s", 5.0, "higher"),
    ]


def _moved(head: HeadState, level: float) -> HeadState:
    sliders = {"jawOpen": level, "mouthSmileLeft": 0.3, "mouthSmileRight": 0.3}
    return edit_expression(head, **sliders, yaw=25.0 * level)


def _timed(work) -> float:  # type: ignore[no-untyped-def]
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
