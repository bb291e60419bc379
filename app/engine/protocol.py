"""What the interface and the compute process say to each other.

Requests go in as calls of `app.engine.client.EngineClient`; what comes back are the events below.
They are small: pictures and arrays travel in shared memory and arrive as plain numpy arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Viewpoint:
    """From where something in space is looked at.

    Attributes:
        matrix: world to camera, 4 x 4 row after row (x right, y up, looking along -z), metres.
        focal: focal length in pixels; the principal point is the middle of the picture.
        width, height: of the picture, pixels.
        background: what is seen past it, sRGB 0..1.
    """

    matrix: tuple[float, ...]
    focal: float
    width: int
    height: int
    background: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class View:
    """A wish to look at an output.

    Attributes:
        slot: which viewer asks; the newest request of a slot replaces older ones.
        node, output: what to look at; output "" means the node's first.
        limit: the longest side in pixels that the viewer can show; larger pictures arrive smaller
            (Preview.scale says by how much). 0 asks for every pixel.
        viewpoint: where splats are drawn from; without one they arrive as they are.
    """

    slot: int
    node: str
    output: str = ""
    limit: int = 0
    viewpoint: Viewpoint | None = None


@dataclass(frozen=True)
class ErrorReport:
    """Why a node failed.

    Attributes:
        node: the node's name in the graph.
        what, hint: as in FacewrightError.
        inputs: one short line per input, such as "image: Image 512 x 512 RGB".
        details: a traceback for the log, empty for errors that are the user's to mend.
    """

    node: str
    what: str
    hint: str = ""
    inputs: tuple[str, ...] = ()
    details: str = ""


@dataclass(frozen=True)
class NodeState:
    """A node's badge.

    Attributes:
        state: "computing", "fresh" (computed now), "cached", "disk" (read from the disk cache),
            "failed", "blocked", "stale".
        fraction, doing: progress while computing.
        seconds, bytes: what the result cost and holds; while computing, the seconds so far.
        seconds_left: an estimate while computing; 0 as long as there is nothing to go by.
        error: when failed.
        blocked_by: the node whose failure blocks this one.
        notice: what the node says about its result, such as "no face was found"; or empty.
    """

    request: int
    node: str
    state: Literal["computing", "fresh", "cached", "disk", "failed", "blocked", "stale"]
    fraction: float = 0.0
    doing: str = ""
    seconds: float = 0.0
    bytes: int = 0
    seconds_left: float = 0.0
    error: ErrorReport | None = None
    blocked_by: str = ""
    notice: str = ""


@dataclass(frozen=True, eq=False)
class Preview:
    """A value made ready to be shown.

    Attributes:
        kind: the socket name: "Image", "Faces", "HeadState", "Table", ...
        pixels: H x W x 4 uint8 RGBA (straight alpha) for values that are pictures, and for splats
            that were drawn; else None.
        value: the value itself (on the host) for kinds that are not pictures and are small
            enough; None otherwise.
        summary: one line, such as "512 x 512 RGB, sRGB".
        scale: full-size pixels for each pixel shown (1, 2, 4 ... when a proxy was delivered).
        bounds: of splats x, y, z of their middle and the radius that holds nearly all of them, metres.
    """

    kind: str
    summary: str
    pixels: npt.NDArray[np.uint8] | None = None
    value: Any = None
    scale: float = 1.0
    bounds: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, eq=False)
class ViewReady:
    """A view's value at a frame."""

    request: int
    slot: int
    node: str
    output: str
    frame: int
    proxy: int
    preview: Preview


@dataclass(frozen=True)
class ViewFailed:
    """A view could not be had; the node that failed is in the report."""

    request: int
    slot: int
    node: str
    frame: int
    error: ErrorReport


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small picture (at most 160 px, uint8 RGBA) of a node's newest first output."""

    node: str
    pixels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class RequestDone:
    """Everything a `look` asked for was delivered, failed, or dropped for a newer one."""

    request: int
    cancelled: bool
    seconds: float


@dataclass(frozen=True)
class ExportProgress:
    """How far an export is."""

    job: int
    done: int
    total: int
    seconds_left: float
    doing: str = ""


@dataclass(frozen=True)
class ExportDone:
    """An export ended: with a file (and perhaps a remark on it), by the user's wish, or with an error."""

    job: int
    path: str
    cancelled: bool = False
    error: ErrorReport | None = None
    remark: str = ""


@dataclass(frozen=True)
class WorkerStatus:
    """The compute process came up, died (and is being replaced), or was stopped."""

    state: Literal["starting", "ready", "died", "stopped"]
    device: str = "cpu"
    detail: str = ""
    memory: dict[str, int] = field(default_factory=dict)


Event: TypeAlias = (
    NodeState | ViewReady | ViewFailed | Thumbnail | RequestDone | ExportProgress | ExportDone | WorkerStatus
)
