"""The interface's only way to computation. Knows no Qt and imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.document.graph import Graph
from app.engine.protocol import Event, View


class EngineClient:
    """Owns the compute process, sends it snapshots, hands events to `on_event`.

    `on_event` is called on a thread of the client; a Qt interface re-emits it as a signal.
    """

    def __init__(self, on_event: Callable[[Event], None], *, device: str = "auto") -> None:
        raise NotImplementedError

    def look(self, graph: Graph, views: tuple[View, ...], frame: int, *, proxy: int = 1) -> int:
        """Ask for values; the newest call replaces older ones. Returns the request's number."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Stop what is being computed for `look`, within 100 ms."""
        raise NotImplementedError

    def export(self, graph: Graph, node: str, output: Path | None, first: int, last: int) -> int:
        """Render a writer node (such as export_video) over a range in a process of its own.

        Returns the job's number; ExportProgress and ExportDone follow.
        """
        raise NotImplementedError

    def cancel_export(self, job: int) -> None:
        """Stop an export; what is finished can be resumed later."""
        raise NotImplementedError

    def purge(self, node: str | None = None) -> None:
        """Forget cached results, of one node or all."""
        raise NotImplementedError

    def pin(self, nodes: frozenset[str]) -> None:
        """Keep the results of these nodes whatever the memory budget says."""
        raise NotImplementedError

    def close(self) -> None:
        """End the compute process and every export; returns when they are gone."""
        raise NotImplementedError
