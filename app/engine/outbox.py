"""A worker's way to the interface: events go out in batches, states of a node only as the newest."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from typing import Any

from app.engine.parcel import Sender
from app.engine.protocol import Event, NodeState

#: Seconds between two batches of states: what changes faster than this nobody can follow.
INTERVAL = 0.05


class Outbox:
    """Sends events in order. States wait up to INTERVAL for newer ones of the same node."""

    def __init__(self, connection: Connection, sender: Sender) -> None:
        self._connection = connection
        self._sender = sender
        self._states: dict[str, NodeState] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._flush_now_and_then, name="outbox", daemon=True)
        self._thread.start()

    def state(self, state: NodeState) -> None:
        """Tell a node's state soon."""
        with self._lock:
            self._states[state.node] = state
        if not self._wake.is_set():
            self._wake.set()

    def send(self, event: Event) -> None:
        """Tell an event now, after all states so far."""
        packed = self._sender.pack(event)
        with self._lock:
            self._send([*self._taken(), packed])

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        self._thread.join()

    def _taken(self) -> list[Any]:
        states = list(self._states.values())
        self._states.clear()
        return states

    def _send(self, events: list[Any]) -> None:
        if not events:
            return
        try:
            self._connection.send(events)
        except (OSError, ValueError):
            self._closed = True  # Nobody listens; the reading side ends this process.

    def _flush_now_and_then(self) -> None:
        pause = threading.Event()
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                self._send(self._taken())
            pause.wait(INTERVAL)
