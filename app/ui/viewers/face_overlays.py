"""Which faces, masks and heads are drawn over the picture in front, and the picture under viewed faces."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QImage

from app.document.graph import Port
from app.document.unfold import given_by
from app.engine.protocol import ViewFailed, ViewReady
from app.ui.looks import BACKING_SLOT, MASK_SLOT, MESH_SLOT, OVERLAY_SLOT
from app.ui.session import Session
from app.ui.viewers.film import Wires, film_of, wires_of
from app.ui.viewers.overlay_source import picture_behind, ports_behind
from app.ui.viewers.overlays import Overlays
from nodes.sdk.values import Faces, HeadState


class FaceOverlays:
    """Asks the session for what it needs while the overlay is on.

    Attributes:
        kinds: what is drawn.
        wanted: whether anything is drawn over pictures; viewed faces always are.
        sources: outputs of faces the user may choose from, the nearest first.
        available: the names of the kinds that there is something for.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self._session, self._changed = session, changed
        self.kinds = Overlays()
        self.wanted = False
        self.sources: list[Port] = []
        self.available: frozenset[str] = frozenset()
        self._source: Port | None = None
        self._faces: Faces | None = None
        self._film: QImage | None = None
        self._wires: Wires | None = None

    @property
    def source(self) -> Port | None:
        """Where the drawn faces come from; None while the overlay is off."""
        return self._source if self.wanted and self.kinds.any_of_faces else None

    @property
    def faces(self) -> Faces | None:
        """What is to be drawn."""
        return self._faces if OVERLAY_SLOT in self._session.extras else None

    @property
    def film(self) -> QImage | None:
        """The mask to be drawn."""
        return self._film if MASK_SLOT in self._session.extras else None

    @property
    def wires(self) -> Wires | None:
        """The head to be drawn."""
        return self._wires if MESH_SLOT in self._session.extras else None

    def refresh(self) -> None:
        """Follow the slot in front and the graph."""
        session = self._session
        port = session.slots.get(session.slot)
        viewed = given_by(session.whole, port.node, port.output) if port is not None else None
        address = viewed.node if viewed is not None else ""
        behind = ports_behind(session.whole, session.registry, address, "Faces", "Mask", "HeadState")
        self.sources, heads = behind["Faces"], behind["HeadState"]
        masks = [mask for mask in behind["Mask"] if mask != viewed]
        self.available = frozenset(
            name
            for name, found in (
                *((kind, self.sources) for kind in ("boxes", "landmarks", "axes", "labels")),
                ("mask", masks),
                ("mesh", heads),
            )
            if found
        )
        if self._source not in self.sources:
            self._source = self.sources[0] if self.sources else None
        session.set_extra(OVERLAY_SLOT, self.source)
        self._ask(MASK_SLOT, masks, self.kinds.mask)
        self._ask(MESH_SLOT, heads, self.kinds.mesh)
        backing = None
        if viewed is not None and viewed in self.sources:
            backing = picture_behind(session.whole, session.registry, viewed.node)
        session.set_extra(BACKING_SLOT, backing)
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
        """Draw other kinds of things; whoever switches one on wants to see it."""
        names = ("boxes", "landmarks", "axes", "labels", "mask", "mesh")
        if any(getattr(kinds, name) and not getattr(self.kinds, name) for name in names):
            self.wanted = True
        self.kinds = kinds
        self.refresh()

    def take(self, event: ViewReady | ViewFailed) -> bool:
        """Whether an event was the overlay's own."""
        preview = event.preview if isinstance(event, ViewReady) else None
        value = preview.value if preview is not None else None
        if event.slot == OVERLAY_SLOT:
            self._faces = value if isinstance(value, Faces) else None
        elif event.slot == MASK_SLOT:
            pixels = preview.pixels if preview is not None else None
            self._film = film_of(pixels) if pixels is not None else None
        elif event.slot == MESH_SLOT:
            self._wires = wires_of(value) if isinstance(value, HeadState) else None
        else:
            return False
        self._changed()
        return True

    def _ask(self, slot: int, sources: list[Port], wanted: bool) -> None:
        port = sources[0] if sources and wanted and self.wanted else None
        self._session.set_extra(slot, port)
