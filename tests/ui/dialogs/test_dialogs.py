"""Models, shortcuts, settings, about."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMessageBox

from app.models import policy
from app.ui.actions import Actions
from app.ui.dialogs import questions
from app.ui.dialogs.about import AboutDialog, licences
from app.ui.dialogs.models_dialog import ModelsDialog, missing_models, models_of
from app.ui.dialogs.settings_dialog import SettingsDialog
from app.ui.dialogs.shortcuts_dialog import ShortcutsDialog
from app.ui.session import Session
from nodes.sdk import models, own
from nodes.sdk.errors import FacewrightError
from nodes.sdk.models import ModelCard


def a_card(name: str, **changes: object) -> ModelCard:
    fields: dict[str, object] = {
        "name": name,
        "title": name.capitalize(),
        "description": "A network.",
        "client": "pip",
        "package": "somewhere",
        "version": "1.0",
        "member": "a.bin",
        "file": f"{name}.bin",
        "sha256": "ab" * 32,
        "size": 12_500_000,
        "licence": "MIT",
    }
    return ModelCard(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[ModelCard]:
    """Two cards, neither of them on this machine; the second not for commercial use."""
    shown = [a_card("free"), a_card("closed", commercial=False, licence="research only")]
    known = {card.name: card for card in shown}
    monkeypatch.setattr("app.ui.dialogs.models_dialog.cards", lambda: known)
    monkeypatch.setattr(models, "cards", lambda: known)
    monkeypatch.setenv("FACEWRIGHT_MODELS", "")
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path))
    return shown


def test_each_model_is_named_with_size_licence_source_and_checksum(cards: list[ModelCard], qtbot) -> None:
    dialog = ModelsDialog(cards, "Needed")
    qtbot.addWidget(dialog)
    item = dialog.tree.topLevelItem(0)
    assert item is not None
    shown = [item.text(column) for column in range(7)]
    assert shown[:6] == ["Free", "no", "12.5 MB", "MIT", "yes", "pip: somewhere 1.0"]
    assert cards[0].sha256 in dialog.details.text()


def test_a_restricted_licence_must_be_agreed_to_before_fetching(cards: list[ModelCard], qtbot) -> None:
    dialog = ModelsDialog(cards, "Needed")
    qtbot.addWidget(dialog)
    assert not dialog.fetch_button.isEnabled()
    dialog.agree.setChecked(True)
    assert dialog.fetch_button.isEnabled()
    dialog.agree.setChecked(False)
    closed = dialog.tree.topLevelItem(1)
    assert closed is not None
    closed.setCheckState(0, Qt.CheckState.Unchecked)
    assert dialog.fetch_button.isEnabled(), "what is free needs no agreement"


def test_offline_nothing_can_be_fetched(cards: list[ModelCard], qtbot) -> None:
    dialog = ModelsDialog(cards[:1], "Needed")
    qtbot.addWidget(dialog)
    dialog.offline.setChecked(True)
    assert policy.is_offline()
    assert not dialog.fetch_button.isEnabled()


def test_fetching_runs_the_program_s_own_command_and_shows_what_it_says(
    cards: list[ModelCard], qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEWRIGHT_OFFLINE", "1")
    dialog = ModelsDialog(cards[:1], "Needed")
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.fetch()
    qtbot.waitUntil(lambda: dialog._process is None, timeout=30_000)
    assert "Not everything could be fetched" in dialog.log.toPlainText()


def test_closing_ends_a_fetch_under_way(
    cards: list[ModelCard], qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.dialogs.models_dialog.sys.executable", "/bin/sleep")
    dialog = ModelsDialog(cards[:1], "Needed")
    qtbot.addWidget(dialog)
    dialog.fetch()
    dialog.reject()
    assert dialog._process is None


def test_models_of_a_graph_are_those_its_nodes_name(session: Session) -> None:
    assert models_of(session.graph, session.registry) == []
    assert missing_models(session.graph, session.registry) == []


def test_a_key_is_changed_and_a_taken_one_is_named(qapp, qtbot, tmp_path: Path) -> None:
    actions = Actions(tmp_path / "shortcuts.json")
    dialog = ShortcutsDialog(actions)
    qtbot.addWidget(dialog)
    dialog.choose("viewer.wipe")
    dialog.key.setKeySequence(QKeySequence("R"))
    dialog.apply()
    assert actions.keys("viewer.wipe") == ("R",)
    assert "Show red" in dialog.note.text()
    assert Actions(tmp_path / "shortcuts.json").keys("viewer.wipe") == ("R",)
    dialog.choose("viewer.wipe")
    dialog.reset_button.click()
    assert actions.keys("viewer.wipe") == ("W",)


def test_commands_are_found_by_words_and_by_key(qapp, qtbot) -> None:
    dialog = ShortcutsDialog(Actions(None))
    qtbot.addWidget(dialog)
    dialog.search.setText("add a marker")
    groups = [dialog.tree.topLevelItem(index) for index in range(dialog.tree.topLevelItemCount())]
    shown = [
        group.child(child).text(0)
        for group in groups
        if group is not None
        for child in range(group.childCount())
        if not group.child(child).isHidden()
    ]
    assert shown == ["Add a marker"]


@pytest.mark.parametrize(
    ("what", "shown"),
    [("it is empty", "It is empty"), ("face.png carries no graph", "face.png carries no graph")],
)
def test_a_file_s_name_stays_as_it_is_written(
    qapp, monkeypatch: pytest.MonkeyPatch, what: str, shown: str
) -> None:
    texts: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: texts.append(box.text()))
    questions.tell(None, FacewrightError(what))
    assert texts == [shown]


def test_own_nodes_are_off_until_turned_on_in_the_settings(
    session: Session, qtbot, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path))
    dialog = SettingsDialog(session)
    qtbot.addWidget(dialog)
    assert not dialog.own.isChecked()
    dialog.own.setChecked(True)
    dialog.apply()
    assert own.are_on()


def test_the_about_box_names_licences(qapp, qtbot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    found = {name: licence for name, _, licence, _ in licences()}
    assert "LGPL" in found["PySide6-Essentials"]
    assert all(licence for licence in found.values()), "every package has a licence"
