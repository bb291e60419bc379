"""The guide: every page with its pictures, in the program and in the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from app.ui.dialogs.guide import FIRST, MARGIN, PAGES, GuideDialog, pages

PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


@pytest.fixture
def guide(qtbot: QtBot) -> GuideDialog:
    made = GuideDialog()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_it_begins_with_the_first_session() -> None:
    assert pages()[0].path.stem == FIRST
    assert pages()[0].title == "A first session"


def test_every_picture_of_every_page_is_there_and_has_words() -> None:
    found = 0
    for page in pages():
        for words, name in PICTURE.findall(page.text):
            assert (PAGES / name).is_file(), f"{page.path.name} shows {name}"
            assert words, f"{name} has no words for those who do not see it"
            found += 1
    assert found > 15


def test_no_picture_lies_there_unused() -> None:
    shown = {name for page in pages() for _, name in PICTURE.findall(page.text)}
    lying = {f"{FIRST}/{path.name}" for path in (PAGES / FIRST).iterdir()}
    assert lying <= shown


def test_the_pictures_take_little_room() -> None:
    assert sum(path.stat().st_size for path in PAGES.rglob("*") if path.is_file()) < 3_000_000


def test_pictures_are_no_wider_than_the_page(guide: GuideDialog) -> None:
    name = PICTURE.findall(pages()[0].text)[0][1]
    kind = QTextDocument.ResourceType.ImageResource.value
    for width in (700, 1100):
        guide.resize(width, 600)
        image = guide.reader.loadResource(kind, QUrl(name))
        shown = image.width() / image.devicePixelRatio()
        assert 100 < shown <= guide.reader.viewport().width() - MARGIN + 1
    assert guide.reader.loadResource(kind, QUrl("first-session/gone.webp")).isNull()


def test_it_opens_at_its_top_and_keeps_its_place_when_it_is_resized(guide: GuideDialog, qtbot: QtBot) -> None:
    bar = guide.reader.verticalScrollBar()
    qtbot.waitUntil(lambda: not guide._fitting.isActive())
    assert bar.value() == 0 and bar.maximum() > 1000
    bar.setValue(bar.maximum() // 2)
    guide.resize(800, 600)
    qtbot.waitUntil(lambda: not guide._fitting.isActive())
    assert abs(bar.value() / bar.maximum() - 0.5) < 0.05


def test_pages_are_turned_by_the_list_and_by_links(guide: GuideDialog) -> None:
    assert guide.page is not None and guide.page.path.stem == FIRST
    guide._follow(QUrl("writing-a-node.md"))
    assert guide.page.path.stem == "writing-a-node"
    assert "typed function" in guide.reader.toPlainText()
    assert not guide.open_page("nowhere")


def test_a_page_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n", "utf-8")
    (tmp_path / "bad.md").write_bytes(b"\xff\xfe\x00")
    assert [page.title for page in pages(tmp_path)] == ["Good"]
