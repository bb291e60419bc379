"""The compute process: takes requests, the newest first, and computes them on one thread.

A second thread reads what the client sends. While a node runs, the newest request decides whether it
goes on: it does when that request needs the very same result. A request that gave way is followed by
one that may finish within PATIENCE, so that a stream of requests always shows something.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections import deque
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.document.graph import Graph
from app.engine.cells import Cells
from app.engine.device import resolve_device
from app.engine.evaluate import Evaluator, NodeFailure
from app.engine.keys import Key
from app.engine.messages import Look, Message, Options, Pin, Purge
from app.engine.outbox import Outbox
from app.engine.parcel import Sender
from app.engine.pool import ModelPool
from app.engine.preview import preview_of, thumbnail_of
from app.engine.protocol import (
    ErrorReport,
    NodeState,
    RequestDone,
    Thumbnail,
    View,
    ViewFailed,
    ViewReady,
    WorkerStatus,
)
from app.engine.seen import drawn, with_bounds
from app.engine.setup import load_registry, open_cache, resident_bytes, step_back
from app.engine.snapshot import applied
from nodes.sdk.errors import Cancelled, FacewrightError
from nodes.sdk.values import Image, Mask, Splats

logger = logging.getLogger(__name__)

#: Seconds that a request may go on although a newer one waits, after one that had to give way.
PATIENCE = 1.0
THUMBNAIL_INTERVAL = 0.2


class Request:
    """A look with its snapshot in place of the patch."""

    def __init__(self, look: Look, graph: Graph) -> None:
        self.number = look.request
        self.graph = graph
        self.views = look.views
        self.frame = look.frame
        self.proxy = look.proxy
        #: What was asked for, whatever the values are computed at.
        self.asked_proxy = look.proxy


class Inbox:
    """What the client sent and nobody took yet; of looks only the newest."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.newest: Request | None = None
        self._connection = connection
        self._folder = folder
        self._graph = Graph()
        self._others: deque[Message] = deque()
        self._dropped: list[int] = []
        self._ready = threading.Condition()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def take(self) -> tuple[list[int], Message | Request]:
        """Wait for something to do; also the numbers of requests that were replaced unseen."""
        with self._ready:
            while self.newest is None and not self._others:
                self._ready.wait()
            dropped, self._dropped = self._dropped, []
            if self._others:
                return dropped, self._others.popleft()
            request, self.newest = self.newest, None
            if request is None:
                raise RuntimeError("woken without work")
            return dropped, request

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                # The program is gone, or wants this process gone: nothing here is worth a delay.
                shutil.rmtree(self._folder, ignore_errors=True)
                os._exit(0)
            with self._ready:
                if isinstance(message, Look):
                    self._graph = applied(self._graph, message.patch)
                    if self.newest is not None:
                        self._dropped.append(self.newest.number)
                    self.newest = Request(message, self._graph)
                else:
                    self._others.append(message)
                self._ready.notify()


