"""The status bar: messages, the running export, the compute process and what it holds."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QWidget

from app.engine.protocol import WorkerStatus
from app.export.progress import duration
from app.ui.exports import ExportQueue
from app.ui.fields import thin_bar
from app.ui.session import Session
from app.ui.theme import current_theme

MESSAGE = 8000
_WORDS = {
    "starting": "Starting",
    "ready": "Ready",
    "died": "Restarting",
    "stopped": "Stopped",
}
_COLOURS = {"starting": "warning", "ready": "good", "died": "error", "stopped": "text_off"}


class ExportGauge(QWidget):
    """The running export in small; a click opens the export window."""

    clicked = Signal()

    def __init__(self, queue: ExportQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._label = QLabel(self)
        self._bar = thin_bar(self)
        self._bar.setFixedWidth(110)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 10, 0)
        row.setSpacing(8)
        row.addWidget(self._label)
        row.addWidget(self._bar)
        queue.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        export = self._queue.running
        self.setVisible(export is not None)
        if export is None:
            return
        left = f", {duration(export.seconds_left)} left" if export.seconds_left > 0 else ""
        more = len(self._queue.waiting)
        waiting = f" ({more} waiting)" if more else ""
        self._label.setText(f"Exporting {export.path.name}{left}{waiting}")
        self._bar.setValue(round(export.fraction * 1000))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.clicked.emit()


class Status:
    """Fills a window's status bar."""

    def __init__(self, bar: QStatusBar, session: Session, queue: ExportQueue) -> None:
        self._bar, self._session = bar, session
        bar.setSizeGripEnabled(False)
        self.gauge = ExportGauge(queue, bar)
        self.memory = QLabel(bar)
        self.memory.setToolTip("What the compute process holds")
        self.worker = QLabel(bar)
        self.worker.setTextFormat(Qt.TextFormat.RichText)
        for part in (self.gauge, self.memory, self.worker):
            bar.addPermanentWidget(part)
        session.message.connect(self.say)
        session.worker_status.connect(self.refresh)
        session.requests.busy_changed.connect(lambda _busy: self.refresh(session.status))
        self.refresh(session.status)

    def say(self, words: str) -> None:
        self._bar.showMessage(words, MESSAGE)

    def refresh(self, status: WorkerStatus) -> None:
        theme = current_theme()
        busy = status.state == "ready" and self._session.requests.busy
        colour = theme.colours["accent" if busy else _COLOURS[status.state]]
        words = "Computing" if busy else _WORDS[status.state]
        device = "GPU" if status.device.startswith("cuda") else "CPU"
        self.worker.setText(
            f"<span style='color:{colour}'>●</span>&nbsp; {words} &nbsp;·&nbsp; {device}&nbsp;"
        )
        self.worker.setToolTip(status.detail or f"The compute process is {words.lower()} on the {device}")
        shown = [f"{name} {_size(count)}" for name, count in status.memory.items() if count]
        self.memory.setText("    ".join(shown) + "      " if shown else "")


def _size(count: int) -> str:
    if count < 1 << 20:
        return f"{count / 1024:.0f} KB"
    if count < 1 << 30:
        return f"{count / (1 << 20):.0f} MB"
    return f"{count / (1 << 30):.1f} GB"
