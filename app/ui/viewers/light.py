"""The light of the 3D viewport: a studio of lamps that is turned as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from app.ui.viewers.orbit import Orbit
from nodes.sdk.values.arrays import FloatArray

#: Towards the lamps as the studio is built, seen by the camera: a key light from above left, and a
#: fainter fill from the right.
KEY = np.array([-0.6, 0.6, 0.62], np.float64)
FILL = np.array([0.8, -0.1, 0.5], np.float64)
#: Where the key light can be put at once: radians to the right and up from the camera.
PLACES = {
    "Above left": (0.0, 0.0),
    "From the front": (math.radians(44), math.radians(-30)),
    "From the right": (math.radians(100), 0.0),
    "From above": (math.radians(44), math.radians(40)),
    "From below": (math.radians(44), math.radians(-85)),
    "From behind": (math.radians(190), 0.0),
}

_NO_TURN = tuple(float(number) for number in np.eye(3).ravel())


@dataclass(frozen=True)
class Light:
    """Where the lamps are.

    Attributes:
        turn: 3 x 3 row after row, from the studio as it is built to the camera's frame, or to the
            world's when the light is fixed.
        fixed: whether the lamps stand still in the world while the camera moves.
    """

    turn: tuple[float, ...] = _NO_TURN
    fixed: bool = False

    def towards(self, orbit: Orbit) -> tuple[FloatArray, FloatArray]:
        """Unit vectors to the key and the fill light in the camera's frame."""
        turn = self._matrix
        if self.fixed:
            turn = _view_turn(orbit) @ turn
        key, fill = (turn @ (lamp / np.linalg.norm(lamp)) for lamp in (KEY, FILL))
        return key.astype(np.float32), fill.astype(np.float32)

    def turned(self, right: float, up: float, orbit: Orbit) -> Light:
        """Move the lamps by radians to the right and up, as the camera sees it."""
        step = _turn(right, up)
        if self.fixed:
            view = _view_turn(orbit)
            step = view.T @ step @ view
        return replace(self, turn=_row_by_row(step @ self._matrix))

    def placed(self, right: float, up: float, orbit: Orbit) -> Light:
        """The lamps turned by radians from where they are built, as the camera sees it."""
        placed = Light(_row_by_row(_turn(right, up)))
        return placed.fixed_in_world(orbit) if self.fixed else placed

    def fixed_in_world(self, orbit: Orbit) -> Light:
        """The same light as it falls now, standing still from here on."""
        if self.fixed:
            return self
        return Light(_row_by_row(_view_turn(orbit).T @ self._matrix), fixed=True)

    def following(self, orbit: Orbit) -> Light:
        """The same light as it falls now, going with the camera from here on."""
        return Light(_row_by_row(_view_turn(orbit) @ self._matrix)) if self.fixed else self

    @property
    def _matrix(self) -> FloatArray:
        return np.array(self.turn).reshape(3, 3)


def _view_turn(orbit: Orbit) -> FloatArray:
    """World to camera, 3 x 3."""
    return orbit.view()[:3, :3].astype(np.float64)


def _turn(right: float, up: float) -> FloatArray:
    across = np.array(
        [[math.cos(right), 0, math.sin(right)], [0, 1, 0], [-math.sin(right), 0, math.cos(right)]]
    )
    along = np.array([[1, 0, 0], [0, math.cos(up), math.sin(up)], [0, -math.sin(up), math.cos(up)]])
    return along @ across


def _row_by_row(matrix: FloatArray) -> tuple[float, ...]:
    # Many small turns must not wear the matrix out.
    left, _, right = np.linalg.svd(matrix)
    return tuple(float(number) for number in (left @ right).ravel())
