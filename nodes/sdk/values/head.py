"""Cameras, head models and fitted heads.

Heads are in metres: x to the viewer's right, y up, z towards the viewer; right-handed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from nodes.sdk.values.arrays import FloatArray, IntArray, require_shape
from nodes.sdk.values.picture import Image


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera that looks along -z of its own frame.

    A point p (metres, world) is at q = world_to_camera[:3, :3] p + world_to_camera[:3, 3] in the
    camera's frame, and at pixel (centre_x + focal q_x / -q_z, centre_y - focal q_y / -q_z).

    Attributes:
        focal: focal length in pixels.
        centre_x, centre_y: the principal point in pixels.
        width, height: size of the picture in pixels.
        world_to_camera: 4 x 4 float32, rigid.
    """

    socket_name: ClassVar[str] = "Camera"
    focal: float
    centre_x: float
    centre_y: float
    width: int
    height: int
    world_to_camera: FloatArray = field(default_factory=lambda: np.eye(4, dtype=np.float32))

    def __post_init__(self) -> None:
        require_shape("Camera.world_to_camera", self.world_to_camera, (4, 4))

    def resized(self, width: int, height: int) -> Camera:
        """The same view in a picture of another size; the focal length follows the width."""
        across, down = width / self.width, height / self.height
        return replace(
            self,
            focal=self.focal * across,
            centre_x=self.centre_x * across,
            centre_y=self.centre_y * down,
            width=width,
            height=height,
        )


@dataclass(frozen=True, eq=False)
class HeadModel:
    """A linear head: vertices = mean + identity . a + expression . e, and parts that turn or move.

    Attributes:
        name: which model it is ("anny", or the user's).
        mean: V x 3 metres.
        identity: K x V x 3, metres for a coefficient of 1 (a standard deviation of the prior).
        identity_names: K names; a signed slider of the model, or "component 7".
        expression: 52 x V x 3, in the order of ARKIT_NAMES, metres for a coefficient of 1.
        triangles: F x 3 int32, counter-clockwise seen from outside.
        parts: F int32, an index into part_names.
        part_names: such as skin, eye_left, eye_right, teeth_upper, teeth_lower, tongue.
        uv: F x 3 x 2, one per triangle corner, 0..1, v up.
        landmark_triangles: 468 x 3 int32 vertex indices, one row per mesh landmark.
        landmark_weights: 468 x 3 barycentric weights.
        eye_centres: 2 x 3 metres on the mean: the person's left eye, right eye.
        licence: the licence of the data, as an SPDX name or a sentence.
        landmark_yaws: B radians, rising, at which the next two are known; may be empty. Yaw > 0
            turns the face to the viewer's right.
        landmark_shifts: B x 468 x 3 metres in the head's frame: how far from its place on the mesh
            a landmarker sees each landmark of a turned head.
        landmark_noise: B x 468 metres, the standard deviation of what is seen about that.
    """

    socket_name: ClassVar[str] = "HeadModel"
    name: str
    mean: FloatArray
    identity: FloatArray
    identity_names: tuple[str, ...]
    expression: FloatArray
    triangles: IntArray
    parts: IntArray
    part_names: tuple[str, ...]
    uv: FloatArray
    landmark_triangles: IntArray
    landmark_weights: FloatArray
    eye_centres: FloatArray
    licence: str = ""
    landmark_yaws: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    landmark_shifts: FloatArray = field(default_factory=lambda: np.zeros((0, 468, 3), np.float32))
    landmark_noise: FloatArray = field(default_factory=lambda: np.zeros((0, 468), np.float32))

    def __post_init__(self) -> None:
        vertices = self.mean.shape[0]
        require_shape("HeadModel.mean", self.mean, (vertices, 3))
        require_shape("HeadModel.identity", self.identity, (None, vertices, 3))
        require_shape("HeadModel.expression", self.expression, (52, vertices, 3))
        require_shape("HeadModel.triangles", self.triangles, (None, 3))


@dataclass(frozen=True, eq=False)
class HeadState:
    """A head model fitted to a person, at one moment.

    Attributes:
        model: the head model.
        identity: K coefficients.
        expression: 52 coefficients, mostly 0..1, in the order of ARKIT_NAMES.
        gaze: 2 x 2 radians: (pitch, yaw) of the person's left and right eye, 0 looks straight
            ahead in the head's frame; pitch > 0 looks up, yaw > 0 looks to the person's left.
        rotation: 3 radians, the rotation vector that turns the head from facing the viewer.
        translation: 3 metres, where the head's origin stands in the world.
        camera: the camera that took the picture.
        offsets: V x 3 metres on the neutral head that the basis cannot say; may be empty (0 x 3).
        picture: the picture it was fitted to, or None.
        landmarks: N x 3 pixels, the landmarks it was fitted to; may be empty.
        reference: the fit as measured, kept by nodes that edit (so that edits know what the
            picture already does); None on a fit itself.
        error: mean reprojection error of the fit, before `offsets`, as a share of the distance
            between the eyes: how well the model can say this face.
        carried: 52, the part of the expression's change since `reference` that a performance moved
            the surface by: levels of this head as they are, not what a landmarker is to see; may be
            empty (0).
        texture: a UV texture painted or edited by the user, or None; without one the head takes
            its texture from the picture.
    """

    socket_name: ClassVar[str] = "HeadState"
    model: HeadModel
    identity: FloatArray
    expression: FloatArray
    gaze: FloatArray
    rotation: FloatArray
    translation: FloatArray
    camera: Camera
    offsets: FloatArray = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    picture: Image | None = None
    landmarks: FloatArray = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    reference: HeadState | None = None
    error: float = 0.0
    texture: Image | None = None
    light: FloatArray = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    confidence: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    residuals: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    spread: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    carried: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        require_shape("HeadState.expression", self.expression, (52,))
        require_shape("HeadState.gaze", self.gaze, (2, 2))
        require_shape("HeadState.rotation", self.rotation, (3,))
        require_shape("HeadState.translation", self.translation, (3,))
