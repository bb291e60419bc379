"""An export in a process of its own: frames from the evaluator, streamed into a file."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.document.graph import Graph
from app.document.unfold import unfolded
from app.engine.cells import Cells
from app.engine.evaluate import Evaluator, NodeFailure
from app.engine.messages import Export, Options
from app.engine.protocol import ErrorReport, ExportDone, ExportProgress, NodeState
from app.engine.setup import load_registry, open_cache, step_back
from app.engine.snapshot import applied
from nodes.sdk.errors import Cancelled, FacewrightError
from nodes.sdk.node import NodeSpec
from nodes.sdk.values import HeadState, Image, Motion

logger = logging.getLogger(__name__)

#: Results that do not vary stay in memory, the newest frames of the rest besides.
EXPORT_MEMORY = 1 << 30

#: Seconds between two words on how far it is.
PROGRESS_INTERVAL = 0.05

OnProgress = Callable[[int, int, float, str], None]


def export_node(
    evaluator: Evaluator,
    graph: Graph,
    node: str,
    output: Path | None,
    first: int,
    last: int,
    *,
    embed: bool = True,
    credentials: bool = True,
    on_remark: Callable[[str], None] = lambda remark: None,
    on_progress: OnProgress = lambda done, total, left, doing: None,
    on_state: Callable[[NodeState], None] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Write what a node gives from frame `first` to `last` into a file.

    Args:
        evaluator: should be streaming, so that memory stays flat.
        node: a writer node, or any other that gives an image.
        output: the file; None takes the node's own path.
        embed: whether the file takes the graph with it, where its format can.
        credentials: whether files with edited people say so, signed (see `app.export.credentials`).
        on_remark: called with what the user should know of a file that was written all the same.
        on_progress: called with frames done, frames in all, seconds left, and what happens now.

    Returns:
        The file that was written.

    Raises:
        NodeFailure, FacewrightError: why it could not be done.
        Cancelled: when is_cancelled said so; what is finished can be resumed later.
    """
    from app.export.carried import text_to_carry
    from app.export.credentials import stamp_for
    from app.export.render import export
    from app.export.settings import extension_of
    from app.export.values import MOVING, write_value

    whole, graph = graph, unfolded(graph)
    instance = graph.nodes.get(node)
    spec = evaluator.registry.get(instance.kind) if instance is not None else None
    if instance is None or spec is None:
        raise NodeFailure(node, "there is no such node to export")
    parameters = evaluator.parameters(graph, node, first)
    target = output or Path(str(parameters.get("path", "")))
    picture = next((socket.name for socket in spec.outputs if socket.type_name == "Image"), None)
    if picture is None:
        # Meshes, heads, motions and the like are one file, whatever the range.
        value = evaluator.value(graph, node, frame=first, on_state=on_state, is_cancelled=is_cancelled)
        motion = None
        if isinstance(value, HeadState) and extension_of(target) in MOVING:
            listeners = {"on_state": on_state, "is_cancelled": is_cancelled}
            motion = _motion(evaluator, graph, node, spec, (first, last), on_progress, listeners)
        write_value(value, target, motion)
        on_progress(1, 1, 0.0, "writing")
        return target

    def frame_at(frame: int) -> Image:
        image: Image = evaluator.value(
            graph, node, picture, frame, on_state=on_state, is_cancelled=is_cancelled
        )
        return image

    def progress(report: Any) -> None:
        on_progress(report.done, report.total, report.seconds_left or 0.0, report.doing)

    text = text_to_carry(whole, evaluator.registry, target.parent)
    stamp = stamp_for(whole, node, evaluator.registry, text) if credentials else None
    report = export(
        frame_at,
        target,
        first,
        last,
        parameters=parameters if spec.writer else None,
        fps=graph.settings.fps,
        key=evaluator.range_key(graph, node, picture, first, last),
        carried=text if embed else "",
        finish=stamp or (lambda draft: None),
        audio=_wired(evaluator, graph, node, spec, "Audio", first),
        on_progress=progress,
        is_cancelled=is_cancelled,
    )
    if stamp is not None and stamp.remark:
        on_remark(stamp.remark)
    return report.path


