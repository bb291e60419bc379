"""The variants panel: keep, switch, compare, rename, remove; each a step that can be undone."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.document.unfold import unfolded
from app.ui.panels.variants_panel import VariantsPanel
from app.ui.session import VARIANT_SLOT, Session
from tests.ui.conftest import engine, session, settle  # noqa: F401 - fixtures
from tests.ui.fakes import FakeEngine


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> VariantsPanel:  # noqa: F811
    made = VariantsPanel(session)
    qtbot.addWidget(made)
    made.show()
    return made


def set_gain(session: Session, gain: float) -> None:  # noqa: F811
    session.edit("Set", lambda graph: graph.with_parameter("grade", "gain", gain))


def gain(session: Session) -> object:  # noqa: F811
    return session.graph.nodes["grade"].parameters["gain"]


def test_values_are_kept_and_switched_to(panel: VariantsPanel, session: Session) -> None:  # noqa: F811
    set_gain(session, 1.5)
    panel.keep.click()
    set_gain(session, 3.0)
    panel.keep.click()
    assert [panel.list.item(row).text() for row in range(2)] == ["Variant 1", "Variant 2"]
    assert panel.chosen == "Variant 2" and panel.list.item(1).font().bold()
    panel.switch("Variant 1")
    assert gain(session) == 1.5 and panel.list.item(0).font().bold()
    session.undo()
    assert gain(session) == 3.0
    set_gain(session, 3.5)
    assert not panel.list.item(1).font().bold()
    panel.update_chosen.click()
    panel.switch("Variant 1")
    panel.switch("Variant 2")
    assert gain(session) == 3.5


def test_a_variant_is_compared_with_what_is_in_front(
    panel: VariantsPanel,
    session: Session,  # noqa: F811
    engine: FakeEngine,  # noqa: F811
) -> None:
    set_gain(session, 1.5)
    panel.keep.click()
    set_gain(session, 3.0)
    session.view_node("grade")
    panel.compare.click()
    settle()
    look = engine.looks[-1]
    by_slot = {view.slot: view.node for view in look.views}
    nodes = unfolded(look.graph).nodes
    assert nodes[by_slot[1]].parameters["gain"] == 3.0
    assert nodes[by_slot[VARIANT_SLOT]].parameters["gain"] == 1.5
    assert session.wipe_slot == VARIANT_SLOT and panel.compare.isChecked()
    assert (session.title_of(1), session.title_of(VARIANT_SLOT)) == ("grade", "Variant 1")
    panel.compare.click()
    settle()
    assert session.wipe_slot is None
    assert [view.slot for view in engine.looks[-1].views] == [1]


def test_variants_are_renamed_and_removed(panel: VariantsPanel, session: Session) -> None:  # noqa: F811
    assert not panel.list.isVisibleTo(panel)
    panel.keep.click()
    panel.list.item(0).setText("Morning")
    assert list(session.graph.settings.variants) == ["Morning"]
    panel.forget("Morning")
    assert panel.list.count() == 0
    session.undo()
    assert panel.list.count() == 1
