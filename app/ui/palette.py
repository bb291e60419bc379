"""Popups in which one types a few letters and picks: kinds of nodes, nodes of the graph, commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.document.graph import Graph
from app.ui.actions import Actions
from app.ui.theme import current_theme
from nodes.sdk.node import NodeSpec
from nodes.sdk.registry import Registry

WIDTH, HEIGHT, ROW = 400, 380, 26
#: What stands around the list: the field above and the gaps; and the help below.
AROUND, HELP = 56, 56
RECENT = 8
ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Entry:
    """Something to pick.

    Attributes:
        key: what the picker hands back.
        title: the words searched first.
        detail: dim words at the right.
        more: further words that are searched, weighing less.
        help: shown below the list while the entry is current.
        colour: "#rrggbb" of a small mark; empty for none.
    """

    key: str
    title: str
    detail: str = ""
    more: str = ""
    help: str = ""
    colour: str = ""


def score(wanted: str, text: str) -> float:
    """How well typed letters match a text: 0 for not at all, higher is better.

    The letters must stand in the text in order. Letters in a row, at the start, and at the start of
    words count more; long texts count a little less.
    """
    wanted, text = wanted.lower(), text.lower()
    if not wanted:
        return 1.0
    if wanted in text:
        at = text.index(wanted)
        starts_word = at == 0 or not text[at - 1].isalnum()
        return 100.0 + 40.0 * (at == 0) + 30.0 * starts_word - 0.3 * len(text) - 0.1 * at
    total, position, run = 0.0, -1, 0
    for letter in wanted.replace(" ", ""):
        found = text.find(letter, position + 1)
        if found < 0:
            return 0.0
        starts_word = found == 0 or not text[found - 1].isalnum()
        run = run + 1 if found == position + 1 else 0
        total += 1.0 + 4.0 * starts_word + 2.0 * run
        position = found
    return max(total - 0.05 * len(text), 0.1)


def _points(wanted: str, text: str) -> float:
    """As `score`; of several words the order does not matter, if each stands in the text."""
    words = wanted.lower().split()
    if len(words) > 1 and all(word in text.lower() for word in words):
        return max(score(wanted, text), sum(score(word, text) for word in words) / len(words))
    return score(wanted, text)


def ranked(entries: Iterable[Entry], wanted: str, recent: Sequence[str] = ()) -> list[Entry]:
    """The entries that match, the best first; without letters the recent ones, then all as they are."""
    wanted = wanted.strip()
    if not wanted:
        order = {key: place for place, key in enumerate(recent)}
        return sorted(entries, key=lambda entry: order.get(entry.key, len(order)))
    found = []
    for entry in entries:
        points = max(_points(wanted, entry.title), 0.8 * _points(wanted, entry.key))
        beside = wanted.lower() in f"{entry.detail} {entry.more}".lower()
        if points > 2.0 * len(wanted) or beside:
            points = max(points, 15.0 * beside)
            found.append((points + 3.0 * (entry.key in recent), entry))
    found.sort(key=lambda pair: (-pair[0], pair[1].title))
    return [entry for _, entry in found]


class _Entries(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show_entries(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        if not index.isValid():
            return None
        if role == ENTRY_ROLE:
            return self.entries[index.row()]
        return self.entries[index.row()].title if role == Qt.ItemDataRole.DisplayRole else None


class _EntryDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(100, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        theme = current_theme()
        area: QRect = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.colour("fill"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme.colour("raised"))
        left = area.left() + 10
        if entry.colour:
            painter.fillRect(QRect(left, area.top() + 7, 4, area.height() - 14), QColor(entry.colour))
            left += 12
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.colour("text"))
        painter.drawText(area.adjusted(left - area.left(), 0, -8, 0), middle, entry.title)
        painter.setPen(theme.colour("text_dim"))
        used = left - area.left() + option.fontMetrics.horizontalAdvance(entry.title) + 16
        room = area.adjusted(used, 0, -10, 0)
        detail = option.fontMetrics.elidedText(entry.detail, Qt.TextElideMode.ElideLeft, max(room.width(), 0))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, detail)


class SearchPopup(QFrame):
    """A field and a list under it.

    Signals:
        chosen: the key of the entry that was picked.
        dismissed: it was closed without picking.
    """

    chosen = Signal(str)
    dismissed = Signal()

    def __init__(self, prompt: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setProperty("popup", True)
        self.setFixedSize(WIDTH, HEIGHT)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(prompt)
        self.field.setClearButtonEnabled(True)
        self.list = QListView(self)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_EntryDelegate(self.list))
        self.empty = QLabel("Nothing fits", self.list)
        self.empty.setProperty("dim", True)
        self.empty.move(12, 8)
        self.help = QLabel(self)
        self.help.setProperty("dim", True)
        self.help.setWordWrap(True)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.help.setFixedHeight(HELP - 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.setSpacing(6)
        for widget in (self.field, self.list, self.help):
            layout.addWidget(widget)
        self._model = _Entries(self)
        self.list.setModel(self._model)
        self._entries: list[Entry] = []
        self._recent: list[str] = []
        self._picked = False
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.clicked.connect(lambda _index: self._pick())
        self.list.selectionModel().currentChanged.connect(self._show_help)

    def open_with(self, entries: Iterable[Entry], at: QPoint) -> None:
        """Show entries in a popup whose field lies at a point of the screen."""
        self._entries = list(entries)
        self._picked = False
        self.help.setVisible(any(entry.help for entry in self._entries))
        self.field.clear()
        self._search("")
        screen = QGuiApplication.screenAt(at) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        x = min(max(at.x() - 24, room.left()), room.right() - WIDTH)
        y = min(max(at.y() - 20, room.top()), room.bottom() - HEIGHT)
        self.move(x, y)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def shown(self) -> list[Entry]:
        """The entries in the list, the best first."""
        return self._model.entries

    def hideEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)  # type: ignore[arg-type]
        if not self._picked:
            self.dismissed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: 10,
                Qt.Key.Key_PageUp: -10,
                Qt.Key.Key_Tab: 1,
                Qt.Key.Key_Backtab: -1,
            }
            if event.key() in steps:
                self._step(steps[Qt.Key(event.key())])
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._pick()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.hide()
                return True
        return False

    def _search(self, text: str) -> None:
        found = ranked(self._entries, text, self._recent)
        self._model.show_entries(found)
        self.empty.setVisible(not found)
        around = AROUND + (0 if self.help.isHidden() else HELP)
        self.setFixedHeight(min(around + ROW * max(len(found), 2), HEIGHT))
        if found:
            self.list.setCurrentIndex(self._model.index(0))
        else:
            self.help.clear()

    def _step(self, rows: int) -> None:
        count = self._model.rowCount()
        if count:
            row = self.list.currentIndex().row() + rows
            row = row % count if abs(rows) == 1 else min(max(row, 0), count - 1)
            self.list.setCurrentIndex(self._model.index(row))

    def _pick(self) -> None:
        index = self.list.currentIndex()
        if not index.isValid():
            return
        key = self._model.entries[index.row()].key
        self._recent = [key, *(old for old in self._recent if old != key)][:RECENT]
        self._picked = True
        self.hide()
        self.chosen.emit(key)

    def _show_help(self, current: QModelIndex, _previous: QModelIndex) -> None:
        entry = current.data(ENTRY_ROLE)
        self.help.setText(entry.help if entry else "")


class AddNodePalette(SearchPopup):
    """Picks a kind of node; `chosen` carries its id."""

    def __init__(self, registry: Registry, parent: QWidget | None = None) -> None:
        super().__init__("Add node…", parent)
        self._registry = registry

    def open_at(self, at: QPoint, fits: Callable[[NodeSpec], bool] | None = None) -> None:
        """Open at a point of the screen, showing the kinds that fit."""
        theme = current_theme()
        self.open_with(
            (
                Entry(
                    key=spec.id,
                    title=spec.title,
                    detail=spec.category + (f" · {spec.note}" if spec.note else ""),
                    more=spec.help[:200],
                    help=first_sentence(spec.help),
                    colour=theme.category(spec.category).name(),
                )
                for spec in self._registry
                if fits is None or fits(spec)
            ),
            at,
        )


class FindNodePopup(SearchPopup):
    """Picks a node of a graph; `chosen` carries its name."""

    def __init__(self, registry: Registry, parent: QWidget | None = None) -> None:
        super().__init__("Find a node…", parent)
        self._registry = registry

    def open_at(self, at: QPoint, graph: Graph) -> None:
        """Open at a point of the screen with the nodes of a graph."""
        theme = current_theme()
        entries = []
        for name, instance in graph.nodes.items():
            spec = self._registry.get(instance.kind)
            colour = theme.category(spec.category).name() if spec else theme.colours["error"]
            title = spec.title if spec else instance.kind
            entries.append(Entry(name, name, title, more=instance.label, help=instance.label, colour=colour))
        self.open_with(entries, at)


class CommandPalette(SearchPopup):
    """Picks a command; it is run when picked."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__("Every command…", parent)
        self._actions = actions
        self.chosen.connect(self._run)

    def open_at(self, at: QPoint) -> None:
        """Open at a point of the screen with every command that can be used now."""
        self.open_with(
            (
                Entry(
                    key=action_id,
                    title=self._actions[action_id].text().rstrip("…"),
                    detail=", ".join(self._actions.keys(action_id)),
                    more=action_id,
                    help=str(self._actions[action_id].data() or ""),
                )
                for action_id in self._actions.ids()
                if self._actions[action_id].isEnabled() and ".hold_" not in action_id
            ),
            at,
        )

    def _run(self, action_id: str) -> None:
        self._actions[action_id].trigger()


def first_sentence(text: str) -> str:
    """The first sentence of a help page."""
    paragraph = text.strip().split("\n\n")[0].replace("\n", " ")
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]
