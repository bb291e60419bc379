"""Typing a few letters finds the right thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.actions import Actions
from app.ui.palette import AddNodePalette, CommandPalette, Entry, FindNodePopup, SearchPopup, ranked, score
from tests.ui.canvas.fakes import face_graph, small_registry


@pytest.fixture
def palette(qtbot: QtBot) -> Iterator[AddNodePalette]:
    made = AddNodePalette(small_registry())
    qtbot.addWidget(made)
    yield made
    made.hide()


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("blur", "Blur"),
        ("li", "Load image"),
        ("bl im", "Blend images"),
        ("expr", "Edit expression"),
        ("face", "Find faces"),
    ],
)
def test_best_match_comes_first(typed: str, best: str) -> None:
    entries = [Entry(spec.id, spec.title, spec.category) for spec in small_registry()]
    assert ranked(entries, typed)[0].title == best


def test_letters_must_stand_in_order() -> None:
    assert score("rulb", "Blur") == 0
    assert score("blr", "Blur") > 0
    assert score("bl", "Blur") > score("bl", "Cable")


def test_recent_picks_come_first_while_nothing_is_typed(palette: AddNodePalette) -> None:
    palette.open_at(QPoint(100, 100))
    QTest.keyClicks(palette.field, "blur")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    palette.open_at(QPoint(100, 100))
    assert palette.shown()[0].key == "blur"


def test_arrows_move_and_return_picks(palette: AddNodePalette, qtbot: QtBot) -> None:
    palette.open_at(QPoint(100, 100))
    second = palette.shown()[1].key
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.chosen) as heard:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert heard.args == [second]
    assert not palette.isVisible()


def test_esc_dismisses(palette: AddNodePalette, qtbot: QtBot) -> None:
    palette.open_at(QPoint(100, 100))
    with qtbot.waitSignal(palette.dismissed):
        QTest.keyClick(palette.field, Qt.Key.Key_Escape)


def test_nothing_that_fits_is_said(palette: AddNodePalette) -> None:
    palette.open_at(QPoint(100, 100))
    QTest.keyClicks(palette.field, "zzzz")
    assert palette.shown() == []
    assert palette.empty.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_filter_of_kinds(palette: AddNodePalette) -> None:
    palette.open_at(QPoint(100, 100), lambda spec: spec.category == "Head")
    assert [entry.key for entry in palette.shown()] == ["fit_head"]


def test_find_node_searches_names_and_kinds(qtbot: QtBot) -> None:
    popup = FindNodePopup(small_registry())
    qtbot.addWidget(popup)
    popup.open_at(QPoint(100, 100), face_graph())
    QTest.keyClicks(popup.field, "expression")
    assert [entry.key for entry in popup.shown()] == ["edit"]
    popup.hide()


def test_command_palette_runs_what_is_picked(qtbot: QtBot) -> None:
    actions = Actions()
    heard: list[bool] = []
    actions.bind("canvas.arrange", lambda: heard.append(True))
    popup = CommandPalette(actions)
    qtbot.addWidget(popup)
    popup.open_at(QPoint(100, 100))
    QTest.keyClicks(popup.field, "arrange")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert heard == [True]
    actions.deleteLater()


def test_the_order_of_words_does_not_matter() -> None:
    entries = [Entry("grade_image", "Grade image"), Entry("load_image", "Load image")]
    assert [entry.key for entry in ranked(entries, "image grade")] == ["grade_image"]
    assert ranked(entries, "image paint") == []


def test_the_popup_is_no_higher_than_what_it_shows(qtbot: QtBot) -> None:
    popup = SearchPopup("Find")
    qtbot.addWidget(popup)
    popup.open_with([Entry(str(number), f"Entry {number}") for number in range(40)], QPoint(50, 50))
    full = popup.height()
    popup.field.setText("Entry 39")
    assert popup.height() < full / 2
    popup.field.clear()
    assert popup.height() == full
