"""The example graphs with their pictures: where to begin."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.menus import EXAMPLES, examples, title_of
from app.ui.settings import Preferences
from app.ui.theme import current_theme, icon

logger = logging.getLogger(__name__)

PICTURE = QSize(240, 160)
CELL = PICTURE + QSize(20, 36)
#: So many stand side by side at first; what the dialog takes around them.
COLUMNS, ROUND = 3, 62
AT_START = "gallery/at_start"


@dataclass(frozen=True)
class Example:
    """One graph of the gallery; `about` and `picture` may be missing."""

    path: Path
    title: str
    about: str = ""

    @property
    def picture(self) -> Path:
        return self.path.parent / "thumbnails" / f"{self.path.stem}.jpg"


def gallery(folder: Path = EXAMPLES) -> list[Example]:
    """The examples in the order to show them; those that the list does not name come last."""
    try:
        listed = json.loads((folder / "gallery.json").read_text("utf-8"))["examples"]
        named = [
            Example(folder / f"{it['graph']}.graph", str(it["title"]), str(it["about"])) for it in listed
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("the gallery's list cannot be read: %s", error)
        named = []
    known = {example.path for example in named}
    others = [Example(path, title_of(path)) for path in examples() if path not in known]
    return [example for example in named if example.path.is_file()] + others


class GalleryDialog(QDialog):
    """Shows the examples; opening one closes it."""

    def __init__(
        self,
        open_example: Callable[[Path], None],
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._open_example = open_example
        self.setWindowTitle("Gallery")
        self.resize(COLUMNS * CELL.width() + ROUND, 640)
        heading = QLabel("Begin with an example", self)
        heading.setProperty("title", True)
        advice = QLabel(
            "Each opens as a new graph of your own. Choose your photo in its first node, or drop one onto"
            " the graph.",
            self,
        )
        advice.setProperty("dim", True)
        advice.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setIconSize(PICTURE)
        self.list.setGridSize(CELL)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Example graphs")
        for example in gallery():
            item = QListWidgetItem(_icon(example), example.title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, example)
            item.setToolTip(example.about)
        self.list.currentItemChanged.connect(self._on_current)
        self.list.itemActivated.connect(lambda _item: self.open_current())
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setMinimumHeight(40)
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.at_start = QCheckBox("Show this when the program starts", self)
        self.at_start.setChecked(preferences.flag(AT_START, True))
        self.at_start.toggled.connect(lambda on: preferences.set_flag(AT_START, on))
        self.empty = QPushButton("Empty graph", self)
        self.empty.setAutoDefault(False)
        self.empty.clicked.connect(self.close)
        self.start = QPushButton("Open", self)
        self.start.setDefault(True)
        self.start.clicked.connect(self.open_current)
        buttons = QHBoxLayout()
        buttons.addWidget(self.at_start)
        buttons.addStretch(1)
        buttons.addWidget(self.empty)
        buttons.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(10)
        column.addWidget(heading)
        column.addWidget(advice)
        column.addWidget(self.list, 1)
        column.addWidget(self.about)
        column.addLayout(buttons)
        self.list.setCurrentRow(0)
        self.start.setEnabled(self.list.count() > 0)

    @property
    def current(self) -> Example | None:
        item = self.list.currentItem()
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Example) else None

    def _on_current(self) -> None:
        self.about.setText(self.current.about if self.current else "")

    def open_current(self) -> None:
        """Open the chosen example."""
        if self.current is not None:
            path = self.current.path
            self.close()
            self._open_example(path)


def _icon(example: Example) -> QIcon:
    """The picture, which a selection does not tint."""
    picture = _picture(example)
    made = QIcon(picture)
    made.addPixmap(picture, QIcon.Mode.Selected)
    return made


def _picture(example: Example) -> QPixmap:
    """The example's picture, or a plain one with the sign of a graph."""
    pixmap = QPixmap(str(example.picture)) if example.picture.is_file() else QPixmap()
    if pixmap.isNull():
        pixmap = QPixmap(PICTURE)
        pixmap.fill(current_theme().colour("raised"))
        painter = QPainter(pixmap)
        icon("node").paint(painter, pixmap.rect().adjusted(90, 50, -90, -50))
        painter.end()
        return pixmap
    grown = Qt.AspectRatioMode.KeepAspectRatioByExpanding
    return pixmap.scaled(PICTURE, grown, Qt.TransformationMode.SmoothTransformation)
