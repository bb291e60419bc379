"""The sound that goes with the pictures: what is wired to the export node."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.document.graph import Graph, Port
from app.ui.asking import AskedValue
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


class Soundtrack(AskedValue):
    """Follows the graph: asks for the sound again when what makes it was edited."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(session, SOUND_SLOT, Audio, parent)
        session.graph_changed.connect(self._refresh)
        session.slots_changed.connect(self._refresh)

    @property
    def audio(self) -> Audio | None:
        """The sound at hand."""
        return self.value if isinstance(self.value, Audio) else None

    def _refresh(self) -> None:
        self.ask(audio_port(self._session.whole, self._session.registry))
