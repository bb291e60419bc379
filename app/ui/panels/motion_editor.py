"""The curves of a motion, edited by hand: for nodes such as 'Edit motion'."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import QDoubleSpinBox, QListWidgetItem, QWidget

from app.document.commands import set_parameter, shown_value
from app.document.graph import Port
from app.document.unfold import given_by
from app.document.wiring import known_spec
from app.ui.asking import AskedValue
from app.ui.fields import number
from app.ui.panels.curve_frame import CurveFrame
from app.ui.panels.motion_plot import MotionPlot
from app.ui.session import Session
from app.ui.theme import current_theme
from nodes.sdk.errors import FacewrightError
from nodes.sdk.values import Motion
from nodes.voice.editing import CURVES, WAYS, Offsets, curve_of, read_offsets, write_offsets

#: The input of the node whose motion is edited, and its parameters.
INPUT, TEXT, STRENGTH = "motion", "curves", "strength"
#: The engine's slot for the motion that comes in.
MOTION_SLOT = 106
#: So many of the liveliest curves are shown at first.
LIVELIEST = 3
NAME = Qt.ItemDataRole.UserRole + 1
NOTHING = "Wire a motion into this node to see its curves."
COMING = "The motion is being made."


class MotionEditor(CurveFrame):
    """Shows the motion that comes into the selected node, and edits what the node changes in it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.node = ""
        self._shown: list[str] = []
        plot = MotionPlot(session, self)
        ways = (
            (way, f"Let the change go on {way} from the selected keys", plot.shape_selected) for way in WAYS
        )
        self._build(plot, NOTHING, ways, "Bring all of the motion into view (F)")
        self._asked = AskedValue(session, MOTION_SLOT, Motion, self)
        self._asked.changed.connect(self._on_motion)
        self.plot.offsets_changed.connect(self._on_offsets)
        self.plot.selection_changed.connect(self._show_ways)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Curves to show")
        self.list.setToolTip("Tick the curves to see; those that are changed are bold")
        self.list.itemChanged.connect(self._on_checked)
        self.reach: QDoubleSpinBox = number("How far a pull reaches to both sides", 0.02, 5.0, self)
        self.reach.setSuffix(" s")
        self.reach.setSingleStep(0.05)
        self.reach.setValue(self.plot.reach)
        self.reach.valueChanged.connect(self._on_reach)
        self.add_field("Reach", self.reach)
        session.graph_changed.connect(lambda _before, _after: self.refresh())
        session.slots_changed.connect(self.refresh)
        session.frame_changed.connect(lambda _frame: self.plot.update())
        self.refresh()

    # -- what is shown ------------------------------------------------------------------------

    def show_node(self, name: str) -> None:
        """Edit the changes of a node of the shown graph; "" for none."""
        if name != self.node:
            self.node = name
            self._shown = []
            self.refresh()
            self._choose_curves()
            self.plot.fit()

    @property
    def offsets(self) -> Offsets:
        """What the node changes; nothing when its text cannot be read (the node itself says why)."""
        text = self._parameter(TEXT)
        try:
            return read_offsets(text) if isinstance(text, str) else {}
        except FacewrightError:
            return {}

    def _parameter(self, name: str) -> object:
        instance = self.session.graph.nodes.get(self.node)
        spec = known_spec(instance, self.session.registry) if instance is not None else None
        parameter = spec.parameter(name) if spec is not None else None
        if instance is None or parameter is None:
            return None
        return shown_value(instance, parameter, float(self.session.frame))

    def _source(self) -> Port | None:
        session = self.session
        if self.node not in session.graph.nodes:
            return None
        wired = session.whole.sources(session.place.address(self.node), INPUT)
        # Inside of a subgraph it may come from around it.
        return given_by(session.whole, wired[0].node, wired[0].output) if wired else None

    def refresh(self) -> None:
        """Show the motion and its changes as they are now."""
        source = self._source() if self.isVisible() else None
        self._asked.ask(source)
        if not self.isVisible():
            return
        motion = self._asked.value
        there = isinstance(motion, Motion)
        self.split.setVisible(there)
        self.empty.setVisible(not there)
        self.empty.setText(COMING if source is not None else NOTHING)
        strength = self._parameter(STRENGTH)
        offsets = self.offsets
        colours = {name: current_theme().curve(number) for number, name in enumerate(self._shown)}
        self.plot.show_motion(
            motion if there else None,
            offsets,
            float(strength) if isinstance(strength, int | float) else 1.0,
            colours,
        )
        self._show_names(offsets, colours)
        self._show_ways()

    def _on_motion(self) -> None:
        first = not self._shown
        self.refresh()
        if first and self._asked.value is not None:
            self._choose_curves()
            self.plot.fit()

    def _choose_curves(self) -> None:
        """Show those that are changed already, and the liveliest."""
        motion = self._asked.value
        if not isinstance(motion, Motion) or not len(motion.coefficients):
            return
        coefficients = [name for name in CURVES if not name.startswith(("head", "eyeLeftP", "eyeRightP"))]
        lively = sorted(coefficients, key=lambda name: -float(np.ptp(curve_of(motion, name))))
        self._shown = list(dict.fromkeys([*self.offsets, *lively[:LIVELIEST]]))
        self.refresh()

    def show_curves(self, names: list[str]) -> None:
        """Show these curves and no others."""
        self._shown = [name for name in names if name in CURVES]
        self.refresh()
        self.plot.fit()

    def _show_names(self, offsets: Offsets, colours: dict[str, str]) -> None:
        self.list.blockSignals(True)
        if not self.list.count():
            for name in CURVES:
                item = QListWidgetItem(name, self.list)
                item.setData(NAME, name)
        for row in range(self.list.count()):
            item = self.list.item(row)
            name = item.data(NAME)
            shown = name in colours
            font = item.font()
            font.setBold(name in offsets)
            item.setFont(font)
            item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
            swatch = QPixmap(10, 10)
            swatch.fill(QColor(colours[name]) if shown else Qt.GlobalColor.transparent)
            item.setIcon(QIcon(swatch))
        self.list.blockSignals(False)

    def _on_checked(self, item: QListWidgetItem) -> None:
        name = item.data(NAME)
        if item.checkState() == Qt.CheckState.Checked:
            self._shown.append(name)
        else:
            self._shown = [other for other in self._shown if other != name]
        self.refresh()

    def dress(self) -> None:
        self.refresh()

    # -- editing ------------------------------------------------------------------------------

    def _on_offsets(self, label: str, offsets: Offsets, merge: str) -> None:
        node, registry, text = self.node, self.session.registry, write_offsets(offsets)
        self.session.edit(label, lambda graph: set_parameter(graph, registry, node, TEXT, text), merge)

    def _on_reach(self, seconds: float) -> None:
        self.plot.reach = seconds

    def _show_ways(self) -> None:
        ways = self.plot.ways_of_selected()
        for way, button in self.buttons.items():
            button.setChecked(ways == {way})
            button.setEnabled(bool(ways))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self.refresh()