def _motion(
    evaluator: Evaluator,
    graph: Graph,
    node: str,
    spec: NodeSpec,
    frames: tuple[int, int],
    on_progress: OnProgress,
    listeners: dict[str, Any],
) -> Motion | None:
    """What the head of a writer node does: the motion wired to it, else its own over the frames."""
    from nodes.head._moving import is_still, motion_of

    first, last = frames
    wired = _wired(evaluator, graph, node, spec, "Motion", first)
    if wired is not None:
        return wired  # type: ignore[no-any-return]
    total, started = last - first + 1, time.monotonic()

    def heads() -> Iterator[HeadState]:
        for done, frame in enumerate(range(first, last + 1), 1):
            yield evaluator.value(graph, node, frame=frame, **listeners)
            left = (time.monotonic() - started) / done * (total - done)
            on_progress(done, total + 1, left, "following the head")

    motion = motion_of(heads(), graph.settings.fps)
    return None if is_still(motion) else motion


def _wired(evaluator: Evaluator, graph: Graph, node: str, spec: NodeSpec, kind: str, frame: int) -> Any:
    """The value of a type that is wired to a writer node, or None."""
    for socket in spec.inputs:
        sources = graph.sources(node, socket.name)
        if socket.type_name == kind and sources:
            return evaluator.value(graph, sources[0].node, sources[0].output, frame)
    return None


def main(connection: Connection, cells: Cells, options: Options) -> None:
    """What the process runs: one export."""
    step_back(options.niceness)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    folder = Path(options.folder)
    job = connection.recv()
    threading.Thread(target=_end_with_client, args=(connection, folder), daemon=True).start()
    connection.send([_outcome(connection, cells, options, job)])


def _outcome(connection: Connection, cells: Cells, options: Options, job: Export) -> ExportDone:
    running = ""
    remarks: list[str] = []
    said = 0.0
    newest = ExportProgress(job.job, 0, job.last - job.first + 1, 0.0)

    def say(report: ExportProgress) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= PROGRESS_INTERVAL or report.done == report.total:
            said = now
            connection.send([report])

    def tell(state: NodeState) -> None:
        nonlocal running
        if state.state == "computing":
            if state.node != running:
                running = cells.running = state.node
            doing = f"{state.node} {state.doing}".strip()
            say(replace(newest, doing=f"{doing}, {100 * state.fraction:.0f} %"))

    def progress(done: int, total: int, left: float, doing: str) -> None:
        nonlocal newest
        newest = ExportProgress(job.job, done, total, left, doing)
        say(newest)

    output = Path(job.output) if job.output else None
    try:
        registry = load_registry(options.registry)
        evaluator = Evaluator(
            registry,
            device=options.device,
            cache=open_cache(registry, memory=options.memory or EXPORT_MEMORY, disk=options.disk),
            streaming=True,
        )
        path = export_node(
            evaluator,
            applied(Graph(), job.patch),
            job.node,
            output,
            job.first,
            job.last,
            embed=job.embed,
            credentials=job.credentials,
            on_remark=remarks.append,
            on_progress=progress,
            on_state=tell,
            is_cancelled=lambda: cells.cancelled > 0,
        )
    except Cancelled:
        return ExportDone(job.job, job.output, cancelled=True)
    except NodeFailure as failure:
        return ExportDone(job.job, job.output, error=failure.report())
    except FacewrightError as error:
        return ExportDone(job.job, job.output, error=ErrorReport(job.node, error.what, error.hint))
    return ExportDone(job.job, str(path), remark=" ".join(remarks))


def _end_with_client(connection: Connection, folder: Path) -> None:
    """Nothing more is said to this process; the pipe closes when the program is gone."""
    try:
        connection.recv()
    except (EOFError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)
