"""Trying edits on a photograph and looking at the result with the landmarker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nodes.face._landmarks import LandmarkRuntime, crop_of_landmarks
from nodes.face._pose import Angles, angles_of
from nodes.head._photo import PhotoLayers, prepare
from nodes.head._photo_frame import render_over_photo
from nodes.head._pose import turned, with_expression
from nodes.portrait.responses import Responses
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import HeadState, Image
from nodes.sdk.values.arrays import FloatArray

#: The face's crop in the picture that trials are made on; the landmarker looks at 256 px.
_TRIAL_CROP = 288.0
#: Degrees that turns are tried at.
_TURNS = (-22.0, -11.0, 11.0, 22.0)


def smaller(fit: HeadState, image: Image) -> HeadState:
    """The fit on a picture just large enough for the landmarker; at its own size when it is small."""
    import cv2

    crop = crop_of_landmarks(fit.landmarks)
    scale = min(1.0, _TRIAL_CROP / max(crop.size, 1.0))
    width, height = max(8, round(image.width * scale)), max(8, round(image.height * scale))
    across, down = width / image.width, height / image.height
    pixels: Any = np.ascontiguousarray(image.pixels[..., :3], np.float32)
    if scale < 1.0:
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    camera = replace(
        fit.camera,
        focal=fit.camera.focal * across,
        centre_x=fit.camera.centre_x * across,
        centre_y=fit.camera.centre_y * down,
        width=width,
        height=height,
    )
    landmarks = (fit.landmarks * np.array([across, down, across])).astype(np.float32)
    return replace(fit, picture=Image(pixels), landmarks=landmarks, camera=camera, reference=None)


class Witness:
    """Renders edits of one photograph and says what the landmarker sees.

    Attributes:
        responses: of its coefficients. rotation: 3 x 3 seen in the photograph itself.
    """

    def __init__(self, fit: HeadState, image: Image, runtime: LandmarkRuntime) -> None:
        self._fit = smaller(fit, image)
        self._layers: PhotoLayers = prepare(self._fit)
        self._fit = replace(self._fit, picture=None)
        self._crop = crop_of_landmarks(self._fit.landmarks)
        self._runtime = runtime
        self._turns: dict[int, tuple[FloatArray, FloatArray]] = {}
        reading = runtime.read(self._layers.photo, self._crop)
        self.rotation = runtime.rotation(reading.points)
        self.responses = Responses(self._seen, runtime.coefficients(reading))

    def _seen(self, change: FloatArray) -> FloatArray:
        drawn = render_over_photo(self._layers, with_change(self._fit, change))[..., :3]
        return self._runtime.coefficients(self._runtime.read(np.ascontiguousarray(drawn), self._crop))

    def turn_for(self, asked: Angles) -> Angles:
        """The turn (degrees) of the head that the landmarker will see as the asked one."""
        found = [0.0, 0.0, float(asked.roll)]
        for axis in (0, 1):
            if abs(asked[axis]) > 1e-6:
                made, seen = self._turn_curve(axis)
                # Beyond what was tried the last gain goes on.
                edge = seen[-1] if asked[axis] > 0 else seen[0]
                beyond = asked[axis] / edge if abs(asked[axis]) > abs(edge) > 1.0 else 1.0
                found[axis] = float(np.interp(asked[axis] / max(beyond, 1.0), seen, made)) * max(beyond, 1.0)
        return Angles(*found)

    def _turn_curve(self, axis: int) -> tuple[FloatArray, FloatArray]:
        curve = self._turns.get(axis)
        if curve is None:
            made, seen = [0.0], [0.0]
            for degrees in _TURNS:
                angles = [0.0, 0.0, 0.0]
                angles[axis] = degrees
                state = replace(self._fit, reference=self._fit, rotation=turned(self._fit, Angles(*angles)))
                drawn = np.ascontiguousarray(render_over_photo(self._layers, state)[..., :3])
                first = self._runtime.read(drawn, self._crop)
                reading = self._runtime.read(drawn, crop_of_landmarks(first.points))
                got = angles_of(self._runtime.rotation(reading.points) @ self.rotation.T)[axis]
                # A reading that went astray must not turn the head round.
                made.append(degrees)
                low, high = sorted((0.45 * degrees, 1.4 * degrees))
                seen.append(min(max(got, low), high))
            order = np.argsort(made)
            curve = self._turns[axis] = (np.array(made)[order], np.array(seen)[order])
        return curve


def with_change(fit: HeadState, change: FloatArray) -> HeadState:
    """A fit with 52 coefficients changed, beyond the range of sliders where asked, and eyes turned."""
    looked = with_expression(fit, np.clip(change, -1.0, 1.0))
    return replace(looked, expression=(fit.expression + change).astype(np.float32))


def turn_between(before: HeadState, after: HeadState) -> Angles:
    """The turn of the head from one state to another, degrees about the viewer's axes."""
    change = rotation_matrix(after.rotation) @ rotation_matrix(before.rotation).T
    return angles_of(change)
