"""The variants panel: keep, switch, compare, rename, remove; each a step that can be undone."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.document.unfold import unfolded
from app.engine.protocol import View
from app.ui.looks import SHEET_SLOT, VARIANT_SLOT
from app.ui.panels.variants_panel import VariantsPanel
from app.ui.session import Session
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


def sheet(engine: FakeEngine) -> list[View]:  # noqa: F811
    return [view for view in engine.looks[-1].views if view.slot >= SHEET_SLOT]


def ask(panel: VariantsPanel) -> None:
    """As if it had been calm for a while."""
    settle()
    panel.session.requests._under_way = None
    panel._rest.stop()
    panel._ask()
    settle()


def test_all_variants_are_seen_side_by_side(
    panel: VariantsPanel,
    session: Session,  # noqa: F811
    engine: FakeEngine,  # noqa: F811
) -> None:
    session.view_node("grade")
    for amount in (1.5, 3.0):
        set_gain(session, amount)
        panel.keep.click()
    plain = panel.list.item(0).icon().cacheKey()
    ask(panel)
    views = sheet(engine)
    assert [view.slot - SHEET_SLOT for view in views] == [0, 1]
    assert all(0 < view.limit < 400 for view in views), "small pictures travel fast"
    whole = unfolded(engine.looks[-1].graph)
    assert [whole.nodes[view.node].parameters["gain"] for view in views] == [1.5, 3.0]
    assert views[0].node != views[1].node
    engine.answer()
    settle()
    assert panel.list.item(0).icon().cacheKey() != plain


def test_pictures_of_variants_are_not_made_while_something_moves_or_nobody_looks(
    panel: VariantsPanel,
    session: Session,  # noqa: F811
    engine: FakeEngine,  # noqa: F811
) -> None:
    session.view_node("grade")
    panel.keep.click()
    ask(panel)
    assert sheet(engine)
    engine.answer()
    settle()
    session.set_frame(3)
    settle()
    assert not sheet(engine)
    ask(panel)
    assert sheet(engine)
    count = len(engine.looks)
    ask(panel)
    assert len(engine.looks) == count, "what was made is not made again"
    panel.hide()
    session.set_frame(4)
    ask(panel)
    assert not sheet(engine)


def test_variants_that_look_alike_share_their_work() -> None:
    from app.document.commands import save_variant
    from app.document.graph import Port
    from app.document.variants import abreast
    from tests.ui.conftest import small_graph

    graph = save_variant(save_variant(small_graph(), "one"), "two")
    both, found = abreast(graph, ["one", "two"], Port("grade", "out"))
    assert set(found) == {"one", "two"} and found["one"] != found["two"]
    nodes = [both.nodes[port.node] for port in found.values()]
    assert nodes[0].parameters == nodes[1].parameters
