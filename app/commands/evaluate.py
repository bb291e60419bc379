"""`facewright eval FILE.graph NODE.PORT -o OUT`: any value to a file, by the file's ending."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.commands.arguments import UsageError, add_graph_file, add_overrides, read_graph, require_node
from app.commands.progress import ProgressLine
from app.commands.render import Job, carry_out, require_folder


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("eval", help="write any value of a graph to a file")
    add_graph_file(parser)
    parser.add_argument("port", metavar="NODE.PORT", help="the output; NODE alone means its first")
    parser.add_argument(
        "-o",
        dest="output",
        metavar="OUT",
        type=Path,
        required=True,
        help="the file: png, mp4, wav, json, csv, npz, obj, glb, ply, ...",
    )
    parser.add_argument("--frame", metavar="N", type=int, help="the frame; else the graph's first")
    add_overrides(parser)
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    from nodes.sdk.registry import default_registry

    node, dot, output = args.port.partition(".")
    if not node or (dot and not output):
        raise UsageError(f"'{args.port}' is no output", hint="Write NODE.PORT")
    registry = default_registry()
    graph = read_graph(args, registry)
    require_node(graph, node, args.file)
    require_folder(args.output)
    from app.engine.evaluate import Evaluator

    first, last = graph.settings.first, graph.settings.last
    if args.frame is None and _is_film(args.output):
        evaluator = Evaluator(registry, device=args.device, streaming=True)
        carry_out(Job(graph, node, args.output, first, last, {}, output), evaluator)
    else:
        from app.export.values import write_value

        evaluator = Evaluator(registry, device=args.device)
        with ProgressLine() as line:
            frame = first if args.frame is None else args.frame
            value = evaluator.value(graph, node, output, frame, on_state=line.on_state)
        write_value(value, args.output)
    sys.stdout.write(f"wrote {args.output}\n")
    return 0


def _is_film(path: Path) -> bool:
    """Whether a file name stands for many frames."""
    from app.export.sequence import is_pattern
    from app.export.settings import VIDEO_EXTENSIONS, extension_of

    return extension_of(path) in VIDEO_EXTENSIONS or is_pattern(path)
