"""What stands in the place for curves: keyframes, or the motion of a node that edits one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.panels.curve_editor import CurveEditor
from app.ui.session import Session

if TYPE_CHECKING:
    from app.ui.panels.motion_editor import MotionEditor

#: The kind of node whose motion is edited.
KIND = "edit_motion"


class CurvesPanel(QStackedWidget):
    """Attributes:
    keys: the keyframes of the selected nodes; in front unless the last of them edits a motion.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.keys = CurveEditor(session, self)
        self.addWidget(self.keys)
        session.selection_changed.connect(lambda _names: self._choose())
        self._choose()

    @cached_property
    def motion(self) -> MotionEditor:
        """The editor of motions; made when it is first wanted, for few graphs need it."""
        from app.ui.panels.motion_editor import MotionEditor

        made = MotionEditor(self._session, self)
        self.addWidget(made)
        return made

    def _choose(self) -> None:
        graph, selection = self._session.graph, self._session.selection
        name = selection[-1] if selection else ""
        edits = name in graph.nodes and graph.nodes[name].kind == KIND
        if edits or "motion" in self.__dict__:
            self.motion.show_node(name if edits else "")
        self.setCurrentWidget(self.motion if edits else self.keys)
