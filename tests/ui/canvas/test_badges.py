"""What a node's badge and tooltip say."""

from __future__ import annotations

from app.document.graph import NodeInstance
from app.engine.protocol import NodeState
from app.ui.canvas.badge import badge_of, tooltip_of


def test_a_notice_shows_on_the_node_and_leads_the_state_in_its_tooltip() -> None:
    state = NodeState(1, "faces", "fresh", seconds=0.2, notice="no face was <found>")
    assert badge_of(state).notice
    text = tooltip_of("faces", NodeInstance("gone"), None, state)
    assert "<b>No face was &lt;found&gt;</b>" in text
    assert text.index("No face") < text.index("200 ms")


def test_a_result_without_a_notice_has_a_plain_badge() -> None:
    assert not badge_of(NodeState(1, "faces", "fresh", seconds=0.2)).notice
