"""The viewer: whatever a slot holds, with its banner, probe and overlays."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.document.graph import Port
from app.engine.protocol import NodeState, ViewFailed, ViewReady, WorkerStatus
from app.ui.actions import Actions
from app.ui.session import BACKING_SLOT, OVERLAY_SLOT, SLOTS, Session
from app.ui.viewers.banner import Activity, Banner
from app.ui.viewers.overlay_source import face_ports, picture_behind
from app.ui.viewers.overlays import Overlays
from app.ui.viewers.picture import Channel, Picture
from app.ui.viewers.picture_view import PictureView
from app.ui.viewers.value_view import ValueView
from app.ui.viewers.viewer_header import ViewerHeader
from nodes.sdk.values import Faces

#: Milliseconds of computing before the viewer says so; shorter work would only flicker.
QUIET = 250
KEYS_OF_CHANNELS: dict[str, Channel] = {
    "viewer.red": "red",
    "viewer.green": "green",
    "viewer.blue": "blue",
    "viewer.alpha": "alpha",
    "viewer.luma": "luma",
}


class Viewer(QWidget):
    """Follows the session's slots; asks for nothing by itself."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._actions = actions
        self._ready: dict[int, ViewReady] = {}
        self._pictures: dict[int, Picture] = {}
        self._failure: ViewFailed | None = None
        self._lost = ""
        self._faces: Faces | None = None
        self._source: Port | None = None
        self._wants_overlay = False
        self._shows_faces_on_picture = True
        self._computing: NodeState | None = None
        self.header = ViewerHeader(session, actions, self)
        self.picture_view = PictureView(self)
        self.picture_view.empty_text = self._empty_text
        self.value_view = ValueView(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.picture_view)
        self.stack.addWidget(self.value_view)
        self.stack.installEventFilter(self)
        self.banner = Banner(self.stack)
        self.activity = Activity(session.cancel, self.stack)
        self.probe = QLabel(self)
        self.probe.setProperty("dim", True)
        self.probe.setTextFormat(Qt.TextFormat.PlainText)
        self.summary = QLabel(self)
        self.summary.setProperty("dim", True)
        self.size_chip = QLabel(self)
        self.size_chip.setProperty("chip", "warning")
        self.size_chip.setToolTip("Shown smaller while you drag; full size follows when you stop")
        self.size_chip.hide()
        footer = QHBoxLayout()
        footer.setContentsMargins(10, 3, 10, 3)
        footer.addWidget(self.probe, 1)
        footer.addWidget(self.size_chip)
        footer.addWidget(self.summary)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.stack, 1)
        column.addLayout(footer)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET)
        self._quiet.timeout.connect(self._show_activity)
        self._connect()
        self._bind()
        self._on_slots()

    def _connect(self) -> None:
        session, header, view = self.session, self.header, self.picture_view
        session.view_ready.connect(self._on_ready)
        session.view_failed.connect(self._on_failed)
        session.node_state.connect(self._on_state)
        session.slots_changed.connect(self._on_slots)
        session.graph_changed.connect(self._on_graph)
        session.document_changed.connect(self._on_document)
        session.worker_status.connect(self._on_worker)
        session.requests.busy_changed.connect(self._on_busy)
        session.requests.paused_changed.connect(self._refresh_banner)
        view.probed.connect(self._on_probe)
        view.zoomed.connect(header.show_zoom)
        header.channel_chosen.connect(self._show_channel)
        header.overlays_chosen.connect(self._set_overlays)
        header.overlay_source_chosen.connect(self._choose_source)
        header.zoom_chosen.connect(view.set_zoom)
        header.fit_chosen.connect(view.fit)

    def _bind(self) -> None:
        actions = self._actions
        actions.bind("viewer.fit", self.picture_view.fit)
        actions.bind("viewer.actual", self.picture_view.actual_size)
        actions.bind("viewer.wipe", self.toggle_wipe)
        actions.bind("viewer.swap", self.swap)
        actions.bind("viewer.overlays", self.toggle_overlays)
        actions.bind("viewer.pause", self.toggle_pause)
        for action_id, channel in KEYS_OF_CHANNELS.items():
            actions.bind(action_id, lambda channel=channel: self.toggle_channel(channel))
        for action_id in ("viewer.wipe", "viewer.pause"):
            actions[action_id].setCheckable(True)
        actions.attach(self.picture_view, "viewer")
        actions.attach(self.value_view.table, "viewer")

    # -- commands -----------------------------------------------------------------------------

    def toggle_channel(self, channel: Channel) -> None:
        """Show one channel; again for all."""
        self._show_channel("rgb" if self.picture_view.channel == channel else channel)

    def toggle_wipe(self) -> None:
        """Compare the slot in front with another one."""
        session = self.session
        if session.wipe_slot is not None:
            session.set_wipe_slot(None)
            return
        others = [slot for slot in sorted(session.slots) if slot != session.slot]
        if not others:
            self._actions["viewer.wipe"].setChecked(False)
            session.message.emit("A wipe needs a second picture: press 2 over another node")
            return
        session.set_wipe_slot(others[0])

    def swap(self) -> None:
        """Bring the wipe's other slot to the front."""
        session = self.session
        if session.wipe_slot is not None:
            front, session.wipe_slot = session.slot, None
            other = next(slot for slot in (self.header.wipe_with.currentData(),) if slot is not None)
            session.show_slot(other)
            session.set_wipe_slot(front)

    def toggle_overlays(self) -> None:
        """All overlays off, or on again."""
        self._wants_overlay = not self._wants_overlay
        self._refresh_source()

    def toggle_pause(self) -> None:
        self.session.requests.set_paused(not self.session.requests.paused)

    # -- what is shown ------------------------------------------------------------------------

    def _on_ready(self, event: ViewReady) -> None:
        self._lost = ""
        if event.slot == OVERLAY_SLOT:
            self._faces = event.preview.value if isinstance(event.preview.value, Faces) else None
            self._refresh_content()
            return
        self._ready[event.slot] = event
        preview = event.preview
        if preview.pixels is not None:
            self._pictures[event.slot] = Picture(preview.pixels, preview.scale)
        else:
            self._pictures.pop(event.slot, None)
        if event.slot == self.session.slot:
            self._failure = None
            self._refresh_banner()
        self._refresh_content()

    def _on_failed(self, event: ViewFailed) -> None:
        if event.slot == OVERLAY_SLOT:
            self._faces = None
            self._refresh_content()
            return
        if event.slot == self.session.slot:
            self._failure = event
            self._refresh_banner()

    def _on_slots(self) -> None:
        session = self.session
        for slot in [slot for slot in self._ready if slot in SLOTS]:
            port, ready = session.slots.get(slot), self._ready[slot]
            if port is None or (port.node, port.output) != (ready.node, ready.output or port.output):
                self._ready.pop(slot)
                self._pictures.pop(slot, None)
        self._failure = None
        self.header.refresh()
        self._actions["viewer.wipe"].setChecked(session.wipe_slot is not None)
        self._refresh_source()
        self._refresh_content()
        self._refresh_banner()

    def _on_graph(self) -> None:
        self.header.refresh()
        self._refresh_source()
        if not self.session.slots:
            self._failure = None
            self._refresh_banner()
        self._refresh_content()

    def _on_document(self) -> None:
        if not self.session.slots and self._ready:
            self._on_slots()

    def _refresh_content(self) -> None:
        session = self.session
        ready = self._ready.get(session.slot)
        picture = self._pictures.get(session.slot)
        faces = self._faces if OVERLAY_SLOT in session.extras else None
        if ready is not None and isinstance(ready.preview.value, Faces) and BACKING_SLOT in session.extras:
            picture, faces = self._pictures.get(BACKING_SLOT), ready.preview.value
        wipe = session.wipe_slot
        view = self.picture_view
        view.show_faces(faces)
        if ready is not None and ready.preview.pixels is None and picture is None:
            self.value_view.show_value(ready.preview.kind, ready.preview.summary, ready.preview.value)
            self.stack.setCurrentWidget(self.value_view)
        else:
            view.show_picture(picture)
            self.stack.setCurrentWidget(view)
        view.show_other(self._pictures.get(wipe) if wipe is not None else None)
        if wipe is None:
            view.set_wipe(None)
        elif view.wipe is None:
            view.set_wipe(0.5)
        view.wipe_names = tuple(  # type: ignore[assignment]
            session.slots[slot].node if slot in session.slots else "" for slot in (session.slot, wipe or 0)
        )
        self.summary.setText(ready.preview.summary if ready and picture is not None else "")
        scale = ready.preview.scale if ready else 1.0
        self.size_chip.setText(f"1/{scale:g} size")
        self.size_chip.setVisible(picture is not None and scale > 1)

    def _show_channel(self, channel: Channel) -> None:
        self.picture_view.set_channel(channel)
        self.header.show_channel(channel)

    # -- overlays -----------------------------------------------------------------------------

    def _refresh_source(self) -> None:
        session = self.session
        port = session.slots.get(session.slot)
        ports = face_ports(session.graph, session.registry, port.node) if port else []
        if self._source not in ports:
            self._source = ports[0] if ports else None
        source = self._source if self._wants_overlay else None
        session.set_extra(OVERLAY_SLOT, source if self.picture_view.overlays.any else None)
        behind = None
        if port in ports and self._shows_faces_on_picture:
            behind = picture_behind(session.graph, session.registry, port.node) if port else None
        session.set_extra(BACKING_SLOT, behind)
        titles: list[tuple[str, object]] = [(port.node, port) for port in ports]
        self.header.refresh_overlays(self.picture_view.overlays, titles, source)

    def _set_overlays(self, overlays: Overlays) -> None:
        self.picture_view.set_overlays(overlays)
        self._refresh_source()

    def _choose_source(self, port: Port | None) -> None:
        self._wants_overlay = port is not None
        self._source = port or self._source
        self._refresh_source()

    # -- saying what goes on ------------------------------------------------------------------

    def _on_state(self, state: NodeState) -> None:
        if state.state == "computing":
            self._computing = state
            if not self.activity.isHidden():
                self._show_activity()

    def _on_busy(self, busy: bool) -> None:
        if busy:
            self._computing = None
            self._quiet.start()
        else:
            self._quiet.stop()
            self.activity.hide()

    def _show_activity(self) -> None:
        state = self._computing
        words, fraction = "Computing…", 0.0
        if state is not None:
            words = f"{state.node}: {state.doing}" if state.doing else f"Computing {state.node}"
            fraction = state.fraction
        if self.session.status.state == "starting":
            words = "Starting the compute process…"
        self.activity.tell(words, fraction)
        self._place_plates()

    def _on_worker(self, status: WorkerStatus) -> None:
        if status.state == "died":
            self._lost = status.detail or "It ran out of memory or crashed"
            self._refresh_banner()
        elif status.state == "ready" and self._lost:
            self._refresh_banner()

    def _refresh_banner(self) -> None:
        session, banner = self.session, self.banner
        self._actions["viewer.pause"].setChecked(session.requests.paused)
        if session.requests.paused:
            banner.tell(
                "warning",
                "Paused: the picture does not follow your changes",
                "",
                "Resume",
                self.toggle_pause,
            )
        elif self._failure is not None:
            error = self._failure.error
            parts = [error.hint, *error.inputs]
            banner.tell(
                "error",
                f"{error.node}: {error.what}",
                "\n".join(part for part in parts if part),
                "Go to node" if error.node in session.graph.nodes else "",
                lambda: session.select((error.node,)),
            )
        elif self._lost:
            banner.tell(
                "warning",
                "The compute process stopped and was started again",
                f"{self._lost}. Your graph is untouched.",
                "Try again",
                self._retry,
            )
        else:
            banner.hide()
        self._place_plates()

    def _retry(self) -> None:
        self._lost = ""
        self._refresh_banner()
        self.session.requests.wish()

    def _on_probe(self, found: object) -> None:
        if found is None:
            self.probe.setText("")
            return
        x, y, colour = found  # type: ignore[misc]
        red, green, blue, alpha = (part / 255 for part in colour)
        hexes = "".join(f"{part:02x}" for part in colour[:3])
        self.probe.setText(
            f"x {x:<5} y {y:<5}   R {red:.3f}  G {green:.3f}  B {blue:.3f}  A {alpha:.3f}   #{hexes}"
        )

    def _empty_text(self) -> tuple[str, str]:
        session = self.session
        if not session.graph.nodes:
            return (
                "Start with a photo",
                "Drop a picture or a video into the window, open an example from the File menu,"
                " or press Tab over the graph to add a node.",
            )
        if session.slot not in session.slots:
            return "This viewer is empty", f"Point at a node and press {session.slot} to see its result here."
        if self._failure is not None:
            return "", ""
        return "Working on the first picture…", ""

    # -- placing the plates over the picture ----------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.stack and event.type() == QEvent.Type.Resize:
            self._place_plates()
        return super().eventFilter(watched, event)

    def _place_plates(self) -> None:
        width = self.stack.width()
        self.banner.setGeometry(0, 0, width, self.banner.heightForWidth(width))
        self.banner.raise_()
        size = self.activity.sizeHint()
        self.activity.setGeometry(
            width - size.width() - 12, self.stack.height() - size.height() - 12, size.width(), size.height()
        )
        self.activity.raise_()
