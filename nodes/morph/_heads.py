"""Heads of one model between heads."""

from __future__ import annotations

import numpy as np

from nodes.head._mixing import require_same_model
from nodes.head._shape import edited
from nodes.head._texture import texture_for
from nodes.morph._blending import resampled
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import Camera, HeadState, Image
from nodes.sdk.values.arrays import FloatArray


def between(
    first: HeadState,
    second: HeadState,
    *,
    shape: float,
    expression: float,
    texture: float,
    pose: float,
) -> HeadState:
    """A head between two of the same model; each part by its own share of the second, 0..1.

    Turns and gaze go the short way; the camera changes with the pose.

    Raises:
        NodeError: when the heads are of different models.
    """
    require_same_model(first.model, second.model)
    if shape == expression == texture == pose == 0.0:
        return first
    if shape == expression == texture == pose == 1.0:
        return second

    def mix(one: FloatArray, two: FloatArray, share: float) -> FloatArray:
        return (one + np.float32(share) * (two - one)).astype(np.float32)

    turn = rotation_matrix(second.rotation) @ rotation_matrix(first.rotation).T
    rotation = rotation_matrix(pose * rotation_vector(turn)) @ rotation_matrix(first.rotation)
    return edited(
        first,
        identity=mix(first.identity, second.identity, shape),
        offsets=mix(_offsets(first), _offsets(second), shape),
        expression=mix(first.expression, second.expression, expression),
        gaze=mix(first.gaze, second.gaze, expression),
        rotation=rotation_vector(rotation).astype(np.float32),
        translation=mix(first.translation, second.translation, pose),
        camera=_camera(first.camera, second.camera, pose),
        texture=_texture(first, second, texture),
    )


def _offsets(head: HeadState) -> FloatArray:
    return head.offsets if len(head.offsets) else np.zeros_like(head.model.mean)


def _texture(first: HeadState, second: HeadState, share: float) -> Image:
    one, two = texture_for(first).pixels, texture_for(second).pixels
    side = max(one.shape[0], two.shape[0])
    start, end = resampled(one, side), resampled(two, side)
    return Image((start + np.float32(share) * (end - start)).astype(np.float32))


def _camera(first: Camera, second: Camera, share: float) -> Camera:
    def mix(one: float, two: float) -> float:
        return one + share * (two - one)

    across, down = first.width / second.width, first.height / second.height
    return Camera(
        mix(first.focal, second.focal * across),
        mix(first.centre_x, second.centre_x * across),
        mix(first.centre_y, second.centre_y * down),
        first.width,
        first.height,
        first.world_to_camera if share < 0.5 else second.world_to_camera,
    )
