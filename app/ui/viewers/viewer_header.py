"""The strip above a viewer: slots, output, channel, overlays, wipe, zoom, pause."""

from __future__ import annotations

from collections.abc import Container
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSizePolicy, QTabBar, QToolButton, QWidget

from app.ui.actions import Actions
from app.ui.looks import VARIANT_SLOT
from app.ui.session import Session
from app.ui.theme import icon
from app.ui.viewers.light import PLACES
from app.ui.viewers.overlays import OVERLAY_TITLES, Overlays
from app.ui.viewers.picture import CHANNELS, Channel

CHANNEL_TITLES: dict[Channel, str] = {
    "rgb": "RGB",
    "red": "Red",
    "green": "Green",
    "blue": "Blue",
    "alpha": "Alpha",
    "luma": "Brightness",
}
ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class ViewerHeader(QWidget):
    """Signals say what the user chose; `refresh` follows the session."""

    channel_chosen = Signal(str)
    overlays_chosen = Signal(object)
    overlay_source_chosen = Signal(object)
    zoom_chosen = Signal(float)
    fit_chosen = Signal()
    table_chosen = Signal(bool)
    light_chosen = Signal(float, float)

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.tabs = QTabBar(self)
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabs.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.tabs.currentChanged.connect(self._on_tab)
        self.tabs.setToolTip("Viewer slots. Press 1 to 9 over a node to send it to a slot")
        self.output = self._combo("Output of the node")
        self.output.activated.connect(self._on_output)
        self.channel = self._combo("Channel (R, G, B, A, Y)")
        for channel in CHANNELS:
            self.channel.addItem(CHANNEL_TITLES[channel], channel)
        self.channel.activated.connect(lambda: self.channel_chosen.emit(self.channel.currentData()))
        self.zoom = self._combo("Zoom")
        self.zoom.addItem("Fit", 0.0)
        for zoom in ZOOMS:
            self.zoom.addItem(f"{zoom:.0%}", zoom)
        self.zoom.setMinimumWidth(74)
        self.zoom.activated.connect(self._on_zoom)
        self.overlays = QToolButton(self)
        self.overlays.setIcon(icon("overlay"))
        self.overlays.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.overlays.setToolTip("What is drawn over the picture (O switches all)")
        self.overlay_menu = QMenu(self.overlays)
        self.overlays.setMenu(self.overlay_menu)
        self.table = QToolButton(self)
        self.table.setIcon(icon("menu"))
        self.table.setCheckable(True)
        self.table.setToolTip("Show the numbers as a table")
        self.table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.table.toggled.connect(self.table_chosen)
        self.table.hide()
        self.wireframe = self._button(actions, "viewer.wireframe")
        self.wireframe.hide()
        self.light = self._light_button(actions)
        self.light.hide()
        self.wipe = self._button(actions, "viewer.wipe")
        self.wipe_with = self._combo("The slot on the right of the wipe")
        self.wipe_with.activated.connect(lambda: session.set_wipe_slot(self.wipe_with.currentData()))
        self.pause = self._button(actions, "viewer.pause")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 6, 2)
        row.setSpacing(4)
        row.addWidget(self.tabs, 1)
        for part in (
            self.output,
            self.table,
            self.wireframe,
            self.light,
            self.wipe,
            self.wipe_with,
            self.overlays,
            self.channel,
            self.zoom,
            self.pause,
        ):
            row.addWidget(part)

    def _combo(self, tip: str) -> QComboBox:
        box = QComboBox(self)
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        return box

    def _button(self, actions: Actions, action_id: str) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(actions[action_id])
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _light_button(self, actions: Actions) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon("light"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolTip("Light of the 3D view (Ctrl and drag turns it)")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(button)
        menu.addAction(actions["viewer.light"])
        menu.addSeparator()
        for title, (right, up) in PLACES.items():
            menu.addAction(title).triggered.connect(partial(self._choose_light, right, up))
        button.setMenu(menu)
        return button

    def _choose_light(self, right: float, up: float, _checked: bool = False) -> None:
        self.light_chosen.emit(right, up)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "overlays"):
            self.overlays.setIcon(icon("overlay"))
            self.table.setIcon(icon("menu"))
            self.light.setIcon(icon("light"))
        super().changeEvent(event)

    # -- following the session ----------------------------------------------------------------

    def refresh(self) -> None:
        """Show the slots, outputs and wipe partners of the session."""
        session = self._session
        self.tabs.blockSignals(True)
        wanted = sorted({*session.slots, session.slot})
        while self.tabs.count() > len(wanted):
            self.tabs.removeTab(self.tabs.count() - 1)
        while self.tabs.count() < len(wanted):
            self.tabs.addTab("")
        for index, slot in enumerate(wanted):
            port = session.slots.get(slot)
            self.tabs.setTabData(index, slot)
            self.tabs.setTabText(index, f"{slot}  {port.node}" if port else f"{slot}  empty")
        self.tabs.setCurrentIndex(wanted.index(session.slot))
        self.tabs.blockSignals(False)
        self._refresh_outputs()
        self.wipe_with.clear()
        for slot in wanted:
            if slot != session.slot and slot in session.slots:
                self.wipe_with.addItem(f"with {slot}  {session.slots[slot].node}", slot)
        if session.wipe_slot == VARIANT_SLOT:
            self.wipe_with.addItem(f"with {session.compared}", VARIANT_SLOT)
        index = self.wipe_with.findData(session.wipe_slot)
        self.wipe_with.setCurrentIndex(index)
        self.wipe_with.setVisible(session.wipe_slot is not None)

    def _refresh_outputs(self) -> None:
        session = self._session
        port = session.slots.get(session.slot)
        spec = session.spec_at(port.node) if port else None
        names = [socket.name for socket in spec.outputs] if spec else []
        self.output.setVisible(len(names) > 1)
        self.output.clear()
        for name in names:
            self.output.addItem(name.replace("_", " "), name)
        if port is not None:
            self.output.setCurrentIndex(max(self.output.findData(port.output), 0))

    def refresh_overlays(
        self,
        overlays: Overlays,
        available: Container[str],
        sources: list[tuple[str, object]],
        source: object,
    ) -> None:
        """Fill the overlay menu.

        Args:
            overlays: which kinds are on.
            available: the names of kinds that there is something for.
            sources: (title, port) of every Faces output that can be drawn.
            source: the chosen port; None for none.
        """
        menu = self.overlay_menu
        menu.clear()
        for name, title in OVERLAY_TITLES.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(getattr(overlays, name))
            action.setEnabled(name in available)
            action.toggled.connect(
                lambda on, name=name: self.overlays_chosen.emit(overlays.switched(name, on))
            )
        menu.addSeparator()
        heading = menu.addAction("Faces from" if sources else "No node here finds faces")
        heading.setEnabled(False)
        for title, port in [("No overlay", None), *sources] if sources else []:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(port == source)
            action.triggered.connect(lambda _=False, port=port: self.overlay_source_chosen.emit(port))

    def show_controls(self, *, picture: bool, two: bool, space: bool = False, lit: bool = False) -> None:
        """Offer what makes sense for the page in front.

        Args:
            picture: whether it is a picture; else it is a table, a plot or a view in space.
            two: whether the value can also be shown as a table.
            space: whether it is a view in space, and `lit` whether lamps shine there: splats bring
                the light they were taken in.
        """
        self.table.setVisible(two)
        self.wireframe.setVisible(space)
        self.light.setVisible(space and lit)
        for part in (self.wipe, self.overlays, self.channel, self.zoom):
            part.setVisible(picture)
        self.wipe_with.setVisible(picture and self._session.wipe_slot is not None)

    def show_channel(self, channel: Channel) -> None:
        self.channel.setCurrentIndex(self.channel.findData(channel))

    def show_zoom(self, zoom: float) -> None:
        self.zoom.setItemText(0, "Fit")
        index = self.zoom.findData(zoom)
        if index < 0:
            self.zoom.setCurrentIndex(-1)
            self.zoom.setPlaceholderText(f"{zoom:.0%}")
        else:
            self.zoom.setCurrentIndex(index)

    def _on_tab(self, index: int) -> None:
        slot = self.tabs.tabData(index)
        if slot is not None:
            self._session.show_slot(int(slot))

    def _on_output(self) -> None:
        port = self._session.slots.get(self._session.slot)
        if port is not None:
            self._session.view_address(port.node, self._session.slot, self.output.currentData())

    def _on_zoom(self) -> None:
        zoom = self.zoom.currentData()
        if zoom:
            self.zoom_chosen.emit(zoom)
        else:
            self.fit_chosen.emit()
