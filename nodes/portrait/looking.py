"""Trying edits on a photograph and looking at the result with the landmarker."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from nodes.face._landmarks import LandmarkRuntime, Reading, crop_of_landmarks
from nodes.face._pose import Angles, angles_of, rotation_of
from nodes.head._photo import PhotoLayers, prepare
from nodes.head._photo_frame import render_over_photo
from nodes.head._pose import turned, with_expression
from nodes.portrait.responses import Responses
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import HeadState, Image
from nodes.sdk.values.arrays import FloatArray

#: The face's crop in the picture that trials are made on; the landmarker looks at 256 px.
_TRIAL_CROP = 288.0
#: Degrees that turns are tried at.
_TURNS = (-22.0, -11.0, 11.0, 22.0)
#: How much of what is seen amiss of a whole motion is corrected.
_TRUST = 0.8
#: Radians that a turn is corrected by at most.
_MOST_MISS = 0.12
#: How much of the tilt that an expression seems to give a head is taken back: all of it would carry
#: the trembling of the expression into the turn. And the least level whose tilt counts.
_TILT = 0.4
_LEAST = 0.02
#: Motions that are remembered.
_KEPT = 256


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
    camera = fit.camera.resized(width, height)
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
        self._settled: dict[Hashable, tuple[FloatArray, FloatArray]] = {}
        self._turns: dict[int, tuple[FloatArray, FloatArray]] = {}
        reading = runtime.read(self._layers.photo, self._crop)
        self.rotation = runtime.rotation(reading.points)
        self.responses = Responses(self._seen, self._told(reading))

    def _seen(self, change: FloatArray) -> FloatArray:
        return self._told(self._looked_at(with_change(self._fit, change), twice=False))

    def _told(self, reading: Reading) -> FloatArray:
        """52 coefficients, and the rotation vector (3) of the head since the photograph."""
        tilt = rotation_vector(self._runtime.rotation(reading.points) @ self.rotation.T)
        return np.concatenate([self._runtime.coefficients(reading), tilt]).astype(np.float32)

    def settled(
        self,
        asked: FloatArray,
        carried: FloatArray,
        turn: Angles | None,
        gaze: FloatArray,
        most: float,
        *,
        look: bool = True,
    ) -> tuple[FloatArray, FloatArray]:
        """The motion of the head that the landmarker will see as what was asked for.

        Args:
            asked: 52 changes of coefficients. carried: 52 levels that are moved as they are.
            turn: of the head, degrees; None when it is not turned.
            gaze: 2 x 2 radians, the eyes' own turn. most: the largest level of a coefficient.
            look: look at the expression as a whole, unless a performance carries some of it.

        Returns:
            52 changes of the head's coefficients, and a rotation vector of its turn, 3.

        Coefficients are tried one by one, and move together: so the whole expression is looked at, and
        corrected by what is seen of it. Turns have curves of their own, and are not looked at again.
        """
        key = (asked.tobytes(), carried.tobytes(), turn, np.round(gaze, 4).tobytes(), most, look)
        found = self._settled.get(key)
        if found is None:
            found = self._settle(asked, carried, turn, gaze, most, look)
            if len(self._settled) >= _KEPT:
                self._settled.pop(next(iter(self._settled)))
            self._settled[key] = found
        return found

    def _settle(
        self,
        asked: FloatArray,
        carried: FloatArray,
        turn: Angles | None,
        gaze: FloatArray,
        most: float,
        look: bool,
    ) -> tuple[FloatArray, FloatArray]:
        own = self.responses.solve(asked, most)
        vector = np.zeros(3) if turn is None else rotation_vector(rotation_of(self.turn_for(turn)))
        if carried.any():
            # A performance is not looked at frame by frame: what a reading misses would tremble.
            vector = vector if turn is None else self._without_tilt(vector, own + carried)
        elif look and turn is None and own.any():
            own = self._corrected(asked, own, gaze, most)
        return own + carried, vector.astype(np.float32)

    def _without_tilt(self, vector: FloatArray, change: FloatArray) -> FloatArray:
        """A turn (rotation vector) less the tilt that an expression seems to give the head."""
        plain = np.where(np.abs(change) > _LEAST, change, 0.0)
        tilt = self.responses.predicted(plain)[52:]
        angle = float(np.linalg.norm(tilt))
        tilt = _TILT * tilt * min(1.0, _MOST_MISS / max(angle, 1e-9))
        return rotation_vector(rotation_matrix(-tilt) @ rotation_matrix(vector))

    def _corrected(self, asked: FloatArray, own: FloatArray, gaze: FloatArray, most: float) -> FloatArray:
        """An expression's levels after it was looked at as a whole."""
        state = replace(with_change(self._fit, own), gaze=self._fit.gaze + gaze)
        seen = self._runtime.coefficients(self._looked_at(state, twice=False))
        beside = np.where(np.abs(asked) > 1e-6, seen - self.responses.predicted(own)[:52], 0.0)
        return self.responses.solve(asked, most, _TRUST * beside)

    def _looked_at(self, state: HeadState, *, twice: bool) -> Reading:
        drawn = np.ascontiguousarray(render_over_photo(self._layers, state)[..., :3])
        reading = self._runtime.read(drawn, self._crop)
        return self._runtime.read(drawn, crop_of_landmarks(reading.points)) if twice else reading

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
                reading = self._looked_at(state, twice=True)
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
