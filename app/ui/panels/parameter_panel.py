"""The parameters of the selected node or nodes, as they are at the playhead."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.document.commands import (
    copy_values,
    demote,
    paste_values,
    promote,
    rename_node,
    reset_parameters,
    set_disabled,
    set_values,
    shown,
    stop_animating,
    toggle_keys,
)
from app.document.curve import Curve
from app.document.graph import Graph, NodeInstance, Owner
from app.document.wiring import known_spec
from app.engine.protocol import NodeState
from app.ui.actions import Actions
from app.ui.panels import presets
from app.ui.panels.head import NodeHead
from app.ui.panels.help_text import tip
from app.ui.panels.preset_strip import PresetStrip
from app.ui.panels.presets import Preset
from app.ui.panels.rows import Group, ParameterRow
from nodes.sdk.errors import FacewrightError
from nodes.sdk.node import NodeSpec
from nodes.sdk.params import ParameterSpec, ParameterValue

#: Pixels that every row fits into.
WIDTH = 312
#: A filter field is shown from this many parameters on.
FILTER_FROM = 10


class ParameterPanel(QWidget):
    """Follows the session's selection, its graph and its playhead.

    Several selected nodes of one kind are edited together; of several kinds, those of the kind
    selected last.
    """

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(WIDTH)
        self.names: tuple[str, ...] = ()
        self.spec: NodeSpec | None = None
        self.rows: dict[str, ParameterRow] = {}
        self._kind = ""
        self._gestures = count(1)
        self._gesture = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.empty = QLabel(
            "Select a node to see its parameters.\n\nPress Tab over the graph to add one.", self
        )
        self.empty.setProperty("dim", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.head = NodeHead(self)
        self.strip = PresetStrip(self)
        self.strip.chosen.connect(self.apply_preset)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("Find a parameter")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._on_filter)
        self.scroll_area = QScrollArea(self)
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body: QWidget | None = None
        self.groups: list[Group] = []
        column.addWidget(self.empty, 1)
        column.addWidget(self.head)
        column.addWidget(self.strip)
        field = QVBoxLayout()
        field.setContentsMargins(10, 8, 10, 2)
        field.addWidget(self.filter)
        column.addLayout(field)
        column.addWidget(self.scroll_area, 1)
        self.head.renamed.connect(self._rename)
        self.head.disabled.connect(self._disable)
        self.head.menu_button.clicked.connect(self._open_menu)
        session.selection_changed.connect(self._on_selection)
        session.graph_changed.connect(self._on_graph)
        session.frame_changed.connect(self._on_frame)
        session.node_state.connect(self._on_state)
        self._on_selection(session.selection)

    def bind(self, actions: Actions) -> None:
        """Let the keys of the panel work in it."""
        actions.bind("panel.reset", self.reset_all)
        actions.bind("panel.copy_values", self.copy_values)
        actions.bind("panel.paste_values", self.paste_values)
        actions.bind("panel.filter", self.focus_filter)
        actions.attach(self, "panel")

    # -- following the session ----------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        graph: Graph = self.session.graph
        return graph

    def _on_selection(self, names: tuple[str, ...]) -> None:
        self._end_gesture()
        chosen = [name for name in names if name in self.graph.nodes]
        if chosen:
            last = self.graph.nodes[chosen[-1]]
            registry = self.session.registry
            spec = known_spec(last, registry)
            chosen = [
                name
                for name in chosen
                if (node := self.graph.nodes[name]).kind == last.kind and known_spec(node, registry) is spec
            ]
        self.names = tuple(chosen)
        self._show_kind()
        self.refresh()

    def _on_graph(self, before: Graph, after: Graph) -> None:
        gone = [name for name in self.names if name not in after.nodes]
        if gone:
            self._on_selection(self.session.selection)
        elif any(before.nodes.get(name) is not after.nodes[name] for name in self.names):
            self._show_kind()
            self.refresh()

    def _on_frame(self, _frame: int) -> None:
        """Only what is animated changes with the playhead."""
        if self.names:
            for row in self.rows.values():
                if row.shown is not None and row.shown.key != "none":
                    self._show_row(row)

    def _on_state(self, state: NodeState) -> None:
        if self.names and state.node == self.names[-1]:
            self.head.show_state(state)

    def _show_kind(self) -> None:
        """Build the rows for the kind of the nodes shown; kept while the kind stays."""
        instance = self.graph.nodes[self.names[-1]] if self.names else None
        spec = known_spec(instance, self.session.registry) if instance else None
        there = instance is not None
        self.empty.setVisible(not there)
        self.head.setVisible(there)
        self.scroll_area.setVisible(there)
        self.filter.setVisible(spec is not None and len(spec.parameters) >= FILTER_FROM)
        if spec is not None and spec is self.spec:
            return
        self.spec = spec
        self._show_presets(spec)
        self.filter.clear()
        self._build(spec.parameters if spec else (), instance)

    def _build(self, specs: tuple[ParameterSpec, ...], instance: NodeInstance | None) -> None:
        if self.body is not None:
            self.scroll_area.takeWidget()
            self.body.deleteLater()
        self.rows, self.groups = {}, []
        self.body = body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(0)
        by_title: dict[str, Group] = {}
        for spec in specs:
            group = by_title.get(spec.group)
            if group is None:
                group = by_title[spec.group] = Group(spec.group, body)
                self.groups.append(group)
                column.addWidget(group)
            row = ParameterRow(spec, group.body, tip(self.spec, spec) if self.spec else spec.label)
            group.add(row)
            self.rows[spec.name] = row
            self._connect(row)
        if not specs:
            words = QLabel(self._nothing_to_set(instance), body)
            words.setWordWrap(True)
            words.setProperty("dim", True)
            words.setContentsMargins(12, 8, 12, 8)
            column.addWidget(words)
        column.addStretch(1)
        self.scroll_area.setWidget(body)

    def _nothing_to_set(self, instance: NodeInstance | None) -> str:
        if instance is None or self.spec is not None:
            return "This node has no parameters."
        kept = [f"{name} = {_plain(setting)}" for name, setting in instance.parameters.items()]
        return "Kept as it is in the file:\n" + "\n".join(kept) if kept else "Nothing is stored for it."

    def _connect(self, row: ParameterRow) -> None:
        row.control.edited.connect(partial(self._on_edited, row))
        row.control.finished.connect(self._end_gesture)
        row.control.reset.connect(partial(self.reset, row.spec))
        row.label.double_clicked.connect(partial(self.reset, row.spec))
        row.label.menu_wanted.connect(partial(self._open_row_menu, row))
        row.control.menu_wanted.connect(partial(self._open_row_menu, row))
        if row.key is not None:
            row.key.clicked.connect(partial(self.toggle_key, row.spec))

    # -- showing ------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the values as they are now."""
        if not self.names:
            return
        name = self.names[-1]
        self.head.show_node(name, self.graph.nodes[name], self.spec, len(self.names))
        self.head.show_state(self.session.state_of(name))
        for row in self.rows.values():
            self._show_row(row)

    def _show_row(self, row: ParameterRow) -> None:
        row.show(shown(self.graph, self.names, row.spec, float(self.session.frame)))

    def _on_filter(self, words: str) -> None:
        for group in self.groups:
            group.filter(words)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.body is not None:
            self.head.restyle()
            self.refresh()

    # -- editing ------------------------------------------------------------------------------

    def _on_edited(self, row: ParameterRow, value: ParameterValue) -> None:
        """One step of an edit; all steps until it is finished are one undo step."""
        if not self.names:
            return
        if not self._gesture:
            self._gesture = f"panel {id(self)} {next(self._gestures)}"
        names, spec, frame = self.names, row.spec, float(self.session.frame)
        registry = self.session.registry
        self.session.edit(
            f"Set {spec.label}",
            lambda graph: set_values(graph, registry, names, spec, value, frame),
            merge=self._gesture,
        )

    def _end_gesture(self) -> None:
        if self._gesture:
            self._gesture = ""
            self.session.document.finish_gesture()

    def _edit(self, label: str, function: Callable[[Graph], Graph]) -> None:
        self._end_gesture()
        if self.names:
            self.session.edit(label, function)

    def reset(self, spec: ParameterSpec) -> None:
        """Return a parameter to its default."""
        names, registry = self.names, self.session.registry
        self._edit(f"Reset {spec.label}", lambda graph: reset_parameters(graph, registry, names, (spec,)))

    def reset_all(self) -> None:
        """Return every parameter to its default."""
        names, specs = self.names, self.spec.parameters if self.spec else ()
        registry = self.session.registry
        self._edit("Reset all", lambda graph: reset_parameters(graph, registry, names, specs))

    def toggle_key(self, spec: ParameterSpec) -> None:
        """Set a key at the playhead, or remove the one there."""
        names, frame, registry = self.names, float(self.session.frame), self.session.registry
        label = "Remove key" if self.rows[spec.name].shown and self._has_key(spec) else "Set key"
        self._edit(label, lambda graph: toggle_keys(graph, registry, names, spec, frame))

    def _has_key(self, spec: ParameterSpec) -> bool:
        seen = self.rows[spec.name].shown
        return seen is not None and seen.key == "key"

    def stop_animating(self, spec: ParameterSpec) -> None:
        """Remove all keys; the value stays as it is at the playhead."""
        names, frame, registry = self.names, float(self.session.frame), self.session.registry
        self._edit("Remove all keys", lambda graph: stop_animating(graph, registry, names, spec, frame))

    def copy_values(self) -> None:
        """Put all values of the node into the clipboard as text."""
        if self.names and self.spec is not None:
            text = copy_values(self.spec, self.graph.nodes[self.names[-1]])
            QGuiApplication.clipboard().setText(text)
            self.session.message.emit("Values copied")

    def paste_values(self) -> None:
        """Take over copied values that the nodes have parameters for."""
        names, spec = self.names, self.spec
        text = QGuiApplication.clipboard().text()
        if spec is not None:
            self._edit("Paste values", lambda graph: paste_values(graph, names, spec, text))

    def focus_filter(self) -> None:
        """Type to find a parameter."""
        if self.filter.isVisible():
            self.filter.setFocus()

    def _rename(self, new: str) -> None:
        if len(self.names) == 1 and new != self.names[0]:
            old = self.names[0]
            self._edit("Rename", lambda graph: rename_node(graph, old, new))
            self.refresh()

    def _disable(self, off: bool) -> None:
        names = self.names
        self._edit("Disable" if off else "Enable", lambda graph: set_disabled(graph, names, off))

    # -- menus --------------------------------------------------------------------------------

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_presets(menu.addMenu("Presets"))
        menu.addSeparator()
        menu.addAction("Reset all", self.reset_all)
        menu.addAction("Copy values", self.copy_values)
        menu.addAction("Paste values", self.paste_values)
        menu.popup(self.head.menu_button.mapToGlobal(QPoint(0, self.head.menu_button.height())))

    def _show_presets(self, spec: NodeSpec | None) -> None:
        self.strip.show_presets(spec.id if spec else "", presets.presets_of(spec.id) if spec else [])

    def _fill_presets(self, menu: QMenu) -> None:
        known = presets.presets_of(self.spec.id) if self.spec else []
        for own in (False, True):
            for preset in known:
                if preset.own == own:
                    menu.addAction(preset.title, partial(self.apply_preset, preset))
            menu.addSeparator()
        menu.addAction("Keep these values…", self._ask_for_title)
        if any(preset.own for preset in known):
            remove = menu.addMenu("Forget")
            for preset in known:
                if preset.own:
                    remove.addAction(preset.title, partial(self.forget_preset, preset.title))

    def apply_preset(self, preset: Preset) -> None:
        """Set the values of a preset."""
        names, spec, frame = self.names, self.spec, float(self.session.frame)
        registry = self.session.registry
        if spec is not None:
            self._edit(
                preset.title, lambda graph: presets.applied(graph, registry, names, spec, preset, frame)
            )

    def _ask_for_title(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Keep these values")
        dialog.setLabelText("Under which name?")
        dialog.textValueSelected.connect(self.keep_preset)
        dialog.open()

    def keep_preset(self, title: str) -> None:
        """Keep the values at the playhead under a title."""
        title = title.strip()
        if not title or self.spec is None or not self.names:
            return
        instance = self.graph.nodes[self.names[-1]]
        try:
            presets.keep(self.spec.id, presets.taken(instance, self.spec, title, float(self.session.frame)))
            self.session.message.emit(f"Kept as '{title}'")
            self._show_presets(self.spec)
        except (FacewrightError, OSError) as error:
            self.session.message.emit(f"The values cannot be kept: {error}")

    def forget_preset(self, title: str) -> None:
        """Remove one of the user's presets."""
        if self.spec is not None:
            try:
                presets.forget(self.spec.id, title)
                self._show_presets(self.spec)
            except (FacewrightError, OSError) as error:
                self.session.message.emit(f"The preset cannot be removed: {error}")

    def _open_row_menu(self, row: ParameterRow, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Reset", partial(self.reset, row.spec))
        if row.key is not None:
            text = "Remove key" if self._has_key(row.spec) else "Set key"
            menu.addAction(text, partial(self.toggle_key, row.spec))
            everything = menu.addAction("Remove all keys", partial(self.stop_animating, row.spec))
            everything.setEnabled(row.shown is not None and row.shown.key != "none")
        menu.addSeparator()
        if self.names:
            self._add_promotion(menu, row.spec)
            address = self.session.place.address(f"{self.names[-1]}.{row.spec.name}")
            menu.addAction(f"Copy '{address}'", lambda: QGuiApplication.clipboard().setText(address))
        menu.popup(at)

    def _add_promotion(self, menu: QMenu, spec: ParameterSpec) -> None:
        """Inside of a subgraph: whether its node outside shows the parameter too."""
        if not self.session.place.path or len(self.names) != 1:
            return
        outside = self.session.place.path[-1]
        text = f"Hide on '{outside}'" if self._is_promoted(spec) else f"Show on '{outside}'"
        menu.addAction(text, partial(self.toggle_promoted, spec))

    def _is_promoted(self, spec: ParameterSpec) -> bool:
        holder = self.session.place.instance(".".join(self.session.place.path))
        return holder is not None and Owner(self.names[-1], spec.name) in holder.promoted.values()

    def toggle_promoted(self, spec: ParameterSpec) -> None:
        """Show a parameter on the subgraph outside, or no longer. Its value stays where it is."""
        path, node, registry = self.session.place.path, self.names[-1], self.session.registry
        self._end_gesture()
        if self._is_promoted(spec):
            self.session.edit_document(
                f"Hide {spec.label} outside", lambda graph: demote(graph, path, node, spec.name)
            )
        else:
            self.session.edit_document(
                f"Show {spec.label} outside",
                lambda graph: promote(graph, registry, path, node, spec.name)[0],
            )


def _plain(setting: object) -> str:
    return f"{len(setting.keys)} keys" if isinstance(setting, Curve) else str(setting)
