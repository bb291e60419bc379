"""Moving expressions and shapes between heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nodes.head._regions import region_weights
from nodes.head._shape import edited, neutral_vertices
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.errors import NodeError
from nodes.sdk.values import HeadModel, HeadState, Image


def require_same_model(one: HeadModel, other: HeadModel) -> None:
    """Raise NodeError unless two heads are of the same model."""
    if one is not other and (one.name, one.mean.shape) != (other.name, other.mean.shape):
        raise NodeError(
            f"the heads are of different models ('{one.name}' and '{other.name}')",
            hint="Fit both with the same head model",
        )


def mixed(base: HeadState, other: HeadState, amounts: Mapping[str, float]) -> HeadState:
    """The base with parts of the other's shape.

    Args:
        amounts: how much of the other, by region; negative amounts exaggerate the base.
    """
    require_same_model(base.model, other.model)
    weights = region_weights(base.model)
    share = sum(amounts.get(name, 0.0) * weight for name, weight in weights.items())
    difference = neutral_vertices(other) - neutral_vertices(base)
    if not np.any(share):
        return base
    offsets = base.offsets if len(base.offsets) else np.zeros_like(base.model.mean)
    moved = offsets + np.asarray(share)[:, None] * difference
    return edited(base, offsets=moved.astype(np.float32))


def with_expression_of(
    head: HeadState,
    source: HeadState,
    neutral: HeadState | None,
    *,
    strength: float,
    pose: float,
    gaze: float,
) -> HeadState:
    """The head with another's expression.

    Without `neutral` the source's coefficients replace the head's own; with it, what the source
    does beyond its neutral is added to the head.

    Args:
        strength, pose, gaze: how much is taken, 0..1 or more.
    """
    require_same_model(head.model, source.model)
    if neutral is None:
        expression = head.expression + strength * (source.expression - head.expression)
        look = head.gaze + gaze * (source.gaze - head.gaze)
        turn = rotation_matrix(source.rotation) @ rotation_matrix(head.rotation).T
    else:
        expression = head.expression + strength * (source.expression - neutral.expression)
        look = head.gaze + gaze * (source.gaze - neutral.gaze)
        turn = rotation_matrix(source.rotation) @ rotation_matrix(neutral.rotation).T
    part = rotation_matrix(pose * rotation_vector(turn))
    return edited(
        head,
        expression=np.clip(expression, 0.0, np.maximum(head.expression, 1.0)).astype(np.float32),
        gaze=look.astype(np.float32),
        rotation=rotation_vector(part @ rotation_matrix(head.rotation)).astype(np.float32),
    )


def with_attributes(head: HeadState, changes: Mapping[str, float]) -> HeadState:
    """The head with identity coefficients changed by name, in standard deviations of the model.

    The person's own deviation, in the other coefficients and in `offsets`, stays.

    Raises:
        NodeError: when the model has no direction of such a name.
    """
    names = {name: number for number, name in enumerate(head.model.identity_names)}
    identity = head.identity.copy()
    for name, amount in changes.items():
        if not amount:
            continue
        if name not in names:
            raise NodeError(
                f"the head model '{head.model.name}' has no slider '{name}'",
                hint="Use a head that was fitted with the model that ships",
            )
        identity[names[name]] += amount
    return edited(head, identity=identity.astype(np.float32))


def with_texture(head: HeadState, texture: Image | None) -> HeadState:
    """The head with a painted texture, or with None its own again."""
    return replace(head, texture=texture)
