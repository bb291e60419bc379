"""The open document: the graph as it is, how it came to be, and the file it belongs to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from app.document.format import load
from app.document.graph import Graph
from app.document.problems import Problem
from app.document.recovery import Recovery, RecoveryFile
from app.document.save import FileMark, mark_of, save
from app.document.variants import followed
from nodes.sdk.errors import FileProblem
from nodes.sdk.registry import Registry

#: Called with the graph before, the graph after, and the label of what was done.
Listener: TypeAlias = Callable[[Graph, Graph, str], None]

#: How many steps can be undone. Snapshots share what did not change, so a step is small.
HISTORY = 1000


@dataclass(frozen=True)
class Step:
    """One entry of the history: what was done, and the snapshots around it."""

    label: str
    before: Graph
    after: Graph
    merge: str


class Document:
    """A graph that is being edited.

    Attributes:
        registry: the nodes that edits and files are checked against.
        graph: the graph as it is now.
        path: the file it was read from or saved to; None while it has none.
        problems: what was wrong with the file when it was read.
    """

    def __init__(
        self,
        registry: Registry,
        graph: Graph | None = None,
        path: Path | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        self.registry = registry
        self.graph = graph or Graph()
        self.path = path
        self.problems = problems
        self._saved: Graph | None = self.graph
        self._mark: FileMark | None = None
        self._undo: deque[Step] = deque(maxlen=HISTORY)
        self._redo: list[Step] = []
        self._gesture = ""
        self._gestures = 0
        self._sealed = False
        self._listeners: list[Listener] = []
        self._recovery = RecoveryFile(path)
        self._in_recovery: Graph | None = None

    @classmethod
    def open(cls, path: Path, registry: Registry) -> Document:
        """Read a file. Look at `problems` for what was left out.

        Raises:
            FileProblem: when it cannot be read at all.
        """
        path = Path(path)
        mark = mark_of(path)
        loaded = load(path, registry)
        document = cls(registry, loaded.graph, path.absolute(), loaded.problems)
        document._mark = mark
        return document

    @classmethod
    def recovered(cls, recovery: Recovery, registry: Registry) -> Document:
        """Go on with unsaved work; it counts as unsaved until it is saved.

        Raises:
            FileProblem: when the recovery file cannot be read.
        """
        loaded = recovery.load(registry)
        path = recovery.path.absolute() if recovery.path else None
        document = cls(registry, loaded.graph, path, loaded.problems)
        document._saved = None
        document._mark = mark_of(path) if path else None
        if path is None:
            document._recovery.adopt(recovery.file)
        return document

    # -- editing ------------------------------------------------------------------------------

    def edit(self, label: str, function: Callable[[Graph], Graph], *, merge: str = "") -> bool:
        """Do something that can be undone.

        Args:
            label: what the menu says, such as "Move nodes".
            function: from the graph as it is to the graph as it should be; what it raises is
                passed on, and nothing has changed then.
            merge: edits in a row with the same text, which is not empty, are one step.

        Returns:
            Whether anything changed.
        """
        return self.apply(function(self.graph), label, merge=merge)

    def apply(self, graph: Graph, label: str, *, merge: str = "") -> bool:
        """Put another snapshot in the graph's place, as one step; as `edit`."""
        before = self.graph
        if graph is before:
            return False
        graph = followed(before, graph)
        merge = self._gesture or merge
        last = self._undo[-1] if self._undo else None
        if merge and last is not None and last.merge == merge and not self._sealed:
            self._undo.pop()
            self._undo.append(Step(last.label, last.before, graph, merge))
        else:
            self._undo.append(Step(label, before, graph, merge))
        self._sealed = False
        self._redo.clear()
        self._show(graph, label)
        return True

    def finish_gesture(self) -> None:
        """The hand let go: the next edit is a step of its own, whatever its merge text."""
        self._sealed = True

    @contextmanager
    def gesture(self, label: str) -> Iterator[None]:
        """Make all edits inside one step; when one of them raises, none of them happened."""
        if self._gesture:
            yield
            return
        before, undo, redo = self.graph, tuple(self._undo), list(self._redo)
        self._gestures += 1
        self._gesture = f"gesture {self._gestures}"
        try:
            yield
        except BaseException:
            self._undo = deque(undo, maxlen=HISTORY)
            self._redo = redo
            if self.graph is not before:
                self._show(before, label)
            raise
        finally:
            self._gesture = ""
            self._sealed = True
        if self._undo and self.graph is not before:
            last = self._undo.pop()
            self._undo.append(Step(label, last.before, last.after, last.merge))

    # -- history ------------------------------------------------------------------------------

    @property
    def undo_label(self) -> str:
        """What `undo` would take back; empty when there is nothing."""
        return self._undo[-1].label if self._undo else ""

    @property
    def redo_label(self) -> str:
        """What `redo` would do again; empty when there is nothing."""
        return self._redo[-1].label if self._redo else ""

    def undo(self) -> bool:
        """Take the last step back; returns whether there was one."""
        if not self._undo:
            return False
        step = self._undo.pop()
        self._sealed = True
        self._redo.append(step)
        self._show(step.before, step.label)
        return True

    def redo(self) -> bool:
        """Do again what was undone last; returns whether there was anything."""
        if not self._redo:
            return False
        step = self._redo.pop()
        self._sealed = True
        self._undo.append(step)
        self._show(step.after, step.label)
        return True

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(before, after, label)` after every change; returns what ends that."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def _show(self, graph: Graph, label: str) -> None:
        before, self.graph = self.graph, graph
        for listener in tuple(self._listeners):
            listener(before, graph, label)

    # -- files --------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether anything would be lost by closing without a save."""
        return self.graph is not self._saved

    @property
    def name(self) -> str:
        """What the title bar says."""
        return self.path.name if self.path else "untitled"

    def save(self, *, overwrite: bool = False) -> None:
        """Write the document to its file and remove its recovery file.

        Args:
            overwrite: also when another program has changed the file meanwhile.

        Raises:
            ChangedOnDisk: when another program has changed the file.
            FileProblem: when it cannot be written, or the document has no file yet.
        """
        if self.path is None:
            raise FileProblem("the graph has no file yet", hint="Save it under a name")
        self._save(self.path, None if overwrite else self._mark)

    def save_as(self, path: Path) -> None:
        """Write the document to another file, which becomes its own.

        Raises:
            FileProblem: when it cannot be written; the document keeps the file it had.
        """
        self._save(Path(path).absolute(), None)

    def _save(self, path: Path, expected: FileMark | None) -> None:
        self._sealed = True
        self._mark = save(self.graph, path, self.registry, expected=expected)
        self._saved = self.graph
        self._recovery.remove()
        if path != self.path:
            self.path = path
            self._recovery = RecoveryFile(path)
            self._recovery.remove()
        self._in_recovery = None

    def autosave(self) -> bool:
        """Write unsaved work to the recovery file, never over the file itself; call it often.

        Returns:
            Whether anything had to be written.

        Raises:
            FileProblem: when it cannot be written.
        """
        if not self.dirty or self.graph is self._in_recovery:
            return False
        self._recovery.write(self.graph, self.registry)
        self._in_recovery = self.graph
        return True

    def close(self) -> None:
        """Let go of the document by the user's wish: its recovery file is removed."""
        self._recovery.remove()
        self._listeners.clear()
