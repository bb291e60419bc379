"""`facewright render FILE.graph`: a writer node's file, or any node's pictures, without the editor."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import (
    add_graph_file,
    add_overrides,
    frame_range,
    positive_rate,
    read_graph,
    require_node,
    with_rate,
)
from app.commands.progress import ProgressLine
from app.document.commands.parameters import reset_parameter, value_at
from app.document.subgraph import edited_at
from app.document.unfold import unfolded
from app.export.progress import duration
from nodes.sdk.errors import Cancelled, FileProblem
from nodes.sdk.params import File

if TYPE_CHECKING:
    from app.document.graph import Graph
    from app.engine.evaluate import Evaluator
    from nodes.sdk.registry import Registry


class Interrupted(Cancelled):
    """The user stopped a render; the text says what is left of it."""


@dataclass(frozen=True)
class Job:
    """What to render.

    Attributes:
        graph: with everything that the command line said in it.
        node: the node whose picture, or else first output, is rendered.
        target: the file or the pattern of files.
        first, last: frames, both included.
        embed: whether the file takes the graph with it.
        credentials: whether files with edited people carry content credentials.
    """

    graph: Graph
    node: str
    target: Path
    first: int
    last: int
    embed: bool = True
    credentials: bool = True


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("render", help="render a graph to a file")
    add_graph_file(parser)
    parser.add_argument("-o", dest="output", metavar="OUT", type=Path, help="write here; the ending decides")
    parser.add_argument("--node", metavar="NAME", help="the node to render; else the only one that writes")
    parser.add_argument(
        "--frames", metavar="A-B", help="frames A to B, both included; else the graph's range"
    )
    parser.add_argument("--fps", metavar="N", type=positive_rate, help="frames a second; else the graph's")
    parser.add_argument("--no-graph", action="store_true", help="do not put the graph into the file")
    parser.add_argument(
        "--no-credentials", action="store_true", help="do not say in the file that people are edited in it"
    )
    add_overrides(parser)
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    from nodes.sdk.registry import default_registry

    registry = default_registry()
    job = plan(args, registry)
    started = time.monotonic()
    from app.engine.evaluate import Evaluator

    evaluator = Evaluator(registry, device=args.device, streaming=True)
    carry_out(job, evaluator)
    frames = job.last - job.first + 1 if is_film(job.target) else 1
    took = duration(time.monotonic() - started)
    sys.stdout.write(f"wrote {job.target} ({frames} frame{'s' if frames != 1 else ''}, {took})\n")
    return 0


def plan(args: argparse.Namespace, registry: Registry) -> Job:
    """What the command line asks for; nothing is computed yet.

    Raises:
        FacewrightError: when it cannot be done as asked.
    """
    frames = frame_range(args.frames) if args.frames else None
    graph = with_rate(read_graph(args, registry), args.fps)
    whole = unfolded(graph)
    if args.node:
        require_node(whole, args.node, args.file)
    node = args.node or only_writer(whole, registry, args.file)
    spec = registry.get(whole.nodes[node].kind)
    if args.fps and spec is not None and spec.parameter("fps"):
        *path, name = node.split(".")  # 0: the project's rate
        graph = edited_at(graph, tuple(path), lambda level: reset_parameter(level, registry, name, "fps"))
    first, last = frames or (graph.settings.first, graph.settings.last)
    target = args.output or _own_target(whole, registry, node, first)
    require_folder(target)
    return Job(graph, node, target, first, last, not args.no_graph, not args.no_credentials)


def only_writer(graph: Graph, registry: Registry, file: Path) -> str:
    """The name of the only node that writes a file.

    Raises:
        FileProblem: when there is none, or more than one.
    """
    writers = [
        name
        for name, instance in graph.nodes.items()
        if (spec := registry.get(instance.kind)) and spec.writer and not instance.disabled
    ]
    if len(writers) == 1:
        return writers[0]
    if writers:
        raise FileProblem(
            "several nodes write files", hint=f"Choose with --node: {', '.join(writers)}", where=str(file)
        )
    raise FileProblem(
        "no node writes a file", hint="Say --node NAME -o OUT, or add an export node", where=str(file)
    )


def _own_target(graph: Graph, registry: Registry, node: str, frame: int) -> Path:
    """The file that a writer node names itself."""
    spec = registry.get(graph.nodes[node].kind)
    for parameter in spec.parameters if spec else ():
        if isinstance(parameter.control, File) and parameter.control.mode == "save":
            path = str(value_at(graph, registry, node, parameter.name, frame))
            if path:
                return Path(path).expanduser()
            raise FileProblem(
                f"node '{node}' does not say which file to write",
                hint=f"Say -o OUT, or set its '{parameter.name}'",
            )
    raise FileProblem(f"node '{node}' writes no file", hint="Say -o OUT")


def is_film(target: Path) -> bool:
    """Whether a file name stands for many frames."""
    from app.export.sequence import is_pattern
    from app.export.settings import VIDEO_EXTENSIONS, extension_of

    return extension_of(target) in VIDEO_EXTENSIONS or is_pattern(target)


def require_folder(target: Path) -> None:
    """Find out now, not after an hour of work, that a file cannot be written.

    Raises:
        FileProblem: when the folder does not exist, or files may not be written there.
    """
    import errno
    import os

    from app.document.storage import explained

    number = 0
    if target.is_dir():
        number = errno.EISDIR
    elif not target.parent.exists():
        number = errno.ENOENT
    elif not target.parent.is_dir():
        number = errno.ENOTDIR
    elif not os.access(target.parent, os.W_OK) or (target.exists() and not os.access(target, os.W_OK)):
        number = errno.EACCES
    if number:
        raise explained(OSError(number, ""), target, "write")


def carry_out(job: Job, evaluator: Evaluator) -> None:
    """Render.

    Raises:
        Interrupted: when the user stopped it; a video goes on there the next time.
        FacewrightError: when a node fails or the file cannot be written.
    """
    from app.engine.exporting import export_node
    from app.export.parts import parts_folder

    remarks: list[str] = []
    with ProgressLine() as line:

        def report(done: int, total: int, seconds_left: float, doing: str) -> None:
            line.report(done, total, seconds_left or None, doing)

        try:
            export_node(
                evaluator,
                job.graph,
                job.node,
                job.target,
                job.first,
                job.last,
                embed=job.embed,
                credentials=job.credentials,
                on_remark=remarks.append,
                on_progress=report,
                on_state=line.on_state,
            )
        except KeyboardInterrupt:
            if parts_folder(job.target).exists():
                raise Interrupted("interrupted; the same command goes on where this one stopped") from None
            raise
    for remark in remarks:
        sys.stderr.write(f"facewright: note: {job.target}: {remark}\n")
