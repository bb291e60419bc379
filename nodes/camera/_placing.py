"""Where cameras stand and what they look at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nodes.sdk.values import Camera, HeadState, Mesh, Splats
from nodes.sdk.values.arrays import FloatArray, host_array

#: How much of the picture's shorter side a framed thing fills.
_FILL = 0.9
#: Radius of a framed thing that has no size, in metres.
_SMALLEST = 0.01


def look_at(eye: Sequence[float], target: Sequence[float], roll: float = 0.0) -> FloatArray:
    """World-to-camera of a camera at `eye` that looks at `target`, y up: 4 x 4 float32.

    Args:
        roll: degrees, clockwise turns the camera's head to its right.
    """
    back = np.asarray(eye, np.float64) - np.asarray(target, np.float64)
    back = back / max(float(np.linalg.norm(back)), 1e-12) if np.any(back) else np.array([0.0, 0.0, 1.0])
    up = np.array([0.0, 1.0, 0.0]) if abs(back[1]) < 0.9999 else np.array([0.0, 0.0, -np.sign(back[1])])
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    above = np.cross(back, right)
    angle = math.radians(roll)
    turned = math.cos(angle) * right - math.sin(angle) * above
    above = math.sin(angle) * right + math.cos(angle) * above
    rotation = np.stack([turned, above, back])
    rigid = np.eye(4)
    rigid[:3, :3] = rotation
    rigid[:3, 3] = -rotation @ np.asarray(eye, np.float64)
    return rigid.astype(np.float32)


def focal_of(degrees: float, width: int, height: int) -> float:
    """Focal length in pixels of a field of view across the picture's shorter side."""
    return min(width, height) / 2 / math.tan(math.radians(degrees) / 2)


def middle_and_radius(things: Sequence[Splats | Mesh | HeadState | None]) -> tuple[FloatArray, float]:
    """The middle of things in the world and the radius about it that holds nearly all of them.

    A few stray splats do not count. Without anything: the origin and 15 cm, about a head.
    """
    clouds = [points for thing in things if thing is not None and len(points := _points(thing))]
    if not clouds:
        return np.zeros(3, np.float32), 0.15
    points = np.concatenate(clouds)
    low, high = np.percentile(points, (1.0, 99.0), axis=0)
    middle = 0.5 * (low + high)
    reach = np.percentile(np.linalg.norm(points - middle, axis=1), 98.0)
    return middle.astype(np.float32), max(float(reach), _SMALLEST)


def _points(thing: Splats | Mesh | HeadState) -> FloatArray:
    if isinstance(thing, Splats):
        solid = host_array(thing.opacities) > 0.2
        places = host_array(thing.positions)
        return places[solid] if solid.any() else places
    if isinstance(thing, Mesh):
        return host_array(thing.vertices)
    from nodes.head._shape import world_vertices

    return world_vertices(thing)


def orbit(
    middle: FloatArray,
    distance: float,
    *,
    around: float,
    above: float,
    roll: float = 0.0,
    field_of_view: float = 30.0,
    width: int = 512,
    height: int = 512,
) -> Camera:
    """A camera on a sphere about `middle`.

    Args:
        distance: metres from the middle.
        around: degrees to the right of the front (+z), seen from above counter-clockwise.
        above: degrees above the horizon.
        roll, field_of_view: degrees; the field of view spans the picture's shorter side.
    """
    turn, rise = math.radians(around), math.radians(above)
    direction = np.array([math.sin(turn) * math.cos(rise), math.sin(rise), math.cos(turn) * math.cos(rise)])
    # Straight up or down the picture still turns with the orbit instead of snapping.
    eye = np.asarray(middle, np.float64) + distance * direction
    rigid = look_at(eye, middle, roll)
    focal = focal_of(field_of_view, width, height)
    return Camera(focal, width / 2, height / 2, width, height, rigid)


def framing_distance(radius: float, field_of_view: float) -> float:
    """The distance at which a ball of this radius just fills the shorter side of the picture."""
    return radius / math.sin(math.radians(field_of_view) / 2) / _FILL


def shrunk(camera: Camera, factor: int) -> Camera:
    """The same view in a picture that is `factor` times smaller."""
    if factor <= 1:
        return camera
    width, height = max(camera.width // factor, 1), max(camera.height // factor, 1)
    return camera.resized(width, height)
