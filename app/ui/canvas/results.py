"""What the nodes of a canvas show of their results: states, small pictures, viewers, pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage, QPixmap

from app.document.unfold import given_by
from app.engine.protocol import NodeState, Thumbnail
from app.ui.canvas.geometry import PICTURE

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

#: Pictures that are kept for levels that are not shown.
MOST_PICTURES = 400


class Results(QObject):
    """Follows the session of a canvas, and hands on to its nodes what concerns them."""

    def __init__(self, canvas: GraphCanvas) -> None:
        super().__init__(canvas)
        self._canvas, self._session, self._scene = canvas, canvas.session, canvas.graph_scene
        self._pictures: dict[str, QPixmap] = {}
        session = self._session
        session.node_state.connect(self._on_state)
        session.thumbnail.connect(self._on_thumbnail)
        session.slots_changed.connect(self._on_slots)
        session.pins_changed.connect(self._on_pins)

    def forget(self) -> None:
        """Another document is shown."""
        self._pictures.clear()

    def show_all(self) -> None:
        """Show what is known of the nodes of another level."""
        for name, item in self._scene.nodes.items():
            item.set_state(self._session.state_of(name))
            item.set_picture(self._pictures.get(self._session.place.address(name)))
        self._on_slots()
        self._on_pins()

    def _on_state(self, state: NodeState) -> None:
        self._scene.set_state(state)

    def _on_pins(self) -> None:
        for name, item in self._scene.nodes.items():
            item.set_pinned(self._session.is_pinned(name))

    def _on_slots(self) -> None:
        viewed: dict[str, list[int]] = {}
        for slot, port in sorted(self._session.slots.items()):
            viewed.setdefault(self._session.place.local(port.node), []).append(slot)
        for name, item in self._scene.nodes.items():
            item.set_viewed(tuple(viewed.get(name, ())))

    def _on_thumbnail(self, thumbnail: Thumbnail) -> None:
        canvas, place = self._canvas, self._session.place
        picture = _picture_of(thumbnail)
        before = self._scene.bounds()
        self._keep(thumbnail.node, picture)
        name = place.local(thumbnail.node)
        address = place.address(name)
        if name and thumbnail.node in (address, self._front(address)):
            self._keep(address, picture)
            self._scene.set_picture(name, picture)
        if canvas.navigation.holds(before):
            canvas.frame_all()

    def _keep(self, address: str, picture: QPixmap) -> None:
        self._pictures.pop(address, None)
        self._pictures[address] = picture
        if len(self._pictures) > MOST_PICTURES:
            del self._pictures[next(iter(self._pictures))]

    def _front(self, address: str) -> str:
        """The node that gives a subgraph's first output."""
        behind = given_by(self._session.whole, address, "")
        return behind.node if behind is not None else ""


def _picture_of(thumbnail: Thumbnail) -> QPixmap:
    """The thumbnail, small enough to be painted without being scaled each time."""
    pixels = thumbnail.pixels
    height, width = pixels.shape[:2]
    if not pixels.flags.c_contiguous:
        pixels = pixels.copy()
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    picture = QPixmap.fromImage(image)
    if max(width, height) <= PICTURE:
        return picture
    side = int(PICTURE)
    keeps, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return picture.scaled(side, side, keeps, smooth)
