"""Decides when, and how coarsely, the engine is asked for what the viewers show.

* All wishes of one turn of the event loop become one request.
* While something is dragged or playing, at most one request is under way: the next one goes out
  when it is done, so that every drag shows something however slow the graph is.
* Dragging asks for a proxy when full size was too slow lately; full size follows at rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.document.graph import Graph
from app.engine.client import EngineClient
from app.engine.protocol import RequestDone, View

#: Seconds of stillness after which full size is asked for.
REST = 0.18
#: Seconds above which a drag is shown as a proxy.
FLUENT = 0.045
#: Seconds after which a request that hangs no longer holds back newer ones.
PATIENCE = 2.0
PROXIES = (1, 2, 4)

Wanted = Callable[[], tuple[Graph, tuple[View, ...], int]]


class ViewRequests(QObject):
    """Asks the engine; knows whether an answer is under way and whether looking is paused.

    Signals:
        busy_changed: True while a request is under way.
        paused_changed: True while nothing is asked for.
    """

    busy_changed = Signal(bool)
    paused_changed = Signal(bool)

    def __init__(self, engine: EngineClient, wanted: Wanted, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._wanted = wanted
        self._scheduled = False
        self._urgent = False
        self._held_back = False
        self._under_way: int | None = None
        self._since = 0.0
        self._proxy = 1
        self._seconds = dict.fromkeys(PROXIES, 0.0)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(int(REST * 1000))
        self._rest.timeout.connect(self._on_rest)
        self.paused = False

    @property
    def busy(self) -> bool:
        return self._under_way is not None

    def wish(self, *, dragging: bool = False) -> None:
        """Something changed. `dragging` says that more changes are likely to follow at once."""
        self._urgent = self._urgent or not dragging
        if not self._scheduled:
            self._scheduled = True
            QTimer.singleShot(0, self, self._send)

    def set_paused(self, paused: bool) -> None:
        if paused == self.paused:
            return
        self.paused = paused
        if paused:
            self._rest.stop()
            self._engine.cancel()
        else:
            self.wish()
        self.paused_changed.emit(paused)

    def cancel(self) -> None:
        """Stop what is under way and what waits."""
        self._held_back = False
        self._rest.stop()
        self._engine.cancel()

    def on_done(self, event: RequestDone) -> None:
        """The engine finished a request."""
        if event.request != self._under_way:
            return
        if not event.cancelled:
            self._seconds[self._proxy] = event.seconds
            if self._proxy > 1 and event.seconds * 4 < FLUENT:
                # Twice the size has four times the pixels; it is worth another try.
                self._seconds[self._proxy // 2] = 0.0
        self._set_under_way(None)
        if self._held_back:
            self._held_back = False
            self.wish(dragging=True)

    def on_engine_lost(self) -> None:
        """The compute process died; whatever was under way will not be answered."""
        self._set_under_way(None)

    def stop(self) -> None:
        self._rest.stop()
        self._scheduled = True

    def _set_under_way(self, request: int | None) -> None:
        was = self.busy
        self._under_way = request
        self._since = time.monotonic()
        if was != self.busy:
            self.busy_changed.emit(self.busy)

    def _send(self) -> None:
        self._scheduled = False
        urgent, self._urgent = self._urgent, False
        if self.paused:
            return
        if not urgent:
            self._rest.start()
            if self.busy and time.monotonic() - self._since < PATIENCE:
                self._held_back = True
                return
        else:
            self._rest.stop()
            self._held_back = False
        graph, views, frame = self._wanted()
        if not views:
            return
        self._proxy = 1 if urgent else self._drag_proxy()
        self._set_under_way(self._engine.look(graph, views, frame, proxy=self._proxy))

    def _drag_proxy(self) -> int:
        """The largest size that was fast enough when last tried."""
        for proxy in PROXIES:
            if self._seconds[proxy] <= FLUENT:
                return proxy
        return PROXIES[-1]

    def _on_rest(self) -> None:
        if self._proxy > 1 or self._held_back:
            self.wish()
