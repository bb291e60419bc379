"""Putting a moment of a motion onto a fitted head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.sdk.values import ARKIT_NAMES, HeadState, Motion
from nodes.sdk.values.arrays import FloatArray, host_array

_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
#: The mouth's coefficients, and those that hold the lips apart or together by themselves.
MOUTH = np.array([name.startswith(("mouth", "jaw", "tongue")) or name == "cheekPuff" for name in ARKIT_NAMES])
_MANNER = np.array(
    [name.startswith(("mouthSmile", "mouthFrown", "mouthDimple", "cheekSquint")) for name in ARKIT_NAMES]
)
_ROUND = (_INDEX["mouthPucker"], _INDEX["mouthFunnel"])
#: How much of a smile goes while the lips are fully round.
_YIELDS = 0.85
#: Lips of a surface that was bent onto a photograph touch at this gap of the landmarks, in metres.
_TOUCHING = 0.0004
#: By how much mouthClose may exceed jawOpen to close lips that were parted in the picture.
_MOST_CLOSED = 0.4
#: Inner lip landmarks, upper and lower.
_UPPER, _LOWER = (81, 82, 13, 312, 311), (178, 87, 14, 317, 402)


@dataclass(frozen=True)
class Moment:
    """A motion at one time.

    Attributes:
        coefficients: 52.
        rotation: 3 radians; translation: 3 metres; gaze: 2 x 2 radians.
    """

    coefficients: FloatArray
    rotation: FloatArray
    translation: FloatArray
    gaze: FloatArray


def at_time(motion: Motion, seconds: float, after_end: str) -> Moment:
    """The motion at a time, blended between its frames.

    Args:
        seconds: since its start; before it the first frame holds.
        after_end: "hold", "loop", or "rest": all that it does fades within a third of a second.
    """
    count = len(motion.coefficients)
    if not count:
        zero = np.zeros(3, np.float32)
        return Moment(np.zeros(52, np.float32), zero, zero, np.zeros((2, 2), np.float32))
    place, strength = seconds * motion.fps, 1.0
    if after_end == "loop":
        place %= count
    elif after_end == "rest":
        over = max(place - (count - 1), -place, 0.0) / motion.fps
        strength = float(np.clip(1.0 - over / 0.33, 0.0, 1.0))
    place = min(max(place, 0.0), count - 1.0)
    low = int(place)
    high = (low + 1) % count if after_end == "loop" else min(low + 1, count - 1)
    share = np.float32(place - low)

    def blend(values: FloatArray) -> FloatArray:
        values = host_array(values)
        return np.asarray((values[low] * (1 - share) + values[high] * share) * strength, np.float32)

    return Moment(
        *(blend(v) for v in (motion.coefficients, motion.rotation, motion.translation, motion.gaze))
    )


def applied(
    head: HeadState, moment: Moment, *, mouth: float, face: float, turn: float, gaze: float, keep: float
) -> HeadState:
    """The head as the motion has it at a moment.

    Args:
        head: as fitted, or edited.
        moment: of the motion.
        mouth, face, turn, gaze: how much of the motion each takes.
        keep: how much of the smile or frown that the head already has stays while it talks.
    """
    from nodes.head._shape import edited
    from nodes.raster.geometry import rotation_matrix, rotation_vector

    own = np.asarray(head.expression, np.float32)
    # Lips cannot smile and be round at once.
    rounded = min(float(moment.coefficients[list(_ROUND)].sum()), 1.0)
    stays = np.where(_MANNER, keep * (1.0 - _YIELDS * rounded), 0.0)
    wanted = np.where(
        MOUTH,
        own * ((1.0 - mouth) + mouth * stays) + mouth * moment.coefficients,
        own + face * moment.coefficients,
    )
    wanted = np.clip(wanted, np.minimum(own, 0.0), np.maximum(own, 1.0)).astype(np.float32)
    if mouth > 0:
        wanted = with_lips_apart(head, wanted, _gap_wanted(moment, mouth), mouth)
    turned = rotation_matrix(turn * moment.rotation) @ rotation_matrix(head.rotation)
    return edited(
        head,
        expression=wanted,
        rotation=rotation_vector(turned).astype(np.float32),
        translation=(head.translation + turn * moment.translation).astype(np.float32),
        gaze=np.clip(head.gaze + gaze * moment.gaze, -0.9, 0.9).astype(np.float32),
    )


def _gap_wanted(moment: Moment, mouth: float) -> float:
    """Metres between the lips beyond touching."""
    from nodes.voice.lips import lip_gap

    return max(float(lip_gap(moment.coefficients[None])[0]), 0.0) * mouth / 1000.0


def with_lips_apart(head: HeadState, expression: FloatArray, gap: float, share: float) -> FloatArray:
    """The expression with jaw and lips corrected so that this head's lips are `gap` metres apart.

    A face that was fitted smiling, or whose surface was bent onto a photograph, does not close its
    lips where an average head does; its own geometry says how much is missing.
    """
    rest, effect = lip_geometry(head)
    corrected = expression.copy()
    jaw, close = _INDEX["jawOpen"], _INDEX["mouthClose"]
    now = rest + float(effect @ expression)
    over = (now - gap) * share
    if over > 0 and effect[close] < 0:
        corrected[close] = min(corrected[close] + over / -effect[close], corrected[jaw] + _MOST_CLOSED, 1.0)
    elif over < 0 and effect[jaw] > 0:
        loosened = min(corrected[close], -over / max(-effect[close], 1e-6))
        corrected[close] -= loosened
        over += loosened * max(-float(effect[close]), 0.0)
        corrected[jaw] = min(corrected[jaw] - min(over, 0.0) / effect[jaw], 1.0)
    return corrected


def lip_geometry(head: HeadState) -> tuple[float, FloatArray]:
    """(gap of the lips without expression, its change per coefficient: 52), metres on this head.

    The gap counts from where the lips touch: on the model at rest, where its landmarks are a little
    apart; on a surface that was bent onto a photograph, where they meet.
    """
    from nodes.head._shape import neutral_vertices

    model = head.model
    neutral = neutral_vertices(head)

    def height(vertices: FloatArray, rows: tuple[int, ...]) -> FloatArray:
        picked = list(rows)
        corner, weight = model.landmark_triangles[picked], model.landmark_weights[picked]
        return np.einsum("...lk,lk->...", vertices[..., corner, 1], weight) / len(picked)

    def gap(vertices: FloatArray) -> FloatArray:
        return height(vertices, _UPPER) - height(vertices, _LOWER)

    touching = _TOUCHING if len(head.offsets) else float(gap(model.mean))
    return float(gap(neutral)) - touching, np.asarray(gap(model.expression), np.float32)
