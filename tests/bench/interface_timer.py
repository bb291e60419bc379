"""A Qt program that ticks every 16 ms while the compute process works; prints the largest gap in ms.

Run as `python -m tests.bench.interface_timer idle|work`.
"""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage

from app.engine.client import EngineClient
from app.engine.protocol import RequestDone, View, ViewFailed, ViewReady
from tests.bench.bench_engine import portrait_graph

FRAMES = 40
IDLE_SECONDS = 3.0


class Program(QObject):
    """Looks at the rendered head with one expression after the other, after a fit of its own."""

    arrived = Signal(object)

    def __init__(self, *, work: bool) -> None:
        super().__init__()
        self.gap = 0.0
        self.failure = ""
        self._last = 0.0
        self._frame = 0
        self._graph = portrait_graph()
        self._picture: QImage | None = None
        self.arrived.connect(self._on_event)
        self._client = EngineClient(self.arrived.emit, device="cpu", disk=False)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(16)
        if work:
            self._look()
        else:
            QTimer.singleShot(int(IDLE_SECONDS * 1000), QCoreApplication.quit)

    def close(self) -> None:
        self._timer.stop()
        self._client.close()

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._last:
            self.gap = max(self.gap, 1000 * (now - self._last))
        self._last = now

    def _look(self) -> None:
        graph = self._graph.with_parameter("edit", "jawOpen", self._frame / FRAMES)
        self._client.look(graph, (View(0, "render"),), self._frame)

    def _on_event(self, event: object) -> None:
        if isinstance(event, ViewReady) and event.preview.pixels is not None:
            height, width = event.preview.pixels.shape[:2]
            self._picture = QImage(
                event.preview.pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888
            ).copy()
        elif isinstance(event, ViewFailed):
            self.failure = event.error.what
            QCoreApplication.quit()
        elif isinstance(event, RequestDone):
            self._frame += 1
            if self._frame >= FRAMES:
                QCoreApplication.quit()
            else:
                self._look()


def main() -> int:
    application = QGuiApplication(sys.argv)
    program = Program(work=sys.argv[-1] == "work")
    application.exec()
    program.close()
    if program.failure:
        sys.stderr.write(f"{program.failure}\n")
        return 1
    sys.stdout.write(f"{program.gap:.2f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
