"""A scripted session that is killed from outside: `python -m tests.ui.killed_session FILE FOLDER SEED`.

Works in the real window, a few dozen actions a second: nodes, wires, values, keys, groups, variants,
undo, redo, saves. Says after each what the document then is.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.document import commands
from app.document.format import write_text
from app.document.graph import Graph, Port
from app.ui import files
from app.ui.main_window import MainWindow
from app.ui.session import Session
from app.ui.settings import Preferences
from nodes.sdk.registry import Registry
from tests.ui.fakes import FakeEngine, small_registry

#: Milliseconds between actions, and between the times that unsaved work is put aside.
PACE, ASIDE = 12, 100
#: Characters of a digest.
DIGITS = 16


def digest(graph: Graph, registry: Registry) -> str:
    """What a graph holds, in short."""
    return hashlib.sha256(write_text(graph, registry)).hexdigest()[:DIGITS]


class Work:
    """One action at a time, drawn by chance."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window, self.session = window, window.session
        self.chance = random.Random(seed)
        self.actions: tuple[Callable[[], object], ...] = (
            self.set_value,
            self.set_value,
            self.add,
            self.wire,
            self.key,
            self.move,
            self.remove,
            self.group,
            self.variant,
            self.session.undo,
            self.session.redo,
            self.window.files.save,
        )

    def act(self) -> None:
        self.chance.choice(self.actions)()
        self.say()

    def say(self) -> None:
        """Say what the document is now."""
        text = digest(self.session.document.graph, self.session.registry)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def _name(self) -> str:
        return self.chance.choice(list(self.session.graph.nodes))

    def _edit(self, function: Callable[[Graph], Graph]) -> None:
        self.session.edit("Work", function)

    def set_value(self) -> None:
        name, gain = self._name(), self.chance.uniform(0, 2)
        if self.session.graph.nodes[name].kind == "grade":
            registry = self.session.registry
            self._edit(lambda graph: commands.set_value(graph, registry, name, "gain", gain, 0))

    def add(self) -> None:
        if len(self.session.graph.nodes) < 60:
            place = (self.chance.uniform(0, 900), self.chance.uniform(0, 600))
            self._edit(lambda graph: commands.add_node(graph, self.session.registry, "grade", place)[0])

    def wire(self) -> None:
        source, target = self._name(), self._name()
        registry = self.session.registry
        self._edit(lambda graph: commands.connect(graph, registry, Port(source, "out"), target, "image"))

    def key(self) -> None:
        name, frame = self._name(), self.chance.randrange(100)
        if self.session.graph.nodes[name].kind == "grade":
            self._edit(lambda graph: commands.set_key(graph, self.session.registry, name, "gain", frame))

    def move(self) -> None:
        name, place = self._name(), (self.chance.uniform(0, 900), self.chance.uniform(0, 600))
        self._edit(lambda graph: commands.move_nodes(graph, {name: place}))

    def remove(self) -> None:
        if len(self.session.graph.nodes) > 6:
            name = self._name()
            self._edit(lambda graph: commands.delete_nodes(graph, self.session.registry, [name]))

    def group(self) -> None:
        name, registry = self._name(), self.session.registry
        if self.session.graph.nodes[name].inner is not None:
            self._edit(lambda graph: commands.ungroup(graph, name)[0])
        else:
            self._edit(lambda graph: commands.group_nodes(graph, registry, [name])[0])

    def variant(self) -> None:
        title = f"Variant {self.chance.randrange(4)}"
        self.session.edit_document("Keep", lambda graph: commands.save_variant(graph, title))


def main(path: Path, folder: Path, seed: int) -> None:
    files.AUTOSAVE = ASIDE
    application = QApplication([])
    window = MainWindow(Session(FakeEngine, small_registry()), Preferences(folder / "preferences.ini"))
    window.show()
    window.files.open(path)
    work = Work(window, seed)
    work.say()
    timer = QTimer()
    timer.timeout.connect(work.act)
    timer.start(PACE)
    application.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
