"""The viewer: whatever a slot holds, with its banner, probe and overlays."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.document.unfold import given_by
from app.engine.protocol import ErrorReport, Preview, ViewFailed, ViewReady
from app.ui.actions import Actions
from app.ui.looks import BACKING_SLOT, SLOTS, VARIANT_SLOT
from app.ui.session import Session
from app.ui.viewers.announcer import Announcer
from app.ui.viewers.face_overlays import FaceOverlays
from app.ui.viewers.hand import Hand
from app.ui.viewers.pages import SPLATS, Pages
from app.ui.viewers.picture import Channel, Picture
from app.ui.viewers.picture_view import ZOOM_STEP
from app.ui.viewers.viewer_header import ViewerHeader
from nodes.sdk.values import Faces

KEYS_OF_CHANNELS: dict[str, Channel] = {
    "viewer.red": "red",
    "viewer.green": "green",
    "viewer.blue": "blue",
    "viewer.alpha": "alpha",
    "viewer.luma": "luma",
}
#: Steps to the right and down.
SIDES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
#: What else is computed belongs to other panels.
SHOWN = frozenset((*SLOTS, BACKING_SLOT, VARIANT_SLOT))


class Viewer(QWidget):
    """Follows the session's slots."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._actions = actions
        self._ready: dict[int, ViewReady] = {}
        self._pictures: dict[int, Picture] = {}
        self.header = ViewerHeader(session, actions, self)
        self.pages = Pages(actions, self)
        self.picture_view = self.pages.picture
        self.picture_view.empty_text = self._empty_text
        self.announcer = Announcer(session, actions, self.pages)
        self.overlays = FaceOverlays(session, self._on_overlays)
        self.hand = Hand(session, self._refresh_tool)
        self.probe = self._label()
        self.summary = self._label()
        self.size_chip = QLabel(self)
        self.size_chip.setProperty("chip", "warning")
        self.size_chip.setToolTip("Shown smaller while you drag; full size follows when you stop")
        # Coming and going it must not change the size of what it speaks of.
        kept = self.size_chip.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.size_chip.setSizePolicy(kept)
        self.size_chip.setText("1/4 size")
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
        column.addWidget(self.pages, 1)
        column.addLayout(footer)
        self._connect()
        self._bind()
        self._on_slots()

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setProperty("dim", True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _connect(self) -> None:
        session, header, view = self.session, self.header, self.picture_view
        session.view_ready.connect(self._on_ready)
        session.view_failed.connect(self._on_failed)
        session.node_state.connect(self._on_state)
        session.requests.busy_changed.connect(self._on_state)
        session.slots_changed.connect(self._on_slots)
        session.graph_changed.connect(self._on_graph)
        session.frame_changed.connect(self._on_frame)
        session.selection_changed.connect(self._refresh_tool)
        view.probed.connect(self._on_probe)
        view.zoomed.connect(header.show_zoom)
        header.channel_chosen.connect(self._show_channel)
        header.overlays_chosen.connect(self.overlays.set_kinds)
        header.overlay_source_chosen.connect(self.overlays.choose)
        header.zoom_chosen.connect(view.set_zoom)
        header.fit_chosen.connect(view.fit)
        header.table_chosen.connect(self._show_table)
        header.light_chosen.connect(self._place_light)
        self.pages.plot.sought.connect(self._on_sought)
        self.pages.plot.probed.connect(self.probe.setText)
        self.pages.space.moved.connect(self._on_moved)
        self.pages.space.light_changed.connect(self._on_light)

    def _bind(self) -> None:
        bind = self._actions.bind
        bind("viewer.fit", self.pages.fit)
        bind("viewer.actual", self.picture_view.actual_size)
        bind("viewer.wipe", self.toggle_wipe)
        bind("viewer.swap", self.swap)
        bind("viewer.overlays", self.overlays.toggle)
        bind("viewer.wireframe", self.pages.space.toggle_wireframe)
        bind("viewer.light", self.pages.space.toggle_light)
        bind("viewer.front", self.pages.space.front)
        bind("viewer.zoom_in", partial(self.pages.zoom_by, ZOOM_STEP**2))
        bind("viewer.zoom_out", partial(self.pages.zoom_by, ZOOM_STEP**-2))
        for side, step in SIDES.items():
            bind(f"viewer.go_{side}", partial(self.pages.look_aside, *step))
        for slot in SLOTS:
            bind(f"viewer.slot_{slot}", partial(self.show_slot, slot))
        for action_id, channel in KEYS_OF_CHANNELS.items():
            bind(action_id, partial(self.toggle_channel, channel))
        self._actions["viewer.wipe"].setCheckable(True)
        self._actions["viewer.light"].setCheckable(True)
        self._on_light()

    # -- commands -----------------------------------------------------------------------------

    def toggle_channel(self, channel: Channel) -> None:
        """Show one channel; again for all."""
        self._show_channel("rgb" if self.picture_view.channel == channel else channel)

    def show_slot(self, slot: int) -> None:
        """Bring a slot to the front, if it holds something."""
        if slot in self.session.slots:
            self.session.show_slot(slot)
        else:
            self.session.message.emit(f"Viewer {slot} is empty: press {slot} over a node to fill it")

    def toggle_wipe(self) -> None:
        """Compare the slot in front with another one."""
        session = self.session
        if session.wipe_slot is not None:
            session.set_wipe_slot(None)
            return
        others = [slot for slot in sorted(session.slots) if slot != session.slot]
        if others:
            session.set_wipe_slot(others[0])
        else:
            self._actions["viewer.wipe"].setChecked(False)
            session.message.emit("A wipe needs a second picture: press 2 over another node")

    def swap(self) -> None:
        """Exchange the sides of the wipe."""
        session = self.session
        front, other = session.slot, session.wipe_slot
        if other is not None:
            session.set_wipe_slot(None)
            session.show_slot(other)
            session.set_wipe_slot(front)

    def close_pages(self) -> None:
        """Let go of the graphics card."""
        self.pages.space.close_renderer()

    # -- what is shown ------------------------------------------------------------------------

    def _on_ready(self, event: ViewReady) -> None:
        if self.overlays.take(event) or self.hand.take(event) or event.slot not in SHOWN:
            return
        self._ready[event.slot] = event
        if event.preview.pixels is not None and event.preview.kind != SPLATS:
            self._pictures[event.slot] = Picture(event.preview.pixels, event.preview.scale)
        else:
            self._pictures.pop(event.slot, None)
        self._refresh_content()

    def _on_failed(self, event: ViewFailed) -> None:
        if not self.overlays.take(event):
            self.hand.take(event)

    def _on_slots(self) -> None:
        session = self.session
        for slot in [slot for slot in self._ready if slot in SLOTS]:
            port, ready = session.slots.get(slot), self._ready[slot]
            if port is None or (port.node, port.output) != (ready.node, ready.output or port.output):
                self._ready.pop(slot)
                self._pictures.pop(slot, None)
                if slot == session.slot:
                    self.pages.space.forget_splats()
        self._aim()
        self.header.refresh()
        self._actions["viewer.wipe"].setChecked(session.wipe_slot is not None)
        self.overlays.refresh()

    def _on_graph(self) -> None:
        self.header.refresh()
        self.overlays.refresh()

    def _on_frame(self, frame: int) -> None:
        self.pages.plot.show_time(frame / self.session.graph.settings.fps)

    def _on_sought(self, seconds: float) -> None:
        self.session.set_frame(round(seconds * self.session.graph.settings.fps))

    def _on_overlays(self) -> None:
        overlays = self.overlays
        self.picture_view.set_overlays(overlays.kinds)
        titles: list[tuple[str, object]] = [(port.node, port) for port in overlays.sources]
        self.header.refresh_overlays(overlays.kinds, overlays.available, titles, overlays.source)
        self._refresh_content()

    def _refresh_content(self) -> None:
        session, view = self.session, self.picture_view
        ready = self._ready.get(session.slot)
        preview = ready.preview if ready else None
        picture, faces = self._pictures.get(session.slot), self.overlays.faces
        if preview is not None and isinstance(preview.value, Faces) and BACKING_SLOT in session.extras:
            picture, faces = self._pictures.get(BACKING_SLOT), preview.value
        view.show_faces(faces)
        view.show_cover(self.overlays.film, self.overlays.wires)
        self._refresh_wipe()
        self.pages.show_preview(preview, picture)
        page = self.pages.currentWidget()
        self.header.show_controls(
            picture=page is view,
            two=self.pages.has_two(preview, picture),
            space=page is self.pages.space,
            lit=preview is not None and preview.kind != SPLATS,
        )
        self.summary.setText(
            preview.summary if preview and self.pages.currentWidget() is not self.pages.table else ""
        )
        scale = preview.scale if preview else 1.0
        self.size_chip.setText(f"1/{scale:g} size")
        self.size_chip.setVisible((picture is not None or self._is_drawn(preview)) and scale > 1)
        self._refresh_tool()
        self._aim()

    @staticmethod
    def _is_drawn(preview: Preview | None) -> bool:
        return preview is not None and preview.kind == SPLATS and preview.pixels is not None

    def _aim(self) -> None:
        """Let splats in front be drawn from where the viewport looks."""
        session, preview = self.session, self._preview_kind()
        wanted = self.pages.space.viewpoint() if preview == SPLATS and not self.pages.as_table else None
        if wanted != session.viewpoint:
            session.set_viewpoint(wanted)

    def _preview_kind(self) -> str:
        """What the slot in front gives, as its node declares it."""
        port = self.session.slots.get(self.session.slot)
        spec = self.session.spec_at(port.node) if port is not None else None
        socket = spec.output(port.output) if spec is not None and port is not None else None
        return socket.type_name if socket is not None else ""

    def _on_moved(self, moving: bool) -> None:
        if self.pages.currentWidget() is self.pages.space:
            self.session.set_viewpoint(self.pages.space.viewpoint(), dragging=moving)

    def _on_light(self) -> None:
        self._actions["viewer.light"].setChecked(not self.pages.space.light.fixed)

    def _place_light(self, right: float, up: float) -> None:
        space = self.pages.space
        space.set_light(space.light.placed(right, up, space.orbit))

    def _refresh_tool(self) -> None:
        """Give the hand what the selected node can do on the picture in front."""
        picture = self.picture_view.picture
        in_front = picture is not None and self.pages.currentWidget() is self.picture_view
        tool = self.hand.tool(picture.size if picture is not None and in_front else None)
        self.picture_view.set_tool(tool)
        self.probe.setText(tool.advice if tool is not None else "")

    def _refresh_wipe(self) -> None:
        session, view = self.session, self.picture_view
        wipe = session.wipe_slot
        view.show_other(self._pictures.get(wipe) if wipe is not None else None)
        if wipe is None:
            view.set_wipe(None)
        elif view.wipe is None:
            view.set_wipe(0.5)
        view.wipe_names = (session.title_of(session.slot), session.title_of(wipe))

    def _show_channel(self, channel: Channel) -> None:
        self.picture_view.set_channel(channel)
        self.header.show_channel(channel)

    def _show_table(self, table: bool) -> None:
        self.pages.as_table = table
        self._refresh_content()

    def _on_probe(self, found: object) -> None:
        if found is None:
            self.probe.setText("")
            return
        assert isinstance(found, tuple)
        x, y, colour = found
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
        failure, paused = self.announcer.failure, session.requests.paused
        if failure is not None and not paused:
            return "", ""  # The banner says it.
        failed = failure.error if failure else self._failure_behind(session.slots[session.slot].node)
        if failed is not None:
            return f"{failed.node}: {failed.what}", failed.hint
        if paused:
            return "Nothing is computed while the viewer is paused", ""
        if session.requests.busy or session.status.state == "starting":
            return "Working on the first picture…", ""
        return "There is no picture yet", "It was stopped, or nothing has asked for it since."

    def _failure_behind(self, node: str) -> ErrorReport | None:
        """Why a node gives nothing: its own failure, or that of the node which blocks it."""
        states = self.session.states
        behind = given_by(self.session.whole, node, "")
        state = states.get(behind.node if behind is not None else node)
        if state is not None and state.state == "blocked":
            state = states.get(state.blocked_by)
        return state.error if state is not None and state.state == "failed" else None

    def _on_state(self) -> None:
        if self.picture_view.picture is None:
            self.picture_view.update()
