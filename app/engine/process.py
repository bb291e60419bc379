"""The client's end of one compute process."""

from __future__ import annotations

import logging
import multiprocessing
import shutil
import signal
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.engine.cells import Cells
from app.engine.messages import Message, Options
from app.engine.parcel import Receiver, make_folder
from app.engine.protocol import Event
from app.processors import wait_politely

logger = logging.getLogger(__name__)

#: Seconds a process gets to end by itself.
GRACE = 0.3


class ComputeProcess:
    """A spawned process and the thread that reads from it.

    Args:
        target: "worker" or "export": what the process runs.
        options: how it is set up; the folder is filled in here.
        on_event: called on the reading thread with (this, event).
        on_end: called on the reading thread, once, when the process is gone.
    """

    def __init__(
        self,
        target: str,
        options: Options,
        on_event: Callable[[ComputeProcess, Event], None],
        on_end: Callable[[ComputeProcess], None],
    ) -> None:
        self._folder = make_folder()
        # Also at the end of a program that forgot to close.
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.cells = Cells(self._folder, make=True)
        self._receiver = Receiver(self._folder)
        self._on_event = on_event
        self._on_end = on_end
        self._killed = False
        #: Set when a kill was wished for, so that nothing more of it is listened to.
        self.discarded = False
        self.ready = False
        self.device = "cpu"
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self.process = spawn.Process(
            target=_run,
            args=(target, theirs, replace(options, folder=str(self._folder))),
            name=f"facewright {target}",
            daemon=True,
        )
        self.process.start()
        theirs.close()
        self._reader = threading.Thread(target=self._read, name=f"{target} reader", daemon=True)
        self._reader.start()

    def send(self, message: Message) -> bool:
        """Send a message; False when nobody is there any more."""
        try:
            self._connection.send(message)
        except (OSError, ValueError):
            return False
        return True

    def kill(self) -> None:
        """End the process at once and stop listening."""
        self.discarded = True
        self.process.kill()

    def end(self) -> None:
        """End the process; returns when all of it is gone."""
        self.discarded = True
        self.process.terminate()
        self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        if threading.current_thread() is not self._reader:
            self._reader.join()
        self._connection.close()

    def why(self) -> str:
        """How the process ended, in words."""
        code = self.process.exitcode
        if code is None:
            return "it is still running"
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            reasons = {"SIGKILL": "it was killed, perhaps for want of memory", "SIGSEGV": "it crashed"}
            return f"{reasons.get(name, 'it was stopped')} ({name})"
        return f"it ended with code {code}"

    def _read(self) -> None:
        while True:
            try:
                events: list[Any] = self._connection.recv()
            except (EOFError, OSError):
                break
            for packed in events:
                if self.discarded:
                    break
                try:
                    event = self._receiver.unpack(packed)
                except (OSError, ValueError) as error:
                    logger.warning("a value was lost on its way from the compute process: %s", error)
                    continue
                self._on_event(self, event)
        self.process.join()
        self._remove_folder()
        self._on_end(self)


def _run(target: str, connection: Any, options: Options) -> None:
    """The first thing that runs in the new process."""
    wait_politely()
    try:
        cells = Cells(Path(options.folder))
    except FileNotFoundError:
        return  # The program ended while this process started.
    if target == "export":
        from app.engine.exporting import main
    else:
        from app.engine.worker import main
    main(connection, cells, options)
