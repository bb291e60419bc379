"""The dialog in which consent is written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.document.consent import Consent
from app.document.graph import NodeInstance
from app.ui.actions import Actions
from app.ui.dialogs.consent_dialog import ConsentDialog
from app.ui.menus import MENUS
from app.ui.session import Session


@pytest.fixture
def dialog(session: Session, qtbot) -> ConsentDialog:
    dialog = ConsentDialog(session)
    qtbot.addWidget(dialog)
    return dialog


def test_a_record_is_written_into_the_document_as_one_step(dialog: ConsentDialog, session: Session) -> None:
    dialog.add_record()
    dialog.person.setText("Ada")
    dialog.agreed.setPlainText("a smile")
    dialog.date.setText("2026-05-03")
    dialog.public.setChecked(True)
    dialog.add_record()
    dialog.person.setText("Bo")
    dialog.apply()
    first, second = session.document.graph.settings.consent
    assert first == Consent("Ada", "", "a smile", "", "2026-05-03", public=True)
    assert second == Consent("Bo")
    session.undo()
    assert session.document.graph.settings.consent == ()


def test_what_was_written_is_shown_and_can_be_removed(session: Session, qtbot) -> None:
    records = (Consent("Ada", "photo", note="by mail"), Consent("Bo"))
    session.edit_document("Set", lambda graph: _with(graph, records))
    dialog = ConsentDialog(session)
    qtbot.addWidget(dialog)
    assert [dialog.people.item(row).text() for row in range(2)] == ["Ada", "Bo"]
    assert (dialog.source.currentText(), dialog.note.toPlainText()) == ("photo", "by mail")
    dialog.people.setCurrentRow(1)
    assert dialog.person.text() == "Bo"
    dialog.people.setCurrentRow(0)
    dialog.remove_record()
    dialog.apply()
    assert session.document.graph.settings.consent == (Consent("Bo"),)


def test_a_date_that_is_none_keeps_it_open(dialog: ConsentDialog, session: Session) -> None:
    dialog.add_record()
    dialog.date.setText("3 May")
    dialog.apply()
    assert "2026-05-03" in dialog.answer.problem.text()
    assert session.document.graph.settings.consent == ()


def test_of_a_form_the_name_and_the_checksum_are_kept(
    dialog: ConsentDialog, session: Session, tmp_path: Path
) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"abc")
    dialog.add_record()
    dialog.take_form(form)
    dialog.apply()
    (record,) = session.document.graph.settings.consent
    assert (record.file, record.sha256[:8]) == ("form.pdf", "ba7816bf")


def test_a_form_that_cannot_be_read_is_told(dialog: ConsentDialog, tmp_path: Path) -> None:
    dialog.add_record()
    dialog.take_form(tmp_path / "gone.pdf")
    assert "cannot be read" in dialog.answer.problem.text()


def test_the_sources_of_the_graph_are_offered(session: Session, qtbot) -> None:
    session.edit_document("Add", lambda graph: graph.with_node("clip", NodeInstance("load_image")))
    dialog = ConsentDialog(session)
    qtbot.addWidget(dialog)
    offered = [dialog.source.itemText(row) for row in range(dialog.source.count())]
    known = session.registry.get("load_image")
    assert ("clip" in offered) == (known is not None and known.category == "Load")


def test_the_menu_leads_there(qapp) -> None:
    assert any("project.consent" in entries for entries in MENUS.values())
    assert "project.consent" in Actions(None)


def _with(graph, records):
    from app.document.commands import set_consent

    return set_consent(graph, records)