class Worker:
    """Serves one client until it goes."""

    def __init__(self, connection: Connection, cells: Cells, options: Options) -> None:
        folder = Path(options.folder)
        self._cells = cells
        self._inbox = Inbox(connection, folder)
        self._out = Outbox(connection, Sender(folder))
        registry = load_registry(options.registry)
        self._models = ModelPool()
        self._complaint = ""
        try:
            device = resolve_device(options.device)
        except FacewrightError as error:
            device, self._complaint = "cpu", str(error)
        self._evaluator = Evaluator(
            registry,
            device=device,
            cache=open_cache(registry, memory=options.memory, disk=options.disk),
            models=self._models,
        )
        self._gave_way = False
        self._full_sizes: dict[tuple[str, str], tuple[int, int]] = {}
        self._shown: dict[str, tuple[Key, float]] = {}

    def serve(self) -> None:
        """Work until the client is gone; does not return."""
        self._out.send(self._status())
        while True:
            dropped, message = self._inbox.take()
            for number in dropped:
                self._out.send(RequestDone(number, True, 0.0))
            if isinstance(message, Request):
                self._answer(message)
            elif isinstance(message, Purge):
                self._evaluator.cache.purge(message.node)
                if message.node is None:
                    self._models.release()
                self._out.send(self._status())
            elif isinstance(message, Pin):
                self._evaluator.cache.pin(message.nodes)

    # -- looking ------------------------------------------------------------------------------

    def _answer(self, request: Request) -> None:
        started = time.perf_counter()
        self._cells.request = request.number
        request.proxy = self._best_proxy(request)
        touched: dict[str, None] = {}
        delivered = 0

        def tell(state: NodeState) -> None:
            if state.state == "computing":
                if state.node not in touched:
                    self._cells.running = state.node
            elif state.state in ("fresh", "cached", "disk"):
                touched[state.node] = None
            self._out.state(replace(state, request=request.number))

        def show(view: View, value: Any) -> None:
            nonlocal delivered
            self._cells.running = ""
            delivered += 1
            if isinstance(value, NodeFailure):
                self._out.send(
                    ViewFailed(request.number, view.slot, view.node, request.frame, value.report())
                )
            else:
                self._show(request, view, value)

        def show_unfinished(node: str, value: Any) -> None:
            """How a running node's result stands, to all viewers that wait for something."""
            for view in request.views[delivered:]:
                preview = preview_of(value, limit=view.limit)
                # Never of full size: what is final counts as seen.
                proxy = max(request.proxy, 2)
                self._out.send(
                    ViewReady(
                        request.number, view.slot, view.node, view.output, request.frame, proxy, preview
                    )
                )
            pixels = thumbnail_of(value)
            if pixels is not None and node in request.graph.nodes:
                self._out.send(Thumbnail(node, pixels))

        cancelled = False
        try:
            self._evaluator.look(
                request.graph,
                request.views,
                request.frame,
                proxy=request.proxy,
                on_view=show,
                on_state=tell,
                poll=self._poll_for(request, started),
                on_preview=show_unfinished,
            )
        except Cancelled:
            cancelled = True
            if self._cells.running:
                self._out.state(NodeState(request.number, self._cells.running, "stale"))
        self._cells.running = ""
        self._cells.request = 0
        self._gave_way = cancelled and not delivered
        self._out.send(RequestDone(request.number, cancelled, time.perf_counter() - started))
        if not cancelled:
            self._send_thumbnails(request, list(touched))
            self._out.send(self._status())

    def _poll_for(self, request: Request, started: float) -> Any:
        patient_until = started + (PATIENCE if self._gave_way else 0.0)
        judged: Request | None = None
        wanted: frozenset[Key] = frozenset()

        def poll(key: Key | None) -> bool:
            nonlocal judged, wanted
            if self._cells.cancelled >= request.number:
                return True
            newer = self._inbox.newest
            if newer is None or time.perf_counter() < patient_until:
                return False
            if key is None:
                return True
            if newer is not judged:
                judged = newer
                wanted = self._evaluator.wanted(newer.graph, newer.views, newer.frame, newer.proxy)
            return key not in wanted

        return poll

    def _best_proxy(self, request: Request) -> int:
        """Full size when a node on the way counts pixels, or when all of it is in memory already."""
        if request.proxy == 1:
            return 1
        if not self._evaluator.suits_proxy(request.graph, request.views, request.frame):
            return 1
        try:
            complete = all(
                self._evaluator.cached(request.graph, view.node, request.frame) for view in request.views
            )
        except NodeFailure:
            return request.proxy
        return 1 if complete else request.proxy

    def _show(self, request: Request, view: View, value: Any) -> None:
        if isinstance(value, Splats):
            self._show_splats(request, view, value)
            return
        full_size = None
        if isinstance(value, Image | Mask):
            place = (view.node, view.output)
            size = (value.width, value.height)
            if request.proxy == 1 or not self._depends_on_proxy(request, view):
                self._full_sizes[place] = full_size = size
            else:
                known = self._full_sizes.get(place, (0, 0))
                guessed = (size[0] * request.proxy, size[1] * request.proxy)
                full_size = known if known[0] >= size[0] else guessed
        preview = preview_of(value, limit=view.limit, full_size=full_size)
        self._out.send(
            ViewReady(
                request.number, view.slot, view.node, view.output, request.frame, request.proxy, preview
            )
        )

    def _show_splats(self, request: Request, view: View, splats: Splats) -> None:
        """Splats as they are, or drawn: in full at rest, coarsely while the hand moves."""
        proxy = request.proxy
        try:
            if view.viewpoint is not None:
                proxy = request.asked_proxy
                preview = drawn(splats, view.viewpoint, proxy, self._evaluator.device)
            else:
                preview = with_bounds(preview_of(splats), splats)
        except FacewrightError as error:
            report = ErrorReport(view.node, error.what, error.hint)
            self._out.send(ViewFailed(request.number, view.slot, view.node, request.frame, report))
            return
        self._out.send(
            ViewReady(request.number, view.slot, view.node, view.output, request.frame, proxy, preview)
        )

    def _depends_on_proxy(self, request: Request, view: View) -> bool:
        keys = [
            self._evaluator.key(request.graph, view.node, request.frame, proxy)
            for proxy in (1, request.proxy)
        ]
        return keys[0] != keys[1]

    def _send_thumbnails(self, request: Request, names: list[str]) -> None:
        for name in names:
            if self._inbox.newest is not None or self._cells.cancelled >= request.number:
                return
            if name not in request.graph.nodes:
                continue
            now = time.monotonic()
            key = self._evaluator.key(request.graph, name, request.frame, request.proxy)
            last_key, last_time = self._shown.get(name, (b"", 0.0))
            if key is None or key == last_key or now - last_time < THUMBNAIL_INTERVAL:
                continue
            result = self._evaluator.cache.get(key)
            pixels = thumbnail_of(result.outputs[0]) if result is not None else None
            if pixels is not None:
                self._shown[name] = (key, now)
                self._out.send(Thumbnail(name, pixels))

    def _status(self) -> WorkerStatus:
        memory = {
            "results": self._evaluator.cache.used[0],
            "card": self._evaluator.cache.used[1],
            "models": self._models.size,
            "resident": resident_bytes(),
        }
        return WorkerStatus("ready", self._evaluator.device, self._complaint, memory)


def main(connection: Connection, cells: Cells, options: Options) -> None:
    """What the process runs."""
    step_back(options.niceness)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    Worker(connection, cells, options).serve()
