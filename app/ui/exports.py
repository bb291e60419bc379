"""The render queue: exports wait their turn, run one at a time, and say how long they will take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from app.document.graph import Graph
from app.engine.client import EngineClient
from app.engine.protocol import ErrorReport, ExportDone, ExportProgress
from app.export.remembered import Render, RenderStore
from nodes.sdk.errors import FacewrightError

State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(eq=False)
class Export:
    """One wish to render.

    Attributes:
        graph: the graph as it was when the wish was made; later edits do not change it.
        node: the writer node.
        path: the file to write.
        first, last: frames, both included.
        embed: whether the file takes the graph with it.
        credentials: whether files with edited people carry content credentials.
        remark: what is to be known of the file that was written.
        done, total, seconds_left, doing: how far it is while it runs.
        job: the engine's number, while it runs.
        pausing: it is being stopped, not to end but to go on later.
    """

    graph: Graph = field(repr=False)
    node: str
    path: Path
    first: int
    last: int
    embed: bool = True
    credentials: bool = True
    state: State = "waiting"
    done: int = 0
    total: int = 0
    seconds_left: float = 0.0
    doing: str = ""
    error: ErrorReport | None = None
    remark: str = ""
    job: int | None = None
    pausing: bool = False

    @property
    def fraction(self) -> float:
        return self.done / self.total if self.total else 0.0

    @property
    def open(self) -> bool:
        """Whether it is still to be worked on."""
        return self.state in ("waiting", "running")


class ExportQueue(QObject):
    """Exports in the order in which they run.

    Signals:
        changed: an export (or the order) changed.
        finished: an Export ended, however it ended.
        trouble: why the queue cannot be kept for the next start.
    """

    changed = Signal()
    finished = Signal(object)
    trouble = Signal(str)

    def __init__(
        self,
        engine: EngineClient,
        events: object,
        parent: QObject | None = None,
        store: RenderStore | None = None,
    ) -> None:
        """Follow `events`, the session's export_event signal; remember what is open in `store`."""
        super().__init__(parent)
        self._engine = engine
        self._store = store
        self._complained = False
        self.items: list[Export] = []
        self.paused = False
        events.connect(self.on_event)  # type: ignore[attr-defined]

    @property
    def running(self) -> Export | None:
        return next((item for item in self.items if item.state == "running"), None)

    @property
    def waiting(self) -> list[Export]:
        return [item for item in self.items if item.state == "waiting"]

    def add(self, export: Export) -> Export:
        export.total = export.last - export.first + 1
        self.items.append(export)
        self._start_next()
        self._remember()
        self.changed.emit()
        return export

    def stop(self) -> None:
        """The program ends: what is open stays remembered for the next start."""
        self._store = None

    def go_on(self, renders: Iterable[Render]) -> None:
        """Take up what an earlier run of the program left; what it finished is not done twice."""
        for render in renders:
            self.add(
                Export(
                    render.graph,
                    render.node,
                    render.path,
                    render.first,
                    render.last,
                    render.embed,
                    render.credentials,
                )
            )

    def _remember(self) -> None:
        if self._store is None:
            return
        renders = [
            Render(
                item.graph,
                item.node,
                item.path.absolute(),
                item.first,
                item.last,
                item.embed,
                item.credentials,
            )
            for item in self.items
            if item.open
        ]
        try:
            self._store.save(renders)
        except FacewrightError as error:
            if not self._complained:
                self._complained = True
                self.trouble.emit(f"The render queue cannot be kept for the next start: {error}")

    def cancel(self, export: Export) -> None:
        """Stop an export, or take it out of the queue."""
        if export.state == "running" and export.job is not None:
            export.doing, export.pausing = "Stopping", False
            self._engine.cancel_export(export.job)
        elif export.state == "waiting":
            export.state = "cancelled"
            self.finished.emit(export)
            self._remember()
        self.changed.emit()

    def again(self, export: Export) -> None:
        """Put an export that ended early back into the queue; what it finished is not done twice."""
        if not export.open:
            export.state, export.error, export.job, export.doing = "waiting", None, None, ""
            self.items.remove(export)
            self.items.append(export)
            self._start_next()
            self._remember()
            self.changed.emit()

    def remove(self, export: Export) -> None:
        """Forget an export that has ended."""
        if not export.open:
            self.items.remove(export)
            self.changed.emit()

    def move(self, export: Export, places: int) -> None:
        """Move a waiting export towards the front (negative) or the back of those that wait."""
        waiting = self.waiting
        if export not in waiting:
            return
        index = waiting.index(export)
        target = min(max(index + places, 0), len(waiting) - 1)
        if target == index:
            return
        slots = [self.items.index(item) for item in waiting]
        waiting.insert(target, waiting.pop(index))
        for slot, item in zip(slots, waiting, strict=True):
            self.items[slot] = item
        self._remember()
        self.changed.emit()

    def set_paused(self, paused: bool) -> None:
        """Stop the running export, to be gone on with later, and start no other; or go on."""
        self.paused = paused
        running = self.running
        if paused and running is not None and running.job is not None and running.doing != "Stopping":
            running.doing, running.pausing = "Pausing", True
            self._engine.cancel_export(running.job)
        self._start_next()
        self.changed.emit()

    def on_event(self, event: ExportProgress | ExportDone) -> None:
        export = next((item for item in self.items if item.job == event.job), None)
        if export is None or export.state != "running":
            return
        if isinstance(event, ExportProgress):
            export.done, export.total = event.done, max(event.total, 1)
            export.seconds_left, export.doing = event.seconds_left, event.doing
        else:
            self._finish(export, event)
        self.changed.emit()

    def _finish(self, export: Export, event: ExportDone) -> None:
        export.job = None
        export.doing = ""
        if event.error is not None:
            export.state, export.error = "failed", event.error
        elif event.cancelled and export.pausing:
            export.state, export.pausing = "waiting", False
            self._start_next()
            return
        elif event.cancelled:
            export.state = "cancelled"
        else:
            export.state, export.done, export.remark = "done", export.total, event.remark
            if event.path:
                export.path = Path(event.path)
        self.finished.emit(export)
        self._start_next()
        self._remember()

    def _start_next(self) -> None:
        if self.running is not None or self.paused or not self.waiting:
            return
        export = self.waiting[0]
        export.state = "running"
        export.job = self._engine.export(
            export.graph,
            export.node,
            export.path,
            export.first,
            export.last,
            embed=export.embed,
            credentials=export.credentials,
        )
