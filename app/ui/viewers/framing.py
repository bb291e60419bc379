"""Where a picture lies inside a view: zoom and pan as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

SMALLEST, LARGEST = 1 / 64, 64.0


@dataclass(frozen=True)
class Framing:
    """Maps picture pixels to view pixels: view = picture * zoom + (left, top).

    Attributes:
        zoom: view pixels for each full-size picture pixel, above 0.
        left, top: where the picture's top left corner lies in the view.
    """

    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    @classmethod
    def fitted(cls, picture: tuple[float, float], view: tuple[float, float], margin: float = 12.0) -> Framing:
        """The whole picture, as large as the view allows, centred."""
        width, height = picture
        if width <= 0 or height <= 0:
            return cls()
        room = max(view[0] - 2 * margin, 1.0), max(view[1] - 2 * margin, 1.0)
        zoom = min(max(min(room[0] / width, room[1] / height), SMALLEST), LARGEST)
        return cls(zoom, (view[0] - width * zoom) / 2, (view[1] - height * zoom) / 2)

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        return x * self.zoom + self.left, y * self.zoom + self.top

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.left) / self.zoom, (y - self.top) / self.zoom

    def zoomed(self, factor: float, x: float, y: float) -> Framing:
        """Zoom by a factor; the picture point under view point (x, y) stays where it is."""
        return self.at_zoom(self.zoom * factor, x, y)

    def at_zoom(self, zoom: float, x: float, y: float) -> Framing:
        """As `zoomed`, to an absolute zoom."""
        zoom = min(max(zoom, SMALLEST), LARGEST)
        scale = zoom / self.zoom
        return Framing(zoom, x - (x - self.left) * scale, y - (y - self.top) * scale)

    def panned(self, x: float, y: float) -> Framing:
        return Framing(self.zoom, self.left + x, self.top + y)

    def kept_for(self, old: tuple[float, float], new: tuple[float, float]) -> Framing:
        """The framing when the picture changes size: the same part of it stays in the same place."""
        if old == new or old[0] <= 0 or new[0] <= 0:
            return self
        return Framing(min(max(self.zoom * old[0] / new[0], SMALLEST), LARGEST), self.left, self.top)
