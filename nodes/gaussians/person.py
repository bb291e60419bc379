"""Several fits of one person brought to one identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nodes.head._fit import LandmarkFit, fit_landmarks
from nodes.head._landmarks import eye_distance
from nodes.head._surface import surface_offsets
from nodes.sdk import NodeError
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray

#: How free the identity of each photograph is, round by round, about the mean of all.
_ROUNDS = (0.4, 0.2)
_LAST = 0.05


def one_identity(fits: Sequence[HeadState]) -> list[HeadState]:
    """The fits again with an identity that they share; cameras and expressions stay nearly what they were.

    The identity is the mean of what the photographs say, better fits counting more, refined in rounds in
    which each starts from it with less freedom.

    Args:
        fits: as measured, of one head model, with the landmarks they were fitted to.

    Raises:
        NodeError: when they are of different head models.
    """
    first = fits[0]
    if any(fit.model is not first.model and fit.model.name != first.model.name for fit in fits):
        raise NodeError("the heads are of different head models", hint="Fit all photos with one model")
    if any(len(fit.identity) != len(first.identity) for fit in fits):
        raise NodeError("the heads are of different head models", hint="Fit all photos with one model")
    usable = [fit for fit in fits if len(fit.landmarks) >= 468]
    if len(fits) == 1 or len(usable) < 2:
        return list(fits)
    share = np.array([1.0 / max(fit.error, 0.005) for fit in usable])
    share /= share.sum()
    identity = share @ np.stack([fit.identity for fit in usable])
    for freedom in _ROUNDS:
        found = [_fitted(fit, identity, freedom).identity for fit in usable]
        identity = share @ np.stack(found)
    return [_again(fit, identity.astype(np.float32)) for fit in fits]


def _fitted(fit: HeadState, identity: FloatArray, freedom: float) -> LandmarkFit:
    camera = fit.camera
    return fit_landmarks(
        fit.model,
        fit.landmarks,
        fit.expression,
        centre=(camera.centre_x, camera.centre_y),
        focal=camera.focal,
        focal_known=True,
        identity_freedom=freedom,
        identity_mean=identity,
    )


def _again(fit: HeadState, identity: FloatArray) -> HeadState:
    if len(fit.landmarks) < 468:
        return replace(fit, identity=identity)
    found = _fitted(fit, identity, _LAST)
    return replace(
        fit,
        identity=found.identity,
        expression=found.expression,
        rotation=found.rotation,
        translation=found.translation,
        offsets=surface_offsets(fit.model, found),
        error=float(np.linalg.norm(found.residuals, axis=1).mean() / eye_distance(fit.landmarks)),
    )
