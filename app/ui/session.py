"""One open document, one engine, and what the panels share: frame, selection, viewer slots."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from app.document.document import Document
from app.document.graph import Graph, GraphError, Port
from app.document.subgraph import edited_at, renamed_nodes
from app.document.variants import BESIDE
from app.document.wiring import known_spec
from app.engine.client import EngineClient
from app.engine.protocol import (
    Event,
    ExportDone,
    ExportProgress,
    NodeState,
    RequestDone,
    Thumbnail,
    View,
    ViewFailed,
    Viewpoint,
    ViewReady,
    WorkerStatus,
)
from app.ui.looks import SLOTS, VARIANT_SLOT, Looks, result_of
from app.ui.place import Place
from app.ui.view_requests import ViewRequests
from nodes.sdk.node import NodeSpec
from nodes.sdk.registry import Registry, default_registry

logger = logging.getLogger(__name__)

LAST_FRAME = 10_000_000

EngineFactory = Callable[[Callable[[Event], None]], EngineClient]


class Session(QObject):
    """What the panels talk to. Everything runs on the GUI thread.

    Signals:
        graph_changed: (before, after), of the level that is shown.
        frame_changed: the frame.
        node_state, thumbnail, view_ready, view_failed, worker_status, export_event: engine events.
        selection_changed: tuple of names of nodes of the shown graph.
        pins_changed: which nodes' results are kept.
        place_changed: another level of the document is shown: a subgraph was entered or left.
        slots_changed: which outputs the viewers show, or which viewer is in front.
        document_changed: another document, path, or saved state.
        message: a line for the status bar.
    """

    graph_changed = Signal(object, object)
    frame_changed = Signal(int)
    node_state = Signal(object)
    thumbnail = Signal(object)
    view_ready = Signal(object)
    view_failed = Signal(object)
    selection_changed = Signal(object)
    slots_changed = Signal()
    place_changed = Signal()
    pins_changed = Signal()
    document_changed = Signal()
    message = Signal(str)
    worker_status = Signal(object)
    export_event = Signal(object)
    _arrived = Signal(object)

    def __init__(
        self,
        engine: EngineFactory | None = None,
        registry: Registry | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.registry = registry or default_registry()
        self.document = Document(registry=self.registry)
        self.place = Place(self.document.graph)
        self.pins: frozenset[str] = frozenset()
        self.frame = 0
        self.selection: tuple[str, ...] = ()
        self.looks = Looks()
        self.states: dict[str, NodeState] = {}
        self.status = WorkerStatus("starting")
        self.seen_frames: set[int] = set()
        self._arrived.connect(self._on_event, Qt.ConnectionType.QueuedConnection)
        # Events come on a thread of the client; the queued signal carries them over.
        self.engine = (engine or EngineClient)(self._arrived.emit)
        self.requests = ViewRequests(self.engine, self._wanted, self)

    @property
    def graph(self) -> Graph:
        """The graph that is shown: the document's, or the inside of the subgraph that was entered."""
        return self.place.shown

    @property
    def whole(self) -> Graph:
        """All of the document, subgraphs unfolded; its nodes are called by their address."""
        return self.place.whole

    @property
    def slots(self) -> dict[int, Port]:
        """Which output each viewer slot shows."""
        return self.looks.slots

    @property
    def slot(self) -> int:
        """The viewer slot in front."""
        return self.looks.slot

    @property
    def wipe_slot(self) -> int | None:
        """The slot that is shown beside the one in front."""
        return self.looks.wipe_slot

    @property
    def compared(self) -> str:
        """The title of the variant that is compared with what is in front; or empty."""
        return self.looks.compared

    @property
    def sheet(self) -> tuple[str, ...]:
        """The titles of the variants that are shown small beside each other."""
        return self.looks.sheet

    @property
    def extras(self) -> dict[int, Port]:
        """What else is computed while something is viewed."""
        return self.looks.extras

    @property
    def viewpoint(self) -> Viewpoint | None:
        """From where splats in front are drawn."""
        return self.looks.viewpoint

    def state_of(self, name: str) -> NodeState | None:
        """What the engine said last of a node of the shown graph."""
        return self.place.state_of(name, self.states)

    def spec_at(self, address: str) -> NodeSpec | None:
        """What the node at an address declares."""
        instance = self.place.instance(address)
        return known_spec(instance, self.registry) if instance is not None else None

    # -- editing ------------------------------------------------------------------------------

    def edit(self, label: str, function: Callable[[Graph], Graph], merge: str = "") -> bool:
        """Apply an undoable edit. A refusal is shown as a message; returns whether it was done.

        Args:
            label: what the edit menu says, such as "Move node".
            function: from the shown graph before to the one after.
            merge: edits in a row with the same non-empty text are one undo step.
        """
        path = self.place.path
        return self.edit_document(label, lambda graph: edited_at(graph, path, function), merge)

    def edit_document(self, label: str, function: Callable[[Graph], Graph], merge: str = "") -> bool:
        """As `edit`, but of the whole document, wherever one is in it."""
        before = self.document.graph
        try:
            self.document.edit(label, function, merge=merge)
        except GraphError as error:
            self.message.emit(str(error))
            return False
        self._after_change(before, dragging=bool(merge))
        return True

    def undo(self) -> None:
        before = self.document.graph
        label = self.document.undo_label
        if self.document.undo():
            self.message.emit(f"Undone: {label}")
            self._after_change(before)

    def redo(self) -> None:
        before = self.document.graph
        label = self.document.redo_label
        if self.document.redo():
            self.message.emit(f"Redone: {label}")
            self._after_change(before)

    def select(self, names: Iterable[str]) -> None:
        chosen = tuple(name for name in names if name in self.graph.nodes)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit(chosen)

    # -- subgraphs ----------------------------------------------------------------------------

    def enter(self, name: str) -> None:
        """Show the inside of a subgraph."""
        instance = self.graph.nodes.get(name)
        if instance is not None and instance.inner is not None:
            self.go_to((*self.place.path, name))

    def leave(self) -> bool:
        """Show what is around the subgraph that was entered, and select it; whether there was one."""
        path = self.place.path
        if path:
            self.go_to(path[:-1])
            self.select(path[-1:])
        return bool(path)

    def go_to(self, path: tuple[str, ...]) -> None:
        """Show another level of the document."""
        if path == self.place.path:
            return
        before = self.graph
        self.select(())
        try:
            self.place.go_to(path)
        except GraphError as error:
            self.message.emit(str(error))
            return
        self.place_changed.emit()
        self.graph_changed.emit(before, self.graph)
        self.slots_changed.emit()

    def reveal(self, address: str) -> str:
        """Go where a node is and select it; returns its name there, "" when there is none."""
        *path, name = address.split(".")
        if self.place.instance(address) is None:
            return ""
        self.go_to(tuple(path))
        self.select((name,))
        return name

    # -- files --------------------------------------------------------------------------------

    def new(self) -> None:
        """Start an empty document."""
        self._replace(Document(registry=self.registry))

    def open(self, path: Path) -> None:
        """Open a graph file.

        Raises:
            FacewrightError: when it cannot be read; the open document stays as it is.
        """
        self._replace(Document.open(Path(path), registry=self.registry))

    def save(self, *, overwrite: bool = False) -> None:
        """Write the document to its file.

        Raises:
            ChangedOnDisk: when another program changed the file and `overwrite` is False.
            FacewrightError: when it cannot be written.
        """
        self.document.save(overwrite=overwrite)
        self.message.emit(f"Saved {self.document.path}")
        self.document_changed.emit()

    def save_as(self, path: Path) -> None:
        """Write the document to another file, which becomes its own."""
        self.document.save_as(Path(path))
        self.message.emit(f"Saved {path}")
        self.document_changed.emit()

    def adopt(self, document: Document) -> None:
        """Go on with a document made elsewhere, such as one from a recovery file."""
        self._replace(document)

    # -- time and looking ---------------------------------------------------------------------

    def set_frame(self, frame: int) -> None:
        frame = min(max(int(frame), 0), LAST_FRAME)
        if frame == self.frame:
            return
        self.frame = frame
        self.frame_changed.emit(frame)
        self.requests.wish(dragging=True)

    def view_node(self, name: str, slot: int = 1, output: str = "") -> None:
        """Show an output of a node of the shown graph in a viewer slot, and bring it to the front."""
        if name in self.graph.nodes:
            self.view_address(self.place.address(name), slot, output)

    def view_address(self, address: str, slot: int = 1, output: str = "") -> None:
        """As `view_node`, for a node anywhere in the document."""
        if self.place.instance(address) is None or slot not in SLOTS:
            return
        spec = self.spec_at(address)
        if not output:
            output = spec.outputs[0].name if spec and spec.outputs else ""
        self.slots[slot] = Port(address, output)
        self.looks.slot = slot
        self._on_slots()

    def show_slot(self, slot: int) -> None:
        """Bring a slot to the front."""
        if slot in SLOTS and slot != self.slot:
            self.looks.slot = slot
            self._on_slots()

    def set_wipe_slot(self, slot: int | None) -> None:
        """Show another slot beside the one in front."""
        if slot != self.wipe_slot:
            self.looks.wipe_slot = slot
            if slot != VARIANT_SLOT:
                self.looks.compared = ""
            self._on_slots()

    def title_of(self, slot: int | None) -> str:
        """What a viewer slot shows, in words: a node's address, or the compared variant."""
        if slot == VARIANT_SLOT:
            return self.compared
        return self.slots[slot].node if slot in self.slots else ""

    def compare_variant(self, title: str) -> None:
        """Show what is in front beside what a variant makes of it; "" ends that."""
        self.looks.compared = title
        if title and self.wipe_slot == VARIANT_SLOT:
            self._on_slots()
        elif title or self.wipe_slot == VARIANT_SLOT:
            self.set_wipe_slot(VARIANT_SLOT if title else None)

    def show_sheet(self, titles: Iterable[str]) -> None:
        """Also show what some variants make of what is in front, small; none for no longer."""
        self.looks.sheet = tuple(titles)
        if self.sheet:
            self.requests.wish()

    def set_extra(self, slot: int, port: Port | None) -> None:
        """Also compute an output while something is viewed, or no longer.

        Args:
            slot: such as OVERLAY_SLOT or BACKING_SLOT.
        """
        if port == self.extras.get(slot):
            return
        if port is None:
            self.extras.pop(slot)
        else:
            self.extras[slot] = port
            self.requests.wish()

    def set_viewpoint(self, viewpoint: Viewpoint | None, *, dragging: bool = False) -> None:
        """Look at splats in front from another side; None asks for them as they are."""
        if viewpoint != self.viewpoint:
            self.looks.viewpoint = viewpoint
            self.requests.wish(dragging=dragging)
        elif not dragging:
            self.requests.wish()

    # -- kept results -------------------------------------------------------------------------

    def is_pinned(self, name: str) -> bool:
        """Whether the results of a node of the shown graph are kept whatever memory they take."""
        return self.place.address(name) in self.pins

    def toggle_pins(self, names: Iterable[str]) -> None:
        """Pin nodes of the shown graph, or let go of them when all are pinned."""
        addresses = frozenset(self.place.address(name) for name in names)
        self._set_pins(self.pins - addresses if addresses <= self.pins else self.pins | addresses)

    def purge(self, names: Iterable[str]) -> None:
        """Forget the results of nodes of the shown graph: they are computed anew."""
        for address in sorted(self.place.inner_addresses(self.place.address(name) for name in names)):
            self.engine.purge(address)
            self.states.pop(address, None)
        self.seen_frames.clear()
        self.requests.wish()

    def _set_pins(self, pins: frozenset[str]) -> None:
        if pins != self.pins:
            self.pins = pins
            self.engine.pin(self.place.inner_addresses(pins))
            self.pins_changed.emit()

    def cancel(self) -> None:
        """Stop computing what the viewers asked for."""
        self.requests.cancel()
        self.message.emit("Stopped")

    def close(self) -> None:
        """End the engine. Call once, last."""
        self.requests.stop()
        self.engine.close()

    # -----------------------------------------------------------------------------------------

    def _wanted(self) -> tuple[Graph, tuple[View, ...], int]:
        return (*self.looks.views(self.document.graph), self.frame)

    def _on_slots(self) -> None:
        self.seen_frames.clear()
        self.slots_changed.emit()
        self.requests.wish()

    def _replace(self, document: Document) -> None:
        before = self.document.graph
        self.document = document
        self.place.path = ()
        self.looks = Looks()
        self._set_pins(frozenset())
        self.states.clear()
        self.select(())
        frame = document.graph.settings.first
        if frame != self.frame:
            self.frame = frame
            self.frame_changed.emit(frame)
        self._after_change(before)
        result = result_of(self.graph, self.registry)
        if result is not None:
            self.view_node(result.node, 1, result.output)
        self.document_changed.emit()

    def _after_change(self, before: Graph, *, dragging: bool = False) -> None:
        after = self.document.graph
        if after is before:
            return
        shown = self.graph
        cut_short = self.place.follow(after)
        self._follow_names(before)
        self._follow_selection(shown)
        other_results = not self.place.same_results_as(before)
        if other_results:
            self.seen_frames.clear()
        if cut_short:
            self.place_changed.emit()
        if self.graph is not shown:
            self.graph_changed.emit(shown, self.graph)
        self.document_changed.emit()
        self.select(self.selection)
        if other_results:
            self._mark_stale(before)
            self.requests.wish(dragging=dragging)

    def _follow_names(self, before: Graph) -> None:
        """Viewers and states follow nodes that are called otherwise, and let go of removed ones."""
        moved = self.place.moves_from(before)
        changed = self.looks.follow(moved)
        for old in [name for name in self.states if name not in self.whole.nodes]:
            state, now = self.states.pop(old), moved(old)
            changed = True
            if now:
                self.states[now] = replace(state, node=now)
        if self.pins:
            kept = frozenset(now for each in self.pins if (now := moved(each)))
            self._set_pins(kept)
        if changed:
            self.slots_changed.emit()

    def _mark_stale(self, before: Graph) -> None:
        """Results that do not fit the graph any more are shown as old until the engine says otherwise."""
        for address in self.place.stale_since(before):
            state = self.states.get(address)
            if state is not None and state.state in ("fresh", "cached", "disk", "failed", "blocked"):
                # What came back out of the cache needs no node before it: nobody would call off the failure.
                self.states[address] = stale = replace(state, state="stale", error=None, blocked_by="")
                self._tell_state(stale)

    def _follow_selection(self, before: Graph) -> None:
        """The selection follows nodes that are called otherwise."""
        names = renamed_nodes(before, self.graph)
        selection = tuple(names.get(name, name) for name in self.selection)
        if selection != self.selection:
            self.selection = tuple(name for name in selection if name)
            self.selection_changed.emit(self.selection)

    def _on_event(self, event: Event) -> None:
        match event:
            case NodeState() if event.node.startswith(BESIDE):
                pass  # of a compared variant, which no node shows
            case NodeState():
                self.states[event.node] = event
                self._tell_state(event)
            case ViewReady():
                if event.slot == self.slot and event.proxy == 1:
                    self.seen_frames.add(event.frame)
                self.view_ready.emit(event)
            case ViewFailed():
                if event.error.details:
                    logger.error("node %s failed: %s", event.error.node, event.error.details)
                self.view_failed.emit(event)
            case Thumbnail():
                self.thumbnail.emit(event)
            case RequestDone():
                self.requests.on_done(event)
            case WorkerStatus():
                self.status = event
                if event.state == "died":
                    self.requests.on_engine_lost()
                self.worker_status.emit(event)
            case ExportProgress() | ExportDone():
                self.export_event.emit(event)

    def _tell_state(self, event: NodeState) -> None:
        """A state is told under the name that its node has where one is, of a subgraph summed up.

        Of nodes outside of the shown subgraph the name begins with "/", which no node's does.
        """
        local = self.place.local(event.node)
        state = (self.state_of(local) if local else None) or event
        name = local or f"/{event.node}"
        self.node_state.emit(state if state.node == name else replace(state, node=name))
