"""The guide: the pages of `resources/docs`, with their pictures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QImage,
    QImageReader,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser, QWidget

logger = logging.getLogger(__name__)

PAGES = Path(__file__).resolve().parents[3] / "resources" / "docs"
#: The page to begin with.
FIRST = "first-session"
LIST_WIDTH = 190
#: Pixels that a page leaves free at its sides.
MARGIN = 56


@dataclass(frozen=True)
class Page:
    """A page by its file; the title is its first heading."""

    path: Path
    title: str
    text: str


def pages(folder: Path = PAGES) -> list[Page]:
    """The pages, the one to begin with first; what cannot be read is left out."""
    found = []
    for path in sorted(folder.glob("*.md"), key=lambda path: (path.stem != FIRST, path.stem)):
        try:
            text = path.read_text("utf-8")
        except (OSError, ValueError) as error:
            logger.warning("the page %s cannot be read: %s", path, error)
            continue
        heading = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), path.stem)
        found.append(Page(path, heading, text))
    return found


class _Reader(QTextBrowser):
    """Shows pictures no wider than the page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setAccessibleName("Page")
        self._folder = PAGES

    def show_page(self, page: Page) -> None:
        self._folder = page.path.parent
        bar = self.verticalScrollBar()
        share = bar.value() / max(bar.maximum(), 1)
        self.document().setMarkdown(page.text)
        self._give_room()
        self.setTextCursor(QTextCursor(self.document()))  # else it is scrolled to, at the end
        bar.setValue(round(share * bar.maximum()))

    def _give_room(self) -> None:
        """Space between paragraphs, and more above headings."""
        cursor, block = QTextCursor(self.document()), self.document().begin()
        while block.isValid():
            if block.textList() is None and not QTextCursor(block).currentTable():
                room = QTextBlockFormat()
                heading = block.blockFormat().headingLevel() > 0
                room.setTopMargin(26 if heading and block.blockNumber() else 4)
                room.setBottomMargin(8)
                cursor.setPosition(block.position())
                cursor.mergeBlockFormat(room)
            block = block.next()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return super().loadResource(kind, name)
        reader = QImageReader(str(self._folder / QUrl(name).path()))
        size = reader.size()
        if not size.isValid():
            return QImage()
        sharp = self.devicePixelRatioF()
        room = max(self.viewport().width() - MARGIN, 100)
        width = min(room * sharp, size.width())
        reader.setScaledSize(QSize(round(width), round(size.height() * width / size.width())))
        image = reader.read()
        image.setDevicePixelRatio(sharp)
        return image


class GuideDialog(QDialog):
    """Pages at the left, the page at the right; stays open beside the work."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Guide")
        self.resize(1040, 720)
        self.list = QListWidget(self)
        self.list.setFixedWidth(LIST_WIDTH)
        self.list.setAccessibleName("Pages")
        self.reader = _Reader(self)
        self.reader.anchorClicked.connect(self._follow)
        for page in pages():
            item = QListWidgetItem(page.title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, page)
        # Pictures are fitted once the window has its new size, not at every pixel on the way.
        self._fitting = QTimer(self)
        self._fitting.setSingleShot(True)
        self._fitting.setInterval(120)
        self._fitting.timeout.connect(self._show)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 10, 10, 10)
        row.setSpacing(8)
        row.addWidget(self.list)
        row.addWidget(self.reader, 1)
        self.list.currentItemChanged.connect(lambda _now, _before: self._turn())
        self.list.setCurrentRow(0)

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        item = self.list.currentItem()
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Page) else None

    def open_page(self, name: str) -> bool:
        """Turn to the page of a file name such as "first-session"; whether there is one."""
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole).path.stem == name:
                self.list.setCurrentRow(row)
                return True
        return False

    def _turn(self) -> None:
        self._show()
        self.reader.verticalScrollBar().setValue(0)

    def _show(self) -> None:
        if self.page is not None:
            self.reader.show_page(self.page)

    def _follow(self, link: QUrl) -> None:
        if link.scheme() in ("http", "https"):
            QDesktopServices.openUrl(link)
        elif link.path().endswith(".md"):
            self.open_page(Path(link.path()).stem)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fitting.start()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_fitting"):
            self._fitting.start()
