"""The interface's only way to computation. Knows no Qt and imports nothing heavy."""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.document.graph import Graph
from app.document.unfold import Unfolder
from app.engine.messages import Export, Look, Message, Options, Pin, Purge
from app.engine.process import ComputeProcess
from app.engine.protocol import (
    ErrorReport,
    Event,
    ExportDone,
    NodeState,
    RequestDone,
    View,
    ViewFailed,
    ViewReady,
    WorkerStatus,
)
from app.engine.snapshot import difference

logger = logging.getLogger(__name__)

_Wish = tuple[int, Graph, tuple[View, ...], int, int]

#: Seconds after a cancel when the interface is told it is done, whatever the worker does.
DEAF = 0.04
#: Seconds after which a worker that still does not listen is replaced, and with it its memory.
LIMBO = 0.5
#: Seconds an export that is to stop gets to finish its part.
EXPORT_GRACE = 3.0
#: A worker that dies this often without getting ready is not started again by itself.
MOST_FAILED_STARTS = 3


class EngineClient:
    """Owns the compute process, sends it snapshots, hands events to `on_event`.

    `on_event` is called on a thread of the client, one event after another; a Qt interface re-emits
    it as a signal. A cancelled request is over for the interface after DEAF seconds at most; a worker
    that does not come back from a native call within LIMBO is replaced by a second process that
    stands by with nothing loaded, as is one that crashes.

    Args:
        on_event: told everything.
        device: "auto", "cpu" or "cuda".
        registry: "module:function" that gives the kinds of nodes in the compute process.
        memory: bytes for results; 0 takes a share of the machine's memory.
        disk: whether results that took long are kept on disk.
        spare: whether a second process stands by.
    """

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        device: str = "auto",
        registry: str = "nodes.sdk.registry:default_registry",
        memory: int = 0,
        disk: bool = True,
        spare: bool = True,
    ) -> None:
        self._listener = on_event
        self._options = Options("", device, registry, memory, disk)
        self._wants_spare = spare
        self._lock = threading.Condition()
        self._telling = threading.RLock()
        self._numbers = itertools.count(1)
        self._jobs = itertools.count(1)
        self._worker: ComputeProcess | None = None
        self._spare: ComputeProcess | None = None
        self._sent: Graph | None = None
        self._unfold = Unfolder()
        self._pins: frozenset[str] = frozenset()
        self._wish: _Wish | None = None
        self._messages: list[Message] = []
        self._dropped: list[int] = []
        self._ended: list[ComputeProcess] = []
        #: Requests that were sent and not finished: number -> (views not delivered yet, frame).
        self._open: dict[int, tuple[dict[int, View], int]] = {}
        self._latest: _Wish | None = None
        self._deaf_at: float | None = None
        #: Requests that are over for the interface, but that the worker has not let go of.
        self._given_up: set[int] = set()
        self._limbo_ends: float | None = None
        self._answered = False
        self._failed_starts = 0
        self._exports: dict[int, ComputeProcess] = {}
        self._export_nodes: dict[int, str] = {}
        self._export_ends: dict[int, float] = {}
        self._closed = False
        self._supervisor = threading.Thread(target=self._supervise, name="engine", daemon=True)
        self._supervisor.start()
        atexit.register(self.close)

    # -- what the interface asks --------------------------------------------------------------

    def look(self, graph: Graph, views: tuple[View, ...], frame: int, *, proxy: int = 1) -> int:
        """Ask for values; the newest call replaces older ones. Returns the request's number.

        Nodes inside of subgraphs are called "subgraph.node", in views and in events.
        """
        with self._lock:
            number = next(self._numbers)
            graph = self._unfold(graph)
            if self._wish is not None:
                self._dropped.append(self._wish[0])
            self._wish = (number, graph, views, frame, proxy)
            self._lock.notify_all()
            return number

    def cancel(self) -> None:
        """Stop what is being computed for `look`, within 100 ms."""
        with self._lock:
            if self._wish is not None:
                self._dropped.append(self._wish[0])
                self._wish = None
            if self._open and self._worker is not None:
                self._worker.cells.cancelled = max(self._open)
                self._deaf_at = time.monotonic() + DEAF
            self._lock.notify_all()

    def export(
        self,
        graph: Graph,
        node: str,
        output: Path | None,
        first: int,
        last: int,
        *,
        embed: bool = True,
        credentials: bool = True,
    ) -> int:
        """Render a writer node (such as export_video) over a range in a process of its own.

        With `embed` the file takes the graph with it, with `credentials` it says that people are edited
        in it, where its format can.

        Returns the job's number; ExportProgress and ExportDone follow.
        """
        with self._lock:
            job = next(self._jobs)
            patch, target = difference(None, graph), str(output or "")
            order = Export(job, patch, node, target, first, last, embed, credentials)
            self._export_nodes[job] = node
            self._messages.append(order)
            self._lock.notify_all()
            return job

    def cancel_export(self, job: int) -> None:
        """Stop an export; what is finished can be resumed later."""
        with self._lock:
            waiting = [each for each in self._messages if isinstance(each, Export) and each.job == job]
            for each in waiting:
                self._messages.remove(each)
            process = self._exports.get(job)
            if process is not None:
                process.cells.cancelled = 1
                self._export_ends[job] = time.monotonic() + EXPORT_GRACE
            self._lock.notify_all()
        for each in waiting:
            self._tell(ExportDone(job, each.output, cancelled=True))

    def purge(self, node: str | None = None) -> None:
        """Forget cached results, of one node or all."""
        with self._lock:
            self._messages.append(Purge(node))
            self._lock.notify_all()

    def pin(self, nodes: frozenset[str]) -> None:
        """Keep the results of these nodes whatever the memory budget says."""
        with self._lock:
            self._pins = nodes
            self._messages.append(Pin(nodes))
            self._lock.notify_all()

    def close(self) -> None:
        """End the compute process and every export; returns when they are gone."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._lock.notify_all()
        self._supervisor.join()
        with self._lock:
            processes = [self._worker, self._spare, *self._exports.values(), *self._ended]
            self._worker = self._spare = None
        alive = [process for process in processes if process is not None]
        for process in alive:
            process.cells.cancelled = 2**62
        for process in alive:
            process.end()
        atexit.unregister(self.close)

    # -- the supervising thread ---------------------------------------------------------------

    def _supervise(self) -> None:
        self._start_worker()
        while True:
            with self._lock:
                while not (self._closed or self._has_work()):
                    self._lock.wait(self._patience())
                if self._closed:
                    return
                ended, self._ended = self._ended, []
                dropped, self._dropped = self._dropped, []
            for number in dropped:
                self._tell(RequestDone(number, True, 0.0))
            for process in ended:
                self._bury(process)
            self._give_up()
            self._end_limbo()
            self._end_exports()
            with self._lock:
                messages, self._messages = self._messages, []
                wish, self._wish = self._wish, None
                if wish is not None:
                    self._open[wish[0]] = ({view.slot: view for view in wish[2]}, wish[3])
            for message in messages:
                self._pass_on(message)
            if wish is not None:
                self._send_look(*wish)
            if self._wants_spare and self._spare is None and self._answered:
                self._spare = self._started()

    def _has_work(self) -> bool:
        now = time.monotonic()
        due = (self._deaf_at, self._limbo_ends, *self._export_ends.values())
        return bool(
            self._wish
            or self._messages
            or self._dropped
            or self._ended
            or (self._wants_spare and self._spare is None and self._answered)
            or any(time_due is not None and time_due <= now for time_due in due)
        )

    def _patience(self) -> float | None:
        marks = (self._deaf_at, self._limbo_ends, *self._export_ends.values())
        due = [each for each in marks if each is not None]
        return max(min(due) - time.monotonic(), 0.0) if due else None

    def _started(self) -> ComputeProcess:
        return ComputeProcess("worker", self._options, self._on_event, self._on_end)

    def _start_worker(self) -> None:
        """Put the spare, or a new process, in the worker's place."""
        self._tell(WorkerStatus("starting"))
        worker, self._spare = self._spare or self._started(), None
        with self._lock:
            self._worker = worker
            self._sent = None
            pins = self._pins
        if pins:
            worker.send(Pin(pins))
        if worker.ready:
            self._tell(WorkerStatus("ready", worker.device))

    def _send_look(self, number: int, graph: Graph, views: tuple[View, ...], frame: int, proxy: int) -> None:
        if self._worker is None:
            self._failed_starts = 0
            self._start_worker()
        worker = self._worker
        if worker is None:
            return
        patch = difference(self._sent, graph)
        self._sent = graph
        self._latest = (number, graph, views, frame, proxy)
        worker.send(Look(number, patch, views, frame, proxy))

    def _pass_on(self, message: Message) -> None:
        if isinstance(message, Export):
            process = ComputeProcess("export", self._options, self._on_event, self._on_end)
            with self._lock:
                self._exports[message.job] = process
            process.send(message)
        elif self._worker is not None:
            self._worker.send(message)

    def _give_up(self) -> None:
        """A cancelled request is over for the interface, even if the worker does not listen."""
        with self._lock:
            worker = self._worker
            if self._deaf_at is None or time.monotonic() < self._deaf_at or worker is None:
                return
            self._limbo_ends = self._deaf_at - DEAF + LIMBO
            self._deaf_at = None
            lost = [number for number in self._open if number <= worker.cells.cancelled]
            for number in lost:
                del self._open[number]
            self._given_up.update(lost)
            running = worker.cells.running
        for number in lost:
            if running:
                self._tell(NodeState(number, running, "stale"))
            self._tell(RequestDone(number, True, 0.0))

    def _end_limbo(self) -> None:
        """Replace a worker that was told to stop and did not; what was asked since is asked again."""
        with self._lock:
            if not self._given_up:
                self._limbo_ends = None
            worker = self._worker
            if self._limbo_ends is None or time.monotonic() < self._limbo_ends or worker is None:
                return
            if not worker.ready:  # It is not deaf, it is still starting.
                self._limbo_ends = None
                return
            self._limbo_ends = None
            self._given_up.clear()
            left, self._open = self._open, {}
            latest = self._latest
            self._worker = None
            if self._wish is None and latest is not None and left.pop(latest[0], None) is not None:
                self._wish = latest
        worker.kill()
        for number in left:
            self._tell(RequestDone(number, True, 0.0))
        self._start_worker()

    def _end_exports(self) -> None:
        with self._lock:
            now = time.monotonic()
            late = [job for job, due in self._export_ends.items() if due <= now]
            for job in late:
                del self._export_ends[job]
            processes = [self._exports[job] for job in late if job in self._exports]
        for process in processes:
            process.process.kill()

    def _bury(self, process: ComputeProcess) -> None:
        """A process is gone: say what was lost, and see to a new one."""
        process.end()
        if process is self._spare:
            self._spare = None
            return
        job = next((number for number, each in self._exports.items() if each is process), None)
        if job is not None:
            self._bury_export(job, process)
        elif process is self._worker:
            self._bury_worker(process)

    def _bury_export(self, job: int, process: ComputeProcess) -> None:
        with self._lock:
            del self._exports[job]
            cancelled = self._export_ends.pop(job, None) is not None or process.cells.cancelled > 0
            node = self._export_nodes.pop(job, None)
        if node is None:
            return  # It said itself how it ended.
        if cancelled:
            self._tell(ExportDone(job, "", cancelled=True))
            return
        running = process.cells.running or node
        report = ErrorReport(
            running,
            f"the export ended while '{running}' ran: {process.why()}",
            "Export again: what is finished is kept",
        )
        self._tell(ExportDone(job, "", error=report))

    def _bury_worker(self, worker: ComputeProcess) -> None:
        """What was being answered has failed; what only waited is asked again."""
        if not worker.ready:
            self._failed_starts += 1
        hopeless = self._failed_starts >= MOST_FAILED_STARTS
        with self._lock:
            self._worker = None
            self._deaf_at = self._limbo_ends = None
            self._given_up.clear()
            left, self._open = self._open, {}
            lost = {n: left.pop(n) for n in list(left) if hopeless or n == worker.cells.request}
            latest = self._latest
            if self._wish is None and latest is not None and left.pop(latest[0], None) is not None:
                self._wish = latest
        self._tell(WorkerStatus("died", detail=worker.why()))
        running = worker.cells.running
        for number, (views, frame) in lost.items():
            self._tell_lost(number, views, frame, running, worker.why())
        for number in left:
            self._tell(RequestDone(number, True, 0.0))
        if hopeless:
            self._tell(WorkerStatus("stopped", detail="the compute process does not start"))
        else:
            self._start_worker()

    def _tell_lost(self, number: int, views: dict[int, View], frame: int, running: str, why: str) -> None:
        blamed = running or next((view.node for view in views.values()), "")
        what, hint = f"the compute process does not start: {why}", "The log has the details"
        if running:
            what = f"the compute process ended while '{running}' was computed: {why}"
            hint = "Your graph is unharmed; change the node or its inputs, or look again"
        report = ErrorReport(blamed, what, hint)
        if running:
            self._tell(NodeState(number, running, "failed", error=report))
        for view in views.values():
            self._tell(ViewFailed(number, view.slot, view.node, frame, report))
        self._tell(RequestDone(number, False, 0.0))

    # -- the reading threads ------------------------------------------------------------------

    def _on_event(self, process: ComputeProcess, event: Event) -> None:
        if isinstance(event, ExportDone):
            with self._lock:
                self._export_nodes.pop(event.job, None)
                self._export_ends.pop(event.job, None)
        elif isinstance(event, WorkerStatus):
            with self._lock:
                process.ready = True
                process.device = event.device
                self._failed_starts = 0
                if process is not self._worker:
                    return
                self._lock.notify_all()
        elif isinstance(event, ViewReady | ViewFailed | NodeState | RequestDone):
            with self._lock:
                if event.request not in self._open:
                    if isinstance(event, RequestDone):
                        self._given_up.discard(event.request)
                    return
                if isinstance(event, ViewReady | ViewFailed):
                    self._open[event.request][0].pop(event.slot, None)
                elif isinstance(event, RequestDone):
                    del self._open[event.request]
                    if not self._open:
                        self._deaf_at = None
                    if not self._answered:
                        self._answered = True
                        self._lock.notify_all()
        if not process.discarded:
            self._tell(event)

    def _on_end(self, process: ComputeProcess) -> None:
        with self._lock:
            self._ended.append(process)
            self._lock.notify_all()

    def _tell(self, event: Event) -> None:
        with self._telling:
            if self._closed:
                return
            try:
                self._listener(event)
            except Exception:
                logger.exception("the listener failed on %s", type(event).__name__)
