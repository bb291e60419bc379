"""Stand-ins for what the interface talks to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from app.document.graph import Graph
from app.engine.protocol import (
    ErrorReport,
    Event,
    ExportDone,
    ExportProgress,
    NodeState,
    Preview,
    RequestDone,
    View,
    ViewFailed,
    ViewReady,
    WorkerStatus,
)
from nodes.sdk.context import Context
from nodes.sdk.node import node
from nodes.sdk.params import Colour, File, Slider, Text
from nodes.sdk.registry import Registry
from nodes.sdk.values import Faces, Image, Mask


@dataclass
class Look:
    """One request as the engine got it."""

    number: int
    graph: Graph
    views: tuple[View, ...]
    frame: int
    proxy: int


@dataclass
class FakeEngine:
    """Answers nothing by itself: tests say when and what.

    Attributes:
        answers: True answers every look at once with a small picture.
    """

    on_event: Callable[[Event], None]
    answers: bool = False
    looks: list[Look] = field(default_factory=list)
    exports: list[tuple[int, str, Path | None, int, int]] = field(default_factory=list)
    cancelled_exports: list[int] = field(default_factory=list)
    cancels: int = 0
    purged: list[str | None] = field(default_factory=list)
    pinned: frozenset[str] = frozenset()
    closed: bool = False

    def look(self, graph: Graph, views: tuple[View, ...], frame: int, *, proxy: int = 1) -> int:
        number = len(self.looks) + 1
        self.looks.append(Look(number, graph, views, frame, proxy))
        if self.answers:
            self.answer()
        return number

    def answer(self, pixels: np.ndarray[Any, Any] | None = None, seconds: float = 0.01) -> None:
        """Answer the newest look with pictures."""
        look = self.looks[-1]
        for view in look.views:
            shown = pixels if pixels is not None else picture()
            preview = Preview("Image", "48 x 32 RGB", pixels=shown, scale=float(look.proxy))
            self.show(view, preview)
        self.done(seconds)

    def show(self, view: View, preview: Preview) -> None:
        look = self.looks[-1]
        ready = ViewReady(look.number, view.slot, view.node, view.output, look.frame, look.proxy, preview)
        self.on_event(ready)

    def fail(self, what: str, hint: str = "", at: str = "") -> None:
        """Fail every view of the newest look."""
        look = self.looks[-1]
        for view in look.views:
            error = ErrorReport(at or view.node, what, hint)
            self.on_event(NodeState(look.number, error.node, "failed", error=error))
            self.on_event(ViewFailed(look.number, view.slot, view.node, look.frame, error))
        self.done()

    def done(self, seconds: float = 0.01, cancelled: bool = False) -> None:
        self.on_event(RequestDone(self.looks[-1].number, cancelled, seconds))

    def status(self, state: Literal["starting", "ready", "died", "stopped"], detail: str = "") -> None:
        self.on_event(WorkerStatus(state, "cpu", detail))

    def cancel(self) -> None:
        self.cancels += 1

    def export(
        self,
        graph: Graph,
        node: str,
        output: Path | None,
        first: int,
        last: int,
        *,
        embed: bool = True,
        credentials: bool = True,
    ) -> int:
        job = len(self.exports) + 1
        self.exports.append((job, node, output, first, last))
        return job

    def progress(self, job: int, done: int, total: int, left: float = 1.0) -> None:
        self.on_event(ExportProgress(job, done, total, left, "rendering"))

    def finish(self, job: int, *, cancelled: bool = False, error: ErrorReport | None = None) -> None:
        path = self.exports[job - 1][2]
        self.on_event(ExportDone(job, str(path or ""), cancelled, error))

    def cancel_export(self, job: int) -> None:
        self.cancelled_exports.append(job)

    def purge(self, node: str | None = None) -> None:
        self.purged.append(node)

    def pin(self, nodes: frozenset[str]) -> None:
        self.pinned = nodes

    def close(self) -> None:
        self.closed = True


def picture(width: int = 48, height: int = 32, alpha: int = 255) -> np.ndarray[Any, Any]:
    """A gradient: red grows to the right, green downwards."""
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)[None, :]
    pixels[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    pixels[..., 2] = 128
    pixels[..., 3] = alpha
    return pixels


@node(title="Photo", category="Load")
def photo(*, path: Annotated[str, File("Picture", ("png", "jpg"))] = "") -> Image:
    """Stands in for a node that loads a picture."""
    raise NotImplementedError


@node(title="Clip", category="Load")
def clip(*, path: Annotated[str, File("Video", ("mp4",))] = "") -> Image:
    """Stands in for a node that loads a clip."""
    raise NotImplementedError


@node(title="Find faces", category="Face")
def find_faces(image: Image) -> Faces:
    """Stands in for a node that finds faces."""
    raise NotImplementedError


@node(title="Grade", category="Image")
def grade(
    image: Image,
    mask: Mask | None = None,
    *,
    gain: Annotated[float, Slider(0, 4, group="Light", unit="stops")] = 1.0,
    steps: Annotated[int, Slider(1, 10)] = 2,
    tint: Annotated[tuple[float, float, float], Colour(group="Light")] = (1.0, 1.0, 1.0),
    mode: Literal["linear", "film"] = "linear",
    invert: bool = False,
    remark: Annotated[str, Text()] = "",
) -> Image:
    """Stands in for a node with one parameter of every kind."""
    raise NotImplementedError


@node(title="Write video", category="Output", writer="video")
def write_video(
    image: Image, *, path: Annotated[str, File("Video", ("mp4", "mov"), mode="save")] = ""
) -> Image:
    """Stands in for a node that writes a video."""
    raise NotImplementedError


@node(title="Frame number", category="Image", reads=("frame",))
def frame_number(*, context: Context) -> float:
    """Stands in for a node that follows the playhead."""
    raise NotImplementedError


def small_registry() -> Registry:
    """A registry of the stand-in nodes."""
    registry = Registry()
    for function in (photo, clip, find_faces, grade, write_video, frame_number):
        registry.add(function.spec)  # type: ignore[attr-defined]
    return registry
