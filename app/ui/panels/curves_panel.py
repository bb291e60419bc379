"""What stands in the place for curves: keyframes, or the motion of a node that edits one."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.panels.curve_editor import CurveEditor
from app.ui.panels.motion_editor import KIND, MotionEditor
from app.ui.session import Session


class CurvesPanel(QStackedWidget):
    """Attributes:
    keys, motion: the two editors; the selection decides which is in front.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.keys = CurveEditor(session, self)
        self.motion = MotionEditor(session, self)
        self.addWidget(self.keys)
        self.addWidget(self.motion)
        session.selection_changed.connect(lambda _names: self._choose())
        self._choose()

    def _choose(self) -> None:
        graph, selection = self._session.graph, self._session.selection
        name = selection[-1] if selection else ""
        edits = name in graph.nodes and graph.nodes[name].kind == KIND
        self.setCurrentWidget(self.motion if edits else self.keys)
        self.motion.show_node(name if edits else "")
