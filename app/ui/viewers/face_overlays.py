"""Which faces are drawn over the picture in front, and the picture under viewed faces."""

from __future__ import annotations

from collections.abc import Callable

from app.document.graph import Port
from app.engine.protocol import ViewFailed, ViewReady
from app.ui.session import BACKING_SLOT, OVERLAY_SLOT, Session
from app.ui.viewers.overlay_source import face_ports, picture_behind
from app.ui.viewers.overlays import Overlays
from nodes.sdk.values import Faces


class FaceOverlays:
    """Asks the session for the faces it needs while the overlay is on.

    Attributes:
        kinds: what is drawn of each face.
        wanted: whether faces are drawn over pictures; viewed faces always are.
        sources: outputs of faces the user may choose from, the nearest first.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self._session, self._changed = session, changed
        self.kinds = Overlays()
        self.wanted = False
        self.sources: list[Port] = []
        self._source: Port | None = None
        self._faces: Faces | None = None

    @property
    def source(self) -> Port | None:
        """Where the drawn faces come from; None while the overlay is off."""
        return self._source if self.wanted and self.kinds.any else None

    @property
    def faces(self) -> Faces | None:
        """What is to be drawn."""
        return self._faces if OVERLAY_SLOT in self._session.extras else None

    def refresh(self) -> None:
        """Follow the slot in front and the graph."""
        session = self._session
        port = session.slots.get(session.slot)
        self.sources = face_ports(session.whole, session.registry, port.node) if port else []
        if self._source not in self.sources:
            self._source = self.sources[0] if self.sources else None
        session.set_extra(OVERLAY_SLOT, self.source)
        behind = None
        if port is not None and port in self.sources:
            behind = picture_behind(session.whole, session.registry, port.node)
        session.set_extra(BACKING_SLOT, behind)
        self._changed()

    def toggle(self) -> None:
        self.wanted = not self.wanted
        self.refresh()

    def choose(self, port: Port | None) -> None:
        """Draw the faces of an output, or none."""
        self.wanted = port is not None
        self._source = port or self._source
        self.refresh()

    def set_kinds(self, kinds: Overlays) -> None:
        self.kinds = kinds
        self.refresh()

    def take(self, event: ViewReady | ViewFailed) -> bool:
        """Whether an event was the overlay's own."""
        if event.slot != OVERLAY_SLOT:
            return False
        value = event.preview.value if isinstance(event, ViewReady) else None
        self._faces = value if isinstance(value, Faces) else None
        self._changed()
        return True
