"""Every command of the program by its id, with the keys that the user may change.

The first part of an id says where its keys count: "canvas.delete" under the canvas, "viewer.fit"
in a viewer, anything else in the whole window. The shipped keys are data in
`resources/shortcuts.json`; what the user changed is kept in a file of its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

logger = logging.getLogger(__name__)

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "shortcuts.json"
PLACES = ("canvas", "viewer", "panel")
WINDOW = "window"


class Actions(QObject):
    """The QActions by id. Bind a slot to one, attach a place's keys to its widget."""

    def __init__(self, user_file: Path | None = None, parent: QObject | None = None) -> None:
        """Read the shipped map and then what the user changed.

        Args:
            user_file: where the user's keys are kept; None keeps no changes.
        """
        super().__init__(parent)
        self._user_file = user_file
        self._actions: dict[str, QAction] = {}
        self._icons: dict[str, str] = {}
        self._shipped: dict[str, tuple[str, ...]] = {}
        self._slots: dict[str, Callable[..., Any]] = {}
        for entry in json.loads(SHIPPED.read_text("utf-8"))["actions"]:
            self._add(entry)
        self._read_user_keys()

    def _add(self, entry: dict[str, Any]) -> None:
        action_id = entry["id"]
        action = QAction(entry["text"], self)
        action.setObjectName(action_id)
        self._actions[action_id] = action
        self._shipped[action_id] = tuple(entry["keys"])
        self._icons[action_id] = entry.get("icon", "")
        action.setData(entry.get("tip", ""))
        local = place_of(action_id) != WINDOW
        action.setShortcutContext(
            Qt.ShortcutContext.WidgetShortcut if local else Qt.ShortcutContext.WindowShortcut
        )
        self._show_keys(action_id, entry["keys"])
        self.refresh_icon(action_id)

    # -- reading ------------------------------------------------------------------------------

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def __contains__(self, action_id: str) -> bool:
        return action_id in self._actions

    def ids(self, place: str | None = None) -> list[str]:
        """All ids, or those whose keys count in one place ("canvas", "viewer", "panel", "window")."""
        return [name for name in self._actions if place is None or place_of(name) == place]

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The keys of an action as portable text such as "Ctrl+Shift+D"."""
        return tuple(
            sequence.toString(QKeySequence.SequenceFormat.PortableText)
            for sequence in self._actions[action_id].shortcuts()
        )

    def find(self, place: str, event: QKeyEvent) -> str | None:
        """The enabled action of a place that a key event stands for."""
        pressed = QKeySequence(event.keyCombination())
        for action_id in self.ids(place):
            action = self._actions[action_id]
            if action.isEnabled() and any(sequence == pressed for sequence in action.shortcuts()):
                return action_id
        return None

    # -- using --------------------------------------------------------------------------------

    def bind(self, action_id: str, slot: Callable[[], Any]) -> QAction:
        """Let an action call `slot`, in place of what it called before."""
        action = self._actions[action_id]
        if action_id in self._slots:
            action.triggered.disconnect(self._slots.pop(action_id))

        def call(_checked: bool = False) -> None:
            slot()

        self._slots[action_id] = call
        action.triggered.connect(call)
        return action

    def unbind(self, action_ids: Iterable[str]) -> None:
        """Let actions call nothing any more."""
        for action_id in action_ids:
            if action_id in self._slots:
                self._actions[action_id].triggered.disconnect(self._slots.pop(action_id))

    def attach(self, widget: QWidget, place: str) -> None:
        """Give the keys of a place to a widget, and the focus when the cursor enters it."""
        widget.installEventFilter(_PlaceKeys(self, place, widget))
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def refresh_icons(self) -> None:
        """Draw the icons again, after the theme changed."""
        for action_id in self._actions:
            self.refresh_icon(action_id)

    def refresh_icon(self, action_id: str) -> None:
        if self._icons[action_id]:
            from app.ui.theme import icon

            self._actions[action_id].setIcon(icon(self._icons[action_id]))

    # -- the user's keys ----------------------------------------------------------------------

    def set_keys(self, action_id: str, keys: Iterable[str]) -> None:
        """Change the keys of an action and keep the change. Raises ValueError on an unreadable key."""
        wanted = tuple(keys)
        for key in wanted:
            if not _readable(key):
                raise ValueError(f"'{key}' is no key; write it like Ctrl+Shift+D")
        self._show_keys(action_id, wanted)
        self._write_user_keys()

    def reset_keys(self, action_id: str | None = None) -> None:
        """Return one action, or all, to the shipped keys."""
        for name in [action_id] if action_id else list(self._actions):
            self._show_keys(name, self._shipped[name])
        self._write_user_keys()

    def conflicts(self, action_id: str) -> list[str]:
        """Other actions of the same place that share a key with this one."""
        mine, place = set(self.keys(action_id)), place_of(action_id)
        return [name for name in self.ids(place) if name != action_id and mine & set(self.keys(name))]

    def _show_keys(self, action_id: str, keys: Iterable[str]) -> None:
        action = self._actions[action_id]
        action.setShortcuts([QKeySequence(key) for key in keys])
        tip = action.data() or action.text().rstrip("…")
        shown = ", ".join(
            sequence.toString(QKeySequence.SequenceFormat.NativeText) for sequence in action.shortcuts()
        )
        action.setToolTip(f"{tip} ({shown})" if shown else tip)

    def _read_user_keys(self) -> None:
        if self._user_file is None or not self._user_file.is_file():
            return
        try:
            changed = json.loads(self._user_file.read_text("utf-8"))["keys"]
            for action_id, keys in changed.items():
                if action_id in self._actions and all(_readable(key) for key in keys):
                    self._show_keys(action_id, keys)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning(
                "the keys in %s cannot be read and are left as shipped: %s", self._user_file, error
            )

    def _write_user_keys(self) -> None:
        if self._user_file is None:
            return
        changed = {
            name: list(self.keys(name))
            for name in self._actions
            if self.keys(name) != self._shipped_keys(name)
        }
        part = self._user_file.with_name(self._user_file.name + ".part")
        try:
            self._user_file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps({"keys": changed}, indent=2) + "\n", "utf-8")
            part.replace(self._user_file)
        except OSError as error:
            logger.warning("the keys cannot be kept in %s: %s", self._user_file, error)

    def _shipped_keys(self, action_id: str) -> tuple[str, ...]:
        portable = QKeySequence.SequenceFormat.PortableText
        return tuple(QKeySequence(key).toString(portable) for key in self._shipped[action_id])


class _PlaceKeys(QObject):
    """Takes the keys of one place before the window's shortcuts see them."""

    def __init__(self, actions: Actions, place: str, widget: QWidget) -> None:
        super().__init__(widget)
        self._actions, self._place, self._widget = actions, place, widget

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._actions.find(self._place, event) is not None:
                event.accept()
                return True
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            found = self._actions.find(self._place, event)
            if found is not None and not found.startswith(f"{self._place}.hold_"):
                self._actions[found].trigger()
                return True
        elif kind == QEvent.Type.Enter and not types_text(QApplication.focusWidget()):
            self._widget.setFocus(Qt.FocusReason.MouseFocusReason)
        return False


def place_of(action_id: str) -> str:
    """Where the keys of an action count."""
    place = action_id.split(".")[0]
    return place if place in PLACES else WINDOW


def types_text(widget: QWidget | None) -> bool:
    """Whether somebody is typing in a widget, so that the focus must stay."""
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit) and widget.isEnabled()


def _readable(key: Any) -> bool:
    return isinstance(key, str) and bool(QKeySequence(key).toString())
