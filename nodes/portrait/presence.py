"""What a clip's faces say about an edit: whether its face is seen, and what to tell about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nodes.head._fit import eye_distance
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Face, Faces, HeadState

#: How far a face may be from where the head was, in eye distances, and still be the same one.
_REACH = 4.0
#: More of the landmarks than this share outside the picture: the face is cut.
_CUT = 0.04
#: A source smaller than this share of the target's size looks soft.
_SMALL = 0.45


def seen_share(around: Sequence[Faces] | None, head: HeadState, when_lost: str, context: Context) -> float:
    """How much of an edit to show at a frame, 0..1, by whether its face is seen there.

    Args:
        around: the faces of the frames about this one, this one in the middle; None when unknown.
        head: the head at this frame; where its face is expected.
        when_lost: "hold" goes on, "fade out" eases off and on within the window, "fail" raises.

    Raises:
        NodeError: when the face is lost and `when_lost` is "fail".
    """
    if not around:
        return 1.0
    middle = len(around) // 2
    faces = around[middle]
    if len(faces) > 1 and not any(face.name for face in faces):
        context.notice(f"{len(faces)} faces are in the picture and none was chosen: the fitted head's counts")
    seen = [_is_seen(frame, head) for frame in around]
    if seen[middle]:
        return 1.0
    if when_lost == "fail":
        raise NodeError(
            "the face is not seen in this frame", hint="Set 'When lost' to hold or fade out, or cut the clip"
        )
    if when_lost == "hold":
        context.notice("the face is not seen: the last one is held")
        return 1.0
    away = min((abs(place - middle) for place, found in enumerate(seen) if found), default=len(around))
    context.notice("the face is not seen: the edit is faded out")
    return float(np.clip(1.0 - away / (middle + 1.0), 0.0, 1.0))


def _is_seen(faces: Faces, head: HeadState) -> bool:
    if not len(head.landmarks):
        return len(faces) > 0
    middle = head.landmarks[: min(468, len(head.landmarks)), :2].mean(axis=0)
    reach = _REACH * eye_distance(head.landmarks) if len(head.landmarks) >= 468 else np.inf
    return any(float(np.linalg.norm(_middle(face) - middle)) < reach for face in faces)


def _middle(face: Face) -> np.ndarray:
    if len(face.landmarks):
        return np.asarray(face.landmarks[:468, :2].mean(axis=0))
    return np.asarray((face.box[:2] + face.box[2:]) / 2)


def tell_if_cut(fit: HeadState, context: Context, whose: str = "the face") -> bool:
    """Put a notice on the node when the picture's border cuts a face; whether it does."""
    points = fit.landmarks[:468, :2]
    if not len(points):
        return False
    outside = (points < 0).any(axis=1) | (points > (fit.camera.width, fit.camera.height)).any(axis=1)
    cut = float(outside.mean()) > _CUT
    if cut:
        context.notice(f"{whose} is cut by the picture's border: what lies outside is guessed")
    return cut


def tell_if_small(source: HeadState, target: HeadState, context: Context) -> bool:
    """Put a notice on the node when a source is much smaller than its target; whether it is."""
    if len(source.landmarks) < 468 or len(target.landmarks) < 468:
        return False
    times = eye_distance(target.landmarks) / max(eye_distance(source.landmarks), 1e-3)
    small = times > 1.0 / _SMALL
    if small:
        context.notice(f"the source's face is {times:.1f} times smaller than the target's: it will look soft")
    return small
