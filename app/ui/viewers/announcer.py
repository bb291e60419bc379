"""Says over the picture what goes on: paused, failed, restarted, computing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.engine.protocol import NodeState, ViewFailed, ViewReady, WorkerStatus
from app.ui.actions import Actions
from app.ui.looks import SLOTS
from app.ui.session import Session
from app.ui.viewers.banner import Activity, Banner

#: Milliseconds of computing before the viewer says so; shorter work would only flicker.
QUIET = 250
GAP = 12


class Announcer(QObject):
    """Lays a banner at the top and a plate in the corner of a surface."""

    def __init__(self, session: Session, actions: Actions, surface: QWidget) -> None:
        super().__init__(surface)
        self._session, self._actions, self._surface = session, actions, surface
        self.failure: ViewFailed | None = None
        self._lost = ""
        self._computing: NodeState | None = None
        self.banner = Banner(surface)
        self.activity = Activity(session.cancel, surface)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET)
        self._quiet.timeout.connect(self._show_activity)
        surface.installEventFilter(self)
        actions.bind("viewer.pause", self.toggle_pause)
        actions["viewer.pause"].setCheckable(True)
        session.view_ready.connect(self._on_ready)
        session.view_failed.connect(self._on_failed)
        session.node_state.connect(self._on_state)
        session.slots_changed.connect(self._on_slots)
        session.graph_changed.connect(self._on_graph)
        session.worker_status.connect(self._on_worker)
        session.requests.busy_changed.connect(self._on_busy)
        session.requests.paused_changed.connect(self.refresh)
        self.refresh()

    def toggle_pause(self) -> None:
        self._session.requests.set_paused(not self._session.requests.paused)

    def refresh(self) -> None:
        """Show the most important thing there is to say."""
        session, banner = self._session, self.banner
        self._actions["viewer.pause"].setChecked(session.requests.paused)
        if session.requests.paused:
            words = "Paused: the picture does not follow your changes"
            banner.tell("warning", words, "", "Resume", self.toggle_pause)
        elif self.failure is not None:
            self._tell_failure(self.failure)
        elif self._lost:
            banner.tell(
                "warning",
                "The compute process stopped and was started again",
                f"{self._lost}. Your graph is untouched.",
                "Try again",
                self._retry,
            )
        else:
            banner.hide()
        self._place()

    # -- following the session ----------------------------------------------------------------

    def _on_ready(self, event: ViewReady) -> None:
        self._lost = ""
        if event.slot == self._session.slot:
            self.failure = None
        self.refresh()

    def _on_failed(self, event: ViewFailed) -> None:
        if event.slot in SLOTS and event.slot == self._session.slot:
            self.failure = event
            self.refresh()

    def _on_slots(self) -> None:
        """Something else is in front: its failure is another one."""
        session, failure = self._session, self.failure
        port = session.slots.get(session.slot)
        in_front = (session.slot, port.node if port is not None else "")
        if failure is not None and (failure.slot, failure.node) != in_front:
            self._forget_failure()

    def _forget_failure(self) -> None:
        self.failure = None
        self.refresh()

    def _on_graph(self) -> None:
        if not self._session.slots:
            self._forget_failure()

    def _on_state(self, state: NodeState) -> None:
        if state.state == "computing":
            self._computing = state
            if not self.activity.isHidden():
                self._show_activity()

    def _on_busy(self, busy: bool) -> None:
        if busy:
            self._computing = None
            self._quiet.start()
        else:
            self._quiet.stop()
            self.activity.hide()

    def _on_worker(self, status: WorkerStatus) -> None:
        if status.state == "died":
            self._lost = status.detail or "It ran out of memory or crashed"
        self.refresh()

    def _tell_failure(self, failure: ViewFailed) -> None:
        error = failure.error
        known = error.node in self._session.whole.nodes
        self.banner.tell(
            "error",
            f"{error.node}: {error.what}",
            "\n".join(part for part in (error.hint, *error.inputs) if part),
            "Go to node" if known else "",
            self._go_to_failure,
        )

    def _go_to_failure(self) -> None:
        if self.failure is not None:
            self._session.reveal(self.failure.error.node)

    def _retry(self) -> None:
        self._lost = ""
        self.refresh()
        self._session.requests.wish()

    def _show_activity(self) -> None:
        state = self._computing
        words, fraction = "Computing…", 0.0
        if self._session.status.state == "starting":
            words = "Starting the compute process…"
        elif state is not None:
            words = f"{state.node}: {state.doing}" if state.doing else f"Computing {state.node}"
            fraction = state.fraction
        self.activity.tell(words, fraction)
        self._place()

    # -- placing ------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._surface and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        width, height = self._surface.width(), self._surface.height()
        self.banner.setGeometry(0, 0, width, self.banner.heightForWidth(width))
        self.banner.raise_()
        size = self.activity.sizeHint()
        corner = (width - size.width() - GAP, height - size.height() - GAP)
        self.activity.setGeometry(*corner, size.width(), size.height())
        self.activity.raise_()
