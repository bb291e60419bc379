"""One line of the render queue."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from app.export.progress import duration
from app.ui.exports import Export, ExportQueue
from app.ui.fields import push_button, thin_bar


class ExportRow(QFrame):
    """Name, progress with time left, and what can be done about it."""

    def __init__(self, export: Export, queue: ExportQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.export, self._queue = export, queue
        self.setProperty("surface", "panel")
        self.title = QLabel(self)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.state = QLabel(self)
        self.state.setProperty("dim", True)
        self.state.setWordWrap(True)
        self.bar = thin_bar(self)
        self.stop = push_button("Cancel", lambda: queue.cancel(export), self)
        self.again = push_button("Start again", lambda: queue.again(export), self)
        self.folder = push_button("Open folder", self.open_folder, self)
        self.earlier = push_button("Earlier", lambda: queue.move(export, -1), self)
        self.later = push_button("Later", lambda: queue.move(export, 1), self)
        self.remove = push_button("Remove", lambda: queue.remove(export), self)
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.title, 0, 0)
        buttons = (self.earlier, self.later, self.again, self.folder, self.stop, self.remove)
        for column, button in enumerate(buttons, 1):
            grid.addWidget(button, 0, column)
        grid.addWidget(self.bar, 1, 0, 1, 7)
        grid.addWidget(self.state, 2, 0, 1, 7)
        grid.setColumnStretch(0, 1)
        self.refresh()

    def open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.export.path.resolve().parent)))

    def refresh(self) -> None:
        export = self.export
        frames = f"frames {export.first}–{export.last}"
        self.title.setText(f"<b>{export.path.name}</b>  ·  {export.node}, {frames}")
        self.title.setToolTip(str(export.path))
        self.bar.setValue(round(export.fraction * 1000))
        self.bar.setVisible(export.state in ("running", "waiting"))
        self.state.setText(self._words())
        self.stop.setVisible(export.open)
        self.stop.setEnabled(export.doing not in ("Stopping", "Pausing"))
        self.again.setVisible(export.state in ("failed", "cancelled"))
        self.folder.setVisible(export.state == "done")
        waiting = self._queue.waiting
        for button, end in ((self.earlier, waiting[:1]), (self.later, waiting[-1:])):
            button.setVisible(export.state == "waiting")
            button.setEnabled(export not in end)
        self.remove.setVisible(not export.open)

    def _words(self) -> str:
        export = self.export
        if export.state == "waiting":
            paused = "Paused" if self._queue.paused else "Waiting"
            return f"{paused}  ·  {export.done} of {export.total} frames are done" if export.done else paused
        if export.state == "running":
            parts = [f"{export.done} of {export.total} frames"]
            if export.done and export.seconds_left > 0:
                parts.append(f"about {duration(export.seconds_left)} left")
            if export.doing:
                parts.append(export.doing)
            return "  ·  ".join(parts)
        if export.state == "failed" and export.error is not None:
            place = f"{export.error.node}: " if export.error.node else ""
            hint = f". {export.error.hint}" if export.error.hint else ""
            return f"Failed: {place}{export.error.what}{hint}"
        if export.state == "cancelled":
            return "Cancelled; starting it again goes on where it stopped"
        remark = f"  ·  {export.remark[:1].upper()}{export.remark[1:]}" if export.remark else ""
        return f"Written to {export.path}{remark}"
