"""What swapped faces and heads keep of both people, and how steadily and fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import numpy as np

from nodes.edit.background_plate import background_plate
from nodes.edit.edit_expression import edit_expression
from nodes.edit.person_matte import person_matte
from nodes.face.face_landmarks import face_landmarks
from nodes.face.track_faces import track_faces
from nodes.head.track_head import track_head
from nodes.raster.geometry import rotation_vector
from nodes.sdk.values import HeadState, Image
from nodes.sdk.values.arrays import FloatArray
from nodes.swap.swap_face import swap_face
from nodes.swap.swap_head import swap_head
from tests.bench.edit_material import CONTEXT, Sitter, difference, identity_of, present, sheet, sitter, zooms
from tests.bench.edit_measures import skin_patch, trembling
from tests.bench.face_material import frames
from tests.bench.memory_material import grown
from tests.bench.reenact_material import PORTRAITS as REENACTED
from tests.bench.reenact_material import reenacted
from tests.bench.side_by_side import side_by_side
from tests.bench.table import Row
from tests.samples import SAMPLES

_SWAPPED = ("s42", "s1", "s12", "s5")
_OWN_CLIP = "driving_d3.mp4"
_TARGET_CLIP, _FRAMES = "driving_d0.mp4", 40


def rows() -> list[Row]:
    """All figures; empty without samples or models."""
    if not present():
        return []
    swaps = (("face", _face), ("head", _head))
    with side_by_side() as pool:
        remembered = [pool.submit(memory, name) for name, _ in swaps]
        own = pool.submit(_reenactments_own)
        clips = [pool.submit(_clip, name, work) for name, work in swaps]
        compared = [pool.submit(_pairs, name, work, *own.result()) for name, work in swaps]
        shown = [
            row
            for pair, clip in zip(compared, clips, strict=True)
            for row in (*pair.result(), *clip.result())
        ]
        kept = [part.result() for part in remembered]
    return [*shown, *(_speed(name, work) for name, work in swaps), *kept]


def memory(name: str) -> Row:
    """Growth over a thousand frames of swapping."""
    target, source = sitter("s42"), sitter("s12")
    matte = person_matte(target.image, context=CONTEXT)
    source_matte = person_matte(source.image, context=CONTEXT)
    plate = background_plate(target.image, matte, context=CONTEXT)

    def swapped(image: Image, fit: HeadState, number: int) -> None:
        sliders = {"jawOpen": 0.002 * (number % 100)}
        head = edit_expression(fit, **sliders)
        if name == "face":
            swap_face(
                image, head, source.head, target.parsing, source.parsing, calibrate_on=target.head,
                context=CONTEXT,
            )  # fmt: skip
        else:
            swap_head(
                image, head, source.head, target.parsing, source.parsing, matte, source_matte, plate,
                context=CONTEXT,
            )  # fmt: skip

    return grown(f"swap {name}", target, swapped)


#: A source, a target, and a head of the target's clip to calibrate on.
Swap = Callable[[Sitter, Sitter, HeadState | None], Image]


def _face(source: Sitter, target: Sitter, on: HeadState | None = None) -> Image:
    return swap_face(
        target.image,
        target.head,
        source.head,
        target.parsing,
        source.parsing,
        calibrate_on=on,
        context=CONTEXT,
    )


def _head(source: Sitter, target: Sitter, on: HeadState | None = None) -> Image:
    del on  # its calibration is the source's own
    return swap_head(target.image, target.head, source.head, target.parsing, source.parsing, context=CONTEXT)


def _reenactments_own() -> tuple[float, float]:
    """Expression and pose errors of reenactment, as swaps are measured: mean over coefficients, degrees."""
    made = [reenacted(_OWN_CLIP, name) for name in REENACTED]
    misses = [np.abs(np.array(m.seen) - np.array(m.wanted)).mean() for m in made]
    return float(np.mean(misses)), float(np.mean([np.mean(m.turned) for m in made]))


def _pairs(name: str, swap: Swap, own_expression: float, own_pose: float) -> list[Row]:
    nearer, expression, pose, lines, details = [], [], [], [], []
    for source_name, target_name in permutations(_SWAPPED, 2):
        source, target = sitter(source_name), sitter(target_name)
        result = swap(source, target, None)
        seen = face_landmarks(result, context=CONTEXT)
        tiles = [source.image.pixels, target.image.pixels, result.pixels]
        lines.append([*tiles, difference(target.image.pixels, result.pixels, 1.0)])
        details.append(zooms(result, target.head))
        if not len(seen):
            nearer.append(-1.0)
            continue
        who = identity_of(result, seen)
        nearer.append(float(who @ source.identity - who @ target.identity))
        expression.append(float(np.abs(seen[0].coefficients - target.faces[0].coefficients).mean()))
        change = rotation_vector(seen[0].rotation @ target.faces[0].rotation.T)
        pose.append(float(np.degrees(np.linalg.norm(change))))
    sheet(f"swap_{name}", lines)
    sheet(f"swap_{name}_zooms", details)
    return [
        Row(
            f"swap {name}: pairs nearer to the source",
            float(np.mean(np.array(nearer) > 0)),
            "",
            1.0,
            "higher",
        ),
        Row(f"swap {name}: source's lead in identity, least", min(nearer), "cosine", 0.0, "higher"),
        Row(
            f"swap {name}: expression kept, mean miss",
            float(np.mean(expression)),
            "",
            1.3 * own_expression,
            "lower",
            beside=f"reenactment's own {own_expression:.4f}",
            note="over 52 coefficients; the limit is 1.3 times reenactment's own",
        ),
        Row(
            f"swap {name}: pose kept, mean miss",
            float(np.mean(pose)),
            "degrees",
            1.3 * own_pose,
            "lower",
            beside=f"reenactment's own {own_pose:.2f}; a face swapped with itself {_floor(swap):.2f}",
            note=f"the limit is 1.3 times reenactment's own; worst pair {max(pose):.2f}",
        ),
    ]


def _floor(swap: Swap) -> float:
    """Degrees by which a person swapped with themselves is seen to turn: what reading alone makes of it."""
    found = []
    for name in _SWAPPED:
        who = sitter(name)
        seen = face_landmarks(swap(who, who, None), context=CONTEXT)
        if len(seen):
            change = rotation_vector(seen[0].rotation @ who.faces[0].rotation.T)
            found.append(float(np.degrees(np.linalg.norm(change))))
    return float(np.mean(found)) if found else 0.0


def _clip(name: str, swap: Swap) -> list[Row]:
    """A swap over a clip whose target moves: does it tremble more than the clip?"""
    from nodes.face.parse_face import parse_face

    source = sitter("s42")
    faces_state = head_state = made_state = first = None
    own: list[FloatArray | None] = []
    made: list[FloatArray | None] = []
    tiles = []
    for number, pixels in enumerate(frames(SAMPLES / "driving" / _TARGET_CLIP, _FRAMES)):
        image = Image(np.ascontiguousarray(pixels, np.float32))
        tracked = track_faces(image, previous=faces_state, context=CONTEXT)
        faces_state = tracked.state
        followed = track_head(tracked.result, image, previous=head_state, context=CONTEXT)
        head_state = followed.state
        parsing = parse_face(image, tracked.result, context=CONTEXT) if source.parsing else None
        target = Sitter("clip", image, tracked.result, followed.result, parsing, source.identity)
        first = first or replace(followed.result, picture=image)
        result = swap(source, target, first)
        seen = track_faces(result, previous=made_state, context=CONTEXT)
        made_state = seen.state
        own.append(skin_patch(pixels, tracked.result))
        made.append(skin_patch(result.pixels, seen.result))
        if number % (_FRAMES // 6) == 3:
            tiles.append((pixels, result.pixels))
    sheet(f"swap_{name}_clip", [[a for a, _ in tiles], [b for _, b in tiles]])
    ratio = trembling(made) / max(trembling(own), 1e-5)
    note = "second differences over time of the nose's bridge, riding on the head"
    return [
        Row(f"swap {name}: flicker over a clip beside the clip's own", ratio, "x", 1.5, "lower", note=note)
    ]


def _speed(name: str, swap: Swap) -> Row:
    """Over a clip: every frame is a picture, a parsing and a fit of its own; the plate is known."""
    source, target = sitter("s12"), sitter("s42")
    matte = person_matte(target.image, context=CONTEXT)
    source_matte = person_matte(source.image, context=CONTEXT)
    plate = background_plate(target.image, matte, context=CONTEXT)
    times = []
    for _ in range(9):
        image = Image(target.image.pixels.copy())
        head = replace(target.head, picture=image)
        parsing = None if target.parsing is None else replace(target.parsing)
        begin = time.perf_counter()
        if swap is _face:
            swap_face(
                image, head, source.head, parsing, source.parsing, calibrate_on=target.head, context=CONTEXT
            )
        else:
            swap_head(
                image, head, source.head, parsing, source.parsing, replace(matte), source_matte,
                replace(plate), context=CONTEXT,
            )  # fmt: skip
        times.append(time.perf_counter() - begin)
    return Row(
        f"swap {name}: frames a second at 512 px, a clip",
        1.0 / float(np.median(times[3:])),
        "1/s",
        5.0,
        "higher",
        note="every frame is a picture, a parsing and a fit of its own",
    )
