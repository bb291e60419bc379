"""Asking the engine once for a value beside what the viewers show, and again when it got old."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from app.document.graph import Graph, GraphError, Port
from app.engine.protocol import ViewFailed, ViewReady
from app.ui.session import Session


class AskedValue(QObject):
    """The value of an output that some panel needs whole, such as the sound of an export.

    It does not come again with every picture, only when something that it is made of was edited.

    Signals:
        changed: another value, or none, is at hand.
    """

    changed = Signal()

    def __init__(self, session: Session, slot: int, kind: type, parent: QObject | None = None) -> None:
        """Ask in a slot of the engine's that no viewer has; values of other kinds count as none."""
        super().__init__(parent)
        self._session, self._slot, self._kind = session, slot, kind
        self.value: Any = None
        self._port: Port | None = None
        #: What the value at hand, or the one asked for, is made of; held, so that no other takes its place.
        self._made_of: tuple[Any, ...] = ()
        self._waiting = False
        session.view_ready.connect(self._on_ready)
        session.view_failed.connect(self._on_failed)

    @property
    def waiting(self) -> bool:
        """Whether the value asked for has not come yet."""
        return self._waiting

    def ask(self, port: Port | None) -> None:
        """Want the value of an output (by its address), or none. To be called after every edit."""
        session = self._session
        made_of = ingredients(session.whole, port)
        if port is None:
            session.set_extra(self._slot, None)
            self._made_of, self._waiting = (), False
            self._show(None)
        elif self._waiting and self._slot not in session.extras:
            session.set_extra(self._slot, port)  # Another document came before the answer.
        elif len(made_of) != len(self._made_of) or any(
            new is not old and new != old for new, old in zip(made_of, self._made_of, strict=True)
        ):
            self._made_of, self._waiting = made_of, True
            session.set_extra(self._slot, port)

    def _on_ready(self, event: ViewReady) -> None:
        if event.slot == self._slot:
            self._take(event.preview.value)

    def _on_failed(self, event: ViewFailed) -> None:
        if event.slot == self._slot:
            self._take(None)

    def _take(self, value: Any) -> None:
        self._waiting = False
        self._session.set_extra(self._slot, None)
        self._show(value if isinstance(value, self._kind) else None)

    def _show(self, value: Any) -> None:
        if value is not self.value:
            self.value = value
            self.changed.emit()


def ingredients(graph: Graph, port: Port | None) -> tuple[Any, ...]:
    """All that decides an output's value: the nodes before it, their parameters and wires, the rate."""
    if port is None:
        return ()
    try:
        names = graph.upstream(port.node)
    except GraphError:
        names = [port.node]
    found: list[Any] = [port.node, port.output, graph.settings.fps]
    for name in names:
        instance = graph.nodes.get(name)
        if instance is not None:
            found += [name, instance.kind, instance.parameters, instance.disabled, graph.wires.get(name)]
    return tuple(found)
