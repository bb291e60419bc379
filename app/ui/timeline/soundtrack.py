"""The sound that goes with the pictures: what is wired to the export node."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from app.document.graph import Graph, GraphError, Port
from app.engine.protocol import ViewFailed, ViewReady
from app.ui.session import Session
from nodes.sdk.registry import Registry
from nodes.sdk.values import Audio

#: The engine's slot for the sound.
SOUND_SLOT = 105


def audio_port(graph: Graph, registry: Registry) -> Port | None:
    """The output of sound that is wired to the first export node that has one."""
    for name, instance in graph.nodes.items():
        spec = registry.get(instance.kind)
        if spec is None or not spec.writer or instance.disabled:
            continue
        for socket in spec.inputs:
            wired = graph.sources(name, socket.name)
            if socket.type_name == "Audio" and wired:
                return wired[0]
    return None


class Soundtrack(QObject):
    """Asks the engine for the sound once, and again when what makes it was edited.

    Signals:
        changed: another sound, or none, is at hand.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.audio: Audio | None = None
        #: What the sound at hand, or the one asked for, is made of; held, so that no other takes its place.
        self._made_of: tuple[Any, ...] = ()
        self._waiting = False
        session.graph_changed.connect(self._refresh)
        session.slots_changed.connect(self._refresh)
        session.view_ready.connect(self._on_ready)
        session.view_failed.connect(self._on_failed)

    def _refresh(self) -> None:
        session = self._session
        port = audio_port(session.whole, session.registry)
        made_of = self._ingredients(port)
        if port is None:
            session.set_extra(SOUND_SLOT, None)
            self._made_of, self._waiting = (), False
            self._show(None)
        elif self._waiting and SOUND_SLOT not in session.extras:
            session.set_extra(SOUND_SLOT, port)  # Another document came before the answer.
        elif len(made_of) != len(self._made_of) or any(
            new is not old and new != old for new, old in zip(made_of, self._made_of, strict=True)
        ):
            self._made_of, self._waiting = made_of, True
            session.set_extra(SOUND_SLOT, port)

    def _ingredients(self, port: Port | None) -> tuple[Any, ...]:
        if port is None:
            return ()
        graph = self._session.whole
        try:
            names = graph.upstream(port.node)
        except GraphError:
            names = [port.node]
        found: list[Any] = [port.node, port.output, graph.settings.fps]
        for name in names:
            instance = graph.nodes[name]
            found += [name, instance.kind, instance.parameters, instance.disabled, graph.wires.get(name)]
        return tuple(found)

    def _on_ready(self, event: ViewReady) -> None:
        if event.slot == SOUND_SLOT:
            value = event.preview.value
            self._take(value if isinstance(value, Audio) else None)

    def _on_failed(self, event: ViewFailed) -> None:
        if event.slot == SOUND_SLOT:
            self._take(None)

    def _take(self, audio: Audio | None) -> None:
        # It need not come again with every picture.
        self._waiting = False
        self._session.set_extra(SOUND_SLOT, None)
        self._show(audio)

    def _show(self, audio: Audio | None) -> None:
        if audio is not self.audio:
            self.audio = audio
            self.changed.emit()
