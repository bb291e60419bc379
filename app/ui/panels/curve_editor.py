"""The curves of the selected nodes' animated parameters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QListWidgetItem, QWidget

from app.document.commands import KeyPlace, Track, shape_keys, tracks_of
from app.document.curve import INTERPOLATIONS, Interpolation
from app.document.graph import Graph
from app.document.wiring import known_spec
from app.ui.panels.curve_frame import CurveFrame
from app.ui.panels.curve_plot import CurvePlot
from app.ui.theme import current_theme

TRACK = Qt.ItemDataRole.UserRole + 1
EMPTY = "Nothing is animated here.\n\nClick a diamond beside a parameter to set its first key."


class CurveEditor(CurveFrame):
    """Follows the session's selection; what is unchecked in the list is not drawn."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._hidden: set[Track] = set()
        ways = ((way, f"Leave the selected keys {way}", self.set_interpolation) for way in INTERPOLATIONS)
        self._build(CurvePlot(session, self), EMPTY, ways, "Bring all keys into view (F)")
        self.list.setToolTip("Double-click a curve to see it alone, and again to see all")
        self.list.itemChanged.connect(self._on_checked)
        self.list.itemDoubleClicked.connect(self._on_alone)
        self.plot.selection_changed.connect(self._show_interpolation)
        session.selection_changed.connect(self._on_selection)
        session.graph_changed.connect(self._on_graph)
        session.frame_changed.connect(lambda _frame: self.plot.update())
        self._on_selection(session.selection)

    def _on_selection(self, _names: tuple[str, ...]) -> None:
        self.refresh()
        self.plot.fit()

    def _on_graph(self, before: Graph, after: Graph) -> None:
        if any(before.nodes.get(name) is not after.nodes.get(name) for name in self.session.selection):
            self.refresh()

    def refresh(self) -> None:
        """Show the curves as they are now."""
        found = tracks_of(self.session.graph, self.session.selection)
        if [self.list.item(row).data(TRACK) for row in range(self.list.count())] != list(found):
            self._fill(list(found))
        colours = {track: current_theme().curve(number) for number, track in enumerate(found)}
        shown = {track: curve for track, curve in found.items() if track not in self._hidden}
        self.plot.show_curves(shown, colours)
        self.split.setVisible(bool(found))
        self.empty.setVisible(not found)
        self._show_interpolation()

    def _fill(self, tracks: list[Track]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        several = len({track.node for track in tracks}) > 1
        for number, track in enumerate(tracks):
            spec = known_spec(self.session.graph.nodes[track.node], self.session.registry)
            parameter = spec.parameter(track.parameter) if spec else None
            label = parameter.label if parameter else track.parameter
            item = QListWidgetItem(f"{track.node} · {label}" if several else label)
            swatch = QPixmap(10, 10)
            swatch.fill(QColor(current_theme().curve(number)))
            item.setIcon(QIcon(swatch))
            item.setData(TRACK, track)
            shown = track not in self._hidden
            item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.blockSignals(False)

    def dress(self) -> None:
        self._fill([self.list.item(row).data(TRACK) for row in range(self.list.count())])
        self.refresh()

    def _on_checked(self, item: QListWidgetItem) -> None:
        track = item.data(TRACK)
        if item.checkState() == Qt.CheckState.Checked:
            self._hidden.discard(track)
        else:
            self._hidden.add(track)
        self.refresh()

    def _on_alone(self, item: QListWidgetItem) -> None:
        tracks = [self.list.item(row).data(TRACK) for row in range(self.list.count())]
        others = {track for track in tracks if track != item.data(TRACK)}
        if others <= self._hidden and item.data(TRACK) not in self._hidden:
            self._hidden -= others
        else:
            self._hidden = self._hidden | others
            self._hidden.discard(item.data(TRACK))
        self._fill(tracks)
        self.refresh()
        self.plot.fit()

    def set_interpolation(self, interpolation: Interpolation) -> None:
        """Say how the curves leave the selected keys."""
        places = self.plot.selected
        if places:
            self.session.edit(
                f"Make keys {interpolation}",
                lambda graph: shape_keys(graph, places, interpolation),
            )
        self._show_interpolation()

    def _show_interpolation(self) -> None:
        """Press the button of what all selected keys share."""
        chosen = {
            key.interpolation
            for track, curve in self.plot.curves.items()
            for key in curve.keys
            if KeyPlace(track, key.frame) in self.plot.selected
        }
        for interpolation, button in self.buttons.items():
            button.setChecked(chosen == {interpolation})
            button.setEnabled(bool(chosen))
