"""`facewright eval FILE.graph NODE.PORT -o OUT`: any value to a file, by the file's ending."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.commands.arguments import (
    UsageError,
    add_graph_file,
    add_overrides,
    one_frame,
    read_graph,
    require_node,
)
from app.commands.progress import ProgressLine
from app.commands.render import Job, carry_out, is_film, require_folder
from app.document.commands import add_node, connect
from app.document.graph import Graph, GraphError, Port
from app.document.unfold import given_by, unfolded
from nodes.sdk.registry import Registry, default_registry


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
    parser.add_argument("--frame", metavar="N", type=one_frame, help="the frame; else the graph's first")
    parser.add_argument(
        "--no-credentials", action="store_true", help="do not say in the file that people are edited in it"
    )
    add_overrides(parser)
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    if not all(args.port.split(".")):
        raise UsageError(f"'{args.port}' is no output", hint="Write NODE.PORT")
    registry = default_registry()
    whole = read_graph(args, registry)
    graph = unfolded(whole)
    node, output = _place(graph, args.port)
    require_node(graph, node, args.file)
    behind = given_by(graph, node, output)
    if behind is None:
        raise GraphError(f"nothing inside is wired to '{args.port}'")
    node, output = behind
    require_folder(args.output)
    output = _output_name(graph, registry, node, output)
    from app.engine.evaluate import Evaluator

    first, last = graph.settings.first, graph.settings.last
    if args.frame is None and is_film(args.output):
        embed = graph is whole
        graph, node = _shown(graph, registry, node, output)
        evaluator = Evaluator(registry, device=args.device, streaming=True)
        told = not args.no_credentials
        carry_out(Job(graph, node, args.output, first, last, embed, told), evaluator)
    else:
        from app.export.carried import text_to_carry
        from app.export.credentials import stamp_for
        from app.export.values import write_value
        from nodes.sdk.values import Image

        evaluator = Evaluator(registry, device=args.device)
        with ProgressLine() as line:
            frame = first if args.frame is None else args.frame
            value = evaluator.value(graph, node, output, frame, on_state=line.on_state)
        stamp = None
        if isinstance(value, Image) and not args.no_credentials:
            text = text_to_carry(whole, registry, args.output.parent)
            stamp = stamp_for(whole, node, registry, text)
        write_value(value, args.output, finish=stamp or (lambda draft: None))
        if stamp is not None and stamp.remark:
            sys.stderr.write(f"facewright: note: {args.output}: {stamp.remark}\n")
    sys.stdout.write(f"wrote {args.output}\n")
    return 0


def _place(graph: Graph, text: str) -> tuple[str, str]:
    """NODE, NODE.PORT or SUBGRAPH.NODE.PORT as a node and its output."""
    if text in graph.nodes:
        return text, ""
    node, dot, output = text.rpartition(".")
    return (node, output) if dot else (text, "")


def _output_name(graph: Graph, registry: Registry, node: str, output: str) -> str:
    """The output meant: a node's only output also goes by what it gives, as in `landmarks.faces`."""
    spec = registry.get(graph.nodes[node].kind)
    if spec is None or len(spec.outputs) != 1 or spec.outputs[0].type_name.lower() != output.lower():
        return output
    return spec.outputs[0].name


def _shown(graph: Graph, registry: Registry, node: str, output: str) -> tuple[Graph, str]:
    """The graph with a view of an output, which gives masks as pictures; and the view's name."""
    spec = registry.get(graph.nodes[node].kind)
    if not output and spec is not None:
        output = spec.outputs[0].name
    graph, view = add_node(graph, registry, "view")
    try:
        return connect(graph, registry, Port(node, output), view, "image"), view
    except GraphError as error:
        raise error.at(f"{node}.{output}") from None
