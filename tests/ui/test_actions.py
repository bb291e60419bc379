"""Every key is an action of a map that the user may change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.actions import Actions


@pytest.fixture
def actions(qapp: object) -> Iterator[Actions]:
    made = Actions()
    yield made
    made.deleteLater()


def press(key: Qt.Key, keys=Qt.KeyboardModifier.NoModifier) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, key, keys)


def test_shipped_keys_do_not_contradict_each_other(actions: Actions) -> None:
    assert {name: actions.conflicts(name) for name in actions.ids() if actions.conflicts(name)} == {}


def test_the_keys_that_hands_know(actions: Actions) -> None:
    shift, ctrl = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
    assert actions.find("canvas", press(Qt.Key.Key_Tab)) == "canvas.add"
    assert actions.find("canvas", press(Qt.Key.Key_D)) == "canvas.disable"
    assert actions.find("canvas", press(Qt.Key.Key_D, shift)) == "canvas.duplicate_with_inputs"
    assert actions.find("canvas", press(Qt.Key.Key_D, ctrl)) == "canvas.duplicate"
    assert actions.find("window", press(Qt.Key.Key_Space)) == "timeline.play"
    assert actions.find("viewer", press(Qt.Key.Key_D)) is None


def test_changes_are_kept_in_the_user_file(qapp: object, tmp_path: Path) -> None:
    path = tmp_path / "settings" / "shortcuts.json"
    first = Actions(path)
    first.set_keys("canvas.disable", ["Q", "Ctrl+Shift+Q"])
    assert json.loads(path.read_text())["keys"] == {"canvas.disable": ["Q", "Ctrl+Shift+Q"]}
    second = Actions(path)
    assert second.keys("canvas.disable") == ("Q", "Ctrl+Shift+Q")
    assert "Q" in second["canvas.disable"].toolTip()
    second.reset_keys()
    assert Actions(path).keys("canvas.disable") == ("D", "M")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys": 3}', '{"keys": {"canvas.disable": 3}}'])
def test_damaged_user_file_leaves_the_shipped_keys(qapp: object, tmp_path: Path, text: str) -> None:
    path = tmp_path / "shortcuts.json"
    path.write_text(text)
    assert Actions(path).keys("canvas.disable") == ("D", "M")


def test_unreadable_key_is_refused(actions: Actions) -> None:
    with pytest.raises(ValueError, match="is no key"):
        actions.set_keys("canvas.disable", [""])


def test_conflicts_are_named(actions: Actions) -> None:
    actions.set_keys("canvas.arrange", ["D"])
    assert actions.conflicts("canvas.arrange") == ["canvas.disable"]


def test_place_under_the_focus_gets_its_key_before_the_window(actions: Actions, qtbot: QtBot) -> None:
    window = QWidget()
    row = QHBoxLayout(window)
    canvas, field = QWidget(), QLineEdit()
    row.addWidget(canvas)
    row.addWidget(field)
    qtbot.addWidget(window)
    heard: list[str] = []
    actions.attach(canvas, "canvas")
    window.addActions([actions[name] for name in actions.ids("window")])
    actions.bind("canvas.frame_all", lambda: heard.append("canvas"))
    actions.bind("timeline.first", lambda: heard.append("timeline"))
    window.show()
    qtbot.waitActive(window)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Home)
    assert heard == ["canvas"]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A)
    assert field.text() == "a" and heard == ["canvas"]


def test_binding_replaces_what_was_bound(actions: Actions) -> None:
    heard: list[int] = []
    actions.bind("canvas.delete", lambda: heard.append(1))
    actions.bind("canvas.delete", lambda: heard.append(2))
    actions["canvas.delete"].trigger()
    assert heard == [2]
