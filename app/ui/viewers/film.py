"""A mask as a red film over the picture, and a head as a wireframe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.ui.viewers.framing import Framing
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import ByteArray, FloatArray

FILM = (230, 40, 60)
#: How much of the picture the film hides where the mask is 1.
DENSITY = 0.55
#: By what share a picture's shape may differ from that of what is laid over it: roundings.
SHAPE = 0.02
WIRE = QColor(120, 220, 255, 100)


def film_of(pixels: ByteArray) -> QImage:
    """A mask, shown as H x W x 4 grey, as a red film."""
    cover = pixels[..., 0].astype(np.float32) * np.float32(DENSITY / 255)
    film = np.empty((*cover.shape, 4), np.uint8)
    for channel, colour in enumerate(FILM):
        film[..., channel] = cover * colour
    film[..., 3] = cover * 255
    height, width = cover.shape
    image = QImage(film.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
    return image.copy()


def draw_film(painter: QPainter, film: QImage, size: tuple[float, float], framing: Framing) -> None:
    """Draw a film over the picture of `size` (full-size pixels); one of another shape is not of it."""
    if not _same_shape((film.width(), film.height()), size):
        return
    left, top = framing.to_view(0, 0)
    target = QRectF(left, top, size[0] * framing.zoom, size[1] * framing.zoom)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, film, QRectF(film.rect()))


@dataclass(frozen=True, eq=False)
class Wires:
    """The edges of a head as its camera sees it.

    Attributes:
        lines: N x 4, x and y of both ends, in pixels of a picture of width x height.
    """

    lines: FloatArray
    width: int
    height: int


def wires_of(head: HeadState) -> Wires:
    """The edges of the skin's triangles that face the camera of the head's photograph."""
    from nodes.head._shape import parts_of, world_vertices

    camera = head.camera
    seen = world_vertices(head) @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    away = np.maximum(-seen[:, 2], 1e-6)
    places = np.stack(
        [
            camera.centre_x + camera.focal * seen[:, 0] / away,
            camera.centre_y - camera.focal * seen[:, 1] / away,
        ],
        axis=1,
    )
    # Eyeballs, teeth and the inside of the mouth would only hide the picture.
    triangles = np.asarray(head.model.triangles)[parts_of(head.model).skin_triangles]
    corners = places[triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    # y points down here, so what turns counter-clockwise in the world turns the other way.
    front = triangles[first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0]
    edges = np.sort(np.concatenate([front[:, (0, 1)], front[:, (1, 2)], front[:, (2, 0)]]), axis=1)
    edges = np.unique(edges, axis=0)
    lines = np.concatenate([places[edges[:, 0]], places[edges[:, 1]]], axis=1)
    return Wires(lines.astype(np.float32), camera.width, camera.height)


def draw_wires(painter: QPainter, wires: Wires, size: tuple[float, float], framing: Framing) -> None:
    """Draw a wireframe over the picture of `size` (full-size pixels), which may be scaled from its own."""
    if not _same_shape((wires.width, wires.height), size):
        return
    scale = np.tile([size[0] / wires.width, size[1] / wires.height], 2) * framing.zoom
    lines = wires.lines * scale + (framing.left, framing.top) * 2
    # Thousands of thin lines: smooth ones would take ten times as long.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(WIRE, 0, Qt.PenStyle.SolidLine))
    painter.drawLines([QLineF(*line) for line in lines.tolist()])


def _same_shape(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] * other[1] - one[1] * other[0]) <= SHAPE * one[0] * other[1] and one[0] * other[1] > 0
